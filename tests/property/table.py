"""Tables and indexes: what is in them, and the rules of their keys."""

from errors import Unsure, bad_parameter, invalid
from evaluate import project
from values import item_to, order, size


TOO_LONG = "One or more parameter values were invalid..."  # a key of an index
EMPTY = "One or more parameter values are not valid. A value specified for a secondary index key is not supported. ..."


class Keyed:
    """What tables and indexes have in common: a hash key and perhaps a range key."""

    def __init__(self, definition, types):
        schema = {element["KeyType"]: element["AttributeName"] for element in definition["KeySchema"]}
        self.hash, self.range = schema["HASH"], schema.get("RANGE")
        self.keys = [name for name in (self.hash, self.range) if name]
        self.types = {name: types[name] for name in self.keys}


class Index(Keyed):
    def __init__(self, definition, types, table, is_global):
        super().__init__(definition, types)
        self.name, self.is_global, self.table = definition["IndexName"], is_global, table
        self.all = definition["Projection"]["ProjectionType"] == "ALL"
        self.attributes = [*dict.fromkeys(self.keys + table.keys + definition["Projection"].get("NonKeyAttributes", []))]

    def holds(self, item):
        return all(name in item and self.fits(name, item[name]) for name in self.keys)

    def fits(self, name, value):
        return value[0] == self.types[name] and value[1] not in ("", b"") and size(value) <= (2048 if name == self.hash else 1024)

    def view(self, item):
        """What the index has of an item: None if nothing."""
        if item is None or not self.holds(item):
            return None
        return item if self.all else project(item, [[name] for name in self.attributes])

    def projects(self, name):
        return self.all or name in self.attributes


class Table(Keyed):
    def __init__(self, definition):
        self.name = definition["TableName"]
        self.attribute_types = {a["AttributeName"]: a["AttributeType"] for a in definition["AttributeDefinitions"]}
        super().__init__(definition, self.attribute_types)
        self.items, self.indexes, self.building = {}, {}, None
        for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
            for index in definition.get(kind, []):
                self.add_index(index, kind[0] == "G")

    def add_index(self, definition, is_global=True):
        self.indexes[definition["IndexName"]] = Index(definition, self.attribute_types, self, is_global)

    def places(self):
        """The table and its indexes, but for one that is being built: that cannot be read."""
        return [self, *(index for index in self.indexes.values() if index.name != self.building)]

    def view(self, item):
        return item

    def projects(self, name):
        return True

    all, is_global = True, False

    @property
    def table(self):
        return self

    def key_attributes(self, item):
        return {name: item[name] for name in self.keys}

    # --- checks

    def check_empty(self, key):
        for name, (kind, body) in key.items():
            if body in ("", b""):
                raise invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                              f"empty {'string' if kind == 'S' else 'binary'} value. Key: {name}")

    def key_of(self, key):
        """The place of a Key parameter."""
        if set(key) != set(self.keys) or any(key[name][0] != self.types[name] for name in self.keys):
            raise invalid("The provided key element does not match the schema")
        self.check_empty(key)
        return tuple(key[name] for name in self.keys)

    def key_in(self, item):
        """The place of a whole item."""
        for name in self.keys:
            if name not in item:
                raise bad_parameter(f"Missing the key {name} in the item")
            if item[name][0] != self.types[name]:
                raise bad_parameter(f"Type mismatch for key {name} expected: {self.types[name]} actual: {item[name][0]}")
        self.check_empty(self.key_attributes(item))
        return tuple(item[name] for name in self.keys)

    def check_index_keys(self, item, names=None):
        """Attributes (only those named) that are keys of indexes must be fit for it."""
        failures = [failure for name in (item if names is None else names) if name in item for failure in self.index_failures(name, item[name])]
        if len(failures) > 1:
            raise bad_parameter("Type mismatch for Index Key ...")
        if failures:
            raise failures[0]

    def index_failures(self, name, value):
        places = [index for index in self.indexes.values() if name in index.types]
        if name in self.types or not places:
            return
        (kind, body), index = value, places[0]
        if kind != index.types[name]:
            where = index.name if len(places) == 1 else "..."
            yield bad_parameter(f"Type mismatch for Index Key {name} Expected: {index.types[name]} Actual: {kind} IndexName: {where}")
        elif any(not place.fits(name, value) for place in places if body not in ("", b"")):
            yield invalid(TOO_LONG)
        elif body in ("", b""):
            yield invalid(EMPTY)

    def check_untouched(self, item):
        """Of items older than the index: whether they may be changed is not documented."""
        for index in self.indexes.values():
            for name in index.keys:
                if name in item and not index.fits(name, item[name]):
                    raise Unsure("an item that does not fit an index")

    # --- contents

    def entries(self, place):
        """[(what the table or index shows of an item, the item)] in the order of the range key; ties in no order."""
        found = [(place.view(item), item) for item in self.items.values()]
        found = [entry for entry in found if entry[0] is not None]
        if place.range:
            found.sort(key=lambda entry: order(entry[1][place.range]))
        return found

    def dump(self, place):
        return [item_to(view) for view, _ in self.entries(place)]
