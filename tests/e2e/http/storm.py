"""storm.py MOUNT SECONDS: everything at once, through both faces; how long each call took at most.

Processes, not threads: a thread that starts a program would wait for all files that the others are about to close.
"""

import collections
import json
import multiprocessing
import os
import queue
import random
import shutil
import subprocess
import sys
import time

import lib
from api import Api, ApiError

MNT, SECONDS = sys.argv[1], float(sys.argv[2])
KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
NAME = [{"AttributeName": "id", "AttributeType": "S"}]
GONE = (FileNotFoundError, NotADirectoryError, PermissionError)  # the latter: a file that has no document yet


class Call:
    """How many there were of a kind, and the longest."""
    longest, count = collections.defaultdict(float), collections.Counter()

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.start = time.monotonic()

    def __exit__(self, kind, error, trace):
        Call.longest[self.what] = max(Call.longest[self.what], time.monotonic() - self.start)
        Call.count[self.what] += 1


def number(n):
    return {"N": str(n)}


def text(s):
    return {"S": s}


def write_things(api):
    key = {"id": text(f"k{random.randrange(50)}")}
    with Call("HTTP"):
        if random.random() < 0.3:
            api.call("DeleteItem", TableName="Things", Key=key)
        else:
            api.call("PutItem", TableName="Things", Item=key | {"v": text("x" * random.randrange(2000))})


def write_pairs(api):
    keys = [{"p": text(f"p{random.randrange(6)}"), "at": number(n)} for n in random.sample(range(30), 5)]
    requests = [{"DeleteRequest": {"Key": k}} if random.random() < 0.3 else {"PutRequest": {"Item": k}} for k in keys]
    with Call("HTTP"):
        api.call("BatchWriteItem", RequestItems={"Pairs": requests})


def make_tables(api):
    name = f"T{random.randrange(3)}{os.getpid()}"
    with Call("HTTP tables"):
        api.call("CreateTable", TableName=name, AttributeDefinitions=NAME, KeySchema=KEY, BillingMode="PAY_PER_REQUEST")
        api.call("PutItem", TableName=name, Item={"id": text("one")})
    with Call("HTTP tables"):
        api.call("DeleteTable", TableName=name)


def list_all(api):
    with Call("ls -R"):
        subprocess.run(["ls", "-lR", MNT], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)


def rename(api):
    a, b = random.sample(range(50), 2)
    with Call("rename"):
        try:
            os.rename(f"{MNT}/Things/k{a}.json", f"{MNT}/Things/k{b}.json")
        except GONE:
            pass


def read_write(api):
    path = f"{MNT}/Things/k{random.randrange(50)}.json"
    with Call("files"):
        try:
            with open(path, "w") as f:
                f.write(json.dumps({"v": random.random()}))
            with open(path) as f:
                f.read()
            os.unlink(path)
        except GONE:
            pass


def remove_tree(api):
    with Call("rm -r"):
        shutil.rmtree(f"{MNT}/Pairs/p{random.randrange(6)}", ignore_errors=True)


def wait_for_capacity(api):
    """Writes, renames and removes files of a table that may take one unit a second; its directory is locked in the kernel meanwhile."""
    path = f"{MNT}/Slow/s{random.randrange(20)}"
    with Call("throttled"):
        try:
            with open(f"{path}.json", "w") as f:
                f.write(json.dumps({"v": "x" * 9000}))
            os.rename(f"{path}.json", f"{path}x.json")
            os.unlink(f"{path}x.json")
        except OSError:  # no capacity for ten seconds, or another one was faster
            pass


def read_slow(api):
    """Writes over HTTP into the table for which others wait are refused; now and then one gets through."""
    with Call("HTTP throttled"):
        try:
            api.call("PutItem", TableName="Slow", Item={"id": text(f"s{random.randrange(20)}"), "v": text("x" * 3000)})
        except ApiError as error:
            if error.code != "ProvisionedThroughputExceededException":
                raise
    time.sleep(0.01)


def run(target, stop, told):
    trouble = None
    try:
        api = Api()
        while time.monotonic() < stop:
            target(api)
    except Exception as error:
        trouble = f"{target.__name__}: {error!r}"
    told.put((trouble, Call.count, Call.longest))


def start(targets, seconds, told):
    processes = [multiprocessing.Process(target=run, args=(target, time.monotonic() + seconds, told), daemon=True) for target in targets]
    for process in processes:
        process.start()
    return processes


def gather(processes, told):
    """What became of each; None: of one nothing was heard."""
    trouble = []
    for _ in processes:
        try:
            error, counts, longest = told.get(timeout=SECONDS + 60)
        except queue.Empty:
            return None
        trouble += [error] if error else []
        Call.count.update(counts)
        for what, seconds in longest.items():
            Call.longest[what] = max(Call.longest[what], seconds)
    return trouble


def scan(api, table, *names):
    items, start = [], {}
    while True:
        page = api.call("Scan", TableName=table, **start)
        items += [tuple(next(iter(i[n].values())) for n in names) for i in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return sorted(items)
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


api = Api()
api.call("CreateTable", TableName="Slow", AttributeDefinitions=NAME, KeySchema=KEY, ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
for n in range(3):  # what has saved up
    api.call("PutItem", TableName="Slow", Item={"id": text("first"), "v": text("x" * 100000)})
crowd = [write_things] * 6 + [write_pairs] * 6 + [make_tables, list_all, list_all, rename, rename, read_write, remove_tree] + [wait_for_capacity] * 4
crowd += [read_slow]
told = multiprocessing.Queue()
trouble = gather(start(crowd, SECONDS, told), told)
lib.check("nobody hangs", trouble is not None)
lib.check("nobody fails", not trouble, trouble)
lib.check("there was a crowd", len(Call.count) == 8, Call.count)
print("figure storm:", ", ".join(f"{what} {Call.count[what]} ({Call.longest[what]:.2f} s)" for what in sorted(Call.count)))
lib.check("no call over HTTP waited for one that waits for capacity", Call.longest["HTTP"] < 5, Call.longest)
lib.equal("the mount lists what a scan gives", [k for k, in scan(api, "Things", "id")], sorted(n.removesuffix(".json") for n in os.listdir(f"{MNT}/Things")))
pairs = [(p, n.removesuffix(".json")) for p in os.listdir(f"{MNT}/Pairs") for n in os.listdir(f"{MNT}/Pairs/{p}")]
lib.equal("in partitions, too", scan(api, "Pairs", "p", "at"), sorted(pairs))



def unlink_waiting(path):
    with Call("unlink"):
        refused = lib.code_of(os.unlink, path)
    told.put((refused != "EAGAIN" and f"unlink: {refused}", Call.count, Call.longest))


def put_file(table, key, n):
    """Written over HTTP, read as a file in the same instant."""
    with Call("HTTP beside"):
        api.call("PutItem", TableName=table, Item={"id": text(key), "n": number(n)})
    return lib.load(f"{MNT}/{table}/{key}.json")["n"]


def test_directory_that_waits():
    """An unlink waits for the capacity of an index, its directory is locked in the kernel; what is written meanwhile there, and elsewhere."""
    index = {"IndexName": "Kinds", "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"},
             "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}
    api.call("CreateTable", TableName="Starved", AttributeDefinitions=NAME + [{"AttributeName": "kind", "AttributeType": "S"}], KeySchema=KEY,
             GlobalSecondaryIndexes=[index], ProvisionedThroughput={"ReadCapacityUnits": 1000, "WriteCapacityUnits": 1000})
    api.call("CreateTable", TableName="Beside", AttributeDefinitions=NAME, KeySchema=KEY, BillingMode="PAY_PER_REQUEST")
    for n in range(3):
        api.call("PutItem", TableName="Starved", Item={"id": text(f"s{n}"), "kind": text("k"), "v": text("x" * 150_000)})
    os.stat(f"{MNT}/Starved/s0.json")
    process = multiprocessing.Process(target=unlink_waiting, args=(f"{MNT}/Starved/s0.json",), daemon=True)
    process.start()
    time.sleep(0.5)
    with Call("HTTP into it"):
        api.call("PutItem", TableName="Starved", Item={"id": text("free")})
    seen = [put_file("Beside", "b", n) for n in range(50)]
    lib.check("an unlink waits all the while", process.is_alive())
    lib.check("a write into its directory is answered", Call.longest["HTTP into it"] < 3, Call.longest["HTTP into it"])
    lib.check("writes beside it do not wait for it", Call.longest["HTTP beside"] < 0.7, Call.longest["HTTP beside"])
    lib.equal("and are there for files", list(range(50)), seen)
    trouble = gather([process], told)
    lib.check("it waits in vain", not trouble, trouble)


test_directory_that_waits()

# Left running while the mount goes away, and an index is built.
api.call("UpdateTable", TableName="Things", AttributeDefinitions=[*NAME, {"AttributeName": "v", "AttributeType": "S"}],
         GlobalSecondaryIndexUpdates=[{"Create": {"IndexName": "Late", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
                                                  "Projection": {"ProjectionType": "KEYS_ONLY"}}}])
start([write_things] * 4 + [write_pairs] * 4, 20, told)
time.sleep(0.5)
subprocess.run(["umount", MNT], check=True)
lib.check("unmounted amid requests", gather([None] * 8, told) is not None)
lib.finish()
