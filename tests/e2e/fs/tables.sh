#!/bin/bash
# Tables as directories: definitions, drafts, updates, protection, owners, removal.

. "$(dirname "$0")/../lib.sh"
setup
cd "$MNT" || exit 1

# sentence WHAT PATTERN FILE DEFINITION: the definition is refused with EINVAL, and .errors has a sentence that says why.
sentence()
{
	expect_errno EINVAL bash -c 'printf "%s\n" "$2" > "$1"' sh "$3" "$4"
	if tail -1 .errors | grep -qi -- "$2"; then ok "$1 is explained"; else not_ok "$1 is explained" "$(tail -1 .errors)"; fi
}

simple=$(definition id:S)
check "a definition to .tables makes a table" put .tables/Alpha.json "$simple"
check "it is a directory" test -d Alpha
is "listed" Alpha "$(ls)"
is "listed in .tables" Alpha.json "$(ls .tables)"
is "its definition reads in CreateTable's shape" 'Alpha id HASH S' \
	"$(jq -r '"\(.TableName) \(.KeySchema[0].AttributeName) \(.KeySchema[0].KeyType) \(.AttributeDefinitions[0].AttributeType)"' Alpha/.schema.json)"
is "the same in both places" "$(cat .tables/Alpha.json)" "$(cat Alpha/.schema.json)"
check "a definition copied makes a like table" bash -c 'jq "del(.TableName)" Alpha/.schema.json > "$1" && cp "$1" .tables/Copied.json' sh "$T/def"
is "with the same key" "$(jq -c .KeySchema Alpha/.schema.json)" "$(jq -c .KeySchema Copied/.schema.json)"
check "writing a table's own definition back changes nothing" bash -c 'cat Alpha/.schema.json > "$1"; cat "$1" > Alpha/.schema.json' sh "$T/def"

check "mkdir makes a draft" mkdir Drafted
expect_errno EINVAL bash -c 'echo "{}" > Drafted/a.json'
has "a draft explains itself" .schema.json "$(tail -1 .errors)"
check "a draft goes with rmdir" rmdir Drafted
check "mkdir again" mkdir Drafted
check "the definition makes it a table" put Drafted/.schema.json "$(definition pk:S sk:N)"
check "it takes a partition and an item" bash -c 'mkdir Drafted/p && echo "{}" > Drafted/p/7.json'
is "with both keys" '{"pk":"p","sk":7}' "$(jq -c . Drafted/p/7.json)"
expect_errno EEXIST mkdir Alpha

check "a dry run of a good definition" put .check/Dry.json "$simple"
expect_errno EINVAL bash -c 'echo "{\"KeySchema\": []}" > .check/Dry.json'
check "makes nothing" test ! -e Dry
check "a starter makes a table" bash -c '
	n=0
	for starter in .templates/*.json; do
		n=$((n + 1))
		cp "$starter" ".tables/Starter$n.json" && test -d "Starter$n" && rmdir "Starter$n" || { echo "$starter"; exit 1; }
	done
	[ $n -ge 2 ]'

sentence "no JSON" line .tables/Bad.json 'hello'
sentence "no key" KeySchema .tables/Bad.json '{"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}'
sentence "an undefined key attribute" id .tables/Bad.json '{"AttributeDefinitions": [], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}'
sentence "a wrong type" AttributeType .tables/Bad.json "${simple/\"S\"/\"X\"}"
sentence "an unknown member" Colour .tables/Bad.json "${simple/\{/\{\"Colour\": 1, }"
sentence "another table's name" Alpha .tables/Bad.json "${simple/\{/\{\"TableName\": \"Alpha\", }"
sentence "two keys of one name" id .tables/Bad.json "$(definition id:S id:S)"
sentence "a short table name" name .tables/ab.json "$simple"
sentence "a bad table name" name '.tables/a b c.json' "$simple"
check "none of them is a table" test ! -e Bad -a ! -e ab -a ! -e 'a b c'
sentence "another key for a table" key Alpha/.schema.json "$(definition other:S)"
is "which keeps its own" id "$(jq -r '.KeySchema[0].AttributeName' Alpha/.schema.json)"

echo '{}' > Alpha/a.json
expect_errno ENOTEMPTY rmdir Alpha
update() { jq "$1" Alpha/.schema.json > "$T/def" && cat "$T/def" > Alpha/.schema.json; }
check "tags" update '.Tags = [{"Key": "team", "Value": "blue"}]'
is "are kept" '[{"Key":"team","Value":"blue"}]' "$(jq -c .Tags Alpha/.schema.json)"
check "protection" update '.DeletionProtectionEnabled = true'
is "is shown" true "$(jq .DeletionProtectionEnabled Alpha/.schema.json)"
rm Alpha/a.json
expect_errno EBUSY rmdir Alpha
has "why says the way out" DeletionProtectionEnabled "$("$ITEMFS" why "$MNT/Alpha" 2>&1; tail -1 .errors)"
check "protection off" update '.DeletionProtectionEnabled = false'
cd /
check "definitions survive a remount" remount
is "tags too" '[{"Key":"team","Value":"blue"}]' "$(jq -c .Tags "$MNT/Alpha/.schema.json")"
cd "$MNT" || exit 1
check "rmdir of an empty table" rmdir Alpha
for i in $(seq 50); do echo '{}' > Copied/$i.json; done
check "rm -r of a full one" rm -r Copied
is "is gone from .tables" "Drafted.json" "$(ls .tables)"
check "a new table of the same name" put .tables/Copied.json "$simple"
is "starts empty" "" "$(ls -A Copied)"
expect_errno EPERM rm -f .tables/Copied.json
cd /
finish
