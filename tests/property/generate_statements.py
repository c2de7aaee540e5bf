"""Random PartiQL statements, each made side by side with the request that means the same."""

from generate_expressions import NAMES, Expressions
from errors import Failure
from statements import Statement
from values import SETS, item_from, item_to, order, value_from, value_to

RETURNING = {"ALL OLD *": "ALL_OLD", "MODIFIED OLD *": "UPDATED_OLD", "ALL NEW *": "ALL_NEW", "MODIFIED NEW *": "UPDATED_NEW"}
SCALAR = ("S", "N")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def path_text(steps):
    return ".".join(quoted(step) if isinstance(step, str) else f"[{step}]" for step in steps).replace(".[", "[")


def has_binary(value):
    (kind, body), = value.items()
    if kind == "L":
        return any(map(has_binary, body))
    if kind == "M":
        return any(map(has_binary, body.values()))
    return kind in ("B", "BS")


def literal(value):
    """A value in PartiQL's own notation."""
    (kind, body), = value.items()
    if kind == "S":
        return "'" + body.replace("'", "''") + "'"
    if kind == "N":
        return body
    if kind == "BOOL":
        return str(body).lower()
    if kind == "NULL":
        return "null"
    if kind == "L":
        return "[" + ", ".join(map(literal, body)) + "]"
    if kind == "M":
        return "{" + ", ".join(f"'{name}': {literal(v)}" for name, v in body.items()) + "}"
    return "<<" + ", ".join(literal({kind[0]: v}) for v in body) + ">>"


class Writer:
    """One statement being written: its text and parameters, and the expressions that mean the same."""

    def __init__(self, chance, values, table):
        self.chance, self.values, self.table = chance, values, table
        self.same = Expressions(chance, values, table, right=True)
        self.parameters = []

    def plain(self, value):
        if has_binary(value) or len(str(value)) > 200 or self.chance.random() < 0.4:
            self.parameters.append(value)
            return "?"
        return literal(value)

    def value(self, value):
        """(in PartiQL, in an expression)"""
        return self.plain(value), self.same.literal(value)

    def equal(self, name, value):
        text, same = self.value(value)
        return f"{quoted(name)} = {text}", f"{self.same.name(name)} = {same}"

    def full_key(self, key):
        return " AND ".join(f"{quoted(name)} = {self.plain(key[name])}" for name in self.table.keys)

    def comparison(self, steps, key_kind=None):
        path, same = path_text(steps), self.same.text(steps)
        known = self.same.known(steps)
        kind = key_kind or (known[0] if known and known[0] in SCALAR else self.chance.choice(SCALAR))

        def pick():
            if known and known[0] == kind and self.chance.random() < 0.5:
                return value_to(known)
            return self.values.key_value(kind) if key_kind else self.values.value_of(kind)

        if self.chance.random() < 0.25:
            bounds = sorted((pick(), pick()), key=lambda value: order(value_from(value)))
            (low, same_low), (high, same_high) = map(self.value, bounds)
            return f"{path} BETWEEN {low} AND {high}", f"{same} BETWEEN {same_low} AND {same_high}"
        op = self.chance.choice(["=", "<", "<=", ">", ">="])
        text, value = self.value(pick())
        return f"{path} {op} {text}", f"{same} {op} {value}"

    def filter(self):
        steps = self.same.steps()
        path, same = path_text(steps), self.same.text(steps)
        kind = self.chance.randrange(8)
        if kind < 3:
            return self.comparison(steps)
        if kind == 3:
            no = self.chance.choice(["", "NOT "])
            return f"{path} IS {no}MISSING", f"attribute_{'exists' if no else 'not_exists'}({same})"
        if kind == 4:
            values = [self.value(self.values.value_of(self.chance.choice(SCALAR))) for _ in range(self.chance.randrange(1, 4))]
            return f"{path} IN [{', '.join(v for v, _ in values)}]", f"{same} IN ({', '.join(v for _, v in values)})"
        if kind == 5:
            text, value = self.value({"S": self.chance.choice(["a", "x", "te"])})
            function = self.chance.choice(["begins_with", "contains"])
            return f"{function}({path}, {text})", f"{function}({same}, {value})"
        if kind == 6:
            text, value = self.value({"S": self.chance.choice(["S", "N", "L", "M", "SS"])})
            return f"attribute_type({path}, {text})", f"attribute_type({same}, {value})"
        text, value = self.value({"N": self.chance.choice("0123")})
        return f"size({path}) >= {text}", f"size({same}) >= {value}"

    def filters(self):
        made = [self.filter() for _ in range(self.chance.choice((1, 1, 2, 3)))]
        op = self.chance.choice([" AND ", " OR "])
        text, same = (op.join(part) for part in zip(*made))
        return (f"({text})", f"({same})") if len(made) > 1 else (text, same)


class Statements:
    def __init__(self, chance, values, generator):
        self.chance, self.values, self.generator = chance, values, generator

    def any(self):
        self.plain = False
        kind = self.chance.choice([self.select, self.select, self.select, self.insert, self.update, self.delete])
        return kind()

    def done(self, kind, writer, text, request):
        if not self.plain:
            self.generator.capacity(request)
        return Statement(kind, text, writer.parameters, writer.same.fill({"TableName": writer.table.name, **request}))

    def start(self):
        table = self.generator.table()
        return Writer(self.chance, self.values, table), table

    def good_key(self, table):
        if table.items and self.chance.random() < 0.6:
            return item_to(table.key_attributes(self.chance.choice(list(table.items.values()))))
        return self.values.key(table)

    def select(self):
        writer, table = self.start()
        request = {}
        place = self.generator.place(table, request)
        if request.get("IndexName") == "nosuch":
            return self.select()
        text = "SELECT " + self.projection(writer, place, request)
        text += f" FROM {quoted(table.name)}" + (f".{quoted(request['IndexName'])}" if "IndexName" in request else "")
        where, order = [], ""
        by_key = self.chance.random() < 0.6
        if by_key:
            where, order = self.key_condition(writer, place, request)
        if self.chance.random() < (0.4 if by_key else 0.8):
            part, request["FilterExpression"] = writer.filters()
            if any(quoted(key) in part for key in (place.keys if by_key else [place.hash])):
                return self.select()
            where.append(part)
        text += (" WHERE " + " AND ".join(where) if where else "") + order
        self.generator.maybe(request, 0.2, Limit=self.chance.randrange(1, 6))
        return self.done("Select", writer, text, request)

    def projection(self, writer, place, request):
        if self.chance.random() < 0.5:
            return "*"
        names = self.chance.sample([*NAMES[:6], *writer.table.keys], self.chance.randrange(1, 4))
        names = [name for name in names if place.projects(name)]
        if not names:
            return "*"
        request["ProjectionExpression"] = ", ".join(writer.same.name(name) for name in names)
        return ", ".join(quoted(name) for name in names)

    def key_condition(self, writer, place, request):
        text, same = writer.equal(place.hash, writer.same.key_value(place, place.hash))
        where, order = [text], ""
        if place.range and self.chance.random() < 0.5:
            text, more = writer.comparison([place.range], place.types[place.range])
            where.append(text)
            same += " AND " + more
        if place.range and self.chance.random() < 0.4:
            down = self.chance.choice([True, False])
            order = f" ORDER BY {quoted(place.range)} " + ("DESC" if down else "ASC")
            request["ScanIndexForward"] = not down
        request["KeyConditionExpression"] = same
        return where, order

    def insert(self):
        writer, table = self.start()
        item = self.values.item(table)
        if self.spoilt(item, table):
            return self.insert()
        parts = [f"'{name}': {writer.plain(value)}" for name, value in item.items()]
        return self.done("Insert", writer, f"INSERT INTO {quoted(table.name)} VALUE {{{', '.join(parts)}}}", {"Item": item})

    def spoilt(self, item, table):
        """Failures of items are left to PutItem."""
        try:
            table.check_index_keys(item_from(item))
            table.key_in(item_from(item))
        except Failure:
            return True
        return False

    def where(self, writer, request, key, likelihood=0.4):
        text = " WHERE " + writer.full_key(key)
        request["Key"] = key
        if self.chance.random() < likelihood:
            part, request["ConditionExpression"] = writer.filters()
            text += " AND " + part
        return text

    def update(self, likelihood=0.4, returning=0.5):
        writer, table = self.start()
        request, clauses, sets, removals = {}, {}, "", ""
        key = self.good_key(table)
        writer.same.item = table.items.get(table.key_of(item_from(key)), {})
        for steps in writer.same.apart([writer.same.steps() for _ in range(self.chance.choice((1, 1, 2, 3)))]):
            clause, text, same = self.change(writer, steps)
            clauses.setdefault(clause, []).append(same)
            if clause == "REMOVE":
                removals += " REMOVE " + text
            else:
                sets += " SET " + text
        text = f"UPDATE {quoted(table.name)}{sets}{removals}"
        request["UpdateExpression"] = " ".join(f"{clause} {', '.join(parts)}" for clause, parts in clauses.items())
        text += self.where(writer, request, key, likelihood)
        if self.chance.random() < returning:
            what = self.chance.choice(list(RETURNING))
            text += " RETURNING " + what
            request["ReturnValues"] = RETURNING[what]
        return self.done("Update", writer, text, request)

    def change(self, writer, steps):
        """(clause of an update expression, in PartiQL, in the expression)"""
        path, same, known = path_text(steps), writer.same.text(steps), writer.same.known(steps)
        kind = known[0] if known and self.chance.random() < 0.6 else None
        if self.chance.random() < 0.2:
            return "REMOVE", path, same
        if kind == "N":
            op = self.chance.choice("+-")
            text, value = writer.value(self.values.value_of(kind))
            return "SET", f"{path} = {path} {op} {text}", f"{same} = {same} {op} {value}"
        if kind == "L":
            text, value = writer.value(self.values.value_of(kind, 2))
            return "SET", f"{path} = list_append({path}, {text})", f"{same} = list_append({same}, {value})"
        if kind in SETS:
            clause, function = self.chance.choice([("ADD", "set_add"), ("DELETE", "set_delete")])
            text, value = writer.value(self.values.value_of(kind))
            return clause, f"{path} = {function}({path}, {text})", f"{same} {value}"
        text, value = writer.value(self.values.attribute(steps[0], writer.table.types) if len(steps) == 1 else self.values.value(2))
        return "SET", f"{path} = {text}", f"{same} = {value}"

    def delete(self, likelihood=0.4, returning=0.5):
        writer, table = self.start()
        request = {}
        text = f"DELETE FROM {quoted(table.name)}" + self.where(writer, request, self.good_key(table), likelihood)
        if self.chance.random() < returning:
            text += " RETURNING ALL OLD *"
            request["ReturnValues"] = "ALL_OLD"
        return self.done("Delete", writer, text, request)

    def exists(self):
        writer, table = self.start()
        request = {}
        where = self.where(writer, request, self.good_key(table), 1)
        return self.done("Exists", writer, f"EXISTS(SELECT * FROM {quoted(table.name)}{where})", request)

    def select_one(self):
        writer, table = self.start()
        request = {}
        text = f"SELECT {self.projection(writer, table, request)} FROM {quoted(table.name)}"
        key = self.good_key(table)
        request["Key"] = key
        return self.done("Select", writer, text + " WHERE " + writer.full_key(key), request)

    # --- several statements in one request

    def several(self):
        self.plain = True
        transaction = self.chance.random() < 0.5
        if self.chance.random() < 0.3:
            kinds = [self.select_one]
        else:
            kinds = [self.insert, lambda: self.update(returning=0), lambda: self.delete(returning=0)] + [self.exists] * transaction
        statements = self.apart([self.chance.choice(kinds)() for _ in range(self.chance.randrange(1, 5))])
        if transaction:
            return "ExecuteTransaction", {"TransactStatements": [s.json for s in statements]}, statements, False
        return "BatchExecuteStatement", {"Statements": [s.json for s in statements]}, statements, False

    def apart(self, statements):
        seen, kept = set(), []
        for statement in statements:
            request = statement.request
            table = self.generator.model.tables[request["TableName"]]
            place = (table.name, self.generator.place_in(table, request.get("Item") or request["Key"]))
            if place not in seen:
                seen.add(place)
                kept.append(statement)
        return kept
