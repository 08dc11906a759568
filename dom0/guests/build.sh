#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the guests and what Dom0 needs to run them, on top of the Dom0 image:
#
#   dom0/guests/build.sh OUTDIR
#
#   OUTDIR/dom0/guest-initrd.gz   initramfs of the test guests: busybox, front ends, init, jobs.sh
#   OUTDIR/dom0/guest-debian.gz   the same with ext4, iperf3, hackbench, cyclictest, ioping
#   OUTDIR/dom0/guest-root.img    an ext4 disk that holds the latter as a root file system
#   OUTDIR/dom0/guests.cpio.gz    for Dom0: guest kernel and initramfs, configurations, hot-plug
#                                 scripts, guests.sh; to be appended to an initrd of Dom0
#   OUTDIR/dom0/initrd-guests.gz  initrd-full.gz and the above in one
#
# Run after dom0/image/build.sh, from whose packages it takes everything.  The same inputs give the
# same bytes, whoever builds.
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
export PATH=$PATH:/usr/sbin:/sbin
for tool in mke2fs debugfs; do
	command -v "$tool" >/dev/null || die "needs $tool: apt-get install e2fsprogs (on Debian 12)"
done
out=$(cd "$1" && pwd)
image=$guests/../image
packages=$out/dom0/packages
tools=$out/dom0-tools
[ -f "$out/dom0/initrd-full.gz" ] || die "no Dom0 image in $out/dom0: run dom0/image/build.sh $1"
here=$guests # whose files.txt and modules.txt the functions of stage.sh read
. "$image/stage.sh"
. "$guests/disk.sh"

inputs=$(inputs_sum "$guests" "$image" "$out/guests" "$tools" "$out/dom0/packages.lock" "$out/dom0/initrd-full.gz")
if built_from "$inputs" "$out/dom0/.guests" "$out"/dom0/{guest-initrd.gz,guest-debian.gz,guest-root.img,guests.cpio.gz,initrd-guests.gz}; then
	say "$out/dom0/initrd-guests.gz: up to date"
	exit 0
fi

made() { # FILE
	say "$1 ($(stat -c %s "$1") bytes)"
}

stage_guest() { # TIER
	rm -rf "$root"
	mkdir -p "$root"/{dev,mnt,proc,run,sys,tmp,usr/bin,usr/sbin,usr/lib}
	local d f
	for d in bin sbin lib; do ln -s "usr/$d" "$root/$d"; done
	put "$packages/bin/busybox" usr/bin/busybox 755
	ln -s busybox "$root/usr/bin/sh"
	stage_busybox
	put "$guests/init" init 755
	put "$guests/jobs.sh" usr/lib/jobs.sh 644
	put "$guests/jobs-load.sh" usr/lib/jobs-load.sh 644
	put "$out/guests/stress" usr/bin/stress 755
	# The kernel runs these when Dom0 asks for it; there is no init system to tell.
	for f in poweroff reboot; do
		rm -f "$root/usr/bin/$f"
		printf '#!/bin/sh\nexec busybox %s -f\n' $f >"$root/usr/sbin/$f"
		chmod 755 "$root/usr/sbin/$f"
	done
	put "$tools/tsc-now" usr/bin/tsc-now 755
	stage_modules "$1"
}

# What the Debian guest has besides: programs with their libraries, and jobs for them.
stage_debian() {
	mkdir "$root/usr/lib64"
	ln -s usr/lib64 "$root/lib64"
	rm "$root/usr/bin/sh"
	stage_files full
	stage_libraries
	put "$guests/debian-jobs.sh" usr/lib/debian-jobs.sh 644
	put "$guests/streams.sh" usr/lib/streams.sh 644
}

root=$out/dom0/root-guest
stage_guest base
pack "$out/dom0/guest-initrd.gz"
rm -rf "$root"
made "$out/dom0/guest-initrd.gz"

root=$out/dom0/root-debian
stage_guest full
stage_debian
pack "$out/dom0/guest-debian.gz"
made "$out/dom0/guest-debian.gz"
make_disk "$root" "$out/dom0/guest-root.img"
rm -rf "$root"
made "$out/dom0/guest-root.img"

root=$out/dom0/root-overlay
rm -rf "$root"
mkdir -p "$root/tmp"
put "$out/dom0/vmlinuz" guests/vmlinuz 644
put "$out/dom0/guest-initrd.gz" guests/initrd.gz 644
for f in tiny-pv workload-pv events-pv grants-pv hostile-pv survey-pv fuzz-pv; do
	[ -f "$out/guests/$f" ] || die "no $out/guests/$f: run \`make guests\`"
	put "$out/guests/$f" "guests/$f" 644
done
for f in "$guests"/configs/*.cfg; do put "$f" "guests/$(basename "$f")" 644; done
for f in "$guests"/scripts/*; do put "$f" "etc/xen/scripts/$(basename "$f")" 755; done
put "$guests/guests.sh" etc/orrery/guests.sh 644
put "$guests/streams.sh" etc/orrery/streams.sh 644
for f in "$image"/scenarios/*.sh; do put "$f" "etc/orrery/scenarios/$(basename "$f")" 644; done
pack "$out/dom0/guests.cpio.gz"
rm -rf "$root"
cat "$out/dom0/initrd-full.gz" "$out/dom0/guests.cpio.gz" >"$out/dom0/initrd-guests.gz"
made "$out/dom0/initrd-guests.gz"
echo "$inputs" >"$out/dom0/.guests"
