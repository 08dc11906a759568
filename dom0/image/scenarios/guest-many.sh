# SPDX-License-Identifier: MIT
# Many guests at once: orrery.stock stock ones (16) and orrery.tiny of our own (64); orrery.few=1 makes
# that two and six.  All of them start, all are there at the same time, all go away, and nothing stays
# behind.
. /etc/orrery/guests.sh
[ "${OPT_few:-0}" = 0 ] || OPT_stock=2 OPT_tiny=6
stock=${OPT_stock:-16}
tiny=${OPT_tiny:-64}

# Dom0's own records grow with the number of its ports and mappings and stay.  One frame lost by each
# guest would be far more.
nearly_all_free() { [ "$(hv_free)" -ge $((free - (stock + tiny) / 4)) ]; }
running() { [ "$(xl list | tail -n +3 | wc -l)" = "$1" ]; }
each() { # FROM-1 TO COMMAND...: the command with each number behind it
	local i=$1 to=$2
	shift 2
	while [ $i -lt "$to" ]; do
		i=$((i + 1))
		"$@" $i || { echo "$* $i failed"; return 1; }
	done
}
start_stock() { create one "name=\"stock$1\"" "$(job idle)"; }
start_tiny() { create tiny "name=\"tiny$1\"" 'extra="run=count n=100000 ms=500"'; }
said() { # PREFIX TEXT NUMBER
	wait_until 120 guest_said "$1$3" "$2"
}
kill_tiny() { xl destroy "tiny$1"; }

step setup guests_setup
step first create tiny 'name="first"' 'extra="run=poweroff"'
step first-gone wait_until 20 only_dom0
start_stock 0 >/dev/null 2>&1
said stock idle 0
xl shutdown -w stock0
usleep 300000
free=$(hv_free)
emit free-pages "$free"

step stock-create each 0 "$stock" start_stock
step stock-idle each 0 "$stock" said stock idle
step stock-all running "$stock"
step tiny-create each 0 "$tiny" start_tiny
step tiny-count each 0 "$tiny" said tiny count=3
step all running $((stock + tiny))
xl list | sed 's/^/ORRERY-LOG list: /'
step tiny-destroy each 0 "$tiny" kill_tiny
# xl shutdown -a fails at a domain that is listed and then gone: xenconsoled may hold a dead one's page.
step tiny-gone wait_until 60 running "$stock"
# Not with -w: xl falls over a guest that it sees shut down and gone at the same time.
step stock-shutdown xl shutdown -a
step gone wait_until 120 only_dom0
step settled wait_until 20 nearly_all_free
emit free-pages-after "$(hv_free)"
exit $failed
