# SPDX-License-Identifier: MIT
# Jobs of the test guests that load the machine and watch themselves; sourced by the guest's /init.

# Report the number of processors and the memory whenever they change.  The kernel takes a vCPU off
# by itself; bringing it on is user space's part.
job_watch() {
	was=
	while :; do
		for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do
			[ ! -e "$cpu" ] || [ "$(cat "$cpu")" = 1 ] || echo 1 >"$cpu" 2>/dev/null
		done
		now="$(grep -c ^processor /proc/cpuinfo) $(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"
		if [ "$now" != "$was" ]; then
			was=$now
			say "cpus=${now% *}"
			say "mem-kib=${now#* }"
		fi
		usleep 100000
	done
}

# Processes that send each other messages by sockets, then threads by pipes.
hackbench_runs() {
	hackbench -g 2 -l "${opt_loops:-100}" && hackbench -T -p -g 2 -l "${opt_loops:-100}"
}

# The stress program: memory mappings, forks, threads and messages, all checked; then hackbench,
# which only the Debian guest has.
job_stress() {
	say "cpus=$(nproc)"
	stress "${opt_workers:-4}" "${opt_n:-10}" | sed 's/^/GUEST stress-/'
	if hackbench_runs >/tmp/hackbench.log 2>&1; then
		say "hackbench=$(grep -c ^Time: /tmp/hackbench.log)"
	else
		say "hackbench=failed: $(tail -n 1 /tmp/hackbench.log)"
	fi
	leave
}

# Disk, network and processor, each checked, round after round until Dom0 asks for the end.
job_steady() {
	modprobe xen-blkfront
	net_up && wait_for /dev/xvda || { say steady-error=no-devices; leave; }
	want=$(dd if=/dev/xvda bs=65536 count=16 2>/dev/null | md5sum)
	sum=$(seq 1 5000 | md5sum)
	n=0
	wrong=0
	while :; do
		n=$((n + 1))
		echo 3 >/proc/sys/vm/drop_caches
		[ "$(dd if=/dev/xvda bs=65536 count=16 2>/dev/null | md5sum)" = "$want" ] || wrong=$((wrong + 1))
		[ "$(seq 1 5000 | md5sum)" = "$sum" ] || wrong=$((wrong + 1))
		seq $n $((n + 2000)) >/tmp/data
		dd if=/tmp/data of=/dev/xvda bs=65536 seek=16 conv=fsync 2>/dev/null || wrong=$((wrong + 1))
		ping -q -c 1 -W 5 "${opt_peer:-192.168.77.1}" >/dev/null || wrong=$((wrong + 1))
		say "wrong=$wrong"
		say "rounds=$n"
		usleep 200000
	done
}
