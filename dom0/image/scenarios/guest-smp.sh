# SPDX-License-Identifier: MIT
# Stock PV guests with four vCPUs: vCPUs and memory taken away and given back while one runs; then
# two at once that map, fork, pass messages and check it all, orrery.n rounds (20), and run hackbench;
# one of them is pinned.  orrery.pin=1 pins the other one and Dom0 as well.  Needs the Debian guest as
# the first one given: its programs.
. /etc/orrery/guests.sh
n=${OPT_n:-20}

mem_below() { [ "$(guest_value watch mem-kib)" -lt "$1" ]; }
mem_above() { [ "$(guest_value watch mem-kib)" -gt "$1" ]; }
pin_all() { # NAME CPU
	local v
	for v in 0 1 2 3; do xl vcpu-pin "$1" $v "$2" || return 1; done
	[ "$(xl vcpu-list "$1" | awk -v c="$2" 'NR > 1 && $7 == c' | wc -l)" = 4 ]
}
list_mib() { xl list "$1" | awk 'NR == 2 { print $3 }'; }
online() { [ "$(xl vcpu-list "$1" | awk 'NR > 1 && $5 !~ /p/' | wc -l)" = "$2" ]; }

pin_dom0() {
	local v
	for v in $(seq 0 $(($(nproc) - 1))); do xl vcpu-pin 0 "$v" "$v" || return 1; done
}
worker() { # NAME
	create smp "name=\"$1\"" "ramdisk=\"$(given_ramdisk)\"" "$(job stress n=$n loops=$((5 * n)))"
}

step setup guests_setup
[ "${OPT_pin:-0}" = 0 ] || step dom0-pin pin_dom0
step watch-create create smp 'name="watch"' "$(job watch)"
step watch-4 wait_until 120 has_value watch cpus 4
step watch-mem wait_until 20 guest_said watch mem-kib=
mem=$(guest_value watch mem-kib)
emit mem-kib "$mem"
step vcpu-set-2 xl vcpu-set watch 2
step vcpus-2 wait_until 20 has_value watch cpus 2
step online-2 online watch 2
step vcpu-set-4 xl vcpu-set --ignore-host watch 4
step vcpus-4 wait_until 20 has_value watch cpus 4
step online-4 online watch 4
step mem-set-128 xl mem-set watch 128m
step mem-128 wait_until 20 mem_below $((mem - 20000))
step list-128 [ "$(list_mib watch)" -le 128 ]
step mem-set-192 xl mem-set watch 192m
step mem-192 wait_until 20 mem_above $((mem + 20000))
step list-192 [ "$(list_mib watch)" -ge 190 ]
xl vcpu-list | sed 's/^/ORRERY-LOG vcpus: /'
step watch-destroy xl destroy watch
step watch-gone wait_until 20 only_dom0
usleep 300000
free=$(hv_free)

step a-create worker work1
step pin pin_all work1 0
step b-create worker work2
[ "${OPT_pin:-0}" = 0 ] || step pin-too pin_all work2 1
step a-end wait_until 400 guest_said work1 end
step b-end wait_until 400 guest_said work2 end
for name in work1 work2; do
	for part in maps remap ring; do
		step $name-$part has_value $name stress-$part "$n"
		step $name-$part-right has_value $name stress-$part-wrong 0
	done
	step $name-hackbench has_value $name hackbench 2
done
step settled wait_until 30 settled
emit free-pages "$free"
emit free-pages-after "$(hv_free)"
[ $failed = 0 ] || for name in watch work1 work2; do guest_console $name 15; done
exit $failed
