#!/usr/bin/python3
"""Debian's package index as JSON Lines: apt-cache dumpavail | packages.py

One package a line, in its newest version. Section and Package are the key."""
import json
import re
import sys

TEXT = ("Section", "Package", "Version", "Architecture", "Priority", "Maintainer", "Homepage", "Description")
NUMBERS = ("Installed-Size", "Size")
LISTS = ("Depends", "Recommends", "Provides")


def stanzas(lines):
    """Each stanza as a dict of its fields' first lines."""
    fields = {}
    for line in lines:
        if line == "\n":
            if fields:
                yield fields
            fields = {}
        elif line[0] not in " \t":
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def order(text):
    """A version part so that Python orders it as dpkg does: '~' before the end, the end before letters, letters before the rest."""
    key = []
    for letters, digits in re.findall(r"([^0-9]*)([0-9]*)", text):
        key.append([-1 if c == "~" else ord(c) if c.isalpha() else ord(c) + 256 for c in letters] + [0])
        key.append([int(digits or 0)])
    return key


def version(text):
    epoch, _, rest = text.rpartition(":")
    upstream, _, revision = rest.rpartition("-")
    return int(epoch or 0), order(upstream or revision), order(revision if upstream else "")


def item(fields):
    out = {name: fields[name] for name in TEXT if fields.get(name)}
    out.setdefault("Section", "unknown")
    out.update({name.replace("-", ""): int(fields[name]) for name in NUMBERS if fields.get(name, "").isdigit()})
    out.update({name: fields[name].split(", ") for name in LISTS if fields.get(name)})
    return out


def main():
    newest = {}
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8")
    for fields in stanzas(sys.stdin):
        name = fields.get("Package")
        if name and (name not in newest or version(fields["Version"]) > version(newest[name]["Version"])):
            newest[name] = fields
    for fields in newest.values():
        print(json.dumps(item(fields), ensure_ascii=False))


main()
