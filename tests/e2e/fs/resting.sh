#!/bin/bash
# Items that the kernel has cached, read in pieces while they are rewritten: each reader gets a whole version.

. "$(dirname "$0")/../lib.sh"
setup
driver resting.py "$MNT"
finish
