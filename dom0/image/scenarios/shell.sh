# SPDX-License-Identifier: MIT
# An interactive shell on the console; leaving it ends the run.
dmesg -n 7
setsid cttyhack sh -i </dev/console >/dev/console 2>&1
exit 0
