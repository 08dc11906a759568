# SPDX-License-Identifier: MIT
# The experiment disk (orrery.disk=) is read with two readers at once, written and read back.
disk_setup || exit 1
$tools/disk-tool verify "$disk" >/tmp/second &
second=$!
$tools/disk-tool verify "$disk" || exit 1
wait $second || exit 1
$tools/disk-tool scratch "$disk" || exit 1
grep -E 'mmc|vd|sd|ahci|virtio|sdhci' /proc/interrupts | while read -r line; do
	echo "ORRERY-IRQ $line"
done
