#!/bin/bash
# Makes a golden store: what a released format looked like, kept so that every later itemfs still reads it.
#
#   tests/golden/make.sh FORMAT      writes tests/golden/format-FORMAT/{store,key,expected}; run once, when a format is released
#
# tests/e2e/fs/golden.sh mounts a copy of each and compares.
set -eu
cd "$(dirname "$0")"
ITEMFS=${ITEMFS:-$PWD/../../build/itemfs}
out=$PWD/format-$1
mkdir "$out"
mnt=$(mktemp -d)
trap 'umount -l "$mnt" 2> /dev/null || true; rmdir "$mnt"' EXIT
"$ITEMFS" init "$out/store" --key-file "$out/key" > /dev/null
"$ITEMFS" mount "$out/store" "$mnt" --key-file "$out/key"
cd "$mnt"
cat .templates/simple.json > .tables/Simple.json
cat .templates/sorted.json > .tables/Sorted.json
cat .templates/numbered.json > .tables/Numbered.json
echo '{"s": "text \u0000 \ud83d\ude00", "n": -1.5, "big": {"$n": "12345678901234567890123456789012345678"}, "b": {"$b": "AAECAw=="},
	"t": true, "f": false, "z": null, "l": [1, "two", [3]], "m": {"x": {"$m": {"$y": 1}}}, "ss": {"$ss": ["b", "a"]}, "ns": {"$ns": [2, 1]},
	"bs": {"$bs": ["AQ==", "Ag=="]}}' > Simple/every-type.json
echo "{\"v\": \"$(head -c 30000 /dev/zero | tr '\0' x)\"}" > Simple/large.json
printf '{"id": "%s", "v": 1}' "$(head -c 2048 /dev/zero | tr '\0' k)" > Simple/.put
mkdir Sorted/p Numbered/q
for i in 1 2 3; do echo "{\"v\": $i}" > "Sorted/p/s$i.json"; done
for tail in a b c; do printf '{"pk": "p", "sk": "%s%s"}' "$(head -c 900 /dev/zero | tr '\0' s)" $tail > Sorted/.put; done
for i in -3 0 2.5 1000; do printf '{"pk": "q", "n": %s}' "$i" > Numbered/.put; done
find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum > "$out/expected"
cd "$out"
"$ITEMFS" umount "$mnt"
rm -f store/lock store/lock.mdb
