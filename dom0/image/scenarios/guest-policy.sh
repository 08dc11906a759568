# SPDX-License-Identifier: MIT
# Two stock PV guests finish their work beside Dom0 under the policy of the boot, orrery.policy=NAME;
# xl info names it (xen_scheduler shows null for a policy that Xen has no number for, xen_changeset its own
# name), hypfs too.  The guard has had nothing to say.
. /etc/orrery/guests.sh

same() { [ -n "$1" ] && [ "$1" = "$2" ]; }
stock_name() { # POLICY
	case $1 in
	credit | credit2 | rtds | arinc653) echo "$1" ;;
	*) echo null ;;
	esac
}
info() { xl info | sed -n "s/^$1 *: //p"; }

step setup guests_setup
emit xen-scheduler "$(info xen_scheduler)"
step scheduler same "$(info xen_scheduler)" "$(stock_name "$OPT_policy")"
case " $(info xen_commandline) " in
*" sched=$OPT_policy "*) emit step-commandline ok ;;
*) emit step-commandline failed; failed=1 ;;
esac
names_it() { case $(info xen_changeset) in "sched=$OPT_policy "*) ;; *) info xen_changeset; return 1 ;; esac; }
step changeset names_it
step policy same "$(xenhypfs cat /cpupool/0/policy)" "$OPT_policy"
for name in left right; do
	step $name-create create one "name=\"$name\"" "$(job work n=4)"
done
for name in left right; do
	step $name-work wait_until 200 guest_said $name work-rounds=4
	step $name-right same "$(guest_value $name work-wrong)" 0
done
step gone wait_until 30 only_dom0
step not-ejected same "$(xenhypfs cat /cpupool/0/policy)" "$OPT_policy"
xl list | sed 's/^/ORRERY-LOG list: /'
[ $failed = 0 ] || { xl dmesg | tail -n 20 | sed 's/^/ORRERY-LOG dmesg: /'; for name in left right; do guest_console $name 15; done; }
exit $failed
