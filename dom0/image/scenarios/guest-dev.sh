# SPDX-License-Identifier: MIT
# Stock PV guests with devices: a file in Dom0 as a disk through a loop device, network cards in a
# bridge.  What a guest reads is what the file holds, what it writes is in the file afterwards; pings
# and files sent over TCP arrive whole, between Dom0 and a guest and between two guests.
. /etc/orrery/guests.sh

bridge_up() {
	backends_up || return 1
	mkdir /tmp/www && seq 1 400000 >/tmp/www/data && httpd -p 80 -h /tmp/www
}
md5() { md5sum | cut -d' ' -f1; }
fetch() { wget -q -O - "http://$1/data" | md5; }
same() { [ -n "$1" ] && [ "$1" = "$2" ]; }
net_guest() { # NAME LAST-NUMBER KEY=VALUE...
	local name=$1 n=$2
	shift 2
	create dev "name=\"$name\"" "$(job net ip=192.168.77.$n "$@")" \
		"vif=['bridge=xenbr0,mac=00:16:3e:00:00:0$n']"
}

step setup guests_setup
step bridge bridge_up
step disk-file make_disk /tmp/disk.img 8
before=$(md5 </tmp/disk.img)

step disk-create create dev 'name="disk"' "$(job disk)" \
	"disk=['format=raw,vdev=xvda,access=rw,target=/tmp/disk.img']"
step disk-end wait_until 120 guest_said disk end
step disk-gone wait_until 30 only_dom0
step disk-read same "$(guest_value disk disk-md5)" "$before"
step disk-back same "$(guest_value disk disk-back-md5)" "$(guest_value disk disk-wrote-md5)"
step disk-on-file same "$(tail -c 4194304 /tmp/disk.img | md5)" "$(guest_value disk disk-wrote-md5)"
usleep 500000
free=$(hv_free)

step net-create net_guest net 2
step net-up wait_until 120 guest_said net idle
step net2-create net_guest net2 3 peer=192.168.77.2
step net2-up wait_until 120 guest_said net2 idle
for size in 56 8000; do
	step net-ping-$size same "$(guest_value net net-replies-$size)" 5/5
	step net2-ping-$size same "$(guest_value net2 net-replies-$size)" 5/5
done
step net-got same "$(guest_value net net-got-md5)" "$(md5 </tmp/www/data)"
step net2-got same "$(guest_value net2 net-got-md5)" "$(guest_value net net-md5)"
step net-sent same "$(fetch 192.168.77.2)" "$(guest_value net net-md5)"
step net2-sent same "$(fetch 192.168.77.3)" "$(guest_value net2 net-md5)"
# Not with -w: xl falls over a guest that it sees shut down and gone at the same time.
step net-shutdown xl shutdown -a
step net-settled wait_until 30 settled
xl list | sed 's/^/ORRERY-LOG list: /'
emit free-pages "$free"
emit free-pages-after "$(hv_free)"
[ $failed = 0 ] || for name in disk net net2; do guest_console $name 15; done
exit $failed
