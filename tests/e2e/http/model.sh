#!/bin/bash
# Random requests against the model in tests/property: plain, with restarts, with indexes that come and go. PROPERTY_SEED=n repeats a run.

. "$(dirname "$0")/../lib.sh"
setup_dir
seed=${PROPERTY_SEED:-$(date +%s)}
compare() { TMPDIR=$T $PYTHON "$ROOT/tests/property/property.py" --program "$ITEMFS" --seed "$seed" "$@" || FAILED=$((FAILED + 1)); }
compare --ops "${PROPERTY_OPS:-3000}"
compare --ops 1500 --restarts
compare --ops 1500 --restarts --index-builds
finish
