#!/bin/bash
# Stores of every released format are read, and written, by this itemfs.

. "$(dirname "$0")/../lib.sh"
setup_dir
grep -qw aes /proc/cpuinfo || { skip "the golden stores are sealed with AES, which this processor lacks"; finish; }
for golden in "$ROOT"/tests/golden/format-*; do
	format=$(basename "$golden")
	rm -rf "$T/golden"
	cp -r "$golden" "$T/golden"
	chmod 600 "$T/golden/key"
	chmod 700 "$T/golden/store"
	STORE=$T/golden/store KEY=$T/golden/key
	check "$format: mount" mount_store
	is "$format: every item as it was" "" "$(cd "$MNT" && sha256sum --quiet -c "$golden/expected" 2>&1)"
	is "$format: and no other" "$(wc -l < "$golden/expected")" "$(find "$MNT" -type f | wc -l)"
	check "$format: writes" put "$MNT/Simple/new.json" '{"v": 1}'
	is "$format: which are there" 1 "$(jq .v "$MNT/Simple/new.json")"
	check "$format: umount" umount_store
done
finish
