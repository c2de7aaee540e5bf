#!/bin/bash
# Flipped bytes in data.mdb: what they hit answers EBADMSG or EUCLEAN, the rest reads as before, the daemon lives.

. "$(dirname "$0")/../e2e/lib.sh"
E2E_FAULT=$ROOT/tests/fault
setup --map-size 256M
$PYTHON "$E2E_FAULT/flip.py" fill "$MNT" "$T/model" || not_ok "fill"
check "umount" umount_store
cp "$STORE/data.mdb" "$T/whole.mdb"
for round in $(seq 24); do
	cp "$T/whole.mdb" "$STORE/data.mdb"
	# Early rounds hit the first pages, where the roots are, the others anything.
	where=$($PYTHON "$E2E_FAULT/flip.py" flip "$STORE/data.mdb" "$round")
	if mount_store --map-size 256M; then
		pid=$(daemon_pid)
		report=$(timeout 60 $PYTHON "$E2E_FAULT/flip.py" read "$MNT" "$T/model" 2>&1)
		status=$?
		check "byte $where: $report" test $status = 0
		check "byte $where: the daemon lives" kill -0 "$pid"
		umount_store || not_ok "byte $where: umount"
	else
		check "byte $where: refused with a sentence" grep -qiE 'damaged|structure|seal|store' "$T/mount.log"
	fi
done
cp "$T/whole.mdb" "$STORE/data.mdb"
check "the unharmed store mounts" mount_store --map-size 256M
check "and reads whole" $PYTHON "$E2E_FAULT/flip.py" read "$MNT" "$T/model" whole
finish
