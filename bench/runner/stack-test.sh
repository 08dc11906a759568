#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Boots the whole stack as stack-tests.txt says and compares with the peer:
#
#   bench/runner/stack-test.sh [--all] [--peer] [NAME-PATTERN...]
#
# Runs the tests not marked long; --all runs every one.  A pattern is a shell glob of test names and
# runs those it matches, long or not.  --peer boots only the peer: it checks the image and this
# runner, and fills the peer's logs.  Our runs go to out/stack/NAME (and NAME-again); the peer's to
# build/peer/log/NAME, kept until the images, QEMU or the options change.  One line per test; exit
# status 1 if any failed.
set -uo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
orrery=$top/build/orrery
logs=$top/build/peer/log
out=$top/out/stack

if [ ! -x "$orrery" ]; then
	echo "bench/runner/stack-test.sh: $orrery is missing: run \`make\`" >&2
	exit 2
fi
peer_only=0
all=0
while [ $# -gt 0 ]; do
	case $1 in
	--peer) peer_only=1 ;;
	--all) all=1 ;;
	-*)
		echo "usage: bench/runner/stack-test.sh [--all] [--peer] [NAME-PATTERN...]" >&2
		exit 2
		;;
	*) break ;;
	esac
	shift
done
patterns=("$@")

# All boots use the program and the images as they are now, whatever is built meanwhile.
images=$(mktemp -d "${TMPDIR:-/tmp}/orrery-stack.XXXXXX") || exit 1
trap 'rm -rf "$images"' EXIT
cp "$top/build/peer/xen.elf" "$top/build/dom0/vmlinuz" "$top/build/dom0/initrd.gz" \
	"$top/build/dom0/initrd-guests.gz" "$images" || exit 2
[ $peer_only = 1 ] || cp "$top/build/orrery-hv" "$images" || exit 2
ours=--hypervisor=$images/orrery-hv
cp "$orrery" "$images" || exit 2
orrery=$images/orrery
export ORRERY_HOME=$top
hasty=$top/build/qemu/hasty-clock.so # for repeated runs: a host that seems a thousand times slower

# A changed image makes new reference logs, and so do other options that the runner gives the peer.
inputs=$(qemu-system-x86_64 --version | head -n 1
	cd "$images" && sha256sum xen.elf vmlinuz
	"$orrery" boot --help | grep -e '--xen ') || exit 1
given=$(cd "$top/build/dom0" && sha256sum guest-debian.gz guest-root.img) || exit 1

# What a run is made of besides: scenarios with guests need the larger image, --guest their files.
initrd() { # OPTION...
	case $* in
	*"--run guest-"* | *"--guest "*) echo initrd-guests.gz ;;
	*) echo initrd.gz ;;
	esac
}

boot() { # DIR OPTION...: one line in DIR.txt, verdict as status
	local dir=$1
	shift
	mkdir -p "$(dirname "$dir")"
	"$orrery" boot --kernel "$images/vmlinuz" --initrd "$images/$(initrd "$@")" "$@" \
		--force -o "$dir" >"$dir.txt" 2>&1
}

# The files of two runs, without the commit, which others may move in between.
same() { # RUN RUN
	diff -rq -x manifest.json "$1" "$2" &&
		diff <(grep -vE '"(commit|dirty)":' "$1/manifest.json") \
			<(grep -vE '"(commit|dirty)":' "$2/manifest.json")
}

# The peer's run for these options, from the cache if it is still true.
peer() { # NAME OPTION...
	local dir=$logs/$1 key
	shift
	key=$*
	case $* in *"--guest "*) key="$key $given" ;; esac
	key=$(sha256sum <"$images/$(initrd "$@")" | cat - <(printf '%s\n' "$inputs" "$key") | sha256sum)
	[ "$(cat "$dir.key" 2>/dev/null)" = "$key" ] && return
	boot "$dir" --xen "$@" || return
	printf '%s\n' "$key" >"$dir.key"
}

init_ns() { # RUN
	sed -n 's/^ *"init_ns": \([0-9]*\),$/\1/p' "$1/results.json"
}

has() { # CHECK CHECKS
	case ,$2, in *,"$1",*) return 0 ;; esac
	return 1
}

# An unknown name falls back, so the log must say that the policy asked for is the one that runs.
names_policies() { # RUN OPTION VALUE...
	local log=$1/console.log line
	shift
	while [ $# -gt 1 ]; do
		case $1 in
		--sched) line="scheduler of pool 0: $2 " ;;
		--frames) line="Frame allocator: $2 " ;;
		--heap) line="Heap: $2 " ;;
		*) line= ;;
		esac
		[ -z "$line" ] || grep -qF "$line" "$log" || echo "$1 $2 is not what runs: $log"
		shift
	done
}

# Print why the test failed; nothing if it passed.
failure() { # NAME CHECKS OPTION...
	local name=$1 checks=$2 run=$out/$1
	shift 2
	if has peer "$checks" || [ $peer_only = 1 ]; then
		peer "$name" "$@" || { echo "the peer failed: $logs/$name.txt"; return; }
	fi
	if [ $peer_only = 1 ]; then
		has repeat "$checks" || return
		boot "$logs/$name-again" --xen "$@"
		same "$logs/$name" "$logs/$name-again" >"$logs/$name.diff" ||
			echo "two runs differ: $logs/$name.diff"
		return
	fi
	boot "$run" "$ours" "$@" || { echo "see $run.txt and $run/console.log"; return; }
	if has peer "$checks"; then
		"$orrery" logdiff "$logs/$name" "$run" >"$run.logdiff" 2>&1 ||
			echo "the kernel complains more than on the peer: $run.logdiff"
	fi
	if has answers "$checks"; then
		"$top/bench/runner/answers.sh" "$logs/$name/console.log" "$run/console.log" domu \
			>"$run.answers" 2>&1 || echo "a guest gets other answers than on the peer: $run.answers"
	fi
	if has policy "$checks"; then
		names_policies "$run" "$@"
	fi
	if has trace "$checks"; then
		"$orrery" trace verify "$run" >"$run.verify" 2>&1 || echo "the trace is not complete: $run.verify"
	fi
	if has init "$checks" && [ "$(init_ns "$run")" -gt "$(init_ns "$logs/$name")" ]; then
		echo "/init at $(init_ns "$run") ns, on the peer at $(init_ns "$logs/$name")"
	fi
	if has repeat "$checks"; then
		LD_PRELOAD=$hasty boot "$run-again" "$ours" "$@"
		same "$run" "$run-again" >"$run.diff" || echo "two runs differ: $run.diff"
	fi
}

wanted() { # NAME CHECKS
	local pattern
	if [ ${#patterns[@]} = 0 ]; then
		[ $all = 1 ] || ! has long "$2"
		return
	fi
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # a glob is meant
		[[ $1 == $pattern ]] && return 0
	done
	return 1
}

# One test, its line when it is done.
judge() { # NAME CHECKS OPTION...
	local why
	why=$(failure "$@" </dev/null)
	if [ -z "$why" ]; then
		printf 'ok    %s\n' "$1"
	else
		printf 'FAIL  %-14s %s\n' "$1" "${why//$'\n'/; }"
		: >"$out/$1.failed"
	fi
}

# Each machine is one thread: as many tests at once as there are processors.
mkdir -p "$out"
rm -f "$out"/*.failed
ran=0
cd "$top" || exit 1
while read -r name checks options; do
	case $name in '' | '#'*) continue ;; esac
	wanted "$name" "$checks" || continue
	[ $peer_only = 1 ] && ! has peer "$checks" && continue
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	ran=$((ran + 1))
	# shellcheck disable=SC2086 # options are words
	judge "$name" "$checks" $options &
done <"$top/bench/runner/stack-tests.txt"
wait
failed=$(find "$out" -maxdepth 1 -name '*.failed' | wc -l)

if [ $ran = 0 ]; then
	echo "bench/runner/stack-test.sh: no test is named ${patterns[*]}" >&2
	exit 2
fi
printf '%d of %d stack tests passed\n' $((ran - failed)) $ran
[ $failed = 0 ]
