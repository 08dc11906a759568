#!/bin/sh
# SPDX-License-Identifier: MIT
# What a machine runs is the same bytes wherever it is built: the hypervisor, the guests and Dom0's tools,
# built from the same sources in another directory, are compared with those of build/.
set -eu
cd "$(dirname "$0")/../.."
log=$PWD/build/test/other-build.log
other=$(mktemp -d "${TMPDIR:-/tmp}/orrery-build.XXXXXX")
trap 'rm -rf "$other"' EXIT

git ls-files -z | xargs -0 cp --parents -t "$other"
mkdir -p "$other/build" build/test
cp build/.packages "$other/build"
commit=$(sed -n 's/.*"\(.*\)"/\1/p' build/gen/version.h)
if ! make -s -C "$other" hv guests dom0-tools "COMMIT=$commit" >"$log" 2>&1; then
	echo "FAIL  cannot be built in another directory: $log"
	exit 1
fi
status=0
for file in build/orrery-hv build/guests/* build/dom0-tools/*; do
	if ! cmp -s "$file" "$other/$file"; then
		echo "FAIL  $file differs from one built in another directory"
		status=1
	fi
done
[ $status = 1 ] || echo 'ok    what a machine runs is the same bytes wherever it is built'
exit $status
