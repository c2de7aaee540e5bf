"""Whether a reply is the one that the model expects."""

import collections
import json

from errors import ANY
from query import Groups


def text(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)


def difference(expected, got, where="reply"):
    """None, or the place where two replies differ and both values there."""
    if expected is ANY or expected == got:
        return None
    if isinstance(expected, str) and isinstance(got, str) and fits(expected, got):
        return None
    if isinstance(expected, Groups):
        return groups_difference(expected, got, where)
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in {**expected, **got}:
            if name not in expected or (name not in got and expected[name] is not ANY):
                return f"{where}.{name}: expected {text(expected.get(name, '-'))}\n    got {text(got.get(name, '-'))}"
            found = difference(expected[name], got.get(name), f"{where}.{name}")
            if found:
                return found
        return None
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        found = (difference(one, other, f"{where}[{at}]") for at, (one, other) in enumerate(zip(expected, got)))
        return next(filter(None, found), None)
    return f"{where}: expected {text(expected)}\n    got {text(got)}"


def fits(expected, message):
    """Words of which perhaps only the beginning is known."""
    return message.startswith(expected[:-3]) if expected.endswith("...") else message == expected


def groups_difference(expected, got, where):
    if not isinstance(got, list):
        return f"{where}: expected {text(expected)}\n    got {text(got)}"
    at = 0
    for group in [*expected, []]:
        part = got[at:at + len(group)] if group else got[at:]
        at += len(group)
        wanted, found = collections.Counter(map(text, group)), collections.Counter(map(text, part))
        if wanted != found:
            return f"{where}: expected at {at - len(group)} {[*(wanted - found)]}\n    got {[*(found - wanted)]}"
    return None


def failure_difference(failure, status, kind, body):
    """The same for a request that the model refuses."""
    message = body.get("message") or body.get("Message") or ""
    if status != 400 or kind != failure.kind:
        return f"expected {failure}\n    got {status} {kind}: {message}"
    if failure.message is not None and not fits(failure.message, message):
        return f"message: expected {failure.message}\n    got {message}"
    more = {name: value for name, value in body.items() if name not in ("__type", "message", "Message")}
    return difference(failure.more, more)
