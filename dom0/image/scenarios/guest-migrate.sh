# SPDX-License-Identifier: MIT
# Live migration of a stock PV guest to the machine it is on, while it changes memory and disk all
# the time: what it finds afterwards is what it wrote, Dom0 reaches it over its network, the old
# domain is gone.  The receiver is a command of Dom0 where ssh would be.
. /etc/orrery/guests.sh

# Until it is renamed the new domain has another name, by which its console is logged.
arrived=moving--incoming
answers() { ping -q -c 2 -W 5 192.168.77.2; }
setup() {
	guests_setup && backends_up && dd if=/dev/zero of=/tmp/disk.img bs=1M count=4 2>/dev/null
}
start() {
	create dev 'name="moving"' "memory=${OPT_memory:-96}" "vcpus=$(nproc)" \
		"$(job proof n=100000 dev=xvda ip=192.168.77.2)" \
		"vif=['bridge=xenbr0,mac=00:16:3e:00:00:02']" \
		"disk=['format=raw,vdev=xvda,access=rw,target=/tmp/disk.img']"
}
migrate() { xl -vvv migrate -s '' moving 'xl migrate-receive' 2>&1 | tee /tmp/migrate.log; }

step setup setup
step create start
step counting wait_until 120 counts_past moving count 10
step answers wait_until 20 answers
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
step answers-again wait_until 20 answers
step wrong has_value $arrived wrong 0
step alone [ "$(xl list | tail -n +2 | wc -l)" = 2 ]
step shutdown xl shutdown -w moving
step gone wait_until 20 only_dom0
if [ $failed != 0 ]; then
	for name in moving $arrived; do guest_console $name 30; done
	xl dmesg | tail -20 | sed 's/^/ORRERY-LOG dmesg: /'
	sed 's/^/ORRERY-LOG migrate: /' /tmp/migrate.log
fi
exit $failed
