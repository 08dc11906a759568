# SPDX-License-Identifier: MIT
# Guests whose writes are logged from their first instruction on, the log read and cleaned all the
# while, do not notice: grants-pv gets the answers it gets without, and a Linux guest with twice as
# many vCPUs as Dom0 boots and computes right results in processes all over them.
. /etc/orrery/guests.sh

settled_soon() { wait_until 20 settled; }
# The guest is there, paused.  Log it until it has said TEXT, for 200 s at most; $reads counts.
logged_until() { # NAME TEXT
	local id now end
	id=$(xl domid "$1") && $tools/log-dirty "$id" on && xl unpause "$1" || return 1
	uptime_now
	end=$((now + 20000))
	until guest_said "$1" "$2"; do
		uptime_now
		[ $now -lt $end ] || return 1
		$tools/log-dirty "$id" clean >/tmp/dirty && reads=$((reads + 1))
		usleep 20000
	done
}
reads=0
# The daemons hold two of a guest's grants, so that it may not change versions: not all is well, but
# it has to be the same.
answers() { tr -d '\r' <"$consoles/guest-$1.log" | grep '^FAIL\|checks='; }
same_answers() { # NAME NAME
	answers "$1" >/tmp/one && answers "$2" >/tmp/other && cmp /tmp/one /tmp/other
}

step setup guests_setup
# As large as the largest to come: what is kept of a guest is kept of this one.
step warm create one 'name="warm"' "vcpus=$((2 * $(nproc)))" "$(job poweroff)"
step warm-gone wait_until 60 only_dom0
usleep 500000
free=$(hv_free)
step plain-create create tiny 'name="plain"' 'kernel="/guests/grants-pv"' 'max_grant_version=2'
step plain wait_until 60 guest_said plain end
step plain-settled settled_soon
step grants-create create -p tiny 'name="grants"' 'kernel="/guests/grants-pv"' 'max_grant_version=2'
step grants logged_until grants end
step grants-settled settled_soon
step grants-same same_answers plain grants
step work-create create -p one 'name="work"' "vcpus=$((2 * $(nproc)))" "$(job work n=2)"
step work logged_until work work-rounds=2
step work-right has_value work work-wrong 0
emit work-reads $reads
emit work-last "$(tail -n 1 /tmp/dirty)"
step work-read [ $reads -gt 10 ]
step work-settled settled_soon
emit free-pages "$free"
emit free-pages-after "$(hv_free)"
if [ $failed != 0 ]; then
	for name in grants work; do guest_console $name 30; done
fi
exit $failed
