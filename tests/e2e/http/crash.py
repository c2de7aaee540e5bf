"""Rounds of: serve a store, write to it in every way at once, end the server in the middle, look at what is there after the next start."""

import collections
import ctypes
import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid

import lib
from api import Api, ApiError

STORE, KEY, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
ACCOUNTS, START, WRITERS, KEYS = 8, 1000, 6, 40
ATTRIBUTES = [{"AttributeName": n, "AttributeType": t} for n, t in (("id", "S"), ("at", "N"), ("kind", "S"))]
NO_ANSWER = (OSError, http.client.HTTPException)


def text(s):
    return {"S": s}


def number(n):
    return {"N": str(n)}


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Server:
    def __init__(self):
        self.process = subprocess.Popen([os.environ["ITEMFS"], "serve", "--key-file", KEY, "--listen", "127.0.0.1:0", STORE],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise AssertionError(f"the server says {line!r}")
        self.endpoint = line.split()[-1]

    def end(self, number):
        self.process.send_signal(number)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "nothing for 30 s"


def index(name, *keys):
    return {"IndexName": name, "KeySchema": [{"AttributeName": k, "KeyType": t} for k, t in zip(keys, ("HASH", "RANGE"))],
            "Projection": {"ProjectionType": "ALL"}}


def make_tables(api):
    for name in ("Accounts", "Done"):
        api.call("CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=ATTRIBUTES[:1],
                 KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    api.call("CreateTable", TableName="Items", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=ATTRIBUTES,
             KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
             GlobalSecondaryIndexes=[index("First", "kind", "at")], LocalSecondaryIndexes=[index("Local", "id", "kind")])
    for n in range(ACCOUNTS):
        api.call("PutItem", TableName="Accounts", Item={"id": text(f"a{n}"), "balance": number(START)})


class Load:
    """What was tried and what was acknowledged; outlives the servers."""

    def __init__(self):
        self.items = {}  # (id, at): the values that may be there, None for no item; each key belongs to one thread
        self.transfers = {}  # token: [request, acknowledged]
        self.counts, self.trouble = collections.Counter(), []

    def run(self, endpoint, target, *args):
        def body():
            try:
                api = Api(endpoint)
                while True:
                    target(api, *args)
                    self.counts[target.__name__] += 1
            except NO_ANSWER:
                pass  # the server is gone
            except Exception as error:
                self.trouble.append(f"{target.__name__}: {error!r}")
        thread = threading.Thread(target=body)
        thread.start()
        return thread

    def change(self, keys, value, call):
        for key in keys:
            self.items.setdefault(key, [None]).append(value)
        call()
        for key in keys:
            self.items[key] = [value]

    def write(self, api, who):
        n = random.randrange(1 << 30)
        key = {"id": text(f"w{who}"), "at": number(random.randrange(KEYS))}
        kind = random.choice(("red", "green", None))
        value = {"n": number(n), "body": text("x" * random.choice((10, 700, 5000)))} | ({"kind": text(kind)} if kind else {})
        place = (f"w{who}", key["at"]["N"])
        choice = random.randrange(4)
        if choice == 0:
            self.change([place], None, lambda: api.call("DeleteItem", TableName="Items", Key=key))
        elif choice == 1:
            keys = [key | {"at": number(at)} for at in random.sample(range(KEYS), 5)]
            self.change([(f"w{who}", k["at"]["N"]) for k in keys], value, lambda: api.call(
                "BatchWriteItem", RequestItems={"Items": [{"PutRequest": {"Item": k | value}} for k in keys]}))
        elif choice == 2:
            values = {f":{k}": v for k, v in value.items()}
            expression = "SET " + ", ".join(f"{k} = :{k}" for k in value) + ("" if kind else " REMOVE kind")
            self.change([place], value, lambda: api.call(
                "UpdateItem", TableName="Items", Key=key, UpdateExpression=expression, ExpressionAttributeValues=values))
        else:
            self.change([place], value, lambda: api.call("PutItem", TableName="Items", Item=key | value))

    def transfer(self, api, who):
        a, b = random.sample(range(ACCOUNTS), 2)
        token = str(uuid.uuid4())

        def add(table, key, attribute, n):
            return {"Update": {"TableName": table, "Key": {"id": text(key)}, "UpdateExpression": f"ADD {attribute} :n",
                               "ExpressionAttributeValues": {":n": number(n)}}}

        n = random.randrange(1, 100)
        self.transfers[token] = [{"TransactItems": [add("Accounts", f"a{a}", "balance", -n), add("Accounts", f"a{b}", "balance", n),
                                                    add("Done", token, "times", 1)], "ClientRequestToken": token}, False]
        api.call("TransactWriteItems", **self.transfers[token][0])
        self.transfers[token][1] = True

    def build(self, api, who):
        names = [i["IndexName"] for i in api.call("DescribeTable", TableName="Items")["Table"]["GlobalSecondaryIndexes"]]
        if "Second" in names:
            change = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "Second"}}]}
        else:
            change = {"GlobalSecondaryIndexUpdates": [{"Create": index("Second", "kind")}], "AttributeDefinitions": ATTRIBUTES}
        try:
            api.call("UpdateTable", TableName="Items", **change)
        except ApiError as error:
            if error.code not in ("ResourceInUseException", "LimitExceededException", "ResourceNotFoundException"):
                raise
        time.sleep(random.random() / 20)


def everything(api, **request):
    items, start = [], {}
    while True:
        page = api.call("Scan", **request, **start)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def check_items(load, api, label):
    table = {(i.pop("id")["S"], i.pop("at")["N"]): i for i in everything(api, TableName="Items")}
    wrong = [(key, table.get(key)) for key in load.items.keys() | table.keys() if table.get(key) not in load.items.get(key, [None])]
    lib.check(f"{label}: {len(load.items)} keys hold what was acknowledged", load.items and not wrong, wrong[:2])
    for key in load.items:
        load.items[key] = [table.get(key)]
    return {key for key, item in table.items() if "kind" in item}, len(table)


def wait_until_active(api):
    until = time.monotonic() + 60
    while True:
        table = api.call("DescribeTable", TableName="Items")["Table"]
        if table["TableStatus"] == "ACTIVE":
            return table
        if time.monotonic() > until:
            raise AssertionError(f"the table stays {table['TableStatus']}: {table['GlobalSecondaryIndexes']}")
        time.sleep(0.05)


def check_indexes(api, label, indexed, count):
    table = wait_until_active(api)
    lib.equal(f"{label}: the count", count, table["ItemCount"])
    for each in table["GlobalSecondaryIndexes"] + table["LocalSecondaryIndexes"]:
        found = sorted((i["id"]["S"], i["at"]["N"]) for i in everything(api, TableName="Items", IndexName=each["IndexName"]))
        if (sorted(indexed), len(indexed)) != (found, each["ItemCount"]):
            lib.check(f"{label}: index {each['IndexName']} equals a rescan", False, (len(indexed), len(found), each["ItemCount"]))


def check_transfers(load, api, label):
    balances = [int(i["balance"]["N"]) for i in everything(api, TableName="Accounts")]
    lib.equal(f"{label}: no money is made or lost", ACCOUNTS * START, sum(balances))
    lost = [token for token, (_, sure) in load.transfers.items() if sure and times(api, token) != "1"]
    lib.check(f"{label}: {len(load.transfers)} transactions, each as acknowledged", not lost, lost[:3])
    for request, _ in load.transfers.values():
        api.call("TransactWriteItems", **request)
    twice = [token for token in load.transfers if times(api, token) != "1"]
    lib.check(f"{label}: sent again, each is done once", not twice, twice[:3])
    load.transfers.clear()


def times(api, token):
    return api.call("GetItem", TableName="Done", Key={"id": text(token)}).get("Item", {}).get("times", {}).get("N")


def play(load, server, n):
    threads = [load.run(server.endpoint, load.write, who) for who in range(WRITERS)]
    threads += [load.run(server.endpoint, load.transfer, who) for who in range(3)] + [load.run(server.endpoint, load.build, 0)]
    time.sleep(random.uniform(0.3, 1.2))
    gently = n % 3 == 2
    status = server.end(signal.SIGTERM if gently else signal.SIGKILL)
    lib.equal(f"round {n}: the server ends", 0 if gently else -signal.SIGKILL, status)
    for thread in threads:
        thread.join(40)
    lib.check(f"round {n}: nobody hangs, nobody is refused", not load.trouble and not any(t.is_alive() for t in threads), load.trouble[:3])
    load.trouble.clear()


load, server = Load(), Server()
make_tables(Api(server.endpoint))
for n in range(ROUNDS):
    play(load, server, n)
    server = Server()
    api = Api(server.endpoint)
    indexed, count = check_items(load, api, f"round {n}")
    check_indexes(api, f"round {n}", indexed, count)
    check_transfers(load, api, f"round {n}")
lib.equal("the server ends when asked to", 0, server.end(signal.SIGTERM))
lib.check("there was a crowd", all(load.counts[what] for what in ("write", "transfer", "build")), load.counts)
print("figure crash:", dict(load.counts))
lib.finish()
