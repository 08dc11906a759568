# SPDX-License-Identifier: MIT
# Two CPU-bound processes and a sleeper for two seconds, a disk read and pings meanwhile. The trace
# collector runs around it when orrery.trace=1.
failed=0
disk_setup || failed=1
net_setup || failed=1
$tools/load burn burn-a 2000 &
a=$!
$tools/load burn burn-b 2000 &
b=$!
$tools/load sleep sleeper 10000 190 &
c=$!
[ -z "$disk" ] || $tools/disk-tool verify "$disk" || failed=1
ping_gateway 3 56 || failed=1
for p in $a $b $c; do wait $p || failed=1; done
exit $failed
