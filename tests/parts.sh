# The parts of tests/run.sh.

# Scripts that run a second time under the sanitizers: together they reach every kind of file and every operation.
SANITIZED="tests/e2e/fs/smoke.sh tests/e2e/fs/crud.sh tests/e2e/fs/commit.sh tests/e2e/fs/tables.sh tests/e2e/fs/json.sh
tests/e2e/fs/errors.sh tests/e2e/fs/xattr_stat.sh tests/e2e/fs/names.sh tests/e2e/fs/owners.sh tests/e2e/fs/races.sh tests/e2e/fs/tools.sh
tests/e2e/http/boto.sh tests/e2e/http/tables.sh tests/e2e/http/concurrency.sh tests/e2e/http/hostile.sh tests/e2e/http/model.sh"
# Longest first, so that no long one starts last.
LONG="cli packages model tools properties names crash full flip lifecycle listing"
SCRIPT_SECONDS=240

step() { echo "== $1 ($(date +%T))"; }
result() { echo "$1 $2 $3" >> "$RUN/results"; }

# wanted PATH: is this test among those asked for?
wanted()
{
	local name
	[ ${#names[@]} -gt 0 ] || return 0
	for name in "${names[@]}"; do
		case $1 in *"$name"*) return 0 ;; esac
	done
	return 1
}

install_missing()
{
	[ ! -f examples/deps.sh ] || bash examples/deps.sh test > "$RUN/logs/deps.log" 2>&1 || {
		tail -5 "$RUN/logs/deps.log"
		result 0 1 examples/deps.sh
	}
}

# build DIRECTORY OPTION...: sets up or refreshes a build directory and builds it.
build()
{
	local dir=$1 log=$RUN/logs/$1.log options=()
	shift
	[ -z "${1:-}" ] || options+=("$@" -Db_lundef=false)
	[ -z "${CI:-}" ] || options+=(-Dwerror=true)
	{
		if [ -f "$dir/build.ninja" ]; then
			# A glob at configure time finds the sources: files may have come or gone.
			meson setup --reconfigure "$dir" "${options[@]}"
		else
			meson setup "$dir" "${options[@]}"
		fi && ninja -C "$dir"
	} > "$log" 2>&1 || { grep -A 5 -i 'error\|FAILED' "$log" | head -40; tail -5 "$log"; return 1; }
	grep -q 'warning:' "$log" && grep 'warning:' "$log" | sort -u | head -10
	return 0
}

run_lint()
{
	local file
	for file in tests/lint/*; do
		case $file in *.py | *.sh) wanted "$file" && bash tests/run_one.sh 120 "$file" ;; esac
	done
}

# The cmocka programs and the replayed fuzz corpora of one build directory. Counts test cases, or programs where those say nothing.
run_programs()
{
	local dir=$1 chosen=() name
	if [ ${#names[@]} -gt 0 ]; then # meson test of Debian 12 takes whole names only
		for name in "${names[@]}"; do
			mapfile -t -O ${#chosen[@]} chosen < <(meson test -C "$dir" --no-rebuild --list | sed -n 's|.* / ||p' | grep -F -- "$name")
		done
		[ ${#chosen[@]} -gt 0 ] || return 0
	fi
	ASAN_OPTIONS=detect_leaks=1 meson test -C "$dir" --no-rebuild --num-processes 2 "${chosen[@]}" > "$RUN/logs/meson-$dir.log" 2>&1
	[ -f "$dir/meson-logs/testlog.json" ] || return 0
	[ "$dir/meson-logs/testlog.json" -nt "$RUN/logs" ] || return 0
	/usr/bin/python3 tests/program_results.py "$dir/meson-logs/testlog.json" "${LABEL:-}" "$RUN/results"
}

scripts()
{
	local name file
	{
		for name in $LONG; do ls tests/*/"$name.sh" tests/e2e/*/"$name.sh" 2> /dev/null; done
		ls tests/e2e/*/*.sh tests/fault/*.sh 2> /dev/null
	} | awk '!seen[$0]++' | while read -r file; do
		wanted "$file" && echo "$file"
	done
}

# run_scripts LABEL SCRIPT...
run_scripts()
{
	local label=$1 script
	shift
	for script in "$@"; do
		[ ! -f "$script" ] || echo "$script"
	done | LABEL=$label xargs -r -P "${JOBS:-3}" -n 1 bash tests/run_one.sh "$SCRIPT_SECONDS"
}

run_pytest()
{
	local file files=()
	for file in tests/unit/test_*.py tests/e2e/*/test_*.py; do
		[ -f "$file" ] && wanted "$file" && files+=("$file")
	done
	[ ${#files[@]} -gt 0 ] || return 0
	timeout -k 15 $SCRIPT_SECONDS /usr/bin/python3 -m pytest -q -p no:cacheprovider "${files[@]}" > "$RUN/logs/pytest.log" 2>&1
	local status=$? passed failed
	passed=$(tail -1 "$RUN/logs/pytest.log" | grep -o '[0-9]* passed' | cut -d' ' -f1)
	failed=$(tail -1 "$RUN/logs/pytest.log" | grep -o '[0-9]* \(failed\|error\)' | awk '{n += $1} END {print n + 0}')
	[ $status = 0 ] || { tail -30 "$RUN/logs/pytest.log"; [ "$failed" != 0 ] || failed=1; }
	result "${passed:-0}" "${failed:-0}" pytest
}

under_valgrind()
{
	# 'init' opens a map of 1 TiB, more than valgrind has room for; the daemon is what matters.
	cat > "$RUN/itemfs" <<-END
		#!/bin/sh
		[ "\$1" = mount ] || exec "$PWD/build/itemfs" "\$@"
		exec valgrind -q --leak-check=full --errors-for-leak-kinds=definite --log-file="\$TMPDIR/valgrind.%p" "$PWD/build/itemfs" "\$@"
	END
	chmod +x "$RUN/itemfs"
	ITEMFS=$RUN/itemfs run_scripts valgrind tests/e2e/fs/smoke.sh
}

# The processes of this run besides this one: whatever has RUN in its environment.
others()
{
	local environ
	for environ in $(grep -lzxF -- "RUN=$RUN" /proc/[0-9]*/environ 2> /dev/null); do
		[ ! -d "${environ%/environ}" ] || basename "${environ%/environ}"
	done
}

# After everything: nothing of ours is left, whatever happened; then the sum. After an interruption the scripts get time to clean up.
end()
{
	local left sum tries=60
	trap - EXIT
	while [ -n "$(others)" ] && [ $tries -gt 0 ]; do
		tries=$((tries - 1))
		sleep 0.5
	done
	left=$(others)
	if [ -n "$left" ]; then
		ps -o pid,args -p "$(echo $left | tr ' ' ,)"
		kill -9 $left
		result 0 1 processes-left
	fi
	left=$(awk -v t="$RUN/" 'index($5, t) == 1 {print $5}' /proc/self/mountinfo | tac)
	if [ -n "$left" ]; then
		echo "left mounts: $left"
		for dir in $left; do umount -l "$dir"; done
		result 0 1 mounts-left
	fi
	if [ -d "$RUN/tmp" ] && [ -n "$(ls -A "$RUN/tmp")" ]; then
		echo "left files: $(ls "$RUN/tmp")"
		result 0 1 files-left
	fi
	awk '$2 > 0 {bad = bad "\n  " $3 " (" $2 ")"} END {if (bad) print "failed:" bad}' "$RUN/results"
	sum=$(awk '{p += $1; f += $2} END {printf "%d passed, %d failed", p, f}' "$RUN/results")
	if [ -n "${KEEP_LOGS:-}" ]; then mkdir -p "$KEEP_LOGS" && cp -r "$RUN/logs/." "$KEEP_LOGS"; fi
	rm -rf --one-file-system "$RUN"
	echo "$sum"
	case $sum in *" 0 failed") exit 0 ;; *) exit 1 ;; esac
}
