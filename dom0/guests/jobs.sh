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

md5() { md5sum | cut -d' ' -f1; }

# Write block $1 of the disk, read it back from the device.
proof_disk() {
	at=$(($1 % 512))
	seq "$1" 100000 | dd of=/tmp/block bs=4096 count=1 iflag=fullblock 2>/dev/null
	dd if=/tmp/block of=$dev bs=4096 seek=$at conv=notrunc,fsync 2>/dev/null || return 1
	echo 1 >/proc/sys/vm/drop_caches
	dd if=$dev bs=4096 skip=$at count=1 2>/dev/null | cmp -s - /tmp/block
}

# Replace one of 16 files in memory, check another against what was known of it.
proof_memory() {
	i=$(($1 % 16))
	k=$(($1 * 7 % 16))
	seq "$1" $(($1 + ${opt_lines:-20000})) >/tmp/memory/$i
	eval "sum$i=\$(md5 </tmp/memory/$i)"
	eval "known=\$sum$k"
	[ -z "$known" ] || [ "$(md5 </tmp/memory/$k)" = "$known" ]
}

# A process for each further vCPU that does nothing but start others.
proof_noise() {
	vcpus=$(grep -c ^processor /proc/cpuinfo)
	while [ "$vcpus" -gt 1 ]; do
		(while :; do seq 1 3000 | md5sum >/dev/null; done) &
		vcpus=$((vcpus - 1))
	done
}

# Count to opt_n; each time change memory (and a disk, guest.dev=xvda) and check what is there; a
# network card (guest.ip) is brought up for Dom0 to talk to.  What goes wrong adds to `wrong`.
job_proof() {
	wrong=0
	n=0
	dev=
	mkdir /tmp/memory
	proof_noise
	if [ -n "$opt_dev" ]; then
		dev=/dev/$opt_dev
		modprobe xen-blkfront
		wait_for "$dev" || say "proof-error=no-$dev"
	fi
	[ -z "$opt_ip" ] || net_up
	while [ $n -lt "${opt_n:-1000}" ]; do
		n=$((n + 1))
		proof_memory $n || wrong=$((wrong + 1))
		[ -z "$dev" ] || proof_disk $n || wrong=$((wrong + 1))
		say "wrong=$wrong"
		say "count=$n"
		usleep 10000
	done
	leave
}

# A short look around: what the guest is, that its disk, network and processes work.
job_tour() {
	say "kernel=$(uname -r)"
	say "memory-kib=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"
	say "vcpus=$(nproc)"
	say "root=$(awk '$2 == "/" { print $3 }' /proc/mounts | tail -n 1)"
	echo kept >/tour && sync && say "wrote=$(cat /tour)"
	hackbench -g 2 -l 50 >/tmp/hackbench.log 2>&1 && say hackbench=ok
	if net_up; then
		say "net-replies=$(ping -q -c 3 -A -W 5 "${opt_peer:-192.168.77.1}" |
			awk '/packets transmitted/ { print $4 }')/3"
	fi
	leave
}
