"""Condition trees: what is wrong with one before any item is looked at, and whether an item meets it. Projections."""

from errors import Unsure, invalid
from parse import Parser
from values import SETS, TYPES, order

ORDERED = ("S", "N", "B")
MISSING = None


def parse_condition(kind, text, places):
    parser = Parser(kind, text, places)
    tree = parser.condition()
    if parser.redundant:
        raise parser.error("The expression has redundant parentheses;")
    check(kind, tree)
    return tree


def operands_of(tree):
    return {"compare": tree[2:], "between": tree[1:], "in": (tree[1], *tree[-1])}.get(tree[0]) or tree[2]


def conditions_of(tree):
    """The conditions that and, or, not combine."""
    if tree[0] in ("and", "or", "not"):
        for part in tree[1:]:
            yield from conditions_of(part)
    else:
        yield tree


def paths_of(tree):
    if tree[0] == "path":
        yield tree[1]
    elif tree[0] in ("and", "or", "not"):
        for part in tree[1:]:
            yield from paths_of(part)
    elif tree[0] != "value":
        for part in operands_of(tree):
            yield from paths_of(part)


def check(kind, tree):
    for condition in conditions_of(tree):
        check_condition(kind, condition)


def check_condition(kind, tree):
    name = tree[1] if tree[0] in ("compare", "call") else tree[0].upper()
    operands = operands_of(tree)

    def error(message):
        return invalid(f"Invalid {kind}: {message}")

    def must_be(operand, types):
        if operand[0] == "value" and operand[2][0] not in types:
            raise error("Incorrect operand type for operator or function; ...")

    for operand in operands:
        if operand[0] == "call" and operand[1] != "size":
            raise error("The function is not allowed to be used this way in an expression; function: " + operand[1])
        if operand[0] == "call":
            must_be(operand[2][0], ("S", "B", "L", "M", *SETS))
            if operand[2][0][0] == "call":
                raise Unsure("nested functions")
    if name.startswith("attribute_") and operands[0][0] != "path":
        raise error("Operator or function requires a document path; ...")
    if any(operand == operands[0] for operand in operands[1:]):
        raise error("The first operand must be distinct from the remaining operands for this operator or function; ...")
    if name == "begins_with":
        for operand in operands:
            must_be(operand, ("S", "B"))
    if name == "attribute_type":
        if operands[1][0] != "value":
            raise Unsure("type given by a path")
        must_be(operands[1], ("S",))
        if operands[1][2][1] not in TYPES:
            raise error("Invalid attribute type name found; ...")
    if name in ("<", "<=", ">", ">=", "BETWEEN"):
        for operand in operands:
            must_be(operand, ORDERED)
    if name == "BETWEEN" and operands[1][0] == operands[2][0] == "value":
        low, high = operands[1][2], operands[2][2]
        if low[0] != high[0]:
            raise error("The BETWEEN operator requires same data type for lower and upper bounds; ...")
        if order(low) > order(high):
            raise error("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ...")


# --- on an item

def find(item, steps):
    value = ("M", item)
    for step in steps:
        kind, body = value
        if kind == ("L" if isinstance(step, int) else "M") and (step < len(body) if kind == "L" else step in body):
            value = body[step]
        else:
            return MISSING
    return value


def operand_value(operand, item):
    if operand[0] == "path":
        return find(item, operand[1])
    if operand[0] == "value":
        return operand[2]
    value = operand_value(operand[2][0], item)
    if value is MISSING or value[0] in ("N", "BOOL", "NULL"):
        return MISSING
    if value[0] == "S":
        return ("N", len(value[1].encode("utf-16-le")) // 2)
    return ("N", len(value[1]))


def meets(tree, item):
    kind = tree[0]
    if kind == "and":
        return meets(tree[1], item) and meets(tree[2], item)
    if kind == "or":
        return meets(tree[1], item) or meets(tree[2], item)
    if kind == "not":
        return not meets(tree[1], item)
    operands = [operand_value(operand, item) for operand in operands_of(tree)]
    if kind == "between":
        value, low, high = operands
        return compare(">=", value, low) and compare("<=", value, high)
    if kind == "in":
        return any(compare("=", operands[0], other) for other in operands[1:])
    if kind == "compare":
        if tree[1] == "<>" and (operands == [MISSING, MISSING] or MISSING in operands and "call" in (tree[2][0], tree[3][0])):
            raise Unsure("<> of what is not there")
        return compare(tree[1], *operands)
    return FUNCTIONS[tree[1]](*operands)


def compare(op, one, other):
    if op == "=":
        return one is not MISSING and one == other
    if op == "<>":
        return one != other
    if one is MISSING or other is MISSING or one[0] != other[0] or one[0] not in ORDERED:
        return False
    one, other = order(one), order(other)
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[op]


def begins_with(value, start):
    return value is not MISSING and start is not MISSING and value[0] == start[0] and value[0] in ("S", "B") \
        and value[1].startswith(start[1])


def contains(value, part):
    if value is MISSING or part is MISSING:
        return False
    if value[0] == "L":
        return part in value[1]
    if value[0] in SETS:
        return part[0] == SETS[value[0]] and part[1] in value[1]
    return value[0] == part[0] and value[0] in ("S", "B") and part[1] in value[1]


FUNCTIONS = {
    "attribute_exists": lambda value: value is not MISSING,
    "attribute_not_exists": lambda value: value is MISSING,
    "attribute_type": lambda value, kind: value is not MISSING and value[0] == kind[1],
    "begins_with": begins_with,
    "contains": contains,
}


# --- projections

def check_paths(kind, paths):
    """No path may be another's beginning, nor treat as a list what another treats as a map."""
    for at, one in enumerate(paths):
        for other in paths[:at]:
            common = 0
            while common < min(len(one), len(other)) and one[common] == other[common] and type(one[common]) is type(other[common]):
                common += 1
            if common == min(len(one), len(other)):
                raise invalid(f"Invalid {kind}: Two document paths overlap with each other; ...")
            if type(one[common]) is not type(other[common]):
                raise invalid(f"Invalid {kind}: Two document paths conflict with each other; ...")


def parse_projection(text, places):
    paths = Parser("ProjectionExpression", text, places).projection()
    check_paths("ProjectionExpression", paths)
    return paths


def project(item, paths):
    """What is at these paths, in the item's own shape; lists close up."""
    tree = {}
    for path in paths:
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
    picked = pick(("M", item), tree)
    return picked[1] if picked else {}


def pick(value, tree):
    if not tree:
        return value
    kind, body = value
    if kind == "M":
        found = {step: pick(body[step], sub) for step, sub in tree.items() if step in body}
        found = {step: part for step, part in found.items() if part}
    elif kind == "L":
        found = [pick(body[step], tree[step]) for step in sorted(s for s in tree if isinstance(s, int)) if step < len(body)]
        found = [part for part in found if part]
    else:
        found = None
    return (kind, found) if found else None
