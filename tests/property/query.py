"""Query and Scan. Items come in Groups: the order inside a group is open."""

from capacity import Consumed, read_units, wanted
from errors import ANY, Unsure, bad_parameter, invalid
from evaluate import conditions_of, meets, operands_of, parse_condition, paths_of, project
from items import places_of, projection_of
from legacy import tree_of
from values import item_from, item_size, item_to, order


class Groups(list):
    """Lists one after the other; what is in each of them may come in any order."""


def place_of(table, request):
    name = request.get("IndexName")
    if name is None:
        return table
    if name not in table.indexes:
        raise invalid("The table does not have the specified index: " + name)
    index = table.indexes[name]
    if index.is_global and request.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    return index


def key_conditions(tree, place):
    """{key attribute: condition}, checked against the schema."""
    if tree is None:
        raise invalid()
    if any(part[0] in ("or", "not") for part in parts_of(tree)):
        raise invalid()
    found = {}
    for condition in conditions_of(tree):
        first, *others = operands_of(condition)
        if first[0] != "path" or len(first[1]) != 1 or any(other[0] != "value" for other in others):
            raise Unsure("unusual key condition")
        if condition[:2] == ("compare", "<>") or condition[0] == "in" or condition[0] == "call" and condition[1] != "begins_with":
            raise invalid()
        if first[1][0] in found:
            raise invalid("KeyConditionExpressions must only contain one condition per key")
        found[first[1][0]] = condition
    if place.hash not in found:
        raise invalid("Query condition missed key schema element: " + place.hash)
    if found[place.hash][:2] != ("compare", "="):
        raise invalid("Query key condition not supported")
    if set(found) - set(place.keys):
        raise invalid()
    for name, condition in found.items():
        for operand in operands_of(condition)[1:]:
            if operand[2][0] != place.types[name]:
                raise bad_parameter("Condition parameter type does not match schema type")
            if operand[2][1] in ("", b""):
                raise Unsure("empty key")
    return found


def parts_of(tree):
    yield tree
    if tree[0] in ("and", "or", "not"):
        for part in tree[1:]:
            yield from parts_of(part)


class Reading:
    """What Query and Scan share: filter, projection, Select, Limit."""

    def __init__(self, model, request, legacy_filter):
        self.request, self.select = request, request.get("Select")
        self.places = places_of(request)
        self.check_select()
        self.paths = projection_of(request, self.places)
        self.filter = None
        if "FilterExpression" in request:
            self.filter = parse_condition("FilterExpression", request["FilterExpression"], self.places)
        elif legacy_filter in request:
            self.filter = tree_of(request[legacy_filter], request.get("ConditionalOperator", "AND"))

    def find_place(self, model):
        self.places.check_all_used()
        self.table = model.table(self.request["TableName"])
        self.place = place_of(self.table, self.request)
        self.fetches = self.check_projection()

    def check_select(self):
        if self.select == "ALL_PROJECTED_ATTRIBUTES" and "IndexName" not in self.request:
            raise invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
        projected = {"ProjectionExpression", "AttributesToGet"} & set(self.request)
        if self.select == "SPECIFIC_ATTRIBUTES" and not projected:
            raise invalid()
        if projected and self.select not in (None, "SPECIFIC_ATTRIBUTES"):
            raise invalid()

    def check_projection(self):
        """Whether the table's items are needed beside the entries of a local index."""
        place, wanted_names = self.place, [path[0] for path in self.paths or []]
        missing = [name for name in dict.fromkeys(wanted_names) if not place.projects(name)]
        every = self.select == "ALL_ATTRIBUTES" and not place.all
        if place.is_global and every:
            raise bad_parameter(f"Select type ALL_ATTRIBUTES is not supported for global secondary index {place.name} "
                                "because its projection type is not ALL")
        if place.is_global and missing:
            raise bad_parameter(f"Global secondary index {place.name} does not project ...")
        if self.filter and any(not place.projects(path[0]) for path in paths_of(self.filter)):
            if not place.is_global:
                raise Unsure("filter on what a local index lacks")
            raise bad_parameter(f"Secondary index {place.name} does not project one or more filter attributes: ...")
        return bool(missing) or every

    def reply(self, entries, more, groups):
        """entries: what is evaluated; more: whether the reading stops at the last of them though it may not be the end."""
        reply = {"ScannedCount": len(entries)}
        if wanted(self.request):
            reply["ConsumedCapacity"] = self.consumed(entries)
        if more:
            reply["LastEvaluatedKey"] = item_to({name: entries[-1][1][name] for name in {*self.place.keys, *self.table.keys}})
        if self.filter:
            entries = [entry for entry in entries if meets(self.filter, entry[0])]
        reply["Count"] = len(entries)
        if self.select != "COUNT":
            reply["Items"] = Groups([[self.shown(entry) for entry in group] for group in groups(entries)])
        return reply

    def shown(self, entry):
        view, item = entry
        source = item if self.fetches else view
        return item_to(source if self.paths is None else project(source, self.paths))

    def consumed(self, entries):
        if self.fetches and self.filter:
            return ANY
        consistent = self.request.get("ConsistentRead")
        consumed = Consumed(self.table)
        consumed.add(self.place, read_units(sum(item_size(view) for view, _ in entries), consistent))
        if self.fetches:
            consumed.add(self.table, sum(read_units(item_size(item), consistent) for _, item in entries))
        return consumed.reply(wanted(self.request))


def by_range_key(place):
    def groups(entries):
        """Entries with the same range key may come in any order, unless it is the table's own."""
        if not place.range:
            return [entries]
        groups, last = [], None
        for entry in entries:
            key = entry[1][place.range]
            if key != last or place.table is place:
                groups.append([])
            groups[-1].append(entry)
            last = key
        return groups

    return groups


def query(model, request):
    reading = Reading(model, request, "QueryFilter")
    if "KeyConditionExpression" in request:
        tree = parse_condition("KeyConditionExpression", request["KeyConditionExpression"], reading.places)
    else:
        tree = tree_of(request.get("KeyConditions", {}))
    reading.find_place(model)
    place = reading.place
    conditions = key_conditions(tree, place)
    check_filter(reading.filter, place, "QueryFilter" if "QueryFilter" in request else "Filter Expression")
    entries = [entry for entry in reading.table.entries(place) if all(meets(c, entry[1]) for c in conditions.values())]
    groups = by_range_key(place)
    if not request.get("ScanIndexForward", True):
        entries.reverse()
    limit = request.get("Limit")
    if (limit or "ExclusiveStartKey" in request) and place is not reading.table:
        raise Unsure("pages of an index")
    if "ExclusiveStartKey" in request:
        entries = after(entries, place, item_from(request["ExclusiveStartKey"]), request)
    more = limit is not None and len(entries) >= limit
    return reading.reply(entries[:limit], more, groups)


def check_filter(tree, place, name):
    for path in paths_of(tree) if tree else ():
        if path[0] in place.keys:
            raise invalid(f"{name} can only contain non-primary key attributes: Primary key attribute: {path[0]}")


def after(entries, place, start, request):
    at = place.key_of(start)
    if len(at) == 1:
        return []
    at = order(at[1])
    if request.get("ScanIndexForward", True):
        return [entry for entry in entries if order(entry[1][place.range]) > at]
    return [entry for entry in entries if order(entry[1][place.range]) < at]


def scan(model, request):
    reading = Reading(model, request, "ScanFilter")
    reading.find_place(model)
    if {"Limit", "ExclusiveStartKey", "Segment"} & set(request):
        raise Unsure("order of a scan")
    return reading.reply(reading.table.entries(reading.place), False, lambda entries: [entries])


OPERATIONS = {"Query": query, "Scan": scan}
