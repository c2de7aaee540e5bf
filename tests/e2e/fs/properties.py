"""properties.py MOUNT MODEL SEED ROUND: random puts, deletes, moves and listings; the model says what must come of each.

Round 0 only compares. The model (what each table holds) is kept in a file between the rounds, while the store is mounted anew.
"""

import ast
import os
import random
import sys

from lib import canonical, check, code_of, equal, finish, make_table, name_of_string, read, write, xattr

mount, model_file, seed, turn = sys.argv[1:]
chance = random.Random(f"{seed}/{turn}")
STEPS = 1500
SCHEMAS = {"Strings": "S", "Numbers": "N", "Bytes": "B", "PairsSS": "SS", "PairsSN": "SN", "PairsNB": "NB"}
CHARACTERS = "abcXYZ 0189.-~%/:*?\"<>|\\\n\t\x7fäß€\U0001f600{}[]$'"


def random_key(kind, long):
    if kind == "S":
        length = chance.choice((1, 1, 2, 3, 8, 20)) if chance.random() < 0.95 else chance.randrange(20, 1024 if long else 60)
        key = "".join(chance.choice(CHARACTERS) for _ in range(length))
        return key if len(key.encode()) <= (1024 if long else 80) else "short" if not long else "long" * chance.randrange(60, 256)
    if kind == "B":
        return bytes(chance.randrange(256) for _ in range(chance.choice((1, 2, 16, 100))))
    return chance.choice((0, 1, -1, 7, -300, 10**20, -(10**30), 0.5, -0.125, 2.75, chance.randrange(-1000, 1000)))


def name_of(kind, key, suffix=".json"):
    if kind == "S":
        return name_of_string(key, suffix)
    if kind == "B":
        return key.hex()
    return name_of_string(str(key))


def path_of(table, key):
    """Where the item is, and the directory to make first, if any."""
    kinds = SCHEMAS[table]
    directory = f"{mount}/{table}" + (f"/{name_of(kinds[0], key[0], '')}" if len(kinds) == 2 else "")
    return directory, f"{directory}/{name_of(kinds[-1], key[-1])}.json"


def random_value(depth=0):
    pick = chance.random()
    if depth < 3 and pick < 0.1:
        return [random_value(depth + 1) for _ in range(chance.randrange(4))]
    if depth < 3 and pick < 0.2:
        return {"k" + random_key("S", False): random_value(depth + 1) for _ in range(chance.randrange(4))}
    return chance.choice((None, True, False, "", "text", "ä" * chance.randrange(50), chance.randrange(-10**9, 10**9), "x" * chance.choice((0, 5000))))


def short(key):
    return ", ".join(repr(part)[:30] + (f"... ({len(part)})" if len(repr(part)) > 30 else "") for part in key)


def why(path):
    for place in (path, os.path.dirname(path)):
        try:
            return xattr(place, "error")
        except OSError:
            pass
    return "no reason known"


def put(model, table, key):
    directory, path = path_of(table, key)
    exclusive = chance.random() < 0.2
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | (os.O_EXCL if exclusive else 0)
    value = random_value()
    if not os.path.isdir(directory):
        os.mkdir(directory)
    body = {"v": value}
    for name, part in zip(("pk", "sk"), key):
        if isinstance(part, str) and len(part) > 60:
            body[name] = part  # long keys are not spelled out in the name
    code = code_of(write, path, body, flags=flags, chunk=chance.choice((7, 4096, 1 << 20)))
    if exclusive and key in model[table]:
        return code == "EEXIST" or f"put with O_EXCL: {code}"
    if not code:
        model[table][key] = value
    return not code or f"put: {code}: {why(path)}"


def delete(model, table, key):
    code = code_of(os.unlink, path_of(table, key)[1])
    there = model[table].pop(key, KeyError) is not KeyError
    return code == ("" if there else "ENOENT") or f"delete of {'an' if there else 'no'} item: {code}"


def move(model, table, key):
    other = tuple(random_key(kind, at == len(SCHEMAS[table]) - 1) for at, kind in enumerate(SCHEMAS[table]))
    directory, target = path_of(table, other)
    if not os.path.isdir(directory):
        os.mkdir(directory)
    code = code_of(os.rename, path_of(table, key)[1], target)
    if key not in model[table]:
        return code in ("ENOENT", "EINVAL") or f"move of nothing: {code}"
    if "%~" in os.path.basename(target) and other != key:
        return code in ("EINVAL", "ENOENT") or f"move to a name that does not tell its key: {code}"
    if other != key and not code:
        model[table][other] = model[table].pop(key)
    return not code or f"move: {code}: {why(target)}"


def refuse(model, table, key):
    directory, path = path_of(table, key)
    if not os.path.isdir(directory):
        os.mkdir(directory)
    code = code_of(write, path, chance.choice((b'{"v": ', b"[]", b'{"v": 01}', b'{"a": 1, "a": 2}', b'{"v": {"$ss": []}}')))
    return code == "EINVAL" or f"bad document: {code}"


def get(model, table, key):
    path = path_of(table, key)[1]
    if key not in model[table]:
        code = code_of(read, path)
        return code == "ENOENT" or f"get of nothing: {code or read(path)}"
    text = read(path)
    if os.stat(path).st_size != len(text):
        return f"size {os.stat(path).st_size} of {len(text)} bytes"
    return value_in(text, table, key, model[table][key])


def value_in(text, table, key, value):
    """The canonical text: key attributes first; numbers and bytes in keys as the file format wraps them."""
    tail = canonical({"v": value})[2:]
    return text.endswith(tail) or f"text of {key!r}: {text[-80:]!r} does not end in {tail[-80:]!r}"


def same(model):
    for table, kinds in SCHEMAS.items():
        expected = sorted(path_of(table, key)[1] for key in model[table])
        base = f"{mount}/{table}"
        found = os.listdir(base)
        if len(kinds) == 2:
            order_wrong = []
            listed = []
            for partition in found:
                inside = os.listdir(f"{base}/{partition}")
                keys = sorted((k for k in model[table] if name_of(kinds[0], k[0], "") == partition),
                              key=lambda k: k[1].encode() if isinstance(k[1], str) else k[1])
                if inside != [name_of(kinds[1], k[1]) + ".json" for k in keys]:
                    order_wrong.append(partition)
                listed += [f"{base}/{partition}/{name}" for name in inside]
            equal(f"{table}: partitions list their items in order", [], order_wrong)
        else:
            listed = [f"{base}/{name}" for name in found]
        equal(f"{table}: {len(expected)} items are listed, once each", expected, sorted(listed))
        wrong = [got for key in model[table] if (got := get(model, table, key)) is not True]
        equal(f"{table}: each has its value", [], wrong[:3])


def main():
    model = {table: {} for table in SCHEMAS}
    if os.path.exists(model_file):
        with open(model_file) as f:
            model = ast.literal_eval(f.read())
    else:
        for table, kinds in SCHEMAS.items():
            make_table(mount, table, *zip(("pk", "sk"), kinds))
    wrong = []
    for step in range(STEPS if turn != "0" else 0):
        table = chance.choice(list(SCHEMAS))
        if model[table] and chance.random() < 0.6:
            key = chance.choice(list(model[table]))
        else:
            key = tuple(random_key(kind, at == len(SCHEMAS[table]) - 1) for at, kind in enumerate(SCHEMAS[table]))
        action = chance.choice((put, put, put, delete, move, refuse, get, get))
        try:
            result = action(model, table, key)
        except Exception as error:
            result = repr(error)
        if result is not True:
            wrong.append(f"step {step}, {action.__name__} {table} {short(key)}: {result}")
    equal(f"{STEPS} random operations answer as the model", [], wrong[:5])
    same(model)
    with open(model_file, "w") as f:
        f.write(repr(model))


main()
finish()
