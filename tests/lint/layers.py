#!/usr/bin/python3
"""Includes follow the arrows: src -> fs -> engine; inside engine base <- value <- key <- expr; {key, crypt} <- store <- table <- op.

fs and src see engine/*.h and engine/base/*.h only. Every include of ours names its folder.
"""

import glob
import os
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))

# Which rooms a room may include from. The headers at the top of engine/ belong to rooms too.
ROOMS = {
    "base": "base",
    "value": "base value",
    "key": "base value key",
    "expr": "base value key expr",
    "crypt": "base value crypt",
    "store": "base value key crypt store",
    "table": "base value key crypt store table",
    "op": "base value key expr crypt store table op",
    "front": "base value key expr crypt store table op front",
}
PUBLIC = {
    "status": "base", "limits": "base", "caller": "base", "item": "value", "json": "value", "number": "value",
    "key": "key", "expr": "expr", "keyring": "crypt", "table": "table", "change": "table", "op": "op", "op_query": "op", "op_batch": "op",
    "op_transact": "op", "op_table": "op", "op_statement": "op", "capacity": "table", "user": "crypt", "engine": "front",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def room(path):
    """The room of a file of engine/; files at its top have the room of their public header."""
    parts = path.split("/")
    if len(parts) > 2:
        return parts[1]
    return PUBLIC.get(os.path.splitext(parts[1])[0], "front")


def public(path):
    return re.fullmatch(r"engine/(base/)?[^/]+\.h", path) is not None


def wrong(path, included):
    top = path.split("/")[0]
    other = included.split("/")[0]
    if not os.path.exists(included):
        return "is not a path from the top of the tree"
    if top == "engine":
        if other != "engine":
            return "goes up"
        if room(path) in ROOMS and room(included) not in ROOMS[room(path)].split():
            return f"goes from room {room(path)} to {room(included)}"
    if top in ("fs", "src"):
        if other == "engine" and not public(included):
            return "reaches into a private header of engine/"
        if top == "fs" and other == "src":
            return "goes up"
    return None


def main():
    failures = files = 0
    for path in sorted(glob.glob("engine/**/*.[ch]", recursive=True) + glob.glob("fs/**/*.[ch]", recursive=True)
                       + glob.glob("src/**/*.[ch]", recursive=True)):
        files += 1
        with open(path, encoding="utf-8") as f:
            for included in INCLUDE.findall(f.read()):
                why = wrong(path, included)
                if why:
                    failures += 1
                    print(f'not ok layers: {path}: "{included}" {why}')
    if not failures:
        print(f"ok layers: {files} files")
    return failures > 0


sys.exit(main())
