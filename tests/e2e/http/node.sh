#!/bin/bash
# The JavaScript SDK v3 with its document client, and a table from a template that aws-cdk-lib synthesises. Both come from npm, once a machine.

. "$(dirname "$0")/../lib.sh"
setup_dir
new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
modules=$("$ROOT/examples/node_modules.sh" 2> "$T/npm.log") || { not_ok "npm install" "$(tail -5 "$T/npm.log")"; exit 1; }
mount_listening || { not_ok "itemfs mount --listen" "$(cat "$T/mount.log")"; exit 1; }
export NODE_PATH=$modules
node "$HERE/document_client.js" > "$T/node.out" 2>&1 || not_ok "document_client.js" "$(tail -20 "$T/node.out")"
grep -E '^(ok|not ok|    ) ?' "$T/node.out"
FAILED=$((FAILED + $(grep -c '^not ok' "$T/node.out")))

check "examples/cdk/create_tables.sh" bash "$ROOT/examples/cdk/create_tables.sh" "$ENDPOINT"
is "the table of the template" '["PAY_PER_REQUEST","STANDARD_INFREQUENT_ACCESS","ByStatus"]' "$(ddb describe-table --table-name Shipments |
	jq -c '.Table | [.BillingModeSummary.BillingMode, .TableClassSummary.TableClass, .GlobalSecondaryIndexes[0].IndexName]')"
check "it is a directory, too" test -d "$MNT/Shipments"
mkdir "$MNT/Shipments/customer-1"
echo '{"status": "sent"}' > "$MNT/Shipments/customer-1/2026-01-05.json"
is "and its index answers" '["2026-01-05"]' "$(ddb query --table-name Shipments --index-name ByStatus --key-condition-expression '#s = :s' \
	--expression-attribute-names '{"#s": "status"}' --expression-attribute-values '{":s": {"S": "sent"}}' | jq -c '[.Items[].sentAt.S]')"
check "the script can be run again" bash "$ROOT/examples/cdk/create_tables.sh" "$ENDPOINT"
finish
