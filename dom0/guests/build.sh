#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the test guests and what Dom0 needs to run them, on top of the Dom0 image:
#
#   dom0/guests/build.sh OUTDIR
#
#   OUTDIR/dom0/guest-initrd.gz   initramfs of the test guests: busybox, front ends, init, jobs.sh
#   OUTDIR/dom0/guests.cpio.gz    for Dom0: guest kernel and initramfs, configurations, hot-plug
#                                 scripts, guests.sh; to be appended to an initrd of Dom0
#   OUTDIR/dom0/initrd-guests.gz  initrd-full.gz and the above in one
#
# Run after dom0/image/build.sh, from whose packages it takes everything.  The same inputs give the
# same bytes.
set -euo pipefail
umask 022
export LC_ALL=C

guests=$(cd "$(dirname "$0")" && pwd)
say() { printf '  %-8s %s\n' GUESTS "$*"; }
die() {
	printf 'dom0/guests/build.sh: %s\n' "$*" >&2
	exit 1
}
if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then
	echo "usage: dom0/guests/build.sh OUTDIR" >&2
	exit 2
fi
out=$(cd "$1" && pwd)
here=$guests/../image
packages=$out/dom0/packages
tools=$out/dom0-tools
[ -f "$out/dom0/initrd-full.gz" ] || die "no Dom0 image in $out/dom0: run dom0/image/build.sh $1"
. "$here/stage.sh"

root=$out/dom0/root-guest

stage_guest_skeleton() {
	rm -rf "$root"
	mkdir -p "$root"/{dev,proc,sys,tmp,usr/bin,usr/sbin,usr/lib}
	for d in bin sbin lib; do ln -s "usr/$d" "$root/$d"; done
	put "$packages/bin/busybox" usr/bin/busybox 755
	ln -s busybox "$root/usr/bin/sh"
	stage_busybox
	put "$guests/init" init 755
	put "$guests/jobs.sh" usr/lib/jobs.sh 644
	put "$guests/jobs-load.sh" usr/lib/jobs-load.sh 644
	put "$out/guests/stress" usr/bin/stress 755
	# The kernel runs these when Dom0 asks for it; there is no init system to tell.
	local f
	for f in poweroff reboot; do
		rm -f "$root/usr/bin/$f"
		printf '#!/bin/sh\nexec busybox %s -f\n' $f >"$root/usr/sbin/$f"
		chmod 755 "$root/usr/sbin/$f"
	done
}

stage_guest_modules() {
	here=$root/recipe
	mkdir "$here"
	sed '/^#/d; s/^/base /' "$guests/modules.txt" >"$here/modules.txt"
	stage_modules base
	rm -r "$here"
	here=$guests/../image
}

stage_guest_skeleton
stage_guest_modules
pack "$out/dom0/guest-initrd.gz"
rm -rf "$root"
say "$out/dom0/guest-initrd.gz ($(stat -c %s "$out/dom0/guest-initrd.gz") bytes)"

root=$out/dom0/root-overlay
rm -rf "$root"
mkdir -p "$root/tmp"
put "$out/dom0/vmlinuz" guests/vmlinuz 644
put "$out/dom0/guest-initrd.gz" guests/initrd.gz 644
for f in tiny-pv workload-pv hostile-pv; do
	[ -f "$out/guests/$f" ] || die "no $out/guests/$f: run `make guests`"
	put "$out/guests/$f" "guests/$f" 644
done
for f in "$guests"/configs/*.cfg; do put "$f" "guests/$(basename "$f")" 644; done
for f in "$guests"/scripts/*; do put "$f" "etc/xen/scripts/$(basename "$f")" 755; done
put "$guests/guests.sh" etc/orrery/guests.sh 644
for f in "$here"/scenarios/*.sh; do put "$f" "etc/orrery/scenarios/$(basename "$f")" 644; done
pack "$out/dom0/guests.cpio.gz"
rm -rf "$root"
cat "$out/dom0/initrd-full.gz" "$out/dom0/guests.cpio.gz" >"$out/dom0/initrd-guests.gz"
say "$out/dom0/initrd-guests.gz ($(stat -c %s "$out/dom0/initrd-guests.gz") bytes)"
