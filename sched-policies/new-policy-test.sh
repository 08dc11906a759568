#!/bin/sh
# SPDX-License-Identifier: MIT
# Does a policy made by new-policy.sh pass the conformance suite as it is, linked beside the
# others without touching a file of the tree?  Uses the objects of `make test-host`.
set -eu
cd "$(dirname "$0")/.."
[ -x build/test/host-tests ] || { echo "new-policy-test: run make test-host first" >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Of the host tests; an object whose source is gone does not count.
objects() {
	find build/test -name '*.o' | LC_ALL=C sort | while read -r o; do
		c=${o#build/test/}
		if [ -e "${c%.o}.c" ]; then echo "$o"; fi
	done
}

sched-policies/new-policy.sh probe "$dir" > /dev/null
if sched-policies/new-policy.sh Wrong_name "$dir" 2> /dev/null; then
	echo "new-policy-test: a wrong name was taken" >&2
	exit 1
fi
if sched-policies/new-policy.sh rr "$dir" 2> /dev/null; then
	echo "new-policy-test: an existing name was taken" >&2
	exit 1
fi
gcc -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Wmissing-prototypes -Wno-unused-parameter -Werror \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined -Ihv -I. -c -o "$dir/probe.o" "$dir/probe.c"
gcc -fsanitize=address,undefined -o "$dir/tests" "$dir/probe.o" \
	$(objects) -lcriterion -ljansson -lm
"$dir/tests" -j2 --filter 'sched_conformance/*' > "$dir/log" 2>&1 || { tail -20 "$dir/log"; exit 1; }
grep -q probe "$dir/tests" # it is in there
echo "ok    a policy from the template passes the conformance suite"
