#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `orrery boot --guest` refuses: status 2, one line that says what is wrong, nothing started.
# Run by boot-test.sh; needs the images.
set -u
export LC_ALL=C
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/orrery-guest.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

refused() { # TEXT OPTION...
	local text=$1 status lines
	shift
	"$top/build/orrery" boot -o "$work/run" "$@" >"$work/out" 2>&1
	status=$?
	lines=$(wc -l <"$work/out")
	if [ $status != 2 ] || [ "$lines" != 1 ] || ! grep -qF -e "$text" "$work/out" || [ -e "$work/run" ]; then
		printf 'FAIL  %s: status %s, %s lines: %s\n' "$*" $status "$lines" "$(cat "$work/out")"
		failed=1
	fi
}

config() { # NAME LINE...
	local file=$work/$1
	shift
	printf '%s\n' "$@" >"$file"
}

: >"$work/kernel"
truncate -s 700M "$work/big.img"
config good 'name = "good"' 'kernel = "kernel"'
config same 'name = "good"' 'kernel = "kernel"'
config no-name 'kernel = "kernel"'
config no-kernel 'name = "a"'
config lost-kernel 'name = "a"' 'kernel = "nowhere/vmlinuz"'
config lost-disk 'name = "a"' 'kernel = "kernel"' 'disk = [' '  "format=raw,vdev=xvda,target=gone.img" ]'
config folder 'name = "a"' 'kernel = "."'
config syntax 'name = "a"' 'kernel "kernel"'
config open 'name = "a"' 'vif = [ "bridge=xenbr0"'
config huge 'name = "a"' 'kernel = "kernel"' 'disk = [ "file:big.img,xvda,w" ]'

refused 'missing: No such file' --guest "$work/missing"
refused 'not the configuration' --guest "$top/build/dom0/vmlinuz"
refused 'has the name' --guest "$work/good" --guest "$work/same"
refused 'it has no name' --guest "$work/no-name"
refused 'it has no kernel' --guest "$work/no-kernel"
refused 'line 2: '"$work"'/nowhere/vmlinuz: No such file' --guest "$work/lost-kernel"
refused 'line 4: '"$work"'/gone.img: No such file' --guest "$work/lost-disk"
refused 'Is a directory' --guest "$work/folder"
refused 'line 2: a line has the form' --guest "$work/syntax"
refused 'a list needs a comma' --guest "$work/open"
refused 'give --dom0-mem' --guest "$work/huge"
exit $failed
