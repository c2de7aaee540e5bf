"""Tables whose states take half a second, as a client that waits for them sees it."""

import time

from api import Api, ApiError

api = Api()
KEYS = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}


def result(what, good, detail=""):
    print(("ok " if good else "not ok ") + "tables_states: " + what + ("" if good else f": {detail}"), flush=True)


def refused(what, code, operation, **request):
    try:
        api.call(operation, **request)
        result(what, False, "it was accepted")
    except ApiError as e:
        result(what, e.code == code, e)


def status():
    try:
        return api.call("DescribeTable", TableName="Slow")["Table"]["TableStatus"]
    except ApiError as e:
        return e.code


def index():
    for i in api.call("DescribeTable", TableName="Slow")["Table"].get("GlobalSecondaryIndexes", []):
        return i["IndexStatus"], i.get("Backfilling")
    return None


def wait(what, state):
    end = time.monotonic() + 10
    while (now := status()) != state and time.monotonic() < end:
        time.sleep(0.02)
    result(what, now == state, now)


api.call("CreateTable", TableName="Slow", BillingMode="PAY_PER_REQUEST", **KEYS)
result("CREATING at first", status() == "CREATING")
refused("no items yet", "ResourceNotFoundException", "PutItem", TableName="Slow", Item={"id": {"S": "a"}})
try:
    api.call("GetItem", TableName="Slow", Key={"id": {"S": "a"}})
except ApiError as e:
    result("in the words for a table that is not there", e.message == "Requested resource not found", e)
refused("nor a change", "ResourceInUseException", "UpdateTable", TableName="Slow", DeletionProtectionEnabled=True)
refused("nor its end", "ResourceInUseException", "DeleteTable", TableName="Slow")
wait("ACTIVE then", "ACTIVE")
api.call("PutItem", TableName="Slow", Item={"id": {"S": "a"}})
api.call("UpdateTable", TableName="Slow", BillingMode="PROVISIONED",
         ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
result("UPDATING for a while", status() == "UPDATING")
api.call("PutItem", TableName="Slow", Item={"id": {"S": "b"}})
wait("ACTIVE again", "ACTIVE")
api.call("UpdateTable", TableName="Slow", AttributeDefinitions=[{"AttributeName": "kind", "AttributeType": "S"}], GlobalSecondaryIndexUpdates=[
    {"Create": {"IndexName": "by-kind", "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}}])
time.sleep(0.2)
result("an index is CREATING as long as its table is UPDATING", index() == ("CREATING", True), index())
wait("then the table is ACTIVE", "ACTIVE")
result("and so is the index", index() == ("ACTIVE", None), index())
api.call("UpdateTable", TableName="Slow", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-kind"}}])
time.sleep(0.2)
result("DELETING for as long, too", index() == ("DELETING", None), index())
wait("and ACTIVE without it", "ACTIVE")
result("it is gone", index() is None, index())
api.call("DeleteTable", TableName="Slow")
result("DELETING for a while", status() == "DELETING")
result("DELETING for whoever asks again", api.call("DeleteTable", TableName="Slow")["TableDescription"]["TableStatus"] == "DELETING")
refused("no items any more", "ResourceNotFoundException", "GetItem", TableName="Slow", Key={"id": {"S": "a"}})
wait("gone in the end", "ResourceNotFoundException")
