#!/bin/sh
# SPDX-License-Identifier: MIT
# The tunable lock_grace_us on the machine: a guest that says when it holds a lock spins hardly any more.
set -eu
cd "$(dirname "$0")/../.."
out=out/lock

spun() { # NAME OPTION...: ns that the pair span
	name=$1
	shift
	build/orrery work lock "$@" --no-trace --force -o "$out/$name" >"$out/$name.txt" 2>&1 &&
		sed -n 's/^ *"vm.pair.spun_ns": "\{0,1\}\([0-9]*\).*/\1/p' "$out/$name/results.json"
}

mkdir -p "$out"
without=$(spun without)
with=$(spun with --set rr.lock_grace_us=100)
# Without: the holder waits for a slice of the hog's, while the other spins for its own, dozens of times.
if [ "${without:-0}" -gt 50000000 ] && [ -n "$with" ] && [ "$with" -lt $((without / 20)) ]; then
	echo "ok    lock-grace: $without ns span without it, $with with it"
else
	echo "FAIL  lock-grace: ${without:-nothing} ns span without it, ${with:-nothing} with it; see $out"
	exit 1
fi
