# SPDX-License-Identifier: MIT
# Pools under different policies at once, made and filled by stock xl; domains moved between them while
# they run; pCPUs taken from a pool in use and given to another; parameters set and shown by xl
# sched-credit, sched-credit2 and sched-rtds. What must fail fails as on Xen: the same scenario passes
# there, but for rtds, which Debian's Xen was built without. Needs --smp 4 --dom0-vcpus 1 and sched=credit.
. /etc/orrery/guests.sh

fails() { ! "$@"; }
more_than() { [ "$(guest_value "$1" count)" -gt "$2" ]; }
goes_on() { # NAME
	local at
	at=$(guest_value "$1" count)
	wait_until 20 more_than "$1" "$at"
}
shows() { # PATTERN COMMAND...
	local pattern=$1
	shift
	"$@" 2>&1 | tee /dev/stderr | grep -qE "$pattern"
}
guest() { # NAME POOL
	create tiny "name=\"$1\"" "pool=\"$2\"" 'extra="run=count n=100000 ms=20"' && wait_until 20 guest_said "$1" count=3
}
pools() { xl cpupool-list; }

step setup guests_setup
real=rtds
xl info | grep -q '^xen_extra *: -orrery' || real=credit
for cpu in 1 2 3; do step "free-$cpu" xl cpupool-cpu-remove Pool-0 $cpu; done
step pool-two xl cpupool-create 'name="two"' 'sched="credit2"' 'cpus=["1"]'
step pool-real xl cpupool-create 'name="real"' 'sched="'$real'"' 'cpus=["2"]'
step three-pools shows '^Pool-0 +1 +credit +y +1' pools
step pool-two-is shows '^two +1 +credit2 +y +0' pools
step pool-real-is shows "^real +1 +$real +y +0" pools
step guest-a guest a Pool-0
step guest-b guest b two
step guest-c guest c real

# Stock tools set and show each policy's parameters.
step credit-set xl sched-credit -d a -w 512 -c 80
step credit-show shows '^a +[0-9]+ +512 +80$' xl sched-credit -d a
step credit-pool-set xl sched-credit -s -t 5 -r 500
step credit-pool-show shows 'tslice=5ms ratelimit=500us' xl sched-credit -s
step credit-pool-migr xl sched-credit -s -m 100
step credit-pool-migr-show shows 'migration-delay=100us' xl sched-credit -s
step credit2-set xl sched-credit2 -d b -w 128 -c 40
step credit2-show shows '^b +[0-9]+ +128 +40$' xl sched-credit2 -d b
step credit2-pool-set xl sched-credit2 -s -p two -r 2000
step credit2-pool-show shows 'ratelimit=2000us' xl sched-credit2 -s -p two
rtds() { [ $real != rtds ] || step "$@"; }
rtds rtds-set xl sched-rtds -d c -v all -p 20000 -b 5000 -e 0
rtds rtds-show shows '^c +[0-9]+ +0 +20000 +5000 +no$' xl sched-rtds -d c -v all
for name in a b c; do step "goes-$name" goes_on $name; done

# What is wrong stays wrong, and nothing changes.
step credit-elsewhere fails xl sched-credit -d b -w 10
step credit2-elsewhere fails xl sched-credit2 -d a -w 10
step credit-weight fails xl sched-credit -d a -w 70000
step credit-cap fails xl sched-credit -d a -c 70000
step credit-slice fails xl sched-credit -s -t 5000
step credit-limit fails xl sched-credit -s -t 1 -r 50000
rtds rtds-budget fails xl sched-rtds -d c -v all -p 5000 -b 20000
step nobody fails xl sched-credit -d nobody -w 10
step credit-kept shows '^a +[0-9]+ +512 +80$' xl sched-credit -d a
rtds rtds-kept shows '^c +[0-9]+ +0 +20000 +5000 +no$' xl sched-rtds -d c -v all

# Live domains change pools; parameters are then the new policy's.
step move-a xl cpupool-migrate a two
step moved-a shows '^a +[0-9]+ +256 +0$' xl sched-credit2 -d a
step move-b xl cpupool-migrate b real
step move-c xl cpupool-migrate c Pool-0
for name in a b c; do step "moved-goes-$name" goes_on $name; done

# pCPUs leave and join pools in use; the last one of a pool with domains stays.
# xl says so and exits 0.
step last shows 'Error removing cpu 1 .*Device or resource busy' xl cpupool-cpu-remove two 1
step taken shows 'Error moving cpu 2 .*No such device' xl cpupool-cpu-add two 2
step join xl cpupool-cpu-add two 3
step leave xl cpupool-cpu-remove two 1
step leave-goes goes_on a
step join-other xl cpupool-cpu-add real 1
step leave-other xl cpupool-cpu-remove real 2
step leave-other-goes goes_on b
step busy fails xl cpupool-destroy two
step pools-after shows '^two +1 +credit2 +y +1' pools

for name in a b c; do step "destroy-$name" xl destroy $name; done
step gone wait_until 20 only_dom0
step destroy-two xl cpupool-destroy two
step destroy-real xl cpupool-destroy real
step back-1 xl cpupool-cpu-add Pool-0 1
pools | sed 's/^/ORRERY-LOG pools: /'
exit $failed
