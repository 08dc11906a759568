# SPDX-License-Identifier: MIT
# `xl create` of a stock PV guest without devices, to its /init and its own power-off; nothing is
# left of it.
. /etc/orrery/guests.sh
step setup guests_setup
emit free-before "$(free_kib)"
$tools/tsc-now "ORRERY create-tsc="
step create create one
$tools/tsc-now "ORRERY created-tsc="
step start wait_until 60 guest_said one start
$tools/tsc-now "ORRERY guest-init-tsc="
step end wait_until 20 guest_said one end
step gone wait_until 20 only_dom0
emit free-after "$(free_kib)"
xl list | sed 's/^/ORRERY-LOG list: /'
[ $failed = 0 ] || guest_console one
exit $failed
