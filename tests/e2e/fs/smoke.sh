#!/bin/bash
# The shortest way through everything: a store, a table, an item; again after a remount. Runs under valgrind too.

. "$(dirname "$0")/../lib.sh"
setup --map-size 256M

table Things id:S
check "an item is made" put "$MNT/Things/a.json" '{"n": 1}'
is "and read" '{"id":"a","n":1}' "$(jq -c . "$MNT/Things/a.json")"
check "and replaced" put "$MNT/Things/a.json" '{"n": 2}'
check "and listed" test "$(ls "$MNT/Things")" = a.json
check "a wrong document is refused" eval '! put "$MNT/Things/a.json" "{x"'
check "unmount and mount" remount --map-size 256M
is "it is still there" '{"id":"a","n":2}' "$(jq -c . "$MNT/Things/a.json")"
check "and removed" rm "$MNT/Things/a.json"
check "the table too" rmdir "$MNT/Things"
check "unmount" umount_store
finish
