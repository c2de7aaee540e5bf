"""commit.py TABLE: every call of a writer counted, and what a reader sees after each."""

import json
import os
import sys
import threading

from lib import check, equal, finish, load, read, refused, wait_for, write

table = sys.argv[1]
path = table + "/item.json"
W = os.O_WRONLY


def value():
    return load(path)["v"]


def start(v="old", where=path):
    write(where, {"v": v})


def open_never_changes():
    start()
    os.close(os.open(path, W | os.O_TRUNC))
    equal("open with O_TRUNC and close changes nothing", "old", value())
    fd = os.open(path, W | os.O_TRUNC)
    equal("nor is it empty meanwhile", "old", value())
    os.close(fd)
    fd = os.open(path, os.O_RDWR)
    equal("O_RDWR reads the item", "old", json.loads(os.pread(fd, 1000, 0))["v"])
    os.close(fd)


def commits_at_last_brace():
    start()
    fd = os.open(path, W | os.O_TRUNC)
    os.write(fd, b'{"v": "ne')
    equal("half a document is not seen", "old", value())
    os.write(fd, b'w"}')
    equal("a whole one is, before close", "new", value())
    os.write(fd, b"\n \t\r\n")
    refused("text after the document", "EINVAL", os.write, fd, b"x")
    try:
        os.close(fd)
    except OSError:
        pass
    equal("the document before it stays", "new", value())


def pieces_of_4k():
    start()
    text = b'{"v": "' + b"x" * 100_000 + b'", "w": [' + b"1, " * 20_000 + b"1]}\n"
    pieces = [text[i:i + 4096] for i in range(0, len(text), 4096)]
    fd = os.open(path, W | os.O_TRUNC)
    early = 0
    for piece in pieces[:-1]:
        os.write(fd, piece)
        early += value() != "old"
    equal("40 pieces of 4 KB: nothing before the last", 0, early)
    os.write(fd, pieces[-1])
    equal("all with the last", 100_000, len(value()))
    os.close(fd)


def incomplete():
    start()
    fd = os.open(path, W | os.O_TRUNC)
    os.write(fd, b'{"v": "ne')
    refused("close of an incomplete document", "EINVAL", os.close, fd)
    equal("leaves the item", "old", value())
    fd = os.open(path, W | os.O_TRUNC)
    os.write(fd, b'{"v": ')
    refused("fsync of an incomplete document", "EINVAL", os.fsync, fd)
    try:
        os.close(fd)
    except OSError:
        pass
    equal("leaves the item as well", "old", value())
    new = table + "/never.json"
    fd = os.open(new, W | os.O_CREAT)
    os.write(fd, b'{"v"')
    refused("close of an incomplete new item", "EINVAL", os.close, fd)
    check("a new item that never was whole is not listed", "never.json" not in os.listdir(table))


def hopeless():
    for text in (b"hello", b'{"v": x', b'{"v": 1,}', b"[1]", b'"text"', b"{'v': 1}", b'{"v": 01', b'{"v": "\xff', b"\xef\xbb\xbf{"):
        start()
        fd = os.open(path, W | os.O_TRUNC)
        refused(f"write of {text!r} at once", "EINVAL", os.write, fd, text)
        try:
            os.close(fd)
        except OSError:
            pass
        equal("leaves the item", "old", value())


def compare_and_set():
    start()
    fd = os.open(path, os.O_RDWR)
    os.read(fd, 1000)
    write(path, {"v": "other"})
    os.ftruncate(fd, 0)
    refused("O_RDWR after somebody else's write", "ESTALE", os.pwrite, fd, b'{"v": "mine"}', 0)
    try:
        os.close(fd)
    except OSError:
        pass
    equal("the other write stands", "other", value())
    fd = os.open(path, os.O_RDWR)
    os.read(fd, 1000)
    os.ftruncate(fd, 0)
    equal("O_RDWR undisturbed", 13, os.pwrite(fd, b'{"v": "mine"}', 0))
    os.ftruncate(fd, 0)
    equal("and again on the same descriptor", 14, os.pwrite(fd, b'{"v": "mine2"}', 0))
    os.close(fd)
    equal("commits", "mine2", value())


def in_place():
    start("abc")
    at = read(path).index(b"abc")
    fd = os.open(path, W)
    os.pwrite(fd, b"xyz", at)
    os.close(fd)
    equal("a write in the middle keeps the rest", "xyz", value())


def durable():
    write(path, {"v": "kept"}, sync=True)
    equal("fsync of a whole document", "kept", value())
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    fd = os.open(table, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    check("fsync of what was only read, and of the table", True)


def two_handles():
    start()
    a, b = os.open(path, W | os.O_TRUNC), os.open(path, W | os.O_TRUNC)
    os.write(a, b'{"v": "aaa')
    os.write(b, b'{"v": "bbb')
    os.write(b, b'"}')
    equal("two writers: the first to end", "bbb", value())
    os.write(a, b'"}')
    equal("then the other, whole", "aaa", value())
    os.close(a)
    os.close(b)
    equal("and close adds nothing", "aaa", value())


def exclusive():
    start()
    refused("O_EXCL on an item", "EEXIST", os.open, path, W | os.O_CREAT | os.O_EXCL)
    new = table + "/fresh.json"
    a = os.open(new, W | os.O_CREAT | os.O_EXCL)
    os.write(a, b'{"v": 1}')
    os.close(a)
    equal("O_EXCL makes a new one", 1, load(new)["v"])


def too_large():
    start()
    refused("an item over 400 KB", "EFBIG", write, path, {"v": "x" * 409_600})
    equal("leaves the item", "old", value())
    write(path, {"v": "x" * 409_000})
    equal("one just below is taken", 409_000, len(value()))


def readers_see_whole_items():
    """Two sizes, each filled with one letter: a reader must never see a mixture, nor a piece."""
    texts = [b'{"v": "' + letter * size + b'"}' for letter, size in ((b"a", 30_000), (b"b", 90_000), (b"c", 10))]
    write(path, texts[0])
    stop, bad, reads = threading.Event(), [], [0]

    def reader():
        while not stop.is_set():
            try:
                v = value()
                reads[0] += 1
                if len(set(v)) != 1 or len(v) not in (30_000, 90_000, 10):
                    bad.append(f"a mixture of {len(v)} characters: {sorted(set(v))}")
            except Exception as error:
                bad.append(repr(error))

    threads = [threading.Thread(target=reader) for _ in range(3)]
    for t in threads:
        t.start()
    for i in range(300):
        write(path, texts[i % 3], chunk=4096)
    wait_for(5, lambda: reads[0] > 100)
    stop.set()
    for t in threads:
        t.join()
    check("readers see whole items while writers write", not bad and reads[0] > 20, f"{len(bad)} of {reads[0]}: {bad[:3]}")


def open_while_replaced():
    """A descriptor that is open keeps reading the item that it opened, or the new one, but whole."""
    write(path, b'{"v": "' + b"a" * 50_000 + b'"}')
    fd = os.open(path, os.O_RDONLY)
    first = os.pread(fd, 4096, 0)
    write(path, b'{"v": "' + b"b" * 50_000 + b'"}')
    rest = b""
    while part := os.pread(fd, 16384, 4096 + len(rest)):
        rest += part
    os.close(fd)
    letters = set((first + rest)[100:-100])
    equal("a slow reader of a replaced item sees one version", 1, len(letters))


for test in (open_never_changes, commits_at_last_brace, pieces_of_4k, incomplete, hopeless, compare_and_set, in_place, durable,
             two_handles, exclusive, too_large, readers_see_whole_items, open_while_replaced):
    try:
        test()
    except Exception as error:
        check(test.__name__, False, repr(error))
finish()
