"""Hammers both sides of one mount: after each acknowledged change of one side, the other must see it, through the kernel's caches.

Every key belongs to one thread, which writes through a side chosen at random and reads through the other right after. A second kind of threads
only reads keys of all others, through both sides, and checks that what it sees is whole (body and checksum agree) and never goes back.
"""

import json
import os
import random
import sys
import threading
import time
import zlib

import lib
from api import Api

MNT, SECONDS = sys.argv[1], float(sys.argv[2])
KEYS = [f"k{i}" for i in range(12)]


def body_of(key, n):
    text = f"{key}:{n}:" + "x" * random.Random(n).randrange(3000)
    return {"n": n, "text": text, "sum": zlib.crc32(text.encode())}


def whole(item):
    return zlib.crc32(item["text"].encode()) == item["sum"]


class FileSide:
    def path(self, key):
        return f"{MNT}/Things/{key}.json"

    def write(self, key, item):
        if random.random() < 0.5:
            with open(self.path(key), "w") as f:
                f.write(json.dumps(item))
        else:
            temporary = f"{MNT}/Things/.{key}.tmp"
            with open(temporary, "w") as f:
                f.write(json.dumps(item))
            os.rename(temporary, self.path(key))

    def read(self, key):
        try:
            with open(self.path(key)) as f:
                text = f.read()
            return json.loads(text) if text else None  # a file that was created and has no document yet
        except FileNotFoundError:
            return None

    def remove(self, key):
        os.unlink(self.path(key))

    def size(self, key):
        return os.stat(self.path(key)).st_size


class ApiSide:
    def __init__(self):
        self.api = Api()

    def write(self, key, item):
        self.api.call("PutItem", TableName="Things", Item={
            "id": {"S": key}, "n": {"N": str(item["n"])}, "text": {"S": item["text"]}, "sum": {"N": str(item["sum"])}})

    def read(self, key):
        item = self.api.call("GetItem", TableName="Things", Key={"id": {"S": key}}, ConsistentRead=True).get("Item")
        return item and {"n": int(item["n"]["N"]), "text": item["text"]["S"], "sum": int(item["sum"]["N"])}

    def remove(self, key):
        self.api.call("DeleteItem", TableName="Things", Key={"id": {"S": key}})


latest = {key: 0 for key in KEYS}  # acknowledged, by its owner
trouble, counts, stop = [], {"writes": 0, "reads": 0, "removals": 0}, time.monotonic() + SECONDS


def note(text):
    if len(trouble) < 5:
        trouble.append(text)


def owner(key):
    sides = [FileSide(), ApiSide()]
    n = 0
    while time.monotonic() < stop:
        n += 1
        here, there = random.sample(sides, 2)
        item = body_of(key, n)
        here.write(key, item)
        latest[key] = n
        seen = there.read(key)
        if not seen or seen["n"] != n or not whole(seen):
            note(f"{type(here).__name__} wrote {key} {n}, the other read {seen and seen['n']}")
        again = here.read(key)
        if not again or again["n"] != n:
            note(f"{type(here).__name__} wrote {key} {n} and read {again and again['n']} itself")
        with open(f"{MNT}/Things/{key}.json", "rb") as f:
            text = f.read()
        if os.stat(f"{MNT}/Things/{key}.json").st_size != len(text):
            note(f"stat and read of {key} differ in length")
        counts["writes"] += 1
        if n % 17 == 0:
            here.remove(key)
            if there.read(key) is not None or here.read(key) is not None:
                note(f"{type(here).__name__} removed {key}, and it is still there")
            if here is sides[1] and f"{key}.json" in os.listdir(f"{MNT}/Things"):
                note(f"{key} was removed over HTTP and is still listed")
            counts["removals"] += 1


def watcher():
    sides, last = [FileSide(), ApiSide()], {}
    while time.monotonic() < stop:
        key = random.choice(KEYS)
        floor = latest[key]
        item = random.choice(sides).read(key)
        counts["reads"] += 1
        if item is None:
            continue
        if not whole(item):
            note(f"{key}: an item that is not whole")
        if item["n"] < floor or item["n"] < last.get(key, 0):
            note(f"{key}: read {item['n']} after {max(floor, last.get(key, 0))} was acknowledged")
        last[key] = item["n"]


def run(target, *args):
    try:
        target(*args)
    except Exception as error:  # a thread that dies in silence would make the test pass
        note(f"{target.__name__}: {error!r}")


threads = [threading.Thread(target=run, args=(owner, key)) for key in KEYS] + [threading.Thread(target=run, args=(watcher,)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
lib.check("what one side writes the other reads at once", not trouble, "\n".join(trouble))
lib.check("there was something to see", counts["writes"] > 200 and counts["reads"] > 200 and counts["removals"] > 5, counts)

# Listings: a table made, filled and emptied over HTTP, looked at through the mount.
api = Api()
for n in range(30):
    api.call("PutItem", TableName="Pairs", Item={"id": {"S": "p"}, "at": {"N": str(n)}})
    if n == 0:
        lib.equal("a partition appears", ["p"], os.listdir(f"{MNT}/Pairs"))
    if len(os.listdir(f"{MNT}/Pairs/p")) != n + 1:
        lib.check("each put appears in ls", False, n)
        break
else:
    lib.check("each put appears in ls", True)
for n in range(30):
    api.call("DeleteItem", TableName="Pairs", Key={"id": {"S": "p"}, "at": {"N": str(n)}})
lib.equal("the empty partition is gone", [], os.listdir(f"{MNT}/Pairs"))
lib.refused("and so is its directory", "ENOENT", os.listdir, f"{MNT}/Pairs/p")
lib.refused("a table that is not there", "ENOENT", os.stat, f"{MNT}/Later")
api.call("CreateTable", TableName="Later", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
         KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
lib.check("is there when the API made it", os.path.isdir(f"{MNT}/Later"))
lib.check("and is listed", "Later" in os.listdir(MNT), os.listdir(MNT))
api.call("DeleteTable", TableName="Later")
lib.check("and gone when the API deleted it", not os.path.exists(f"{MNT}/Later") and "Later" not in os.listdir(MNT))
print("figure coherence:", counts)
lib.finish()
