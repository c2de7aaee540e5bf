"""A table whose readings take several pages of 1 MB: its definition, and the requests."""

from generate_values import schema

DEFINITION = {
    "TableName": "Large", "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema(["pk", "sk"]),
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in (("gs", "S"), ("ln", "N"), ("pk", "S"), ("sk", "N"))],
    "LocalSecondaryIndexes": [{"IndexName": "local_ln", "KeySchema": schema(["pk", "ln"]), "Projection": {"ProjectionType": "KEYS_ONLY"}}],
    "GlobalSecondaryIndexes": [{"IndexName": "by_gs", "KeySchema": schema(["gs"]), "Projection": {"ProjectionType": "ALL"}}],
}


def calls(chance):
    for number in range(20):
        text = {"S": "x" * chance.choice([10, 30000, 200000, 409000])}
        item = {"pk": {"S": chance.choice("aab")}, "sk": {"N": str(number)}, "ln": {"N": str(-number)}, "text": text}
        if chance.random() < 0.7:
            item["gs"] = {"S": chance.choice("xyyy")}
        yield "PutItem", {"TableName": "Large", "Item": item, "ReturnConsumedCapacity": "INDEXES"}, None, False
    values = {":a": {"S": "a"}}
    whole = {"TableName": "Large", "KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": values}
    for more in ({}, {"ScanIndexForward": False}, {"FilterExpression": "sk2 <> :a"}, {"Limit": 7}, {"Select": "COUNT"},
                 {"IndexName": "local_ln"}, {"IndexName": "local_ln", "Select": "ALL_ATTRIBUTES"}):
        yield "Query", {**whole, **more}, None, True
    yield "Query", {"TableName": "Large", "IndexName": "by_gs", "KeyConditionExpression": "gs = :a",
                    "ExpressionAttributeValues": {":a": {"S": "y"}}}, None, True
    for more in ({}, {"Limit": 9}, {"TotalSegments": 3}, {"IndexName": "by_gs"}, {"ProjectionExpression": "sk"}):
        yield "Scan", {"TableName": "Large", **more}, None, True
