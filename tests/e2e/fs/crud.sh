#!/bin/bash
# Items with the tools everybody knows: echo, cat, cp, mv, rm, touch, dd; and what is refused.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
table Other id:S
cd "$MNT/Things" || exit 1

check "echo > makes an item" put a.json '{"b":2,"a":[1,{"x":null}],"e":{},"l":[]}'
is "cat shows it canonically, key first" '{
  "id": "a",
  "a": [
    1,
    {
      "x": null
    }
  ],
  "b": 2,
  "e": {},
  "l": []
}' "$(cat a.json)"
is "its size is exact" "$(cat a.json | wc -c)" "$(stat -c %s a.json)"
check "the key may stand in the body" put a.json '{"id": "a", "n": 1}'
expect_errno EINVAL bash -c 'echo "{\"id\": \"z\"}" > a.json'
is "a wrong key changed nothing" 1 "$(jq .n a.json)"

jq 'del(.id)' a.json > "$T/plain.json"
check "cp in" cp "$T/plain.json" b.json
is "the key comes from the name" b "$(jq -r .id b.json)"
check "cp out" cp b.json "$T/out.json"
check "the copy is the same" cmp b.json "$T/out.json"
check "cp over an item" cp "$T/out.json" b.json

echo '{"n": 1}' > log.json
expect_errno EINVAL bash -c 'echo more >> log.json'
is "a bad append changed nothing" 1 "$(jq .n log.json)"
check "white space may be appended" append log.json ''
is "and leaves it canonical" "$(cat log.json)" "$(jq . log.json)"
check "tee -a of white space" bash -c 'echo | tee -a log.json'
check "tee" bash -c 'echo "{\"n\": 3}" | tee log.json'
is "tee replaced it" 3 "$(jq .n log.json)"

check "mv in the table" mv log.json moved.json
is "rewrites the key" '{"id":"moved","n":3}' "$(jq -c . moved.json)"
expect_errno ENOENT cat log.json
check "mv onto an item replaces it" mv moved.json b.json
is "with the new key" '{"id":"b","n":3}' "$(jq -c . b.json)"
check "mv -n keeps the target" bash -c 'mv -n a.json b.json; test -e a.json'
out=$(mv b.json ../Other/b.json 2>&1)
is "mv to another table (EXDEV, so mv copies)" "0 " "$? $out"
is "arrives" '{"id":"b","n":3}' "$(jq -c . ../Other/b.json)"
expect_errno ENOENT cat b.json

expect_errno EEXIST dd if="$T/plain.json" of=a.json conv=excl status=none
check "dd conv=excl of a new one" dd if="$T/plain.json" of=new.json conv=excl status=none
check "noclobber keeps an item" bash -c 'set -o noclobber; ! echo "{\"n\": 9}" > a.json'
is "as it was" 1 "$(jq .n a.json)"
check "noclobber makes a new one" bash -c 'set -o noclobber; echo "{\"n\": 9}" > new2.json'
is "with its content" 9 "$(jq .n new2.json)"

before=$(cat a.json; stat -c %Y.%s a.json; getfattr --only-values -n user.itemfs.version a.json)
check "touch of an item" touch -c a.json
check "> without content" bash -c ': > a.json'
check "cat of nothing into it" bash -c 'cat /dev/null > a.json'
check "chmod to the same" chmod "$(stat -c %a a.json)" a.json
check "chown to the same" chown "$(stat -c %u:%g a.json)" a.json
is "changed content, version or time of nothing" "$before" \
	"$(cat a.json; stat -c %Y.%s a.json; getfattr --only-values -n user.itemfs.version a.json)"
truncate -s 5 a.json 2> /dev/null
is "truncate to a piece leaves the item" "$before" \
	"$(cat a.json; stat -c %Y.%s a.json; getfattr --only-values -n user.itemfs.version a.json)"

check "touch of a new name" touch draft.json
is "a draft is empty" 0 "$(stat -c %s draft.json)"
check "it becomes an item with its first document" put draft.json '{"d": 1}'
is "with its key" '{"id":"draft","d":1}' "$(jq -c . draft.json)"

expect_errno EPERM ln a.json hard.json
expect_errno EPERM ln -s a.json soft.json
expect_errno EPERM mknod pipe.json p
expect_errno EPERM mv ../Other ../Renamed
expect_errno ENOENT rm nothing.json
expect_errno ENOENT cat ../Nothing/x.json
expect_errno EINVAL bash -c 'echo "not json" > bad.json'
expect_errno ENOENT cat bad.json

check "rm" rm new.json
expect_errno ENOENT cat new.json
is "what is left" "a.json draft.json new2.json" "$(ls | tr '\n' ' ' | sed 's/ $//')"
check "rm *" bash -c 'rm *'
is "nothing is left" "" "$(ls -A)"
cd /
check "rmdir" rmdir "$MNT/Things"
finish
