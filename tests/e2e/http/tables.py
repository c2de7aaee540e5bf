"""Tables through the API and through the mount: each side sees what the other did, whatever the kernel had cached before."""

import json
import os
import sys
import time

from api import Api, ApiError

MNT = sys.argv[1]
SOON = 0.6  # names of tables are kept by the kernel for a second: notices must be faster
api = Api()


def result(what, good, detail=""):
    print(("ok " if good else "not ok ") + "tables: " + what + ("" if good else f": {detail}"), flush=True)


def is_(what, expected, got):
    result(what, expected == got, f"expected {expected!r}, got {got!r}")


def soon(what, question):
    end = time.monotonic() + SOON
    while not (good := question()) and time.monotonic() < end:
        time.sleep(0.005)
    result(what, good)


def path(*parts):
    return os.path.join(MNT, *parts)


def write(name, document):
    with open(path(*name.split("/")), "w") as f:
        f.write(document if isinstance(document, str) else json.dumps(document))


def read(*parts):
    with open(path(*parts)) as f:
        return json.load(f)


def refused(what, code, operation, **request):
    try:
        api.call(operation, **request)
        result(what, False, "it was accepted")
    except ApiError as e:
        is_(what, code, e.code)


def keys(*names):
    return {
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in names],
        "KeySchema": [{"AttributeName": n, "KeyType": t} for n, t in zip(names, ("HASH", "RANGE"))],
    }


def describe(name):
    return api.call("DescribeTable", TableName=name)["Table"]


def made_by_the_api():
    is_("not there yet", False, os.path.exists(path("Made")))
    os.mkdir(path("Made"))
    is_("a draft of it", True, os.path.isdir(path("Made")))
    d = api.call("CreateTable", TableName="Made", BillingMode="PAY_PER_REQUEST", **keys("id"))["TableDescription"]
    is_("its ARN has the store's place", "arn:aws:dynamodb:eu-west-1:123456789012:table/Made", d["TableArn"])
    soon("a table in the place of the draft", lambda: os.path.exists(path("Made", ".schema.json")))
    is_("listed once", ["Made"], os.listdir(MNT))
    write("Made/a.json", {"n": 1})
    is_("counted", 1, describe("Made")["ItemCount"])
    is_("by its ARN", "Made", describe(d["TableArn"])["TableName"])


def changed_by_the_api():
    before = read(".tables", "Made.json")
    api.call("UpdateTable", TableName="Made", DeletionProtectionEnabled=True)
    soon("the new definition reads", lambda: read("Made", ".schema.json")["DeletionProtectionEnabled"])
    soon("in .tables, too", lambda: read(".tables", "Made.json")["DeletionProtectionEnabled"])
    soon("its size is the new one", lambda: os.stat(path(".tables", "Made.json")).st_size == len(open(path(".tables", "Made.json")).read()))
    is_("it was another", False, before["DeletionProtectionEnabled"])
    refused("a protected table stays", "ValidationException", "DeleteTable", TableName="Made")
    arn = describe("Made")["TableArn"]
    api.call("UpdateTimeToLive", TableName="Made", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    soon("its time to live", lambda: read("Made", ".schema.json").get("TimeToLiveSpecification", {}).get("AttributeName") == "expires")
    return arn


def changed_by_files():
    definition = read("Made", ".schema.json")
    definition["DeletionProtectionEnabled"] = False
    definition["Tags"] = [{"Key": "colour", "Value": "blue"}]
    definition["BillingMode"] = "PROVISIONED"
    definition["ProvisionedThroughput"] = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 8}
    write("Made/.schema.json", definition)
    d = describe("Made")
    is_("throughput written as a file", (9, 8), tuple(d["ProvisionedThroughput"][k + "CapacityUnits"] for k in ("Read", "Write")))
    tags = api.call("ListTagsOfResource", ResourceArn=d["TableArn"])["Tags"]
    is_("tags written as a file", [{"Key": "colour", "Value": "blue"}], tags)
    definition["ProvisionedThroughput"]["ReadCapacityUnits"] = 3
    write("Made/.schema.json", definition)
    is_("a decrease is counted", 1, describe("Made")["ProvisionedThroughput"]["NumberOfDecreasesToday"])
    for units in (7, 6, 5):
        definition["ProvisionedThroughput"]["WriteCapacityUnits"] = units
        write("Made/.schema.json", definition)
    definition["ProvisionedThroughput"]["WriteCapacityUnits"] = 4
    try:
        write("Made/.schema.json", definition)
        result("a fifth decrease is refused", False)
    except OSError as e:
        is_("a fifth decrease is refused", "EDQUOT", __import__("errno").errorcode[e.errno])


def deleted_by_the_api():
    is_("an item in the kernel's cache", 1, read("Made", "a.json")["n"])
    inside = os.open(path("Made"), os.O_RDONLY)
    api.call("DeleteTable", TableName="Made")
    soon("its directory is gone", lambda: not os.path.exists(path("Made")))
    soon("its items, too", lambda: not os.path.exists(path("Made", "a.json")))
    is_("and from the listing", [], os.listdir(MNT))
    try:
        os.stat("a.json", dir_fd=inside)
        result("also for those who stand in it", False)
    except OSError as e:
        result("also for those who stand in it", e.errno in (2, 116), e)
    os.close(inside)
    api.call("CreateTable", TableName="Made", BillingMode="PAY_PER_REQUEST", **keys("p", "s"))
    soon("another of its name", lambda: os.path.exists(path("Made", ".schema.json")))
    os.mkdir(path("Made", "x"))
    write("Made/x/y.json", {})
    is_("is another", {"p": "x", "s": "y"}, read("Made", "x", "y.json"))
    api.call("DeleteTable", TableName="Made")


def made_by_files():
    write(".tables/Filed.json", dict(keys("id"), BillingMode="PAY_PER_REQUEST"))
    is_("made as a file", ["Filed"], api.call("ListTables")["TableNames"])
    os.rmdir(path("Filed"))
    is_("removed as a directory", [], api.call("ListTables")["TableNames"])
    refused("and no longer described", "ResourceNotFoundException", "DescribeTable", TableName="Filed")
    names = sorted(os.listdir(path(".templates")))
    for name in names:
        document = open(path(".templates", name)).read()
        write(".check/Starter.json", document)
        write(".tables/Starter.json", document)
        api.call("DescribeTable", TableName="Starter")
        api.call("DeleteTable", TableName="Starter")
        soon(f"a table of {name} came and went", lambda: not os.path.exists(path("Starter")))
    result("there is one with indexes", "indexed.json" in names, names)


made_by_the_api()
changed_by_the_api()
changed_by_files()
deleted_by_the_api()
made_by_files()
