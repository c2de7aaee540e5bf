#!/bin/bash
# Random operations against a model in memory, remounts in between. PROPERTY_SEED=n repeats a run.

. "$(dirname "$0")/../lib.sh"
setup
seed=${PROPERTY_SEED:-$(date +%s)}
echo "figure properties: seed $seed"
for round in 1 2 3; do
	driver properties.py "$MNT" "$T/model" "$seed" $round
	check "remount $round" remount
done
driver properties.py "$MNT" "$T/model" "$seed" 0
finish
