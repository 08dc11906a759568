# SPDX-License-Identifier: MIT
# Two Debian PV guests (of the first one given), each with a disk and a network card, with streams of
# iperf3 between them and Dom0.  One works on, round after round, and checks what it reads, computes
# and hears; the other is rebooted, destroyed, made again and panics, and then domains of our own
# flood event channels and hypercalls.  The first one never notices: no round is wrong, and a
# processor shared with a flood is shared as fairly as with a neighbour that only computes.
. /etc/orrery/guests.sh
. /etc/orrery/streams.sh

guest() { # NAME LAST-NUMBER DISK JOB...
	local name=$1 n=$2 disk=$3
	shift 3
	create dev "name=\"$name\"" "ramdisk=\"$(given_ramdisk)\"" 'on_crash="restart"' \
		"$(job "$@" ip=192.168.77.$n)" \
		"vif=['bridge=xenbr0,mac=00:16:3e:00:00:0$n']" \
		"disk=['format=raw,vdev=xvda,access=rw,target=$disk']"
}
other() { guest other 3 /tmp/other.img net_streams lines=50000 to=192.168.77.1,192.168.77.2; }
other_up() { wait_until 120 guest_said other idle; }
streamed() { # ADDRESS
	guest_said other "streamed-$1=ok"
}
goes_on() { # two more rounds
	local at
	at=$(guest_value steady rounds)
	wait_until 60 counts_past steady rounds $((${at:-0} + 2)) && has_value steady wrong 0
}
forget_console() { : >$consoles/guest-other.log; }
tiny() { # NAME WORDS: bound to the last pCPU
	create tiny "name=\"$1\"" "extra=\"$2\"" "cpus=\"$(($(awk '/^nr_cpus/ { print $3 }' /tmp/info) - 1))\""
}
within() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }

step setup guests_setup
step backends backends_up
step disks make_disk /tmp/steady.img 4
step disks make_disk /tmp/other.img 4
xl info >/tmp/info
iperf3 -s -D >/dev/null
count_frames

step steady-create guest steady 2 /tmp/steady.img steady_server
step other-create other
step other-up other_up
step steady-rounds wait_until 60 counts_past steady rounds 2
for to in 192.168.77.1 192.168.77.2; do step streamed-$to streamed $to; done
step dom0-streams stream_arrives 192.168.77.2
step together goes_on

id=$(xl domid other)
forget_console
step reboot xl reboot other
step rebooted wait_until 120 another_domid other "$id"
step rebooted-up other_up
step after-reboot goes_on

step destroy xl destroy other
step after-destroy goes_on
forget_console
step recreate other
step recreate-up other_up

id=$(xl domid other)
forget_console
step panic xl sysrq other c
step panicked wait_until 120 another_domid other "$id"
step panicked-up other_up
step after-panic goes_on
step other-end xl destroy other

step fair-create tiny fair 'run=burn ms=1000000'
step neighbour-create tiny neighbour 'run=burn ms=1000000'
neighbour=$(shares fair)
step neighbour-end xl destroy neighbour
step flood-create tiny flood 'run=storm ms=1000000'
flood=$(shares fair)
emit share-neighbour "$neighbour"
emit share-flood "$flood"
step share-neighbour within "$neighbour" 300 700
step share-flood within "$flood" $((neighbour - 100)) 1000
step during-flood goes_on
step flood-end xl destroy flood
step fair-end xl destroy fair

emit rounds "$(guest_value steady rounds)"
step steady-right has_value steady wrong 0
step steady-end xl shutdown -w steady
step all-gone wait_until 30 only_dom0
step nothing-lost wait_until 20 nothing_lost
xl list | sed 's/^/ORRERY-LOG list: /'
emit free-pages "$free0"
emit free-pages-after "$(hv_free)"
emit held "$held0"
emit held-after "$(held)"
[ $failed = 0 ] || for name in steady other; do guest_console $name 15; done
exit $failed
