# SPDX-License-Identifier: MIT
# A guest that means harm, beside a stock one that checks its own work: orrery.seeds runs, each of
# orrery.steps random calls, instructions, stores.  Each ends by itself, the stock guest's work is
# right, and afterwards frames, event channels and domains are as they were.
. /etc/orrery/guests.sh
seeds=${OPT_seeds:-2}
steps=${OPT_steps:-20000}

ports() { lsevtchn 0 | wc -l; }
settled() { only_dom0 && [ "$(hv_free)" = "$free" ] && [ "$(ports)" = "$open" ]; }
start_fuzz() { # NAME SEED STEPS
	create fuzz "name=\"$1\"" "extra=\"seed=$2 count=$3\""
}

step setup guests_setup

# The first ones warm up what is kept.
step first create one 'name="first"' "$(job work n=1)"
step first-fuzz start_fuzz warm 99 2000
step first-fuzz-end wait_until 60 guest_said warm fuzz-end
step first-gone wait_until 60 only_dom0
usleep 300000
free=$(hv_free)
open=$(ports)
emit free-pages "$free"

step bystander create one 'name="bystander"' "$(job work n=$((seeds * 20)))"
n=0
while [ $n -lt "$seeds" ]; do
	n=$((n + 1))
	step fuzz-$n start_fuzz fuzz$n $n "$steps"
	step fuzz-$n-end wait_until 300 guest_said fuzz$n fuzz-end
	step fuzz-$n-seed [ "$(guest_value fuzz$n fuzz-seed)" = $n ]
	step fuzz-$n-gone wait_until 30 guest_gone fuzz$n
done
step bystander-end wait_until 300 guest_said bystander work-rounds=
step bystander-right [ "$(guest_value bystander work-wrong)" = 0 ]
step settled wait_until 60 settled
xl list | sed 's/^/ORRERY-LOG list: /'
emit free-pages-after "$(hv_free)"
[ $failed = 0 ] || for f in $consoles/guest-*.log; do
	tail -n 12 "$f" | sed "s|^|ORRERY-LOG $(basename "$f"): |"
done
exit $failed
