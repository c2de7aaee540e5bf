"""names.py MOUNT: every kind of key as a file name and back."""

import base64
import json
import os
import sys

from lib import check, code_of, equal, finish, load, make_table, name_of_string, read, refused, write, xattr

mount = sys.argv[1]


def listed(directory):
    return sorted(os.listdir(directory))


def every_character():
    """Each character below 256, and some beyond, at the start, in the middle, at the end, alone."""
    table = make_table(mount, "Every", ("id", "S"))
    characters = [chr(c) for c in range(1, 256)] + ["€", "\U0001f600", "e\u0301", "\ufeff", "\uffff", "\0"]
    keys = sorted({k for c in characters for k in (c + "x", "x" + c + "y", "x" + c, c)})
    names, bad = {}, []
    for key in keys:
        name = name_of_string(key) + ".json"
        names[name] = key
        code = code_of(write, f"{table}/{name}", {"v": 1})
        if code:
            bad.append(f"{name!r}: {code}")
    check(f"{len(keys)} keys with every character are taken under their names", not bad, bad[:5])
    equal("and listed under the same", sorted(names), listed(table))
    wrong = [name for name, key in names.items() if os.path.exists(f"{table}/{name}") and load(f"{table}/{name}") != {"id": key, "v": 1}]
    check("each body has its key", not wrong, wrong[:5])


def one_spelling():
    table = make_table(mount, "Spelling", ("id", "S"))
    for key in ("A", "a/b", "x.", "ä"):
        write(f"{table}/{name_of_string(key)}.json", {})
    for name in ("%41", "a%2fb", "%61%2Fb", "x%2e", "%C3%A4", "%c3%a4", "a%2", "a%", "a%zz", "%"):
        path = f"{table}/{name}.json"
        refused(f"lookup of {name}", "ENOENT", os.stat, path)
        refused(f"creation of {name}", "EINVAL", write, path, {})
    refused("a name that is not UTF-8", "EINVAL EILSEQ", write, os.fsencode(table) + b"/a\xff.json", {})

    equal("none of them came to be", sorted(["A.json", "a%2Fb.json", "x%2E.json", "ä.json"]), listed(table))


def numbers():
    table = make_table(mount, "Numbers", ("n", "N"))
    for name in ("0", "7", "42", "0.5", "3.25", "100000000000000000000", "12345678901234567890123456789012345678"):
        write(f"{table}/{name}.json", {})
        check(f"{name}.json is a number's name", f"{name}.json" in listed(table), listed(table))
        shown = load(f"{table}/{name}.json")["n"]
        equal("and in the body", name, shown["$n"] if isinstance(shown, dict) else json.dumps(shown))
    count = len(listed(table))
    for name in ("07", "7.0", "+7", "7e0", "7E0", "0x7", "seven", "1e2", "-0", " 7", "%37", "1" * 39, "1E126", "1E200"):
        refused(f"{name}.json is not the one spelling of a number", "EINVAL", write, f"{table}/{name}.json", {})
        refused(f"lookup of {name}.json", "ENOENT", os.stat, f"{table}/{name}.json")
    equal("none of them came to be", count, len(listed(table)))
    refused("a body that disagrees", "EINVAL", write, f"{table}/7.json", {"n": 8})
    refused("a body of another type", "EINVAL", write, f"{table}/7.json", {"n": "7"})
    write(f"{table}/7.json", b'{"n": 7.00, "v": 1}')
    equal("a body that says it otherwise", {"n": 7, "v": 1}, load(f"{table}/7.json"))


def scientific():
    """Past 40 characters a number is written in scientific form; found by moving an item there and listing."""
    table = make_table(mount, "Scientific", ("n", "N"))
    write(f"{table}/1.json", {})
    typed = {"n": {"N": "1e100"}}
    names = ("1E100", "1E+100", "1e100", "1e+100")
    taken = [name for name in names if not code_of(write, f"{table}/.typed/{name}.json", typed)]
    equal("1E100 has exactly one spelling", 1, len(taken))
    if taken:
        equal("and is listed so", sorted(["1.json", taken[0] + ".json"]), listed(table))
    negative = [name for name in ("-5", "%2D5") if not code_of(write, f"{table}/{name}.json", {})]
    equal("-5 has exactly one spelling", 1, len(negative))
    if negative:
        equal("with the number in the body", -5, load(f"{table}/{negative[0]}.json")["n"])


def binary():
    table = make_table(mount, "Binary", ("b", "B"))
    for key in (b"\0", b"\xff\x00", bytes(range(100)), b"a/b"):
        write(f"{table}/{key.hex()}.json", {})
        equal(f"{key.hex()[:20]} in the body", base64.b64encode(key).decode(), load(f"{table}/{key.hex()}.json")["b"]["$b"])
    for name in ("FF", "f", "fg", "zz", "0x00", "f%66"):
        refused(f"{name}.json is no bytes", "EINVAL", write, f"{table}/{name}.json", {})
    equal("4 items", 4, len(listed(table)))


def long_keys():
    """Up to 255 bytes a name is spelled out; a longer one is cut and ends in a hash."""
    table = make_table(mount, "Long", ("id", "S"))
    for length in (249, 250):
        write(f"{table}/{'k' * length}.json", {})
        equal(f"a name of {length + 5} bytes", "k" * length, load(f"{table}/{'k' * length}.json")["id"])
    spelled = listed(table)
    for length in (251, 300, 1000, 2048):
        for letter in "xä%":
            key = letter * (length // len(letter.encode()))
            name = name_of_string(key) + ".json"
            if "%~" not in name:  # still short enough to be spelt
                continue
            path = f"{table}/{name}"
            refused(f"a key of {length} bytes ({letter}) is not there", "ENOENT", os.stat, path)
            refused("nor made without the key in the body", "EINVAL", write, path, {"v": 1})
            refused("or with another", "EINVAL", write, path, {"id": key[1:], "v": 1})
            write(path, {"id": key, "v": length})
            new = [n for n in listed(table) if n not in spelled]
            equal("but with it, under a name of at most 255 bytes", [name], new)
            equal("with the whole key in the body", {"id": key, "v": length}, load(path))
            equal("and in the attribute", {"id": key}, json.loads(xattr(path, "key")))
            write(path, {"v": "changed"})
            equal("it is replaced through its name", {"id": key, "v": "changed"}, load(path))
            os.rename(path, f"{table}/short.json")
            equal("and moved", "short", load(f"{table}/short.json")["id"])
            os.unlink(f"{table}/short.json")
            refused("and gone", "ENOENT", os.stat, path)
    long_name = name_of_string("x" * 2049) + ".json"
    refused("a key of 2049 bytes", "ENAMETOOLONG EINVAL", write, f"{table}/{long_name}", {"id": "x" * 2049})


def pairs():
    table = make_table(mount, "Pairs", ("pk", "S"), ("sk", "N"))
    for pk in ("p", "a/b", ".hidden", "x.json"):
        directory = f"{table}/{name_of_string(pk)}"
        os.mkdir(directory)
        for sk in (10, 9, -1, 0.5):
            name = str(sk) if sk >= 0 else None
            if name:
                write(f"{directory}/{name}.json", {"v": sk})
        equal(f"items of {pk!r} in the order of their numbers", ["0.5.json", "9.json", "10.json"], os.listdir(directory))
        equal("with both keys in the body", {"pk": pk, "sk": 10, "v": 10}, load(f"{directory}/10.json"))
    equal("partitions by their names", sorted(["p", "a%2Fb", "%2Ehidden", "x.json"]), listed(table))
    refused("an item where a partition belongs", "EINVAL EISDIR EPERM", write, f"{table}/loose.json", {})
    refused("rmdir of a full partition", "ENOTEMPTY", os.rmdir, f"{table}/p")
    os.mkdir(f"{table}/empty")
    check("an empty partition shows", "empty" in listed(table))
    os.rmdir(f"{table}/empty")
    check("until it is removed", "empty" not in listed(table))
    os.rename(f"{table}/p/9.json", f"{table}/x.json/99.json")
    equal("mv to another partition rewrites both keys", {"pk": "x.json", "sk": 99, "v": 9}, load(f"{table}/x.json/99.json"))
    for name in ("0.5.json", "10.json"):
        os.unlink(f"{table}/p/{name}")
    os.rmdir(f"{table}/p")
    check("a partition without items can be removed", "p" not in listed(table))
    text = make_table(mount, "Texts", ("pk", "S"), ("sk", "S"))
    os.mkdir(f"{text}/p")
    keys = ["b", "a", "ä", "Z", "aa", "a!", "\U0001f600", "z" * 200]
    for sk in keys:
        write(f"{text}/p/{name_of_string(sk)}.json", {})
    equal("strings in the order of their bytes", [name_of_string(k) + ".json" for k in sorted(keys, key=str.encode)], os.listdir(f"{text}/p"))
    for length in (300, 440, 441, 1024):
        for letter in "ab":
            sk = "s" * (length - 1) + letter
            write(f"{text}/p/{name_of_string(sk)}.json", {"pk": "p", "sk": sk})
            keys.append(sk)
    equal("long ones too", [name_of_string(k) + ".json" for k in sorted(keys, key=str.encode)], os.listdir(f"{text}/p"))
    equal("with their keys", sorted(keys), sorted(load(f"{text}/p/{name}")["sk"] for name in os.listdir(f"{text}/p")))
    for sk in keys:
        os.unlink(f"{text}/p/{name_of_string(sk)}.json")
    equal("and they can be removed", [], listed(text))
    refused("a sort key of 1025 bytes", "ENAMETOOLONG EINVAL", write, f"{text}/p/{name_of_string('s' * 1025)}.json", {"pk": "p", "sk": "s" * 1025})
    long_pk = "p" * 1500
    directory = f"{text}/{name_of_string(long_pk, '')}"
    refused("a long partition key has no directory before it has items", "EINVAL EPERM ENOENT", os.mkdir, directory)


def scratch():
    """Names that are no item's are scratch files: kept in memory, never stored, and their rename is a put."""
    table = make_table(mount, "Scratch", ("id", "S"))
    for name in (".item.json.swp", "item.json~", "sedAbC123", ".item.json.XyZ123", "x.lock", "x.tmp"):
        path = f"{table}/{name}"
        write(path, "any text at all")
        equal(f"{name} keeps its bytes", b"any text at all", read(path))
        os.unlink(path)
    path = f"{table}/.draft.tmp"
    write(path, b'{"v": 1}')
    os.rename(path, f"{table}/item.json")
    equal("rename to a key is a put", {"id": "item", "v": 1}, load(f"{table}/item.json"))
    write(path, b"no document")
    refused("rename of what is no item", "EINVAL", os.rename, path, f"{table}/item.json")
    equal("leaves the item", {"id": "item", "v": 1}, load(f"{table}/item.json"))
    os.unlink(path)
    write(path, b'{"v": 2}')
    os.rename(path, f"{table}/item.json")
    equal("rename over an item replaces it", {"id": "item", "v": 2}, load(f"{table}/item.json"))
    equal("scratch files do not stay", ["item.json"], [n for n in listed(table) if n.endswith(".json")])


for test in (every_character, one_spelling, numbers, scientific, binary, long_keys, pairs, scratch):
    try:
        test()
    except Exception as error:
        check(test.__name__, False, repr(error))
finish()
