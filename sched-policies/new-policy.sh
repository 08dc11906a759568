#!/bin/sh
# SPDX-License-Identifier: MIT
# A new policy from the template: new-policy.sh NAME [DIRECTORY] writes NAME.c and NAME.md.
# Nothing else has to be edited: the build finds the file, the file registers itself.
set -eu
here=$(dirname "$0")
name=${1:-} dir=${2:-$here/policies}
case $name in
'' | *[!a-z0-9]* | [0-9]*)
	echo "new-policy: NAME is small letters and digits, a letter first (make new-policy NAME=mine)" >&2
	exit 2 ;;
esac
if [ ${#name} -gt 15 ]; then
	echo "new-policy: '$name' is longer than 15 characters" >&2
	exit 2
fi
if [ -e "$dir/$name.c" ] || [ -e "$here/policies/$name.c" ]; then
	echo "new-policy: a policy '$name' exists; choose another name" >&2
	exit 2
fi
for suffix in c md; do
	sed "s/@NAME@/$name/g" "$here/template/policy.$suffix.in" > "$dir/$name.$suffix"
done
echo "$dir/$name.c and $name.md: now \`make test-host\`, \`orrery sim mixed --sched $name\`, \`orrery boot --sched $name\`"
