"""Random tables, keys, values and items; few of each, so that they meet often."""

KEY_VALUES = {
    "S": ["a", "b", "ab", "B", "ä", "a b/c", "\U0001f600", "long" * 60],
    "N": ["0", "1", "-1", "2", "10", "0.5", "-300", "1E+20", "12345678901234567890.5"],
    "B": ["AA==", "AQ==", "/w==", "AAE=", "YWI=", "YWJj"],
}
SAME_NUMBER = {"1": ["1.0", "1e0", "0.1E1", "01"], "10": ["1E1", "10.00"], "0": ["-0", "0.0"], "0.5": [".5", "5e-1"], "-300": ["-3E2"]}
INDEX_KEYS = {"gs": "S", "gn": "N", "gb": "B", "ls": "S", "ln": "N"}
PLAIN = ["a", "b", "c", "m", "l", "t", "with space", "ü.x", "name"]
STRINGS = ["", "x", "y", "ab", "abc", "b", "ä", "\U0001f600\n\"\\", "text" * 300]
NUMBERS = ["0", "1", "2", "-1", "3.14", "100", "-0.001", "1E-130", "9.9999999999999999999999999999999999999E+125", "1.50",
           "12345678901234567890123456789012345678", "-1E100", "007"]
BYTES = ["", "AA==", "AAE=", "YWI=", "/////w=="]
BAD_VALUES = [{"N": "abc"}, {"N": ""}, {"N": "1E126"}, {"N": "1E-131"}, {"N": "123456789012345678901234567890123456789"}, {"SS": []},
              {"SS": ["a", "a"]}, {"NS": ["1", "1.0"]}, {}, {"NULL": False}, {"N": "1 "}, {"N": "0x1"}, {"N": "NaN"}]


def random_definitions(chance):
    """Four tables: each kind of key, local indexes where there is a range key, global ones everywhere."""
    return [random_definition(chance, f"Table{at}", kinds) for at, kinds in
            enumerate((chance.choice("SNB"), "S" + chance.choice("SNB"), "N" + chance.choice("SN"), "BB"))]


def another_definition(chance, name):
    return random_definition(chance, name, chance.choice("SNB") + chance.choice(["", "S", "N", "B"]))


def random_definition(chance, name, kinds):
    keys = ["pk", "sk"][:len(kinds)]
    types = {**dict(zip(keys, kinds)), **INDEX_KEYS}
    definition = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema(keys)}
    if len(keys) == 2:
        locals_ = chance.sample(["ls", "ln"], chance.randrange(3))
        definition["LocalSecondaryIndexes"] = [random_index(chance, "local_" + key, ["pk", key]) for key in locals_]
    global_keys = chance.sample(["gs", "gn", "gb"], chance.randrange(4))
    definition["GlobalSecondaryIndexes"] = [random_global(chance, key, keys) for key in global_keys]
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if not definition.get(kind):
            definition.pop(kind, None)
    return with_types(definition, types)


def random_global(chance, key, keys):
    return random_index(chance, "by_" + key, [key, *chance.choice([[], keys[-1:], ["ln"], ["ls"]])])


def with_types(definition, types):
    used = {e["AttributeName"] for part in (definition, *definition.get("LocalSecondaryIndexes", []),
                                            *definition.get("GlobalSecondaryIndexes", [])) for e in part["KeySchema"]}
    definition["AttributeDefinitions"] = [{"AttributeName": n, "AttributeType": types[n]} for n in sorted(used)]
    return definition


def schema(keys):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"))]


def random_index(chance, name, keys):
    kind = chance.choice(["ALL", "KEYS_ONLY", "INCLUDE"])
    projection = {"ProjectionType": kind}
    if kind == "INCLUDE":
        projection["NonKeyAttributes"] = chance.sample(["a", "b", "m", "l"], 2)
    return {"IndexName": name, "KeySchema": schema(keys), "Projection": projection}


class Values:
    def __init__(self, chance):
        self.chance, self.careful = chance, False

    def mistake(self, likelihood):
        """At most one in a request: which of two is told is open. careful: none from now on."""
        if self.careful or self.chance.random() > likelihood:
            return False
        self.careful = True
        return True

    def key_value(self, kind):
        text = self.chance.choice(KEY_VALUES[kind][:6] if self.chance.random() < 0.9 else KEY_VALUES[kind])
        if kind == "N" and self.chance.random() < 0.2:
            text = self.chance.choice(SAME_NUMBER.get(text, [text]))
        return {kind: text}

    def key(self, table):
        return {name: self.key_value(kind) for name, kind in table.types.items()}

    def value(self, depth=0):
        kind = self.chance.choice(("S", "S", "N", "N", "N", "B", "BOOL", "NULL", "SS", "NS", "BS") + ("L", "M") * (depth < 3))
        return self.value_of(kind, depth)

    def value_of(self, kind, depth=0):
        pick, few = self.chance.choice, self.chance.randrange(4)
        if kind in ("SS", "NS", "BS"):
            pool = {"SS": STRINGS[:6], "NS": ["0", "1", "2", "-5.5", "100"], "BS": BYTES[:4]}[kind]
            return {kind: self.chance.sample(pool, max(1, few))}
        if kind == "L":
            return {kind: [self.value(depth + 1) for _ in range(few)]}
        if kind == "M":
            return {kind: {name: self.value(depth + 1) for name in self.chance.sample(PLAIN[:5], few)}}
        if kind == "BOOL":
            return {kind: pick([True, False])}
        if kind == "NULL":
            return {kind: True}
        if kind == "N":
            return {kind: pick(NUMBERS[:6]) if self.chance.random() < 0.7 else pick(NUMBERS)}
        if kind == "S":
            return {kind: pick(STRINGS[:6]) if self.chance.random() < 0.9 else pick(STRINGS)}
        return {kind: pick(BYTES)}

    def attribute(self, name, types):
        """A value for an attribute; those of index keys mostly fit."""
        kind = types.get(name) or INDEX_KEYS.get(name)
        if kind and not self.mistake(0.01):
            return self.key_value(kind)
        if name in ("m", "l", "t") and self.chance.random() < 0.8:
            return self.value_of({"m": "M", "l": "L"}.get(name) or self.chance.choice(["SS", "NS"]))
        if self.chance.random() < 0.03:
            return {"S": "large " * self.chance.randrange(1, 1500)}
        return self.value()

    def item(self, table):
        names = self.chance.sample([*INDEX_KEYS, *PLAIN], self.chance.randrange(9))
        item = {**self.key(table), **{name: self.attribute(name, table.types) for name in names}}
        return self.spoiled(item, table) if self.mistake(0.03) else item

    def spoiled(self, item, table):
        name = self.chance.choice(table.keys)
        kind = table.types[name]
        how = self.chance.randrange(4)
        if how == 0:
            del item[name]
        elif how == 1:
            item[name] = {"S": "1"} if kind == "N" else {"N": "1"}
        elif how == 2 and kind != "N":
            item[name] = {kind: ""}
        else:
            item["a"] = self.chance.choice(BAD_VALUES)
        return item


