"""Random requests: call() gives (operation, request, meaning, paging), where meaning is for PartiQL and paging tells the driver to
read page after page and compare the sum."""

from errors import Failure
from generate_expressions import Expressions
from generate_statements import Statements
from generate_values import Values
from values import item_from, item_to

WEIGHTS = {"put": 22, "get": 10, "update": 22, "delete": 7, "query": 14, "scan": 4, "batch_get": 4, "batch_write": 4,
           "transact_write": 7, "transact_get": 3, "statement": 8, "several": 3}


class Generator:
    def __init__(self, chance, model):
        self.chance, self.model, self.values = chance, model, Values(chance)
        self.statements = Statements(chance, self.values, self)
        self.sent_tokens, self.tokens = [], 0

    def call(self):
        self.values.careful = False
        kind, = self.chance.choices(list(WEIGHTS), WEIGHTS.values())
        return getattr(self, kind)()

    # --- parts of requests

    def table(self):
        return self.chance.choice(list(self.model.tables.values()))

    def maybe(self, request, likelihood, **more):
        if self.chance.random() < likelihood:
            request.update(more)

    def capacity(self, request):
        self.maybe(request, 0.4, ReturnConsumedCapacity=self.chance.choice(["INDEXES", "INDEXES", "TOTAL", "NONE"]))
        return request

    def name(self, table):
        return "NoSuchTable" if self.values.mistake(0.003) else table.name

    def key(self, table):
        """Of an item that is there, more often than not."""
        if table.items and self.chance.random() < 0.6:
            return item_to(table.key_attributes(self.chance.choice(list(table.items.values()))))
        key = self.values.key(table)
        if self.values.mistake(0.01):
            name = self.chance.choice(table.keys)
            key[name] = {"N": "1"} if table.types[name] != "N" else {"S": "1"}
        if self.values.mistake(0.005):
            key["extra"] = {"S": "x"}
        return key

    def condition(self, request, table, expressions, likelihood=0.4):
        if self.chance.random() < likelihood:
            request["ConditionExpression"] = expressions.spoil(expressions.condition())
            self.maybe(request, 0.5, ReturnValuesOnConditionCheckFailure="ALL_OLD")

    def expected(self, request, expressions):
        request["Expected"] = expressions.expected()
        if len(request["Expected"]) > 1:
            self.maybe(request, 0.5, ConditionalOperator=self.chance.choice(["AND", "OR"]))

    def write_options(self, request):
        self.capacity(request)
        self.maybe(request, 0.1, ReturnItemCollectionMetrics="SIZE")
        return request

    # --- single items

    def put(self):
        table = self.table()
        request = {"TableName": self.name(table), "Item": self.values.item(table)}
        expressions = Expressions(self.chance, self.values, table)
        if self.chance.random() < 0.1:
            self.expected(request, expressions)
        else:
            self.condition(request, table, expressions)
        self.maybe(request, 0.4, ReturnValues="ALL_NEW" if self.values.mistake(0.01) else self.chance.choice(["ALL_OLD", "NONE"]))
        return "PutItem", expressions.fill(self.write_options(request)), None, False

    def get(self):
        table = self.table()
        request = {"TableName": self.name(table), "Key": self.key(table)}
        self.projection(request, table).fill(request)
        self.maybe(request, 0.5, ConsistentRead=self.chance.choice([True, False]))
        return "GetItem", self.capacity(request), None, False

    def projection(self, request, table, likelihood=0.4):
        expressions = Expressions(self.chance, self.values, table)
        if self.chance.random() < likelihood:
            request["ProjectionExpression"] = expressions.projection()
        elif self.chance.random() < 0.1:
            request["AttributesToGet"] = sorted({expressions.steps(keys=True, deep=0)[0] for _ in range(2)})
        return expressions

    def update(self):
        table = self.table()
        expressions = Expressions(self.chance, self.values, table)
        key = item_to(table.key_attributes(expressions.item)) if expressions.item and self.chance.random() < 0.7 else self.key(table)
        request = {"TableName": self.name(table), "Key": key}
        kind = self.chance.random()
        if kind < 0.85:
            request["UpdateExpression"] = expressions.update()
            self.condition(request, table, expressions, 0.3)
        elif kind < 0.98:
            request["AttributeUpdates"] = expressions.attribute_updates()
            if self.chance.random() < 0.3:
                self.expected(request, expressions)
        self.maybe(request, 0.6, ReturnValues=self.chance.choice(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]))
        return "UpdateItem", expressions.fill(self.write_options(request)), None, False

    def delete(self):
        table = self.table()
        expressions = Expressions(self.chance, self.values, table)
        request = {"TableName": self.name(table), "Key": self.key(table)}
        self.condition(request, table, expressions)
        self.maybe(request, 0.5, ReturnValues=self.chance.choice(["ALL_OLD", "NONE"]))
        return "DeleteItem", expressions.fill(self.write_options(request)), None, False

    # --- reading many

    def place(self, table, request):
        indexes = table.places()[1:]
        if indexes and self.chance.random() < 0.5:
            request["IndexName"] = self.chance.choice(indexes).name
            if self.values.mistake(0.005):
                request["IndexName"] = "nosuch"
                return table
            return table.indexes[request["IndexName"]]
        return table

    def reading(self, request, table, place, expressions, filter_name):
        if self.chance.random() < 0.35:
            request["FilterExpression"] = expressions.spoil(expressions.condition(keys=self.values.mistake(0.03)))
        pick = self.chance.random()
        if pick < 0.2:
            request["ProjectionExpression"] = expressions.projection()
            self.maybe(request, 0.3, Select="SPECIFIC_ATTRIBUTES")
        elif pick < 0.35:
            right = ["COUNT", "ALL_ATTRIBUTES" if place.all or not place.is_global else "COUNT"] + ["ALL_PROJECTED_ATTRIBUTES"] * (place is not table)
            wrong = ["ALL_PROJECTED_ATTRIBUTES", "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"]
            request["Select"] = self.chance.choice(wrong if self.values.mistake(0.1) else right)
        if self.chance.random() < 0.2 and (not place.is_global or place is table) or self.values.mistake(0.01):
            request["ConsistentRead"] = True
        if self.chance.random() < 0.06:
            for name in ("FilterExpression", "ProjectionExpression", "KeyConditionExpression"):
                request.pop(name, None)
            expressions.names, expressions.given = {}, {}
            if request.get("Select") == "SPECIFIC_ATTRIBUTES":
                del request["Select"]
            request[filter_name] = expressions.legacy_filter()
        return self.capacity(request)

    def query(self):
        table = self.table()
        request = {"TableName": self.name(table)}
        place = self.place(table, request)
        expressions = Expressions(self.chance, self.values, table)
        request["KeyConditionExpression"] = expressions.key_condition(place)
        self.reading(request, table, place, expressions, "QueryFilter")
        if "KeyConditionExpression" not in request:
            request["KeyConditions"] = expressions.key_conditions(place)
        self.maybe(request, 0.5, ScanIndexForward=self.chance.choice([True, False]))
        paging = self.chance.random() < 0.3
        if paging or (place is table and self.chance.random() < 0.3):
            request["Limit"] = self.chance.randrange(1, 5)
        expressions.fill(request)
        return "Query", request, None, paging

    def scan(self):
        table = self.table()
        request = {"TableName": self.name(table)}
        place = self.place(table, request)
        expressions = Expressions(self.chance, self.values, table)
        self.reading(request, table, place, expressions, "ScanFilter")
        expressions.fill(request)
        paging = self.chance.random() < 0.3
        if paging:
            request["Limit"] = self.chance.randrange(3, 20)
        if self.chance.random() < 0.3:
            request["TotalSegments"] = self.chance.randrange(1, 6)
        return "Scan", request, None, paging or "TotalSegments" in request

    # --- several items

    def batch_get(self):
        request = {"RequestItems": {}}
        for table in self.chance.sample(list(self.model.tables.values()), self.chance.randrange(1, 3)):
            keys = self.distinct(table, [self.key(table) for _ in range(self.chance.randrange(1, 6))])
            part = {"Keys": keys}
            self.projection(part, table, 0.2).fill(part)
            self.maybe(part, 0.3, ConsistentRead=True)
            request["RequestItems"][self.name(table)] = part
        return "BatchGetItem", self.capacity(request), None, False

    def distinct(self, table, keys, of=lambda key: key):
        """Without keys that come twice, mostly."""
        if self.values.mistake(0.02):
            return keys
        seen, kept = set(), []
        for key in keys:
            place = self.place_in(table, of(key))
            if place not in seen:
                seen.add(place)
                kept.append(key)
        return kept

    def place_in(self, table, key):
        try:
            key = item_from({name: key[name] for name in table.keys})
            return tuple(key[name] for name in table.keys)
        except (Failure, KeyError):  # a bad one is like no other
            return str(key)

    def batch_write(self):
        request = {"RequestItems": {}}
        for table in self.chance.sample(list(self.model.tables.values()), self.chance.randrange(1, 3)):
            writes = [{"PutRequest": {"Item": self.values.item(table)}} if self.chance.random() < 0.7 else
                      {"DeleteRequest": {"Key": self.key(table)}} for _ in range(self.chance.randrange(1, 6))]
            writes = self.distinct(table, writes, lambda write: write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"])
            request["RequestItems"][self.name(table)] = writes
        return "BatchWriteItem", self.capacity(request), None, False

    def transact_write(self):
        if self.sent_tokens and self.chance.random() < 0.1:
            request = self.chance.choice(self.sent_tokens)
            if self.chance.random() < 0.2 and len(request["TransactItems"]) > 1:
                request = {**request, "TransactItems": request["TransactItems"][1:]}
            return "TransactWriteItems", request, None, False
        parts = [self.part_of_transaction() for _ in range(self.chance.randrange(1, 6))]
        if not self.values.mistake(0.02):
            parts = self.apart(parts)
        request = self.capacity({"TransactItems": parts})
        if self.chance.random() < 0.3:
            self.tokens += 1
            request["ClientRequestToken"] = f"token-{self.chance.getrandbits(60)}-{self.tokens}"
            self.sent_tokens = [*self.sent_tokens[-20:], request]
        return "TransactWriteItems", request, None, False

    def apart(self, parts):
        seen, kept = set(), []
        for part in parts:
            (_, body), = part.items()
            table = self.model.tables.get(body["TableName"])
            place = (body["TableName"], table and self.place_in(table, body.get("Item", body.get("Key"))))
            if place not in seen:
                seen.add(place)
                kept.append(part)
        return kept

    def part_of_transaction(self):
        operation, request, _, _ = self.chance.choice([self.put, self.update, self.delete])()
        kind = operation.removesuffix("Item")
        for name in ("ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"):
            request.pop(name, None)
        if {"Expected", "AttributeUpdates"} & set(request) or kind == "Update" and "UpdateExpression" not in request:
            return self.part_of_transaction()
        if self.chance.random() < 0.5:  # or else most transactions would fail
            request = {name: request[name] for name in ("TableName", "Item", "Key") if name in request}
            kind = "Put" if "Item" in request else "Delete"
        if kind == "Delete" and "ConditionExpression" in request and self.chance.random() < 0.5:
            kind = "ConditionCheck"
        return {kind: request}

    def transact_get(self):
        parts = []
        for _ in range(self.chance.randrange(1, 5)):
            _, request, _, _ = self.get()
            for name in ("ReturnConsumedCapacity", "ConsistentRead", "AttributesToGet"):
                request.pop(name, None)
            parts.append({"Get": request})
        return "TransactGetItems", self.capacity({"TransactItems": self.apart(parts)}), None, False

    # --- PartiQL

    def statement(self):
        statement = self.statements.any()
        return "ExecuteStatement", statement.json, statement, "Limit" in statement.json

    def several(self):
        return self.statements.several()
