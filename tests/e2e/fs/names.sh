#!/bin/bash
# File names and keys: percent encoding, one spelling, numbers, bytes, long keys, sort keys, scratch files.

. "$(dirname "$0")/../lib.sh"
setup
driver names.py "$MNT"
finish
