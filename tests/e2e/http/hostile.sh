#!/bin/bash
# Thousands of clients that leave in the middle, send half of things, or too much: nothing of them stays. Then the server is told to end amid work.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
serve_store
driver hostile.py "$SERVER" "${HOSTILE_CLIENTS:-3000}"
driver hostile.py "$SERVER" end
check "the server ended in the middle of requests and of a new index" wait_for 20 gone "$SERVER"
serve_store
driver hostile.py "$SERVER" after
check "the server ends" stop_server
finish
