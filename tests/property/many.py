"""A table of so many items that an index of it takes a while to build, and writes that come meanwhile."""

from generate_values import schema

ITEMS = 4000
DEFINITION = {"TableName": "Many", "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema(["pk"]),
              "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "N"}]}
INDEX = {"IndexName": "by_gn", "KeySchema": schema(["gn", "pk"]), "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}}
BUILD = {"TableName": "Many", "AttributeDefinitions": [{"AttributeName": "gn", "AttributeType": "N"}, *DEFINITION["AttributeDefinitions"]],
         "GlobalSecondaryIndexUpdates": [{"Create": INDEX}]}


def item(chance, number):
    """Some have no key of the index, or one of a wrong type."""
    found = {"pk": {"N": str(number)}, "a": {"S": "x" * chance.randrange(300)}, "b": {"S": "y"}}
    if chance.random() < 0.9:
        found["gn"] = {"N": str(chance.randrange(50))} if chance.random() < 0.95 else {"S": "no number"}
    return found


def fill(chance):
    for start in range(0, ITEMS, 25):
        puts = [{"PutRequest": {"Item": item(chance, number)}} for number in range(start, start + 25)]
        yield "BatchWriteItem", {"RequestItems": {"Many": puts}}, None, False


def writes(chance):
    """Puts that fit the index and deletions, on old and new items."""
    for _ in range(400):
        number = chance.randrange(ITEMS * 5 // 4)
        if chance.random() < 0.6:
            new = item(chance, number)
            if "S" in new.get("gn", {}):
                del new["gn"]
            yield "PutItem", {"TableName": "Many", "Item": new}, None, False
        else:
            yield "DeleteItem", {"TableName": "Many", "Key": {"pk": {"N": str(number)}}, "ReturnValues": "ALL_OLD"}, None, False
