#!/bin/bash
# No room on the disk, with the API's clients: writes are refused, all else goes on, an index that is being built waits for room.

. "$(dirname "$0")/../lib.sh"
setup_dir
mkdir "$T/disk"
mount -t tmpfs -o size=32m none "$T/disk" || { skip "a small tmpfs"; finish; }
STORE=$T/disk/store
new_store "$STORE" "$KEY" || not_ok "init" "$(cat "$T/init.log")"
serve_store
driver full.py "$T" "$SERVER"
check "the server ends" stop_server
serve_store
driver full.py "$T" "$SERVER" after
check "the server ends" stop_server
umount "$T/disk"
finish
