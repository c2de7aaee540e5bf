#!/bin/bash
# An item whose record went bad: it says so, the rest reads, and there is a way out: replace it, remove it, remove the table.

. "$(dirname "$0")/../e2e/lib.sh"
setup --map-size 256M
table Things id:S
table Pairs pk:S sk:S
pad=$(head -c 3500 /dev/zero | tr '\0' x)
mkdir "$MNT/Pairs/p"
for i in 1 2 3 4 5 6 7 8 9; do
	echo "{\"pad\": \"$pad\"}" > "$MNT/Things/i$i.json"
	echo "{\"pad\": \"$pad\"}" > "$MNT/Pairs/p/s$i.json"
done
check "umount" umount_store
cp "$STORE/data.mdb" "$T/whole.mdb"
cp "$STORE/checkpoint" "$T/checkpoint"

# damage PREFIX: flips single bytes until exactly one of PREFIX1.json .. PREFIX9.json cannot be read; prints its path.
damage()
{
	local at n bad
	for at in $(seq 6000 1111 "$(stat -c %s "$T/whole.mdb")"); do
		cp "$T/whole.mdb" "$STORE/data.mdb"
		cp "$T/checkpoint" "$STORE/checkpoint"
		printf '\xff' | dd of="$STORE/data.mdb" bs=1 seek="$at" conv=notrunc status=none
		mount_store --map-size 256M || continue
		bad=$(for n in 1 2 3 4 5 6 7 8 9; do
			LC_ALL=C cat "$MNT/$1$n.json" 2>&1 > /dev/null | grep -q "Bad message" && echo "$MNT/$1$n.json"
		done)
		[ "$(echo "$bad" | grep -c .)" = 1 ] && { echo "$bad"; return; }
		umount_store > /dev/null
	done
}

bad=$(damage Things/i)
check "an item is damaged" test -n "$bad"
expect_errno EBADMSG cat "$bad"
check "why says so" grep -q "seal is broken" <(cd "$MNT" && "$ITEMFS" why "$bad")
check "it has a name" stat "$bad"
out=$(ls "$MNT/Things" 2>&1)
is "ls fails, so that nobody takes it for whole" 2 $?
has "with the reason" "Bad message" "$out"
is "and lists the others" 8 "$(echo "$out" | grep -c '^i[1-9].json$')"
check "it can be replaced" put "$bad" '{"v": "new"}'
is "and reads" new "$(jq -r .v "$bad")"
check "ls is whole again" ls "$MNT/Things"
is "the count is right" 9 "$(cat "$MNT/Things/.count")"
umount_store
mount_store --map-size 256M
is "after a remount" new "$(jq -r .v "$bad")"
umount_store

bad=$(damage Things/i)
check "it can be removed" rm "$bad"
refuse "and is gone" test -e "$bad"
is "nothing else is" 8 "$(ls "$MNT/Things" | wc -l)"
umount_store

bad=$(damage Things/i)
rm -r "$MNT/Things" > /dev/null 2>&1
check "a table with a damaged item can be removed" bash -c 'rm -rf "$1" 2> /dev/null; rmdir "$1" 2> /dev/null; ! test -e "$1"' sh "$MNT/Things"
umount_store

bad=$(damage Pairs/p/s)
is "a partition with a damaged item is listed" p "$(ls "$MNT/Pairs" 2> /dev/null)"
is "with its other items" 8 "$(ls "$MNT/Pairs/p" 2> /dev/null | wc -l)"
check "a rename replaces it" bash -c 'echo "{\"v\": 1}" > "${1%/*}/.new" && mv "${1%/*}/.new" "$1" && test "$(jq .v "$1")" = 1' sh "$bad"
is "the listing is whole" 9 "$(ls "$MNT/Pairs/p" | wc -l)"
umount_store

cp "$T/whole.mdb" "$STORE/data.mdb"
check "an older data.mdb put back without its checkpoint opens" mount_store --map-size 256M
is "and is as it was" 9 "$(cat "$MNT"/Things/i*.json | jq -r .pad | grep -c "^$pad\$")"
finish
