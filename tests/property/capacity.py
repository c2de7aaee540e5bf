"""Capacity units, and the ConsumedCapacity of a reply."""

from values import item_size


def units(size, block):
    return max(1, -(-size // block))


def read_units(size, consistent):
    return units(size, 4096) * (1 if consistent else 0.5)


def write_units(*items):
    return max([1, *(units(item_size(item), 1024) for item in items if item is not None)])


class Consumed:
    """Units of one table and its indexes."""

    def __init__(self, table, factor=1):
        self.table, self.factor, self.units, self.indexes = table, factor, 0, {}

    def add(self, place, count):
        if place is self.table:
            self.units += count * self.factor
        elif count:
            self.indexes[place.name] = self.indexes.get(place.name, 0) + count * self.factor

    def write(self, old, new):
        self.add(self.table, write_units(old, new))
        for index in self.table.indexes.values():
            self.add(index, index_units(index, index.view(old), index.view(new)))

    def reply(self, mode, kind=None):
        """kind: "Read" or "Write" if these are told too."""
        def told(count):
            return {"CapacityUnits": float(count), **({kind + "CapacityUnits": float(count)} if kind else {})}

        reply = {"TableName": self.table.name, **told(self.units + sum(self.indexes.values()))}
        if mode == "INDEXES":
            reply["Table"] = told(self.units)
            for name, count in self.indexes.items():
                part = "GlobalSecondaryIndexes" if self.table.indexes[name].is_global else "LocalSecondaryIndexes"
                reply.setdefault(part, {})[name] = told(count)
        return reply


def index_units(index, old, new):
    if old == new:
        return 0
    if old is not None and new is not None:
        if all(old[name] == new[name] for name in index.keys):
            return write_units(old, new)
        return write_units(old) + write_units(new)
    return write_units(old, new)


class Bill:
    """Consumed of several tables."""

    def __init__(self, factor=1):
        self.factor, self.tables = factor, {}

    def of(self, table):
        return self.tables.setdefault(table.name, Consumed(table, self.factor))

    def reply(self, mode, kind=None):
        return [consumed.reply(mode, kind) for consumed in self.tables.values()]


def wanted(request):
    mode = request.get("ReturnConsumedCapacity", "NONE")
    return None if mode == "NONE" else mode
