#!/bin/bash
# itemfs import: formats and how they are told apart, what is refused, the store itself and its mount.

. "$(dirname "$0")/../lib.sh"
setup

import() { "$ITEMFS" import --key-file "$KEY" "$@" > "$T/out" 2>&1; }
imports() { local what=$1; shift; check "$what" import "$@"; }
item() { jq -c . "$MNT/$1" 2>&1; }

cd "$T" || exit 1
echo '{"id": "a", "n": 1, "s": {"$ss": ["x"]}}' > natural.jsonl
printf '{"Item":{"id":{"S":"b"},"n":{"N":"12345678901234567890"}}}\n\n{"Item":{"id":{"S":"c"},"Item":{"M":{}}}}\n' > export.jsonl
echo '{"id":{"S":"d"},"n":{"N":"4"}}' > typed.jsonl
printf '\xef\xbb\xbfid,name,qty,at:N\r\ne,"Q ""q"", x",5,6\r\nf,"two\nlines",,7\r\n' > table.csv

# Through the mount, which has the store.
imports "natural, makes the table" "$STORE" Things --key id natural.jsonl
is "natural" '{"id":"a","n":1,"s":{"$ss":["x"]}}' "$(item Things/a.json)"
imports "the mount in place of the store" "$MNT" Things export.jsonl typed.jsonl
is "an export" '{"id":"b","n":{"$n":"12345678901234567890"}}' "$(item Things/b.json)"
is "an attribute called Item" '{"id":"c","Item":{}}' "$(item Things/c.json)"
is "bare DynamoDB JSON" '{"id":"d","n":4}' "$(item Things/d.json)"
imports "CSV" "$STORE" Things --number qty table.csv
is "quotes, numbers" '{"id":"e","at":6,"name":"Q \"q\", x","qty":5}' "$(item Things/e.json)"
is "lines in a cell, an empty cell" '{"id":"f","at":7,"name":"two\nlines"}' "$(item Things/f.json)"
imports "a sort key, a number" "$STORE" Readings --key 'place,t:N' - <<< '{"place": "a/b", "t": 1.50}'
is "its file" '{"place":"a/b","t":1.5}' "$(item Readings/a%2Fb/1.5.json)"
has "says which way it went" "through $MNT" "$(cat "$T/out")"
check "umount" umount_store

# Into the store itself.
imports "into the store" "$STORE" Things natural.jsonl export.jsonl typed.jsonl table.csv
seq 2500 | awk '{print "{\"id\": \"k" $1 "\", \"n\": " $1 "}"}' > many.jsonl
imports "several batches" "$STORE" Many --key id many.jsonl
imports "again: replaces" "$STORE" Many many.jsonl
imports "standard input" "$STORE" Many - <<< '{"id": "last"}'
imports "an empty file" "$STORE" Many /dev/null

# What is refused is kept with its reason; the rest is in.
printf '{"id": "g1"}\n{"n": 1}\n{"id": 5}\n{"id": "x", }\n[1]\n{"id": ""}\n{"id": "g2"}' > bad.jsonl
refuse "some lines are no items" import "$STORE" Things --rejects "$T/rejects" bad.jsonl
is "their number" 5 "$(wc -l < "$T/rejects")"
is "their lines" "2 3 4 5 6" "$(jq -r .line "$T/rejects" | xargs)"
is "their text" '{"id": "x", }' "$(jq -r 'select(.line == 4).text' "$T/rejects")"
has "the reason, with its place" 'column 13' "$(jq -r 'select(.line == 4).reason' "$T/rejects")"
refuse "the same on standard error" import "$STORE" Things bad.jsonl
has "names file and line" "bad.jsonl:3: " "$(cat "$T/out")"
has "and counts" "5 refused" "$(cat "$T/out")"
printf 'id,n:N\na,1,2\nb,x\nc,3\n' > bad.csv
refuse "CSV: cells, numbers" import "$STORE" Things bad.csv
has "good ones are in" "1 items" "$(cat "$T/out")"
head -c 9000000 /dev/zero | tr '\0' x > long.jsonl
echo >> long.jsonl
echo '{"id": "after"}' >> long.jsonl
refuse "a line of 9 MB" import "$STORE" Things --format jsonl long.jsonl
has "and what comes after it" "1 items" "$(cat "$T/out")"
{ printf '{"id": "big", "s": "'; head -c 409600 /dev/zero | tr '\0' y; printf '"}\n'; } > big.jsonl
refuse "an item over 400 KB" import "$STORE" Things big.jsonl

# What cannot be begun.
refuse "no table and no --key" import "$STORE" Nothing natural.jsonl
has "says what to do" "--key" "$(cat "$T/out")"
refuse "another key" import "$STORE" Things --key other natural.jsonl
refuse "no such file" import "$STORE" Things nothing.jsonl
refuse "no such format" import "$STORE" Things --format xml natural.jsonl
refuse "no key of that type" import "$STORE" Others --key id:X natural.jsonl
refuse "a table's name too short" import "$STORE" T --key id natural.jsonl

check "mount" mount_store
is "all are there" "a after c g1 g2" "$(cd "$MNT/Things" && echo {a,after,c,g1,g2}.json | xargs ls 2>&1 | sed 's/.json//' | xargs)"
is "and counted" 2501 "$(cat "$MNT/Many/.count")"
check "an item that came in through the store" jq -e '.n == 2500' "$MNT/Many/k2500.json"
finish
