#!/bin/bash
# Many connections on the same items: counters, transfers, batches and an index being built, all at once; sums are conserved.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
export STATE=$T/state.json
serve_store
driver concurrency.py "${CONCURRENCY_SECONDS:-12}"
kill -9 "$SERVER"
wait "$SERVER" 2> /dev/null
serve_store
driver concurrency.py after
finish
