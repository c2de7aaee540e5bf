#!/bin/bash
# How a store is unlocked: key files, passphrases, credentials; showing, adding, changing, removing slots, while it is mounted too.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
echo '{"n": 1}' > "$MNT/Things/a.json"
key() { "$ITEMFS" key "$STORE" "$@" < /dev/null; }
slots() { "$ITEMFS" key "$STORE" show | grep -c '^slot'; }
# opens OPTION...: the store can be mounted so, and holds what it did.
opens() { timeout 60 "$ITEMFS" mount "$@" "$STORE" "$MNT" < /dev/null > "$T/mount.log" 2>&1 && test "$(jq .n "$MNT/Things/a.json")" = 1 && umount_store; }
spoken() { opens --passphrase-fd 3 3<<< "$1"; }

is "one slot at first" 1 "$(slots)"
check "a passphrase is added while the store is mounted" eval 'key --key-file "$KEY" --new-passphrase-fd 4 add-passphrase 4<<< "correct horse"'
is "two slots" 2 "$(slots)"
check "the mount goes on" put "$MNT/Things/a.json" '{"n": 1}'
umount_store
check "the passphrase opens" spoken "correct horse"
check "so does the key file" opens --key-file "$KEY"
refuse "another does not" spoken "correct hors"
refuse "nor an empty one" spoken ""

check "a second key file" key --key-file "$KEY" --new-key-file "$T/key2" add-key-file
is "is made, for its owner only" 600 "$(stat -c %a "$T/key2")"
check "opens" opens --key-file "$T/key2"
refuse "a slot is not removed without a key" key --key-file "$T/store/store.json" remove 0
check "the first key is replaced" key --key-file "$KEY" --new-key-file "$T/key3" change
check "the new one opens" opens --key-file "$T/key3"
refuse "the old one does not" opens --key-file "$KEY"
check "the passphrase still does" spoken "correct horse"

number=$("$ITEMFS" key "$STORE" show | awk '/passphrase/ {print $2; exit}')
check "the passphrase is removed" key --key-file "$T/key3" remove "$number"
refuse "and opens no more" spoken "correct horse"
for number in $("$ITEMFS" key "$STORE" show | awk '/^slot/ {print $2}'); do key --key-file "$T/key3" remove "$number" > /dev/null 2>&1; done
check "the last slot stays" test "$(slots)" -ge 1

mkdir "$T/credentials"
cp "$T/key3" "$T/credentials/shop"
[ "$(slots)" -ge 1 ] && opens --key-file "$T/key3" && KEY=$T/key3 || KEY=$T/key2
cp "$KEY" "$T/credentials/shop"
check "a systemd credential opens" env CREDENTIALS_DIRECTORY="$T/credentials" "$ITEMFS" mount --credential shop "$STORE" "$MNT"
check "umount" umount_store
refuse "a missing credential does not" env CREDENTIALS_DIRECTORY="$T/credentials" "$ITEMFS" mount --credential other "$STORE" "$MNT"
refuse "two ways at once are refused" "$ITEMFS" mount --key-file "$KEY" --credential shop "$STORE" "$MNT"
finish
