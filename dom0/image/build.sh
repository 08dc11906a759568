#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the Dom0 image and unpacks the peer, from Debian packages, as any user:
#
#   dom0/image/build.sh OUTDIR
#
#   OUTDIR/dom0/vmlinuz          Debian's kernel, untouched
#   OUTDIR/dom0/initrd.gz        the base image (tier "base"); the same bytes from the same inputs
#   OUTDIR/dom0/initrd-full.gz   base plus more tools, back-end drivers and small benchmarks
#   OUTDIR/dom0/packages.lock    the packages it was made of, with SHA-256
#   OUTDIR/peer/xen.gz, xen.elf  Debian's Xen 4.17, as packaged and decompressed
#   OUTDIR/cache                 fetched packages; keep it and later builds need no network
#
# Reads the programs of dom0/tools and the trace collector from OUTDIR/dom0-tools (`make dom0-tools`;
# ORRERY_DOM0_TOOLS names another folder).  packages.txt, modules.txt and files.txt say what goes in.
set -euo pipefail
umask 022
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
say() { printf '  %-8s %s\n' IMAGE "$*"; }
die() {
	printf 'dom0/image/build.sh: %s\n' "$*" >&2
	exit 1
}

if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then
	echo "usage: dom0/image/build.sh OUTDIR" >&2
	exit 2
fi
for tool in apt-get dpkg readelf strip cpio gzip tar flock; do
	command -v "$tool" >/dev/null ||
		die "needs $tool: apt-get install binutils cpio gzip tar util-linux (on Debian 12)"
done

mkdir -p "$1"
out=$(cd "$1" && pwd)
cache=$out/cache
packages=$out/dom0/packages
tools=${ORRERY_DOM0_TOOLS:-$out/dom0-tools}
mkdir -p "$cache" "$out/dom0" "$out/peer"
exec 9>"$cache/.lock"
flock 9

. "$here/fetch.sh"
. "$here/stage.sh"

# Replace OUTPUT only if it changes, so that its time stamp means something.
settle() { # NEW OUTPUT
	if cmp -s "$1" "$2"; then rm -f "$1"; else mv "$1" "$2"; fi
}

build_initrd() { # TIER OUTPUT
	root=$out/dom0/root-$1
	rm -rf "$root"
	stage_skeleton
	stage_files "$1"
	stage_busybox
	stage_own
	stage_modules "$1"
	stage_libraries
	pack "$2.new"
	rm -rf "$root"
	settle "$2.new" "$2"
	say "$2 ($(stat -c %s "$2") bytes)"
}

fetch_all
unpack_all
inputs=$(inputs_sum "$here" "$tools" "$packages/.lock")
if built_from "$inputs" "$out/dom0/.image" "$out"/dom0/{vmlinuz,initrd.gz,initrd-full.gz,packages.lock} "$out"/peer/xen.{gz,elf}; then
	say "$out/dom0/initrd.gz, initrd-full.gz: up to date"
	exit 0
fi
cp "$packages/.lock" "$out/dom0/packages.lock.new"
settle "$out/dom0/packages.lock.new" "$out/dom0/packages.lock"

cp "$packages"/boot/vmlinuz-* "$out/dom0/vmlinuz.new"
settle "$out/dom0/vmlinuz.new" "$out/dom0/vmlinuz"
cp "$packages"/boot/xen-4.17-amd64.gz "$out/peer/xen.gz.new"
settle "$out/peer/xen.gz.new" "$out/peer/xen.gz"
gzip -dc "$out/peer/xen.gz" >"$out/peer/xen.elf.new"
settle "$out/peer/xen.elf.new" "$out/peer/xen.elf"

build_initrd base "$out/dom0/initrd.gz"
build_initrd full "$out/dom0/initrd-full.gz"
echo "$inputs" >"$out/dom0/.image"
