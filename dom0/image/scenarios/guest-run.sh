# SPDX-License-Identifier: MIT
# The guests of `orrery boot --guest`, all at once, until each has powered off by itself. Their
# consoles go to the host as guest-NAME.log; without a disk to take them there, to the console.
. /etc/orrery/guests.sh

end_of() { # NAME: how its last life ended, from xl's words
	case $(sed -n 's/.*has shut down, reason code \([0-9]*\).*/\1/p' "/tmp/xl-$1.log" | tail -n 1) in
	0) echo poweroff ;;
	1) echo reboot ;;
	2) echo suspend ;;
	3) echo crash ;;
	4) echo watchdog ;;
	*) echo none ;;
	esac
}

# xl stays for the life of its guest and does what the configuration says when that ends.
run_guest() { # NAME
	xl create -F "$(given_config "$1")" >"/tmp/xl-$1.log" 2>&1
}

finish_guest() { # NAME STATUS-OF-XL
	local end
	end=$(end_of "$1")
	emit "guest-$1" "$end"
	if [ "$2" != 0 ] || [ "$end" != poweroff ]; then
		sed "s/^/ORRERY-LOG xl $1: /" "/tmp/xl-$1.log"
		failed=1
	fi
	hand_over "$1" || failed=1
}

step setup guests_setup
if grep -qE '^[ \t]*(vif|disk)' /guests/given/*.cfg; then
	step backends backends_up
fi
for name in $(given_guests); do
	run_guest "$name" &
	echo $! >"/tmp/pid-$name"
done
for name in $(given_guests); do
	wait "$(cat "/tmp/pid-$name")"
	echo $? >"/tmp/status-$name"
done
usleep 200000 # xenconsoled writes the last words
for name in $(given_guests); do
	finish_guest "$name" "$(cat "/tmp/status-$name")"
done
exit $failed
