#!/bin/bash
# The tree around the sources: a README in each folder that people enter, scripts that parse and run, the common format.

cd "$(dirname "$0")/../.." || exit 1
failed=0
ok() { echo "ok tree: $1"; }
not_ok() { failed=1; echo "not ok tree: $1"; }

for dir in . engine engine/value engine/expr engine/crypt engine/store fs src tests examples; do
	[ ! -d "$dir" ] || [ -s "$dir/README.md" ] || not_ok "$dir has no README.md"
done

for script in $(find tests $(ls -d examples 2> /dev/null) .ci -type f \( -name '*.sh' -o -name run \)); do
	bash -n "$script" || not_ok "$script does not parse"
	case $(basename "$script") in
	lib.sh | parts.sh) ;; # sourced
	*) [ -x "$script" ] || not_ok "$script has no run bit" ;;
	esac
	head -1 "$script" | grep -q '^#' || not_ok "$script says nothing in its first line"
done

for script in $(find tests $(ls -d examples 2> /dev/null) -name '*.py'); do
	/usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$script" || not_ok "$script does not parse"
done

if command -v clang-format > /dev/null; then
	for file in $(find $(ls -d engine fs src tests 2> /dev/null) -name '*.c'); do
		clang-format --dry-run -Werror "$file" > /dev/null 2>&1 || echo "warn tree: $file is not as clang-format makes it"
	done
fi

[ $failed != 0 ] || ok "folders, scripts"
exit $failed
