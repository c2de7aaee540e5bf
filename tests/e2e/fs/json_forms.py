"""json_forms.py TABLE: what the strict reader takes and refuses, with the place; the canonical writer."""

import json
import sys

from lib import canonical, check, code_of, equal, finish, load, read, refused, write, xattr

table = sys.argv[1]
path = table + "/item.json"
OLD = b'{"v": "old"}'

# text, what the sentence must hold ("line L, column C" where the place is beyond doubt)
REFUSED = [
    (b"\xef\xbb\xbf{}", "line 1, column 1"),  # byte-order mark
    (b"[]", "line 1, column 1"),
    (b'{"a": 1} x', "line 1, column 10"),
    (b'{"a": 1}\n{"b": 2}', "line 2, column 1"),
    (b'{"a": 1,}', "line 1, column 9"),
    (b'{"a" 1}', "line 1, column 6"),
    (b'{a: 1}', "line 1, column 2"),
    (b'{"a": nul}', "line 1"),
    (b'{"a": NaN}', "line 1, column 7"),
    (b'{"a": Infinity}', "line 1, column 7"),
    (b'{"a": -Infinity}', "line 1"),
    (b'{"a": +1}', "line 1, column 7"),
    (b'{"a": 01}', "line 1"),
    (b'{"a": 1.}', "line 1"),
    (b'{"a": .5}', "line 1, column 7"),
    (b'{"a": 1e}', "line 1"),
    (b'{"a": 0x10}', "line 1"),
    (b'{"a": 1} // comment', "line 1, column 10"),
    (b'{/* comment */"a": 1}', "line 1, column 2"),
    (b'{\n  "a": 1,\n  "b": \'x\'\n}', "line 3, column 8"),
    (b'{"a": 1, "a": 2}', "line 1, column 10"),
    (b'{"m": {"x": 1, "x": 2}}', "line 1, column 16"),
    (b'{"a": "\xff"}', "line 1, column 8"),
    (b'{"a": "\xc0\x80"}', "line 1"),
    (b'{"a": "\xed\xa0\x80"}', "line 1"),
    (b'{"a": "\\ud800"}', "line 1"),
    (b'{"a": "\\udc00x"}', "line 1"),
    (b'{"a": "\\x41"}', "line 1"),
    (b'{"a": "tab\there"}', "line 1, column 11"),
    ('{"ä": "ö", x}'.encode(), "line 1, column 12"),  # columns count characters
    (b'{"a": ' + b"[" * 33 + b"]" * 33 + b"}", "line 1"),
    (b'{"a": {"$ss": []}}', "line 1"),
    (b'{"a": {"$ss": ["x", "x"]}}', "line 1"),
    (b'{"a": {"$ns": [1, 1.0]}}', "line 1"),
    (b'{"a": {"$bs": ["AA==", "AA=="]}}', "line 1"),
    (b'{"a": {"$ss": [1]}}', "line 1"),
    (b'{"a": {"$ns": ["x"]}}', "line 1"),
    (b'{"a": {"$n": "x"}}', "line 1"),
    (b'{"a": {"$n": 5}}', "line 1"),
    (b'{"a": {"$b": "not base64!"}}', "line 1"),
    (b'{"a": {"$x": 1}}', "line 1"),
    (b'{"a": {"$m": 1}}', "line 1"),
    (b'{"a": {"$m": {"$m": {"$m": 1}}}}', "line 1"),  # a wrapped map whose only member must be wrapped itself
    (b'{"": 1, "a": 2}', "line 1, column 2"),
    (b'{"a": ' + b"1" * 39 + b"}", "line 1"),
    (b'{"a": 1.' + b"1" * 38 + b"}", "line 1"),
    (b'{"a": {"$n": "' + b"1" * 39 + b'"}}', "line 1"),
    (b'{"a": 1e126}', "line 1"),
    (b'{"a": 1e-131}', "line 1"),
    (b'{"a": 1e99999999999999999999}', "line 1"),
]

# text, the value of "a" as the file shows it
TAKEN = [
    (b'{"a": 1.0}', 1),
    (b'{"a": -0}', 0),
    (b'{"a": 100e-2}', 1),
    (b'{"a": {"$n": "5"}}', 5),
    (b'{"a": 12345678901234567890}', {"$n": "12345678901234567890"}),
    (b'{"a": 1234567890123456}', {"$n": "1234567890123456"}),
    (b'{"a": 1e-130}', 1e-130),
    (b'{"a": {"$n": "9.9999999999999999999999999999999999999E+125"}}', None),
    (b'{"a": "\\u0041\\ud834\\udd1e"}', "A\U0001d11e"),
    (b'{"a": "\\u0000"}', "\0"),
    (b'{"a": {"$b": ""}}', {"$b": ""}),
    (b'{"a": {"$m": {"x": 1}}}', {"x": 1}),
    (b'{"a": {"$m": {"$n": "1"}}}', {"$m": {"$n": "1"}}),
    (b'{"a": {"$m": {"$m": {"$m": {"$m": {"x": 1}}}}}}', None),
    (b'{"a": {"$x": 1, "$y": 2}}', {"$x": 1, "$y": 2}),
    (b'{"a": {"$ss": ["b", "a", "\xc3\xa4"]}}', {"$ss": ["a", "b", "ä"]}),
    (b'{"a": {"$ns": [10, 9, -1]}}', {"$ns": [-1, 9, 10]}),
    (b'{"a": {"$bs": ["Ag==", "AQ=="]}}', {"$bs": ["AQ==", "Ag=="]}),
    (b'{"a": ' + b"[" * 31 + b"]" * 31 + b"}", None),
    (b' \t\r\n{"a": "x"}\r\n \t', "x"),
]


def refusals():
    for text, place in REFUSED:
        write(path, OLD)
        code = code_of(write, path, text)
        sentence = xattr(path, "error") if code else ""
        shown = text if len(text) < 60 else text[:40] + b"..."
        good = code == "EINVAL" and place + ("" if "column" not in place else " ") in sentence.replace(":", " ").replace(".", " ") + " "
        check(f"refused: {shown!r}", good and load(path)["v"] == "old", f"{code or 'taken'}; {place}; said: {sentence}")


def acceptances():
    for text, shown in TAKEN:
        try:
            write(path, text)
            first = read(path)
            value = json.loads(first)["a"]
            write(path, first)
            good = (shown is None or value == shown) and type(value) in (type(shown), float, dict, list, str, int) and read(path) == first
            check(f"taken: {text[:60]!r}", good, f"shown: {first!r}")
        except OSError as error:
            check(f"taken: {text[:60]!r}", False, f"{error}: {xattr(path, 'error')}")


def canonical_text():
    item = {"id": "item", "b": [1, [2, {"z": 1, "y": []}]], "B": {}, "a": None, "ä": "ü\u007f\u2028", "aa": "\u0001\n\"\\/", "0": True}
    write(path, json.dumps(item))
    equal("key first, then the bytes of the names, two spaces", canonical(item, "id"), read(path))
    write(path, json.dumps(dict(reversed(item.items())), indent=7))
    equal("whatever the order and layout it came in", canonical(item, "id"), read(path))


def digits():
    for number in ("0", "1", "-1", "123456789012345", "0.1", "-0.00001", "1e20", "1e-20", "123456789.012345", "1e125", "-1e-130"):
        write(path, b'{"a": %s}' % number.encode())
        shown = read(path)
        value = json.loads(shown)["a"]
        equal(f"{number}: a plain number that a double keeps", float(number), float(value) if not isinstance(value, dict) else value)
    longest = "1." + "2345678901234567890123456789012345678"
    write(path, b'{"a": -%se50}' % longest.encode())
    check("38 digits are kept", "1.2345678901234567890123456789012345678".replace(".", "") in read(path).decode().replace(".", ""), read(path))


def sizes():
    """The size is DynamoDB's, names plus values: 409,600 bytes, not the file's."""
    overhead = len("id") + len("item") + len("v")
    write(path, {"v": "x" * (409_600 - overhead)})
    equal("an item of exactly 400 KB", 409_600 - overhead, len(load(path)["v"]))
    refused("one byte more", "EFBIG", write, path, {"v": "x" * (409_600 - overhead + 1)})
    write(path, {"v": "\u0001" * (409_600 - overhead)})
    equal("one whose text is six times as long", 409_600 - overhead, len(load(path)["v"]))


for test in (refusals, acceptances, canonical_text, digits, sizes):
    try:
        test()
    except Exception as error:
        check(test.__name__, False, repr(error))
finish()
