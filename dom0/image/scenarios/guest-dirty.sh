# SPDX-License-Identifier: MIT
# What the log of changed frames reports of a guest that changes them in one way at a time: every
# changed frame, whatever way it was changed, and no other of those the guest tells of.
. /etc/orrery/guests.sh

ways="store hypercall clear grant-copy mmu-update table-store remap nothing"
log() { $tools/log-dirty "$id" "$1"; }
pfn() { guest_value dirty "page-$1"; }
reported() { grep -qx "$(pfn "$1")" /tmp/dirty; }
# From a clean start, a while of changes; a peek and a clean tell the same, more than a clean did.
look() {
	log clean >/dev/null && usleep 100000 && xl pause dirty && log peek >/tmp/peek &&
		log clean >/tmp/dirty && xl unpause dirty && cmp /tmp/peek /tmp/dirty
}
# Only the frame of the way that is on; both kinds of changes to the spare table have the same.
as_said() { # WAY
	local way
	for way in $ways quiet; do
		[ "$way" != nothing ] || continue
		if [ "$(pfn "$way")" = "$(pfn "$1")" ]; then
			reported "$way" || { echo "not reported: $way"; return 1; }
		elif [ "$way" != remap ] && reported "$way"; then
			echo "reported: $way"
			return 1
		fi
	done
}
few() { [ "$(sed -n 's/.*dirty //p' /tmp/dirty)" -lt 64 ]; }
fails() { ! "$@"; }

step setup guests_setup
step warm create tiny 'name="warm"' 'extra="run=poweroff"'
step warm-gone wait_until 20 only_dom0
usleep 500000
free=$(hv_free)
step create create -p tiny 'name="dirty"' 'extra="run=dirty ms=1500"'
id=$(xl domid dirty)
step on log on
step on-twice fails log on
step unpause xl unpause dirty
for way in $ways; do
	step "$way-begins" wait_until 60 guest_said dirty "doing=$way"
	step "$way-look" look
	step "$way-right" as_said "$way"
	step "$way-few" few
	[ $failed = 0 ] || { sed 's/^/ORRERY-LOG frame: /' /tmp/dirty; break; }
done
emit nothing-dirty "$(sed -n 's/.*dirty //p' /tmp/dirty)"
step off log off
log peek >/tmp/dirty
step off-nothing [ "$(wc -l </tmp/dirty)" = 1 ]
step end wait_until 60 settled
emit free-pages "$free"
emit free-pages-after "$(hv_free)"
[ $failed = 0 ] || guest_console dirty 40
exit $failed
