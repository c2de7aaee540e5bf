"""hostile.py SERVER COUNT: so many clients that do not play by the rules, and what they leave behind in the server."""

import http.client
import json
import os
import random
import re
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse

import lib
from api import Api, ApiError

SERVER = int(sys.argv[1])
URL = urllib.parse.urlparse(os.environ["ENDPOINT"])
ATTRIBUTES = [{"AttributeName": n, "AttributeType": "S"} for n in ("id", "kind")]
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST


def text(s):
    return {"S": s}


def request(operation, **body):
    body = json.dumps(body).encode()
    head = f"POST / HTTP/1.1\r\nHost: {URL.netloc}\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n"
    return (head + f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def pair(n):
    """Both items, or none: whoever leaves meanwhile."""
    items = [{"id": text(f"{side}{n}"), "kind": text("pair"), "pad": text("x" * 3000)} for side in ("a", "b")]
    return request("TransactWriteItems", TransactItems=[{"Put": {"TableName": "Things", "Item": i}} for i in items])


def half(data):
    return data[: random.randrange(1, len(data))]


def batch(n):
    puts = [{"PutRequest": {"Item": {"id": text(f"h{n % 50}-{i}"), "kind": text("batch"), "pad": text("y" * 500)}}} for i in range(25)]
    return request("BatchWriteItem", RequestItems={"Things": puts})


SCAN = request("Scan", TableName="Things")
WAYS = {
    "connects": lambda n: b"",
    "half a transaction": lambda n: half(pair(n)),
    "a transaction": pair,
    "a batch": batch,
    "many at once": lambda n: SCAN * 3 + pair(n) + half(SCAN),
    "large headers": lambda n: b"GET / HTTP/1.1\r\n" + b"X-%d: " % n + b"v" * random.choice((5000, 100_000)) + b"\r\n\r\n",
    "garbage": lambda n: random.randbytes(300),
    "a chunk and a half": lambda n: SCAN.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"Tab\r\n9\r\nleNa",
    "a body never sent": lambda n: b"POST / HTTP/1.1\r\nContent-Length: 16000000\r\nContent-Type: application/x-amz-json-1.0\r\n\r\n{",
}


def visit(n):
    s = socket.create_connection((URL.hostname, URL.port), timeout=20)
    try:
        s.sendall(random.choice(list(WAYS.values()))(n))
        if random.random() < 0.3:
            s.settimeout(0.02)
            s.recv(100)
    except OSError:
        pass
    if random.random() < 0.5:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    s.close()


def state():
    with open(f"/proc/{SERVER}/status", encoding="ascii") as f:
        status = f.read()
    return {"fds": len(os.listdir(f"/proc/{SERVER}/fd")), "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
            "kb": int(re.search(r"RssAnon:\s+(\d+)", status)[1]),
            "sanitized": int(re.search(r"VmSize:\s+(\d+)", status)[1]) > 4 << 30}  # 4 TB of shadow; what is freed is kept for a while


def settled(threads):
    """When the last of them are gone, and the threads that had nothing to do for ten seconds."""
    until, last = time.monotonic() + 30, None
    while time.monotonic() < until:
        time.sleep(1)
        now = state()
        if last and now["fds"] == last["fds"] and now["threads"] <= threads:
            break
        last = now
    return state()


def storm(first, count):
    def run(numbers):
        try:
            for n in numbers:
                visit(n)
        except Exception as error:
            trouble.append(repr(error))
    trouble = []
    threads = [threading.Thread(target=run, args=(range(first + i, first + count, 8),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lib.check(f"{count} clients come and go", not trouble, trouble[:2])


def everything(**where):
    api, items, start = Api(), [], {}
    while True:
        page = api.call("Scan", TableName="Things", ProjectionExpression="id", **where, **start)
        items += [i["id"]["S"] for i in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def check_pairs():
    ids = set(everything())
    lib.check("transactions are whole", ids and all({"a": "b", "b": "a"}[i[0]] + i[1:] in ids for i in ids if i[0] in "ab"))


def test_storm(count):
    Api().call("CreateTable", TableName="Things", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=ATTRIBUTES[:1],
               KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    threads = state()["threads"] - 1  # without the one that made the table
    storm(0, 1000)  # so that whatever is kept for use is there
    before = settled(threads)
    storm(1000, count)
    after = settled(threads)
    print(f"figure hostile: {count} clients; before {before}, after {after}")
    lib.check("no descriptor stays", after["fds"] <= before["fds"] + 2, (before, after))
    lib.check("no thread stays", after["threads"] <= before["threads"] + 1, (before, after))
    lib.check("no memory stays", after["sanitized"] or after["kb"] - before["kb"] < 16_000 + count // 2, (before, after))
    check_pairs()


def test_end():
    """An index is begun, crowds write; then SIGTERM. Acknowledged writes are noted for the next start."""
    acked, stop = [], time.monotonic() + 15

    def write(who):
        api = Api()
        for n in range(10_000):
            try:
                api.call("PutItem", TableName="Things", Item={"id": text(f"w{who}-{n}"), "kind": text("late")})
            except ApiError as error:
                print(f"not ok hostile: {error}", flush=True)
                return
            except (OSError, http.client.HTTPException):
                return  # the server is gone
            acked.append(f"w{who}-{n}")
            if time.monotonic() > stop:
                return

    threads = [threading.Thread(target=write, args=(who,)) for who in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    Api().call("UpdateTable", TableName="Things", AttributeDefinitions=ATTRIBUTES, GlobalSecondaryIndexUpdates=[{"Create": {
        "IndexName": "Kinds", "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}])
    idle = [socket.create_connection((URL.hostname, URL.port)) for _ in range(50)]
    idle[0].sendall(half(pair(1)))
    os.kill(SERVER, signal.SIGTERM)
    for thread in threads:
        thread.join()
    lib.check("some were answered", len(acked) > 50, len(acked))
    with open(os.environ["XDG_CONFIG_HOME"] + ".acked", "w", encoding="ascii") as f:
        json.dump(acked, f)


def test_after():
    with open(os.environ["XDG_CONFIG_HOME"] + ".acked", encoding="ascii") as f:
        acked = set(json.load(f))
    lib.check("what was acknowledged before the end is there", acked <= set(everything()), len(acked))
    check_pairs()
    until = time.monotonic() + 30
    while (table := Api().call("DescribeTable", TableName="Things")["Table"])["TableStatus"] != "ACTIVE" and time.monotonic() < until:
        time.sleep(0.1)
    lib.equal("the index is finished", "ACTIVE", table["GlobalSecondaryIndexes"][0]["IndexStatus"])
    lib.equal("it has every item", sorted(everything()), sorted(everything(IndexName="Kinds")))


if sys.argv[2] == "end":
    test_end()
elif sys.argv[2] == "after":
    test_after()
else:
    test_storm(int(sys.argv[2]))
lib.finish()
