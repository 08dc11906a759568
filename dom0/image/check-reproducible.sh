#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks that the Dom0 image and the guests do not depend on where, when and by whom they are built:
#
#   dom0/image/check-reproducible.sh OUTDIR
#
# OUTDIR has an image already (`make image`).  Builds it again in two other folders, with another
# umask and, when run by root, without network and as another user, and compares all bytes.
# Exit status 0 if they are the same.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 1 ] || [ ! -f "$1/dom0/initrd.gz" ]; then
	echo "usage: dom0/image/check-reproducible.sh OUTDIR  (after \`make image\`)" >&2
	exit 2
fi
out=$(cd "$1" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/orrery-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

again() { # DIR COMMAND...: build into DIR from the same packages and tools
	local dir=$1
	shift
	mkdir -p "$dir/cache"
	cp -r "$out/cache/debs" "$dir/cache/"
	cp -r "$out/dom0-tools" "$out/guests" "$dir/"
	# The recipes too: the other user may not read the checkout.
	mkdir "$dir/recipes"
	cp -r "$here" "$here/../tools" "$here/../guests" "$dir/recipes/"
	[ "$(id -u)" != 0 ] || chown -R nobody "$dir"
	for recipe in image guests; do
		"$@" "$dir/recipes/$recipe/build.sh" "$dir" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
	done
}

compare() { # DIR
	local file
	for file in vmlinuz initrd.gz initrd-full.gz packages.lock guest-initrd.gz guest-debian.gz \
		guest-root.img initrd-guests.gz; do
		cmp "$out/dom0/$file" "$1/dom0/$file" || exit 1
	done
}

(umask 077 && again "$work/one" env TZ=Asia/Tokyo bash)
compare "$work/one"
if [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null; then
	again "$work/second-place" unshare -n setpriv --reuid=nobody --clear-groups bash
	compare "$work/second-place"
	echo "the images are the same: other folder, umask, user, no network"
else
	echo "the images are the same: other folder, umask"
fi
