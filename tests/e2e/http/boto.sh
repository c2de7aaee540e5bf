#!/bin/bash
# boto3, the client and its resource level, against a server without a mount.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
serve_store
driver boto.py
stop_server
is "the server ends well when it is asked to" 0 $?
serve_store
driver boto.py again
finish
