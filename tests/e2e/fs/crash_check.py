"""crash_check.py TABLE ACKS: after a crash, each item is whole and no older than what was acknowledged."""

import os
import sys

from lib import check, finish, load

table, acks = sys.argv[1:]
torn, old, lost, seen = [], [], [], 0


def whole(item):
    n = item["n"]
    return item["pad"] == str(n % 10) * (n % 7 * 700 + 10)


names = os.listdir(table)
for name in names:
    try:
        item = load(f"{table}/{name}")
        seen += 1
        if not whole(item):
            torn.append(name)
    except Exception as error:
        torn.append(f"{name}: {error!r}")

total = 0
for who in range(0, 100):
    lines = open(f"{acks}/{who}").read().split("\n")
    acked = [int(line[4:]) for line in lines if line.startswith("ack ")]
    tried = [int(line[4:]) for line in lines if line.startswith("try ")]
    total += len(acked)
    # A crash between two renames leaves the item under its other name; after the next round both may be there.
    found = [load(f"{table}/{letter}{who}.json") for letter in "wv" if f"{letter}{who}.json" in names]
    best = max((item["n"] for item in found), default=None)
    if acked and best is None:
        lost.append(who)
    elif acked and best < acked[-1]:
        old.append(f"{who}: {best} of {acked[-1]}")
    if best is not None and best > tried[-1]:
        torn.append(f"{who}: {best} was never tried")

check(f"{seen} items are whole", seen > 0 and not torn, torn[:5])
check(f"{total} fsyncs acknowledged, each item is there", total > 0 and not lost, lost[:5])
check("and none is older than acknowledged", not old, old[:5])
finish()
