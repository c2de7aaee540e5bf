#!/bin/bash
# Listings: exact, whole, resumable, and sane while others insert and delete.

. "$(dirname "$0")/../lib.sh"
setup
driver listing.py "$MNT"
is "ls counts 20000" 20000 "$(ls "$MNT/Many" | wc -l)"
is "find too" 20000 "$(find "$MNT/Many" -name '*.json' | wc -l)"
is "sizes of ls -l are those of cat" "$(cd "$MNT/Many" && cat 1*.json | wc -c)" "$(cd "$MNT/Many" && stat -c %s 1*.json | awk '{n += $1} END {print n}')"
check "remount" remount
is "the same after a remount" 20000 "$(ls "$MNT/Many" | sort -u | wc -l)"
finish
