#!/bin/bash
# run_one.sh SECONDS SCRIPT: runs one end-to-end or fault script by itself, then looks for what it left behind.
#
# Called by run.sh, several at a time. Its log goes to $RUN/logs; the result is appended to $RUN/results as one line, "PASSED FAILED NAME".
# Needs RUN (directory of the run) and ITEMFS (program under test) in the environment.

set -u
seconds=$1 script=$2
# Names are not unique, places are: two scripts at a time must not share a directory.
label=${LABEL:+$LABEL/}$(basename "$(dirname "$script")")/$(basename "$script")
id=$(echo "$label" | tr / -)
log=$RUN/logs/$id.log
export TMPDIR=$RUN/tmp/$id ITEMFS_TEST=$RUN/$id
export ASAN_OPTIONS=log_path=$TMPDIR/sanitizer:detect_leaks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=log_path=$TMPDIR/sanitizer:print_stacktrace=1:halt_on_error=1
mkdir -p "$TMPDIR"

case $script in
*.py) command=(/usr/bin/python3 -u "$script") ;;
*) command=(bash "$script") ;;
esac

start=$(date +%s.%N)
timeout -k 15 "$seconds" "${command[@]}" > "$log" 2>&1 < /dev/null &
child=$!
trap 'kill $child 2> /dev/null' TERM INT HUP
wait $child
status=$?
while kill -0 $child 2> /dev/null; do wait $child; done # interrupted: it still cleans up
trap '' TERM INT HUP
took=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}')

fail() { echo "not ok $id: $1" >> "$log"; }

[ $status != 124 ] && [ $status != 137 ] || fail "took more than $seconds s and was ended"
grep -q '^\(ok\|not ok\|skip\) ' "$log" || fail "made no check"
for report in "$TMPDIR"/sanitizer.* "$TMPDIR"/valgrind.*; do
	[ -s "$report" ] && { head -60 "$report" >> "$log"; fail "a report in ${report##*/}"; }
done

# Left behind: mounts below its directory, processes with its mark in their environment.
for dir in $(awk -v t="$TMPDIR/" 'index($5, t) == 1 {print $5}' /proc/self/mountinfo | tac); do
	fail "left a mount: ${dir#"$RUN"/}"
	minor=$(awk -v m="$dir" '$5 == m {sub(".*:", "", $3); print $3}' /proc/self/mountinfo | tail -1)
	mountpoint -q /sys/fs/fuse/connections || mount -t fusectl none /sys/fs/fuse/connections 2> /dev/null
	[ ! -d "/sys/fs/fuse/connections/$minor" ] || echo 1 > "/sys/fs/fuse/connections/$minor/abort"
	umount -l "$dir"
done
for environ in $(grep -lzxF -- "ITEMFS_TEST=$ITEMFS_TEST" /proc/[0-9]*/environ 2> /dev/null); do
	pid=${environ#/proc/} pid=${pid%/environ}
	[ "$pid" != $$ ] && [ -d "/proc/$pid" ] || continue
	fail "left a process: $(tr '\0' ' ' < "/proc/$pid/cmdline")"
	kill -9 "$pid"
done
rm -f "$TMPDIR"/sanitizer.* "$TMPDIR"/valgrind.*
rmdir "$TMPDIR" 2> /dev/null || { fail "left files: $(ls -A "$TMPDIR" | head -3 | tr '\n' ' ')"; rm -rf --one-file-system "$TMPDIR"; }

passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^not ok ' "$log")
if [ $status != 0 ] && [ "$failed" = 0 ]; then
	fail "ended with status $status"
	failed=1
fi
echo "$passed $failed $label" >> "$RUN/results"
if [ "$failed" = 0 ]; then
	echo "  pass  $label ($passed checks, $took s)"
	grep -h '^\(skip\|figure\) ' "$log" | sed 's/^/        /'
else
	{
		echo "  FAIL  $label ($passed passed, $failed failed, $took s)"
		grep -A 3 '^not ok' "$log" | head -40 | sed 's/^/        /'
		echo "        ... the end of its log:"
		tail -15 "$log" | sed 's/^/        | /'
	} 2> /dev/null
fi
exit 0
