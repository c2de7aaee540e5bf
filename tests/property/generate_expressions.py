"""Random expressions, legacy conditions and updates: mostly sensible ones, since they look at what the table holds."""

import re

from errors import Failure
from generate_values import INDEX_KEYS, PLAIN
from parse import RESERVED
from values import SETS, TYPES, order, value_from, value_to

NAMES = [*PLAIN, *INDEX_KEYS, "nosuch"]
LEGACY = ("EQ", "NE", "LT", "LE", "GT", "GE", "NULL", "NOT_NULL", "CONTAINS", "BEGINS_WITH", "IN", "BETWEEN")


class Expressions:
    """The expressions of one request, with the names and values that they need."""

    def __init__(self, chance, values, table, right=False):
        """right: without mistakes."""
        self.chance, self.values, self.table, self.right = chance, values, table, right
        self.names, self.given = {}, {}
        self.item = chance.choice(list(table.items.values())) if table.items else {}

    def fill(self, request):
        """Puts names and values into the request; sometimes one too many or too few."""
        if not self.right and self.values.mistake(0.006):
            self.names["#unused"] = "a"
        if not self.right and self.values.mistake(0.006):
            self.given[":unused"] = {"S": "x"}
        if self.given and not self.right and self.values.mistake(0.006):
            del self.given[self.chance.choice(list(self.given))]
        for key, part in (("ExpressionAttributeNames", self.names), ("ExpressionAttributeValues", self.given)):
            if part:
                request[key] = part
        return request

    # --- parts

    def name(self, name):
        for place, known in self.names.items():
            if known == name:
                return place
        plain = re.fullmatch(r"[a-z]\w*", name, re.ASCII)
        if plain and (not self.right and self.values.mistake(0.02) if name.upper() in RESERVED else self.chance.random() < 0.7):
            return name
        place = f"#n{len(self.names)}"
        self.names[place] = name
        return place

    def literal(self, value):
        place = f":v{len(self.given)}"
        self.given[place] = value
        return place

    def text(self, steps):
        text = ""
        for step in steps:
            text += f"[{step}]" if isinstance(step, int) else ("." if text else "") + self.name(step)
        return text

    def steps(self, keys=False, deep=0.3):
        """A path; more often than not to something that an item has."""
        names = NAMES + (self.table.keys if keys else [])
        real = [name for name in self.item if name in names]
        steps = [self.chance.choice(real if real and self.chance.random() < 0.7 else names)]
        value = self.item.get(steps[0])
        while self.chance.random() < deep / 6 or (value and value[0] in ("L", "M") and self.chance.random() < 0.5 and deep):
            if value and value[0] == "L":
                steps.append(self.chance.randrange(len(value[1]) + 1))
                value = value[1][steps[-1]] if steps[-1] < len(value[1]) else None
            elif value and value[0] == "M":
                steps.append(self.chance.choice([*value[1], "a"]))
                value = value[1].get(steps[-1])
            else:
                steps.append(self.chance.choice(["a", "b", 0, 1]))
                break
        return steps

    def known(self, steps):
        value = ("M", self.item)
        for step in steps:
            if value[0] == ("L" if isinstance(step, int) else "M") and (step in value[1] if value[0] == "M" else step < len(value[1])):
                value = value[1][step]
            else:
                return None
        return value

    def fitting(self, steps):
        """A value to compare with what is at a path: of its type, often equal."""
        value = self.known(steps)
        if value is None or self.chance.random() < 0.15:
            return self.values.value(2)
        return value_to(value) if self.chance.random() < 0.5 else self.values.value_of(value[0], 2)

    def scalar(self, steps):
        value = self.known(steps)
        kind = value[0] if value and value[0] in "SNB" else self.chance.choice("SN")
        if value and value[0] in "SNB" and self.chance.random() < 0.4:
            return value_to(value)
        if self.values.mistake(0.01):
            return self.values.value(2)
        return self.values.value_of(kind)

    # --- conditions

    def condition(self, keys=True, depth=0):
        pick = self.chance.random()
        if depth < 3 and pick < 0.3:
            op = self.chance.choice([" AND ", " OR ", " and "])
            both = self.condition(keys, depth + 1) + op + self.condition(keys, depth + 1)
            return f"({both})" if depth and self.chance.random() < 0.7 else both
        if depth < 3 and pick < 0.4:
            return f"NOT ({self.condition(keys, 3)})" if self.chance.random() < 0.7 else "NOT " + self.condition(keys, 3)
        return self.predicate(self.steps(keys))

    def predicate(self, steps):
        path = self.text(steps)
        kind = self.chance.randrange(12)
        if kind < 2:
            return f"{path} {self.chance.choice(['=', '<>'])} {self.literal(self.fitting(steps))}"
        if kind < 4:
            return f"{path} {self.chance.choice(['<', '<=', '>', '>='])} {self.literal(self.scalar(steps))}"
        if kind == 4:
            return f"attribute_{self.chance.choice(['exists', 'not_exists'])}({path})"
        if kind == 5:
            return f"attribute_type({path}, {self.literal({'S': self.chance.choice([*TYPES, 'S', 'N'] + ['X'] * self.values.mistake(0.05))})})"
        if kind == 6:
            return f"begins_with({path}, {self.literal(self.prefix(steps))})"
        if kind == 7:
            return f"contains({path}, {self.literal(self.part(steps))})"
        if kind == 8:
            return f"{path} IN ({', '.join(self.literal(self.fitting(steps)) for _ in range(self.chance.randrange(1, 4)))})"
        if kind == 9:
            low, high = self.bounds(steps)
            return f"{path} BETWEEN {self.literal(low)} AND {self.literal(high)}"
        if kind == 10:
            return f"size({path}) {self.chance.choice(['=', '<', '>=', '<>'])} {self.literal({'N': self.chance.choice('01235')})}"
        other = self.steps()
        if other == steps and not self.values.mistake(0.2):
            return f"attribute_exists({path})"
        return f"{path} {self.chance.choice(['=', '<', '>='])} {self.text(other)}"

    def bounds(self, steps):
        """Two values for BETWEEN, nearly always in order."""
        low = self.scalar(steps)
        high = self.scalar(steps) if self.values.mistake(0.02) else self.values.value_of(*low)
        try:
            pair = [value_from(low), value_from(high)]
            if pair[0][0] == pair[1][0] in "SNB" and order(pair[0]) > order(pair[1]) and not self.values.mistake(0.02):
                low, high = high, low
        except Failure:
            pass
        return low, high

    def prefix(self, steps):
        value = self.known(steps)
        if value and value[0] == "S" and self.chance.random() < 0.7:
            return {"S": value[1][:self.chance.randrange(3)]}
        return {"B": "YQ=="} if value and value[0] == "B" else {"S": "a"} if not self.values.mistake(0.03) else {"N": "1"}

    def part(self, steps):
        value = self.known(steps)
        if value and value[0] == "L" and value[1]:
            return value_to(self.chance.choice(value[1]))
        if value and value[0] in ("SS", "NS", "BS"):
            return value_to((value[0][0], self.chance.choice(sorted(value[1]))))
        if value and value[0] == "S":
            return {"S": value[1][1:3]}
        return self.values.value(2)

    def spoil(self, text):
        """Sometimes breaks an expression."""
        if not self.values.mistake(0.02):
            return text
        tokens = re.findall(r"\w+|[#:]\w+|<>|<=|>=|\S", text)
        how = self.chance.randrange(6)
        at = self.chance.randrange(len(tokens))
        if how == 0:
            del tokens[at]
        elif how == 1:
            tokens.insert(at, self.chance.choice([",", "(", ")", "=", "AND", "a", ":v0", "."]))
        elif how == 2:
            return f"(({text}))"
        elif how == 3:
            return text.replace("size(", "length(").replace("contains(", "containing(")
        elif how == 4:
            tokens[at] = "value"
        else:
            return ""
        return " ".join(tokens)

    # --- projections and updates

    def projection(self):
        paths = [self.steps(keys=True) for _ in range(self.chance.randrange(1, 4))]
        return self.spoil(", ".join(self.text(path) for path in self.apart(paths)))

    def apart(self, paths):
        """Without those that overlap or conflict with an earlier one; sometimes one stays."""
        kept = []
        for path in paths:
            def clash(other):
                common = 0
                while common < min(len(path), len(other)) and path[common] == other[common]:
                    common += 1
                return common == min(len(path), len(other)) or isinstance(path[common], int) != isinstance(other[common], int)
            if not any(clash(other) for other in kept) or (not self.right and self.values.mistake(0.02)):
                kept.append(path)
        return kept

    def update(self):
        clauses = {}
        for path in self.apart([self.steps(keys=self.values.mistake(0.01)) for _ in range(self.chance.choice((1, 1, 2, 3, 4)))]):
            clause = self.chance.choice(["SET", "SET", "SET", "REMOVE", "ADD", "DELETE"])
            if self.chance.random() < 0.9 and (self.known(path) or ("N",))[0] not in {"ADD": ("N", *SETS), "DELETE": SETS}.get(clause, TYPES):
                clause = "SET"
            clauses.setdefault(clause, []).append(self.action(clause, path))
        parts = list(clauses.items())
        self.chance.shuffle(parts)
        return self.spoil(" ".join(f"{clause} {', '.join(actions)}" for clause, actions in parts))

    def action(self, clause, steps):
        path, value = self.text(steps), self.known(steps)
        if clause == "REMOVE":
            return path
        if clause == "SET":
            return f"{path} = {self.assigned(steps, value)}"
        kinds = ("SS", "NS", "BS") + ("N",) * (3 * (clause == "ADD"))
        kind = value[0] if value and value[0] in kinds and self.chance.random() < 0.9 else self.chance.choice(kinds)
        if self.values.mistake(0.01):
            kind = "S"
        return f"{path} {self.literal(self.values.value_of(kind))}"

    def assigned(self, steps, value):
        kind = self.chance.randrange(8)
        new = lambda: self.literal(self.values.attribute(steps[0], self.table.types) if len(steps) == 1 else self.values.value(2))
        if value and value[0] == "N" and kind < 3:
            one, other = self.text(steps), self.literal(self.values.value_of("N"))
            if self.chance.random() < 0.2:
                one, other = other, one
            return f"{one} {self.chance.choice('+-')} {other}"
        if value and value[0] == "L" and kind < 4:
            one, other = self.text(steps), self.literal(self.values.value_of("L", 2))
            if self.chance.random() < 0.3:
                one, other = other, one
            return f"list_append({one}, {other})"
        if kind == 4:
            return f"if_not_exists({self.text(self.steps())}, {new()})"
        if kind == 5 and self.item:
            return self.text([self.chance.choice(list(self.item))])
        if kind == 6 and self.chance.random() < 0.4:
            return f"if_not_exists({self.text(steps)}, {self.literal({'N': '0'})}) + {self.literal({'N': '1'})}"
        return new()

    # --- key conditions: text, or KeyConditions

    def key_value(self, place, name):
        if self.item.get(name) and self.chance.random() < 0.6 and self.item[name][0] == place.types[name]:
            return value_to(self.item[name])
        return self.values.key_value(place.types[name])

    def range_parts(self, place):
        """(operator as in KeyConditions, values) for the range key, or None."""
        if not place.range or self.chance.random() < 0.4:
            return None
        ops = ["EQ", "LT", "LE", "GT", "GE", "BETWEEN"] + ["BEGINS_WITH"] * (place.types[place.range] != "N")
        op = self.chance.choice(ops)
        values = [self.key_value(place, place.range) for _ in range(1 + (op == "BETWEEN"))]
        return op, values if self.values.mistake(0.01) else sorted(values, key=lambda value: order(value_from(value)))

    def key_condition(self, place):
        spoiled = self.values.mistake(0.015)
        parts = [f"{self.name(place.hash)} {'>' if spoiled else '='} {self.literal(self.key_value(place, place.hash))}"]
        limits = self.range_parts(place)
        if limits:
            parts.append(self.range_text(place, *limits))
        if self.values.mistake(0.01):
            parts = parts[1:] or ["a = " + self.literal({"S": "x"})]
        self.chance.shuffle(parts)
        if self.chance.random() < 0.1:
            parts = [f"({part})" for part in parts]
        return self.spoil((" OR " if self.values.mistake(0.005) else " AND ").join(parts))

    def range_text(self, place, op, values):
        name, values = self.name(place.range), [self.literal(value) for value in values]
        if op == "BETWEEN":
            return f"{name} BETWEEN {values[0]} AND {values[1]}"
        if op == "BEGINS_WITH":
            return f"begins_with({name}, {values[0]})"
        return f"{name} { {'EQ': '=', 'LT': '<', 'LE': '<=', 'GT': '>', 'GE': '>='}[op]} {values[0]}"

    def key_conditions(self, place):
        found = {place.hash: {"ComparisonOperator": "EQ", "AttributeValueList": [self.key_value(place, place.hash)]}}
        limits = self.range_parts(place)
        if limits:
            found[place.range] = {"ComparisonOperator": limits[0], "AttributeValueList": limits[1]}
        return found

    # --- legacy conditions and updates

    def legacy_condition(self, name):
        op, steps = self.chance.choice(LEGACY), [name]
        values = {"NULL": [], "NOT_NULL": [], "BETWEEN": list(self.bounds(steps)),
                  "IN": [self.scalar(steps), self.scalar(steps)], "BEGINS_WITH": [self.prefix(steps)]}.get(op)
        if values is None:
            values = [self.fitting(steps) if op in ("EQ", "NE") else self.scalar(steps)]
        if self.values.mistake(0.01):
            values = values + values
        return {"ComparisonOperator": op, **({"AttributeValueList": values} if values else {})}

    def distinct_names(self, counts):
        return [*dict.fromkeys(self.steps(deep=0)[0] for _ in range(self.chance.choice(counts)))]

    def legacy_filter(self):
        return {name: self.legacy_condition(name) for name in self.distinct_names((1, 1, 2))}

    def expected(self):
        found = self.legacy_filter()
        for name in found:
            if self.chance.random() < 0.3:
                found[name] = {"Value": self.fitting([name])} if self.chance.random() < 0.7 else {"Exists": False}
        return found

    def attribute_updates(self):
        found = {}
        for name in self.distinct_names((1, 2, 3)):
            value = self.known([name])
            action = self.chance.choice(["PUT", "DELETE", "ADD"])
            kind = value[0] if value and value[0] in ("N", "SS", "NS", "BS") else self.chance.choice(("N", "SS"))
            if action == "PUT":
                found[name] = {"Value": self.values.attribute(name, self.table.types), "Action": action}
            elif action == "ADD":
                found[name] = {"Value": self.values.value_of(kind), "Action": action}
            else:
                with_value = kind != "N" and self.chance.random() < 0.5
                found[name] = {"Action": action, **({"Value": self.values.value_of(kind)} if with_value else {})}
        return found
