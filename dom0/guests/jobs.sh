# SPDX-License-Identifier: MIT
# Jobs of the test guests that use devices; sourced by the guest's /init.

wait_for() { # PATH
	tries=0
	until [ -e "$1" ]; do
		tries=$((tries + 1))
		[ $tries -le 100 ] || return 1
		usleep 50000
	done
}

# Read the whole disk, then write its second half and read that back past the cache.
job_disk() {
	dev=/dev/${opt_dev:-xvda}
	modprobe xen-blkfront
	if ! wait_for $dev; then
		say "disk-error=no-$dev"
		leave
	fi
	bytes=$(($(cat /sys/block/${dev#/dev/}/size) * 512))
	say "disk-bytes=$bytes"
	say "disk-md5=$(md5sum <$dev | cut -d' ' -f1)"
	half=$((bytes / 2 / 65536))
	seq 1 2000000 | dd of=/tmp/data bs=65536 count=$half iflag=fullblock 2>/dev/null
	dd if=/tmp/data of=$dev bs=65536 seek=$half conv=fsync 2>/dev/null || say disk-error=write
	echo 3 >/proc/sys/vm/drop_caches
	say "disk-wrote-md5=$(md5sum </tmp/data | cut -d' ' -f1)"
	say "disk-back-md5=$(dd if=$dev bs=65536 skip=$half count=$half 2>/dev/null | md5sum | cut -d' ' -f1)"
	leave
}

net_up() {
	modprobe xen-netfront
	wait_for /sys/class/net/eth0 || { say net-error=no-eth0; return 1; }
	ifconfig eth0 "${opt_ip:-192.168.77.2}" netmask 255.255.255.0 up
	tries=0
	until [ "$(cat /sys/class/net/eth0/carrier 2>/dev/null)" = 1 ]; do
		tries=$((tries + 1))
		[ $tries -le 100 ] || { say net-error=no-carrier; return 1; }
		usleep 50000
	done
}

# Ping a peer with small and large packets, fetch its file, and offer one to it until told to go.
job_net() {
	peer=${opt_peer:-192.168.77.1}
	net_up || leave
	for size in 56 8000; do
		say "net-replies-$size=$(ping -q -c 5 -s $size -W 5 "$peer" |
			awk '/packets transmitted/ { print $4 }')/5"
	done
	say "net-got-md5=$(wget -q -O - "http://$peer/${opt_file:-data}" | md5sum | cut -d' ' -f1)"
	mkdir /tmp/www
	seq 1 "${opt_lines:-500000}" >/tmp/www/data
	httpd -p 80 -h /tmp/www
	say "net-md5=$(md5sum </tmp/www/data | cut -d' ' -f1)"
	job_idle
}
