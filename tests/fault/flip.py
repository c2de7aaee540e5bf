"""flip.py fill MOUNT MODEL | flip FILE SEED | read MOUNT MODEL [whole]: the parts of flip.sh."""

import errno
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from lib import make_table, read, write  # noqa: E402

PAGE = 4096
EXPECTED = (errno.EBADMSG, errno.EUCLEAN)


def fill(mount, model):
    content = {}
    things = make_table(mount, "Things", ("id", "S"))
    pairs = make_table(mount, "Pairs", ("pk", "S"), ("sk", "N"))
    chance = random.Random(1)
    for i in range(800):
        write(f"{things}/i{i}.json", {"n": i, "pad": "x" * chance.choice((0, 10, 300, 3000, 9000))})
        content[f"Things/i{i}.json"] = None
    for p in range(10):
        os.mkdir(f"{pairs}/p{p}")
        for s in range(50):
            write(f"{pairs}/p{p}/{s}.json", {"v": chance.random()})
            content[f"Pairs/p{p}/{s}.json"] = None
    for path in content:
        content[path] = read(f"{mount}/{path}").decode()
    with open(model, "w") as f:
        json.dump(content, f)


def flip(path, seed):
    chance = random.Random(int(seed))
    size = os.path.getsize(path)
    at = chance.randrange(0, 8 * PAGE) if int(seed) <= 6 else chance.randrange(2 * PAGE, size)
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1 << chance.randrange(8)]))
    print(at)


def listed(directory, wrong):
    try:
        return os.listdir(directory)
    except OSError as error:
        if error.errno not in EXPECTED + (errno.ENOENT,):
            wrong.append(f"{directory}: {error}")
        return []


def read_all(mount, model, whole=False):
    """Every item must be as before or say that it is damaged; a listing must hold no name that never was."""
    with open(model) as f:
        content = json.load(f)
    wrong, damaged, missing = [], 0, 0
    for path, text in content.items():
        try:
            if read(f"{mount}/{path}").decode() != text:
                wrong.append(f"{path} differs")
        except OSError as error:
            damaged += error.errno in EXPECTED
            missing += error.errno == errno.ENOENT
            if error.errno not in EXPECTED + (errno.ENOENT,):
                wrong.append(f"{path}: {error}")
    for directory in sorted({os.path.dirname(path) for path in content} | {"Pairs"}):
        for name in listed(f"{mount}/{directory}", wrong):
            if f"{directory}/{name}" not in content and directory != "Pairs":
                wrong.append(f"{directory}/{name} never was")
    # The damage may be in a page that the store no longer uses, or in the root of everything.
    print(f"{damaged} damaged, {missing} not found of {len(content)}", *wrong[:3], sep="; ")
    sys.exit(bool(wrong) or (whole and damaged + missing > 0))


if sys.argv[1] == "fill":
    fill(*sys.argv[2:])
elif sys.argv[1] == "flip":
    flip(*sys.argv[2:])
else:
    read_all(*sys.argv[2:])
