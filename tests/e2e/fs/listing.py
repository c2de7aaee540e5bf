"""listing.py MOUNT: readdir, telldir and seekdir; listings while others write."""

import ctypes
import os
import sys
import threading

from lib import check, equal, finish, in_threads, make_table, write

mount = sys.argv[1]
MANY = 20_000


class Dirent(ctypes.Structure):
    _fields_ = [("d_ino", ctypes.c_uint64), ("d_off", ctypes.c_int64), ("d_reclen", ctypes.c_ushort), ("d_type", ctypes.c_ubyte),
                ("d_name", ctypes.c_char * 256)]


libc = ctypes.CDLL(None, use_errno=True)
libc.opendir.restype = ctypes.c_void_p
libc.opendir.argtypes = [ctypes.c_char_p]
libc.readdir.restype = ctypes.POINTER(Dirent)
for function in (libc.readdir, libc.telldir, libc.closedir, libc.rewinddir):
    function.argtypes = [ctypes.c_void_p]
libc.telldir.restype = ctypes.c_long
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]


class Directory:
    def __init__(self, path):
        self.handle = libc.opendir(os.fsencode(path))

    def next(self):
        entry = libc.readdir(self.handle)
        return entry.contents.d_name.decode() if entry else None

    def rest(self):
        names = []
        while (name := self.next()) is not None:
            if name not in (".", ".."):
                names.append(name)
        return names

    def close(self):
        libc.closedir(self.handle)


def many():
    table = make_table(mount, "Many", ("id", "S"))

    def fill(part):
        for i in range(part, MANY, 4):
            write(f"{table}/{i}.json", b'{"v": "%s"}' % (b"x" * (i % 50)))

    errors = in_threads(4, fill)
    equal(f"{MANY} items by four writers", [], errors)
    names = os.listdir(table)
    equal("all are listed, once", sorted(f"{i}.json" for i in range(MANY)), sorted(names))
    sizes = [(e.name, e.stat().st_size) for e in os.scandir(table)]
    wrong = [name for name, size in sizes[:2000] if size != len(open(f"{table}/{name}", "rb").read())]
    equal("sizes are exact", [], wrong)
    equal("a second listing has the same order", names, os.listdir(table))


def places():
    table = f"{mount}/Many"
    directory = Directory(table)
    whole = directory.rest()
    libc.rewinddir(directory.handle)
    equal("rewinddir lists all again", whole, directory.rest())
    libc.rewinddir(directory.handle)
    marks = {}
    for at in range(MANY + 2):
        if at % 1000 == 7:
            marks[at] = libc.telldir(directory.handle)
        if directory.next() is None:
            break
    bad = []
    for at, mark in reversed(marks.items()):
        libc.seekdir(directory.handle, mark)
        if directory.next() != (whole[at - 2] if at >= 2 else None):
            bad.append(at)
    equal("seekdir comes back to each telldir", [], bad)
    libc.seekdir(directory.handle, marks[10_007])
    equal("and goes on to the end", whole[10_005:], directory.rest())
    directory.close()


def while_others_write():
    """Items that stay are seen exactly once by every listing, whatever comes and goes meanwhile."""
    table = make_table(mount, "Busy", ("id", "S"))
    stays = {f"stay{i}.json" for i in range(1500)}
    for name in stays:
        write(f"{table}/{name}", {})
    stop, errors, listings = threading.Event(), [], [0]

    def churn(who):
        turn = 0
        while not stop.is_set():
            turn += 1
            for i in range(30):
                write(f"{table}/go{who}-{turn % 3}-{i}.json", {})
            for i in range(30):
                os.unlink(f"{table}/go{who}-{turn % 3}-{i}.json")

    def look(_):
        for _ in range(12):
            names = os.listdir(table)
            listings[0] += 1
            if len(names) != len(set(names)):
                errors.append("an item twice")
            if not stays <= set(names):
                errors.append(f"{len(stays - set(names))} items missed")

    writers = [threading.Thread(target=churn, args=(who,)) for who in range(2)]
    for w in writers:
        w.start()
    errors += in_threads(2, look)
    stop.set()
    for w in writers:
        w.join()
    check(f"{listings[0]} listings amid inserts and deletes: nothing missed, nothing twice", not errors, errors[:3])
    equal("and at the end just what stays", stays, set(os.listdir(table)))


def removed_while_listing():
    """rm -r's way: read some entries, delete them, read on with the same handle."""
    table = make_table(mount, "Shrinking", ("id", "S"))
    for i in range(3000):
        write(f"{table}/{i}.json", {})
    directory = Directory(table)
    seen = []
    while (name := directory.next()) is not None:
        if name not in (".", ".."):
            seen.append(name)
            os.unlink(f"{table}/{name}")
    directory.close()
    equal("each entry is deleted as it is read: all 3000 are met", 3000, len(set(seen)))
    os.rmdir(table)


def pairs():
    table = make_table(mount, "Sorted", ("pk", "S"), ("sk", "N"))
    for pk in range(20):
        os.mkdir(f"{table}/p{pk}")
        for sk in range(0, 100 if pk else 2000):
            write(f"{table}/p{pk}/{sk}.json", {})
    equal("20 partitions", {f"p{i}" for i in range(20)}, set(os.listdir(table)))
    equal("2000 items in order", [f"{i}.json" for i in range(2000)], os.listdir(f"{table}/p0"))


def many_at_once():
    """Opendirs by the hundred, each part way, then all to their ends."""
    table = f"{mount}/Busy"
    directories = [Directory(table) for _ in range(200)]
    for directory in directories:
        for _ in range(10):
            directory.next()
    lengths = {len(directory.rest()) for directory in directories}
    for directory in directories:
        directory.close()
    equal("200 listings open at once", {1500 - 8}, lengths)


for test in (many, places, while_others_write, removed_while_listing, pairs, many_at_once):
    try:
        test()
    except Exception as error:
        check(test.__name__, False, repr(error))
finish()
