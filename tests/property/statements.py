"""PartiQL. The generator makes a statement together with what it means; no PartiQL is read here."""

import items
import query
import several
from capacity import Consumed, wanted
from errors import ANY, Failure, Unsure
from values import item_to


class Statement:
    """kind: Select, Insert, Update, Delete or Exists. request: the same as a request of the item operations."""

    def __init__(self, kind, text, parameters, request):
        self.kind, self.request = kind, request
        self.json = {"Statement": text, **({"Parameters": parameters} if parameters else {}),
                     **{name: request[name] for name in ("ReturnConsumedCapacity", "Limit") if name in request}}

    def change(self, model):
        made = items.Write(model, {"Insert": "Put", "Exists": "ConditionCheck"}.get(self.kind, self.kind), self.request).bind()
        made.kind_of_statement = self.kind
        return made


def run(change):
    """(old, new item)"""
    old = change.old()
    if change.kind_of_statement == "Insert" and old is not None:
        raise Failure("DuplicateItemException", "Duplicate primary key exists in table")
    if change.kind_of_statement == "Delete" and old is None:
        return None, None
    if change.kind_of_statement in ("Update", "Exists") and old is None:
        raise Failure("ConditionalCheckFailedException", "The conditional request failed")
    return change.run()


def written(model, statement):
    """The write, the item that it returns (or None), and the items before and after."""
    change = statement.change(model)
    old, new = run(change)
    change.store(new)
    attributes = change.attributes(old, new)
    return change, attributes if attributes is ANY or not attributes else item_to(attributes), old, new


def execute_statement(model, request, statement):
    if statement.kind == "Select":
        meaning = query.query if "KeyConditionExpression" in statement.request else query.scan
        reply = several.outcome(lambda: meaning(model, {name: value for name, value in statement.request.items() if name != "Limit"}))
        if isinstance(reply, Failure):
            raise Unsure("filter on what an index lacks, in a statement") if "filter attributes" in str(reply) else reply
        return {name: reply[name] for name in ("Items", "ConsumedCapacity") if name in reply}
    change, item, old, new = written(model, statement)
    reply = {"Items": ANY if item is ANY else [item] if item else []}
    if wanted(request):
        consumed = Consumed(change.table)
        consumed.write(old, new)
        reply["ConsumedCapacity"] = consumed.reply(wanted(request))
    return reply


def got(model, statement):
    """What a SELECT of one item in a batch or transaction returns."""
    reply = items.get_item(model, statement.request)
    return {"Item": reply["Item"]} if "Item" in reply else {}


def batch_execute(model, request, statements):
    responses = []
    for statement in statements:
        name = {"TableName": ANY}
        try:
            if statement.kind == "Select":
                responses.append({**name, **got(model, statement)})
            else:
                _, item, _, _ = written(model, statement)
                responses.append({**name, **({"Item": item} if item else {})})
        except Failure as failure:
            responses.append({**name, "Error": several.reason_of(failure)})
    return {"Responses": responses}


def execute_transaction(model, request, statements):
    if statements[0].kind == "Select":
        return {"Responses": [got(model, statement) for statement in statements]}
    changes = [statement.change(model) for statement in statements]
    several.refuse_duplicates([(change.table.name, change.key) for change in changes],
                              "Transaction request cannot include multiple operations on one item")
    outcomes = [several.outcome(lambda: run(change)) for change in changes]
    several.refuse_cancelled(outcomes)
    for change, (_, new) in zip(changes, outcomes):
        change.store(new)
    return {"Responses": ANY}


OPERATIONS = {"ExecuteStatement": execute_statement, "BatchExecuteStatement": batch_execute,
              "ExecuteTransaction": execute_transaction}
