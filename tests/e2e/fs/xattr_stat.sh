#!/bin/bash
# What stat, statfs and extended attributes say.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
table Pairs pk:S sk:S
cd "$MNT/Things" || exit 1
x() { getfattr --absolute-names --only-values -n "user.itemfs.$1" "$2" 2> /dev/null; }

start=$(date +%s)
echo '{"n": 1, "long": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}' > a.json
echo '{"n": 1}' > b.json
mkdir -p ../Pairs/p && echo '{}' > ../Pairs/p/q.json
v1=$(x version a.json) e1=$(x etag a.json)
check "version is a number" test "$v1" -gt 0
check "etag is there" test -n "$e1"
is "key" '{"id":"a"}' "$(x key a.json | jq -c .)"
is "key of a pair" '{"pk":"p","sk":"q"}' "$(x key ../Pairs/p/q.json | jq -c .)"
check "they are listed or not, but getfattr -d works" getfattr -d a.json
cat a.json > "$T/copy"
echo '{"n": 2}' > a.json
check "a change moves the version on" test "$(x version a.json)" -gt "$v1"
check "and changes the etag" test "$(x etag a.json)" != "$e1"
cat "$T/copy" > a.json
is "the same content has the same etag" "$e1" "$(x etag a.json)"
v2=$(x version a.json)
has "an attribute that does not exist" "No such attribute" "$(getfattr -n user.itemfs.nothing a.json 2>&1)"
has "one that is not ours" "No such attribute" "$(getfattr -n user.other a.json 2>&1)"
expect_errno EOPNOTSUPP setfattr -n user.other -v 1 a.json

size=$(wc -c < a.json)
is "size" "$size" "$(stat -c %s a.json)"
is "blocks" $(((size + 511) / 512)) "$(stat -c %b a.json)"
is "a directory has one link" "1 1 1" "$(stat -c %h . .. ../Pairs/p | tr '\n' ' ' | sed 's/ $//')"
mtime=$(stat -c %Y a.json)
check "mtime is the commit's time" test "$mtime" -ge "$start" -a "$mtime" -le "$(date +%s)"
birth=$(stat -c %W a.json)
check "birth is the creation's" test "$birth" = 0 -o "$birth" -ge "$start" -a "$birth" -le "$mtime"
check "a table's mtime is its last change, within a second" wait_for 2 bash -c 'test "$(stat -c %Y a.json)" = "$(stat -c %Y .)"'
check "inode numbers differ" test "$(stat -c %i a.json b.json ../Pairs/p ../Pairs/p/q.json . .. | sort -u | wc -l)" = 6
is "ls -i agrees with stat" "$(stat -c %i a.json)" "$(ls -i | awk '$2 == "a.json" {print $1}')"

before=$(stat -c '%n %i %s %Y %h %a' . a.json b.json ../Pairs/p ../Pairs/p/q.json)
cd /
check "remount" remount
cd "$MNT/Things" || exit 1
is "inode numbers, sizes and times stay over a remount" "$before" "$(stat -c '%n %i %s %Y %h %a' . a.json b.json ../Pairs/p ../Pairs/p/q.json)"
is "version and etag too" "$v2 $e1" "$(x version a.json) $(x etag a.json)"

check "df works" df "$MNT"
check "statfs: blocks, free blocks and files" test "$(stat -f -c '%b %a %c' "$MNT" | awk '{print ($1 > 0) + ($2 > 0) + ($3 >= 3)}')" = 3
is "file names have up to 255 bytes" 255 "$(stat -f -c %l "$MNT")"
mtime=$(stat -c %Y b.json)
check "touch -d is taken" touch -d '2020-02-03 04:05:06 UTC' b.json
is "but the time stays the commit's" "$mtime" "$(stat -c %Y b.json)"
cd /
finish
