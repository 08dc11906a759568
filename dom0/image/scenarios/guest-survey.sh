# SPDX-License-Identifier: MIT
# The surveying guest (bench/guests/pv/survey.c) as an ordinary domain; its answers go to the log.
. /etc/orrery/guests.sh
step setup guests_setup
step create create tiny kernel='"/guests/survey-pv"' memory=64
step end wait_until 60 grep -q 'ORRERY-INIT end' $consoles/guest-tiny.log
tr -d '\r' <$consoles/guest-tiny.log | grep '^ANSWER'
xl destroy tiny 2>/dev/null
exit $failed
