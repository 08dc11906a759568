#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Does a PV kernel get the same answers from us as from Xen 4.17?
#
#   bench/runner/answers.sh                  boots the surveying guest as Dom0 on both and compares
#   bench/runner/answers.sh PEER OURS WHERE  compares two console logs; WHERE is dom0 or domu
#
# The guest (bench/guests/pv/survey*.c) prints "ANSWER key = values".  A difference must be listed
# in answers-differ.txt with its reason, and what is listed must differ.  Exit status 1 otherwise.
set -uo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
list=$top/bench/runner/answers-differ.txt
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

answers() { # LOG: each answer once, by its key
	tr -d '\r' <"$1" | sed -n 's/^ANSWER //p' | sort
}

compare() { # PEER-LOG OUR-LOG WHERE
	local where line pattern bad=0
	answers "$1" >"$work/peer"
	answers "$2" >"$work/ours"
	if [ ! -s "$work/peer" ] || [ ! -s "$work/ours" ]; then
		echo "no answers in $1 or $2" >&2
		return 1
	fi
	comm -3 "$work/peer" "$work/ours" | sed 's/^\t\(.*\)/ours: \1/; t; s/^/peer: /' >"$work/left"
	while read -r where line; do
		case $where in "$3" | all) ;; *) continue ;; esac
		pattern=${line%% # *}
		if ! grep -Eq "^(peer|ours): $pattern = " "$work/left"; then
			echo "listed, but the same on both: $pattern" >&2
			bad=1
		fi
		printf '^(peer|ours): %s = \n' "$pattern" >>"$work/listed"
	done <"$list"
	if grep -Evf "$work/listed" "$work/left" | sort -k2 >&2; then
		bad=1
	fi
	printf '%u answers, %u differ for a reason\n' "$(wc -l <"$work/ours")" \
		"$(sed 's/^[a-z]*: //; s/ = .*//' "$work/left" | sort -u | wc -l)"
	return $bad
}

# The survey as Dom0; the log's path.
boot() { # DIR OPTION...
	local dir=$1
	shift
	"$top/build/orrery" boot "$@" --timeout 60 --kernel "$top/build/guests/survey-pv" \
		--initrd "$top/build/guests/survey-pv" --disk none --net virtio --dom0-mem 512 \
		--reset-ends --force -o "$dir" >"$dir.txt" 2>&1 ||
		{ echo "the survey did not end: see $dir" >&2; exit 1; }
}

if [ $# = 3 ]; then
	compare "$1" "$2" "$3"
	exit
elif [ $# != 0 ]; then
	echo "usage: bench/runner/answers.sh [PEER-LOG OUR-LOG dom0|domu]" >&2
	exit 2
fi
peer=$top/build/peer/log/survey
ours=$top/out/boot-tests/survey
mkdir -p "$(dirname "$peer")" "$(dirname "$ours")"
# The peer's answers are kept until the guest, the peer, what it is given or QEMU changes.
key=$(cat "$top/build/guests/survey-pv" "$top/build/peer/xen.elf" <(qemu-system-x86_64 --version) \
	<("$top/build/orrery" boot --help | grep -e '--xen ') | sha256sum)
if [ "$(cat "$peer.key" 2>/dev/null)" != "$key" ]; then
	boot "$peer" --xen
	printf '%s\n' "$key" >"$peer.key"
fi
boot "$ours" --append spec-ctrl=eager-fpu # as the peer: each tells its command line
compare "$peer/console.log" "$ours/console.log" dom0
