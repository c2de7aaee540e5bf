"""Numbers and items against Python's decimal and json, on random cases.

The C side is the program value_driver (tests/unit/value_driver.c), found in $ITEMFS_BUILD, by default build/tests of the repository. Every run
prints its seed; PROPERTY_SEED repeats one.
"""

import decimal
import json
import os
import pathlib
import random
import shutil
import subprocess

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
DRIVER = pathlib.Path(os.environ.get("ITEMFS_BUILD", REPO / "build" / "tests")) / "value_driver"
EXACT = decimal.Context(prec=800, Emin=-99999, Emax=99999)
BIGGEST = decimal.Decimal("9.9999999999999999999999999999999999999E+125")
SMALLEST = decimal.Decimal("1E-130")
MANY = 5000

pytestmark = pytest.mark.skipif(not DRIVER.exists(), reason=f"{DRIVER} is not built")


@pytest.fixture
def rng():
    seed = int(os.environ.get("PROPERTY_SEED", random.SystemRandom().randrange(2**32)))
    print(f"PROPERTY_SEED={seed}")
    return random.Random(seed)


def ask(requests):
    """One answer, cut into words, for each request."""
    text = "".join(request + "\n" for request in requests)
    run = subprocess.run([DRIVER], input=text, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    answers = [line.split(" ") for line in run.stdout.split("\n")[:-1]]
    assert len(answers) == len(requests)
    return answers


def hex_of(text):
    return (text if isinstance(text, bytes) else text.encode()).hex()


def text_of(answer):
    assert answer[0] == "ok", answer
    return bytes.fromhex(answer[1]).decode()


# Numbers


def significant(d):
    digits = "".join(map(str, d.as_tuple().digits)).strip("0")
    return len(digits)


def storable(d):
    return d == 0 or (SMALLEST <= abs(d) <= BIGGEST and significant(d) <= 38)


def random_number_text(rng):
    digits = "".join(rng.choice("0123456789" if rng.random() < 0.8 else "09") for _ in range(rng.randint(1, rng.choice([3, 8, 20, 39]))))
    point = rng.randint(0, len(digits))
    body = digits if rng.random() < 0.4 else f"{digits[:point]}.{digits[point:]}"
    sign = rng.choice(["", "", "-", "+"])
    if rng.random() < 0.5:
        return sign + body
    exponent = rng.choice([rng.randint(-5, 5), rng.randint(-45, 45), rng.randint(-140, 135)])
    return f"{sign}{body}{rng.choice('eE')}{exponent:{rng.choice(['', '+'])}d}"


def near(rng, text):
    """A number of much the same size, so that sums fit often and digits cancel."""
    d = EXACT.create_decimal(text)
    if d == 0:
        return random_number_text(rng)
    other = EXACT.create_decimal(rng.randint(-(10 ** rng.randint(1, 38)), 10 ** rng.randint(1, 38)))
    return str(EXACT.scaleb(other, d.adjusted() - rng.randint(0, 38)))


def test_numbers_read_print_and_order_as_decimal(rng):
    texts = [random_number_text(rng) for _ in range(MANY)]
    good = []
    for text, answer in zip(texts, ask([f"number {text}" for text in texts])):
        d = EXACT.create_decimal(text)
        assert (answer[0] == "ok") == storable(d), (text, answer)
        if answer[0] != "ok":
            continue
        encoding, canonical, plain, digits, size = answer[1:]
        assert decimal.Decimal(canonical) == d and decimal.Decimal(plain) == d, (text, answer)
        assert "E" not in plain and len(canonical) <= 46 and ("E" in canonical) == (len(plain) > 40), (text, answer)
        assert int(digits) == max(1, significant(d))
        assert int(size) == (int(digits) + 1) // 2 + 1 + (d < 0)
        assert len(encoding) <= 48
        good.append((d, bytes.fromhex(encoding)))
    assert len(good) > MANY // 3
    good.sort()
    for (a, a_bytes), (b, b_bytes) in zip(good, good[1:]):
        assert (a == b) == (a_bytes == b_bytes), (a, b)
        assert a_bytes <= b_bytes, (a, b)


@pytest.mark.parametrize("what", ["add", "sub"])
def test_sums_as_decimal(rng, what):
    pairs = []
    while len(pairs) < MANY:
        a = random_number_text(rng)
        b = near(rng, a) if rng.random() < 0.8 else random_number_text(rng)
        if storable(EXACT.create_decimal(a)) and storable(EXACT.create_decimal(b)):
            pairs.append((a, b))
    fits = 0
    for (a, b), answer in zip(pairs, ask([f"{what} {a} {b}" for a, b in pairs])):
        da, db = EXACT.create_decimal(a), EXACT.create_decimal(b)
        exact = EXACT.add(da, db) if what == "add" else EXACT.subtract(da, db)
        assert (answer[0] == "ok") == storable(exact), (a, b, exact, answer)
        if answer[0] == "ok":
            assert decimal.Decimal(answer[1]) == exact, (a, b)
            fits += 1
    assert MANY // 10 < fits < MANY


# Items, in DynamoDB's JSON


def random_string(rng):
    alphabet = rng.choice(["ab", "key name 0123456789", "é漢😀\u2028\ufeff", '"\\/\b\f\n\r\t\x00\x1f\x7f', "$nbsm"])
    return "".join(rng.choice(alphabet) for _ in range(rng.choice([0, 1, 3, 20])))


def random_name(rng):
    return rng.choice(["", "$"]) + (random_string(rng) or "n") if rng.random() < 0.7 else rng.choice(["$n", "$b", "$ss", "$ns", "$bs", "$m"])


def random_plain_number(rng):
    while True:
        text = random_number_text(rng)
        d = EXACT.create_decimal(text)
        if storable(d):
            return f"{d + 0:f}" if d else "0"


def random_base64(rng):
    import base64

    return base64.b64encode(rng.randbytes(rng.choice([0, 1, 2, 3, 17]))).decode()


def random_value(rng, depth):
    kind = rng.choice("S N N B BOOL NULL L M M SS NS BS".split() if depth < 5 else "S N BOOL".split())
    if kind == "L":
        return {"L": [random_value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3]))]}
    if kind == "M":
        return {"M": {random_name(rng): random_value(rng, depth + 1) for _ in range(rng.choice([0, 1, 1, 3]))}}
    if kind in ("SS", "NS", "BS"):
        make = {"S": random_string, "N": random_plain_number, "B": random_base64}[kind[0]]
        members = [make(rng) for _ in range(rng.randint(1, 4))]
        return {kind: list({EXACT.create_decimal(m) if kind == "NS" else m: m for m in members}.values())}
    scalars = {"S": random_string, "N": random_plain_number, "B": random_base64, "BOOL": lambda r: r.random() < 0.5, "NULL": lambda r: True}
    return {kind: scalars[kind](rng)}


def random_item(rng):
    return {random_name(rng): random_value(rng, 0) for _ in range(rng.choice([0, 1, 4, 8]))}


def in_canonical_order(value):
    """Sets as the writer sorts them; everything else as it is."""
    (kind, body), = value.items()
    if kind == "L":
        return {"L": [in_canonical_order(v) for v in body]}
    if kind == "M":
        return {"M": {name: in_canonical_order(v) for name, v in body.items()}}
    if kind == "NS":
        return {"NS": sorted((number_text(n) for n in body), key=decimal.Decimal)}
    if kind == "BS":
        import base64

        return {"BS": sorted(body, key=base64.b64decode)}
    if kind == "SS":
        return {"SS": sorted(body, key=str.encode)}
    return {"N": number_text(body)} if kind == "N" else value


def number_text(text):
    d = EXACT.normalize(EXACT.create_decimal(text))
    return f"{d:f}" if d else "0"


def read_all(form, texts):
    answers = ask([f"read {form} {hex_of(text)}" for text in texts])
    for text, answer in zip(texts, answers):
        assert answer[0] == "ok", (text, answer)
    return [answer[1] for answer in answers]


def write_all(form, style, items):
    return [text_of(answer) for answer in ask([f"write {form} {style} {item}" for item in items])]


@pytest.fixture
def items(rng):
    """Random items: as Python has them, and as bytes."""
    typed = [random_item(rng) for _ in range(2000)]
    return typed, read_all("typed", [json.dumps(item, ensure_ascii=rng.random() < 0.5) for item in typed])


def test_typed_and_back_is_the_identity(items):
    typed, binary = items
    for before, text in zip(typed, write_all("typed", "pretty", binary)):
        after = json.loads(text)
        assert after == {name: in_canonical_order(value) for name, value in before.items()}
        assert list(after) == sorted(after, key=str.encode)


@pytest.mark.parametrize("style", ["pretty", "line"])
@pytest.mark.parametrize("form", ["natural", "typed"])
def test_every_form_reads_back_to_the_same_bytes(items, form, style):
    binary = items[1]
    texts = write_all(form, style, binary)
    assert read_all(form, texts) == binary
    assert write_all(form, style, read_all(form, texts)) == texts
    for chunk in (1, 7, 1 << 20):
        assert all(answer == ["ok", "done"] for answer in ask([f"scan {chunk} {hex_of(text)}" for text in texts]))


def test_natural_survives_python(items, rng):
    binary = items[1]
    texts = write_all("natural", "pretty", binary)
    through = [json.dumps(json.loads(text), indent=rng.choice([None, 3]), ensure_ascii=rng.random() < 0.5) for text in texts]
    assert read_all("natural", through) == binary


@pytest.mark.parametrize("command", [["jq", "-c", "."], ["node", "-e", "require('readline').createInterface({input: process.stdin})"
                                     ".on('line', l => console.log(JSON.stringify(JSON.parse(l))))"]], ids=["jq", "node"])
def test_natural_survives(items, command):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    binary = items[1]
    lines = write_all("natural", "line", binary)
    run = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120, check=True)
    through = run.stdout.split("\n")[: len(lines)]
    assert read_all("natural", through) == binary


def test_every_prefix_waits_and_damage_never_passes_unseen(items, rng):
    """What the scanner calls bad, the reader refuses; what the reader takes, the scanner calls done."""
    texts = [text.encode() for text in write_all("natural", "line", items[1][:600])]
    prefixes = [text[: rng.randrange(len(text))] for text in texts]
    assert all(answer == ["ok", "more"] for answer in ask([f"scan 5 {hex_of(text)}" for text in prefixes]))
    damaged = []
    for text in texts:
        at = rng.randrange(len(text))
        damaged.append(text[:at] + bytes([rng.choice(b'{}[]",:0\\eu\x00\xc3 ')]) + text[at + rng.randint(0, 1) :])
    scans = ask([f"scan 3 {hex_of(text)}" for text in damaged])
    reads = ask([f"read natural {hex_of(text)}" for text in damaged])
    for text, scan, read in zip(damaged, scans, reads):
        assert read[0] != "ok" or scan[1] == "done", text
