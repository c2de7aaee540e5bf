#!/bin/bash
# Power is lost: what fsync acknowledged comes back from the log, in tables old and new, although nothing of it had reached data.mdb.

. "$(dirname "$0")/../lib.sh"
export ITEMFS_TEST_BOOT_ID=first
setup
table Things id:S
table Pairs p:S s:S
table Doomed id:S
for i in $(seq 300); do put "$MNT/Doomed/d$i.json" '{"v": 1}'; done
for i in $(seq 20); do put "$MNT/Things/t$i.json" "{\"v\": $i}"; done
long=$(printf 'x%.0s' $(seq 900))
mkdir "$MNT/Pairs/p"
for tail in a b; do printf '{"p": "p", "s": "%s%s", "v": 1}' "$long" $tail > "$MNT/Pairs/.put"; done

state() { (cd "$MNT" && find . -type f ! -path '*/.*' | LC_ALL=C sort | xargs -d '\n' sha256sum); }

# As it lay on the disk when the store was opened, and nothing later.
keep_disk()
{
	remount || return 1
	mkdir -p "$T/disk"
	cp "$STORE/data.mdb" "$STORE/checkpoint" "$T/disk/"
}

# Changes of each kind; the last one waits for the disk, and so do all before it.
change()
{
	local i
	for i in $(seq 10 30); do put "$MNT/Things/t$i.json" "{\"v\": \"new $i\"}"; done
	rm "$MNT/Things/t1.json" "$MNT/Things/t30.json"
	for tail in b c d; do printf '{"p": "p", "s": "%s%s", "v": 2}' "$long" $tail > "$MNT/Pairs/.put"; done
	rm "$MNT/Pairs/p/$(ls "$MNT/Pairs/p" | tail -1)"
	rm "$MNT/Doomed/"*1.json
	put "$MNT/Doomed/new.json" '{"v": 2}'
	rm -r "$MNT/Doomed"
	table Fresh id:S
	put "$MNT/Fresh/f.json" '{"v": 3}'
	echo '{"v": "last"}' > "$MNT/Things/last.json"
	sync "$MNT/Things/last.json"
}

lose_power()
{
	local pid
	pid=$(daemon_pid)
	kill -9 "$pid"
	wait_for 5 gone "$pid"
	umount -l "$MNT" 2> /dev/null
	mkdir -p "$T/killed"
	cp "$STORE/data.mdb" "$T/killed/"
}

# disk HOW: data.mdb as the disk may hold it: "old", or "mixed" with pages that were written back.
disk()
{
	$PYTHON - "$T/disk/data.mdb" "$T/killed/data.mdb" "$STORE/data.mdb" "$1" <<-'END'
		import random, sys
		old, new = (open(name, "rb").read() for name in sys.argv[1:3])
		pages = [old[at:at + 4096] for at in range(0, len(old), 4096)]
		if sys.argv[4] == "mixed":
		    fresh = [new[at:at + 4096] for at in range(0, len(new), 4096)]
		    pages += [bytes(4096)] * (len(fresh) - len(pages))
		    pages = [random.choice(pair) for pair in zip(pages, fresh)]
		open(sys.argv[3], "wb").write(b"".join(pages))
	END
}

check "a checkpoint" keep_disk
change
wanted=$(state)
lose_power
is "no checkpoint since" "" "$(cmp "$STORE/checkpoint" "$T/disk/checkpoint")"
cp "$STORE/wal" "$T/killed/"
for how in old mixed mixed; do
	export ITEMFS_TEST_BOOT_ID=after-$how-$RANDOM
	disk $how
	cp "$T/disk/checkpoint" "$T/killed/wal" "$STORE/"
	refuse "$how pages: not to be had read-only" mount_store --read-only
	check "$how pages: mount" mount_store
	is "$how pages: every change is there" "$wanted" "$(state)"
	check "$how pages: no table of the deleted one's name" test ! -e "$MNT/Doomed"
	put "$MNT/Things/more.json" '{"v": 4}'
	put "$MNT/Fresh/more.json" '{"v": 4}'
	more=$(state)
	check "$how pages: mount again" remount
	is "$how pages: and it goes on" "$more" "$(state)"
	check "$how pages: umount" umount_store
	is "$how pages: a closed store has an empty log" 0 "$(stat -c %s "$STORE/wal")"
done
finish
