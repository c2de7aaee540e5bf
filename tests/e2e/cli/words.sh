#!/bin/bash
# The program's words: help, versions, what is misspelt, exit codes, status.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
echo '{}' > "$MNT/Things/a.json"

exits() { "$ITEMFS" "${@:2}" > "$T/out" 2>&1 < /dev/null; is "exit $1: itemfs ${*:2}" "$1" $?; }
exits 0 help
exits 0 --help
exits 0 version
exits 0 --version
exits 0 help config
exits 2
exits 2 monut
has "says what was meant" mount "$(cat "$T/out")"
exits 2 mount
exits 2 mount --no-such-option "$STORE" "$MNT"
exits 2 mount -o no_such_option "$STORE" "$MNT"
exits 1 umount "$T"
for sub in init mount umount status import key why; do
	exits 0 $sub --help
	has "help of $sub has an example" xample "$(cat "$T/out")"
	exits 0 help $sub
done
check "status lists the mount" bash -c '"$1" status | grep -q -- "$2"' sh "$ITEMFS" "$MNT"
check "status of the mount" "$ITEMFS" status "$MNT"
check "status of the store" "$ITEMFS" status "$STORE"
check ".status reads" grep -q . "$MNT/.status"
check "the secret stands in nobody's arguments" bash -c '! grep -aqf "$1" /proc/'"$(daemon_pid)"'/cmdline /proc/'"$(daemon_pid)"'/environ' sh "$KEY"
check "init with a key of its own making" env HOME="$T" XDG_CONFIG_HOME="$T/c" "$ITEMFS" init "$T/own"
is "which only its owner reads" 600 "$(stat -c %a "$T"/c/itemfs/keys/*)"
mkdir "$T/m"
check "is found by mount" env HOME="$T" XDG_CONFIG_HOME="$T/c" "$ITEMFS" mount "$T/own" "$T/m"
check "umount waits for the end" "$ITEMFS" umount "$T/m"
is "so that nothing runs any more" "" "$(daemon_pid "$T/m")"
check "umount of the other" "$ITEMFS" umount "$MNT"
finish
