# SPDX-License-Identifier: MIT
# The guard: a policy that lies on command (sched-policies/liars) rules a pool in which guests compute,
# sleep and wake. For each lie the guard names the fault in a report that Dom0 can read, the built-in
# round robin takes over, and the guests go on. Needs --smp 3 --dom0-vcpus 1; with orrery.records=1 and
# tracing on (tbuf_size=) the report ends with the last records.
. /etc/orrery/guests.sh

report() { $tools/sched-tool why 1; }
policy() { xenhypfs cat /cpupool/1/policy; }
ejected_for() { report | grep -q "^liar: $1 "; } # TEXT
goes_on() { # NAME
	local at
	at=$(guest_value "$1" count)
	wait_until 10 more_than "$1" "$at"
}
more_than() { [ "$(guest_value "$1" count)" -gt "$2" ]; }
into() { # POOL
	local name
	for name in burner sleeper idler; do xl cpupool-migrate $name "$1" || return 1; done
}
dump_is_whole() { # NUMBER: # run queues of all that is in the pool, and what the pCPUs run
	local guests=3
	[ "$1" != 8 ] || guests=2 # one has left
	[ "$(report | grep -c '^pCPU [12]: ')" = 2 ] && [ "$(report | grep -c '^d[0-9]*v0: ')" = $guests ]
}

pin() { # NUMBER MASK-OF-BURNER MASK-OF-SLEEPER
	step "pin-$1" xl vcpu-pin burner all "$2"
	step "pin-sleeper-$1" xl vcpu-pin sleeper all "$3"
}

lie() { # NUMBER TEXT
	step "into-$1" into lab
	case $1 in
	4) pin "$1" 1 1 ;;
	7) pin "$1" 1 2 ;;
	8) step "stale-$1" xl cpupool-migrate idler Pool-0 ;;
	esac
	step "goes-$1" goes_on sleeper
	step "lie-$1" $tools/sched-tool set 1 "lie=$1"
	step "ejected-$1" wait_until 10 ejected_for "$2"
	emit "report-$1" "$(report | head -n 1)"
	step "dump-$1" dump_is_whole "$1"
	[ "${OPT_records:-0}" != 1 ] || step "records-$1" [ "$(report | grep -c ' ns ago: switch_inf')" -gt 1 ]
	step "round-robin-$1" [ "$(policy)" = fallback ]
	step "goes-on-$1" goes_on sleeper
	[ "$1" = 8 ] && step "back-$1" xl cpupool-migrate idler lab
	pin "$1" all all
	step "out-$1" into Pool-0
	step "again-$1" $tools/sched-tool policy 1 liar
	step "no-report-$1" [ -z "$(report)" ]
}
refuses_busy_pool() { ! $tools/sched-tool policy 0 rr; }

step setup guests_setup
step free-1 xl cpupool-cpu-remove Pool-0 1
step free-2 xl cpupool-cpu-remove Pool-0 2
step pool xl cpupool-create 'name="lab"' 'sched="credit"' 'cpus=["1","2"]'
step liar $tools/sched-tool policy 1 liar
step burner create tiny 'name="burner"' 'extra="run=burn ms=1000000"'
step sleeper create tiny 'name="sleeper"' 'extra="run=count n=100000 ms=20"'
step idler create tiny 'name="idler"' 'extra="run=idle"'
step counts wait_until 10 guest_said sleeper count=3

lie 1 'picked something that is not a vCPU'
lie 2 'picked a vCPU that is not ready'
lie 3 'picked a vCPU that is not ready'
lie 4 'picked a vCPU that may not run on this pCPU'
lie 5 'gave a slice out of bounds'
lie 6 'gave a slice out of bounds'
lie 7 'placed a vCPU on a pCPU where it may not run'
lie 8 'picked a vCPU of another pool'
lie 9 'left a ready vCPU waiting'
lie 10 'left a ready vCPU waiting'
lie 11 'picked something that is not a vCPU'
lie 12 'placed a vCPU on a pCPU where it may not run'
step busy-pool refuses_busy_pool
for name in burner sleeper idler; do step "destroy-$name" xl destroy $name; done
step gone wait_until 20 only_dom0
[ $failed = 0 ] || xl dmesg | tail -n 30 | sed 's/^/ORRERY-LOG dmesg: /'
exit $failed
