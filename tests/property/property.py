"""Random operations of the DynamoDB API against the server and against the model; stops at the first difference.

The seed (PROPERTY_SEED) repeats a run. A difference is shown with the requests that made it, as few as were found, ready for
`aws dynamodb OPERATION --cli-input-json`.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import large
import many
from compare import difference, failure_difference, text
from errors import Failure, Unsure
from generate import Generator
from generate_values import INDEX_KEYS, another_definition, random_definitions, random_global, with_types
from model import Model
from query import Groups
from server import Server
from shrink import shrink
from values import item_from, item_size

CHECK_EVERY = 2000
RESTART_EVERY = 700
BUILD_EVERY = 150
START = {"LastEvaluatedKey": "ExclusiveStartKey", "NextToken": "NextToken"}


class Different(Exception):
    pass


class Run:
    def __init__(self, options, directory):
        self.options, self.chance = options, random.Random(options.seed)
        self.server = Server(options.program, f"{directory}/store", f"{directory}/key", f"{directory}/log")
        self.model = Model()
        self.generator = Generator(self.chance, self.model)
        self.definitions = random_definitions(self.chance)
        self.calls, self.counts, self.builds = [], {}, {}

    # --- one request

    def create_tables(self):
        for definition in self.definitions:
            self.create_table(definition)

    def create_table(self, definition):
        self.send("CreateTable", definition)
        self.model.create_table(definition)
        self.wait_active(definition["TableName"])

    def send(self, operation, request):
        status, kind, body = self.server.call(operation, request)
        if status != 200:
            raise Different(f"{operation} {text(request)}\n    got {status} {kind}: {body}")
        return body

    def wait_active(self, name):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            table = self.server.call("DescribeTable", {"TableName": name})[2]["Table"]
            indexes = {index["IndexName"]: index["IndexStatus"] for index in table.get("GlobalSecondaryIndexes", [])}
            if table["TableStatus"] == "ACTIVE" and all(status == "ACTIVE" for status in indexes.values()):
                return set(indexes)
            time.sleep(0.01)
        raise Different(f"{name} does not become ACTIVE: {indexes}")

    def step(self):
        operation, request, meaning, paging = self.generator.call()
        call = operation, json.loads(json.dumps(request)), meaning, paging
        try:
            self.perform(call)
            self.calls.append(call)
        except Unsure:
            self.count("unsure")
        except Different:
            self.calls.append(call)
            raise

    def perform(self, call):
        operation, request, _, paging = call
        first_page = {**request, **({"Segment": 0} if "TotalSegments" in request else {})}
        try:
            expected, failure = self.predict(*call), None
        except Failure as refused:
            expected, failure = None, refused
        self.count(operation, failure)
        if paging and failure is None:
            found = self.pages_difference(operation, request, expected)
        else:
            found = self.reply_difference(operation, first_page, expected, failure)
        if found:
            raise Different(f"{operation} {text(request)}\n    {found}")

    def predict(self, operation, request, meaning, paging):
        if paging:
            request = {name: value for name, value in request.items() if name not in ("Limit", "TotalSegments", "ReturnConsumedCapacity")}
        return self.model.call(operation, request, meaning)

    def count(self, what, failure=None):
        good, bad = self.counts.get(what, (0, 0))
        self.counts[what] = (good, bad + 1) if failure else (good + 1, bad)

    def reply_difference(self, operation, request, expected, failure):
        status, kind, body = self.server.call(operation, request)
        if failure:
            return failure_difference(failure, status, kind, body)
        return difference(expected, body) if status == 200 else f"expected {text(expected)}\n    got {status} {kind}: {body}"

    def pages_difference(self, operation, request, expected):
        """Reads page after page (of each segment); together they must be what one reading would give."""
        token = "NextToken" if operation == "ExecuteStatement" else "LastEvaluatedKey"
        expected.pop("ConsumedCapacity", None)
        total = {name: [] if isinstance(value, list) else 0 for name, value in expected.items()}
        for segment in range(request.get("TotalSegments", 1)):
            page = {**request, **({"Segment": segment} if "TotalSegments" in request else {})}
            while True:
                status, kind, body = self.server.call(operation, page)
                if status != 200:
                    return f"page: {text(page)}\n    got {status} {kind}: {body}"
                for name in total:
                    total[name] += body.get(name, [] if isinstance(total[name], list) else 0)
                start, scanned, limit = body.get(token), body.get("ScannedCount"), request.get("Limit")
                if limit and scanned is not None and request["TableName"] != "Large" and (scanned > limit or (start and scanned < limit)):
                    return f"a page of {scanned} items, Limit is {limit}"
                if operation != "ExecuteStatement" and not self.small(request, body):
                    return "a page of more than 1 MB"
                if not start:
                    break
                page[START[token]] = start
        if "TotalSegments" in request and "Items" in expected:
            expected["Items"] = Groups([[item for group in expected["Items"] for item in group]])
        return difference(expected, total)

    def small(self, request, body):
        return sum(item_size(item_from(item)) for item in body.get("Items", [])) <= 1 << 20 or request.get("Select") == "ALL_ATTRIBUTES"

    # --- all of it

    def compare_all(self):
        for table in self.model.tables.values():
            for place in table.places():
                request = {"TableName": table.name, **({"IndexName": place.name} if place is not table else {})}
                items = table.dump(place)
                expected = {"Items": Groups([items]), "Count": len(items), "ScannedCount": len(items)}
                found = self.pages_difference("Scan", request, expected)
                if found:
                    raise Different(f"all of {table.name} {place.name}: {found}")
            self.compare_description(table)

    def compare_description(self, table):
        told = self.server.call("DescribeTable", {"TableName": table.name})[2]["Table"]
        places = {index["IndexName"]: index for kind in ("Local", "Global") for index in told.get(kind + "SecondaryIndexes", [])}
        for place in table.places():
            got, views = told if place is table else places[place.name], [view for view, _ in table.entries(place)]
            wanted, found = (len(views), sum(map(item_size, views))), (got["ItemCount"], got.get("TableSizeBytes", got.get("IndexSizeBytes")))
            if wanted != found:
                raise Different(f"items and bytes of {table.name} {place.name}: expected {wanted}, got {found}")

    def read_large(self):
        self.create_table(large.DEFINITION)
        for call in large.calls(self.chance):
            self.perform(call)

    # --- things in between

    def restart(self):
        kill = self.chance.random() < 0.5
        self.server.stop(kill)
        self.server.start()
        self.count("kill -9" if kill else "restart")
        self.compare_all()

    def build(self):
        """Starts to make or delete a global index; the model knows it when it is ready."""
        table = self.generator.table()
        names = [name for name, index in table.indexes.items() if index.is_global]
        if table.name in self.builds:
            return self.built(table)
        if self.chance.random() < 0.1:
            return self.make_anew(table.name)
        if names and self.chance.random() < 0.5:
            name = self.chance.choice(names)
            self.send("UpdateTable", {"TableName": table.name, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]})
            del table.indexes[name]
        else:
            free = [key for key in ("gs", "gn", "gb") if "by_" + key not in table.indexes]
            if not free:
                return None
            index = random_global(self.chance, self.chance.choice(free), table.keys)
            types = {**INDEX_KEYS, **table.attribute_types}
            new = with_types({"KeySchema": index["KeySchema"]}, types)["AttributeDefinitions"]
            self.send("UpdateTable", {"TableName": table.name, "AttributeDefinitions": new,
                                      "GlobalSecondaryIndexUpdates": [{"Create": index}]})
            table.attribute_types.update({a["AttributeName"]: a["AttributeType"] for a in new})
            table.add_index(index)
            table.building = index["IndexName"]
        self.builds[table.name] = True
        self.count("UpdateTable")
        return None

    def make_anew(self, name):
        """Another table of the same name: nothing of the old one may show."""
        self.send("DeleteTable", {"TableName": name})
        end = time.monotonic() + 60
        while time.monotonic() < end and self.server.call("DescribeTable", {"TableName": name})[0] == 200:
            time.sleep(0.01)
        self.create_table(another_definition(self.chance, name))
        self.generator.sent_tokens = []  # what tokens of another table's time mean is open
        self.count("DeleteTable")
        self.compare_all()

    def build_many(self):
        self.create_table(many.DEFINITION)
        for call in many.fill(self.chance):
            self.perform(call)
        self.send("UpdateTable", many.BUILD)
        self.model.tables["Many"].attribute_types["gn"] = "N"
        self.model.tables["Many"].add_index(many.INDEX)
        for at, call in enumerate(many.writes(self.chance)):
            self.perform(call)
            if self.options.restarts and at == 5:
                self.server.stop(kill=True)
                self.server.start()
        self.wait_active("Many")
        self.compare_all()

    def built(self, table):
        del self.builds[table.name]
        table.building = None
        there, known = self.wait_active(table.name), {name for name, index in table.indexes.items() if index.is_global}
        if there != known:
            raise Different(f"indexes of {table.name}: expected {known}, got {there}")
        self.compare_all()

    def go(self):
        self.server.start()
        self.create_tables()
        for at in range(1, self.options.ops + 1):
            self.step()
            if self.options.restarts and at % RESTART_EVERY == 0:
                self.restart()
            if self.options.index_builds and at % BUILD_EVERY == 0:
                self.build()
            if at % CHECK_EVERY == 0:
                self.compare_all()
        self.compare_all()
        self.read_large()
        if self.options.index_builds:
            self.build_many()

    def replay(self, calls):
        self.server.start()
        self.create_tables()
        for call in calls:
            try:
                self.perform(call)
            except Unsure:
                pass
        self.compare_all()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=os.environ.get("ITEMFS", "build/itemfs"))
    parser.add_argument("--ops", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("PROPERTY_SEED") or time.time()))
    parser.add_argument("--restarts", action="store_true")
    parser.add_argument("--index-builds", action="store_true")
    options = parser.parse_args()
    print(f"figure property: seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="itemfs-property.") as directory:
        sys.exit(run(options, directory))


def with_store(options, work):
    """Runs work(run) on a new store; gives what differed, if anything, and the run."""
    with tempfile.TemporaryDirectory(prefix="itemfs-property.") as directory:
        subprocess.run([options.program, "init", "--key-file", f"{directory}/key", f"{directory}/store"], check=True, capture_output=True)
        trial = Run(options, directory)
        try:
            work(trial)
            return None, trial
        except Different as found:
            return found, trial
        except (OSError, ValueError) as error:
            return f"the server does not answer: {error!r}\n" + open(trial.server.log).read()[-2000:], trial
        finally:
            trial.server.stop(kill=True)


def show(options, found, trial):
    print(f"    {found}")
    calls = trial.calls
    if not (options.restarts or options.index_builds) and options.shrink:
        calls = shrink(calls, lambda rest: with_store(options, lambda run: run.replay(rest))[0], options.shrink)
    if len(calls) > 40:
        return
    tables = {name for _, request, _, _ in calls for name in trial.model.tables if name in text(request)}
    for definition in trial.definitions:
        if definition["TableName"] in tables:
            print(f"    CreateTable {text(definition)}")
    for operation, request, _, _ in calls:
        print(f"    {operation} {text(request)}")
    print(f"    then: {with_store(options, lambda run: run.replay(calls))[0]}")


def main():
    options = arguments()
    print(f"figure property: seed {options.seed}", flush=True)
    what = f"{options.ops} operations{', restarts' * options.restarts}{', index builds' * options.index_builds}"
    start = time.monotonic()
    found, trial = with_store(options, Run.go)
    if found:
        print(f"not ok property: {what}: request {len(trial.calls)}, PROPERTY_SEED={options.seed}", flush=True)
        show(options, found, trial)
        return 1
    print(f"ok property: {what}")
    counts = ", ".join(f"{name} {good}+{bad}" for name, (good, bad) in sorted(trial.counts.items()))
    print(f"figure property: {options.ops / (time.monotonic() - start):.0f} operations a second; done + refused: {counts}")
    return 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.environ.get("ITEMFS", "build/itemfs"))
    parser.add_argument("--ops", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("PROPERTY_SEED") or time.time()))
    parser.add_argument("--restarts", action="store_true", help="stop and kill -9 the server in between")
    parser.add_argument("--index-builds", action="store_true", help="make and delete global indexes and tables in between")
    parser.add_argument("--shrink", type=int, default=20, help="seconds to look for fewer requests that differ")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
