# SPDX-License-Identifier: MIT
# What PV guests cost, for `orrery bench guests`: creation, boot, disk, network, reboot, destruction.
# Prints bench.NAME=NUMBER, virtual nanoseconds or bytes a second; several times the same where the
# time is short (the host takes the median). Its guests are made of the first one given.
# orrery.lives=0 leaves out all but disk and network.
. /etc/orrery/guests.sh

# A look at a guest's console takes Dom0 some 6 ms, which whatever is being measured would pay for.
wait_poll_us=5000000

now() { $tools/tsc-now; }
put() { # NAME NUMBER
	emit "bench.$1" "$2" >>/tmp/results
}
took() { # NAME BEGAN
	put "$1" $(($(now) - $2))
}
guest() { # NAME XL-OPTION KEY=VALUE...
	local name=$1 option=$2
	shift 2
	xl create "$option" "$config" "name=\"$name\"" "$@" >/tmp/create.log 2>&1 || {
		sed 's/^/ORRERY-LOG create: /' /tmp/create.log
		return 1
	}
}
vif() { # NUMBER
	echo "vif=['bridge=xenbr0,mac=00:16:3e:00:00:0$1']"
}
report() { # GUEST KEY...
	local guest=$1 key
	shift
	for key in "$@"; do
		tr -d '\r' <"$consoles/guest-$guest.log" | sed -n "s/.*GUEST $key=/ORRERY bench.$key=/p" >>/tmp/results
	done
}
inits() { # NAME: how often it has come to /init
	grep -c 'GUEST init-tsc=' "$consoles/guest-$1.log"
}
another_init() { # NAME COUNT
	[ "$(inits "$1")" -gt "$2" ]
}

# A guest without devices: created paused, started, restarted, destroyed.
life() { # NAME
	local began count
	began=$(now)
	xl create -p /guests/one.cfg "name=\"$1\"" 'tsc_mode="native"' "$(job idle)" || return 1
	took create "$began"
	began=$(now)
	xl unpause "$1"
	wait_until 60 guest_said "$1" idle || return 1
	put boot $(($(guest_value "$1" init-tsc) - began))
	count=$(inits "$1")
	began=$(now)
	xl reboot "$1" || return 1
	wait_until 60 another_init "$1" "$count" || return 1
	put reboot $(($(guest_value "$1" init-tsc) - began))
	sleep 1
	began=$(now)
	xl destroy "$1" || return 1
	took destroy "$began"
}

# Our own kernel, which xl need not decompress: what is left is the toolstack and the hypervisor.
tiny_life() { # NAME
	local began
	began=$(now)
	xl create -p /guests/tiny.cfg "name=\"$1\"" >/tmp/create.log 2>&1 || return 1
	took create-tiny "$began"
	xl unpause "$1"
	wait_until 60 guest_said "$1" idle || return 1
	began=$(now)
	xl destroy "$1" || return 1
	took destroy-tiny "$began"
}

config=$(given_config "$(given_guests | head -n 1)")
step setup guests_setup
step backends backends_up
if [ "${OPT_lives:-1}" != 0 ]; then
	for n in 1 2 3; do step tiny-$n tiny_life "tiny$n"; done
	step life life life
fi

dd if=/dev/zero of=/tmp/disk.img bs=1M count=8 2>/dev/null
sysctl -q -w net.core.rmem_max=524288 net.core.wmem_max=524288 # streams ask for it
iperf3 -s -D >/dev/null
began=$(now)
step devices guest one -q "$(vif 2)" "$(job bench ip=192.168.77.2)" \
	"disk=['format=raw,vdev=xvda,access=rw,target=/tmp/disk.img']"
took create-devices "$began"
step devices-end wait_until 100 guest_said one idle
report one disk-read disk-write ping-100 tcp-to-dom0 tcp-from-dom0

step peer guest two -q "$(vif 3)" "$(job bench_peer ip=192.168.77.3 peer=192.168.77.2)"
step peer-end wait_until 100 guest_said two idle
report two tcp-to-guest tcp-from-guest
began=$(now)
step destroy-devices xl destroy one
took destroy-devices "$began"
for name in one two; do
	! grep 'GUEST failed=' "$consoles/guest-$name.log" || failed=1
done
cat /tmp/results
hand_over one two
exit $failed
