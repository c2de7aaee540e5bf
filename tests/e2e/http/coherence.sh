#!/bin/bash
# Files and API at once: neither side ever sees an item that the other has replaced, nor half of one.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
mount_listening || { not_ok "itemfs mount --listen" "$(cat "$T/mount.log")"; exit 1; }
table Things id:S
table Pairs id:S at:N
driver coherence.py "$MNT" "${COHERENCE_SECONDS:-12}"
finish
