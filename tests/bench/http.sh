#!/bin/bash
# Measures the HTTP API beside dynalite (npm; in memory and on disk) and a server of one answer, in one run (README.md here).
#
#   tests/bench/http.sh [-b BUILD] [-d DIR] [-s SECONDS]
#
# ours: on disk, encrypted, durable when acknowledged. The sides take turns, each figure is the best of two. Needs 2 processors, npm, 10 minutes.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build base=${TMPDIR:-/tmp} seconds=3
while getopts b:d:s: option; do
	case $option in
	b) build=$OPTARG ;;
	d) base=$OPTARG ;;
	s) seconds=$OPTARG ;;
	*) sed -n '2,6s/^# \{0,1\}//p' "$0" && exit 2 ;;
	esac
done
build=$(cd "$build" && pwd)
work=$(mktemp -d "$base/itemfs-http-bench.XXXXXX")
figures=$work/figures
pids=
declare -A port=([ours]=9911 [memory]=9912 [disk]=9913 [constant]=9914) pid=() started=()
trap 'kill $pids 2> /dev/null; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

npm=${XDG_CACHE_HOME:-$HOME/.cache}/itemfs/npm-bench
[ -x "$npm/node_modules/.bin/dynalite" ] || (mkdir -p "$npm" && cd "$npm" && npm install --no-audit --no-fund --loglevel=error dynalite@4.0.0 >&2)

# start SIDE COMMAND...: until its port answers
start()
{
	local side=$1 begun
	shift
	begun=$(date +%s%N)
	"$@" > "$work/$side.log" 2>&1 &
	pid[$side]=$!
	pids="$pids $!"
	until (: < "/dev/tcp/127.0.0.1/${port[$side]}") 2> /dev/null; do
		kill -0 "${pid[$side]}" || { cat "$work/$side.log" >&2; exit 1; }
		sleep 0.005
	done
	started[$side]=$((($(date +%s%N) - begun) / 1000000))
}
resident() { awk '/^VmRSS/ {print $2}' "/proc/${pid[$1]}/status"; }
private() { awk '/^Private_|^Anonymous/ {n += ($1 == "Anonymous:") * $2} END {print n}' "/proc/${pid[$1]}/smaps_rollup"; }

"$build/itemfs" init --key-file "$work/key" "$work/store" > /dev/null
start ours "$build/itemfs" serve --key-file "$work/key" --listen 127.0.0.1:${port[ours]} "$work/store"
start memory "$npm/node_modules/.bin/dynalite" --port ${port[memory]} --createTableMs 0
start disk "$npm/node_modules/.bin/dynalite" --port ${port[disk]} --path "$work/dynalite" --createTableMs 0
start constant "$build/tests/http_load" constant ${port[constant]}
for side in ours memory disk; do
	echo "start $side: ${started[$side]} ms, idle: $(resident $side) KB resident, $(private $side) KB its own"
done
before=$(du -sk "$work/store" | cut -f1)
for side in ours memory disk; do
	timeout 120 "$build/tests/http_load" fill 127.0.0.1 ${port[$side]}
done
echo "disk: $(((($(du -sk "$work/store" | cut -f1) - before) * 1024) / 20000)) bytes an item of 1 KB (20,000 items)"

# Hundredths of a second that the side's server has used, all threads.
used() { sed 's/.*) //' "/proc/${pid[$1]}/stat" | awk '{print $12 + $13}'; }

# one SIDE OPERATION CONNECTIONS
one()
{
	local before
	before=$(used "$1")
	timeout 120 "$build/tests/http_load" load 127.0.0.1 "${port[$1]}" "$2" "$3" "$seconds" > "$work/one"
	sed "s/^{/{\"side\":\"$1\",\"used\":$(($(used "$1") - before)),/" "$work/one" >> "$figures"
}
for operation in get put query update batch transact; do
	for connections in 1 16 64; do
		for round in 1 2; do
			for side in ours memory disk; do
				[ "$operation-$side" = transact-memory ] || [ "$operation-$side" = transact-disk ] || one $side $operation $connections
			done
			[ $operation != get ] || one constant get $connections
		done
	done
done
echo "under load: $(resident ours) KB resident (with the store's pages in the page cache), $(private ours) KB its own"

python3 - "$figures" "$seconds" <<'END'
import collections, json, sys
best = collections.defaultdict(lambda: {"per_s": 0})
used = collections.defaultdict(list)
for line in open(sys.argv[1]):
    f = json.loads(line)
    used[f["operation"], f["connections"], f["side"]].append(f["used"] * 1e4 / (f["per_s"] * float(sys.argv[2])))
    key = f["operation"], f["connections"], f["side"]
    best[key] = max(best[key], f, key=lambda f: f["per_s"])
bars = {("get", "memory"): 5, ("get", "disk"): 10, ("put", "memory"): 1, ("put", "disk"): 3, ("query", "memory"): 20, ("query", "disk"): 30,
        ("update", "memory"): 1, ("update", "disk"): 3, ("get", "constant"): 0.6}
print("operation, connections: operations a second (median, 99th percentile in us)")
for operation in ("get", "put", "query", "update", "batch", "transact"):
    for n in (1, 16, 64):
        cells = []
        for side in ("ours", "memory", "disk", "constant"):
            f = best.get((operation, n, side))
            if f:
                ratio = best[operation, n, "ours"]["per_s"] / f["per_s"]
                bar = bars.get((operation, side)) if n == 16 else None
                verdict = f", bar {bar}: {'ok' if ratio >= bar else 'UNDER'}" if bar else ""
                cells.append(f"{side} {f['per_s']} ({f['p50_us']}, {f['p99_us']})" + (f" x{ratio:.2f}{verdict}" if side != "ours" else ""))
        print(f"{operation} {n}: " + "; ".join(cells))
print("processor time of the server a request, us, on 16 connections")
for operation in ("get", "put", "query", "update", "batch", "transact"):
    of = {side: min(used[operation, 16, side]) for side in ("ours", "memory", "disk", "constant") if used[operation, 16, side]}
    print(f"{operation}: " + "; ".join(f"{side} {us:.0f}" + (f" x{us / of['ours']:.1f}" if side != "ours" else "") for side, us in of.items()))
END
