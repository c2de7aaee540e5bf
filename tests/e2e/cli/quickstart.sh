#!/bin/bash
# examples/quickstart.sh runs to its end and leaves nothing behind.

. "$(dirname "$0")/../lib.sh"
setup_dir
[ "$ITEMFS" = "$ROOT/build/itemfs" ] || { skip "it builds and runs build/itemfs"; exit 0; }

check "runs" bash -c 'timeout 300 "$1/examples/quickstart.sh" "$2/try" < /dev/null > "$2/out" 2>&1 || { tail -n 20 "$2/out"; exit 1; }' sh "$ROOT" "$T"
has "shows items" '"name": "Germany"' "$(cat "$T/out")"
has "shows why a write was refused" "expected a name in double quotes" "$(cat "$T/out")"
has "the change is there" '"name": "Deutschland"' "$(cat "$T/out")"
refuse "and is gone" test -e "$T/try"
refuse "its mount too" grep -q " $T/" /proc/self/mounts
check "--keep" bash -c 'timeout 300 "$1/examples/quickstart.sh" --keep "$2/try" < /dev/null > "$2/out" 2>&1' sh "$ROOT" "$T"
is "the mount stays" 4 "$(ls "$T/try/mnt" | wc -l)"
refuse "no second one in the same place" timeout 60 "$ROOT/examples/quickstart.sh" "$T/try"
is "which leaves the first alone" 4 "$(ls "$T/try/mnt" | wc -l)"
check "umount" "$ITEMFS" umount "$T/try/mnt"
finish
