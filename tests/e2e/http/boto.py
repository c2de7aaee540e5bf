"""What people do with boto3: tables, items, conditions, batches, paginators, transactions, PartiQL, waiters, errors."""

import decimal
import os
import sys
import uuid

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary
from botocore.config import Config
from botocore.exceptions import ClientError

import lib
from lib import check, equal

D = decimal.Decimal
options = {"endpoint_url": os.environ["ENDPOINT"], "region_name": "us-east-1", "config": Config(retries={"max_attempts": 1})}
client = boto3.client("dynamodb", **options)
resource = boto3.resource("dynamodb", **options)


def fails(what, code, action, *args, **kwargs):
    try:
        reply = action(*args, **kwargs)
    except ClientError as error:
        equal(what, code, error.response["Error"]["Code"])
        return error.response
    check(what, False, f"no {code}: {reply}")
    return {}


def make_products():
    table = resource.create_table(
        TableName="Products", KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 5})
    table.wait_until_exists()
    table.reload()
    equal("create_table", ("ACTIVE", 0), (table.table_status, table.item_count))
    equal("its throughput", (10, 5), (table.provisioned_throughput["ReadCapacityUnits"], table.provisioned_throughput["WriteCapacityUnits"]))
    return table


def every_type(table):
    item = {"Id": D(1), "s": "Grüße \U0001f30d", "n": D("12345678901234567890123456789012345678"), "tiny": D("-1E-130"), "b": Binary(b"\0\xff"),
            "t": True, "f": False, "z": None, "l": [D(1), "two", [None]], "m": {"a": {"b": [D("0.10")]}}, "ss": {"a", "b"},
            "ns": {D(1), D("2.5")}, "bs": {Binary(b"1"), Binary(b"2")}, "": "empty name", "e": "", "eb": Binary(b"")}
    item.pop("")
    table.put_item(Item=item)
    equal("every type comes back", item, table.get_item(Key={"Id": 1}, ConsistentRead=True)["Item"])
    equal("what is not there", None, table.get_item(Key={"Id": 99}).get("Item"))


def conditions(table):
    table.put_item(Item={"Id": 2, "price": 20, "tags": {"new"}}, ConditionExpression=Attr("Id").not_exists())
    fails("a put that must not replace", "ConditionalCheckFailedException", table.put_item, Item={"Id": 2},
          ConditionExpression=Attr("Id").not_exists())
    reply = table.update_item(Key={"Id": 2}, UpdateExpression="SET price = price - :d, #o = if_not_exists(#o, :l) ADD tags :t REMOVE nothing",
                              ConditionExpression=Attr("price").between(10, 30) & Attr("tags").contains("new"),
                              ExpressionAttributeNames={"#o": "owner"},
                              ExpressionAttributeValues={":d": D("0.01"), ":l": [], ":t": {"old"}}, ReturnValues="ALL_NEW")
    equal("update_item", {"Id": 2, "price": D("19.99"), "tags": {"new", "old"}, "owner": []}, reply["Attributes"])
    fails("delete_item with a false condition", "ConditionalCheckFailedException", table.delete_item, Key={"Id": 2},
          ConditionExpression=Attr("price").lt(1))
    equal("delete_item", D("19.99"), table.delete_item(Key={"Id": 2}, ReturnValues="ALL_OLD")["Attributes"]["price"])
    fails("a number out of range", "ValidationException", client.put_item, TableName="Products", Item={"Id": {"N": "1e126"}})
    fails("an unused value", "ValidationException", table.put_item, Item={"Id": 3}, ConditionExpression="attribute_exists(Id)",
          ExpressionAttributeValues={":x": 1})
    fails("a missing table", "ResourceNotFoundException", resource.Table("Nothing").get_item, Key={"Id": 1})


def batches(table):
    with table.batch_writer() as batch:
        for n in range(100, 160):
            batch.put_item(Item={"Id": n, "group": n % 3, "text": "x" * 100})
        for n in range(100, 110):
            batch.delete_item(Key={"Id": n})
    equal("batch_writer", 50, table.scan(Select="COUNT", FilterExpression=Attr("Id").gte(100))["Count"])
    found = resource.batch_get_item(RequestItems={"Products": {"Keys": [{"Id": n} for n in range(105, 125)]}})
    equal("batch_get_item", (15, {}), (len(found["Responses"]["Products"]), found["UnprocessedKeys"]))
    fails("26 writes", "ValidationException", client.batch_write_item, RequestItems={"Products": [
        {"DeleteRequest": {"Key": {"Id": {"N": str(n)}}}} for n in range(26)]})
    fails("one item twice", "ValidationException", client.batch_write_item, RequestItems={"Products": [
        {"DeleteRequest": {"Key": {"Id": {"N": n}}}} for n in ("1", "1.0")]})
    pages = list(client.get_paginator("scan").paginate(TableName="Products", PaginationConfig={"PageSize": 7}))
    equal("a paginator", (51, True), (sum(page["Count"] for page in pages), len(pages) >= 8))
    segments = [table.scan(Segment=n, TotalSegments=4)["Items"] for n in range(4)]
    equal("parallel segments", 51, len({item["Id"] for part in segments for item in part}))


def transactions(table):
    table.put_item(Item={"Id": 3, "n": 0})
    request = {"ClientRequestToken": str(uuid.uuid4()), "TransactItems": [
        {"Update": {"TableName": "Products", "Key": {"Id": {"N": "3"}}, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}},
        {"Put": {"TableName": "Products", "Item": {"Id": {"N": "4"}}}}]}
    client.transact_write_items(**request)
    client.transact_write_items(**request)
    equal("a token sent twice is applied once", 1, table.get_item(Key={"Id": 3})["Item"]["n"])
    request["TransactItems"].pop()
    fails("with another request it is refused", "IdempotentParameterMismatchException", client.transact_write_items, **request)
    reply = fails("a failed check cancels", "TransactionCanceledException", client.transact_write_items, TransactItems=[
        {"Put": {"TableName": "Products", "Item": {"Id": {"N": "5"}}}},
        {"ConditionCheck": {"TableName": "Products", "Key": {"Id": {"N": "3"}}, "ConditionExpression": "n > :x",
                            "ExpressionAttributeValues": {":x": {"N": "8"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}])
    equal("with reasons in order", ["None", "ConditionalCheckFailed"], [reason["Code"] for reason in reply.get("CancellationReasons", [])])
    equal("and the item that failed", {"Id": {"N": "3"}, "n": {"N": "1"}}, reply.get("CancellationReasons", [{}])[-1].get("Item"))
    reply = client.transact_get_items(TransactItems=[{"Get": {"TableName": "Products", "Key": {"Id": {"N": n}}}} for n in ("3", "98", "4")])
    equal("transact_get_items", ["3", None, "4"], [r.get("Item", {}).get("Id", {}).get("N") for r in reply["Responses"]])


def indexes():
    table = resource.create_table(
        TableName="Games", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "game", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in (("user", "S"), ("game", "S"), ("score", "N"), ("at", "S"))],
        GlobalSecondaryIndexes=[{"IndexName": "TopScores", "KeySchema": [{"AttributeName": "game", "KeyType": "HASH"}, {"AttributeName": "score", "KeyType": "RANGE"}],
                                 "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["level"]}}],
        LocalSecondaryIndexes=[{"IndexName": "ByTime", "KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                                "Projection": {"ProjectionType": "KEYS_ONLY"}}])
    for n in range(40):
        table.put_item(Item={"user": f"u{n % 8}", "game": "chess" if n % 2 else "go", "score": n * 7 % 40, "at": f"2026-01-{n % 28 + 1:02}", "level": n, "secret": "x"})
    top = table.query(IndexName="TopScores", KeyConditionExpression=Key("game").eq("chess"), ScanIndexForward=False, Limit=3,
                      ReturnConsumedCapacity="INDEXES")
    scores = [item["score"] for item in table.query(IndexName="TopScores", KeyConditionExpression=Key("game").eq("chess"))["Items"]]
    equal("a global index in order", sorted(scores), scores)
    equal("backward, limited", sorted(scores, reverse=True)[:3], [item["score"] for item in top["Items"]])
    check("its projection", all(set(item) == {"user", "game", "score", "level"} for item in top["Items"]), top["Items"][0])
    equal("its units are told apart", D("0.5"), D(str(top["ConsumedCapacity"]["GlobalSecondaryIndexes"]["TopScores"]["CapacityUnits"])))
    more = table.query(IndexName="TopScores", KeyConditionExpression=Key("game").eq("chess"), ScanIndexForward=False, ExclusiveStartKey=top["LastEvaluatedKey"])
    equal("pages go on behind the last key", sorted(scores, reverse=True)[3:], [item["score"] for item in more["Items"]])
    local = table.query(IndexName="ByTime", KeyConditionExpression=Key("user").eq("u1") & Key("at").begins_with("2026"), ConsistentRead=True)
    equal("a local index", sorted(item["at"] for item in local["Items"]), [item["at"] for item in local["Items"]])
    fetched = table.query(IndexName="ByTime", KeyConditionExpression=Key("user").eq("u1"), Select="ALL_ATTRIBUTES")
    check("fetches the rest from the table", fetched["Items"] and all(item["secret"] == "x" for item in fetched["Items"]))
    fails("consistent reads of a global one", "ValidationException", table.query, IndexName="TopScores", KeyConditionExpression=Key("game").eq("go"), ConsistentRead=True)
    table.update_item(Key={"user": "u1", "game": "chess"}, UpdateExpression="REMOVE score")
    equal("an index is sparse", len(scores) - 1, table.query(IndexName="TopScores", KeyConditionExpression=Key("game").eq("chess"), Select="COUNT")["Count"])
    client.update_table(TableName="Games", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "TopScores"}}])


def partiql():
    client.execute_statement(Statement="INSERT INTO \"Products\" VALUE {'Id': 7, 'name': 'seven', 'parts': [1, {'a': ?}]}", Parameters=[{"S": "x"}])
    reply = client.execute_statement(Statement='SELECT name, parts[1].a FROM "Products" WHERE Id = ?', Parameters=[{"N": "7"}], ConsistentRead=True)
    equal("PartiQL select", "seven", reply["Items"][0]["name"]["S"])
    pages, token = [], None
    while True:
        page = client.execute_statement(Statement='SELECT Id FROM "Products" WHERE Id >= 110 AND begins_with("text", \'x\')', Limit=9, **({"NextToken": token} if token else {}))
        pages += page["Items"]
        token = page.get("NextToken")
        if not token:
            break
    equal("PartiQL in pages", 50, len(pages))
    client.execute_statement(Statement='DELETE FROM "Products" WHERE Id = 7')


def again():
    """The second round, after a restart of the server."""
    table = resource.Table("Products")
    equal("what was written is there after a restart", D("12345678901234567890123456789012345678"), table.get_item(Key={"Id": 1})["Item"]["n"])
    check("tables, too", {"Products", "Games"} <= set(client.list_tables()["TableNames"]))
    for name in ("Products", "Games"):
        resource.Table(name).delete()
        resource.Table(name).wait_until_not_exists()
    equal("deleted tables are gone", [], client.list_tables()["TableNames"])


if sys.argv[1:] == ["again"]:
    again()
else:
    products = make_products()
    every_type(products)
    conditions(products)
    batches(products)
    transactions(products)
    indexes()
    partiql()
lib.finish()
