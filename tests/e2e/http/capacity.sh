#!/bin/bash
# Capacity over the API: units in the replies, and what is said when there are none left. Nobody waits here.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY"
serve_store

# item KEY KB: an item of that many write units.
item() { head -c $(($2 * 1024 - 100)) /dev/zero | tr '\0' x | jq -Rc --arg k "$1" '{id: {S: $k}, x: {S: .}}'; }
# The item may be longer than an argument.
write() { item "$1" "$2" > "$T/item.json" && ddb put-item --table-name Limited --item "file://$T/item.json" --return-consumed-capacity INDEXES; }
refused() { has "$1" "$2" "$(shift 2; "$@" 2>&1)"; }
words='The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.'

check "a table with one unit a second" ddb create-table --table-name Limited --attribute-definitions AttributeName=id,AttributeType=S \
	--key-schema AttributeName=id,KeyType=HASH --provisioned-throughput ReadCapacityUnits=1,WriteCapacityUnits=1
is "the units of a put" '{"TableName":"Limited","CapacityUnits":299,"Table":{"CapacityUnits":299}}' "$(write a 299 | jq -c .ConsumedCapacity)"
is "and of another" 390 "$(write b 390 | jq .ConsumedCapacity.CapacityUnits)"
refused "a put" "(ProvisionedThroughputExceededException) when calling the PutItem operation" write c 1
refused "in the service's words" "$words" write c 1
refused "a batch of which nothing can be done" "(ProvisionedThroughputExceededException)" \
	ddb batch-write-item --request-items '{"Limited": [{"DeleteRequest": {"Key": {"id": {"S": "a"}}}}]}'
refused "a transaction" "cancellation reasons for specific reasons [ProvisionedThroughputExceeded]" \
	ddb transact-write-items --transact-items '[{"Delete": {"TableName": "Limited", "Key": {"id": {"S": "a"}}}}]'
is "reads have their own" 0.5 "$(ddb get-item --table-name Limited --key '{"id": {"S": "none"}}' --return-consumed-capacity TOTAL |
	jq .ConsumedCapacity.CapacityUnits)"
check "a table without a limit" ddb create-table --table-name Free --attribute-definitions AttributeName=id,AttributeType=S \
	--key-schema AttributeName=id,KeyType=HASH --billing-mode PAY_PER_REQUEST
is "of a batch comes back what found no capacity" '{"Limited":[{"DeleteRequest":{"Key":{"id":{"S":"a"}}}}]}' "$(ddb batch-write-item \
	--request-items '{"Limited": [{"DeleteRequest": {"Key": {"id": {"S": "a"}}}}], "Free": [{"PutRequest": {"Item": {"id": {"S": "a"}}}}]}' |
	jq -c .UnprocessedItems)"
check "on demand without a maximum" ddb update-table --table-name Limited --billing-mode PAY_PER_REQUEST
check "all goes" write c 1
stop_server || not_ok "the server stops"
finish
