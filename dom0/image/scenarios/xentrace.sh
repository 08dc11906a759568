# SPDX-License-Identifier: MIT
# Stock xentrace records everything for two seconds of a busy Dom0; the file goes to the host as
# xentrace.bin, to be read by stock xenalyze there.
xen_devices || exit 1
disk_setup || exit 1
$tools/load burn burn 1500 &
$tools/load sleep sleeper 10000 100 &
xentrace -D -e all -T 2 /tmp/xentrace.bin >/tmp/xentrace.log 2>&1 || {
	sed 's/^/ORRERY-LOG xentrace: /' /tmp/xentrace.log
	exit 1
}
wait
emit xentrace-bytes "$(stat -c %s /tmp/xentrace.bin)"
save_file /tmp/xentrace.bin xentrace.bin
