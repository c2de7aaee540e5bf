#!/bin/bash
# Memory: small when idle, and it comes back after work.

. "$(dirname "$0")/../lib.sh"
setup
kb() { awk -v f="$1:" '$1 == f {print $2}' "/proc/$(daemon_pid)/status"; }
# What LMDB maps of its file is page cache, not the daemon's: count what is its own.
private() { awk '/^(Rss|Private_Clean|Private_Dirty|Anonymous):/ {v[$1] = $2} END {print v["Rss:"], v["Anonymous:"]}' "/proc/$(daemon_pid)/smaps_rollup"; }
report() { private | awk -v what="$1" '{printf "figure memory: %s: %.1f MB resident, %.1f MB of it its own\n", what, $1 / 1024, $2 / 1024}'; }

table Things id:S
echo '{}' > "$MNT/Things/a.json"
sleep 1
report idle
if grep -q libasan "/proc/$(daemon_pid)/maps"; then
	skip "sizes under a sanitizer"
	finish
fi
check "idle: under 20 MB resident" test "$(kb VmRSS)" -lt 20480

$PYTHON - "$MNT/Things" <<-'END'
	import os, sys
	for i in range(20000):
	    with open(f"{sys.argv[1]}/{i}.json", "wb", buffering=0) as f: f.write(b'{"v": "%s"}' % (b"x" * 200))
	for entry in os.scandir(sys.argv[1]): entry.stat()
END
report "with 20,000 items written and looked at"
inodes=$(private | cut -d' ' -f2)
is "grep -r meets all" 20001 "$(grep -rc nothing "$MNT/Things" | wc -l)"
echo 2 > /proc/sys/vm/drop_caches
sleep 2
report "when the kernel has let go of them"
is "no thread or descriptor is left over" ok "$(
	fds=$(ls "/proc/$(daemon_pid)/fd" | wc -l)
	[ "$fds" -lt 60 ] && echo ok || echo "$fds descriptors"
)"
check "its own memory stays in bounds" test "$inodes" -lt $((64 * 1024))
finish
