#!/bin/bash
# The server below the level of clients: pipelining, chunks, gzip, limits, garbage, clients that are slow or gone.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
for i in 1 2 3 4 5 6 7 8 9; do put "$MNT/Things/k$i.json" "{\"id\": \"k$i\", \"n\": $i}"; done
put "$MNT/Things/long.json" "{\"id\": \"long\", \"text\": \"$(printf 'abcdefgh%.0s' {1..1000})\"}"
check "unmounted" umount_store

# Tests of slowness should not be slow: every limit of time is a fifteenth.
export ITEMFS_HTTP_HASTE=15
serve_store
driver raw.py
check "the server ends when it is asked to" stop_server
unset ITEMFS_HTTP_HASTE
serve_store
driver raw.py crowd "$SERVER"
check "the server ends when it is asked to, however many are connected" stop_server

# kill -9 leaves a store that opens, with what was acknowledged.
serve_store
driver raw.py write
kill -9 "$SERVER"
wait "$SERVER" 2> /dev/null
serve_store
driver raw.py written
check "and ends" stop_server
finish
