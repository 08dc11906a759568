# SPDX-License-Identifier: MIT
# The lives of stock PV guests: pause, shutdown on request, reboot, panic, destruction; two at
# once, of which one dies and the other does not notice.  Afterwards every frame is free again.
. /etc/orrery/guests.sh

counts_on() { # NAME FROM
	[ "$(guest_value "$1" count)" -gt "$2" ]
}
pause_holds() { # NAME
	xl pause "$1" || return 1
	usleep 300000
	local at
	at=$(guest_value "$1" count)
	sleep 1
	[ "$(guest_value "$1" count)" = "$at" ] && xl unpause "$1" && wait_until 10 counts_on "$1" "$at"
}

step setup guests_setup

# The first guest warms up what is kept; the others have to leave exactly what it left.
step first create one 'name="first"'
step first-gone wait_until 60 only_dom0
usleep 300000
free=$(hv_free)
emit free-pages "$free"

step pause-create create one 'name="paused"' "$(job count n=400)"
step pause-counts wait_until 60 guest_said paused count=20
step pause pause_holds paused
step pause-destroy xl destroy paused
step pause-settled wait_until 20 settled

step shutdown-create create one 'name="asked"' "$(job idle)"
step shutdown-idle wait_until 60 guest_said asked idle
step shutdown xl shutdown -w asked
step shutdown-settled wait_until 20 settled

step reboot-create create one 'name="again"' "$(job reboot)"
id=$(xl domid again)
step reboot wait_until 120 another_domid again "$id"
step reboot-destroy xl destroy again
step reboot-settled wait_until 20 settled

step two-create-a create one 'name="bystander"' "$(job work n=20)"
step two-create-b create one 'name="victim"' "$(job panic)"
step panic-end wait_until 60 guest_said victim end
step panic-gone wait_until 30 guest_gone victim
step bystander wait_until 120 guest_said bystander work-rounds=20
step bystander-right [ "$(guest_value bystander work-wrong)" = 0 ]
step two-settled wait_until 30 settled

xl list | sed 's/^/ORRERY-LOG list: /'
emit free-pages-after "$(hv_free)"
exit $failed
