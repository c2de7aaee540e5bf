"""PutItem, GetItem, UpdateItem, DeleteItem; Write is also what transactions and statements are made of."""

import update
from capacity import Consumed, read_units, wanted
from errors import ANY, Failure, Unsure, invalid
from evaluate import meets, parse_condition, parse_projection, project
from legacy import actions_of, tree_of
from parse import Places
from table import EMPTY, TOO_LONG
from values import item_from, item_size, item_to, value_from

RETURNS = {"Put": ("NONE", "ALL_OLD"), "Delete": ("NONE", "ALL_OLD"), "ConditionCheck": ("NONE",),
           "Update": ("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")}
LIMIT = 400 * 1024
UPDATED_KEY = {  # the same failure in the words of UpdateItem
    TOO_LONG: "The update expression attempted to update the secondary index key beyond allowed size limits",
    EMPTY: "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is "
           "not supported. The AttributeValue for a key attribute cannot contain an empty ...",
}


def places_of(request, with_values=True):
    """Reads of single items have no ExpressionAttributeValues: an unknown parameter is not looked at."""
    expressions = {name for name in request if name.endswith("Expression")}
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {}) if with_values else {}
    if names and not expressions:
        raise invalid("ExpressionAttributeNames can only be specified when using expressions")
    if values and not expressions - {"ProjectionExpression"}:
        raise invalid("ExpressionAttributeValues can only be specified when using expressions...")
    return Places(names, {name: value_from(v) for name, v in values.items()})


def refuse_mixture(request):
    old = [name for name in ("Expected", "AttributeUpdates", "AttributesToGet", "KeyConditions", "QueryFilter", "ScanFilter")
           if name in request]
    new = [name for name in request if name.endswith("Expression")]
    if old and new:
        raise invalid("Can not use both expression and non-expression parameters in the same request: ...")


class Write:
    """One change of one item: made of a request when its table is known, run when the item is."""

    def __init__(self, model, kind, request):
        refuse_mixture(request)
        self.legacy = "AttributeUpdates" in request
        self.kind, self.returns = kind, request.get("ReturnValues", "NONE")
        if self.returns not in RETURNS[kind]:
            raise invalid("ReturnValues can only be ALL_OLD or NONE")
        self.on_failure = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        places = places_of(request)
        self.actions = self.parse_actions(request, places)
        self.condition = self.parse_condition(request, places)
        places.check_all_used()
        self.given = item_from(request["Item" if kind == "Put" else "Key"])
        self.table, self.key = model.table(request["TableName"]), None

    def bind(self):
        """The checks that need the table's definition."""
        self.key = self.table.key_in(self.given) if self.kind == "Put" else self.table.key_of(self.given)
        self.key_attributes = dict(zip(self.table.keys, self.key))
        self.check_content()
        return self

    def parse_actions(self, request, places):
        if self.kind != "Update":
            return None
        if "UpdateExpression" in request:
            return update.parse_update(request["UpdateExpression"], places)
        return actions_of(request.get("AttributeUpdates", {}))

    def parse_condition(self, request, places):
        if "ConditionExpression" in request:
            return parse_condition("ConditionExpression", request["ConditionExpression"], places)
        return tree_of(request.get("Expected", {}), request.get("ConditionalOperator", "AND"))

    def check_content(self):
        if self.kind == "Put":
            self.table.check_index_keys(self.given)
            if item_size(self.given) > LIMIT:
                raise invalid("Item size has exceeded the maximum allowed size")
        elif self.kind == "Update":
            update.check_keys([path[0] for _, path, _ in self.actions], self.table.keys)

    def old(self):
        return self.table.items.get(self.key)

    def run(self):
        """(old, new item); nothing is stored yet."""
        old = self.old()
        if self.condition and not meets(self.condition, old or {}):
            self.check_doubt(old)
            more = {"Item": item_to(old)} if self.on_failure and old else {}
            raise Failure("ConditionalCheckFailedException", "The conditional request failed", **more)
        return old, self.result(old)

    def check_doubt(self, old):
        """A failed condition and a value that does not fit an index: which comes first?"""
        try:
            self.result(old)
        except Failure as failure:
            if "ndex" in (failure.message or ""):
                raise Unsure("order of checks") from None

    def result(self, old):
        if self.kind == "Put":
            return self.given
        if self.kind == "Delete":
            return None
        if self.kind == "ConditionCheck":
            return old
        new = self.updated(old or self.key_attributes)
        self.check_changed_keys(new)
        self.table.check_untouched(new)
        if item_size(new) > LIMIT:
            raise invalid("Item size to update has exceeded the maximum allowed size")
        return new if old is not None or update.creates(self.actions) else None

    def check_changed_keys(self, new):
        try:
            self.table.check_index_keys(new, {path[0] for _, path, _ in self.actions})
        except Failure as failure:
            raise invalid(UPDATED_KEY.get(failure.message, failure.message)) from None

    def updated(self, item):
        try:
            return update.apply(self.actions, item)
        except Failure as failure:
            if self.legacy and failure.message == update.WRONG_TYPE:
                raise invalid("Type mismatch for attribute to update") from None
            raise

    def store(self, new):
        if new is None:
            self.table.items.pop(self.key, None)
        else:
            self.table.items[self.key] = new

    def attributes(self, old, new):
        if self.kind == "Update":
            if new is None:
                return {"ALL_NEW": ANY}.get(self.returns)
            return update.returned(self.returns, self.actions, old, new)
        return old if self.returns == "ALL_OLD" else None


def write(kind):
    def operation(model, request):
        change = Write(model, kind, request).bind()
        old, new = change.run()
        change.store(new)
        reply = {}
        attributes = change.attributes(old, new)
        if attributes:
            reply["Attributes"] = attributes if attributes is ANY else item_to(attributes)
        if wanted(request):
            consumed = Consumed(change.table)
            consumed.write(old, new)
            reply["ConsumedCapacity"] = consumed.reply(wanted(request))
        if request.get("ReturnItemCollectionMetrics") == "SIZE":
            metrics = collection_metrics(change.table, change.key_attributes)
            reply.update(metrics if old or new else dict.fromkeys(metrics, ANY))  # is a collection affected when nothing is done?
        return reply

    return operation


def collection_metrics(table, key):
    if all(index.is_global for index in table.indexes.values()):
        return {}
    return {"ItemCollectionMetrics": {"ItemCollectionKey": item_to({table.hash: key[table.hash]}), "SizeEstimateRangeGB": [0.0, 1.0]}}


def projection_of(request, places):
    """Paths, or None for everything."""
    refuse_mixture(request)
    if "ProjectionExpression" in request:
        return parse_projection(request["ProjectionExpression"], places)
    if "AttributesToGet" in request:
        names = request["AttributesToGet"]
        if len(set(names)) < len(names):
            raise invalid()
        return [[name] for name in names]
    return None


def get_item(model, request):
    places = places_of(request, with_values=False)
    paths = projection_of(request, places)
    places.check_all_used()
    key = item_from(request["Key"])
    table = model.table(request["TableName"])
    item = table.items.get(table.key_of(key))
    reply = {}
    if item is not None:
        reply["Item"] = item_to(item if paths is None else project(item, paths))
    if wanted(request):
        consumed = Consumed(table)
        consumed.add(table, read_units(item_size(item or {}), request.get("ConsistentRead")))
        reply["ConsumedCapacity"] = consumed.reply(wanted(request))
    return reply


OPERATIONS = {"PutItem": write("Put"), "UpdateItem": write("Update"), "DeleteItem": write("Delete"), "GetItem": get_item}
