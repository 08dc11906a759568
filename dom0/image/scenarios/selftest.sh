# SPDX-License-Identifier: MIT
# The stock stack in Dom0: hypercall devices, xenstored, xenconsoled, xl, and whatever disk and
# network card are there.  Every step is reported; one failure fails the run.
xl_lists_dom0() { xl list | grep -q '^Domain-0 *0 '; }
store_round_trip() {
	xenstore-write /local/orrery-test value && [ "$(xenstore-read /local/orrery-test)" = value ]
}
dom0_has() { [ "$(xl list 0 | awk 'NR == 2 { print $3 }')" = "$1" ]; }
balloon() { # MIB: tell the driver, and see the pages given back or taken
	xl mem-set 0 "${1}m" && wait_until 20 dom0_has "$1"
}
version_is_4_17() { xl info | grep -q '^xen_version *: 4\.17'; }

step devices xen_devices
step daemons xen_daemons
step store store_round_trip
step xl-list xl_lists_dom0
step xl-info version_is_4_17
step balloon-down balloon 960
step balloon-up balloon 1020
if disk_setup; then
	step disk-read $tools/disk-tool verify "$disk"
	step disk-write $tools/disk-tool scratch "$disk"
fi
if net_setup; then
	step ping ping_gateway 3 56
fi
exit $failed
