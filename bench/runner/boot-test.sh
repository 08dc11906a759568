#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Boots single machines as boot-tests.txt says and reads what they print:
#
#   bench/runner/boot-test.sh [--all] [NAME-PATTERN...]
#
# Without patterns all tests run but the long ones, which take --all or their name; a pattern is a
# shell glob of test names.  Two run at a time; time limits are virtual, so a busy host fails
# nothing.  Runs go to out/boot-tests/NAME, inputs made here to build/boot-tests.  One line per
# test; exit status 1 if any failed.
set -uo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
orrery=$top/build/orrery
inputs=$top/build/boot-tests
out=$top/out/boot-tests
limit=20 # virtual seconds: three times what a boot takes
at_once=2

cd "$top" || exit 1
all=0
if [ "${1:-}" = --all ]; then
	all=1
	shift
fi
case ${1:-} in -*)
	echo "usage: bench/runner/boot-test.sh [--all] [NAME-PATTERN...]" >&2
	exit 2
	;;
esac
patterns=("$@")
for file in orrery orrery-hv hv/orrery.elf guests/{hostile,fuzz,micro,events,grants}-pv dom0/vmlinuz \
	dom0/initrd.gz; do
	if [ ! -e "build/$file" ]; then
		echo "bench/runner/boot-test.sh: build/$file is missing: run \`make all guests image\`" >&2
		exit 2
	fi
done

# --- inputs ---------------------------------------------------------------------------------------

# Files nobody can boot, each derived from a good one so that every run has the same.
make_bad_kernels() {
	local kernel=build/dom0/vmlinuz size
	size=$(stat -L -c %s $kernel)
	: >"$inputs/empty"
	head -c 400 $kernel >"$inputs/cut-in-setup"
	head -c $((size / 2)) $kernel >"$inputs/cut-in-payload"
	tail -c +1000001 $kernel | head -c 65536 >"$inputs/noise" # compressed data: looks random
	cp $kernel "$inputs/bad-payload"
	head -c 4096 /dev/zero | dd of="$inputs/bad-payload" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
	head -c 9000 build/guests/hostile-pv >"$inputs/cut-elf"
	gzip -nc build/guests/hostile-pv >"$inputs/hostile-pv.gz"
	head -c 5000 "$inputs/hostile-pv.gz" >"$inputs/cut-gzip"
}

# GRUB's menu: the test chooses the protocol by the machine's serial number.
grub_menu() {
	local hypervisor='console=com1 com1=115200,8n1 loglvl=all dom0_mem=1024M,max:1024M'
	local dom0='console=hvc0 earlyprintk=xen orrery.run=poweroff orrery.disk=none orrery.net=none'
	cat <<-END
		serial --unit=0 --speed=115200
		terminal_output serial
		insmod smbios
		smbios --type 1 --get-string 7 --set protocol
		echo "GRUB on \$grub_platform by \$protocol"
		if [ "\$protocol" = multiboot ]; then
		  multiboot /orrery-hv $hypervisor
		  module /vmlinuz $dom0
		  module /initrd.gz
		else
		  multiboot2 /orrery-hv $hypervisor
		  module2 /vmlinuz $dom0
		  module2 /initrd.gz
		fi
		boot
	END
}

# A CD that both kinds of firmware start.
make_cd() {
	local root=$inputs/cd
	rm -rf "$root"
	mkdir -p "$root/boot/grub"
	cp -L build/orrery-hv build/dom0/vmlinuz build/dom0/initrd.gz "$root"
	grub_menu >"$root/boot/grub/grub.cfg"
	grub-mkrescue -o "$inputs/grub.iso" "$root" >"$inputs/grub.log" 2>&1 || rm -f "$inputs/grub.iso"
	rm -rf "$root"
}

# Stands before QEMU in the path of `orrery boot`: adds the options of a test's second half, and
# drops those it names as !-option, with their values.
make_qemu() {
	local real
	real=$(command -v qemu-system-x86_64) || real=qemu-system-x86_64
	cat >"$inputs/bin/qemu-system-x86_64" <<-END
		#!/bin/bash
		drop=' ' more=() args=()
		for word in \$ORRERY_TEST_QEMU; do
		  case \$word in '!'*) drop+="\${word#!} " ;; *) more+=("\${word//@\//$top/}") ;; esac
		done
		while [ \$# -gt 0 ]; do
		  case \$drop in *" \$1 "*) shift 2 ;; *) args+=("\$1"); shift ;; esac
		done
		exec $real "\${args[@]}" "\${more[@]}"
	END
	chmod +x "$inputs/bin/qemu-system-x86_64"
}

# --- one test -------------------------------------------------------------------------------------

# `orrery boot` with the options of a test; --as-dom0 NAME is short for one of our own kernels.
boot() { # NAME WORD...
	local name=$1 words=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		case $1 in
		--as-dom0)
			words+=(--kernel "build/guests/$2" --initrd "build/guests/$2" --disk none
				--dom0-mem 512 --reset-ends)
			shift
			;;
		*) words+=("${1//+/ }") ;; # a plus is a blank within a value
		esac
		shift
	done
	[ $# -gt 0 ] && shift
	ORRERY_TEST_QEMU=$* PATH=$inputs/bin:$PATH "$orrery" boot --timeout $limit "${words[@]}" --force \
		-o "$out/$name" >"$out/$name.txt" 2>&1
}

lines_with() { # FILE TEXT
	grep -aFc -e "$2" "$1"
}

ended_by() { # NAME REASON
	grep -q "\"reason\": \"$2\"" "$out/$1/manifest.json"
}

# Print why the test failed; nothing if it passed.
failure() { # NAME KIND TEXT WORD...
	local name=$1 kind=$2 text=$3 log=$out/$1/console.log status
	shift 3
	if [ "$kind" = command ]; then
		"$@" >"$out/$name.txt" 2>&1 || echo "see $out/$name.txt"
		return
	fi
	boot "$name" "$@"
	status=$?
	if [ ! -f "$log" ]; then
		echo "no console: see $out/$name.txt"
	elif [ "$kind" = panics ]; then
		[ "$(lines_with "$log" '(ORR) rip: ')" = 1 ] || echo "no registers: see $log"
		[ "$(lines_with "$log" '] panic+0x')" = 1 ] || echo "no call trace: see $log"
		ended_by "$name" reset || echo "did not restart the machine: see $out/$name.txt and $log"
	elif grep -aq 'Panic on pCPU\|panic inside' "$log"; then
		echo "the hypervisor panicked: see $log"
	elif [ "$kind" = pass ] || [ "$kind" = says ]; then
		[ $status = 0 ] || echo "did not pass: see $out/$name.txt and $log"
	elif ! ended_by "$name" reset; then
		echo "did not restart the machine: see $out/$name.txt and $log"
	elif [ "$kind" = stops ] && [ "$(lines_with "$log" '(ORR) cannot boot: ')" != 1 ]; then
		echo "no single line says why it cannot boot: see $log"
	fi
	if [ -n "$text" ] && [ -f "$log" ] && [ "$(lines_with "$log" "$text")" != 1 ]; then
		echo "not once on the console: '$text': see $log"
	fi
}

# --- all tests ------------------------------------------------------------------------------------

wanted() { # NAME LENGTH
	local pattern
	[ ${#patterns[@]} = 0 ] && { [ "$2" = short ] || [ $all = 1 ]; return; }
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # a glob is meant
		[[ $1 == $pattern ]] && return 0
	done
	return 1
}

trim() { # VARIABLE
	local -n ref=$1
	ref=${ref#"${ref%%[![:blank:]]*}"}
	ref=${ref%"${ref##*[![:blank:]]}"}
}

names=()
printed=0
failed=0

# In the order of the file, whatever has ended.
print_ended() {
	local name why
	while [ $printed -lt ${#names[@]} ]; do
		name=${names[printed]}
		[ -f "$out/$name.why" ] || return
		why=$(<"$out/$name.why")
		if [ -z "$why" ]; then
			printf 'ok    %s\n' "$name"
		else
			printf 'FAIL  %-14s %s\n' "$name" "${why//$'\n'/; }"
			failed=$((failed + 1))
		fi
		printed=$((printed + 1))
	done
}

start() { # NAME KIND TEXT OPTIONS
	while [ "$(jobs -rp | wc -l)" -ge $at_once ]; do
		wait -n
		print_ended
	done
	(
		# shellcheck disable=SC2086 # options are words
		failure "$1" "$2" "$3" $4 </dev/null >"$out/$1.why.new" 2>&1
		mv "$out/$1.why.new" "$out/$1.why"
	) &
}

set -f # no file names from patterns in the data
mkdir -p "$inputs/bin" "$out"
set +f
rm -f "$out"/*.why
set -f
make_bad_kernels
make_qemu
has_cd=0
while IFS='|' read -r name expect options; do
	trim name
	trim expect
	trim options
	case $name in '' | '#'*) continue ;; esac
	length=short
	case $expect in long\ *) length=long expect=${expect#long } ;; esac
	wanted "$name" $length || continue
	kind=${expect%% *}
	text=${expect#"$kind"}
	trim text
	case $options in *grub.iso*) [ $has_cd = 1 ] || make_cd; has_cd=1 ;; esac
	names+=("$name")
	start "$name" "$kind" "$text" "$options"
done <"$top/bench/runner/boot-tests.txt"
while [ $printed -lt ${#names[@]} ]; do
	wait -n
	print_ended
done

if [ ${#names[@]} = 0 ]; then
	echo "bench/runner/boot-test.sh: no test is named ${patterns[*]}" >&2
	exit 2
fi
printf '%d of %d boot tests passed\n' $((${#names[@]} - failed)) ${#names[@]}
[ $failed = 0 ]
