# SPDX-License-Identifier: MIT
# Functions for scenarios that run guests (busybox sh, in Dom0; after lib.sh).  A guest's console is
# logged by xenconsoled to $consoles/guest-NAME.log.

consoles=/var/log/xen/console

guests_setup() {
	xen_devices || return 1
	mkdir -p /dev/pts /run/xen /run/xenstored /run/lock $consoles /var/lib/xen/dump
	mount -t devpts devpts /dev/pts || return 1
	timeout 20 xenstored --pid-file /run/xenstored.pid || return 1
	wait_for /run/xenstored/socket || return 1
	timeout 20 xen-init-dom0 >/dev/null || return 1
	timeout 20 xenconsoled --pid-file=/run/xenconsoled.pid --log=guest --log-dir=$consoles || return 1
	wait_for /run/xenconsoled.pid
}

guest_said() { # NAME TEXT
	grep -q "GUEST $2" "$consoles/guest-$1.log"
}

guest_value() { # NAME KEY
	tr -d '\r' <"$consoles/guest-$1.log" | sed -n "s/.*GUEST $2=//p" | tail -n 1
}

# Its whole console, for a run that went wrong.
guest_console() { # NAME
	tr -d '\r' <"$consoles/guest-$1.log" | tail -n "${2:-60}" | sed "s/^/ORRERY-GUEST $1: /"
}

guest_gone() { # NAME
	! xl domid "$1" >/dev/null 2>&1
}

only_dom0() {
	[ "$(xl list | tail -n +2 | wc -l)" = 1 ]
}

# Pages free in the hypervisor.
free_kib() {
	xl info | awk '/^free_memory/ { print $3 }'
}

create() { # [-OPTION...] CONFIG [NAME=VALUE...]
	local options=
	while [ "${1#-}" != "$1" ]; do
		options="$options $1"
		shift
	done
	local cfg=/guests/$1.cfg
	shift
	# shellcheck disable=SC2086 # options are words
	xl -vvv create $options "$cfg" "$@"
}

# The guests that `orrery boot --guest` gave, and their configurations.
given_guests() {
	cat /guests/given/list
}
given_config() { # NAME
	echo "/guests/given/$1.cfg"
}
given_ramdisk() { # of the first one
	sed -n 's/^ramdisk *= *"\(.*\)"/\1/p' "$(given_config "$(given_guests | head -n 1)")"
}

# Consoles for the run directory, as guest-NAME.log; without a disk to take them there, for the
# console.
hand_over() { # NAME...
	local name
	for name in "$@"; do
		[ -s "$consoles/guest-$name.log" ] || continue
		if [ "${OPT_disk:-none}" != none ]; then
			tr -d '\r' <"$consoles/guest-$name.log" >/tmp/console.log
			save_file /tmp/console.log "guest-$name.log" || return 1
		else
			guest_console "$name" 100000
		fi
	done
}

# Frames free in the hypervisor.
hv_free() {
	$tools/hv-free
}

# What our hypervisor holds for itself in its heap and for handles of mappings: frames, then the bytes
# in use.  0 on the peer.  Frames stay when guests go: each size of piece keeps an empty slab, handles keep
# theirs.
held() {
	xl dmesg -c >/dev/null
	xl debug-keys mg
	xl dmesg | awk '/heap: policy/ { frames += $5; heap = $7 " bytes in " $10 " pieces" }
		/frames of handles/ { frames += $(NF - 3) }
		END { print frames + 0 " frames, " heap }'
}

# What the guest is to do, as xl's option: job NAME [KEY=VALUE...]
job() {
	local words="guest.run=$1"
	shift
	while [ $# -gt 0 ]; do
		words="$words guest.$1"
		shift
	done
	echo "extra=\"console=hvc0 $words\""
}

# The last value a guest reported is this one.
has_value() { # NAME KEY VALUE
	[ "$(guest_value "$1" "$2")" = "$3" ]
}

# The guest's number KEY has gone past FROM.
counts_past() { # NAME KEY FROM
	[ "$(guest_value "$1" "$2")" -gt "$3" ]
}

# What is free and what the hypervisor holds, for nothing_lost later.
count_frames() {
	free0=$(hv_free)
	held0=$(held)
}

# Frames that are not free any more are those that the hypervisor holds more, and in its heap is what was
# there before.  The peer does not tell, and keeps some for handles too.
nothing_lost() {
	local free held
	free=$(hv_free)
	held=$(held)
	if [ "${held0%% *}" = 0 ]; then
		[ "$free" -ge $((free0 - 8)) ]
	else
		[ $((free + ${held%% *})) = $((free0 + ${held0%% *})) ] && [ "${held#*, }" = "${held0#*, }" ]
	fi
}

# Only Dom0 is left, and $free frames are free again.
settled() {
	only_dom0 && [ "$(hv_free)" = "$free" ]
}

another_domid() { # NAME OLD
	local new
	new=$(xl domid "$1" 2>/dev/null) && [ "$new" != "$2" ]
}

# What lets virtual disks and networks be: back ends, loop devices, a bridge with Dom0 in it.
backends_up() {
	modprobe -a bridge xen-netback xen-blkback loop || return 1
	brctl addbr xenbr0 && ifconfig xenbr0 192.168.77.1 netmask 255.255.255.0 up
}

make_disk() { # FILE MIB
	seq 1 10000000 | dd of="$1" bs=1M count="$2" iflag=fullblock 2>/dev/null
	[ "$(stat -c %s "$1")" = $(($2 * 1048576)) ]
}

# Processor time of a domain so far, in microseconds.
domain_us() { # NAME
	$tools/hv-times | awk -v id="$(xl domid "$1")" '$1 == "domain" && $2 == id { printf "%d\n", $3 / 1000 }'
}

# What each gets of a pCPU in two seconds, in thousandths: by two readings of the hypervisor's accounts.
shares() { # NAME...
	local name
	$tools/hv-times >/tmp/before
	sleep 2
	$tools/hv-times >/tmp/after
	for name in "$@"; do
		awk -v id="$(xl domid "$name")" '
			$1 == "idle" && FNR == NR { pcpus++ }
			$1 == "sum" || ($1 == "domain" && $2 == id) { got[$1] += FNR == NR ? -$NF : $NF }
			END { printf "%d\n", 1000 * pcpus * got["domain"] / got["sum"] }' /tmp/before /tmp/after
	done
}

# --- our tool ---------------------------------------------------------------------

tool() { $tools/sched-tool "$@"; }

# One line on stderr with TEXT, exit status 2.
refused_by_tool() { # TEXT COMMAND...
	local text=$1
	shift
	"$@" >/tmp/out 2>/tmp/err
	[ $? = 2 ] && [ ! -s /tmp/out ] && [ "$(wc -l </tmp/err)" = 1 ] && grep -qF "$text" /tmp/err ||
		{ cat /tmp/out /tmp/err; return 1; }
}

equal() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }

# A guest to be moved about while it works: it counts, changes memory and disk and checks both, and
# answers on its network.  As many vCPUs as Dom0 has.
mover_setup() {
	guests_setup && backends_up && dd if=/dev/zero of=/tmp/disk.img bs=1M count=4 2>/dev/null
}
mover_create() { # NAME MIB
	create dev "name=\"$1\"" "memory=$2" "vcpus=$(nproc)" \
		"$(job proof n=100000 dev=xvda ip=192.168.77.2)" \
		"vif=['bridge=xenbr0,mac=00:16:3e:00:00:02']" \
		"disk=['format=raw,vdev=xvda,access=rw,target=/tmp/disk.img']"
}
mover_answers() { ping -q -c 2 -W 5 192.168.77.2; }
