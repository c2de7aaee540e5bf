#!/bin/bash
# Capacity through files: a table with a limit is waited for, in vain after ten seconds; nobody else waits; --no-throttle only counts.

. "$(dirname "$0")/../lib.sh"
setup

limited()
{
	definition id:S | jq '. + {BillingMode: "PROVISIONED", ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 1}}' \
		> "$MNT/.tables/$1.json"
}
# big KB: an item of that many write units, one more than its filling.
big() { head -c $(($1 * 1024 - 1000)) /dev/zero | tr '\0' x | jq -Rc '{x: .}'; }
stat_of() { jq -c ".$2" "$MNT/$1/.stats"; }
# seconds COMMAND...: how long it took, in whole seconds; its status is kept.
seconds()
{
	local start=${EPOCHREALTIME/./} status
	"$@"
	status=$?
	TOOK=$(((${EPOCHREALTIME/./} - start) / 1000000))
	return $status
}

check "a table with one unit a second" limited Slow
table Fast id:S
seconds check "its burst takes a big item at once" put "$MNT/Slow/big.json" "$(big 299)"
is "at once" 0 "$TOOK"
is "its units" 299 "$(stat_of Slow consumed_write_units)"
check "and another, for which there is a little left" put "$MNT/Slow/more.json" "$(big 7)"
seconds check "the next write waits" put "$MNT/Slow/a.json" '{"n": 1}'
check "some seconds, $TOOK" test "$TOOK" -ge 1 -a "$TOOK" -le 9
is "and is there" '{"id":"a","n":1}' "$(jq -c . "$MNT/Slow/a.json")"
is "it is counted as throttled" 1 "$(stat_of Slow throttled_writes)"
is "reading is counted, and has its own capacity" 1 "$(stat_of Slow consumed_read_units)"

# Starved: 350 units below.
put "$MNT/Slow/big.json" "$(big 350)"
( seconds expect_errno EAGAIN put "$MNT/Slow/a.json" '{"n": 2}'; echo "$TOOK" > "$T/took" ) > "$T/starved" &
starved=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do put "$MNT/Slow/w$i.json" '{}' 2> /dev/null & done
wait_for 5 test -s "$MNT/Slow/.stats"
sleep 1
seconds check "others go on meanwhile: listings" bash -c 'ls -l "$1" "$1/Slow" > "$2"' sh "$MNT" "$T/list"
check "without a wait" test "$TOOK" -le 3
seconds check "reads" jq -c . "$MNT/Slow/a.json"
check "without a wait" test "$TOOK" -le 3
seconds check "writes to another table" put "$MNT/Fast/a.json" '{}'
check "without a wait" test "$TOOK" -le 3

# A signal ends the wait.
bash -c 'echo "{}" > "$1"' sh "$MNT/Slow/killed.json" &
killed=$!
sleep 0.5
start=${EPOCHREALTIME/./}
kill -TERM $killed
wait $killed 2> /dev/null
check "a signal ends the wait" test $(((${EPOCHREALTIME/./} - start) / 1000)) -lt 1500
check "and nothing was written" test ! -e "$MNT/Slow/killed.json"
wait $starved
check "EAGAIN for who waited in vain" grep -q "^ok" "$T/starved"
check "after ten seconds, $(cat "$T/took")" test "$(cat "$T/took")" -ge 9 -a "$(cat "$T/took")" -le 15
has "with the reason" 'provisioned throughput for the table was exceeded' "$(grep EAGAIN "$MNT/.errors" | tail -1)"
is "the item stands" '{"id":"a","n":1}' "$(jq -c . "$MNT/Slow/a.json")"
wait

# Who waits keeps nobody from unmounting.
put "$MNT/Slow/b.json" '{}' 2> /dev/null &
sleep 0.5
pid=$(daemon_pid)
start=${EPOCHREALTIME/./}
kill -TERM "$pid"
check "the mount stops while somebody waits" wait_for 5 gone "$pid"
check "at once" test $(((${EPOCHREALTIME/./} - start) / 1000)) -lt 4000
wait
umount -l "$MNT" 2> /dev/null
check "mounted with --no-throttle" mount_store --no-throttle
check "a big item" put "$MNT/Slow/big.json" "$(big 350)"
seconds check "and nothing waits" bash -c 'for i in 1 2 3; do echo "{}" > "$1/c$i.json"; done' sh "$MNT/Slow"
check "nothing" test "$TOOK" -le 1
is "all is counted" 353 "$(stat_of Slow consumed_write_units)"
is "nothing is throttled" 0 "$(stat_of Slow throttled_writes)"
finish
