#!/bin/sh
# SPDX-License-Identifier: MIT
# From a name to Dom0 and two guests under the new policy: `make new-policy`, `make hv` and a boot, in a
# copy of the tree. Uses the images of `make image`.
set -eu
cd "$(dirname "$0")/.."
top=$PWD
[ -x build/orrery ] && [ -f build/dom0/initrd-guests.gz ] || { echo "new-policy-boot-test: run make all image first" >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -a Makefile .ci hv sched-policies tracing analysis bench "$dir"
mkdir "$dir/build"
cp -a build/hv build/gen build/.packages "$dir/build"
make -s -C "$dir" new-policy NAME=probe >"$dir/log" 2>&1 && make -s -C "$dir" hv >>"$dir/log" 2>&1 || { tail -20 "$dir/log"; exit 1; }
ORRERY_HOME=$top build/orrery boot --hypervisor "$dir/build/orrery-hv" --sched probe --run guest-policy \
	--dom0-vcpus 1 --append-dom0 orrery.policy=probe --timeout 300 --force -o out/new-policy >"$dir/log" 2>&1 ||
	{ tail -5 "$dir/log"; exit 1; }
grep -q 'scheduler of pool 0: probe ' out/new-policy/console.log || { echo "probe is not what ran"; exit 1; }
echo "ok    Dom0 and two guests finish under a policy fresh from the template"
