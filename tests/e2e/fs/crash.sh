#!/bin/bash
# kill -9 amid a hundred writers, several times: each item whole, old or new; what fsync acknowledged is there.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
mkdir "$T/acks"
for round in 1 2 3 4 5; do
	$PYTHON "$E2E/fs/crash_writers.py" "$MNT/Things" "$T/acks" $round > "$T/writers.log" 2>&1 &
	writers=$!
	wait_for 10 test -e "$T/acks/started"
	sleep "0.$((round * 37 % 90 + 10))"
	pid=$(daemon_pid)
	kill -9 "$pid"
	wait_for 5 gone "$pid"
	wait $writers
	is "round $round: the writers notice" 0 $?
	rm -f "$T/acks/started"
	check "round $round: mount again" mount_store
	driver crash_check.py "$MNT/Things" "$T/acks"
done
finish
