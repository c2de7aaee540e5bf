#!/bin/bash
# Many processes at the same few names: every answer is one that a file system may give, nothing hangs, and all agree at the end.

. "$(dirname "$0")/../lib.sh"
setup
pid=$(daemon_pid)
driver races.py "$MNT"
check "the daemon lives" kill -0 "$pid"
before=$(cd "$MNT" && find . -name '*.json' | sort | xargs md5sum)
check "remount" remount
is "what was seen is what is stored" "$before" "$(cd "$MNT" && find . -name '*.json' | sort | xargs md5sum)"
finish
