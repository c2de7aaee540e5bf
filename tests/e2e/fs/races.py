"""races.py MOUNT: processes that create, replace, append, rename, remove, read and list the same items, and make and drop tables."""

import errno
import json
import os
import random
import sys
import time

from lib import check, definition, equal, finish, load, make_table, read, write

mount = sys.argv[1]
SECONDS = 6
NAMES = [f"item{i}.json" for i in range(6)]
USUAL = {errno.ENOENT, errno.EEXIST, errno.ESTALE, errno.EAGAIN, errno.EPERM}  # EPERM: a file without a document yet is moved


def body(chance):
    return {"v": "x" * chance.choice((1, 100, 5000, 30000)), "n": chance.randrange(1000)}


def put(table, chance):
    write(f"{table}/{chance.choice(NAMES)}", body(chance), chunk=chance.choice((4096, 1 << 20)))


def put_exclusive(table, chance):
    write(f"{table}/{chance.choice(NAMES)}", body(chance), flags=os.O_WRONLY | os.O_CREAT | os.O_EXCL)


def put_by_rename(table, chance):
    scratch = f"{table}/.{os.getpid()}.tmp"
    write(scratch, body(chance))
    os.rename(scratch, f"{table}/{chance.choice(NAMES)}")


def move(table, chance):
    try:
        os.rename(f"{table}/{chance.choice(NAMES)}", f"{table}/{chance.choice(NAMES)}")
    except PermissionError:
        pass  # what is still being made cannot be moved


def remove(table, chance):
    os.unlink(f"{table}/{chance.choice(NAMES)}")


def get(table, chance):
    name = chance.choice(NAMES)
    text = read(f"{table}/{name}")
    if not text:
        return  # being made: empty until its first document
    item = json.loads(text)
    if set(item["v"]) != {"x"}:
        raise ValueError(f"a torn item: {item['v'][:50]}")


def look(table, chance):
    for entry in os.scandir(table):
        entry.stat()
    os.stat(f"{table}/{chance.choice(NAMES)}")


def compare_and_set(table, chance):
    fd = os.open(f"{table}/{chance.choice(NAMES)}", os.O_RDWR)
    try:
        text = os.read(fd, 1 << 20)
        if not text:
            return
        item = json.loads(text)
        item["n"] += 1
        del item["id"]  # it may be renamed meanwhile
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps(item).encode(), 0)
    finally:
        os.close(fd)


def tables(_, chance):
    name = f"Temp{chance.randrange(2)}"
    try:
        write(f"{mount}/.tables/{name}.json", definition(("id", "S")))
        write(f"{mount}/{name}/a.json", {"n": 1})
        os.unlink(f"{mount}/{name}/a.json")
        os.rmdir(f"{mount}/{name}")
    except OSError as error:
        # Another process may be just as far with the same table.
        if error.errno not in USUAL | {errno.ENOTEMPTY, errno.EBUSY, errno.EINVAL}:
            raise


def work(seed):
    chance = random.Random(seed)
    table = f"{mount}/Contended"
    end = time.monotonic() + SECONDS
    count, odd = 0, []
    while time.monotonic() < end:
        action = chance.choice((put, put, put_exclusive, put_by_rename, move, remove, get, get, look, compare_and_set, tables))
        count += 1
        try:
            action(table, chance)
        except OSError as error:
            if error.errno not in USUAL:
                odd.append(f"{action.__name__}: {error}")
        except Exception as error:
            odd.append(f"{action.__name__}: {error!r}")
    return count, odd


def main():
    make_table(mount, "Contended", ("id", "S"))
    pipes = []
    for seed in range(8):
        out, into = os.pipe()
        pid = os.fork()
        if pid == 0:
            count, odd = work(seed)
            os.write(into, json.dumps([count, len(odd), odd[:3]]).encode()[:4096])
            os._exit(0)
        os.close(into)
        pipes.append((pid, out))
    total, odd = 0, []
    for pid, out in pipes:
        text = os.read(out, 65536)
        os.waitpid(pid, 0)
        count, failures, examples = json.loads(text) if text else (0, 1, ["a process died"])
        total += count
        odd += examples
    check(f"{total} operations of 8 processes: no answer out of place", total > 100 and not odd, odd)
    table = f"{mount}/Contended"
    listed = sorted(os.listdir(table))
    equal("what is listed is what can be read", listed, [n for n in NAMES if os.path.exists(f"{table}/{n}")])
    wrong = [n for n in listed if load(f"{table}/{n}")["id"] + ".json" != n or os.stat(f"{table}/{n}").st_size != len(read(f"{table}/{n}"))]
    equal("each under its own key, at its size", [], wrong)


main()
finish()
