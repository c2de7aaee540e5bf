#!/bin/bash
# Tables through both faces: what the API creates, changes and deletes shows in the mount at once, and the other way round; states that take time.

. "$(dirname "$0")/../lib.sh"
setup_dir
check "a store with a place of its own" "$ITEMFS" init --key-file "$KEY" --region eu-west-1 --account 123456789012 "$STORE"
refuse "a place that is none" "$ITEMFS" init --key-file "$T/other.key" --account 12 "$T/other"
check "of which nothing stays" test ! -e "$T/other"
mount_listening || { not_ok "itemfs mount --listen" "$(cat "$T/mount.log")"; exit 1; }
driver tables.py "$MNT"
check "unmounted" umount_store
serve_store --state-delay 1
driver tables_states.py
stop_server
finish
