#!/bin/sh
# SPDX-License-Identifier: MIT
# Does the simulator tell the truth? The same workload (bench/scenarios/truth.sim) on the simulator and
# on the machine, under each policy named: vCPUs have to come to run in the same order.
set -eu
cd "$(dirname "$0")/../.."
status=0
for policy in "$@"; do
	out=out/truth/$policy
	mkdir -p "$out"
	if build/orrery sim truth --sched "$policy" --force -o "$out/sim" >"$out/log" 2>&1 &&
		build/orrery work truth --sched "$policy" --force -o "$out/machine" >>"$out/log" 2>&1 &&
		build/orrery trace order "$out/sim" "$out/machine" >"$out/order" 2>&1; then
		printf 'ok    truth-%s: %s\n' "$policy" "$(head -n 1 "$out/order")"
	else
		printf 'FAIL  truth-%s: see %s\n' "$policy" "$out"
		status=1
	fi
done
exit $status
