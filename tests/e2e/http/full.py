"""Fills the store's disk through the API, looks at what then works, makes room, goes on."""

import os
import sys
import time

import lib
from api import Api, ApiError

DIR, SERVER = sys.argv[1], sys.argv[2]
DISK, LOG = f"{DIR}/disk", f"{DIR}/serve.log"
ATTRIBUTES = [{"AttributeName": n, "AttributeType": "S"} for n in ("id", "kind", "other")]
BODY = "x" * 100_000
api = Api()


def text(s):
    return {"S": s}


def create(name, attributes, **more):
    api.call("CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes,
             KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], **more)


def index(name, key):
    return {"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}


def put(name, n, body):
    api.call("PutItem", TableName=name, Item={"id": text(f"i{n}"), "kind": text("k"), "other": text("o" * 900 + str(n % 7)), "body": text(body)})


def refusal(operation, **request):
    try:
        api.call(operation, **request)
        return "none"
    except ApiError as error:
        return f"{error.status} {error.code}"


def free_bytes():
    s = os.statvfs(DISK)
    return s.f_bavail * s.f_frsize


def fill():
    """Until two puts of any size are refused."""
    n = 0
    for size in (100_000, 1000):
        while True:
            try:
                put("Things", n, BODY[:size])
            except ApiError as error:
                lib.equal("a put that finds no room", "500 InternalServerError", f"{error.status} {error.code}")
                break
            n += 1
    return n


def cpu_s():
    with open(f"/proc/{SERVER}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def log_lines():
    return lib.read(LOG).count(b"\n")


def status_of(name):
    table = api.call("DescribeTable", TableName="Many")["Table"]
    return {i["IndexName"]: i["IndexStatus"] for i in table.get("GlobalSecondaryIndexes", [])}.get(name)


def wait_for(name, status):
    until = time.monotonic() + 30
    while status_of(name) != status and time.monotonic() < until:
        time.sleep(0.1)
    lib.equal(f"the index {name} becomes", status, status_of(name))


def ids(**where):
    found, start = set(), {}
    while True:
        page = api.call("Scan", ProjectionExpression="id", **where, **start)
        found |= {i["id"]["S"] for i in page["Items"]}
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def test_full():
    create("Things", ATTRIBUTES[:2], GlobalSecondaryIndexes=[index("First", "kind")])
    create("Many", ATTRIBUTES[:1])
    for n in range(2500):
        put("Many", n, "m")
    n = fill()
    print(f"figure full: {n} items, {free_bytes() >> 10} KB left")
    lib.check("some items fit", n > 50, n)
    lib.equal("all that was acknowledged is there", {f"i{i}" for i in range(n)}, ids(TableName="Things", ConsistentRead=True))
    lib.equal("also in the index", {f"i{i}" for i in range(n)}, ids(TableName="Things", IndexName="First"))
    update = {"TableName": "Things", "Key": {"id": text("i0")}, "UpdateExpression": "SET more = :b", "ExpressionAttributeValues": {":b": text(BODY)}}
    lib.equal("an update", "500 InternalServerError", refusal("UpdateItem", **update))
    lib.equal("a transaction", "500 InternalServerError", refusal("TransactWriteItems", TransactItems=[
        {"Put": {"TableName": "Things", "Item": {"id": text(f"t{i}"), "body": text(BODY)}}} for i in range(2)]))
    lib.equal("a batch", "500 InternalServerError", refusal("BatchWriteItem", RequestItems={"Things": [
        {"PutRequest": {"Item": {"id": text(f"t{i}"), "body": text(BODY)}}} for i in range(2)]}))
    lines = log_lines()
    lib.equal("a client that tries on and on", {"500 InternalServerError"}, {refusal("UpdateItem", **update) for _ in range(300)})
    lib.check("does not fill the log", log_lines() - lines < 30, log_lines() - lines)
    lib.check("nothing of them is there", not {"t0", "t1"} & ids(TableName="Things"))
    return n


def test_index():
    """2500 entries of a kilobyte each find no room; they wait, quietly."""
    api.call("UpdateTable", TableName="Many", AttributeDefinitions=[ATTRIBUTES[0], ATTRIBUTES[2]],
             GlobalSecondaryIndexUpdates=[{"Create": index("Late", "other")}])


def test_waiting(n):
    time.sleep(1)
    start, lines = cpu_s(), log_lines()
    time.sleep(4)
    lib.equal("the index waits", "CREATING", status_of("Late"))
    lib.check("without work", cpu_s() - start < 1, f"{cpu_s() - start} s of 4")
    lib.check("and words", log_lines() - lines <= 2, lib.read(LOG).decode()[-600:])
    for i in range(0, n, 2):
        api.call("DeleteItem", TableName="Things", Key={"id": text(f"i{i}")})
    lib.check("what is there can be deleted", len(ids(TableName="Things")) == n // 2)
    wait_for("Late", "ACTIVE")
    lib.equal("with every item", 2500, len(ids(TableName="Many", IndexName="Late")))
    put("Things", 100_000, BODY)
    lib.check("the room is used again", "i100000" in ids(TableName="Things", IndexName="First"))


if sys.argv[3:] == ["after"]:
    lib.check("after a restart it is there", "i100000" in ids(TableName="Things", IndexName="First"))
    lib.equal("and so is the index", 2500, len(ids(TableName="Many", IndexName="Late")))
else:
    items = test_full()
    test_index()
    test_waiting(items)
lib.finish()
