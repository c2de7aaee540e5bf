#!/bin/bash
# Random requests against the model in tests/property: plain, with restarts, with indexes that come and go. The seed is
# fixed, so that a run tells of a change; PROPERTY_SEED=n and PROPERTY_OPS=n look further.

. "$(dirname "$0")/../lib.sh"
setup_dir
seed=${PROPERTY_SEED:-2012}
compare() { TMPDIR=$T $PYTHON "$ROOT/tests/property/property.py" --program "$ITEMFS" --seed "$seed" "$@" || FAILED=$((FAILED + 1)); }
compare --ops "${PROPERTY_OPS:-3000}"
compare --ops 1500 --restarts
compare --ops 1500 --restarts --index-builds
finish
