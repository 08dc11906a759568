#!/bin/sh
# SPDX-License-Identifier: MIT
# The explorer on every policy: to depth 9, with --all to 12 and with finer steps of time to 8; and
# on a policy with a fault, which it must find.
set -u
cd "$(dirname "$0")/../../.." || exit 1
make -s build/explore/explore || exit 1
failed=0
depth=9
if [ "${1:-}" = --all ]; then
	depth=12
	build/explore/explore -m -d 8 || failed=1
fi
build/explore/explore -d $depth || failed=1
if build/explore/explore -d $depth broken > build/explore/broken.log; then
	echo 'FAIL  the explorer did not find the fault of the broken policy'
	failed=1
else
	echo "ok    the fault of the broken policy is found: $(head -n 1 build/explore/broken.log | cut -c 7-120)"
fi
exit $failed
