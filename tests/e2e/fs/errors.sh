#!/bin/bash
# Whatever is refused is explained: .errors, user.itemfs.error on the file or its directory, itemfs why.

. "$(dirname "$0")/../lib.sh"
setup -o allow_other
chmod 755 "$T"
table Things id:S
cd "$MNT/Things" || exit 1
echo '{"n": 1}' > a.json
error_of() { getfattr --absolute-names --only-values -n user.itemfs.error "$1" 2>&1; }

! echo '{"n": 1,}' > a.json
has "the xattr of the file says where" "line 1, column" "$(error_of a.json)"
has "itemfs why PATH too" "line 1, column" "$("$ITEMFS" why "$MNT/Things/a.json" 2>&1)"
has "itemfs why from inside the mount" "line 1, column" "$("$ITEMFS" why 2>&1)"
last=$(tail -1 ../.errors)
check ".errors is JSON Lines" jq -e . ../.errors
is "with the path" true "$(jq '.path | endswith("Things/a.json")' <<< "$last")"
has "the errno" EINVAL "$(jq -r .errno <<< "$last")"
has "the exception" Exception "$(jq -r .exception <<< "$last")"
check "and the time" jq -e '.time | test("^20[0-9][0-9]-")' <<< "$last"

! echo '{"n":' > new.json
has "a file that never came to be: its directory's xattr tells" "before it is complete" "$(error_of .)"
! echo '{"id": "z"}' > b.json
has "a key that is not the name's" "b.json" "$(tail -1 ../.errors)"
! echo '{"n": {"$ss": []}}' > a.json
has "an empty set" set "$(error_of a.json)"
! mkdir sub.json 2> /dev/null
! ln -s a.json l.json 2> /dev/null
has "ln -s" l.json "$(tail -1 ../.errors)"

for i in $(seq 300); do echo "$i" > a.json; done 2> /dev/null
is "at most the last 256 are kept" 256 "$(wc -l < ../.errors)"
check "nobody sees root's" bash -c '! setpriv --reuid nobody --regid nogroup --clear-groups cat ../.errors | grep -q .'
check "a success in between leaves them" bash -c 'echo "{}" > a.json; test "$(wc -l < ../.errors)" = 256'
for help in ../.help .help; do check "$help reads" grep -q . $help; done
is "the item is well" '{"id":"a"}' "$(jq -c . a.json)"
cd /
finish
