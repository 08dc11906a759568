#!/bin/bash
# SPDX-License-Identifier: MIT
# Rules of the tree that a machine can check; one line each.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
status=0
verdict() { # NAME OFFENDERS
	if [ -z "$2" ]; then
		printf 'ok    %s\n' "$1"
	else
		printf 'FAIL  %s: %s\n' "$1" "$(echo "$2" | head -n 6 | tr '\n' ' ')"
		status=1
	fi
}
sources() { git ls-files -- "$@"; }

verdict 'every source begins with its licence' "$(for f in $(sources '*.c' '*.h' '*.S' '*.lds'); do
	head -n 1 "$f" | grep -q 'SPDX-License-Identifier: ' || echo "$f"; done)"
verdict 'every C file opens with its role' "$(for f in $(sources '*.c'); do
	head -n 30 "$f" | tr '\n' ' ' | grep -qE '/\*.{80,}' || echo "$f"; done)"
verdict 'subsystems do not include hypercalls/' "$(grep -lE '#[[:space:]]*include[[:space:]]+[<"]hypercalls/' \
	$(sources 'hv/*.c' 'hv/*.h') | grep -vE '^hv/(hypercalls|boot)/')"
verdict 'policies include only their api and lib' "$(grep -HnE '#[[:space:]]*include[[:space:]]+"' \
	$(sources 'sched-policies/policies/*.c' 'hv/alloc-policies/policies/*.c' | grep -v _test.c) |
	grep -vE '"(sched-policies/(api|policies)/|alloc-policies/|lib/)' | cut -d: -f1 | sort -u)"
verdict 'policies have 60 to 400 lines and a page with idea, source, weaknesses' "$(for f in $(sources 'sched-policies/policies/*.c' | grep -v _test.c); do
	lines=$(wc -l < "$f")
	[ "$lines" -ge 60 ] && [ "$lines" -le 400 ] || echo "$f:$lines"
	for part in Idea Source Weaknesses; do
		grep -q "^\*\*$part\.\*\*" "${f%.c}.md" 2>/dev/null || echo "${f%.c}.md:$part"
	done
done)"
verdict 'no #if in .c files but tests' "$(grep -lE '^[[:space:]]*#[[:space:]]*if' $(sources 'hv/*.c' 'sched-policies/*.c' | grep -v _test.c))"
verdict 'documents name files that exist' "$(for d in $(sources '*.md'); do
	grep -oE '`[A-Za-z0-9_.-]+(/[A-Za-z0-9_.*-]+)+/?`' "$d" | tr -d '`' | sort -u | while read -r f; do
		case $f in *NAME* | build/* | out/* | /* | *'*'* | [A-Z]*) continue ;; esac
		[ -e "$f" ] || [ -e "$(dirname "$d")/$f" ] || [ -e "hv/$f" ] || echo "$d:$f"
	done
done)"
headers=$(for h in $(sources 'hv/*.h' | grep -vE 'visibility.h|asm-offsets'); do
	make -s header HEADER="$h" >/dev/null 2>&1 || echo "$h"
done)
verdict 'every header of hv/ compiles alone' "$headers"
exit $status
