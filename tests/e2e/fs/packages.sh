#!/bin/bash
# Real data at size: the ISO code lists and Debian's package list, some 60,000 items, imported, counted, compared, deleted.

. "$(dirname "$0")/../lib.sh"
setup
finish
