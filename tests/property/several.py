"""BatchGetItem, BatchWriteItem, TransactGetItems, TransactWriteItems."""

from capacity import Bill, read_units, units, wanted
from errors import ANY, Failure, Unsure, invalid
from evaluate import project
from items import Write, collection_metrics, places_of, projection_of
from query import Groups
from values import item_from, item_size, item_to


def refuse_duplicates(keys, message):
    if len(set(keys)) < len(keys):
        raise invalid(message)


def bill_in(reply, request, bill, kind=None):
    if wanted(request):
        reply["ConsumedCapacity"] = Groups([bill.reply(wanted(request), kind)])
    return reply


def batch_get(model, request):
    reply, bill = {"Responses": {}, "UnprocessedKeys": {}}, Bill()
    if {"ProjectionExpression", "AttributesToGet"} <= {name for part in request["RequestItems"].values() for name in part}:
        raise Unsure("old and new parameters in one request, not for one table")
    for name, part in request["RequestItems"].items():
        places = places_of(part, with_values=False)
        paths = projection_of(part, places)
        places.check_all_used()
        table = model.table(name)
        keys = [table.key_of(item_from(key)) for key in part["Keys"]]
        refuse_duplicates(keys, "Provided list of item keys contains duplicates")
        items = [table.items.get(key) for key in keys]
        for item in items:
            bill.of(table).add(table, read_units(item_size(item or {}), part.get("ConsistentRead")))
        found = [item for item in items if item is not None]
        reply["Responses"][name] = Groups([[item_to(item if paths is None else project(item, paths)) for item in found]])
    return bill_in(reply, request, bill)


def in_batch(change):
    """Bound; the key of an item is refused in the words of a Key parameter."""
    found = outcome(change.bind)
    if isinstance(found, Failure):
        no_key = "Missing the key" in str(found) or "Type mismatch for key" in str(found)
        raise invalid("The provided key element does not match the schema") if no_key else found
    return found


def batch_write(model, request):
    changes, bill, metrics = [], Bill(), {}
    for name, parts in request["RequestItems"].items():
        for part in parts:
            (kind, body), = part.items()
            changes.append(in_batch(Write(model, kind.removesuffix("Request"), {"TableName": name, **body})))
    refuse_duplicates([(change.table.name, change.key) for change in changes], "Provided list of item keys contains duplicates")
    for change in changes:
        old, new = change.run()
        bill.of(change.table).write(old, new)
        change.store(new)
        for told in collection_metrics(change.table, change.key_attributes).values():
            metrics.setdefault(change.table.name, Groups([[]]))[0].append(told)
    reply = bill_in({"UnprocessedItems": {}}, request, bill)
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and metrics:
        reply["ItemCollectionMetrics"] = ANY  # whether an item collection of two items is told once or twice is open
    return reply


def transact_get(model, request):
    reply, bill, gets = {"Responses": []}, Bill(2), []
    for part in request["TransactItems"]:
        get = part["Get"]
        places = places_of(get, with_values=False)
        gets.append((model.table(get["TableName"]), item_from(get["Key"]), projection_of(get, places)))
        places.check_all_used()
    refuse_cancelled([outcome(lambda: table.key_of(key)) for table, key, _ in gets])
    for table, key, paths in gets:
        item = table.items.get(table.key_of(key))
        bill.of(table).add(table, units(item_size(item or {}), 4096))
        reply["Responses"].append({} if item is None else {"Item": item_to(item if paths is None else project(item, paths))})
    return bill_in(reply, request, bill, "Read")


def transact_write(model, request):
    token = request.get("ClientRequestToken")
    changes = []
    for part in request["TransactItems"]:
        (kind, body), = part.items()
        changes.append(Write(model, kind, body))
    if token in model.tokens:
        if any(isinstance(outcome(change.bind), Failure) for change in changes):
            raise Unsure("a token for what cannot be done (any more)")
        if model.tokens[token] != request:
            raise Failure("IdempotentParameterMismatchException")
        return {"ConsumedCapacity": ANY} if wanted(request) else {}
    return run_transaction(model, request, changes, token)


def run_transaction(model, request, changes, token=None):
    bound = [outcome(change.bind) for change in changes]
    refuse_empty_key(bound)
    if any(isinstance(found, Failure) and "Cannot update attribute" in str(found) for found in bound):
        raise Unsure("an invalid request or a cancelled transaction")
    if any(isinstance(found, Failure) and "ndex" in str(found) for found in bound):
        if any(change.condition or isinstance(outcome(change.run), Failure) for change in changes):
            raise Unsure("order of checks")
    refuse_cancelled(bound)
    refuse_duplicates([(change.table.name, change.key) for change in changes],
                      "Transaction request cannot include multiple operations on one item")
    outcomes = [outcome(change.run) for change in changes]
    refuse_cancelled(outcomes)
    bill = Bill(2)
    for change, (old, new) in zip(changes, outcomes):
        bill.of(change.table).write(old, new)
        change.store(new)
    if token:
        model.tokens[token] = request
    return bill_in({}, request, bill, "Write")


def refuse_empty_key(outcomes):
    """That a key is empty is seen before the transaction begins; other faults of keys cancel it."""
    for found in outcomes:
        if isinstance(found, Failure) and "The AttributeValue for a key attribute" in str(found) and "Key: " in str(found):
            raise found


def refuse_cancelled(outcomes):
    if any(isinstance(found, Failure) and "not valid" in str(found) and "secondary index" in str(found) for found in outcomes):
        raise Unsure("an empty key of an index: a reason or an invalid request")
    reasons = [reason_of(found) if isinstance(found, Failure) else {"Code": "None"} for found in outcomes]
    codes = [reason["Code"] for reason in reasons]
    if set(codes) != {"None"}:
        raise Failure("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons "
                      f"[{', '.join(codes)}]", CancellationReasons=reasons)


CODES = {"ConditionalCheckFailedException": "ConditionalCheckFailed", "ValidationException": "ValidationError",
         "DuplicateItemException": "DuplicateItem"}


def reason_of(failure):
    return {"Code": CODES[failure.kind], "Message": failure.message or ANY, **failure.more}


def outcome(act):
    """What an act returns, or the Failure that it ends with."""
    try:
        return act()
    except Failure as failure:
        return failure


OPERATIONS = {"BatchGetItem": batch_get, "BatchWriteItem": batch_write, "TransactGetItems": transact_get,
              "TransactWriteItems": transact_write}
