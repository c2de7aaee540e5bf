"""resting.py MOUNT: three readers of small pieces follow a writer from one resting item to the next."""

import json
import os
import sys
import threading
import time

from lib import check, finish, make_table, write

ITEMS = 150


def read_in_pieces(path):
    fd = os.open(path, os.O_RDONLY)
    text = b""
    try:
        while piece := os.read(fd, 3000):
            text += piece
    finally:
        os.close(fd)
    return text


def follow(path_of, state, torn):
    while state["at"] is not None:
        text = read_in_pieces(path_of(state["at"]))
        state["reads"] += 1
        try:
            json.loads(text)
        except ValueError as error:
            torn.append(f"{len(text)} bytes: {error}")


def rewrite(path, text):
    with open(path, "w") as f:
        f.write(text)


def replace(path, text):
    scratch = os.path.dirname(path) + "/.new"
    rewrite(scratch, text)
    os.rename(scratch, path)


def round_of(table, name, change):
    def path_of(i):
        return f"{table}/{name}{i}.json"

    for i in range(ITEMS):
        write(path_of(i), {"pad": "x" * 5000})
    time.sleep(2.3)  # they come to rest
    state, torn = {"at": 0, "reads": 0}, []
    readers = [threading.Thread(target=follow, args=(path_of, state, torn)) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(ITEMS):
        state["at"] = i
        time.sleep(0.002)
        change(path_of(i), json.dumps({"pad": "y" * (8000 if i % 2 else 1000)}))
    state["at"] = None
    for reader in readers:
        reader.join()
    check(f"{name}: each of {state['reads']} reads is whole", state["reads"] > ITEMS and not torn, torn[:5])


def main():
    table = make_table(sys.argv[1], "Things", ("id", "S"))
    round_of(table, "rewritten", rewrite)
    round_of(table, "replaced", replace)
    finish()


main()
