#!/bin/bash
# Whoever gets the store's files without the key finds no key, no name, no value, no table in them.

. "$(dirname "$0")/../lib.sh"
setup
mount_log=$T/mount.log
table MarkTableZebra MarkAttrYak:S
table MarkPairsXerus MarkHashWombat:S MarkRangeVicuna:S
cd "$MNT" || exit 1
long=$(printf 'MarkLongUrial%.0s' $(seq 60))
for i in $(seq 200); do
	echo "{\"MarkNameTapir\": \"MarkValueSerow$i\", \"MarkNested\": {\"MarkInnerQuoll\": [\"MarkListPanda\"]}, \"b\": {\"\$b\": \"TWFya0JpbmFyeU90dGVy\"}}" \
		> "MarkTableZebra/MarkKeyNumbat$i.json"
done
mkdir MarkPairsXerus/MarkPartMarmot
echo '{"v": 1}' > MarkPairsXerus/MarkPartMarmot/MarkSortLemur.json
echo "{\"v\": 123456789012345678}" > "MarkPairsXerus/MarkPartMarmot/${long:0:200}.json"
echo "{\"v\": \"$long\"}" > MarkTableZebra/big.json
echo '{"v": 2}' > MarkTableZebra/MarkKeyNumbat7.json
rm MarkTableZebra/MarkKeyNumbat8.json
jq '.Tags = [{"Key": "MarkTagKudu", "Value": "MarkTagJackal"}]' MarkTableZebra/.schema.json > "$T/def" && cat "$T/def" > MarkTableZebra/.schema.json
echo MarkScratchIbex > MarkTableZebra/.scratch.tmp
! echo '{"MarkBadHyena": }' > MarkTableZebra/MarkWrongGibbon.json
sync -f MarkTableZebra/big.json

search()
{
	$PYTHON - "$STORE" <<-'END'
		import os, sys
		words = ("Mark Zebra Yak Xerus Wombat Vicuna Urial Tapir Serow Nested Quoll Panda Otter TWFya0Jp Numbat Marmot Lemur "
		         "Kudu Jackal Ibex Hyena Gibbon 123456789012345678").split()
		found = looked = 0
		for folder, _, names in os.walk(sys.argv[1]):
		    for name in names:
		        data = open(os.path.join(folder, name), "rb").read()
		        looked += len(data)
		        for word in words:
		            if word.encode() in data or word in name:
		                # Random bytes hold a given word of three letters once in 16 million.
		                if len(word) > 4 or data.count(word.encode()) > 2:
		                    found += 1
		                    print(name, word)
		assert looked > 50000, looked
		sys.exit(found > 0)
	END
}
check "nothing is found while mounted" search
cd /
check "unmount" umount_store
check "nothing is found afterwards" search
is "nor by strings" "" "$(cat "$STORE"/* | strings -n 8 | grep -a Mark)"
is "nor in what the program printed" "" "$(grep -ai 'mark[A-Z]' "$mount_log" | grep -v "$T")"
is "the store is its owner's only" 700 "$(stat -c %a "$STORE")"
is "its files too" "" "$(find "$STORE" -type f -perm /077 ! -name store.json)"
is "so is the key" 600 "$(stat -c %a "$KEY")"
finish
