#!/bin/bash
# Builds everything and runs every test: tests/run.sh. Only some of them: tests/run.sh NAME... (any part of a test's path).
#
#   lint       tests/lint/*            rules of the source tree
#   unit       tests/unit, tests/fault: cmocka programs; tests/fuzz: corpora replayed
#   e2e        tests/e2e/**/*.sh, tests/fault/*.sh: the program as people use it; several at a time
#   sanitized  the unit programs and a choice of the scripts again, under ASan and UBSan; one mount under valgrind
#
# JOBS=n: scripts at a time. QUICK=1: without the sanitized builds. Ends with "N passed, N failed"; exit status 1 if any failed.

set -u
cd "$(dirname "$0")/.." || exit 1
. tests/parts.sh

names=("$@")
[ -n "${QUICK:-}" ] || [ ${#names[@]} -gt 0 ] || full=1
RUN=$(mktemp -d "${TMPDIR:-/tmp}/itemfs-run.XXXXXX")
export RUN
mkdir "$RUN/logs" "$RUN/tmp"
: > "$RUN/results"
trap 'end' EXIT
trap 'exit 143' TERM INT HUP

install_missing
step "build"
build build "" || { result 0 1 build; exit 1; }
result 1 0 build

step "lint"
run_lint
step "unit, fault and fuzz programs"
run_programs build
step "end to end"
export ITEMFS=$PWD/build/itemfs
run_scripts "" $(scripts)
run_pytest

if [ -n "${full:-}" ]; then
	step "sanitized"
	# The other compiler, for its warnings' sake.
	if CC=$(command -v clang || echo gcc) build build-asan -Db_sanitize=address,undefined; then
		LABEL=asan run_programs build-asan
		ITEMFS=$PWD/build-asan/itemfs run_scripts asan $SANITIZED
	else
		result 0 1 build-asan
	fi
	under_valgrind
fi
