"""Conditions, projections and updates against a small model of them in Python, on random items and expressions.

The C side is the program expr_driver (tests/unit/expr_driver.c), found in $ITEMFS_BUILD, by default build/tests of the repository. Every run
prints its seed; PROPERTY_SEED repeats one. In the model a value is a pair (type, content) and an item a value of type M.
"""

import base64
import decimal
import json
import os
import pathlib
import random
import subprocess

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
DRIVER = pathlib.Path(os.environ.get("ITEMFS_BUILD", REPO / "build" / "tests")) / "expr_driver"
EXACT = decimal.Context(prec=400)
MANY = 4000

pytestmark = pytest.mark.skipif(not DRIVER.exists(), reason=f"{DRIVER} is not built")


@pytest.fixture
def rng():
    seed = int(os.environ.get("PROPERTY_SEED", random.SystemRandom().randrange(2**32)))
    print(f"PROPERTY_SEED={seed}")
    return random.Random(seed)


# Values, to and from DynamoDB's JSON


def to_json(v):
    kind, x = v
    if kind == "M":
        return {"M": {name: to_json(w) for name, w in x.items()}}
    if kind == "L":
        return {"L": [to_json(w) for w in x]}
    if kind in ("SS", "NS", "BS"):
        return {kind: [to_json((kind[0], w))[kind[0]] for w in x]}
    if kind == "N":
        return {"N": format(x, "f")}
    if kind == "B":
        return {"B": base64.b64encode(x).decode()}
    return {"NULL": True} if kind == "NULL" else {kind: x}


def from_json(j):
    ((kind, x),) = j.items()
    if kind == "M":
        return kind, {name: from_json(w) for name, w in x.items()}
    if kind == "L":
        return kind, [from_json(w) for w in x]
    if kind in ("SS", "NS", "BS"):
        return kind, frozenset(from_json({kind[0]: w})[1] for w in x)
    if kind == "N":
        return kind, decimal.Decimal(x)
    if kind == "B":
        return kind, base64.b64decode(x)
    return (kind, None) if kind == "NULL" else (kind, x)


def random_scalar(rng, kind):
    if kind == "S":
        return "".join(rng.choice("abé") for _ in range(rng.randint(0, 3)))
    if kind == "N":
        return decimal.Decimal(rng.randint(-3, 3)).scaleb(rng.choice([0, 0, 0, -1, 1, 30]))
    return bytes(rng.choice(b"ab") for _ in range(rng.randint(0, 3)))


def random_value(rng, depth=0):
    kinds = ["S", "N", "N", "B", "BOOL", "NULL", "SS", "NS", "BS"] + (["L", "M"] * 4 if depth < 3 else [])
    kind = rng.choice(kinds)
    if kind in ("S", "N", "B"):
        return kind, random_scalar(rng, kind)
    if kind == "BOOL":
        return kind, rng.random() < 0.5
    if kind == "NULL":
        return kind, None
    if kind == "L":
        return kind, [random_value(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    if kind == "M":
        return kind, random_map(rng, depth + 1)
    return kind, frozenset(random_scalar(rng, kind[0]) for _ in range(rng.randint(1, 3)))


def random_map(rng, depth=0):
    return {name: random_value(rng, depth) for name in NAMES if rng.random() < 0.6}


NAMES = ["aa", "bb", "cc", "x.y", "dd"]


class Request:
    """Names and values as they come to be used by an expression."""

    def __init__(self, rng, item):
        self.rng, self.item, self.names, self.values = rng, item, {}, {}

    def name(self, name):
        if "." not in name and self.rng.random() < 0.7:
            return name
        sign = f"#n{NAMES.index(name)}"
        self.names[sign] = name
        return sign

    def value(self, v):
        sign = f":v{len(self.values)}"
        self.values[sign] = v
        return sign

    def path(self, path):
        text = self.name(path[0])
        for step in path[1:]:
            text += f"[{step}]" if isinstance(step, int) else "." + self.name(step)
        return text

    def line(self, what, text):
        words = [text, json.dumps(self.names) if self.names else "",
                 json.dumps({k: to_json(v) for k, v in self.values.items()}) if self.values else "",
                 json.dumps(to_json(("M", self.item))["M"])]
        return " ".join([what] + [w.encode().hex() or "-" for w in words])


def random_path(rng, item):
    """Mostly one that leads somewhere."""
    path, v = [], ("M", item)
    while True:
        if v[0] == "M" and rng.random() < 0.95:
            path.append(rng.choice(sorted(v[1])) if v[1] and rng.random() < 0.85 else rng.choice(NAMES))
            v = v[1].get(path[-1], ("NONE", None))
        elif v[0] == "L" and path:
            path.append(rng.randint(0, len(v[1]) + (rng.random() < 0.2)))
            v = v[1][path[-1]] if path[-1] < len(v[1]) else ("NONE", None)
        elif not path or rng.random() < 0.03:
            path.append(rng.choice(NAMES) if not path or rng.random() < 0.5 else rng.randint(0, 2))
            v = ("NONE", None)
        else:
            return path
        if v[0] == "NONE" or rng.random() < 0.4:
            return path


def get(item, path):
    v = ("M", item)
    for step in path:
        if v[0] == "L" and isinstance(step, int) and step < len(v[1]):
            v = v[1][step]
        elif v[0] == "M" and isinstance(step, str) and step in v[1]:
            v = v[1][step]
        else:
            return None
    return v


def all_values(v):
    yield v
    if v[0] in ("L", "M"):
        for w in v[1].values() if v[0] == "M" else v[1]:
            yield from all_values(w)


def near_value(rng, item, kinds=None):
    """A value that stands in the item, or like one."""
    known = [v for v in all_values(("M", item)) if not kinds or v[0] in kinds]
    for _ in range(200):
        v = rng.choice(known) if known and rng.random() < 0.6 else random_value(rng)
        if not kinds or v[0] in kinds:
            return v
    return "N", decimal.Decimal(1)


# Conditions

ORDERED = ("S", "N", "B")
SIZED = ("S", "B", "SS", "NS", "BS", "L", "M")


def size_of(v):
    if v is None or v[0] not in SIZED:
        return None
    return "N", decimal.Decimal(len(v[1].encode() if v[0] == "S" else v[1]))


def sort_bytes(v):
    return v[1].encode() if v[0] == "S" else v[1]


def compare(op, a, b):
    if op in ("=", "<>"):
        return (a is not None and a == b) == (op == "=")
    if a is None or b is None or a[0] != b[0] or a[0] not in ORDERED:
        return False
    x, y = sort_bytes(a), sort_bytes(b)
    return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[op]


def contains(v, w):
    if v is None or w is None:
        return False
    if v[0] == "L":
        return w in v[1]
    if v[0] in ("SS", "NS", "BS"):
        return w[0] == v[0][0] and w[1] in v[1]
    return v[0] == w[0] and v[0] in ("S", "B") and w[1] in v[1]


def random_operand(rng, r, kinds=None, path=None):
    """Text and value."""
    if path is not None or rng.random() < 0.5:
        path = path or random_path(rng, r.item)
        if rng.random() < 0.15 and (kinds is None or "N" in kinds):
            return f"size({r.path(path)})", size_of(get(r.item, path))
        return r.path(path), get(r.item, path)
    v = near_value(rng, r.item, kinds)
    return r.value(v), v


def different_path(rng, r):
    """Text of a path and its value, not the same as another's in one condition: that is refused."""
    path = random_path(rng, r.item)
    return path, r.path(path), get(r.item, path)


def random_comparison(rng, r):
    op = rng.choice(["=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN"])
    kinds = None if op in ("=", "<>", "IN") else ORDERED
    left, a = random_operand(rng, r, kinds)
    if op == "IN":
        others = [near_value(rng, r.item) for _ in range(rng.randint(1, 4))]
        return f"{left} IN ({', '.join(r.value(v) for v in others)})", a is not None and a in others
    if op == "BETWEEN":
        low = near_value(rng, r.item, ORDERED)
        high = near_value(rng, r.item, (low[0],))
        if sort_bytes(low) > sort_bytes(high):
            low, high = high, low
        return f"{left} between {r.value(low)} and {r.value(high)}", compare(">=", a, low) and compare("<=", a, high)
    b = near_value(rng, r.item, kinds)
    return f"{left} {op} {r.value(b)}", compare(op, a, b)


def random_call(rng, r):
    path, text, v = different_path(rng, r)
    name = rng.choice(["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"])
    if name == "attribute_exists":
        return f"{name}({text})", v is not None
    if name == "attribute_not_exists":
        return f"{name} ( {text} )", v is None
    if name == "attribute_type":
        kind = v[0] if v and rng.random() < 0.5 else rng.choice(["S", "N", "BOOL", "SS", "M"])
        return f"{name}({text}, {r.value(('S', kind))})", v is not None and v[0] == kind
    if name == "begins_with":
        w = near_value(rng, r.item, ("S", "B"))
        return f"{name}({text}, {r.value(w)})", v is not None and v[0] == w[0] and v[1].startswith(w[1])
    w = near_value(rng, r.item)
    if v and v[0] in ("SS", "NS", "BS") and rng.random() < 0.5:
        w = v[0][0], rng.choice(sorted(v[1]))
    return f"{name}({text}, {r.value(w)})", contains(v, w)


def random_condition(rng, r, depth=0):
    what = rng.random()
    if depth > 3 or what < 0.5:
        return random_comparison(rng, r) if rng.random() < 0.6 else random_call(rng, r)
    if what < 0.6:
        text, yes = random_condition(rng, r, depth + 1)
        return (f"NOT {text}" if text.startswith("(") else f"not ({text})"), not yes
    terms = [random_condition(rng, r, depth + 1) for _ in range(rng.randint(2, 3))]
    word, result = ("AND", all) if rng.random() < 0.5 else ("OR", any)
    return "(" + f" {word} ".join(text for text, _ in terms) + ")", result(yes for _, yes in terms)


def ask(lines):
    run = subprocess.run([DRIVER], input="".join(line + "\n" for line in lines), capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    answers = run.stdout.split("\n")[:-1]
    assert len(answers) == len(lines)
    return answers


def item_of(hexed):
    return {name: from_json(v) for name, v in json.loads(bytes.fromhex(hexed).decode()).items()}


def test_conditions(rng):
    cases = []
    for _ in range(MANY):
        r = Request(rng, random_map(rng))
        text, yes = random_condition(rng, r)
        cases.append((r, text, yes))
    true = 0
    for (r, text, yes), answer in zip(cases, ask([r.line("test", text) for r, text, _ in cases])):
        assert answer == f"ok {'true' if yes else 'false'}", (text, r.names, r.values, r.item)
        true += yes
    assert MANY // 5 < true < MANY * 4 // 5


# Projections and updates


def clash(paths):
    """One path in another, or an index where another has a name."""
    for i, a in enumerate(paths):
        for b in paths[:i]:
            n = 0
            while n < min(len(a), len(b)) and a[n] == b[n]:
                n += 1
            if n == min(len(a), len(b)) or isinstance(a[n], int) != isinstance(b[n], int):
                return True
    return False


def random_paths(rng, item, most):
    while True:
        paths = [random_path(rng, item) for _ in range(rng.randint(1, most))]
        if not clash(paths):
            return paths


def project(v, paths):
    if paths == [[]]:
        return v
    steps = sorted({p[0] for p in paths})
    found = []
    for step in steps:
        w = get(v[1], [step]) if v[0] == "M" else None
        if v[0] == "L" and isinstance(step, int) and step < len(v[1]):
            w = v[1][step]
        part = project(w, [p[1:] for p in paths if p[0] == step]) if w else None
        if part:
            found.append((step, part))
    if not found:
        return None
    return (v[0], [w for _, w in found]) if v[0] == "L" else (v[0], dict(found))


def test_projections(rng):
    cases = []
    for _ in range(MANY):
        r = Request(rng, random_map(rng))
        paths = random_paths(rng, r.item, 5)
        cases.append((r, paths, ", ".join(r.path(p) for p in paths)))
    for (r, paths, text), answer in zip(cases, ask([r.line("project", text) for r, _, text in cases])):
        want = project(("M", r.item), paths) or ("M", {})
        assert answer.startswith("ok "), (text, answer)
        assert item_of(answer[3:]) == want[1], (text, r.names, r.item)


class Refused(Exception):
    pass


PATH = "The document path provided in the update expression is invalid for update"
TYPE = "An operand in the update expression has an incorrect data type"
ABSENT = "The provided expression refers to an attribute that does not exist in the item"


def total(a, b, minus):
    """A sum, where it fits; the driver refuses others in the words of numbers."""
    exact = EXACT.subtract(a, b) if minus else EXACT.add(a, b)
    if len("".join(map(str, exact.as_tuple().digits)).strip("0")) > 38:
        raise Refused("38 digits")
    return exact


class Action:
    """One action: its text, and what it makes of the value at its path."""

    def __init__(self, rng, r, path, section):
        self.path, self.section = path, section
        old = get(r.item, path)
        text = r.path(path)
        if section == "REMOVE":
            self.text = text
        elif section == "SET":
            operand, self.value = self.set_value(rng, r)
            self.text = f"{text} = {operand}"
        else:
            kinds = ("N", "SS", "NS", "BS") if section == "ADD" else ("SS", "NS", "BS")
            if old and old[0] in kinds and rng.random() < 0.7:
                kinds = (old[0],)
            self.operand = near_value(rng, r.item, kinds)
            if self.operand[0] not in kinds:
                self.operand = "SS", frozenset(["a"])
            self.text = f"{text} {r.value(self.operand)}"

    def operand_of(self, rng, r, kinds):
        if rng.random() < 0.5:
            path = random_path(rng, r.item)
            v = get(r.item, path)
            if rng.random() < 0.3:
                other = near_value(rng, r.item, kinds)
                return f"if_not_exists({r.path(path)}, {r.value(other)})", lambda: v or other
            return r.path(path), lambda: v or self.absent()
        v = near_value(rng, r.item, kinds)
        v = v if not kinds or v[0] in kinds else ("L", [])
        return r.value(v), lambda: v

    @staticmethod
    def absent():
        raise Refused(ABSENT)

    def set_value(self, rng, r):
        what = rng.random()
        if what < 0.4:
            return self.operand_of(rng, r, None)
        if what < 0.7:
            minus = rng.random() < 0.5
            (a, x), (b, y) = self.operand_of(rng, r, ("N",)), self.operand_of(rng, r, ("N",))
            return f"{a} {'-' if minus else '+'} {b}", lambda: self.arithmetic(x(), y(), minus)
        (a, x), (b, y) = self.operand_of(rng, r, ("L",)), self.operand_of(rng, r, ("L",))
        return f"list_append({a}, {b})", lambda: self.append(x(), y())

    @staticmethod
    def arithmetic(a, b, minus):
        if a[0] != "N" or b[0] != "N":
            raise Refused(TYPE)
        return "N", total(a[1], b[1], minus)

    @staticmethod
    def append(a, b):
        if a[0] != "L" or b[0] != "L":
            raise Refused(TYPE)
        return "L", a[1] + b[1]

    def apply(self, old):
        if self.section == "SET":
            return self.value()
        if self.section == "REMOVE":
            return None
        if old is None:
            return self.operand if self.section == "ADD" else None
        if old[0] != self.operand[0]:
            raise Refused(TYPE)
        if old[0] == "N":
            return "N", total(old[1], self.operand[1], False)
        members = old[1] | self.operand[1] if self.section == "ADD" else old[1] - self.operand[1]
        return (old[0], members) if members else None


def changed(v, actions):
    """actions: (rest of the path, action), all of them inside v."""
    groups = {}
    for path, action in actions:
        groups.setdefault(path[0], []).append((path[1:], action))
    index = isinstance(next(iter(groups)), int)
    if v is None or v[0] != ("L" if index else "M"):
        raise Refused(PATH)
    entries = dict(enumerate(v[1])) if index else dict(v[1])
    for step, inside in groups.items():
        old = entries.get(step)
        new = inside[0][1].apply(old) if inside[0][0] == [] else changed(old, inside)
        entries.pop(step, None)
        if new is not None:
            entries[step] = new
    return (v[0], [entries[k] for k in sorted(entries)]) if index else (v[0], entries)


def random_update(rng, r):
    sections = ["SET", "REMOVE", "ADD", "DELETE"]
    actions = [Action(rng, r, path, rng.choice(sections)) for path in random_paths(rng, r.item, 4)]
    rng.shuffle(sections)
    parts = []
    for section in sections:
        mine = [a.text for a in actions if a.section == section]
        if mine:
            parts.append(f"{section} {', '.join(mine)}")
    return " ".join(parts), actions


def test_updates(rng):
    cases = []
    for _ in range(MANY):
        r = Request(rng, random_map(rng))
        text, actions = random_update(rng, r)
        cases.append((r, text, actions))
    done = 0
    for (r, text, actions), answer in zip(cases, ask([r.line("update", text) for r, text, _ in cases])):
        try:
            want = changed(("M", r.item), [(a.path, a) for a in actions])
        except Refused:
            # More than one thing may be wrong; which of them is told first is not the model's business.
            assert answer.startswith("error "), (text, r.names, r.values, r.item, answer)
            assert PATH in answer or TYPE in answer or ABSENT in answer or "38 significant digits" in answer, answer
            continue
        assert answer.startswith("ok "), (text, r.names, r.values, r.item, answer)
        after, touched = answer[3:].split(" ")
        assert item_of(after) == want[1], (text, r.names, r.values, r.item)
        assert item_of(touched) == (project(want, [a.path for a in actions]) or ("M", {}))[1], text
        done += 1
    assert MANY // 10 < done < MANY
