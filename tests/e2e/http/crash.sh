#!/bin/bash
# kill -9, and SIGTERM, amid writes of all kinds over HTTP while indexes are built: what was acknowledged is there, whole, once, and in each index.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
driver crash.py "$STORE" "$KEY" "${CRASH_ROUNDS:-6}"
finish
