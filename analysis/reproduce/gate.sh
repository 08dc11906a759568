#!/bin/sh
# SPDX-License-Identifier: MIT
# What must hold before any result is believed, on a crowded simulated machine, for the policies
# named or some: two runs give the same trace; each vCPU's runstates add up to the time of the run, to
# the nanosecond; tracing changes nothing; no record is lost; and a damaged trace is noticed.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

verdict() { # STATUS TEXT
	if [ "$1" = 0 ]; then
		echo "ok    $2"
	else
		echo "FAIL  $2"
		failed=1
	fi
}

simulate() { # POLICY DIR [OPTION...]
	policy=$1 dir=$2
	shift 2
	build/orrery sim crowd --sched "$policy" --seconds 2 --force -o "$tmp/$dir" "$@" > "$tmp/log" 2>&1 ||
		cat "$tmp/log"
}

for policy in ${*:-credit credit2 rtds stride}; do
	simulate "$policy" a
	simulate "$policy" b
	simulate "$policy" untraced --no-trace
	cmp -s "$tmp/a/trace.trc" "$tmp/b/trace.trc"
	verdict $? "R0 $policy: two runs, one trace ($(sha256sum "$tmp/a/trace.trc" | cut -c 1-16))"
	cmp -s "$tmp/a/results.json" "$tmp/untraced/results.json"
	verdict $? "R0 $policy: tracing changes nothing"
	build/orrery trace summary "$tmp/a" --json > "$tmp/summary"
	duration=$(sed -n 's/.*"duration_ns": \([0-9]*\).*/\1/p' "$tmp/summary")
	build/orrery trace summary "$tmp/a" --tsv runstates | awk -F'\t' -v all="$duration" '
		NR > 1 { sum[$1] += $4 }
		END { for (v in sum) { n++; bad += sprintf("%.0f", sum[v]) != all }
		      exit bad || n < 200 }'
	verdict $? "R0 $policy: runstates of every vCPU add up to $duration ns"
	grep -q '"lost": 0,' "$tmp/summary" && ! grep -q '"lost": [1-9]' "$tmp/summary"
	verdict $? "R0 $policy: no record lost"
	head -c $(($(stat -c %s "$tmp/a/trace.trc") / 2 | 1)) "$tmp/a/trace.trc" > "$tmp/cut.trc"
	! build/orrery trace summary "$tmp/cut.trc" > "$tmp/log" 2>&1
	verdict $? "R0 $policy: a damaged trace is noticed"
done
exit $failed
