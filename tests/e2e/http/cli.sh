#!/bin/bash
# Every data-plane command of the aws CLI, and its table commands, against a mount: what one side writes is there for the other at once.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
mount_listening || { not_ok "itemfs mount --listen" "$(cat "$T/mount.log")"; exit 1; }

# q FILTER COMMAND...: what jq's FILTER makes of the reply
q() { local filter=$1; shift; ddb "$@" 2> "$T/err" | jq -c "$filter"; }
# exception NAME COMMAND...: the command fails with it
exception()
{
	local name=$1 out
	shift
	if out=$(ddb "$@" 2>&1); then not_ok "$name: $1" "succeeded: $out"; else has "$name: $1 ${2:-} ${3:-}" "($name)" "$out"; fi
}

# --- tables

is "create-table" '"ACTIVE"' "$(q .TableDescription.TableStatus create-table --table-name Orders \
	--attribute-definitions AttributeName=orderID,AttributeType=S --key-schema AttributeName=orderID,KeyType=HASH \
	--provisioned-throughput ReadCapacityUnits=1,WriteCapacityUnits=1)"
check "the table is a directory" test -d "$MNT/Orders"
is "list-tables" '["Orders"]' "$(q .TableNames list-tables)"
is "describe-table" '[1,1,"PROVISIONED","HASH"]' "$(q '.Table | [.ProvisionedThroughput.ReadCapacityUnits, .ProvisionedThroughput.WriteCapacityUnits,
	.BillingModeSummary.BillingMode // "PROVISIONED", .KeySchema[0].KeyType]' describe-table --table-name Orders)"
exception ResourceInUseException create-table --table-name Orders --attribute-definitions AttributeName=orderID,AttributeType=S \
	--key-schema AttributeName=orderID,KeyType=HASH --billing-mode PAY_PER_REQUEST
exception ResourceNotFoundException describe-table --table-name Nothing
check "wait table-exists" ddb wait table-exists --table-name Orders
ddb create-table --table-name Music --billing-mode PAY_PER_REQUEST \
	--attribute-definitions AttributeName=Artist,AttributeType=S AttributeName=Song,AttributeType=S AttributeName=Year,AttributeType=N \
	--key-schema AttributeName=Artist,KeyType=HASH AttributeName=Song,KeyType=RANGE \
	--global-secondary-indexes 'IndexName=ByYear,KeySchema=[{AttributeName=Year,KeyType=HASH}],Projection={ProjectionType=ALL}' \
	> /dev/null || not_ok "create Music"

# --- one item, seen from both sides

check "put-item" ddb put-item --table-name Orders --item '{"orderID": {"S": "o1"}, "total": {"N": "12.50"}, "lines": {"L": [{"M": {"sku": {"S": "x"}}}]}}'
is "cat shows it" '{"orderID":"o1","lines":[{"sku":"x"}],"total":12.5}' "$(jq -c . "$MNT/Orders/o1.json")"
echo '{"total": 7, "note": "by hand"}' > "$MNT/Orders/o2.json"
is "get-item shows what a shell wrote" '{"note":{"S":"by hand"},"orderID":{"S":"o2"},"total":{"N":"7"}}' \
	"$(ddb get-item --table-name Orders --key '{"orderID": {"S": "o2"}}' --consistent-read | jq -cS .Item)"
is "projection and capacity" '[{"total":{"N":"12.5"}},0.5]' "$(q '[.Item, .ConsumedCapacity.CapacityUnits]' get-item --table-name Orders \
	--key '{"orderID": {"S": "o1"}}' --projection-expression '#t' --expression-attribute-names '{"#t": "total"}' --return-consumed-capacity TOTAL)"
is "update-item" '{"total":{"N":"13.5"}}' "$(q .Attributes update-item --table-name Orders --key '{"orderID": {"S": "o1"}}' \
	--update-expression 'SET #t = #t + :one' --expression-attribute-names '{"#t": "total"}' --expression-attribute-values '{":one": {"N": "1"}}' --return-values UPDATED_NEW)"
is "cat shows the update" 13.5 "$(jq .total "$MNT/Orders/o1.json")"
exception ValidationException update-item --table-name Orders --key '{"orderID": {"S": "o1"}}' --update-expression 'REMOVE total'
has "which says what is wrong" "reserved keyword: total" "$(ddb update-item --table-name Orders --key '{"orderID": {"S": "o1"}}' --update-expression 'REMOVE total' 2>&1)"
exception ConditionalCheckFailedException put-item --table-name Orders --item '{"orderID": {"S": "o1"}}' --condition-expression 'attribute_not_exists(orderID)'
is "delete-item" '"by hand"' "$(q .Attributes.note.S delete-item --table-name Orders --key '{"orderID": {"S": "o2"}}' --return-values ALL_OLD)"
expect_errno ENOENT cat "$MNT/Orders/o2.json"
rm "$MNT/Orders/o1.json"
is "rm is seen" "" "$(ddb get-item --table-name Orders --key '{"orderID": {"S": "o1"}}')"
exception ValidationException get-item --table-name Orders --key '{"other": {"S": "o1"}}'

# --- several items

is "batch-write-item" '{}' "$(q .UnprocessedItems batch-write-item --request-items '{"Music": [
	{"PutRequest": {"Item": {"Artist": {"S": "Bach"}, "Song": {"S": "Air"}, "Year": {"N": "1723"}}}},
	{"PutRequest": {"Item": {"Artist": {"S": "Bach"}, "Song": {"S": "Fugue"}, "Year": {"N": "1708"}}}},
	{"PutRequest": {"Item": {"Artist": {"S": "Bach"}, "Song": {"S": "Mass"}}}},
	{"PutRequest": {"Item": {"Artist": {"S": "Holst"}, "Song": {"S": "Mars"}, "Year": {"N": "1914"}}}}]}')"
is "ls shows the partition" "Air.json Fugue.json Mass.json" "$(ls "$MNT/Music/Bach" | tr '\n' ' ' | sed 's/ $//')"
is "batch-get-item" '["Air","Mars"]' "$(q '[.Responses.Music[].Song.S] | sort' batch-get-item --request-items '{"Music": {"Keys": [
	{"Artist": {"S": "Bach"}, "Song": {"S": "Air"}}, {"Artist": {"S": "Holst"}, "Song": {"S": "Mars"}}, {"Artist": {"S": "Holst"}, "Song": {"S": "None"}}]}}')"
is "query" '["Air","Fugue"]' "$(q '[.Items[].Song.S]' query --table-name Music --key-condition-expression 'Artist = :a AND Song < :s' \
	--expression-attribute-values '{":a": {"S": "Bach"}, ":s": {"S": "M"}}')"
is "query backward" '["Mass","Fugue","Air"]' "$(q '[.Items[].Song.S]' query --table-name Music --key-condition-expression 'Artist = :a' \
	--expression-attribute-values '{":a": {"S": "Bach"}}' --no-scan-index-forward)"
is "query an index" '["Mars"]' "$(q '[.Items[].Song.S]' query --table-name Music --index-name ByYear --key-condition-expression '#y = :y' \
	--expression-attribute-names '{"#y": "Year"}' --expression-attribute-values '{":y": {"N": "1914"}}')"
is "scan in pages" '["Air","Fugue","Mars","Mass"]' "$(q '[.Items[].Song.S] | sort' scan --table-name Music --page-size 1)"
is "scan of an index is sparse" 3 "$(q .Count scan --table-name Music --index-name ByYear --select COUNT)"
is "scan with a filter" '[1,4]' "$(q '[.Count, .ScannedCount]' scan --table-name Music --filter-expression 'begins_with(Song, :m) AND #y > :n' \
	--expression-attribute-names '{"#y": "Year"}' --expression-attribute-values '{":m": {"S": "M"}, ":n": {"N": "1900"}}')"
exception ValidationException query --table-name Music --index-name ByYear --consistent-read --key-condition-expression '#y = :y' \
	--expression-attribute-names '{"#y": "Year"}' --expression-attribute-values '{":y": {"N": "1914"}}'

# --- transactions

check "transact-write-items" ddb transact-write-items --client-request-token same --transact-items '[
	{"Put": {"TableName": "Orders", "Item": {"orderID": {"S": "t1"}, "n": {"N": "1"}}}},
	{"Update": {"TableName": "Music", "Key": {"Artist": {"S": "Holst"}, "Song": {"S": "Mars"}}, "UpdateExpression": "ADD plays :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}},
	{"Delete": {"TableName": "Music", "Key": {"Artist": {"S": "Bach"}, "Song": {"S": "Mass"}}}},
	{"ConditionCheck": {"TableName": "Music", "Key": {"Artist": {"S": "Bach"}, "Song": {"S": "Air"}}, "ConditionExpression": "attribute_exists(Song)"}}]'
is "its update is there" 1 "$(jq .plays "$MNT/Music/Holst/Mars.json")"
exception TransactionCanceledException transact-write-items --transact-items '[
	{"Put": {"TableName": "Orders", "Item": {"orderID": {"S": "t2"}}}},
	{"ConditionCheck": {"TableName": "Orders", "Key": {"orderID": {"S": "none"}}, "ConditionExpression": "attribute_exists(orderID)"}}]'
refuse "nothing of it was done" test -e "$MNT/Orders/t2.json"
is "transact-get-items" '["1",null]' "$(q '[.Responses[].Item.n.N]' transact-get-items --transact-items '[
	{"Get": {"TableName": "Orders", "Key": {"orderID": {"S": "t1"}}}}, {"Get": {"TableName": "Orders", "Key": {"orderID": {"S": "t9"}}}}]')"

# --- PartiQL

check "insert" ddb execute-statement --statement "INSERT INTO \"Orders\" VALUE {'orderID': 'p1', 'n': 5, 'tags': <<'a', 'b'>>}"
exception DuplicateItemException execute-statement --statement "INSERT INTO \"Orders\" VALUE {'orderID': 'p1'}"
is "select" '[{"n":{"N":"5"}}]' "$(q .Items execute-statement --statement 'SELECT n FROM "Orders" WHERE orderID = ?' --parameters '[{"S": "p1"}]')"
is "update" '[{"n":{"N":"6"}}]' "$(q .Items execute-statement --statement "UPDATE \"Orders\" SET n = n + 1 WHERE orderID = 'p1' RETURNING MODIFIED NEW *")"
is "select from an index" '[{"Song":{"S":"Mars"}}]' "$(q .Items execute-statement --statement 'SELECT Song FROM "Music"."ByYear" WHERE "Year" = 1914')"
is "batch-execute-statement" '["5","ResourceNotFound"]' "$(ddb put-item --table-name Orders --item '{"orderID": {"S": "p2"}, "n": {"N": "5"}}' > /dev/null
	q '[.Responses[] | .Item.n.N // .Error.Code]' batch-execute-statement --statements '[
	{"Statement": "SELECT n FROM \"Orders\" WHERE orderID = '\''p2'\''"}, {"Statement": "SELECT n FROM \"Nothing\" WHERE orderID = '\''p2'\''"}]')"
check "execute-transaction" ddb execute-transaction --transact-statements '[
	{"Statement": "UPDATE \"Orders\" SET n = 0 WHERE orderID = '\''p1'\''"}, {"Statement": "DELETE FROM \"Orders\" WHERE orderID = '\''p2'\''"}]'
is "both were done" "0 no" "$(jq .n "$MNT/Orders/p1.json") $(test -e "$MNT/Orders/p2.json" && echo yes || echo no)"

# --- settings of a table

is ".status tells where the API is" "$ENDPOINT" "$(jq -r .listening "$MNT/.status")"

is "update-table adds an index" '"ByN"' "$(q '.TableDescription.GlobalSecondaryIndexes[0].IndexName' update-table --table-name Orders \
	--attribute-definitions AttributeName=orderID,AttributeType=S AttributeName=n,AttributeType=N --global-secondary-index-updates \
	'[{"Create": {"IndexName": "ByN", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}}]')"
active() { [ "$(q '[.Table.GlobalSecondaryIndexes[].IndexStatus]' describe-table --table-name Orders)" = '["ACTIVE"]' ]; }
check "which is built" wait_for 10 active
is "and answers" '["p1"]' "$(q '[.Items[].orderID.S]' query --table-name Orders --index-name ByN --key-condition-expression 'n = :n' --expression-attribute-values '{":n": {"N": "0"}}')"
check "update-time-to-live" ddb update-time-to-live --table-name Orders --time-to-live-specification Enabled=true,AttributeName=expires
is "describe-time-to-live" '{"TimeToLiveStatus":"ENABLED","AttributeName":"expires"}' "$(q .TimeToLiveDescription describe-time-to-live --table-name Orders)"
arn=$(q .Table.TableArn describe-table --table-name Orders | tr -d '"')
check "tag-resource" ddb tag-resource --resource-arn "$arn" --tags Key=team,Value=shop Key=old,Value=1
check "untag-resource" ddb untag-resource --resource-arn "$arn" --tag-keys old
is "list-tags-of-resource" '[{"Key":"team","Value":"shop"}]' "$(q .Tags list-tags-of-resource --resource-arn "$arn")"
is "the tag stands in .schema.json" shop "$(jq -r '.Tags[0].Value' "$MNT/Orders/.schema.json")"
check "describe-limits" ddb describe-limits
check "describe-endpoints" ddb describe-endpoints
# Debian's CLI does not know the option yet.
protect() { jq ".DeletionProtectionEnabled = $1" "$MNT/Music/.schema.json" > "$T/schema" && cat "$T/schema" > "$MNT/Music/.schema.json"; }
check "protection on" protect true
exception ValidationException delete-table --table-name Music
check "protection off" protect false
check "delete-table" ddb delete-table --table-name Music
check "wait table-not-exists" ddb wait table-not-exists --table-name Music
refuse "the directory is gone" test -e "$MNT/Music"
has "what is not there yet says so" UnknownOperationException "$(ddb list-global-tables 2>&1)"
finish
