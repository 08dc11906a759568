#!/bin/sh
# SPDX-License-Identifier: MIT
# Make sure the Debian packages of packages.txt are there: install them as root or with sudo,
# otherwise say in one line which are missing.
set -eu
list=$(dirname "$0")/packages.txt
missing=
for p in $(sed 's/#.*//' "$list"); do
	dpkg-query -W -f='${db:Status-Abbrev}' "$p" 2>/dev/null | grep -q '^ii' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
	as=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	as=sudo
else
	echo "missing Debian packages; as root: apt-get install$missing" >&2
	exit 1
fi
echo "installing Debian packages:$missing"
if ! $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1; then
	$as apt-get update -qq
	$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
