"""Expressions as text to trees: tuples whose first member tells what they are.

    ("path", [name or index, ...])  ("value", ":v", value)  ("call", function, [operand, ...])
    ("compare", op, a, b)  ("between", a, low, high)  ("in", a, [operand, ...])  ("and", a, b)  ("or", a, b)  ("not", a)
"""

import re

from errors import Unsure, invalid

TOKEN = re.compile(r"\s*(?:([#:][A-Za-z0-9_]+)|([A-Za-z_][A-Za-z0-9_]*)|(\d+)|(<>|<=|>=|[-=<>+(),.\[\]]))")
KEYWORDS = {"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"}
# Some of DynamoDB's reserved words; the generator uses no others.
RESERVED = KEYWORDS | {"NAME", "STATUS", "SIZE", "VALUE", "VALUES", "DATE", "COUNT", "DATA", "TYPE", "KEY", "ITEMS", "WITH"}
CONDITIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
OPERANDS = {"size": 1}
UPDATES = {"if_not_exists": 2, "list_append": 2}
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


class Places:
    """ExpressionAttributeNames and -Values of a request, and which of them its expressions used."""

    def __init__(self, names, values):
        self.names, self.values, self.used = names, values, set()

    def check_all_used(self):
        for what, given in (("Names", self.names), ("Values", self.values)):
            unused = [key for key in given if key not in self.used]
            if unused:
                more = "..." if len(unused) > 1 else f"{{{unused[0]}}}"
                raise invalid(f"Value provided in ExpressionAttribute{what} unused in expressions: keys: {more}")


class Parser:
    def __init__(self, kind, text, places):
        self.kind, self.places = kind, places
        self.tokens, self.complaints, at = [], [], 0
        if not text:
            raise self.error("The expression can not be empty;")
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if not match:
                raise self.syntax()
            self.tokens.append(match.group().strip())
            at = match.end()
        self.tokens.append("")
        self.at = 0

    def error(self, message):
        return invalid(f"Invalid {self.kind}: {message}")

    def syntax(self):
        if self.complaints:
            return invalid()  # which is told first is open
        return self.error("Syntax error; token: ...")

    def complain(self, message):
        """What is wrong in an expression whose syntax may yet turn out to be wrong, too."""
        self.complaints.append(self.error(message))

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def peek_at(self, at):
        return self.tokens[min(at, len(self.tokens) - 1)].upper()

    def keyword(self):
        return self.peek().upper() if self.peek().upper() in KEYWORDS else None

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token):
        if self.peek().upper() != token:
            raise self.syntax()
        return self.next()

    def end(self):
        if self.peek() != "":
            raise self.syntax()
        if self.complaints:
            raise self.complaints[0] if len(self.complaints) == 1 else invalid()

    def several(self, one, separator=","):
        found = [one()]
        while self.peek() == separator:
            self.next()
            found.append(one())
        return found

    # --- operands

    def name(self):
        token = self.peek()
        if token.startswith("#"):
            if token not in self.places.names:
                self.complain(f"An expression attribute name used in the document path is not defined; attribute name: {token}")
            self.places.used.add(self.next())
            return self.places.names.get(token, token)
        if token.upper() in KEYWORDS:
            raise invalid()  # bad syntax or a reserved word: both are true
        if not re.match(r"[A-Za-z_]", token):
            raise self.syntax()
        if token.upper() in RESERVED:
            self.complain(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return self.next()

    def path(self):
        steps = [self.name()]
        while self.peek() in (".", "["):
            if self.next() == ".":
                steps.append(self.name())
                continue
            if not self.peek().isdigit():
                raise self.syntax()
            steps.append(int(self.next()))
            self.expect("]")
        return ("path", steps)

    def value(self):
        token = self.peek()
        if not token.startswith(":"):
            raise self.syntax()
        if token not in self.places.values:
            self.complain(f"An expression attribute value used in expression is not defined; attribute value: {token}")
        self.places.used.add(self.next())
        return ("value", token, self.places.values.get(token, ("NULL", True)))

    def call(self):
        function = self.next()
        known = {**CONDITIONS, **OPERANDS} if self.kind != "UpdateExpression" else UPDATES
        if function not in {**CONDITIONS, **OPERANDS, **UPDATES}:
            self.complain(f"Invalid function name; function: {function}")
        elif function not in known:
            self.complain("The function is not allowed in...")
        self.expect("(")
        if self.peek() == ")":
            raise invalid()  # bad syntax or a wrong number of operands
        arguments = self.several(self.operand)
        self.expect(")")
        if len(arguments) != known.get(function, len(arguments)):
            self.complain("Incorrect number of operands for operator or function; "
                          f"operator or function: {function}, number of operands: {len(arguments)}")
        return ("call", function, arguments)

    def operand(self):
        if self.peek() == "(":
            raise Unsure("operands in parentheses")
        if self.peek().startswith(":"):
            return self.value()
        if self.peek(1) == "(" and re.match(r"[A-Za-z_]", self.peek()) and not self.keyword():
            return self.call()
        return self.path()

    # --- conditions

    def condition(self):
        tree = self.either()
        self.end()
        return tree

    def either(self):
        tree = self.both()
        while self.keyword() == "OR":
            self.next()
            tree = ("or", tree, self.both())
        return tree

    def both(self):
        tree = self.negation()
        while self.keyword() == "AND":
            self.next()
            tree = ("and", tree, self.negation())
        return tree

    def negation(self):
        if self.keyword() == "NOT":
            self.next()
            return ("not", self.negation())
        if self.peek() == "(":
            return self.parentheses()
        return self.predicate()

    def parentheses(self):
        if self.peek_at(self.closes(self.at) + 1) in (*COMPARISONS, "BETWEEN", "IN"):
            raise Unsure("operands in parentheses")
        self.next()
        twice = self.peek() == "("
        start = self.at
        tree = self.either()
        if twice and self.closes(start) == self.at - 1:
            self.redundant = True
        self.expect(")")
        return tree

    redundant = False

    def closes(self, start):
        depth = 0
        for at in range(start, len(self.tokens)):
            depth += (self.tokens[at] == "(") - (self.tokens[at] == ")")
            if depth == 0:
                return at
        return -1

    def predicate(self):
        left = self.operand()
        token = self.keyword() or self.peek()
        if token in COMPARISONS:
            return ("compare", self.next(), left, self.operand())
        if token == "BETWEEN":
            self.next()
            low = self.operand()
            self.expect("AND")
            return ("between", left, low, self.operand())
        if token == "IN":
            self.next()
            self.expect("(")
            among = self.several(self.operand)
            self.expect(")")
            return ("in", left, among)
        if left[0] == "call":
            if left[1] in {**OPERANDS, **UPDATES}:
                self.complain("The function is not allowed to be used this way in an expression; function: " + left[1])
            return left
        raise self.syntax()

    # --- projections and updates

    def projection(self):
        paths = self.several(self.path)
        self.end()
        return [path[1] for path in paths]

    def update(self):
        """[(action, path, operand or None), ...]"""
        actions, seen = [], set()
        while self.peek() != "" or not seen:
            clause = self.keyword()
            if clause not in ("SET", "REMOVE", "ADD", "DELETE"):
                raise self.syntax()
            if clause in seen:
                self.complain(f'The "{clause}" section can only be used once in an update expression;')
            seen.add(clause)
            self.next()
            actions += self.several(lambda: self.action(clause))
        self.end()
        return actions

    def action(self, clause):
        path = self.path()[1]
        if clause == "REMOVE":
            return (clause, path, None)
        if clause == "SET":
            self.expect("=")
            left = self.operand()
            if self.peek() in ("+", "-"):
                left = ("sum", self.next(), left, self.operand())
            return (clause, path, left)
        if not self.peek().startswith(":"):
            raise self.syntax()
        return (clause, path, self.value())
