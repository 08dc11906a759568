# SPDX-License-Identifier: MIT
# Configurations that xl refuses or that fail half way: no kernel, a kernel that is none, too much
# memory, a disk or a network that is not there, too many vCPUs, a name in use.  Each fails, and
# leaves no domain, no frame, no event channel and nothing in the store.
. /etc/orrery/guests.sh

channels() { lsevtchn 0 | wc -l; }
store() { xenstore-ls /local/domain | grep -c . ; }
leaves_nothing() { settled && [ "$(channels)" = "$ports" ] && [ "$(store)" = "$entries" ]; }
refused() { # NAME=VALUE...: creation has to fail
	! timeout 60 xl create /guests/one.cfg 'name="bad"' "$@"
}
bad() { # STEP NAME=VALUE...
	local name=$1
	shift
	step $name-refused refused "$@"
	step $name-clean wait_until 20 leaves_nothing
	emit $name-free "$(hv_free)"
}

step setup guests_setup
step backends backends_up
step first create one 'name="first"'
step first-gone wait_until 60 only_dom0
head -c 100000 /dev/urandom >/tmp/noise
dd if=/guests/vmlinuz of=/tmp/half bs=1000000 count=1 2>/dev/null
usleep 500000
free=$(hv_free)
ports=$(channels)
entries=$(store)
emit free-pages "$free"
emit channels "$ports"

bad no-kernel 'kernel="/guests/none"'
bad noise-kernel 'kernel="/tmp/noise"'
bad half-kernel 'kernel="/tmp/half"'
bad no-ramdisk 'ramdisk="/guests/none"'
bad much-memory 'memory=100000'
bad little-memory 'memory=8'
bad no-disk "disk=['format=raw,vdev=xvda,access=rw,target=/tmp/none.img']"
bad no-bridge "vif=['bridge=nowhere']"
bad many-vcpus 'vcpus=4096'
bad no-pool 'pool="nowhere"'
bad no-pcpu 'cpus="77"'
bad memory-zero 'memory=0'

step good create one 'name="good"' "$(job idle)"
step good-up wait_until 60 guest_said good idle
step same-name refused 'name="good"'
step good-destroy xl destroy good
step good-clean wait_until 20 leaves_nothing
xl list | sed 's/^/ORRERY-LOG list: /'
emit free-pages-after "$(hv_free)"
emit channels-after "$(channels)"
exit $failed
