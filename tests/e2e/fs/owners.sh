#!/bin/bash
# Owners and modes: a table's belong to its directory, its items inherit them; other users get what they allow.

. "$(dirname "$0")/../lib.sh"
setup -o allow_other
chmod 755 "$T"
as_nobody() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }

table Things id:S
cd "$MNT" || exit 1
echo '{"n": 1}' > Things/a.json
is "a table is its maker's" "0:0 755" "$(stat -c '%u:%g %a' Things)"
is "its items follow" "0:0 644" "$(stat -c '%u:%g %a' Things/a.json)"
is "another user may read" 1 "$(as_nobody jq .n Things/a.json)"
expect_errno EACCES as_nobody bash -c 'echo "{}" > Things/b.json'
expect_errno EACCES as_nobody bash -c 'echo "{}" > Things/a.json'
expect_errno EACCES as_nobody rm -f Things/a.json
expect_errno EACCES as_nobody rmdir Things
expect_errno EPERM as_nobody chmod 777 Things
expect_errno EPERM as_nobody chown nobody Things
is "nor did anything change" '{"id":"a","n":1}' "$(jq -c . Things/a.json)"

check "chmod 700" chmod 700 Things
is "shows" 700 "$(stat -c %a Things)"
is "on items too" 600 "$(stat -c %a Things/a.json)"
expect_errno EACCES as_nobody ls Things
expect_errno EACCES as_nobody cat Things/a.json
expect_errno EACCES as_nobody cat Things/.schema.json
expect_errno EACCES as_nobody cat .tables/Things.json

check "chown" chown nobody:nogroup Things
is "shows" "nobody nogroup" "$(stat -c '%U %G' Things)"
is "on items too" "nobody nogroup" "$(stat -c '%U %G' Things/a.json)"
check "the new owner writes" as_nobody bash -c 'echo "{\"n\": 2}" > Things/b.json'
check "renames" as_nobody mv Things/b.json Things/c.json
check "removes" as_nobody rm Things/c.json
check "and sees the errors of his own" as_nobody bash -c '! echo bad > Things/x.json; tail -1 .errors | grep -q x.json'
check "which others do not" bash -c '! tail -1 .errors | grep -q x.json'
cd /
check "remount" remount -o allow_other
is "owner and mode stay" "nobody 700" "$(stat -c '%U %a' "$MNT/Things")"
finish
