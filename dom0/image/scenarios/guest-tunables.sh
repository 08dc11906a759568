# SPDX-License-Identifier: MIT
# Our tool: every tunable of every policy read, set to both ends and back; parameters of domains and
# vCPUs; a wrong name or value costs one line that names what would be right. Needs --smp 2
# --dom0-vcpus 1 and, on the command line, sched.rr.slice_us=7000.
. /etc/orrery/guests.sh


# Policy, tunables with what they may be, as the hypervisor tells it.
rows() { # POLICY KIND -> NAME MIN MAX INITIAL
	xenhypfs cat "/policy/$1" | sed -n "s/^$2 \([^ ]*\) \([^ ]*\) \([^ ]*\) \([^ ]*\) .*/\1 \2 \3 \4/p"
}
# Values that go together with others are refused alone: as long as one of the two holds.
both_ends() { # POLICY
	rows "$1" tunable >/tmp/rows
	while read -r name min max initial; do
		tool set 1 "$name=$min" >/dev/null 2>&1 && equal "$(tool get 1 "$name")" "$min" || [ "$1.$name" = credit.tslice_ms ] || return 1
		tool set 1 "$name=$max" >/dev/null 2>&1 && equal "$(tool get 1 "$name")" "$max" || [ "$1.$name" = credit.ratelimit_us ] || return 1
		tool set 1 "$name=$initial" && equal "$(tool get 1 "$name")" "$initial" || return 1
		refused_by_tool "$name (" tool set 1 "$name=$((max + 1))" || return 1
		[ "$min" = 0 ] || refused_by_tool "$name (" tool set 1 "$name=$((min - 1))" || return 1
		n=$((n + 1))
	done </tmp/rows
}

step setup guests_setup
step free-1 xl cpupool-cpu-remove Pool-0 1
step pool xl cpupool-create 'name="lab"' 'sched="credit"' 'cpus=["1"]'
n=0
for policy in $(xenhypfs ls /policy | awk '{ print $NF }'); do
	step "policy-$policy" tool policy 1 "$policy"
	[ "$policy" != rr ] || step from-command-line equal "$(tool get 1 slice_us)" 7000
	step "ends-$policy" both_ends "$policy"
done
emit tunables $n

step guest create tiny 'name="g"' 'extra="run=count n=100000 ms=20"'
id=$(xl domid g)
step credit-again tool policy 1 credit
step into xl cpupool-migrate g lab
step domain-set tool domain "$id" weight=512 cap=50
step domain-get equal "$(tool domain "$id" | tr '\n' ' ')" "weight=512 cap=50 "
step domain-xl equal "$(xl sched-credit -d g | awk 'END { print $3, $4 }')" "512 50"
step out xl cpupool-migrate g Pool-0
step rtds tool policy 1 rtds
step into-rtds xl cpupool-migrate g lab
step vcpu-set tool domain "$id" 0:period_us=20000 0:budget_us=6000
step vcpu-get equal "$(tool domain "$id" 0: | tr '\n' ' ')" "period_us=20000 budget_us=6000 extratime=1 "

step no-policy refused_by_tool 'no policy fair; known: arinc653, bvt,' tool policy 1 fair
step no-pool refused_by_tool 'no pool 7; there are: 0, 1' tool get 7
step no-tunable refused_by_tool 'rtds has no such tunable; it has: server (0..3)' tool set 1 speed=3
step no-number refused_by_tool 'not a number; rtds has: server (0..3)' tool set 1 server=fast
step no-domain refused_by_tool 'no domain 99; there are: 0, ' tool domain 99
step no-param refused_by_tool 'rtds has no such vcpu parameter; it has: period_us (' tool domain "$id" 0:weight=3
step no-fit refused_by_tool 'does not go with the other values' tool domain "$id" 0:budget_us=30000
step no-command refused_by_tool 'commands: list, ' tool frobnicate
busy() { tool policy 1 rr; [ $? = 1 ]; }
step busy-pool busy
step destroy xl destroy g
exit $failed
