# SPDX-License-Identifier: MIT
# Sourced by build.sh: puts together the root file system of one tier under $root from the
# unpacked packages, our scripts and our tools, and packs it into a cpio archive whose bytes
# depend on nothing but those inputs (sorted names, fixed owner, mode and time, no host data).
# Expects: $here $packages $tools, say, die.

# One sum over all files that an image is made of, for built_from.
inputs_sum() { # FILE-OR-FOLDER...
	find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# True if every output is there and the stamp says that it was made from these inputs.
built_from() { # SUM STAMP OUTPUT...
	local sum=$1 stamp=$2 output
	shift 2
	for output; do [ -s "$output" ] || return 1; done
	[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]
}

# The packages split files between / and /usr; the image has everything in /usr.
merged() {
	case $1 in
	bin/* | sbin/* | lib/* | lib64/*) printf 'usr/%s\n' "$1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

in_tier() { # TIER-OF-ENTRY TIER-BEING-BUILT
	[ "$1" = base ] || [ "$2" = full ]
}

put() { # SOURCE DESTINATION MODE
	mkdir -p "$root/$(dirname "$2")"
	cp -L "$1" "$root/$2"
	chmod "$3" "$root/$2"
}

stage_skeleton() {
	local d
	for d in dev etc/orrery/scenarios proc root run sys tmp usr/bin usr/sbin usr/lib64 \
		usr/lib/x86_64-linux-gnu usr/lib/orrery var/lib/xen var/lib/xenstored var/log/xen; do
		mkdir -p "$root/$d"
	done
	for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
	ln -s ../run "$root/var/run"
	ln -s ../run/lock "$root/var/lock"
}

stage_files() { # TIER
	local tier path link
	while read -r tier path link; do
		case $tier in '' | '#'*) continue ;; esac
		in_tier "$tier" "$1" || continue
		[ -e "$packages/$path" ] || die "files.txt names $path, which no package has"
		[ -e "$root/$(merged "$path")" ] ||
			put "$packages/$path" "$(merged "$path")" "$([ -x "$packages/$path" ] && echo 755 || echo 644)"
		[ -z "$link" ] || ln -s "/$(merged "$path")" "$root/$(merged "${link#/}")"
	done <"$here/files.txt"
}

# A link for every busybox command, so that nothing has to be installed at boot.
stage_busybox() {
	local applet
	for applet in $("$packages/bin/busybox" --list); do
		[ -e "$root/usr/bin/$applet" ] || [ -L "$root/usr/bin/$applet" ] ||
			ln -s busybox "$root/usr/bin/$applet"
	done
}

# Our scripts, the tools of dom0/tools, and the trace collector if it has been built.  Programs are
# named by their sources: what else lies in the folder of built tools does not count.
stage_own() {
	local f name
	put "$here/init" init 755
	put "$here/lib.sh" etc/orrery/lib.sh 644
	for f in "$here"/scenarios/*.sh; do put "$f" "etc/orrery/scenarios/$(basename "$f")" 644; done
	for f in "$here"/../tools/*.c trace-collector; do
		name=$(basename "$f" .c)
		if [ ! -x "$tools/$name" ]; then
			[ "$name" = trace-collector ] && continue
			die "$tools/$name is missing: run \`make dom0-tools\`"
		fi
		put "$tools/$name" "usr/lib/orrery/$name" 755
		strip --strip-all "$root/usr/lib/orrery/$name"
	done
}

needed_libraries() { # FILE
	readelf -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# Shared libraries of everything staged, and theirs, until nothing is missing.
stage_libraries() {
	local lib from dir=usr/lib/x86_64-linux-gnu missing=1
	while [ "$missing" = 1 ]; do
		missing=0
		for lib in $(find "$root/usr" -type f ! -path '*/modules/*' | while read -r f; do
			needed_libraries "$f"; done | LC_ALL=C sort -u); do
			[ -e "$root/$dir/$lib" ] && continue
			from=$(find "$packages/lib" "$packages/usr/lib" -name "$lib" | head -n 1)
			[ -n "$from" ] || die "no package of packages.txt has the library $lib"
			put "$from" "$dir/$lib" 644
			missing=1
		done
	done
	put "$packages/lib64/ld-linux-x86-64.so.2" "$dir/ld-linux-x86-64.so.2" 755
	ln -s "/$dir/ld-linux-x86-64.so.2" "$root/usr/lib64/ld-linux-x86-64.so.2"
}

modinfo_values() { # FILE KEY
	readelf -p .modinfo "$1" | sed -n "s/^ *\[ *[0-9a-f]*\]  $2=//p"
}

module_file() { # NAME, with - or _
	local pattern=${1//[-_]/[-_]}
	find "$packages/lib/modules" -name "$pattern.ko" | head -n 1
}

# The module and all it depends on, dependencies last, each once.
module_closure() { # NAME
	local queue=("$1") seen=" " file dep
	while [ ${#queue[@]} -gt 0 ]; do
		file=$(module_file "${queue[0]}")
		[ -n "$file" ] || die "the kernel package has no module ${queue[0]}"
		queue=("${queue[@]:1}")
		case $seen in *" $file "*) seen=${seen/ $file / } ;; esac
		seen="$seen$file "
		for dep in $(modinfo_values "$file" depends | tr , ' '); do queue+=("$dep"); done
	done
	tr ' ' '\n' <<<"$seen" | sed '/^$/d'
}

# Modules with the two index files that modprobe reads; no depmod needed on the host.
stage_modules() { # TIER
	local tier name version dir file
	version=$(ls "$packages/lib/modules")
	dir=$root/usr/lib/modules/$version
	mkdir -p "$dir"
	while read -r tier name; do
		case $tier in '' | '#'*) continue ;; esac
		if in_tier "$tier" "$1"; then module_closure "$name"; fi
	done <"$here/modules.txt" | LC_ALL=C sort -u | while read -r file; do
		put "$file" "usr/lib/modules/$version/kernel/${file#*/kernel/}" 644
		module_closure "$(basename "$file" .ko)" | sed 's,.*/kernel/,kernel/,' |
			awk 'NR == 1 { printf "%s:", $0; next } { printf " %s", $0 } END { print "" }' \
				>>"$dir/modules.dep"
		name=$(basename "$file" .ko)
		modinfo_values "$file" alias | sed "s/.*/alias & ${name//-/_}/" >>"$dir/modules.alias"
	done
	: >"$dir/modules.symbols"
}

pack() { # OUTPUT
	find "$root" -type d -exec chmod 755 {} +
	chmod 1777 "$root/tmp"
	find "$root" -exec touch -h -d @0 {} +
	(cd "$root" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort |
		cpio --quiet -o -H newc --reproducible -R 0:0) | gzip -9n >"$1"
}
