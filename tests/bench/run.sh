#!/bin/bash
# Measures itemfs beside its yardsticks, in one run, and holds the figures against the bars (README.md here).
#
#   tests/bench/run.sh [-b BUILD] [-d DIR] [SECTION ...]     sections: fileops listing writes growth memory engine; default all
#
# Needs root (mounts, /proc/sys/vm/drop_caches), an idle machine, 6 GB in DIR (default: $TMPDIR or /tmp; on ext4) and a quarter of an hour.
# Each figure is taken three times, the sides in turns; the best counts. Everything but `engine` runs on one processor (CPU=0), servers and
# clients alike: when a request has to wake another, sleeping processor, that costs more than the work and hides it. CPU= lets it run free.
set -eu -o pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build
base=${TMPDIR:-/tmp}
cpu=${CPU-0}
while getopts b:d: option; do
	case $option in
	b) build=$OPTARG ;;
	d) base=$OPTARG ;;
	*) sed -n '2,8s/^# \{0,1\}//p' "$0" && exit 2 ;;
	esac
done
shift $((OPTIND - 1))
sections=${*:-fileops listing writes growth memory engine}
build=$(cd "$build" && pwd)

work=$(mktemp -d "$base/itemfs-bench.XXXXXX")
mem=$work/memory db=$work/db ext=$work/ext4 store=$work/store key=$work/key
figures=$work/figures under=0 total=0

is_mounted() {
	grep -q " $1 fuse" /proc/self/mounts
}

clean_up() {
	trap - EXIT
	cd /
	for point in "$mem" "$db"; do
		! is_mounted "$point" || umount "$point" || umount -l "$point"
	done
	# A server that is still closing its store must not find its files gone.
	for i in {1..100}; do
		pgrep -f "$work" >/dev/null || break
		sleep 0.1
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

pinned() {
	if [ -n "$cpu" ]; then taskset -c "$cpu" "$@"; else "$@"; fi
}

# The things to measure.

has_table() {
	grep -qx "$1" "$work/tables" 2>/dev/null
}

# table NAME ITEMS BYTES [PARTITIONS]: only while the store is not mounted.
table() {
	has_table "$1" && return
	[ -d "$store" ] || "$build/itemfs" init -k "$key" "$store" >/dev/null
	before=$(stat -c %s "$store/data.mdb" 2>/dev/null || echo 0)
	"$build/tests/load" "$store" "$key" "$@" >>"$work/loads"
	echo "$1" >>"$work/tables"
	echo "$1 $2 $3 $before $(stat -c %s "$store/data.mdb")" >>"$work/sizes"
}

mount_db() {
	mkdir -p "$db"
	pinned "$build/itemfs" mount -k "$key" "$store" "$db"
	server=$(pgrep -f "itemfs mount -k $key" | head -1)
}

unmount_db() {
	"$build/itemfs" umount "$db"
}

mount_mem() {
	mkdir -p "$mem"
	pinned "$build/tests/memfs" -n 100000 -t 10 "$mem" &
	until is_mounted "$mem"; do sleep 0.1; done
	[ -d "$ext/bench" ] || { mkdir "$ext" && cp -r "$mem/bench" "$ext/"; }
	sync
}

unmount_mem() {
	umount "$mem"
	wait
}

# Taking and showing figures: lines of "name side value", less is better.

note() {
	echo "$1 $2 $3" >>"$figures"
}

best() {
	awk -v n="$1" -v s="$2" '$1 == n && $2 == s && (!seen++ || $3 < m) { m = $3 } END { print m }' "$figures"
}

title() {
	: >"$figures"
	printf '\n%s\n  %-34s %12s %12s %7s %6s\n' "$1" "" itemfs "$2" ratio bar
}

# row LABEL OURS THEIRS [BAR]: how fast we are, theirs being 1.
row() {
	verdict=$(awk -v o="$2" -v t="$3" -v b="${4-}" 'BEGIN { if (b != "") print (t / o >= b ? "ok" : "UNDER") }')
	awk -v l="$1" -v o="$2" -v t="$3" -v b="${4-}" -v v="$verdict" \
		'BEGIN { printf "  %-34s %12.2f %12.2f %7.2f %6s  %s\n", l, o, t, t / o, b, v }'
	count_verdict
}

# most LABEL VALUE [MOST UNIT]: an amount that must not pass MOST.
most() {
	verdict=$(awk -v o="$2" -v m="${3-}" 'BEGIN { if (m != "") print (o < m ? "ok" : "OVER") }')
	printf '  %-34s %12s %s  %s\n' "$1" "$2" "${4-}${3:+, under $3}" "$verdict"
	count_verdict
}

count_verdict() {
	[ -z "$verdict" ] && return
	total=$((total + 1))
	[ "$verdict" = ok ] || under=$((under + 1))
}

# file_figures SIDE DIR NAMES...: microseconds an operation.
file_figures() {
	side=$1 dir=$2
	shift 2
	pinned "$build/tests/fileops" "$dir" "${@}" >"$work/out"
	while read -r name us count; do note "$name" "$side" "$us"; done <"$work/out"
}

# timed NAME SIDE COMMAND...: milliseconds.
timed() {
	name=$1 side=$2
	shift 2
	start=$(date +%s%N)
	pinned "$@" >/dev/null
	note "$name" "$side" $((($(date +%s%N) - start) / 10000))e-2
}

forget() {
	echo 2 >/proc/sys/vm/drop_caches
	sleep 0.5
}

# Sections.

fileops() {
	title "Single file operations, µs, against a FUSE file system in memory" memfs
	for i in 1 2 3; do
		for side in memfs itemfs; do
			[ $side = memfs ] && dir=$mem/bench || dir=$db/t100k
			file_figures $side "$dir" cold_stat warm_stat first_read repeat_read cached_pread readdir readdir_stat
		done
	done
	while read -r name bar; do
		row "$name" "$(best "$name" itemfs)" "$(best "$name" memfs)" "$bar"
	done <<-end
		cold_stat 0.8
		warm_stat 0.95
		first_read 0.7
		repeat_read 0.95
		cached_pread 0.95
		readdir
		readdir_stat
	end
}

listing_of() {
	forget
	timed ls-first "$1" ls "$2"
	timed ls-again "$1" ls "$2"
	forget
	timed ls-l-first "$1" ls -l "$2"
	timed ls-l-again "$1" ls -l "$2"
}

reading_of() {
	timed cat "$1" sh -c "cd '$2' && cat k000????.json"
	timed grep-r "$1" sh -c "grep -r Longyearbyen '$2' | wc -l"
}

listing() {
	title "Listings of 100,000 items, ms, against memory" memfs
	for i in 1 2 3; do
		listing_of memfs "$mem/bench"
		listing_of itemfs "$db/t100k"
		listing_of ext4 "$ext/bench"
	done
	for i in 1 2 3 4; do # the first time warms
		reading_of memfs "$mem/bench"
		reading_of itemfs "$db/t100k"
		reading_of ext4 "$ext/bench"
	done
	for name in ls-first ls-again ls-l-first ls-l-again; do
		row "$name" "$(best $name itemfs)" "$(best $name memfs)" 0.8
	done
	printf '  %-34s %12s %12s\n' "against files on disk" itemfs ext4
	while read -r name bar; do
		row "$name" "$(best "$name" itemfs)" "$(best "$name" ext4)" "$bar"
	done <<-end
		ls-first 1.0
		ls-again 1.0
		ls-l-first 1.0
		ls-l-again 1.0
		cat 0.4
		grep-r 0.3
	end
}

writes() {
	title "Writes, µs, against files on disk" ext4
	for i in 1 2 3; do
		file_figures memfs "$mem/bench" create overwrite tmp_rename unlink create_fsync overwrite_fsync
		file_figures itemfs "$db/t100k" create overwrite tmp_rename unlink create_fsync overwrite_fsync
		file_figures ext4 "$ext/bench" create overwrite tmp_rename unlink create_fsync overwrite_fsync
	done
	for name in create overwrite tmp_rename unlink create_fsync overwrite_fsync; do
		case $name in *_fsync) bar=1.0 ;; *) bar=0.7 ;; esac
		row "$name" "$(best $name itemfs)" "$(best $name ext4)" $bar
	done
	printf '  %-34s %12s %12s\n' "against memory" itemfs memfs
	for name in create overwrite tmp_rename unlink; do
		row "$name" "$(best $name itemfs)" "$(best $name memfs)"
	done
}

# 100 partitions of 100 items each, listed by name.
list_partitions() {
	forget
	timed "$1" itemfs sh -c "cd '$db/$2' && ls p00000??"
}

growth() {
	title "Growth from 10,000 to 1,000,000 items (µs; ls: ms)" "at 10^4"
	for i in 1 2 3; do
		for size in 10k 1m; do
			pinned "$build/tests/fileops" "$db/t$size" -n 3000 cold_stat first_read create overwrite >"$work/out"
			while read -r name us count; do note "$name-$size" itemfs "$us"; done <"$work/out"
			list_partitions ls-name-$size p$size
		done
	done
	for name in cold_stat first_read create overwrite ls-name; do
		row "$name" "$(best $name-1m itemfs)" "$(best $name-10k itemfs)" 0.5
	done
}

memory_of() {
	awk -v f="$1:" '$1 == f { print $2 * 1024 }' "/proc/$server/status"
}

# The most that the server's own memory comes to while a command runs.
peak_during() {
	peak=0
	"$@" >/dev/null &
	command=$!
	while kill -0 $command 2>/dev/null; do
		now=$(memory_of RssAnon)
		[ "$now" -le $peak ] || peak=$now
		sleep 0.05
	done
	wait $command
}

start_times() {
	for i in 1 2 3; do
		! is_mounted "$db" || unmount_db
		start=$(date +%s%N)
		mount_db
		note start itemfs $((($(date +%s%N) - start) / 1000000))
	done
}

memory() {
	printf '\nStart and memory, store of %s MB\n' $(($(stat -c %s "$store/data.mdb") / 1000000))
	: >"$figures"
	start_times
	most "start" "$(best start itemfs)" 100 ms
	sleep 1
	most "idle, resident (MB)" "$(awk -v n="$(memory_of VmRSS)" 'BEGIN { printf "%.1f", n / 1e6 }')" 20 MB
	before=$(memory_of RssAnon)
	ls -l "$db/t100k" >/dev/null
	most "memory a cached inode" $((($(memory_of RssAnon) - before) / 100000)) 300 bytes
	peak_during ls -l "$db/t1m"
	most "own memory, ls -l of 1,000,000" "$(awk -v n="$peak" 'BEGIN { printf "%.1f", n / 1e6 }')" "" MB
	most "resident with the store's pages" "$(awk -v n="$(memory_of VmHWM)" 'BEGIN { printf "%.1f", n / 1e6 }')" "" MB
	while read -r name count size from to; do
		# Smaller tables go into pages that the ones before left free.
		[ "$count" -lt 1000000 ] || most "disk, $name of $size bytes" $(((to - from) / count)) "" "bytes an item"
	done <"$work/sizes"
	[ ! -d "$ext/bench" ] || most "disk, ext4, of 1024 bytes" $(($(du -s -B1 "$ext/bench" | cut -f1) / 100000)) "" "bytes an item"
}

engine() {
	echo
	"$build/tests/engine_vs_lmdb" -d "$work" | tee "$work/engine"
	total=$((total + $(grep -cE ' (ok|UNDER)$' "$work/engine")))
	under=$((under + $(grep -c ' UNDER$' "$work/engine" || true)))
}

# The tables that the sections need have to be there before the mount.
wants() {
	[[ " $sections " == *" $1 "* ]]
}
for section in $sections; do
	case $section in
	fileops | listing | writes) table t100k 100000 1024 ;;
	growth | memory)
		table t10k 10000 1024
		table t100k 100000 1024
		table t1m 1000000 1024
		table p10k 10000 200 100
		table p1m 1000000 200 10000
		;;
	engine) ;;
	*) echo "$0: no section $section" >&2 && exit 2 ;;
	esac
done
echo "$("$build/itemfs" version | head -1), $(nproc) processors, $(df --output=fstype "$work" | tail -1), $(date -u +%FT%TZ)"
if wants fileops || wants listing || wants writes; then mount_mem; fi
if [ -d "$store" ]; then mount_db; fi
for section in fileops listing writes; do
	! wants $section || $section
done
! is_mounted "$mem" || unmount_mem
for section in growth memory; do
	! wants $section || $section
done
! is_mounted "$db" || unmount_db
! wants engine || engine
echo
echo "$((total - under)) of $total bars hold"
