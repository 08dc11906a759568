# SPDX-License-Identifier: MIT
# Functions for /init and the scenarios (busybox sh).  A scenario is sourced in a subshell; its
# exit status is the verdict: 0 pass, 77 skip, anything else fail.  Options of the command line
# arrive as OPT_<key>.  Nothing here sleeps to wait for a daemon or a device without a bound.

tools=/usr/lib/orrery

emit() { # KEY VALUE
	echo "ORRERY $1=$2"
}

# orrery.KEY=VALUE on the kernel command line -> OPT_KEY.
read_options() {
	local word key
	for word in $(cat /proc/cmdline); do
		case $word in
		orrery.*=*)
			key=${word%%=*}
			key=${key#orrery.}
			case $key in
			'' | *[!a-z0-9_]*) echo "ORRERY-INIT bad option '$word'" ;;
			*) export "OPT_$key=${word#*=}" ;;
			esac
			;;
		esac
	done
}

# Wait until a path exists, at most 5 seconds.
wait_for() { # PATH
	local tries=0
	until [ -e "$1" ]; do
		tries=$((tries + 1))
		[ $tries -le 100 ] || return 1
		usleep 50000
	done
}

# Run a command, report ok or failed with its output; and waits that came near their limits.
failed=0
step() { # NAME COMMAND...
	local name=$1
	shift
	waited=
	if "$@" >/tmp/step.log 2>&1; then
		emit "step-$name" ok
		[ -z "$waited" ] || echo "ORRERY-LOG $name: waited $waited"
	else
		emit "step-$name" failed
		sed "s/^/ORRERY-LOG $name: /" /tmp/step.log
		failed=1
	fi
}

# Hundredths of a second since Dom0's kernel began, into $now.  Starts no process.
uptime_now() {
	local up
	read -r up _ </proc/uptime
	now=$((${up%.*} * 100 + 1${up#*.} - 100)) # the 1: no number begins with 0, which is octal
}

# Try a command ten times a second, or every $wait_poll_us, until it succeeds.  A try that fails later
# than SECONDS after the beginning is the last one.  $waited tells of a success in the second half of
# that time.
wait_until() { # SECONDS COMMAND...
	local seconds=$1 now begin
	shift
	uptime_now
	begin=$now
	until "$@" >/dev/null 2>&1; do
		uptime_now
		[ $((now - begin)) -lt $((seconds * 100)) ] || { echo "not within $seconds s: $*"; return 1; }
		usleep "${wait_poll_us:-100000}"
	done
	uptime_now
	[ $((now - begin)) -lt $((seconds * 50)) ] || waited="$(((now - begin) / 100)) of $seconds s: $*"
}

# What user space needs to make hypercalls: /proc/xen and the Xen devices.
xen_devices() {
	[ -e /dev/xen/privcmd ] && return
	modprobe -a xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs || return 1
	mount -t xenfs xenfs /proc/xen || return 1
	wait_for /dev/xen/privcmd
}

# xenstored, Dom0's own store entries and xenconsoled, as the stock init script does it.
xen_daemons() {
	xen_devices || return 1
	mkdir -p /run/xen /run/xenstored /run/lock
	timeout 20 xenstored --pid-file /run/xenstored.pid || return 1
	wait_for /run/xenstored/socket || return 1
	timeout 20 xen-init-dom0 >/dev/null || return 1
	timeout 20 xenconsoled --pid-file=/run/xenconsoled.pid || return 1
	wait_for /run/xenconsoled.pid
}

# Load the driver of the experiment disk; $disk is its device.
disk_setup() {
	case ${OPT_disk:-none} in
	sd) disk=/dev/mmcblk0; modprobe -a sdhci-pci mmc_block ;;
	virtio) disk=/dev/vda; modprobe -a virtio_pci virtio_blk ;;
	ahci) disk=/dev/sda; modprobe -a ahci sd_mod ;;
	none) disk=; return 1 ;;
	*) echo "ORRERY-INIT orrery.disk=$OPT_disk: no such disk"; return 1 ;;
	esac
	wait_for "$disk" || { emit disk-error "no $disk after 5 s"; return 1; }
}

# Bring up the network card against QEMU's user network; $net is the interface.
net_setup() {
	case ${OPT_net:-none} in
	e1000) modprobe e1000 ;;
	virtio) modprobe -a virtio_pci virtio_net ;;
	none) return 1 ;;
	*) echo "ORRERY-INIT orrery.net=$OPT_net: no such card"; return 1 ;;
	esac
	net=eth0
	wait_for /sys/class/net/$net || { emit net-error "no $net after 5 s"; return 1; }
	ifconfig $net 10.0.2.15 netmask 255.255.255.0 up || return 1
	local tries=0
	until [ "$(cat /sys/class/net/$net/carrier)" = 1 ]; do
		tries=$((tries + 1))
		[ $tries -le 100 ] || { emit net-error "no carrier after 5 s"; return 1; }
		usleep 50000
	done
}

# Ping QEMU's gateway COUNT times with SIZE data bytes; all must come back.
ping_gateway() { # COUNT SIZE
	local got
	got=$(ping -q -c "$1" -s "$2" -W 5 10.0.2.2 | awk '/packets transmitted/ { print $4 }')
	emit "net-replies-$2" "${got:-0}/$1"
	[ "${got:-0}" = "$1" ]
}

# Hand a file to the host through the disk's out area.
save_file() { # FILE NAME
	[ -n "${disk:-}" ] || disk_setup || return 1
	"$tools/disk-tool" put "$disk" "$2" <"$1"
}

# The trace collector, when orrery.trace=1: writes to the disk while the scenario runs.
collector_start() {
	[ "${OPT_trace:-0}" = 1 ] || return 0
	if [ ! -x $tools/trace-collector ]; then
		emit trace-error "this image has no trace collector"
		return 0
	fi
	xen_devices && disk_setup || { emit trace-error "needs a disk and the Xen devices"; return 0; }
	$tools/trace-collector -i "${OPT_trace_poll:-100}" -o /tmp/trace.trc --report "ORRERY trace-" &
	collector=$!
	wait_for /tmp/trace.trc # its signal handlers are in place then
}

# Stop the collector, check its accounting (its exit status), hand over the trace.
collector_stop() {
	local status
	[ "${OPT_trace:-0}" = 1 ] || return 0
	[ -n "${collector:-}" ] || return 1
	kill -TERM "$collector"
	wait "$collector"
	status=$?
	emit trace-collector-status $status
	save_file /tmp/trace.trc trace.trc && save_file /tmp/trace.trc.acct trace.trc.acct &&
		[ $status = 0 ]
}

# Report and power off.  Called by /init only.
finish() {
	dmesg -r | grep -E '^<([0-4]>|12>.* orrery: )' | sed 's/^/ORRERY-KLOG /'
	if [ -n "${OPT_disk:-}" ] && [ "$OPT_disk" != none ] && [ "${OPT_dmesg:-0}" = 1 ]; then
		dmesg -r >/tmp/dom0-dmesg.txt
		save_file /tmp/dom0-dmesg.txt dom0-dmesg.txt
	fi
	sync
	$tools/tsc-now "ORRERY end-tsc="
	echo "ORRERY-INIT end"
	poweroff -f
}
