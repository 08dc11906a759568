# SPDX-License-Identifier: MIT
# Event channels between two domains of two vCPUs each, at the highest rate they can, every event
# counted: orrery.rounds times (300) there and back on each of 32 channels, under each pairing of the
# event ABIs.  Then frames that one domain gives to another for good.
. /etc/orrery/guests.sh
rounds=${OPT_rounds:-300}

ended() { guest_said client end && guest_said server end; }
events_guest() { # NAME WORDS
	create events "name=\"$1\"" "extra=\"$2 vcpus=2 rounds=$rounds\""
}
# Each has to know the other's number: they are given out in order.
next_id() {
	create tiny 'name="number"' >/dev/null 2>&1 || return 1
	echo $(($(xl domid number) + 1))
	xl destroy number
}
pair() { # SERVER-ABI CLIENT-ABI
	local id
	id=$(next_id) || return 1
	rm -f $consoles/guest-server.log $consoles/guest-client.log
	events_guest server "run=server abi=$1 peer=$((id + 1))" && wait_until 10 guest_said server port= &&
		events_guest client "run=client abi=$2 peer=$id port=$(guest_value server port)" &&
		wait_until 120 ended && has_value client failures 0 && has_value server failures 0
}

# They stay when they are done: the giver can be before anybody looks at its console.
grants_guest() { # NAME WORDS
	create tiny "name=\"$1\"" 'kernel="/guests/grants-pv"' "extra=\"$2\"" 'on_reboot="preserve"'
}
gone_over() { guest_said giver end && guest_said taker end; }
transfer() {
	local id
	id=$(next_id) || return 1
	grants_guest taker "run=accept peer=$((id + 1))" && wait_until 10 guest_said taker ready &&
		grants_guest giver "run=give peer=$id" && wait_until 20 gone_over &&
		has_value taker failures 0 && has_value giver failures 0 && xl destroy giver && xl destroy taker
}

step setup guests_setup
for abis in '2level 2level' 'fifo 2level' '2level fifo' 'fifo fifo'; do
	# shellcheck disable=SC2086 # two words
	step "pair-${abis% *}-${abis#* }" pair $abis
	emit "events-${abis% *}-${abis#* }" "$(guest_value client events)"
	step gone wait_until 20 only_dom0
done
step transfer transfer
step gone wait_until 20 only_dom0
[ $failed = 0 ] || for name in server client taker giver; do guest_console $name 15; done
exit $failed
