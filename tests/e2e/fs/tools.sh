#!/bin/bash
# The tools that people have at hand work on items as on files.

. "$(dirname "$0")/../lib.sh"
setup
table Things id:S
table Pairs pk:S sk:S
cd "$MNT" || exit 1
for i in $(seq 100); do echo "{\"n\": $i, \"word\": \"needle$((i % 10))\"}" > Things/i$i.json; done
for p in a b c; do mkdir Pairs/$p; for s in 1 2 3; do echo "{\"v\": \"$p$s\"}" > Pairs/$p/$s.json; done; done

is "grep -r finds" 10 "$(grep -rl needle7 . | wc -l)"
is "grep -r finds once" 1 "$(grep -r '"n": 42' . | wc -l)"
is "find -type f" 109 "$(find . -type f | wc -l)"
is "find -type d" 6 "$(find . -type d | wc -l)"
is "find -size" 0 "$(find . -type f -size +2k | wc -l)"
is "find -newer -exec" 1 "$(find Things -name i7.json -exec cat {} + | grep -c '"n": 7,')"
check "du" du -s .
is "du --apparent-size of items is exact" "$(cat Things/*.json | wc -c)" "$(du -cb Things/*.json | tail -1 | cut -f1)"
is "wc, sort, awk" 5050 "$(jq .n Things/*.json | awk '{n += $1} END {print n}')"
is "xargs -P" 100 "$(find Things -type f | xargs -P 4 -n 10 cat | grep -c word)"

listing() { (cd "$1" && find . -type f | sort | xargs -d '\n' md5sum); }
all=$(listing .)
check "tar c" tar cf "$T/all.tar" .
mkdir "$T/untar" "$T/cp" "$T/rsync"
check "tar x outside" tar xf "$T/all.tar" -C "$T/untar"
is "the same files" "$all" "$(listing "$T/untar")"
check "cp -r out" cp -r . "$T/cp/all"
is "the same files" "$all" "$(listing "$T/cp/all")"
check "cp -a out" cp -a . "$T/cp/a"
check "diff -r" diff -r . "$T/cp/all"
check "rsync -a out" rsync -a . "$T/rsync/"
is "the same files" "$all" "$(listing "$T/rsync")"
is "a second rsync copies nothing" "" "$(rsync -a --itemize-changes . "$T/rsync/" | grep -v '^\.d')"
check "rsync --checksum agrees" test -z "$(rsync -rc --itemize-changes . "$T/rsync/")"

check "rm -r of all items" bash -c 'rm -r Things/* Pairs/*'
is "nothing left" 0 "$(find . -type f | wc -l)"
check "tar x inside" tar xf "$T/all.tar"
is "the same files again" "$all" "$(listing .)"
rm -r Things/* Pairs/*
check "cp -r in" cp -r "$T/cp/all/." .
is "the same files again" "$all" "$(listing .)"
rm -r Things/* Pairs/*
check "rsync -a in" rsync -a "$T/rsync/" ./
is "the same files again" "$all" "$(listing .)"
is "a second rsync copies nothing" "" "$(rsync -a --itemize-changes "$T/rsync/" ./ | grep -v '^\.d')"
echo '{"n": 42, "word": "changed"}' > "$T/rsync/Things/i42.json"
touch -d '+1 minute' "$T/rsync/Things/i42.json"
is "rsync copies what changed" 1 "$(rsync -a --itemize-changes "$T/rsync/" ./ | grep -c '^>f')"
is "with its content" changed "$(jq -r .word Things/i42.json)"
rm "$T/rsync/Things/i43.json"
check "rsync --delete" rsync -a --delete "$T/rsync/" ./
check "deletes" test ! -e Things/i43.json
check "tables stand" test -d Things -a -d Pairs
check "cp -p" cp -p "$T/rsync/Things/i44.json" Things/i44.json
check "install -p" install -p -m 644 "$T/rsync/Things/i44.json" Things/i44.json

cd Things || exit 1
check "sed -i" sed -i 's/needle1/pin/' i1.json
is "edits" pin "$(jq -r .word i1.json)"
refuse "sed -i.bak renames the item to its backup, which cannot be" sed -i.bak s/needle2/pin/ i2.json
is "and the item stands" needle2 "$(jq -r .word i2.json)"
check "jq > tmp && mv" bash -c 'jq ".n += 1" i3.json > i3.tmp && mv i3.tmp i3.json'
is "replaces" 4 "$(jq .n i3.json)"
check "jq through a shell variable" bash -c 'x=$(jq ".n += 1" i3.json) && echo "$x" > i3.json'
is "replaces" 5 "$(jq .n i3.json)"
check "Python rewrites in place" $PYTHON -c '
import json
with open("i4.json") as f: item = json.load(f)
item["list"] = list(range(5000))
with open("i4.json", "w") as f: json.dump(item, f, indent=4)'
is "replaces" 5000 "$(jq '.list | length' i4.json)"
check "Python: a forgotten brace is an exception" $PYTHON -c '
try:
    with open("i4.json", "w") as f: f.write("{\"n\": ")
except OSError as error: assert error.errno == 22, error
else: raise SystemExit("no exception")'
is "and the item stands" 5000 "$(jq '.list | length' i4.json)"
check "tee" bash -c 'echo "{\"n\": 5}" | tee i5.json > /dev/null'
check "install" install -m 644 "$T/cp/all/Things/i6.json" i6.json
check "vim -es" vim -es -u NONE -i NONE -c '%s/needle7/pin/' -c 'wq' i7.json
is "vim edits" pin "$(jq -r .word i7.json)"
check "vim leaves nothing behind" bash -c '! ls -A | grep -v "json$"'
check "vim says when an item is refused" bash -c '! vim -es -u NONE -i NONE -c "%s/{/[/" -c "wq" i8.json < /dev/null'
is "and the item stands" 8 "$(jq .n i8.json)"
check "git's way: mktemp, write, rename" bash -c 't=$(mktemp ./.i9.XXXXXX) && echo "{\"n\": 99}" > "$t" && mv "$t" i9.json'
is "replaces" 99 "$(jq .n i9.json)"
check "an editor's lock file" bash -c 'set -o noclobber; echo $$ > i9.json.lock; ! echo $$ 2> /dev/null > i9.json.lock; rm i9.json.lock'
check "mv to a backup name and back" bash -c 'cp i10.json i10.json~ && mv i10.json~ i10.json'
is "the item is as before" 10 "$(jq .n i10.json)"
if command -v nano > /dev/null && command -v tmux > /dev/null; then
	edit="TERM=screen nano -I $MNT/Things/i11.json"
	tmux -L "itemfs$$" -f /dev/null new-session -d -x 80 -y 24 "$edit"
	wait_for 5 bash -c "tmux -L itemfs$$ capture-pane -p | grep -q needle"
	tmux -L "itemfs$$" send-keys Down Down Down End Left BSpace 9 C-o
	sleep 0.3
	tmux -L "itemfs$$" send-keys Enter
	sleep 0.3
	tmux -L "itemfs$$" send-keys C-x
	check "nano saves and leaves" wait_for 5 bash -c "! tmux -L itemfs$$ has-session"
	is "nano edits" needle9 "$(jq -r .word i11.json)"
	tmux -L "itemfs$$" kill-server 2> /dev/null
else
	skip "nano: no nano or tmux"
fi
check "flock on an item" flock -n i12.json true
check "inotifywait sees a write" bash -c '
	inotifywait -qq -t 5 -e close_write i12.json & sleep 0.5; echo "{}" > i12.json; wait $!'
check "head, tail, stat, file of an item" bash -c 'head -1 i13.json && tail -1 i13.json && stat i13.json' > /dev/null
check "private mmap" $PYTHON -c '
import mmap, json
with open("i14.json", "rb") as f: assert json.loads(mmap.mmap(f.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)[:])["n"] == 14'
check "sendfile" $PYTHON -c '
import os
a = os.open("i15.json", os.O_RDONLY); b = os.open("'"$T"'/sent", os.O_WRONLY | os.O_CREAT)
size = os.fstat(a).st_size
assert os.sendfile(b, a, 0, size) == size'
is "all of it" "$(cat i15.json)" "$(cat "$T/sent")"
cd /
finish
