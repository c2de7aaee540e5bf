"""DynamoDB's data plane in memory, small and slow, from the API reference and the Developer Guide.

    model = Model(); model.create_table({...}); model.call("PutItem", {...}) -> reply

A request that fails raises Failure; one whose reply the documentation leaves open raises Unsure; both change nothing.
"""

import items
import query
import several
import statements
from errors import Failure, Unsure
from table import Table

OPERATIONS = {**items.OPERATIONS, **query.OPERATIONS, **several.OPERATIONS}


class Model:
    def __init__(self):
        self.tables, self.tokens = {}, {}

    def create_table(self, definition):
        self.tables[definition["TableName"]] = Table(definition)

    def table(self, name):
        if name not in self.tables:
            raise Failure("ResourceNotFoundException", "Requested resource not found")
        return self.tables[name]

    def call(self, operation, request, meaning=None):
        before = {name: dict(table.items) for name, table in self.tables.items()}
        try:
            if operation in OPERATIONS:
                return OPERATIONS[operation](self, request)
            return statements.OPERATIONS[operation](self, request, meaning)
        except (Failure, Unsure):
            for name, found in before.items():
                self.tables[name].items = found
            raise
