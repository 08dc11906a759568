# SPDX-License-Identifier: MIT
# What else the tools do with a PV guest's state: a core dump, a look at its registers, saves after
# which it goes on, is paused, or which fail because the disk is full; and restores of files that are
# cut short or damaged.  The guest never notices, and no domain or frame is left behind.
. /etc/orrery/guests.sh

state_is() { # NAME LETTER: of xl list's states
	xl list "$1" | tail -n 1 | awk '{ print $5 }' | grep -q "$2"
}
goes_on() { # NAME
	local at
	at=$(guest_value "$1" count)
	wait_until 30 counts_past "$1" count $((at + 3))
}
core_dumped() {
	xl dump-core state /tmp/core && [ "$(dd if=/tmp/core bs=1 skip=1 count=3 2>/dev/null)" = ELF ] &&
		[ "$(stat -c %s /tmp/core)" -gt $((90 << 20)) ]
}
registers_seen() {
	/usr/lib/xen-4.17/bin/xenctx -a "$(xl domid state)" >/tmp/xenctx.log &&
		grep -q '^rip: ' /tmp/xenctx.log && grep -q '^cr3: ' /tmp/xenctx.log
}
save_fails() { ! xl save state /mnt/small/saved; }
small_disk() { mkdir -p /mnt/small && mount -t tmpfs -o size=8m tmpfs /mnt/small; }
# The file with a byte at OFFSET replaced.
damaged() { # OFFSET
	cp /tmp/saved /tmp/damaged
	printf '\377\377\377\377' | dd of=/tmp/damaged bs=1 seek="$1" conv=notrunc 2>/dev/null
}
refused() { ! xl restore /tmp/damaged; }
restore_damaged() { # WHAT
	step "damaged-$1" refused
	step "damaged-$1-settled" wait_until 20 settled
}

step setup guests_setup
step create create one 'name="state"' 'memory=96' "$(job proof n=100000 lines=2000)"
step counting wait_until 120 counts_past state count 3

step core core_dumped
rm -f /tmp/core
step core-goes-on goes_on state
step registers registers_seen
step registers-goes-on goes_on state

step small-disk small_disk
step full save_fails
step full-goes-on goes_on state
step checkpoint xl save -c state /tmp/saved
step checkpoint-goes-on goes_on state
rm -f /tmp/saved
step pause xl save -p state /tmp/saved
step paused state_is state p
step unpause xl unpause state
step pause-goes-on goes_on state
step wrong has_value state wrong 0
step destroy xl destroy state
step destroyed wait_until 20 only_dom0
usleep 500000
free=$(hv_free)

size=$(stat -c %s /tmp/saved)
head -c $((size / 2)) /tmp/saved >/tmp/damaged
restore_damaged half
head -c 5000 /tmp/saved >/tmp/damaged
restore_damaged short
for offset in 0 4 12 5000 $((size / 2)) $((size - 40000)); do
	damaged "$offset"
	# What is only data of the guest may be whatever it is: then there is a guest, and it goes.
	if xl restore -p /tmp/damaged >/dev/null 2>&1; then
		xl destroy state
	fi
	step "damaged-$offset-settled" wait_until 20 settled
done
step restore xl restore /tmp/saved
step restore-goes-on goes_on state
step right has_value state wrong 0
step end xl destroy state
step end-settled wait_until 20 settled
emit free-pages "$free"
emit free-pages-after "$(hv_free)"
if [ $failed != 0 ]; then
	guest_console state 40
	cat /tmp/xenctx.log
	xl dmesg | tail -20 | sed 's/^/ORRERY-LOG dmesg: /'
fi
exit $failed
