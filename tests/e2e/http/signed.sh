#!/bin/bash
# Access keys: made, used, taken away while the store is served; signatures; TLS.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
put "$MNT/Things/k1.json" '{"id": "k1", "n": 1}'
check "unmounted" umount_store

user() { "$ITEMFS" user "$1" --key-file "$KEY" "${@:2}"; }
refuse "an address that others can reach wants TLS" timeout 10 "$ITEMFS" serve --key-file "$KEY" --listen 0.0.0.0:0 "$STORE"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
	-keyout "$T/tls.key" -out "$T/tls.crt" 2> "$T/openssl.log" || not_ok "openssl" "$(cat "$T/openssl.log")"
out=$(timeout 10 "$ITEMFS" serve --key-file "$KEY" --listen 0.0.0.0:0 --tls-cert "$T/tls.crt" --tls-key "$T/tls.key" "$STORE" 2>&1)
has "and access keys" "no access keys" "$out"
out=$(timeout 10 "$ITEMFS" serve --key-file "$KEY" --listen 127.0.0.1:0 --tls-cert "$T/tls.crt" "$STORE" 2>&1)
has "a certificate wants its key" "--tls-key" "$out"
out=$(timeout 10 "$ITEMFS" serve --key-file "$KEY" --listen 127.0.0.1:0 --tls-cert "$T/gone" --tls-key "$T/gone" "$STORE" 2>&1)
is "a certificate that is not there, in the words of a file" "itemfs: serve: $T/gone does not exist" "$out"
out=$(timeout 10 "$ITEMFS" serve --key-file "$KEY" --listen nowhere "$STORE" 2>&1)
has "an address that is none" "127.0.0.1:8000" "$out"

serve_store
has "the log says that everybody is let in" "no access keys" "$(cat "$T/serve.log")"
user add "$STORE" alice > "$T/alice" 2>&1 || not_ok "user add" "$(cat "$T/alice")"
has "credentials to paste" "aws_secret_access_key = " "$(cat "$T/alice")"
user add --json "$STORE" bob > "$T/bob.json" || not_ok "user add --json"
refuse "a name that is none" user add "$STORE" 'a b'
has "alice is listed" "alice" "$(user list "$STORE")"
is "in JSON, too" "alice bob" "$(user list --json "$STORE" | jq -r '[.[].UserName] | join(" ")')"
is "no secret is listed" 0 "$(user list --json "$STORE" | grep -c Secret)"
sleep 1
export USER_BOB=$T/bob.json
driver signed.py
check "bob is removed" user remove "$STORE" bob
sleep 1
driver signed.py removed
as_alice()
{
	export AWS_SHARED_CREDENTIALS_FILE=$T/alice AWS_PROFILE=alice
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
}
as_alice
is "the aws CLI with the file as it was printed" k1 "$(ddb get-item --table-name Things --key '{"id":{"S":"k1"}}' 2> "$T/aws.log" | jq -r .Item.id.S)"
check "the server ends" stop_server

# TLS, on an address that is not loopback.
serve_store --listen 0.0.0.0:0 --tls-cert "$T/tls.crt" --tls-key "$T/tls.key"
as_alice
has "HTTPS" "https://0.0.0.0:" "$ENDPOINT"
port=${ENDPOINT##*:}
ENDPOINT=https://localhost:$port
is "curl over TLS 1.3" "healthy: dynamodb.us-east-1.amazonaws.com " "$(curl -s --cacert "$T/tls.crt" --tlsv1.3 "$ENDPOINT/")"
is "over TLS 1.2" "healthy: dynamodb.us-east-1.amazonaws.com " "$(curl -s --cacert "$T/tls.crt" --tls-max 1.2 "$ENDPOINT/")"
refuse "not over TLS 1.1" curl -s --cacert "$T/tls.crt" --tls-max 1.1 --ciphers 'DEFAULT@SECLEVEL=0' "$ENDPOINT/"
refuse "nor in the clear" curl -s "http://localhost:$port/"
has "nobody without a signature" MissingAuthenticationTokenException "$(curl -s --cacert "$T/tls.crt" -H 'X-Amz-Target: DynamoDB_20120810.ListTables' \
	-H 'Content-Type: application/x-amz-json-1.0' -d '{}' "$ENDPOINT/")"
is "the aws CLI over TLS" k1 "$(aws dynamodb --endpoint-url "$ENDPOINT" --ca-bundle "$T/tls.crt" --output json get-item --table-name Things \
	--key '{"id":{"S":"k1"}}' 2>&1 | tee "$T/aws.log" | jq -r .Item.id.S 2> /dev/null || cat "$T/aws.log")"
check "all keys are removed" user remove "$STORE" alice
sleep 1
has "then nobody is let in from elsewhere" AccessDeniedException "$(curl -s --cacert "$T/tls.crt" -H 'X-Amz-Target: DynamoDB_20120810.ListTables' \
	-H 'Content-Type: application/x-amz-json-1.0' -d '{}' "$ENDPOINT/")"
check "the server ends, too" stop_server
out=$(timeout 10 "$ITEMFS" serve --key-file "$KEY" --listen 127.0.0.1:0 --tls-cert "$KEY" --tls-key "$T/tls.key" "$STORE" 2>&1)
is "a certificate that is none" 1 $?
finish
