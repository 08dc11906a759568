# SPDX-License-Identifier: MIT
# The table of arinc653, set and shown through the tools' own hypercall: guests get what it says, when it
# says; one that it leaves out gets nothing; one that comes back with its UUID is in it again. Needs
# --smp 2 --dom0-vcpus 1.
. /etc/orrery/guests.sh

uuid() { echo "0000000$1-1111-2222-3333-444444444444"; }
hog() { # NAME N
	create workload "name=\"$1\"" "uuid=\"$(uuid "$2")\"" 'pool="lab"' \
		"extra=\"program=hog start=1 warm=1 end=900000000000\""
}
# What each gets of a pCPU, in thousandths, within two hundredths.
about() { # NAME=SHARE...
	local got word name
	got=" $(shares $(for word in "$@"; do echo "${word%%=*}"; done) | tr '\n' ' ')"
	for word in "$@"; do
		set -- $got
		got="${got#* $1}"
		echo "$word: $1"
		[ "$1" -ge $((${word#*=} - 20)) ] && [ "$1" -le $((${word#*=} + 20)) ] || return 1
	done
}

step setup guests_setup
step free-1 xl cpupool-cpu-remove Pool-0 1
step pool xl cpupool-create 'name="lab"' 'sched="arinc653"' 'cpus=["1"]'
for n in 1 2 3; do step "hog-$n" hog h$n $n; done
# Without a table each has frames of 10 ms in turn.
step dealt about h1=333 h2=333 h3=333
step none equal "$(tool table 1)" "cycle=0"
a=$(xl domid h1)
b=$(xl domid h2)
step set tool table 1 10000 "$a=2000" idle=3000 "$b:0=4000"
step shown equal "$(tool table 1 | tr '\n' ' ')" "cycle=10000 $a:0=2000 nobody=3000 $b:0=4000 "
step followed about h1=200 h2=400 h3=0

step too-short refused_by_tool 'does not fit' tool table 1 5000 "$a=2000" "$b=4000"
step too-small refused_by_tool 'does not fit' tool table 1 5000 "$a=1"
step empty refused_by_tool 'does not fit' tool table 1 5000
step no-domain refused_by_tool 'no domain 99' tool table 1 10000 99=2000
step no-word refused_by_tool 'write it as ID=LENGTH' tool table 1 10000 "$a"
step no-number refused_by_tool 'not a number of microseconds' tool table 1 often
step no-table refused_by_tool 'credit has no table' tool table 0
step kept about h1=200 h2=400 h3=0

step destroy xl destroy h2
step gone guest_gone h2
step without about h1=200 h3=0
step again hog h2 2
step back about h1=200 h2=400 h3=0
step not-ejected equal "$(tool why 1)" ""
for n in 1 2 3; do step "end-$n" xl destroy h$n; done
exit $failed
