#!/bin/sh
# Installs the Debian packages that are missing, and does nothing when none is.
#
#   examples/deps.sh build    what building needs
#   examples/deps.sh run      and what examples/quickstart.sh shows off with
#   examples/deps.sh test     and what tests/run.sh needs
#   examples/deps.sh --list test    only says what that would be
set -eu

build="gcc libc6-dev meson ninja-build pkg-config libfuse3-dev fuse3 liblmdb-dev libsodium-dev libcjson-dev libinih-dev uthash-dev
	nettle-dev libmicrohttpd-dev zlib1g-dev"
run="jq iso-codes python3 awscli"
test="libcmocka-dev clang libclang-rt-14-dev valgrind rsync vim nano attr strace python3-pytest tar inotify-tools tmux expect
	procps psmisc file python3-boto3 curl openssl"

# Wherever it comes from: others than Debian package it under other names.
command -v npm >/dev/null || test="$test nodejs npm"

list=
if [ "${1-}" = --list ]; then
	list=1
	shift
fi
case ${1-build} in
build) want=$build ;;
run) want="$build $run" ;;
test) want="$build $run $test" ;;
*)
	echo "usage: $0 [--list] build|run|test" >&2
	exit 2
	;;
esac
if [ -n "$list" ]; then
	printf '%s\n' $want
	exit
fi

if ! command -v dpkg-query >/dev/null; then
	echo "$0: this is no Debian; install by hand: $(echo $want)" >&2
	exit 1
fi
missing=
for package in $want; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "$0: install these as root first:$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "installing:$missing" >&2
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2; then
	# A fresh machine has no package lists yet, or stale ones.
	$as_root apt-get update -q >&2
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2
fi
