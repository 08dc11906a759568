#!/bin/sh
# SPDX-License-Identifier: MIT
# Guests that speak with their scheduler, on the machine: with the tunable lock_grace_us one that says when
# it holds a lock spins hardly any more; one that names whom it yields to waits less for a lock.
set -eu
cd "$(dirname "$0")/../.."
out=out/lock
status=0

value() { # RUN KEY SCENARIO OPTION...: what the pair told
	run=$1
	key=$2
	shift 2
	build/orrery work "$@" --no-trace --force -o "$out/$run" >"$out/$run.txt" 2>&1 &&
		sed -n "s/^ *\"vm.pair.$key\": \"\{0,1\}\([0-9]*\).*/\1/p" "$out/$run/results.json"
}
judge() { # NAME WITHOUT LEAST WITH PART: WITHOUT is above LEAST, and WITH is below a PARTth of it
	if [ "${2:-0}" -gt "$3" ] && [ -n "$4" ] && [ "$4" -lt $(($2 / $5)) ]; then
		echo "ok    $1: $2 ns without, $4 with"
	else
		echo "FAIL  $1: ${2:-nothing} ns without, ${4:-nothing} with; see $out"
		status=1
	fi
}

mkdir -p "$out"
# Without: the holder waits for a slice of the hog's while the other spins for its own, dozens of times.
judge lock-grace "$(value no-grace spun_ns lock)" 50000000 \
	"$(value grace spun_ns lock --set rr.lock_grace_us=100)" 20
judge yield-to-holder "$(value yield response_mean_ns lock-yield -D directed=0)" 10000000 \
	"$(value directed response_mean_ns lock-yield -D directed=1)" 2
exit $status
