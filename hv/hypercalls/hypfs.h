/* SPDX-License-Identifier: MIT */
/*
 * The tree behind hypfs_op: settings and facts by path, for `xenhypfs` and
 * `xl set-parameters`.  A directory lists its entries by index, or by number (the
 * domains, of which there may be many); an entry is made on the fly, so nothing
 * is registered and nothing can go stale.  Leaves read and write whole values
 * through a buffer.
 */
#ifndef ORRERY_HYPERCALLS_HYPFS_H
#define ORRERY_HYPERCALLS_HYPFS_H

#include <xen/hypfs.h>

#include "lib/types.h"

#define HYPFS_NAME_BYTES 48
#define HYPFS_VALUE_BYTES 4096 /* the longest value */

struct hypfs_entry {
	char name[HYPFS_NAME_BYTES];
	u8 type;                     /* XEN_HYPFS_TYPE_* */
	u32 max_write;               /* bytes, 0: read-only */
	u64 id, index;               /* what it stands for, for the functions below */
	bool numbered;               /* directory: names are numbers, ascending, and indexes */

	/* Directory: the entry @index into *@out, all zero before; false past the end.  If numbered
	 * the first from @index on, and it tells its own. */
	bool (*list)(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out);
	/* Leaf: the value, at most @size bytes (strings with their final zero): its length, -errno. */
	int (*read)(const struct hypfs_entry *leaf, void *value, size_t size);
	/* @len <= max_write; strings end with a zero. 0 or -errno. */
	int (*write)(const struct hypfs_entry *leaf, const void *value, size_t len);
};

/* Entries of the top directory. */
bool hypfs_list_params(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out);
bool hypfs_list_buildinfo(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out);
bool hypfs_list_domains(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out);
bool hypfs_list_policies(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out);
bool hypfs_list_pools(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out);

/* @text into a leaf's buffer with its final zero, cut if it does not fit. */
int hypfs_put_text(void *value, size_t size, const char *text);

#endif
