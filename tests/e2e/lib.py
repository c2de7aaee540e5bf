"""Checks and small tools for the Python parts of the end-to-end scripts; the companion of lib.sh."""

import base64
import errno
import hashlib
import json
import os
import sys
import threading
import time

NAME = os.path.basename(sys.argv[0]).removesuffix(".py")
failures = 0


def check(what, good, detail=""):
    global failures
    if good:
        print(f"ok {NAME}: {what}", flush=True)
    else:
        failures += 1
        print(f"not ok {NAME}: {what}", flush=True)
        if detail != "":
            print("    " + str(detail)[:1500].replace("\n", "\n    "), flush=True)
    return good


def equal(what, expected, actual):
    return check(what, expected == actual, f"expected: {repr(expected)[:500]}\ngot:      {repr(actual)[:500]}")


def code_of(action, *args, **kwargs):
    """The name of the errno that an action fails with, or "" when it succeeds."""
    try:
        action(*args, **kwargs)
        return ""
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


def refused(what, code, action, *args, **kwargs):
    """Passes if the action fails with this errno (a name, or several separated by blanks)."""
    got = code_of(action, *args, **kwargs)
    return check(what, got in code.split(), f"expected {code}, got {got or 'success'}")


def finish():
    sys.exit(1 if failures else 0)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def load(path):
    return json.loads(read(path))


def write(path, data, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC, chunk=1 << 20, sync=False):
    """Writes like a careful program: every call's errno counts, the one of close(2) too."""
    if isinstance(data, str):
        data = data.encode()
    elif not isinstance(data, bytes):
        data = json.dumps(data, ensure_ascii=False).encode()
    fd = os.open(path, flags, 0o666)
    try:
        for at in range(0, len(data), chunk):
            os.write(fd, data[at:at + chunk])
        if sync:
            os.fsync(fd)
    except OSError:
        try:
            os.close(fd)
        except OSError:
            pass
        raise
    os.close(fd)


def canonical(item, *keys):
    """The text of an item without wrapped values: key attributes first, the rest by the bytes of their names."""
    first = [k for k in keys if k in item]
    rest = sorted((k for k in item if k not in first), key=str.encode)

    def inner(value):
        if isinstance(value, dict):
            return {k: inner(value[k]) for k in sorted(value, key=str.encode)}
        return [inner(v) for v in value] if isinstance(value, list) else value

    ordered = {k: inner(item[k]) for k in first + rest}
    return (json.dumps(ordered, indent=2, ensure_ascii=False) + "\n").encode()


def definition(*attributes):
    """definition(("id", "S")), definition(("pk", "S"), ("sk", "N")): a table in CreateTable's shape."""
    kinds = ["HASH", "RANGE"]
    return {
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in attributes],
        "KeySchema": [{"AttributeName": n, "KeyType": kinds[i]} for i, (n, _) in enumerate(attributes)],
        "BillingMode": "PAY_PER_REQUEST",
    }


def make_table(mount, name, *attributes):
    write(f"{mount}/.tables/{name}.json", definition(*attributes))
    return f"{mount}/{name}"


def xattr(path, name):
    return os.getxattr(path, "user.itemfs." + name).decode()


def name_of_string(key, suffix=".json"):
    """The one spelling of a string key as a file name, without its suffix. Long ones end in a digest."""
    data = key.encode()
    out = []
    for at, char in enumerate(key):
        special = char < " " or char == "\x7f" or char in '/%\\:*?"<>|'
        first = at == 0 and char in ".-~"
        last = at == len(key) - 1 and char in " ."
        out.append("%%%02X" % ord(char) if special or first or last else char)
    if sum(len(part.encode()) for part in out) + len(suffix) <= 255:
        return "".join(out)
    prefix, room = "", 150
    for part in out:
        room -= len(part.encode())
        if room < 0:
            break
        prefix += part
    digest = hashlib.blake2b(data, digest_size=16).digest()
    return prefix + "%~" + base64.b32encode(digest).decode().lower().rstrip("=")


def in_threads(count, work):
    """Runs work(0..count-1) at the same time; returns the exceptions that they ended with."""
    errors = []

    def run(i):
        try:
            work(i)
        except Exception as error:  # told to the caller, who judges
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return errors


def wait_for(seconds, condition):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
