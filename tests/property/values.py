"""Attribute values: from DynamoDB's JSON and back, their checks, order and sizes.

A value is a pair (type, payload): S str, N Decimal, B bytes, BOOL bool, NULL True, L list, M dict, SS NS BS frozenset. An item is a dict.
Values are never changed in place, except by who has just copied them.
"""

import base64
import decimal
import re
from decimal import Decimal

from errors import Unsure, bad_parameter, invalid

EXACT = decimal.Context(prec=400, Emax=100000, Emin=-100000)
NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
SETS = {"SS": "S", "NS": "N", "BS": "B"}
TYPES = ("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS")


def number(text):
    """The exact value of a number literal, within DynamoDB's range."""
    if not NUMBER.match(text):
        raise invalid("The parameter cannot be converted to a numeric value" + (": " + text if text else ""))
    return in_range(EXACT.create_decimal(text), "Attempting to store more than 38 significant digits in a Number")


def in_range(value, too_long):
    value = value.normalize(EXACT)
    if not value:
        return Decimal(0)
    if too_long is None and len(value.as_tuple().digits) > 38:
        raise Unsure("rounding of results")
    if value.adjusted() > 125:
        raise invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if value.adjusted() < -130:
        raise invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    if len(value.as_tuple().digits) > 38:
        raise invalid(too_long)
    return value


def add(one, other, sign=1):
    return ("N", in_range(EXACT.add(one[1], EXACT.multiply(sign, other[1])), None))


def binary(text):
    return base64.b64decode(text, validate=True)


READ = {"S": str, "N": number, "B": binary}
WRITE = {"S": str, "N": lambda n: format(n, "f"), "B": lambda b: base64.b64encode(b).decode()}


def value_from(json):
    if len(json) != 1:
        raise invalid()
    (kind, body), = json.items()
    if kind in READ:
        return (kind, READ[kind](body))
    if kind == "BOOL":
        return (kind, body)
    if kind == "NULL":
        if body is not True:
            raise bad_parameter("Null attribute value types must have the value of true")
        return (kind, True)
    if kind == "L":
        return (kind, [value_from(v) for v in body])
    if kind == "M":
        return (kind, item_from(body))
    members = [READ[SETS[kind]](v) for v in body]
    if not members:
        raise invalid()
    if len(set(members)) != len(members):
        raise bad_parameter(f"Input collection [{', '.join(body)}] contains duplicates.") if kind == "SS" else invalid()
    return (kind, frozenset(members))


def item_from(json):
    return {name: value_from(value) for name, value in json.items()}


def value_to(value):
    kind, body = value
    if kind in WRITE:
        return {kind: WRITE[kind](body)}
    if kind == "L":
        return {kind: [value_to(v) for v in body]}
    if kind == "M":
        return {kind: item_to(body)}
    if kind in SETS:
        return {kind: sorted(WRITE[SETS[kind]](v) for v in body)}
    return {kind: body}


def item_to(item):
    return {name: value_to(value) for name, value in item.items()}


def order(value):
    """What values of one scalar type are sorted by."""
    return value[1].encode() if value[0] == "S" else value[1]


def copy(value):
    if value[0] == "L":
        return ("L", [copy(v) for v in value[1]])
    if value[0] == "M":
        return ("M", {name: copy(v) for name, v in value[1].items()})
    return value


# --- sizes in bytes

def number_size(value):
    """Documented as "approximately" a byte for every two significant digits, and one; a minus takes one more."""
    return (len(value.normalize(EXACT).as_tuple().digits) + 1) // 2 + 1 + (value < 0)


SIZE = {"S": lambda s: len(s.encode()), "N": number_size, "B": len}


def size(value):
    kind, body = value
    if kind in SIZE:
        return SIZE[kind](body)
    if kind in SETS:
        return sum(SIZE[SETS[kind]](v) for v in body)
    if kind == "L":
        return 3 + sum(1 + size(v) for v in body)
    if kind == "M":
        return 3 + len(body) + item_size(body)
    return 1


def item_size(item):
    return sum(len(name.encode()) + size(value) for name, value in item.items())
