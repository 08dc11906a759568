# SPDX-License-Identifier: MIT
# Sourced by build.sh: an ext4 file system with the contents of a folder, made without root and the
# same bytes each time.  mke2fs -d takes names, modes and data; owners and times it would take from
# the host's files, and ids and the hash seed from its random numbers, so all of these are set.

DISK_MIB=32
DISK_UUID=6f727265-7279-4775-a573-74526f6f7430

# Commands for debugfs: every inode belongs to root and is from the beginning of time.
disk_inodes() { # ROOT
	local path field
	(cd "$1" && find . -printf '/%P\n' | LC_ALL=C sort) | while read -r path; do
		for field in uid gid; do echo "set_inode_field $path $field 0"; done
		for field in atime mtime ctime crtime; do
			echo "set_inode_field $path $field @0"
			echo "set_inode_field $path ${field}_extra 0"
		done
	done
	for field in atime mtime ctime crtime; do echo "set_inode_field /lost+found $field @0"; done
	for field in mkfs_time wtime lastcheck; do echo "set_super_value $field @0"; done
}

make_disk() { # ROOT OUTPUT
	rm -f "$2.new"
	E2FSPROGS_FAKE_TIME=1 mke2fs -q -t ext4 -b 4096 -N 4096 -m 0 -U "$DISK_UUID" -L orrery-root \
		-O ^has_journal,^metadata_csum,^resize_inode,^metadata_csum_seed \
		-E "hash_seed=$DISK_UUID,lazy_itable_init=0,root_owner=0:0" -d "$1" "$2.new" "${DISK_MIB}M" >"$2.log"
	disk_inodes "$1" >"$2.commands"
	E2FSPROGS_FAKE_TIME=1 debugfs -w -f "$2.commands" "$2.new" >"$2.log" 2>&1 || die "see $2.log"
	! grep -v -e '^debugfs' "$2.log" || die "see $2.log"
	rm -f "$2.commands" "$2.log"
	mv "$2.new" "$2"
}
