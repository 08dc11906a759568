# SPDX-License-Identifier: MIT
# Jobs of the Debian guest: some measure, some send and check streams of iperf3; sourced by the
# guest's /init.  Times are differences of the time-stamp counter: virtual nanoseconds when QEMU
# counts instructions.

now() { tsc-now; }

# Time of a command in nanoseconds, as KEY.
timed() { # KEY COMMAND...
	key=$1
	shift
	began=$(now)
	"$@" >/tmp/timed.log 2>&1 || say "failed=$key"
	say "$key=$(($(now) - began))"
}

# Bytes a second that were read, from iperf3's report.  A test ends with the sender's last byte, and
# what the receiver has not read then does not count: of 32 MiB a fifth with the buffers that the
# kernel would choose.  So sockets hold little; Dom0 has to allow them as much.
stream_buffer=524288
iperf_rate() {
	tr -d ' \t' </tmp/timed.log | awk -F '[:,]' '/"sum_received"/ { on = 1 }
		on && /"bits_per_second"/ { printf "%d\n", $2 / 8; exit }'
}
# Nine times: where TCP's windows and the timer's ticks meet differs.
streams() { # KEY OPTION...
	sysctl -q -w net.core.rmem_max=$stream_buffer net.core.wmem_max=$stream_buffer
	for round in 1 2 3 4 5 6 7 8 9; do stream "$@"; done
}
# A server may still be busy with the end of the last test.
stream() { # KEY OPTION...
	key=$1
	shift
	for try in 1 2 3 4 5; do
		iperf3 -J -l 32K -w $stream_buffer -c "$@" >/tmp/timed.log 2>&1
		rate=$(iperf_rate)
		[ -z "$rate" ] || break
		sleep 1
	done
	[ -n "$rate" ] || say "failed=$key"
	say "$key=$rate"
}

# Everything about one guest's disk and network against Dom0; then wait, as a server of streams.
job_bench() {
	modprobe xen-blkfront
	wait_for /dev/xvda || { say failed=no-xvda; leave; }
	timed disk-read dd if=/dev/xvda of=/dev/null bs=65536 count=128
	timed disk-write dd if=/dev/zero of=/dev/xvda bs=65536 count=128 conv=fsync
	net_up || leave
	ping -q -c 1 192.168.77.1 >/dev/null
	timed ping-100 ping -A -q -c 100 192.168.77.1
	streams tcp-to-dom0 192.168.77.1 -n "${opt_bytes:-32M}"
	streams tcp-from-dom0 192.168.77.1 -n "${opt_bytes:-32M}" -R
	iperf3 -s -D >/dev/null
	job_idle
}

# Streams to and from another guest.
job_bench_peer() {
	net_up || leave
	ping -q -c 1 "$opt_peer" >/dev/null
	streams tcp-to-guest "$opt_peer" -n "${opt_bytes:-32M}"
	streams tcp-from-guest "$opt_peer" -n "${opt_bytes:-32M}" -R
	job_idle
}

. /lib/streams.sh

# Take opt_n streams, one after another, and say of each whether it is what was sent.
job_sink() {
	net_up || leave
	say sink-up
	n=0
	while [ $n -lt "${opt_n:-1}" ]; do
		n=$((n + 1))
		stream_take /tmp/got
		say "sink-$n=$stream_verdict"
	done
	job_idle
}

# Send a stream to each of opt_to (joined by commas); then write to the disk, and say so when the
# writes have reached what Dom0 keeps them on.
job_source() {
	net_up || leave
	for to in $(echo "$opt_to" | tr , ' '); do
		stream_send "$to" && say "sent-$to=$stream_bytes"
	done
	modprobe xen-blkfront
	wait_for /dev/xvda || { say disk-error=no-xvda; leave; }
	stream_data | dd of=/dev/xvda bs=65536 count=64 iflag=fullblock conv=fsync 2>/dev/null &&
		say "synced-md5=$(stream_data | head -c 4194304 | md5sum | cut -d' ' -f1)"
	job_idle
}

# A neighbour that serves streams while it does its rounds, and one that first sends them to each of
# opt_to (joined by commas).
job_steady_server() {
	iperf3 -s -D >/dev/null
	job_steady
}
job_net_streams() {
	net_up || leave
	for to in $(echo "$opt_to" | tr , ' '); do
		stream_arrives "$to" && say "streamed-$to=ok"
	done
	job_net
}
