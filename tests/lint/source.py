#!/usr/bin/python3
"""Rules that a reader of the sources counts on: sizes, banned functions, contracts above public functions, no loose ends."""

import glob
import os
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))

FILE_MAX, FILE_WARN = 700, 450  # lines
FUNCTION_MAX = 80
BANNED = ("strcpy strcat sprintf vsprintf strtok gets atoi atol atof alloca tmpnam mktemp system popen rand asctime ctime gmtime "
          "localtime strncpy").split()
# Where a rule has to give way, say why: "path: name".
ALLOWED = set()
LOOSE = re.compile(r"\b(TODO|FIXME|XXX|HACK|WIP|stub|placeholder|not implemented|unimplemented)\b", re.I)

failures = 0


def report(rule, where, what):
    global failures
    failures += 1
    print(f"not ok source: {where}: {rule}: {what}")


def sources(*folders):
    return sorted(path for folder in folders for path in glob.glob(folder + "/**/*.[ch]", recursive=True))


def without_comments(text):
    """Comments and string contents blanked, line by line, so that numbers of lines stay."""
    def blank(match):
        found = match.group(0)
        return '""' if found[0] == '"' else "''" if found[0] == "'" else re.sub(r"[^\n]", " ", found)

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def check_length(path, lines):
    if len(lines) > FILE_MAX:
        report("file length", path, f"{len(lines)} lines, at most {FILE_MAX}")
    elif len(lines) > FILE_WARN:
        print(f"warn source: {path}: {len(lines)} lines; think of dividing it")


def check_functions(path, lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            if number - start > FUNCTION_MAX:
                report("function length", f"{path}:{start}", f"{number - start} lines, at most {FUNCTION_MAX}")
            start = None


def check_banned(path, code):
    for number, line in enumerate(code.split("\n"), 1):
        for name in re.findall(r"(?<![\w.>])(\w+)\s*\(", line):
            if name in BANNED and f"{path}: {name}" not in ALLOWED:
                report("banned function", f"{path}:{number}", name)


def check_loose(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        found = LOOSE.search(line)
        if found:
            report("loose end", f"{path}:{number}", found.group(0))


def check_contracts(path, text):
    """In public headers every group of prototypes (lines up to an empty line), or the group before it, has a comment."""
    before = ""
    for group in re.split(r"\n\s*\n", text):
        both, before = before + group, group
        prototype = re.search(r"^[A-Za-z_][^;{}#]*\b(\w+)\([^;{}]*\)[^;{}]*;", without_comments(group), re.M)
        if prototype and "/*" not in both:
            report("no contract", path, prototype.group(1))


def main():
    files = 0
    for path in sources("engine", "fs", "src", "tests"):
        files += 1
        with open(path, encoding="utf-8") as f:
            text = f.read()
        code = without_comments(text)
        check_loose(path, text)
        if not path.startswith("tests/"):
            lines = text.split("\n")
            check_banned(path, code)
            check_length(path, lines)
            check_functions(path, lines)
    for path in glob.glob("engine/*.h") + glob.glob("engine/base/*.h"):
        with open(path, encoding="utf-8") as f:
            check_contracts(path, f.read())
    if not failures:
        print(f"ok source: {files} files")
    return failures > 0


sys.exit(main())
