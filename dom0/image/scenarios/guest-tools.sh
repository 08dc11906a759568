# SPDX-License-Identifier: MIT
# The stock tools on a running guest: each has to say or do what it is for.  Needs two pCPUs for the
# pools.
. /etc/orrery/guests.sh

says() { # PATTERN COMMAND...
	local pattern=$1
	shift
	timeout 60 "$@" >/tmp/says.log 2>&1 || { echo "status $?"; cat /tmp/says.log; return 1; }
	grep -qE "$pattern" /tmp/says.log || { echo "no '$pattern' in:"; cat /tmp/says.log; return 1; }
}
goes_on() { # three more lines of its counter
	local at
	at=$(guest_value toy count)
	wait_until 20 counts_past toy count $((${at:-0} + 3))
}
state() { # NAME LETTER: in the state column of xl list
	xl list "$1" | awk 'NR == 2 { print $5 }' | grep -q "$2"
}
paused() {
	xl pause toy && state toy p && xl unpause toy && ! state toy p
}
console_has() { grep -qa "$2" "$consoles/guest-$1.log"; }
dmesg_has() { xl dmesg | grep -qE "$1"; }
debug_key() { # KEY PATTERN
	xl dmesg -c >/dev/null
	xl debug-keys "$1" && wait_until 5 dmesg_has "$2" && xl dmesg | grep -E "$2" | head -n 3
}
core_is_whole() { # an ELF core that holds the guest's memory
	[ "$(dd if=/tmp/core bs=1 skip=1 count=3 2>/dev/null)" = ELF ] &&
		[ "$(stat -c %s /tmp/core)" -ge $((118 * 1048576)) ] &&
		grep -qa 'guest.run=count' /tmp/core && grep -qa '\.xen_prstatus' /tmp/core
}
in_pool() { # NAME POOL
	[ "$(xl list -c "$1" | awk 'NR == 2 { print $NF }')" = "$2" ]
}
pool_life() {
	xl cpupool-cpu-remove Pool-0 1 && xl cpupool-create 'name="lab"' 'sched="credit"' 'cpus=["1"]' &&
		says '^lab +1 +credit' xl cpupool-list && xl cpupool-migrate toy lab && in_pool toy lab && goes_on
}
pool_back() {
	! xl cpupool-destroy lab || return 1 # somebody lives there
	xl cpupool-rename lab lab2 && xl cpupool-migrate toy Pool-0 && goes_on && xl cpupool-destroy lab2 &&
		xl cpupool-cpu-add Pool-0 1 && says '^Pool-0 +2 ' xl cpupool-list
}
renamed() { xl rename toy toy2 && [ "$(xl domname "$id")" = toy2 ] && xl rename toy2 toy; }
# All processor time is somebody's: what hypervisor and tools count adds up to the time that passed.
adds_up() {
	local a b t0 t1 n
	n=$(xl info | awk '/^nr_cpus/ { print $3 }')
	t0=$($tools/tsc-now) a=$($tools/hv-times | awk '/^sum/ { printf "%d\n", $2 / 1000 }')
	sleep 2
	t1=$($tools/tsc-now) b=$($tools/hv-times | awk '/^sum/ { printf "%d\n", $2 / 1000 }')
	echo "$n pCPUs, $t0 to $t1, counted $((b - a)) us"
	awk -v n="$n" -v t="$(((t1 - t0) / 1000))" -v c=$((b - a)) 'BEGIN { exit !(c > 0.98 * n * t && c < 1.02 * n * t) }'
}
list_agrees() { # xl list counts in tenths of seconds
	xl list toy | awk -v us="$(domain_us toy)" 'NR == 2 { exit !($6 > us / 1e6 - 1 && $6 < us / 1e6 + 1) }'
}
crash_action() { # ACTION TEST...
	create tiny 'name="crasher"' 'extra="run=crash"' "on_crash=\"$1\""
	shift
	wait_until 20 "$@"
}
preserved() { state crasher c && [ "$(xl list | grep -c crasher)" = 1 ]; }
dumped() { guest_gone crasher && ls /var/lib/xen/dump/*crasher* >/dev/null; }

step setup guests_setup
step dmesg says 'Orrery|Xen version' xl dmesg
count_frames
step create create one 'name="toy"' 'vcpus=2' "$(job count n=1000000)"
step counts wait_until 60 counts_past toy count 3
id=$(xl domid toy)

step list says '^toy +[0-9]+ +128 +2 ' xl list
step list-long says '"domid": ' xl list -l toy
step vcpu-list says '^toy +[0-9]+ +1 .*all / all' xl vcpu-list toy
step vcpu-pin xl vcpu-pin toy 1 0
step vcpu-pinned says '^toy +[0-9]+ +1 .* 0 / all' xl vcpu-list toy
step vcpu-pin-soft xl vcpu-pin toy 1 all 1
step vcpu-pinned-soft says '^toy +[0-9]+ +1 .* all / 1' xl vcpu-list toy
step pause paused
step pause-on goes_on
step trigger xl trigger toy nmi 0
step trigger-on goes_on
step sysrq xl sysrq toy h
step sysrq-help wait_until 10 console_has toy 'sysrq: HELP'
step rename renamed
step domname says '^toy$' xl domname "$id"
step mem-max xl mem-max toy 160
step mem-set xl mem-set toy 120
step claims says '^toy .* 0$' xl claims
step uptime says '^toy ' xl uptime
step info-n says 'numa_info' xl info -n
step topology says '^CPU0' xenpm get-cpu-topology
step sharing says 'toy' xl sharing
step sched-credit2 says '^toy +[0-9]+ +256' xl sched-credit2

step times-add-up adds_up
step times-in-list list_agrees
step xentop says 'toy' xentop -b -i 1
step xenperf says 'hypercalls' xenperf
step lsevtchn says 'Interdomain .*Remote Domain 0' lsevtchn "$id"
step xenctx says 'rip: ' xenctx -a "$id" 0
step xenhypfs-tree says 'cpupool' xenhypfs tree
step xenhypfs-cat says . xenhypfs cat /buildinfo/version
step console-goes-on goes_on

step dump-core xl dump-core toy /tmp/core
step dump-core-whole core_is_whole
rm -f /tmp/core
step dump-core-on goes_on
step key-h debug_key h "key 'q'"
step key-memory debug_key m 'frames free'
step key-heap debug_key m 'heap: policy'
step key-domains debug_key q "domain $id"
step key-runq debug_key r "d${id}v1"
step key-events debug_key e "domain $id"
step key-grants debug_key g "domain $id"
step key-handles debug_key g 'frames of handles'
step key-registers debug_key d 'rip|RIP'

step pool pool_life
xl cpupool-list | sed 's/^/ORRERY-LOG pools: /'
step pool-back pool_back
xl cpupool-list | sed 's/^/ORRERY-LOG pools: /'
step toy-end xl destroy toy

step crash-preserve crash_action preserve preserved
step crash-preserved-end xl destroy crasher
step crash-dump crash_action coredump-destroy dumped
step reboot-destroy create tiny 'name="rebooter"' 'extra="run=reboot"' 'on_reboot="destroy"'
step reboot-gone wait_until 20 guest_gone rebooter
step poweroff-preserve create tiny 'name="kept"' 'extra="run=poweroff"' 'on_poweroff="preserve"'
step poweroff-kept wait_until 20 state kept s
step poweroff-end xl destroy kept
step rename-create create one 'name="phoenix"' "$(job idle)" 'on_crash="rename-restart"'
step rename-up wait_until 60 guest_said phoenix idle
id=$(xl domid phoenix)
step rename-crash xl sysrq phoenix c
step rename-restart wait_until 60 another_domid phoenix "$id"
step rename-kept state "$id" c
step rename-end xl destroy "$id"
step rename-end xl destroy phoenix
step all-gone wait_until 20 only_dom0
step nothing-lost wait_until 20 nothing_lost
xl list | sed 's/^/ORRERY-LOG list: /'
emit free-pages "$free0"
emit free-pages-after "$(hv_free)"
[ $failed = 0 ] || guest_console toy 15
exit $failed
