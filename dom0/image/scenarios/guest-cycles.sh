# SPDX-License-Identifier: MIT
# Tiny guests created and destroyed, orrery.n of them (20): each in another state of its life when
# its end comes.  Afterwards frames, event channels and domains are what they were.
. /etc/orrery/guests.sh
n=${OPT_n:-20}

channels() { lsevtchn 0 | wc -l; }

cycle() { # NUMBER
	local name=cycle$1
	case $(($1 % 5)) in
	0) create tiny "name=\"$name\"" && xl destroy "$name" ;;
	1) create -p tiny "name=\"$name\"" && xl destroy "$name" ;; # never ran
	2) create tiny "name=\"$name\"" 'extra="run=crash"' && wait_until 20 guest_gone "$name" ;;
	3) create tiny "name=\"$name\"" 'extra="run=burn ms=100000"' && xl pause "$name" && xl destroy "$name" ;;
	4) create tiny "name=\"$name\"" 'extra="run=poweroff"' && wait_until 20 guest_gone "$name" ;;
	esac
}

step setup guests_setup
step first cycle 5
step first-count create tiny 'name="first"' 'extra="run=count n=3 ms=50"'
step first-counted wait_until 10 guest_said first count=3
step first-settled wait_until 20 only_dom0
usleep 300000
free=$(hv_free)
ports=$(channels)
emit free-pages "$free"
emit channels "$ports"
$tools/tsc-now "ORRERY cycles-tsc="
i=0
while [ $i -lt "$n" ]; do
	i=$((i + 1))
	cycle $((i + 100)) >/tmp/cycle.log 2>&1 || { emit cycle-failed $i; sed 's/^/ORRERY-LOG cycle: /' /tmp/cycle.log; failed=1; break; }
done
$tools/tsc-now "ORRERY cycled-tsc="
emit cycles $i
step settled wait_until 20 settled
step channels [ "$(channels)" = "$ports" ]
emit free-pages-after "$(hv_free)"
emit channels-after "$(channels)"
xl list | sed 's/^/ORRERY-LOG list: /'
exit $failed
