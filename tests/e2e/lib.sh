# Sourced by every end-to-end script: a store and a mount of its own, checks that print "ok" and "not ok", and a clean end.
#
#   . "$(dirname "$0")/../lib.sh"
#   setup                          temporary store with a key file, mounted at $MNT
#   table Things id:S              makes a table
#   check "what" command...        passes if the command succeeds
#   is "what" EXPECTED ACTUAL      passes if the two are equal
#   expect_errno ENOENT cat x      passes if the command fails and says so
#   finish                         last line of the script
#
# Nothing outside $T is touched, so scripts may run side by side. ITEMFS names the program under test.

set -u
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
# Debian's own programs, whatever else somebody has in front of them: another aws knows other options.
export PATH=/usr/bin:/bin:$PATH
E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$E2E/../.." && pwd)
HERE=$(cd "$(dirname "$0")" && pwd)
ITEMFS=$(realpath "${ITEMFS:-$ROOT/build/itemfs}")
export ITEMFS
NAME=$(basename "$0" .sh)
PYTHON=/usr/bin/python3
export PYTHONPATH=$E2E
FAILED=0
T=

# --- results

ok() { echo "ok $NAME: $1"; }
not_ok()
{
	FAILED=$((FAILED + 1))
	echo "not ok $NAME: $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | head -c 2000 | sed 's/^/    /'
}
skip() { echo "skip $NAME: $1"; }

check()
{
	local what=$1 out status
	shift
	out=$("$@" 2>&1)
	status=$?
	if [ $status = 0 ]; then ok "$what"; else not_ok "$what" "exit $status: $* : $out"; fi
}

refuse()
{
	local what=$1 out
	shift
	if out=$("$@" 2>&1); then not_ok "$what" "succeeded: $* : $out"; else ok "$what"; fi
}

is()
{
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2"$'\n'"got:      $3"; fi
}

has()
{
	case $3 in *"$2"*) ok "$1" ;; *) not_ok "$1" "expected to find: $2"$'\n'"in: $3" ;; esac
}

declare -A STRERROR=()
strerror()
{
	if [ ${#STRERROR[@]} = 0 ]; then
		while IFS='|' read -r name text; do STRERROR[$name]=$text; done < <(
			LC_ALL=C $PYTHON -c 'import errno, os
for name in dir(errno):
    if name[0] == "E": print(name, os.strerror(getattr(errno, name)), sep="|")')
	fi
	REPLY=${STRERROR[$1]}
}

# expect_errno ERRNO COMMAND...: the command fails and its message is that of ERRNO.
expect_errno()
{
	local code=$1 out
	shift
	strerror "$code"
	if out=$(LC_ALL=C "$@" 2>&1); then
		not_ok "$code: $*" "succeeded: $out"
	else
		case $out in *"$REPLY"*) ok "$code: $*" ;; *) not_ok "$code: $*" "said: $out" ;; esac
	fi
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
	local left=$(($1 * 20))
	shift
	until "$@" > /dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.05
	done
}

finish()
{
	if [ $FAILED = 0 ]; then exit 0; else exit 1; fi
}

# --- store and mount

# setup [MOUNT OPTION...]: a fresh store, mounted.
setup()
{
	setup_dir
	new_store "$STORE" "$KEY" || { not_ok "itemfs init" "$(cat "$T/init.log")"; exit 1; }
	mount_store "$@" || { not_ok "itemfs mount" "$(cat "$T/mount.log")"; exit 1; }
}

setup_dir()
{
	T=$(mktemp -d "${TMPDIR:-/tmp}/itemfs-$NAME.XXXXXX")
	STORE=$T/store KEY=$T/key MNT=$T/mnt
	mkdir "$MNT"
	# No configuration or key of whoever runs the tests.
	export XDG_CONFIG_HOME=$T/xdg
	trap cleanup EXIT
	trap 'exit 143' TERM INT HUP
}

new_store() { "$ITEMFS" init --key-file "$2" "$1" > "$T/init.log" 2>&1; }

mount_store() { timeout 60 "$ITEMFS" mount --key-file "$KEY" "$@" "$STORE" "$MNT" > "$T/mount.log" 2>&1 < /dev/null; }

# What a mount or a server said of itself when it was ready: ENDPOINT for the clients of the API, which get credentials of no meaning.
find_endpoint()
{
	ENDPOINT=$(sed -n 's/^listening on //p' "$1")
	export ENDPOINT AWS_ENDPOINT_URL=$ENDPOINT AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
	export AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_PAGER= AWS_MAX_ATTEMPTS=${AWS_MAX_ATTEMPTS:-1}
	export AWS_CONFIG_FILE=$T/aws AWS_SHARED_CREDENTIALS_FILE=$T/aws-credentials
	[ -n "$ENDPOINT" ]
}

# mount_listening [OPTION...]: as mount_store, and the API answers at $ENDPOINT.
mount_listening() { mount_store --listen 127.0.0.1:0 "$@" && find_endpoint "$T/mount.log"; }

# serve_store [OPTION...]: the API without a mount, in $SERVER.
serve_store()
{
	rm -f "$T/serve.log" # of a server before this one
	"$ITEMFS" serve --key-file "$KEY" --listen 127.0.0.1:0 "$@" "$STORE" > "$T/serve.log" 2>&1 < /dev/null &
	SERVER=$!
	wait_for 20 grep -q '^listening on ' "$T/serve.log" || { not_ok "itemfs serve" "$(cat "$T/serve.log")"; exit 1; }
	find_endpoint "$T/serve.log"
}
# Also from a subshell, which cannot wait for a process of its parent's.
stop_server()
{
	kill "$SERVER" && wait_for 20 gone "$SERVER" || return 1
	! grep -q 'AddressSanitizer\|runtime error' "$T/serve.log"
}

ddb() { aws dynamodb --endpoint-url "$ENDPOINT" --output json "$@"; }

mounted() { grep -q " ${1:-$MNT} " /proc/self/mountinfo; }

# The processes that serve a mount point: those with its path among their arguments.
daemon_pid()
{
	local cmdline pid
	for cmdline in $(grep -lzxF -- "${1:-$MNT}" /proc/[0-9]*/cmdline 2> /dev/null); do
		pid=${cmdline#/proc/} pid=${pid%/cmdline}
		case $(readlink "/proc/$pid/exe") in */itemfs | *valgrind*) echo "$pid" ;; esac
	done
}

# Ended, whether or not its parent has taken notice.
gone() { ! readlink "/proc/$1/exe" > /dev/null 2>&1; }

# Unmounts and waits until the daemon has ended: the store is then free and whole.
umount_store()
{
	local pid
	pid=$(daemon_pid)
	umount "$MNT" || return 1
	[ -z "$pid" ] || wait_for 30 gone "$pid"
}

remount() { umount_store && mount_store "$@"; }

# Whatever happened before: no mount, no process, no file stays.
cleanup()
{
	local status=$? dir pid pids
	trap - EXIT TERM INT HUP
	cd /
	[ -z "${SERVER:-}" ] || kill -9 "$SERVER" 2> /dev/null
	pids=$(for dir in $(mounts_below); do daemon_pid "$dir"; done)
	for dir in $(mounts_below); do
		umount "$dir" 2> /dev/null || { abort_connection "$dir"; umount -l "$dir" 2> /dev/null; }
	done
	for pid in $pids; do
		wait_for 10 gone "$pid" || { not_ok "the daemon ends after unmount"; kill -9 "$pid"; status=1; }
	done
	rm -rf --one-file-system "$T"
	[ $FAILED = 0 ] || status=1
	exit $status
}

mounts_below() { awk -v t="$T/" 'index($5, t) == 1 {print $5}' /proc/self/mountinfo | tac; }

# Ends every request of a mount that does not answer. fusectl knows connections by the device's minor number.
abort_connection()
{
	local minor
	minor=$(awk -v m="$1" '$5 == m {sub(".*:", "", $3); print $3}' /proc/self/mountinfo | tail -1)
	mountpoint -q /sys/fs/fuse/connections || mount -t fusectl none /sys/fs/fuse/connections 2> /dev/null
	[ -z "$minor" ] || echo 1 > "/sys/fs/fuse/connections/$minor/abort" 2> /dev/null
	return 0
}

# --- data

# definition PK:TYPE [SK:TYPE]: a table definition in CreateTable's shape.
definition()
{
	local attrs="{\"AttributeName\": \"${1%:*}\", \"AttributeType\": \"${1#*:}\"}"
	local keys="{\"AttributeName\": \"${1%:*}\", \"KeyType\": \"HASH\"}"
	if [ $# = 2 ]; then
		attrs="$attrs, {\"AttributeName\": \"${2%:*}\", \"AttributeType\": \"${2#*:}\"}"
		keys="$keys, {\"AttributeName\": \"${2%:*}\", \"KeyType\": \"RANGE\"}"
	fi
	echo "{\"AttributeDefinitions\": [$attrs], \"KeySchema\": [$keys], \"BillingMode\": \"PAY_PER_REQUEST\"}"
}

# table NAME PK:TYPE [SK:TYPE]
table()
{
	local name=$1
	shift
	definition "$@" > "$MNT/.tables/$name.json" || { not_ok "table $name"; exit 1; }
}

# put FILE TEXT: what a person does with echo.
put() { echo "$2" > "$1"; }
append() { echo "$2" >> "$1"; }

# driver SCRIPT [ARGUMENT...]: a Python part of this script; its checks count here.
driver()
{
	local script=$1 out status
	shift
	$PYTHON "$HERE/$script" "$@" 2>&1 | tee "$T/driver.out"
	status=${PIPESTATUS[0]}
	out=$(grep -c '^not ok' "$T/driver.out")
	FAILED=$((FAILED + out))
	if [ "$status" != 0 ] && [ "$out" = 0 ]; then not_ok "$script ends with $status"; fi
}
