/* SPDX-License-Identifier: MIT */
/*
 * hypfs_op: the protocol of <xen/hypfs.h> over the tree of hypfs.h.  Paths are
 * walked by asking each directory for its entries one by one.  The answer is
 * put together in a page of our own and copied out in one piece.
 */
#include "hypercalls/hypercall.h"

#include "hypercalls/hypfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "memory/page.h"

#define HYPFS_VERSION 1
#define PATH_BYTES 256

int hypfs_put_text(void *value, size_t size, const char *text)
{
	return MIN(strlcpy(value, text, size), size - 1) + 1;
}

static bool list_root(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	static const struct hypfs_entry top[] = {
		{ .name = "buildinfo", .list = hypfs_list_buildinfo },
		{ .name = "cpupool", .list = hypfs_list_pools },
		{ .name = "domain", .list = hypfs_list_domains },
		{ .name = "params", .list = hypfs_list_params },
		{ .name = "policy", .list = hypfs_list_policies },
	};

	if (index >= ARRAY_SIZE(top))
		return false;
	*out = top[index];
	return true;
}

/* The entry of @dir called @name (@len bytes). */
static bool find_entry(const struct hypfs_entry *dir, const char *name, size_t len,
		       struct hypfs_entry *out)
{
	for (u32 i = 0;; i++) {
		memset(out, 0, sizeof(*out));
		if (!dir->list(dir, i, out))
			return false;
		if (strlen(out->name) == len && !memcmp(out->name, name, len))
			return true;
	}
}

static int find_path(const char *path, struct hypfs_entry *found)
{
	struct hypfs_entry next;

	*found = (struct hypfs_entry){ .list = list_root };
	for (path++; *path;) {
		const char *slash = strchr(path, '/');
		size_t len = slash ? slash - path : strlen(path);

		if (!found->list || !find_entry(found, path, len, &next))
			return -ENOENT;
		*found = next;
		path += len + (slash != NULL);
	}
	return 0;
}

/* The path at @va, absolute and ended by its zero: 0, -EINVAL, -EFAULT. */
static int get_path(char *path, u64 va, u64 len)
{
	if (len < 2 || len > PATH_BYTES)
		return -EINVAL;
	if (copy_from_guest(path, va, len))
		return -EFAULT;
	return path[0] != '/' || path[len - 1] || strnlen(path, len) != len - 1 ? -EINVAL : 0;
}

static u32 value_length(const struct hypfs_entry *e, void *scratch)
{
	int len = e->list ? 0 : e->read(e, scratch, HYPFS_VALUE_BYTES);

	return len < 0 ? 0 : len;
}

static struct xen_hypfs_direntry describe(const struct hypfs_entry *e, u32 length)
{
	return (struct xen_hypfs_direntry){ .type = e->type, .encoding = XEN_HYPFS_ENC_PLAIN,
					    .content_len = length, .max_write_len = e->max_write };
}

/* All entries of @dir as xen_hypfs_dirlistentry into @buf: bytes. */
static int list_directory(const struct hypfs_entry *dir, u8 *buf, void *scratch)
{
	struct xen_hypfs_dirlistentry *last = NULL;
	struct hypfs_entry e;
	u32 used = 0;

	for (u32 i = 0;; i++) {
		struct xen_hypfs_dirlistentry *item = (void *)(buf + used);
		size_t bytes;

		memset(&e, 0, sizeof(e));
		if (!dir->list(dir, i, &e))
			return used;
		bytes = ROUND_UP(offsetof(struct xen_hypfs_dirlistentry, name) + strlen(e.name) + 1,
				 __alignof__(struct xen_hypfs_direntry));
		if (used + bytes > HYPFS_VALUE_BYTES)
			return used; /* more than any of our directories needs */
		memset(item, 0, bytes);
		item->e = describe(&e, value_length(&e, scratch));
		strlcpy(item->name, e.name, HYPFS_NAME_BYTES);
		if (last)
			last->off_next = (u8 *)item - (u8 *)last;
		last = item;
		used += bytes;
	}
}

/* @buf: two pages, one for the value and one to work in. */
static long read_entry(const struct hypfs_entry *e, u8 *buf, u64 data, u64 size)
{
	u8 *scratch = buf + HYPFS_VALUE_BYTES;
	int len = e->list ? list_directory(e, buf, scratch) : e->read(e, buf, HYPFS_VALUE_BYTES);
	struct xen_hypfs_direntry head;

	if (len < 0)
		return len;
	head = describe(e, len);
	if (size < sizeof(head))
		return -ENOBUFS;
	if (copy_to_guest(data, &head, sizeof(head)))
		return -EFAULT;
	if (size - sizeof(head) < len)
		return -ENOBUFS;
	return copy_to_guest(data + sizeof(head), buf, len) ? -EFAULT : 0;
}

static long write_entry(const struct hypfs_entry *e, u8 *buf, u64 data, u64 size)
{
	if (!e->write || !e->max_write)
		return -EACCES;
	if (!size || size > e->max_write || size > HYPFS_VALUE_BYTES)
		return -ENOSPC;
	if (copy_from_guest(buf, data, size))
		return -EFAULT;
	if (e->type == XEN_HYPFS_TYPE_STRING ? buf[size - 1] != 0 : size != e->max_write)
		return -EINVAL;
	return e->write(e, buf, size);
}

static long with_path(u32 cmd, u64 path_va, u64 path_len, u64 data, u64 size)
{
	char path[PATH_BYTES];
	struct hypfs_entry e;
	long rc = get_path(path, path_va, path_len);
	u8 *buf;

	if (!rc)
		rc = find_path(path, &e);
	if (rc)
		return rc;
	buf = alloc_hv_pages(1);
	if (!buf)
		return -ENOMEM;
	rc = cmd == XEN_HYPFS_OP_read ? read_entry(&e, buf, data, size) :
					write_entry(&e, buf, data, size);
	free_hv_pages(buf, 1);
	return rc;
}

long hypercall_hypfs_op(u64 cmd, u64 arg1, u64 arg2, u64 arg3, u64 arg4)
{
	switch ((u32)cmd) {
	case XEN_HYPFS_OP_get_version:
		return arg1 || arg2 || arg3 || arg4 ? -EINVAL : HYPFS_VERSION;
	case XEN_HYPFS_OP_read:
	case XEN_HYPFS_OP_write_contents:
		return with_path(cmd, arg1, arg2, arg3, arg4);
	}
	return -EOPNOTSUPP;
}
