#!/bin/bash
# Both faces of one mount under load at once: writers over HTTP, listings, renames and rm -r, writers of files that wait for capacity. Nobody
# hangs, nobody waits for those who wait; then the mount goes away amid all of it.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
mount_listening || { not_ok "itemfs mount --listen" "$(cat "$T/mount.log")"; exit 1; }
table Things id:S
table Pairs p:S at:N
pid=$(daemon_pid)
driver storm.py "$MNT" "${STORM_SECONDS:-10}"
check "the daemon ended" wait_for 20 gone "$pid"
mount_listening || not_ok "itemfs mount --listen" "$(cat "$T/mount.log")"
check "the store opens again" ls "$MNT/Things"
finish
