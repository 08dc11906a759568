# SPDX-License-Identifier: MIT
# Saving and restoring a stock PV guest with a disk, a network card and as many vCPUs as Dom0 has,
# orrery.n times (2): it counts, changes memory and disk and checks both; after each restore it goes
# on where it was, with right results, Dom0 reaches it over its network.  Nothing is left behind.
. /etc/orrery/guests.sh
n=${OPT_n:-2}
# At each restore the guest's network driver loses its receive buffers, 1 MiB a queue; so on the peer.
memory=${OPT_memory:-$((92 + 4 * n))}

save() { xl -vvv save "$@"; }
restore() { xl -vvv restore "$@"; }
# A round: saved, gone, restored, counts on and answers.
round() { # NUMBER
	$tools/tsc-now "ORRERY save-tsc-$1="
	step save-$1 save saved /tmp/saved
	$tools/tsc-now "ORRERY saved-tsc-$1="
	step gone-$1 wait_until 20 only_dom0
	[ "$1" -gt 1 ] || { usleep 500000; free=$(hv_free); }
	at=$(guest_value saved count)
	emit saved-bytes "$(stat -c %s /tmp/saved)"
	step restore-$1 restore /tmp/saved
	$tools/tsc-now "ORRERY restored-tsc-$1="
	step count-$1 wait_until 60 counts_past saved count $((at + 5))
	[ $failed = 0 ] || return # a guest that stands would be pinged for ever
	step answers-$1 wait_until 20 mover_answers
	rm -f /tmp/saved
}

step setup mover_setup
step create mover_create saved "$memory"
step counting wait_until 120 counts_past saved count 10
step answers wait_until 20 mover_answers
i=0
while [ $i -lt "$n" ] && [ $failed = 0 ]; do
	i=$((i + 1))
	round $i
done
emit rounds $i
emit count "$(guest_value saved count)"
step wrong has_value saved wrong 0
step shutdown xl shutdown -w saved
step gone wait_until 20 settled
emit free-pages "$free"
emit free-pages-after "$(hv_free)"
if [ $failed != 0 ]; then
	guest_console saved 50
	xl dmesg | tail -20 | sed 's/^/ORRERY-LOG dmesg: /'
	tail -30 /var/log/xen/xl-saved.log | sed 's/^/ORRERY-LOG xl: /'
fi
exit $failed
