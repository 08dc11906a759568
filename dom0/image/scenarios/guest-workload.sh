# SPDX-License-Identifier: MIT
# A workload description on the machine, for `orrery work`: its VMs as bench guests in a pool of one
# pCPU, where Dom0 is not.  They begin at times agreed beforehand and tell what they got.
#   orrery.vms=NAME:PROGRAM:COPIES:ARGS[:vcpus=N][:then=T+PROGRAM+ARGS]...:PARAM=VALUE:...,...   ARGS joined by +
#   orrery.sched=NAME                policy of the pool
#   orrery.set=TUNABLE=VALUE,...     its tunables
#   orrery.start=T, warm=T, end=T    ns since the hypervisor's boot
#   orrery.seed=N
. /etc/orrery/guests.sh

peer() { ! xl info | grep -q '^xen_extra *: -orrery'; }
split() { echo "$1" | tr "$2" ' '; }

# The pool's policy: xl knows Xen's by name, the others are ours to choose.
pool() {
	case $OPT_sched in
	credit | credit2 | rtds) sched=$OPT_sched ;;
	*) sched=credit ;;
	esac
	xl cpupool-cpu-remove Pool-0 1 && xl cpupool-create 'name="lab"' "sched=\"$sched\"" 'cpus=["1"]' || return 1
	[ "$sched" = "$OPT_sched" ] || $tools/sched-tool policy 1 "$OPT_sched"
}

tunables() {
	local word
	for word in $(split "$OPT_set" ,); do
		$tools/sched-tool set 1 "$word" || return 1
	done
}

# Parameters by name, on Xen as far as xl has an option for them.
give_params() { # DOMID VCPUS PARAM=VALUE...
	local id=$1 vcpus=$2 word vcpu
	shift 2
	for word in "$@"; do
		if peer; then
			case $word in
			weight=*) xl sched-$OPT_sched -d "$id" -w "${word#*=}" || return 1 ;;
			cap=*) xl sched-$OPT_sched -d "$id" -c "${word#*=}" || return 1 ;;
			*) echo "xl has no way to set $word"; return 1 ;;
			esac
		elif [ "${word#vcpu.}" != "$word" ]; then
			for vcpu in $(seq 0 $((vcpus - 1))); do
				$tools/sched-tool domain "$id" "$vcpu:${word#vcpu.}" || return 1
			done
		else
			$tools/sched-tool domain "$id" "$word" || return 1
		fi
	done
}

# The VMs of a line, each asleep until its time; $all lists NAME of each.
all=
n=0
vms() { # NAME PROGRAM COPIES ARGS [vcpus=N] [then=T+PROGRAM+ARGS]... PARAM=VALUE...
	local name=$1 program=$2 copies=$3 args=$4 i=0 vm vcpus=1 phases=
	shift 4
	while :; do
		case ${1:-} in
		vcpus=*) vcpus=${1#vcpus=} ;;
		then=*) phases=${phases:+$phases,}${1#then=} ;;
		*) break ;;
		esac
		shift
	done
	while [ $i -lt "$copies" ]; do
		i=$((i + 1))
		n=$((n + 1))
		vm=$name
		[ "$copies" = 1 ] || vm=$name$i
		create workload "name=\"$vm\"" "vcpus=$vcpus" "extra=\"program=$program args=$args ${phases:+then=$phases }vcpus=$vcpus domain=$n seed=$OPT_seed start=$OPT_start warm=$OPT_warm end=$OPT_end\"" &&
			wait_until 10 guest_said "$vm" ready &&
			xl cpupool-migrate "$vm" lab && give_params "$(xl domid "$vm")" "$vcpus" "$@" || return 1
		all="$all $vm"
	done
}

results() { # VM
	local key
	for key in ran_ns spun_ns rounds missed wait_p50_ns wait_p99_ns wait_max_ns wait_mean_ns \
		response_p50_ns response_p99_ns response_max_ns response_mean_ns; do
		emit "vm.$1.$key" "$(guest_value "$1" $key)"
	done
}

# Dom0 sleeps until all is over: whatever runs on its pCPU holds up emulated time on the other. The time
# stamp counter began before the hypervisor's clock, by less than 4 s.
keep_still() {
	local daemons
	daemons=$(pidof xenstored xenconsoled)
	echo 0 >/proc/sys/vm/dirty_writeback_centisecs
	echo 1000 >/proc/sys/vm/stat_interval
	echo 0 >/proc/sys/vm/compaction_proactiveness # else it looks twice a second
	# shellcheck disable=SC2086 # numbers are meant
	kill -STOP $daemons && usleep $(((OPT_end - $(now_ns)) / 1000 + 4000000)) && kill -CONT $daemons
}

now_ns() { $tools/tsc-now ""; }

step setup guests_setup
step pool pool
step tunables tunables
for line in $(split "$OPT_vms" ,); do
	# shellcheck disable=SC2046 # words are meant
	step "vms-${line%%:*}" vms $(split "$line" :)
done
ready=$(now_ns)
emit ready-ns "$ready"
step in-time [ "$ready" -lt "$OPT_start" ]
xl cpupool-list | sed 's/^/ORRERY-LOG pools: /'
step still keep_still
for vm in $all; do
	step "end-$vm" wait_until 20 guest_said "$vm" end
	results "$vm"
done
step over wait_until 30 only_dom0
peer || step not-ejected [ "$($tools/sched-tool why 1)" = "" ]
[ $failed = 0 ] || { xl dmesg | tail -n 12 | sed 's/^/ORRERY-LOG dmesg: /'; for vm in $all; do guest_console "$vm" 5; done; }
exit $failed
