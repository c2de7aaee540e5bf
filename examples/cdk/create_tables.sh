#!/bin/bash
# Creates the tables of a CDK stack in a store: synthesises the template, and calls CreateTable for each AWS::DynamoDB::Table in it.
#
#   examples/cdk/create_tables.sh http://127.0.0.1:8000 [STACK.js]
#
# A table that is there already is left as it is.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
endpoint=${1:?which endpoint? e.g. http://127.0.0.1:8000}
stack=${2:-$here/stack.js}
NODE_PATH=$("$here/../node_modules.sh")
export NODE_PATH AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-us-east-1} AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
ddb() { aws dynamodb --endpoint-url "$endpoint" "$@"; }

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
node "$stack" "$out/cdk.out"

# The properties of the resource are CreateTable's parameters, but for a few that other operations set.
jq -c '.Resources[] | select(.Type == "AWS::DynamoDB::Table") | .Properties' "$out"/cdk.out/*.template.json |
	while read -r properties; do
		name=$(jq -r .TableName <<< "$properties")
		if ddb describe-table --table-name "$name" > /dev/null 2>&1; then
			echo "$name is there already"
			continue
		fi
		jq 'del(.TimeToLiveSpecification, .PointInTimeRecoverySpecification)' <<< "$properties" > "$out/table.json"
		ddb create-table --cli-input-json "file://$out/table.json" > /dev/null
		ddb wait table-exists --table-name "$name"
		if ttl=$(jq -ce '.TimeToLiveSpecification // empty' <<< "$properties"); then
			ddb update-time-to-live --table-name "$name" --time-to-live-specification "$ttl" > /dev/null
		fi
		echo "$name was created"
	done
