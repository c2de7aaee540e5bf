#!/bin/bash
# When a write commits: at the first complete document, whole, or not at all.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
driver commit.py "$MNT/Things"
check "bash reports a refused echo" bash -c '! echo "{\"a\": tru}" > "$1" 2> /dev/null' sh "$MNT/Things/b.json"
check "cat reports it" bash -c '! echo "{\"a\": tru}" | cat > "$1"' sh "$MNT/Things/b.json"
check "printf reports it" bash -c '! printf "%s" "{\"a\": tru}" > "$1"' sh "$MNT/Things/b.json"
check "tee reports it" bash -c 'set -o pipefail; ! echo "{\"a\": tru}" | tee "$1"' sh "$MNT/Things/b.json"
check "cp reports it" bash -c 'echo "{\"a\": tru}" > "$2"; ! cp "$2" "$1"' sh "$MNT/Things/b.json" "$T/bad"
check "cp reports an incomplete one" bash -c 'echo "{\"a\": [1," > "$2"; ! cp "$2" "$1"' sh "$MNT/Things/b.json" "$T/bad"
is "none of them made an item" "" "$(ls "$MNT/Things" | grep '^b')"
finish
