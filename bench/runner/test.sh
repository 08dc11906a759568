#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All the tests: host tests, checks of the tree, boot tests, stack tests; with --all the long ones
# too.  Every part prints its own lines; the last line counts.  Exit status 1 if any failed.
set -uo pipefail
export LC_ALL=C
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
all=
[ "${1:-}" = --all ] && all=--all
passed=0
failed=0

count() { # FILE: lines "ok ..." and "FAIL ..."
	passed=$((passed + $(grep -c '^ok ' "$1")))
	failed=$((failed + $(grep -c '^FAIL ' "$1")))
}

# Run a part whose lines begin with ok or FAIL; a part that dies without a FAIL counts as one.
part() { # NAME COMMAND...
	local name=$1 log=build/test/$1.log before=$failed status
	shift
	printf '== %s\n' "$name"
	"$@" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	count "$log"
	if [ "$status" != 0 ] && [ $failed = "$before" ]; then
		printf 'FAIL  %s ended with status %s\n' "$name" "$status"
		failed=$((failed + 1))
	fi
}

# Criterion counts for itself: "... Tested: 235 | Passing: 235 | Failing: 0 | Crashing: 0".
host() {
	local log=build/test/host.log tested passing
	printf '== host tests (Criterion, ASan, UBSan)\n'
	build/test/host-tests -j2 >"$log" 2>&1
	tail -n 20 "$log"
	tested=$(sed -n 's/.*Tested: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
	passing=$(sed -n 's/.*Passing: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
	if [ -z "$tested" ]; then
		echo 'FAIL  host tests did not run'
		failed=$((failed + 1))
		return
	fi
	passed=$((passed + passing))
	failed=$((failed + tested - passing))
}

# The conformance suite with twenty times as many seeds.
more_seeds() {
	if ORRERY_SEEDS=20 build/test/host-tests -j2 --filter 'sched_conformance/*' >build/test/more-seeds.log 2>&1; then
		echo 'ok    every policy conforms for twenty times as many seeds'
	else
		tail -n 30 build/test/more-seeds.log
		echo 'FAIL  a policy does not conform'
	fi
}

mkdir -p build/test
host
[ -n "$all" ] && part more-seeds more_seeds
part tree .ci/check-tree.sh
part same-build bench/runner/build-test.sh
part new-policy sched-policies/new-policy-test.sh
part explore sched-policies/simulator/explore/explore-test.sh $all
part reproduce analysis/reproduce/smoke.sh
part boot-tests bench/runner/boot-test.sh $all
part stack-tests bench/runner/stack-test.sh $all
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
