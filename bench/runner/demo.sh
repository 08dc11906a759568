#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The demonstration: one workload under two schedulers, both traced from the first instruction of
# Dom0, and a page that shows them side by side.  Three vCPUs share one pCPU, so that there is
# something to schedule.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
out=out/demo
mkdir -p "$out"
# Turns of 2 ms under rr: one vCPU that waits for another's answer to an interrupt spins through
# the turns of the rest, and each round of that is dear to emulate.
boot() { # POLICY
	build/orrery boot --sched "$1" --append sched.rr.slice_us=2000 --trace --run demo --net e1000 --smp 1 --dom0-vcpus 3 \
		--force -o "$out/$1"
}
echo 'booting Debian as Dom0 under rr and under credit, tracing on ...'
boot rr &
rr=$!
boot credit
wait $rr
for policy in rr credit; do
	build/orrery trace verify "$out/$policy"
done
build/orrery report --title 'One workload, two schedulers' -o "$out/index.html" "$out/rr" "$out/credit" >/dev/null
echo
build/orrery trace summary "$out/credit" | sed -n '/^Wake-to-run/,/^$/p'
echo "Look at $out/index.html (figures alone: $out/rr/plots, $out/credit/plots)"
