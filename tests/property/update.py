"""Update expressions: what is wrong with one, and what becomes of an item. Every action sees the item as it was before."""

from errors import ANY, Failure, Unsure, bad_parameter, invalid
from evaluate import MISSING, check_paths, find, project
from parse import Parser
from values import SETS, add, copy

BROKEN = ("NULL", True)
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
ARITHMETIC = {"+": 1, "-": -1}


def wrong_type():
    return invalid(WRONG_TYPE)


def wrong_path():
    return invalid("The document path provided in the update expression is invalid for update")


def parse_update(text, places):
    actions = Parser("UpdateExpression", text, places).update()
    for clause, _, operand in actions:
        check_action(clause, operand)
    check_paths("UpdateExpression", [path for _, path, _ in actions])
    return actions


def check_action(clause, operand):
    def must_be(part, types):
        if part[0] == "value" and part[2][0] not in types:
            raise invalid("Invalid UpdateExpression: Incorrect operand type for operator or function; ...")

    if clause == "ADD":
        must_be(operand, ("N", *SETS))
    elif clause == "DELETE":
        must_be(operand, SETS)
    elif clause == "SET":
        check_operand(operand, must_be)


def check_operand(operand, must_be):
    if operand[0] == "sum":
        for part in operand[2:]:
            must_be(part, ("N",))
            check_operand(part, must_be)
    elif operand[0] == "call":
        if operand[1] == "if_not_exists" and operand[2][0][0] != "path":
            raise invalid("Invalid UpdateExpression: Operator or function requires a document path; ...")
        for part in operand[2]:
            if operand[1] == "list_append":
                must_be(part, ("L",))
            check_operand(part, must_be)


def check_keys(names, keys):
    for name in names:
        if name in keys:
            raise bad_parameter(f"Cannot update attribute {name}. This attribute is part of the key")


def evaluate(operand, item):
    if operand[0] == "value":
        return operand[2]
    if operand[0] == "path":
        value = find(item, operand[1])
        if value is MISSING:
            raise invalid("The provided expression refers to an attribute that does not exist in the item")
        return value
    if operand[0] == "sum":
        one, other = (evaluate(part, item) for part in operand[2:])
        if one[0] != "N" or other[0] != "N":
            raise wrong_type()
        return add(one, other, ARITHMETIC[operand[1]])
    if operand[1] == "if_not_exists":
        value = find(item, operand[2][0][1])
        return evaluate(operand[2][1], item) if value is MISSING else value
    one, other = (evaluate(part, item) for part in operand[2])
    if one[0] != "L" or other[0] != "L":
        raise wrong_type()
    return ("L", one[1] + other[1])


def changed_value(clause, old, operand, item):
    """What an action leaves at its path: a value, or MISSING."""
    if clause == "REMOVE":
        return MISSING
    value = evaluate(operand, item)
    if clause == "SET" or clause == "ADD" and old is MISSING:
        return value
    if old is MISSING:
        return MISSING
    if old[0] != value[0]:
        raise wrong_type()
    if clause == "ADD":
        return add(old, value) if value[0] == "N" else (value[0], old[1] | value[1])
    left = old[1] - value[1]
    return (old[0], left) if left else MISSING


def apply(actions, item):
    """The new item. When several actions fail, whose failure is told is open."""
    changes, failures = [], set()
    for clause, path, operand in actions:
        try:
            changes.append((path, change_of(clause, path, operand, item)))
        except Failure as failure:
            failures.add(failure.message)
            changes.append((path, BROKEN))
    new = copy(("M", item))[1]
    changes.sort(key=lambda change: change[0])
    stored = [(store, path, value) for path, value in changes if value is not MISSING]  # a broken one for its path's sake
    removed = [(remove, path, item) for path, value in reversed(changes) if value is MISSING]  # so that indexes still mean what they meant
    for act, path, value in stored + removed:
        try:
            act(new, path, value)
        except Failure as failure:
            failures.add(failure.message)
    if failures:
        raise invalid(failures.pop() if len(failures) == 1 else None)
    return new


def change_of(clause, path, operand, item):
    old = find(item, path)
    if clause == "DELETE" and isinstance(path[-1], int):
        raise Unsure("a set in a list that becomes empty")
    if len(path) > 1 and clause in ("ADD", "DELETE") and old is MISSING and (
            find(item, path[:-1]) is MISSING or isinstance(path[-1], int)):
        raise Unsure("ADD or DELETE at a place that is not there")
    return changed_value(clause, old, operand, item)


def parent_of(item, path):
    parent = find(item, path[:-1])
    if parent is MISSING or parent[0] != ("L" if isinstance(path[-1], int) else "M"):
        raise wrong_path()
    return parent[1]


def store(item, path, value):
    parent, last = parent_of(item, path), path[-1]
    if isinstance(last, int) and last >= len(parent):
        parent.append(copy(value))
    else:
        parent[last] = copy(value)


def remove(item, path, before):
    parent, last = parent_of(item, path), path[-1]
    if isinstance(last, str):
        parent.pop(last, None)
    elif last < len(find(before, path[:-1])[1]):
        del parent[last]


def creates(actions):
    """Whether an update makes an item that is not there: one that only takes away does not (scylladb/scylladb#5862)."""
    return not actions or any(clause in ("SET", "ADD") for clause, _, _ in actions)


def returned(kind, actions, old, new):
    """Attributes of the reply."""
    if kind in ("ALL_OLD", "ALL_NEW"):
        return old if kind == "ALL_OLD" else new
    if kind not in ("UPDATED_OLD", "UPDATED_NEW"):
        return None
    paths = [path for _, path, _ in actions]
    if not paths:
        return None
    if any(isinstance(step, int) for path in paths for step in path):
        if not all(clause == "SET" and old and find(old, path) for clause, path, _ in actions):
            return ANY
    return project((old if kind == "UPDATED_OLD" else new) or {}, paths)
