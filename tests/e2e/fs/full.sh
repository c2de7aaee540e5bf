#!/bin/bash
# No room: on the disk, or in the map. What is there stays and reads; writes go on once there is room.

. "$(dirname "$0")/../lib.sh"
setup_dir
mkdir "$T/disk"

# fill LABEL: writes items until the store is full, then sees that all is well, frees and goes on.
fill()
{
	local label=$1 n=0 out status
	cd "$MNT/Things" || exit 1
	text=$(head -c 100000 /dev/zero | tr '\0' x)
	while out=$( (echo "{\"n\": $n, \"v\": \"$text\"}" > "i$n.json" && sync "i$n.json") 2>&1); do
		n=$((n + 1))
		[ $n -lt 5000 ] || break
	done
	has "$label: ends in ENOSPC" "No space left on device" "$out"
	check "$label: after some hundred items" test "$n" -gt 50 -a "$n" -lt 5000
	echo "figure $NAME: $label: $n items of 100 KB"
	check "$label: each acknowledged item is whole" $PYTHON -c '
import json, sys
for i in range(int(sys.argv[1])):
    item = json.load(open(f"i{i}.json"))
    assert item["n"] == i and len(item["v"]) == 100000, i' "$n"
	for _ in 1 2 3; do echo "{\"v\": \"$text\"}" > again.json; done 2> /dev/null
	check "$label: the daemon serves" ls -l . > /dev/null
	has "$label: why says so" "full" "$(tail -1 ../.errors)"
	check "$label: what is there can be deleted" rm i1.json i3.json i5.json i7.json i9.json i11.json
	for i in $(seq 13 2 49); do rm "i$i.json"; done
	check "$label: and the room used again" wait_for 10 put after.json '{"v": "works again"}'
	is "$label: with its content" "works again" "$(jq -r .v after.json)"
	cd /
	check "$label: remount" remount "${options[@]}"
	is "$label: all is there" "$n works again" "$(jq .n "$MNT/Things/i$((n - 1)).json" | awk '{print $1 + 1}') $(jq -r .v "$MNT/Things/after.json")"
	check "$label: umount" umount_store
}

mount -t tmpfs -o size=24m none "$T/disk" || { skip "a small tmpfs"; finish; }
STORE=$T/disk/store
options=()
new_store "$STORE" "$KEY" || not_ok "init" "$(cat "$T/init.log")"
check "mount a store on a disk of 24 MB" mount_store
table Things id:S
fill "disk"
umount "$T/disk"

STORE=$T/store2
options=(--map-size 16M)
rm -f "$KEY"
new_store "$STORE" "$KEY" || not_ok "init" "$(cat "$T/init.log")"
check "mount a store with a map of 16 MB" mount_store "${options[@]}"
table Things id:S
fill "map"
options=()
check "a larger map at the next mount" mount_store --map-size 64M
text=$(head -c 100000 /dev/zero | tr '\0' x)
check "has room" bash -c 'for i in 1 2 3 4 5 6 7 8 9 10; do echo "{\"v\": \"$2\"}" > "$1/Things/big$i.json" || exit 1; done' sh "$MNT" "$text"

umount_store
mount -t tmpfs -o size=4k none "$T/disk"
refuse "init without room" new_store "$T/disk/store" "$T/key3"
finish
