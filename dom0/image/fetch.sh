# SPDX-License-Identifier: MIT
# Sourced by build.sh: gets the packages of packages.txt into $cache/debs and unpacks what the
# image and the peer take from them into $packages.  Needs no root.  Uses the machine's apt lists;
# where those do not know the packages it fetches lists of its own into $cache/apt.  What is in
# the cache already is never fetched again, so a second build needs no network.  Verification of
# what is fetched is apt's (signed lists).  Expects: $here $cache $packages, say, die.

# Kernel modules that no guest of QEMU's needs; they are most of the kernel package.
unpack_without=(drivers/gpu drivers/media drivers/infiniband drivers/staging drivers/iio drivers/usb
	drivers/hid drivers/net/wireless drivers/net/dsa drivers/input drivers/hwmon drivers/isdn sound)

apt_options=(-qq -o APT::Sandbox::User=)

apt_knows() {
	apt-cache "${apt_options[@]}" show "$1" >/dev/null 2>&1
}

# Lists of our own, for machines whose apt lists are empty or not readable.
use_private_apt_lists() {
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
	apt_options+=(-o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt")
	apt_knows linux-image-amd64 && return
	say "fetching package lists into $cache/apt"
	apt-get "${apt_options[@]}" update >"$cache/apt/update.log" 2>&1 || true
	apt_knows linux-image-amd64 && apt_knows xen-utils-4.17 && return
	die "apt knows no xen-utils-4.17: this needs Debian 12 (bookworm) sources in /etc/apt and" \
		"network access once (log: $cache/apt/update.log)"
}

cached_deb() { # NAME [VERSION] -> path of the newest match, if any
	local version=${2:-*} match
	match=$(ls -1v "$cache/debs/$1_"${version//:/%3a}_*.deb 2>/dev/null | tail -n 1)
	[ -n "$match" ] && printf '%s\n' "$match"
}

download() { # NAME[=VERSION]
	(cd "$cache/debs" && apt-get "${apt_options[@]}" download "$1") >/dev/null 2>&1
}

# The package a meta package stands for: linux-image-amd64 -> linux-image-6.1.0-NN-amd64.
meta_target() {
	apt-cache "${apt_options[@]}" depends "$1" | awk '/Depends: *linux-image-/ { print $2; exit }'
}

# Print the path of one package's .deb, fetching it if it is not in the cache.
fetch_package() { # NAME VERSION [META]
	local name=$1 version=$2 meta=${3:-}
	cached_deb "$name" "$version" && return
	apt_knows "$name" || [ -n "$meta" ] || use_private_apt_lists >&2
	download "$name=$version" && cached_deb "$name" "$version" && return
	[ -n "$meta" ] && name=$(meta_target "$meta")
	download "$name" || true
	cached_deb "$name" || die "cannot fetch package $name: no network, or not a Debian 12 archive"
	say "$name $version is no longer offered; took $(basename "$(cached_deb "$name")")" >&2
}

# All packages; writes their names and hashes to $cache/packages.lock.new.
fetch_all() {
	local name version meta deb
	mkdir -p "$cache/debs"
	while read -r name version meta; do
		case $name in '' | '#'*) continue ;; esac
		deb=$(fetch_package "$name" "$version" "$meta")
		printf '%s  %s\n' "$(sha256sum <"$deb" | cut -d' ' -f1)" "$(basename "$deb")"
	done <"$here/packages.txt" >"$cache/packages.lock.new"
}

# No *.d: none is needed, and make would take such a folder for a dependency file.
unpack_deb() {
	local args=() path
	for path in "${unpack_without[@]}"; do
		args+=(--exclude="./lib/modules/*/kernel/$path")
	done
	dpkg --fsys-tarfile "$1" | tar -x -C "$packages" --no-same-owner "${args[@]}" \
		--exclude=./usr/share --exclude='*/python' --exclude='*.d'
}

# Unpack again only when some package changed.
unpack_all() {
	local sum deb
	cmp -s "$cache/packages.lock.new" "$packages/.lock" && return
	rm -rf "$packages"
	mkdir -p "$packages"
	while read -r sum deb; do
		[ "${deb#linux-image}" = "$deb" ] || say "unpacking $(wc -l <"$cache/packages.lock.new") packages"
		unpack_deb "$cache/debs/$deb"
	done <"$cache/packages.lock.new"
	mv "$cache/packages.lock.new" "$packages/.lock"
}
