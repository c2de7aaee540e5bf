#!/bin/bash
# Mounting and unmounting: readiness, signals, wrong keys, damaged stores, other ways to unlock, what a busy mount bears.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
echo '{"n": 1}' > "$MNT/Things/a.json"
is "what mount returned from is ready" 1 "$(jq .n "$MNT/Things/a.json")"
has "mount(8) shows type and store" "$STORE on $MNT type fuse.itemfs" "$(mount | grep "$MNT")"

# says WHAT PATTERN COMMAND...: the command fails, and its message says why.
says()
{
	local what=$1 pattern=$2 out
	shift 2
	if out=$(timeout 30 "$@" 2>&1 < /dev/null); then
		not_ok "$what" "succeeded: $out"
	elif grep -qiE -- "$pattern" <<< "$out"; then
		ok "$what"
	else
		not_ok "$what" "said: $out"
	fi
}
at() { "$ITEMFS" mount --key-file "$KEY" "$@"; }
export -f at
export ITEMFS KEY T STORE MNT

mkdir "$T/second"
says "a second daemon on one store is refused" 'mounted at|another process' "$ITEMFS" mount --key-file "$KEY" "$STORE" "$T/second"
check "and the first lives on" test "$(jq .n "$MNT/Things/a.json")" = 1
for i in 1 2 3; do
	check "unmount and mount at once, $i" bash -c 'umount "$MNT" && timeout 60 "$ITEMFS" mount --key-file "$KEY" "$STORE" "$MNT" < /dev/null'
done
check "itemfs umount" bash -c '"$ITEMFS" umount "$MNT" && ! mountpoint -q "$MNT"'
wait_for 10 test -z "$(daemon_pid)"

says "a missing store" 'no store|no such' "$ITEMFS" mount --key-file "$KEY" "$T/nothing" "$MNT"
says "a missing mount point" 'no directory' "$ITEMFS" mount --key-file "$KEY" "$STORE" "$T/nowhere"
says "a file for a mount point" 'directory' "$ITEMFS" mount --key-file "$KEY" "$STORE" "$KEY"
says "no key at all" 'key' "$ITEMFS" mount "$STORE" "$MNT"
says "a missing key file" 'no such|cannot' "$ITEMFS" mount --key-file "$T/nokey" "$STORE" "$MNT"
head -c 32 /dev/urandom > "$T/wrong" && chmod 600 "$T/wrong"
says "a wrong key" 'does not open|wrong' "$ITEMFS" mount --key-file "$T/wrong" "$STORE" "$MNT"
chmod 644 "$T/wrong"
says "a key that others may read" 'read|mode|permission|owner' "$ITEMFS" mount --key-file "$T/wrong" "$STORE" "$MNT"
says "init over a store" 'already|exists' "$ITEMFS" init --key-file "$T/key2" "$STORE"
says "an option that does not exist" 'allow-other' "$ITEMFS" mount --key-file "$KEY" -o alow_other "$STORE" "$MNT"
check "none of them left a mount" bash -c '! mountpoint -q "$MNT"'

damage()
{
	rm -rf "$T/damaged"
	cp -a "$STORE" "$T/damaged"
}
damage && printf 'x' | dd of="$T/damaged/keyring" bs=1 seek=$(($(stat -c %s "$STORE/keyring") / 2)) conv=notrunc status=none
says "a damaged keyring" 'keyring' "$ITEMFS" mount --key-file "$KEY" "$T/damaged" "$MNT"
damage && : > "$T/damaged/keyring"
says "an empty keyring" 'keyring' "$ITEMFS" mount --key-file "$KEY" "$T/damaged" "$MNT"
damage && sed -i 's/\("format": *\)[0-9]*/\1999/' "$T/damaged/store.json"
says "a store of another format" '999' "$ITEMFS" mount --key-file "$KEY" "$T/damaged" "$MNT"
damage && echo 'no json' > "$T/damaged/store.json"
says "a damaged store.json" 'store.json' "$ITEMFS" mount --key-file "$KEY" "$T/damaged" "$MNT"
damage && head -c 100 /dev/urandom > "$T/damaged/data.mdb"
says "data.mdb that is none" 'damaged|structure|data.mdb' "$ITEMFS" mount --key-file "$KEY" "$T/damaged" "$MNT"
damage && rm "$T/damaged/data.mdb"
says "no data.mdb" 'data.mdb|store|gone|removed|no such' "$ITEMFS" mount --key-file "$KEY" "$T/damaged" "$MNT"
damage && : > "$T/damaged/data.mdb"
says "an empty data.mdb" 'data.mdb|store|damaged|empty' "$ITEMFS" mount --key-file "$KEY" "$T/damaged" "$MNT"
check "none of them left a mount" bash -c '! mountpoint -q "$MNT"'

# A daemon that dies leaves a dead mount; mounting again mends it.
check "mount" mount_store
pid=$(daemon_pid)
kill -9 "$pid"
wait_for 5 gone "$pid"
expect_errno ENOTCONN ls "$MNT"
check "a dead mount is replaced" mount_store
is "by one that works" 1 "$(jq .n "$MNT/Things/a.json")"

check "SIGTERM with work in flight" bash -c '
	for i in $(seq 2000); do echo "{\"n\": $i}" > "$MNT/Things/w$i.json" || break; done 2> /dev/null &
	sleep 0.4; kill '"$(daemon_pid)"'; wait'
check "ends the daemon and its mount" wait_for 10 bash -c '! mountpoint -q "$MNT"'
check "mount" mount_store
check "each item is whole" $PYTHON -c '
import glob, json, sys
for path in glob.glob(sys.argv[1] + "/*.json"): assert json.load(open(path))["n"] > 0, path' "$MNT/Things"
check "some were written" test "$(ls "$MNT/Things" | wc -l)" -gt 5
umount_store

timeout 60 "$ITEMFS" mount -f --key-file "$KEY" "$STORE" "$MNT" > "$T/fg.log" 2>&1 < /dev/null &
front=$!
check "-f mounts and stays" wait_for 10 mountpoint -q "$MNT"
check "in the foreground" kill -0 $front
check "and serves" test -e "$MNT/Things/a.json"
kill -INT $front
wait $front
check "SIGINT unmounts" bash -c '! mountpoint -q "$MNT"'

if command -v mount.fuse3 > /dev/null; then
	check "mount.fuse3, as mount -t fuse.itemfs calls it" env PATH="$(dirname "$ITEMFS"):$PATH" \
		timeout 60 mount.fuse3 "$STORE" "$MNT" -t fuse.itemfs -o "key_file=$KEY,nosuid,rw"
	check "serves" test -e "$MNT/Things/a.json"
	check "umount" umount_store
fi

mkdir "$T/config"
printf '[mount]\nlog-level = error\n[%s]\nkey-file = %s\n' "$STORE" "$KEY" > "$T/config/itemfs.conf"
check "the key from a configuration file" env XDG_CONFIG_HOME="$T/config" timeout 60 "$ITEMFS" mount "$STORE" "$MNT"
check "serves" test -e "$MNT/Things/a.json"
check "umount" umount_store
printf '[mount]\nno-such-thing = 1\n' > "$T/config/itemfs.conf"
says "a wrong configuration names its line" 'itemfs.conf:2' env XDG_CONFIG_HOME="$T/config" "$ITEMFS" mount --key-file "$KEY" "$STORE" "$MNT"

check "read-only" mount_store --read-only
expect_errno EROFS bash -c 'echo "{}" > "$MNT/Things/a.json"'
expect_errno EROFS rm -f "$MNT/Things/a.json"
expect_errno EROFS mkdir "$MNT/More"
is "reads" 1 "$(jq .n "$MNT/Things/a.json")"
check "umount" umount_store

# Passphrases.
check "init with a passphrase" bash -c '"$ITEMFS" init --passphrase-fd 3 "$T/spoken" 3<<< "correct horse battery"'
check "mount with it" bash -c 'timeout 60 "$ITEMFS" mount --passphrase-fd 3 "$T/spoken" "$MNT" 3<<< "correct horse battery" < /dev/null'
check "umount" umount_store
says "a wrong passphrase" 'does not open|wrong' bash -c '"$ITEMFS" mount --passphrase-fd 3 "$T/spoken" "$MNT" 3<<< "incorrect horse"'

# Removed under the daemon.
check "mount" mount_store
mv "$STORE" "$T/away"
sleep 0.2
out=$(timeout 20 bash -c 'echo "{\"n\": 9}" > "$MNT/Things/z.json"; sync "$MNT/Things/z.json"; cat "$MNT/Things/a.json"' 2>&1)
check "a store moved away under the daemon: no crash, no hang" test -n "$(daemon_pid)" -a -n "$out"
mv "$T/away" "$STORE"
check "umount" umount_store
check "it mounts again, whole" bash -c 'timeout 60 "$ITEMFS" mount --key-file "$KEY" "$STORE" "$MNT" < /dev/null && test "$(jq .n "$MNT/Things/a.json")" = 1'

# Ten thousand open descriptors, and readers that never close.
check "10,000 open descriptors" bash -c 'ulimit -n 20000 && exec '"$PYTHON"' -c "
import os
path = os.environ[\"MNT\"] + \"/Things/a.json\"
fds = [os.open(path, os.O_RDONLY) for _ in range(10000)]
dirs = [os.open(os.environ[\"MNT\"] + \"/Things\", os.O_RDONLY) for _ in range(500)]
assert all(os.pread(fd, 5, 0) for fd in fds[::100])
open(os.environ[\"MNT\"] + \"/Things/more.json\", \"w\").write(\"{}\")
for fd in fds + dirs: os.close(fd)
"'
sleep 30 < "$MNT/Things/a.json" &
reader=$!
refuse "a mount in use is not unmounted" umount "$MNT"
check "umount -l with a reader that never closes" umount -l "$MNT"
kill $reader
wait $reader 2> /dev/null
check "the daemon ends once it is let go" wait_for 10 bash -c 'test -z "$(pgrep -f -- "$MNT" | grep -v $$ | head -1)" || ! pgrep -x itemfs -f -- "$MNT"'
check "and the store is free" mount_store
cd "$MNT/Things" || exit 1
pid=$(daemon_pid)
kill "$pid"
check "SIGTERM while somebody stands inside" wait_for 15 gone "$pid"
cd /
finish
