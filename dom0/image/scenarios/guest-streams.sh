# SPDX-License-Identifier: MIT
# Streams of iperf3 between Dom0 and a guest and between two guests come to their end; what a guest
# has written and synced is on Dom0's disk, though the guest is destroyed the moment it says so.
# Whether bytes arrive as sent is asked by guest-dev: iperf3 does not promise it of files it sends,
# so here it is only reported. Its guests are made of the first one given.
. /etc/orrery/guests.sh
. /etc/orrery/streams.sh

guest() { # NAME NUMBER EXTRA KEY=VALUE...
	local name=$1 n=$2
	shift 2
	xl create "$(given_config "$(given_guests | head -n 1)")" "name=\"$name\"" \
		"vif=['bridge=xenbr0,mac=00:16:3e:00:00:0$n']" "$@"
}
md5_of_disk() { head -c 4194304 /tmp/disk.img | md5sum | cut -d' ' -f1; }
same() { [ -n "$1" ] && [ "$1" = "$2" ]; }

step setup guests_setup
step backends backends_up
step disk-file make_disk /tmp/disk.img 8

step sink-create guest sink 2 "$(job sink ip=192.168.77.2 n=2)"
step sink-up wait_until 120 guest_said sink sink-up
step dom0-sends stream_send 192.168.77.2
step dom0-sent wait_until 60 guest_said sink sink-1=

step source-create guest source 3 "$(job source ip=192.168.77.3 to=192.168.77.1,192.168.77.2)" \
	"disk=['format=raw,vdev=xvda,access=rw,target=/tmp/disk.img']"
stream_take /tmp/got
step guest-sent wait_until 60 guest_said sink sink-2=
step synced wait_until 60 guest_said source synced-md5=
step destroy xl destroy source
step on-disk same "$(md5_of_disk)" "$(guest_value source synced-md5)"
step sink-destroy xl destroy sink
step gone wait_until 30 only_dom0
for key in sink-1 sink-2; do emit $key "$(guest_value sink $key)"; done
emit from-guest "$stream_verdict"
hand_over sink source
exit $failed
