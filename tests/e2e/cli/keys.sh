#!/bin/bash
# How a store is unlocked: key files, passphrases, credentials; adding, changing, removing.

. "$(dirname "$0")/../lib.sh"
setup
finish
