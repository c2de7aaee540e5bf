#!/bin/bash
# The item file: what is taken, what is refused and where, and that nothing is lost on the way through other programs.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
driver json_forms.py "$MNT/Things"
cd "$MNT/Things" || exit 1

# The same bytes after a walk through each tool that people edit JSON with.
cat > whole.json <<'END'
{"text": "ÄÖ € \" \\ / \b\f\n\r\t \u0001 𝄞", "int": 42, "neg": -7, "frac": 0.1, "max15": 999999999999999, "tiny": 1e-7, "big": 1.5e100,
 "long": {"$n": "12345678901234567890123456789012345678"}, "bin": {"$b": "AAECAw=="}, "ss": {"$ss": ["b", "a"]},
 "ns": {"$ns": [2, 1, {"$n": "3.00000000000000000001"}]}, "bs": {"$bs": ["AQ==", "AA=="]}, "m": {"$m": {"$x": 1}}, "null": null,
 "yes": true, "no": false, "l": [1, "a", [], {}, null], "empty": ""}
END
cp whole.json "$T/whole"
etag() { getfattr --only-values -n user.itemfs.etag whole.json 2> /dev/null; }
before=$(etag)
check "jq reads it" jq . whole.json
check "through jq" bash -c 'jq . whole.json > "$1" && cat "$1" > whole.json' sh "$T/x"
is "nothing changed" "$before" "$(etag)"
check "through jq -c" bash -c 'jq -c . whole.json > "$1" && cat "$1" > whole.json' sh "$T/x"
is "nothing changed" "$before" "$(etag)"
check "through Python" $PYTHON -c '
import json
item = json.load(open("whole.json"))
json.dump(item, open("whole.json", "w"))'
is "nothing changed" "$before" "$(etag)"
if command -v node > /dev/null; then
	check "through Node" node -e 'const fs = require("fs"); fs.writeFileSync("whole.json", JSON.stringify(JSON.parse(fs.readFileSync("whole.json"))))'
	is "nothing changed" "$before" "$(etag)"
fi
check "through cp" bash -c 'cp whole.json "$1" && cp "$1" whole.json' sh "$T/x"
check "byte for byte" cmp whole.json "$T/whole"

check "the typed view reads" jq -e '.long.N == "12345678901234567890123456789012345678"' .typed/whole.json
is "typed S, N, B, SS, BOOL, NULL, M, L" 'S N B SS BOOL NULL M L' \
	"$(jq -r '[.text, .int, .bin, .ss, .yes, .null, .m, .l | keys[0]] | join(" ")' .typed/whole.json)"
check "the typed view takes its own text" bash -c 'cat .typed/whole.json > "$1" && cat "$1" > .typed/whole.json' sh "$T/typed"
is "nothing changed" "$before" "$(etag)"
check "and makes an item" bash -c 'jq ".id.S = \"other\"" .typed/whole.json > "$1" && cat "$1" > .typed/other.json' sh "$T/typed"
is "equal but for the key" "$(jq -cS 'del(.id)' whole.json)" "$(jq -cS 'del(.id)' other.json)"
is "typed sizes are exact" "$(cat .typed/whole.json | wc -c)" "$(stat -c %s .typed/whole.json)"
expect_errno EINVAL bash -c 'echo "{\"n\": 1}" > .typed/plain.json'
cd /
finish
