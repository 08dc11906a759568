# SPDX-License-Identifier: MIT
# Live migration of a stock PV guest to the machine it is on, while it changes memory and disk all
# the time: what it finds afterwards is what it wrote, Dom0 reaches it over its network, the old
# domain is gone.  The receiver is a command of Dom0 where ssh would be.
. /etc/orrery/guests.sh

# Until it is renamed the new domain has another name, by which its console is logged.
arrived=moving--incoming
migrate() { xl -vvv migrate -s '' moving 'xl migrate-receive' 2>&1 | tee /tmp/migrate.log; }

step setup mover_setup
count_frames
step create mover_create moving "${OPT_memory:-96}"
step counting wait_until 120 counts_past moving count 10
step answers wait_until 20 mover_answers
id=$(xl domid moving)
at=$(guest_value moving count)
$tools/tsc-now "ORRERY migrate-tsc="
step migrate migrate
$tools/tsc-now "ORRERY migrated-tsc="
emit count-before "$at"
step moved another_domid moving "$id"
at=$(guest_value moving count)
emit count-moved "$at"
step counts-on wait_until 60 counts_past $arrived count $((at + 20))
step answers-again wait_until 20 mover_answers
step wrong has_value $arrived wrong 0
step alone [ "$(xl list | tail -n +2 | wc -l)" = 2 ]
step shutdown xl shutdown -w moving
step gone wait_until 20 only_dom0
[ $failed != 0 ] || step nothing-lost wait_until 20 nothing_lost
emit free-pages "$free0"
emit free-pages-after "$(hv_free)"
if [ $failed != 0 ]; then
	for name in moving $arrived; do guest_console $name 30; done
	xl dmesg | tail -20 | sed 's/^/ORRERY-LOG dmesg: /'
	sed 's/^/ORRERY-LOG migrate: /' /tmp/migrate.log
fi
exit $failed
