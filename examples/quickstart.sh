#!/bin/bash
# From a fresh Debian to a database that ls, grep, jq and sed work on: builds itemfs, makes a store, fills it, shows it off.
#
#   examples/quickstart.sh [--keep] [DIR]
#
# Everything goes to DIR (default: a new folder under /tmp) and is taken away at the end, unless --keep. Asks nothing.
set -eu

keep= dir=
for word; do
	case $word in
	--keep) keep=1 ;;
	-*)
		sed -n '2,6s/^# \{0,1\}//p' "$0"
		exit 2
		;;
	*) dir=$word ;;
	esac
done

top=$(cd "$(dirname "$0")/.." && pwd)
made=
if [ -z "$dir" ]; then
	dir=$(mktemp -d /tmp/itemfs.XXXXXX)
	made=1
elif [ ! -d "$dir" ]; then
	mkdir -p "$dir"
	made=1
fi
dir=$(cd "$dir" && pwd)
if [ -e "$dir/shop" ] || [ -e "$dir/mnt" ]; then
	echo "$0: $dir/shop or $dir/mnt is there already" >&2
	exit 1
fi

# Where itemfs keeps key files; in DIR, so that nothing stays in your own ~/.config.
export XDG_CONFIG_HOME=$dir/config
export PATH=$top/build:$PATH

is_mounted() {
	grep -q " $dir/mnt fuse.itemfs " /proc/self/mounts
}

clean_up() {
	status=$?
	trap - EXIT
	cd /
	if [ -n "$keep" ] && [ $status = 0 ]; then
		exit 0
	fi
	if is_mounted; then
		itemfs umount "$dir/mnt" || umount -l "$dir/mnt" 2>/dev/null || fusermount3 -uz "$dir/mnt" || true
	fi
	rmdir "$dir/mnt" 2>/dev/null || true
	rm -rf "$dir/shop" "$dir/config"
	[ -z "$made" ] || rmdir "$dir"
	exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

say() {
	if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n%s\n' "$*"; fi
}

# Prints a command, then runs it. A command that should fail is shown with `fails`.
show() {
	printf '\n$ %s\n' "$1"
	eval "$1"
}
fails() {
	printf '\n$ %s\n' "$1"
	if (eval "$1") 2>&1 | sed "s|^$0: line [0-9]*: ||; s|^|  |" && [ "${PIPESTATUS[0]}" = 0 ]; then
		echo "$0: that should have failed" >&2
		exit 1
	fi
}

say "1. What is needed"
"$top/examples/deps.sh" run
if [ ! -c /dev/fuse ]; then
	echo "$0: there is no /dev/fuse here; in a container, start it with --device /dev/fuse --cap-add SYS_ADMIN" >&2
	exit 1
fi
[ -f "$top/build/build.ninja" ] || meson setup "$top/build" "$top" -Dtests=false >/dev/null
ninja -C "$top/build" itemfs | tail -n 1
if [ "$(apt-cache dumpavail | grep -c '^Package:')" -lt 1000 ]; then
	echo "fetching Debian's package lists"
	if [ "$(id -u)" = 0 ]; then apt-get update -q; else sudo apt-get update -q; fi >/dev/null
fi
cd "$dir"

say "2. A store, and data from this machine"
show 'itemfs init shop'
iso=/usr/share/iso-codes/json
show "jq -c '.\"3166-1\"[]' $iso/iso_3166-1.json | itemfs import shop Countries --key alpha_2 -"
show "jq -c '.\"4217\"[]'   $iso/iso_4217.json   | itemfs import shop Currencies --key alpha_3 -"
show "jq -c '.\"639-3\"[]'  $iso/iso_639-3.json  | itemfs import shop Languages --key alpha_3 -"
show "apt-cache dumpavail | $top/examples/packages.py | itemfs import shop Packages --key Section,Package -"

say "3. Every table is a directory, every item a file"
show 'mkdir mnt && itemfs mount shop mnt'
show 'ls mnt'
show 'ls mnt/Countries | head -n 5'
show 'cat mnt/Countries/DE.json'
show 'ls -l mnt/Currencies | head -n 4'

say "4. With a sort key there is a directory for each partition"
show 'ls mnt/Packages | wc -l; ls mnt/Packages/editors | wc -l'
show 'cat mnt/Packages/editors/vim.json'

say "5. The tools that you know"
show 'grep -l Island mnt/Countries/*.json | head -n 3'
show "jq -s 'sort_by(-.InstalledSize) | .[:3][] | {Package, InstalledSize}' -c mnt/Packages/editors/*.json"
show "jq -r .name mnt/Languages/*.json | awk '{ print substr(\$0, 1, 1) }' | sort | uniq -c | sort -rn | head -n 3"

say "6. Change an item; what is no item is refused, and the item stays whole"
show "sed -i 's/\"Germany\"/\"Deutschland\"/' mnt/Countries/DE.json && grep '\"name\"' mnt/Countries/DE.json"
fails 'echo "{\"name\": \"Germany\", oops}" > mnt/Countries/DE.json'
show 'itemfs why mnt/Countries/DE.json'
show "grep '\"name\"' mnt/Countries/DE.json"
show "echo '{\"name\": \"Atlantis\", \"flag\": \"🌊\"}' > mnt/Countries/XA.json && cat mnt/Countries/XA.json"

say "7. It is all still there"
show 'itemfs umount mnt'
show 'ls mnt | wc -l; grep -c Deutschland shop/data.mdb || true'
show 'itemfs mount shop mnt'
show 'cat mnt/Countries/XA.json && rm mnt/Countries/XA.json && ls mnt/Countries | wc -l'
show 'itemfs status mnt'

say "8. The same data over the DynamoDB API"
show 'itemfs umount mnt && itemfs mount --listen 127.0.0.1:0 shop mnt | tee listening'
endpoint=$(sed -n 's/^listening on //p' listening)
rm listening
# A store without access keys takes any; the CLI wants to have some.
export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
ddb() { aws dynamodb --endpoint-url "$endpoint" "$@"; }
show 'ddb list-tables --output text'
show "ddb put-item --table-name Countries --item '{\"alpha_2\": {\"S\": \"XA\"}, \"name\": {\"S\": \"Atlantis\"}}'; cat mnt/Countries/XA.json"
show 'rm mnt/Countries/XA.json; ddb get-item --table-name Countries --key "{\"alpha_2\": {\"S\": \"XA\"}}"'
show "ddb update-table --table-name Packages --attribute-definitions AttributeName=Maintainer,AttributeType=S AttributeName=InstalledSize,AttributeType=N \\
    --global-secondary-index-updates '[{\"Create\": {\"IndexName\": \"ByMaintainer\", \"Projection\": {\"ProjectionType\": \"ALL\"}, \"KeySchema\":
      [{\"AttributeName\": \"Maintainer\", \"KeyType\": \"HASH\"}, {\"AttributeName\": \"InstalledSize\", \"KeyType\": \"RANGE\"}]}}]' \\
    --query 'TableDescription.GlobalSecondaryIndexes[0].IndexStatus'"
until ddb describe-table --table-name Packages --query 'Table.GlobalSecondaryIndexes[0].IndexStatus' | grep -q ACTIVE; do sleep 0.2; done
show "ddb query --table-name Packages --index-name ByMaintainer --key-condition-expression 'Maintainer = :m' --no-scan-index-forward --max-items 3 \\
    --expression-attribute-values '{\":m\": {\"S\": \"Debian Vim Maintainers <team+vim@tracker.debian.org>\"}}' \\
    --query 'Items[].[Package.S, InstalledSize.N]' --output text"
show "ddb execute-statement --statement \"SELECT Package, Version FROM Packages WHERE \\\"Section\\\" = 'editors' AND begins_with(Package, 'nano')\" --query 'Items' --output json | jq -c '.[]'"

if [ -n "$keep" ]; then
	say "The mount stays: $dir/mnt. To end it:"
	echo "  $top/build/itemfs umount $dir/mnt && rm -r $dir"
	echo "To mount it again:"
	echo "  XDG_CONFIG_HOME=$dir/config $top/build/itemfs mount $dir/shop $dir/mnt"
fi
