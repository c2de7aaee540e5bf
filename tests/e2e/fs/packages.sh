#!/bin/bash
# Real data at size: the ISO code lists and Debian's packages, imported, counted, compared, deleted; prints how fast.

. "$(dirname "$0")/../lib.sh"
setup
json=/usr/share/iso-codes/json
[ -d $json ] || { skip "iso-codes is not installed"; finish; }

timed() # WHAT COMMAND...
{
	local what=$1 start
	shift
	start=$(date +%s.%N)
	check "$what" "$@"
	echo "figure $NAME: $what: $(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN {printf "%.2f", b - a}') s"
}
import_into() { "$ITEMFS" import --key-file "$KEY" "$STORE" "$@" "$T/$1.jsonl" < /dev/null; }

$PYTHON - "$json" "$T" <<-'END'
	import json, subprocess, sys
	source, to = sys.argv[1:]
	with open(f"{to}/Languages.jsonl", "w") as f:
	    for row in json.load(open(f"{source}/iso_639-3.json"))["639-3"]: print(json.dumps(row, ensure_ascii=False), file=f)
	with open(f"{to}/Places.jsonl", "w") as f:
	    for row in json.load(open(f"{source}/iso_3166-2.json"))["3166-2"]:
	        row["country"] = row["code"].split("-")[0]
	        print(json.dumps(row, ensure_ascii=False), file=f)
	with open(f"{to}/Packages.jsonl", "w") as f:
	    seen, item, last = set(), {}, None
	    lines = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, errors="replace").stdout.split("\n")
	    if len(lines) < 10000: lines = open("/var/lib/dpkg/status", errors="replace").read().split("\n")
	    for line in lines + [""]:
	        if not line:
	            if item.get("Package") and item["Package"] not in seen:
	                seen.add(item["Package"])
	                print(json.dumps(item, ensure_ascii=False), file=f)
	            item = {}
	        elif line[0] == " " and last: item[last] += "\n" + line.strip()
	        elif ": " in line or line.endswith(":"):
	            last, _, value = line.partition(":")
	            item[last] = int(value) if last in ("Size", "Installed-Size") else value.strip()
END
packages=$(wc -l < "$T/Packages.jsonl") languages=$(wc -l < "$T/Languages.jsonl") places=$(wc -l < "$T/Places.jsonl")
total=$((packages + languages + places))
echo "figure packages: $packages packages, $languages languages, $places places"

check "umount" umount_store
timed "import of $packages packages" import_into Packages --key Package
timed "import of $places places" import_into Places --key country,code
mount_store
timed "import of $languages languages through the mount" import_into Languages --key alpha_3
cd "$MNT" || exit 1
timed "ls of the packages" bash -c "ls Packages | wc -l > $T/n"
is "counts them" "$packages" "$(cat "$T/n")"
timed "ls -l of the packages" bash -c "ls -l Packages | grep -c json > $T/n"
is "counts them" "$packages" "$(cat "$T/n")"
is "ls of the languages" "$languages" "$(ls Languages | wc -l)"
timed "find of all" bash -c "find . -type f | wc -l > $T/n"
is "counts all" "$total" "$(cat "$T/n")"
sample() { ls | awk 'NR % 97 == 0'; }
is "sizes are those of cat" "$(cd Packages && sample | xargs cat | wc -c)" "$(cd Packages && sample | xargs stat -c %s | awk '{n += $1} END {print n}')"
timed "grep -r through the places" bash -c "grep -rl Bayern Places > $T/found"
is "finds one" 1 "$(wc -l < "$T/found")"
is "an item is what was imported" "$(grep -m1 '"Package": "bash"' "$T/Packages.jsonl" | jq -cS .)" "$(jq -cS . Packages/bash.json)"
is "a place too" "$(grep -m1 '"DE-BY"' "$T/Places.jsonl" | jq -cS .)" "$(jq -cS . Places/DE/DE-BY.json)"
cd /
check "remount" remount
is "all is there" "$total" "$(find "$MNT" -type f | wc -l)"
timed "rm -r of all" bash -c "rm -r $MNT/*"
is "nothing is left" "" "$(ls -A "$MNT")"
finish
