#!/bin/sh
# SPDX-License-Identifier: MIT
# Does the simulator tell the truth? The same workload (bench/scenarios/SCENARIO.sim) on the simulator and
# on the machine, under each policy named: vCPUs have to come to run in the same order.
#   bench/runner/truth-test.sh SCENARIO POLICY...
set -eu
cd "$(dirname "$0")/../.."
status=0
scenario=$1
shift
for policy in "$@"; do
	out=out/$scenario/$policy
	mkdir -p "$out"
	if build/orrery sim "$scenario" --sched "$policy" --force -o "$out/sim" >"$out/log" 2>&1 &&
		build/orrery work "$scenario" --sched "$policy" --force -o "$out/machine" >>"$out/log" 2>&1 &&
		build/orrery trace order "$out/sim" "$out/machine" >"$out/order" 2>&1; then
		printf 'ok    %s-%s: %s\n' "$scenario" "$policy" "$(head -n 1 "$out/order")"
	else
		printf 'FAIL  %s-%s: see %s\n' "$scenario" "$policy" "$out"
		status=1
	fi
done
exit $status
