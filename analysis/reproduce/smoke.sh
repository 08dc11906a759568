#!/bin/sh
# SPDX-License-Identifier: MIT
# The gate, then every experiment of this folder with --smoke; fails if one does.  Results in build/reproduce.
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0
analysis/reproduce/gate.sh || failed=1
for dir in analysis/reproduce/R*/; do
	name=$(basename "$dir")
	build/orrery reproduce "$name" --smoke --force -o "build/reproduce/$name" || failed=1
done
exit $failed
