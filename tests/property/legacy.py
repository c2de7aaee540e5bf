"""The parameters from before there were expressions, as the same trees."""

from errors import Failure, Unsure, bad_parameter, invalid
from values import TYPES, order, value_from

COMPARE = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
COUNTS = {"NULL": (0, 0), "NOT_NULL": (0, 0), "BETWEEN": (2, 2), "IN": (1, 100)}
SCALARS = ("S", "N", "B")
ALLOWED = {"BEGINS_WITH": ("S", "B"), **dict.fromkeys(("LT", "LE", "GT", "GE", "BETWEEN", "CONTAINS", "IN"), SCALARS)}


def condition_tree(name, condition):
    """Of one member of QueryFilter, ScanFilter, KeyConditions or (with Value, Exists) Expected."""
    path = ("path", [name])
    if "ComparisonOperator" not in condition:
        if condition.get("Exists") is False:
            return ("call", "attribute_not_exists", [path])
        return ("compare", "=", path, ("value", "", value_from(condition["Value"])))
    op = condition["ComparisonOperator"]
    values = [("value", "", value_from(v)) for v in condition.get("AttributeValueList", [])]
    least, most = COUNTS.get(op, (1, 1))
    if not least <= len(values) <= most:
        raise bad_parameter(f"Invalid number of argument(s) for the {op} ComparisonOperator")
    check_types(op, [value[2] for value in values])
    if op in COMPARE:
        return ("compare", COMPARE[op], path, values[0])
    if op in ("NULL", "NOT_NULL"):
        return ("call", "attribute_not_exists" if op == "NULL" else "attribute_exists", [path])
    if op == "BETWEEN":
        return ("between", path, *values)
    if op == "IN":
        return ("in", path, values)
    if op == "BEGINS_WITH":
        return ("call", "begins_with", [path, values[0]])
    if op == "CONTAINS":
        return ("call", "contains", [path, values[0]])
    raise Unsure("NOT_CONTAINS of what is not there")


def check_types(op, values):
    for kind, _ in values:
        if kind not in ALLOWED.get(op, TYPES):
            raise bad_parameter(f"ComparisonOperator {op} is not valid for {kind} AttributeValue type")
    if len({kind for kind, _ in values}) > 1:
        if op == "IN":
            raise Unsure("IN with values of several types")
        raise bad_parameter("AttributeValues inside AttributeValueList must all be of the same type")
    if op == "BETWEEN" and order(values[0]) > order(values[1]):
        raise invalid("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")


def tree_of(conditions, operator="AND"):
    trees, failures = [], set()
    for name, condition in conditions.items():
        try:
            trees.append(condition_tree(name, condition))
        except Failure as failure:
            failures.add(failure.message)
    if failures:
        raise invalid(failures.pop() if len(failures) == 1 else None)
    tree = trees[0] if trees else None
    for other in trees[1:]:
        tree = ("or" if operator == "OR" else "and", tree, other)
    return tree


def actions_of(updates):
    """AttributeUpdates as the actions of an update expression."""
    actions = []
    for name, update in updates.items():
        action, value = update.get("Action", "PUT"), None
        if "Value" in update:
            value = ("value", "", value_from(update["Value"]))
        clause = {"PUT": "SET", "ADD": "ADD", "DELETE": "DELETE" if value else "REMOVE"}[action]
        actions.append((clause, [name], value))
    return actions
