"""64 connections on one counter; transfers between accounts in overlapping transactions; batch writes; an index built meanwhile. Then sums."""

import collections
import itertools
import json
import os
import random
import sys
import threading
import time
import uuid

import lib
from api import Api, ApiError

ACCOUNTS, START, CONNECTIONS = 20, 1000, 64


def number(n):
    return {"N": str(n)}


def text(s):
    return {"S": s}


def make_tables(api):
    for name in ("Counter", "Accounts"):
        api.call("CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                 KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    api.call("CreateTable", TableName="Events", BillingMode="PAY_PER_REQUEST",
             AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in (("id", "S"), ("at", "N"), ("kind", "S"))],
             KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
             GlobalSecondaryIndexes=[{"IndexName": "First", "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                                      "Projection": {"ProjectionType": "KEYS_ONLY"}}])
    for n in range(ACCOUNTS):
        api.call("PutItem", TableName="Accounts", Item={"id": text(f"a{n}"), "balance": number(START)})


class Load:
    """What the threads share. Counts are of acknowledged requests."""

    def __init__(self, seconds):
        self.stop = time.monotonic() + seconds
        self.counts, self.trouble, self.lock = collections.Counter(), [], threading.Lock()
        self.events = {}  # key: kind, written by one thread each

    def run(self, target, *args):
        def body():
            api = Api(timeout=60)
            try:
                while time.monotonic() < self.stop:
                    target(self, api, *args)
            except Exception as error:
                with self.lock:
                    self.trouble.append(f"{target.__name__}: {error!r}")
        thread = threading.Thread(target=body)
        thread.start()
        return thread

    def count(self, what):
        with self.lock:
            self.counts[what] += 1


def add_one(load, api):
    api.call("UpdateItem", TableName="Counter", Key={"id": text("hot")}, UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": number(1)})
    load.count("counted")


def transfer(load, api):
    """Between two accounts of a few, often with the very request sent twice under one token."""
    a, b = random.sample(range(6), 2)
    amount = random.randrange(1, 600)

    def change(account, by, condition=None):
        update = {"TableName": "Accounts", "Key": {"id": text(f"a{account}")}, "UpdateExpression": "SET balance = balance + :d",
                  "ExpressionAttributeValues": {":d": number(by)}}
        if condition:
            update["ConditionExpression"] = condition
            update["ExpressionAttributeValues"][":m"] = number(amount)
        return {"Update": update}

    request = {"TransactItems": [change(a, -amount, "balance >= :m"), change(b, amount)], "ClientRequestToken": str(uuid.uuid4())}
    for _ in range(random.choice((1, 1, 2))):
        try:
            api.call("TransactWriteItems", **request)
            load.count("transferred")
        except ApiError as error:
            if error.code != "TransactionCanceledException":
                raise
            load.count("canceled")
            return


def look(load, api):
    """A transactional read of all accounts sees the whole sum at any time."""
    reply = api.call("TransactGetItems", TransactItems=[{"Get": {"TableName": "Accounts", "Key": {"id": text(f"a{n}")}}} for n in range(ACCOUNTS)])
    total = sum(int(r["Item"]["balance"]["N"]) for r in reply["Responses"])
    if total != ACCOUNTS * START:
        raise AssertionError(f"the accounts hold {total}")
    load.count("looked")


def write_events(load, api, thread, numbers):
    batch, seen = [], {}
    for _ in range(25):
        at = next(numbers) % 4000
        key = {"id": text(f"t{thread}"), "at": number(at)}
        if (thread, at) in seen:
            continue
        kind = random.choice(("red", "green", "blue", None))
        seen[thread, at] = kind if random.random() < 0.9 else "gone"
        if seen[thread, at] == "gone":
            batch.append({"DeleteRequest": {"Key": key}})
        else:
            batch.append({"PutRequest": {"Item": key | ({"kind": text(kind)} if kind else {}) | {"body": text("x" * random.randrange(300))}}})
    while batch:
        batch = api.call("BatchWriteItem", RequestItems={"Events": batch})["UnprocessedItems"].get("Events", [])
    load.events.update(seen)
    load.count("batches")


def build_index(load, api):
    """An index comes and goes while its table is written."""
    definition = {"IndexName": "Second", "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
    attributes = [{"AttributeName": n, "AttributeType": t} for n, t in (("id", "S"), ("at", "N"), ("kind", "S"))]
    api.call("UpdateTable", TableName="Events", AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=[{"Create": definition}])
    wait_for_index(api, "ACTIVE")
    load.count("indexes built")
    if time.monotonic() < load.stop - 2:
        api.call("UpdateTable", TableName="Events", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "Second"}}])
        wait_for_index(api, None)
    else:
        load.stop = min(load.stop, time.monotonic())


def wait_for_index(api, status):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        table = api.call("DescribeTable", TableName="Events")["Table"]
        found = [i["IndexStatus"] for i in table["GlobalSecondaryIndexes"] if i["IndexName"] == "Second"]
        if (found or [None])[0] == status:
            return
        time.sleep(0.02)
    raise AssertionError(f"the index did not become {status}: {found}")


def everything(api, **request):
    items, start = [], {}
    while True:
        page = api.call("Scan", **request, **start)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def check_sums(api, counted, events):
    lib.equal("no count is lost", str(counted), api.call("GetItem", TableName="Counter", Key={"id": text("hot")}, ConsistentRead=True)["Item"]["n"]["N"])
    lib.equal("no money is made or lost", ACCOUNTS * START, sum(int(i["balance"]["N"]) for i in everything(api, TableName="Accounts")))
    table = {(i["id"]["S"], i["at"]["N"]): i.get("kind", {}).get("S") for i in everything(api, TableName="Events")}
    lib.equal("the table is what was written", {k: v for k, v in events.items() if v != "gone"}, table)
    indexed = {key: kind for key, kind in table.items() if kind}
    names = [i["IndexName"] for i in api.call("DescribeTable", TableName="Events")["Table"]["GlobalSecondaryIndexes"]]
    for name in names:
        found = [(i["id"]["S"], i["at"]["N"]) for i in everything(api, TableName="Events", IndexName=name)]
        lib.equal(f"index {name} equals a rescan", sorted(indexed), sorted(found))
    return names


def run(seconds):
    api = Api()
    make_tables(api)
    load = Load(seconds)
    threads = [load.run(add_one) for _ in range(CONNECTIONS)]
    threads += [load.run(transfer) for _ in range(8)] + [load.run(look) for _ in range(2)]
    threads += [load.run(write_events, n, itertools.count(random.randrange(4000), 7)) for n in range(4)] + [load.run(build_index)]
    for thread in threads:
        thread.join(seconds + 90)
    lib.check("nobody hangs", not any(thread.is_alive() for thread in threads))
    lib.check("nobody fails", not load.trouble, load.trouble[:3])
    lib.check("there was a crowd", all(load.counts[what] for what in ("counted", "transferred", "canceled", "looked", "batches", "indexes built")), load.counts)
    print("figure concurrency:", dict(load.counts))
    events = {(f"t{thread}", str(at)): kind for (thread, at), kind in load.events.items()}
    names = check_sums(api, load.counts["counted"], events)
    with open(os.environ["STATE"], "w") as f:
        json.dump({"counted": load.counts["counted"], "events": [[*key, kind] for key, kind in events.items()], "names": names}, f)


def after():
    """After kill -9 and a new start: all that was acknowledged is there."""
    with open(os.environ["STATE"]) as f:
        state = json.load(f)
    check_sums(Api(), state["counted"], {(thread, at): kind for thread, at, kind in state["events"]})


if sys.argv[1] == "after":
    after()
else:
    run(float(sys.argv[1]))
lib.finish()
