/* SPDX-License-Identifier: MIT */
/*
 * hypfs_op: the protocol of <xen/hypfs.h> over the tree of hypfs.h.  Paths are
 * walked by asking each directory for its entries one by one, or for the number
 * that is wanted.  A value is put together in a page of our own and copied out in
 * one piece; a listing goes out entry by entry, so it may have any length.
 */
#include "hypercalls/hypercall.h"

#include "hypercalls/hypfs.h"
#include "lib/errno.h"
#include "lib/parse.h"
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
		{ .name = "cpupool", .numbered = true, .list = hypfs_list_pools },
		{ .name = "domain", .numbered = true, .list = hypfs_list_domains },
		{ .name = "params", .list = hypfs_list_params },
		{ .name = "policy", .list = hypfs_list_policies },
	};

	if (index >= ARRAY_SIZE(top))
		return false;
	*out = top[index];
	return true;
}

/* The entry at *@index (the next one, if numbered); *@index is behind it then. */
static bool next_entry(const struct hypfs_entry *dir, u32 *index, struct hypfs_entry *out)
{
	memset(out, 0, sizeof(*out));
	if (!dir->list(dir, *index, out))
		return false;
	*index = (dir->numbered ? out->index : *index) + 1;
	return true;
}

/* The entry of @dir called @name (@len bytes, a slash or zero behind it). */
static bool find_entry(const struct hypfs_entry *dir, const char *name, size_t len,
		       struct hypfs_entry *out)
{
	const char *end;
	u32 index = dir->numbered ? parse_u64(name, &end, 10) : 0;

	while (next_entry(dir, &index, out)) {
		if (strlen(out->name) == len && !memcmp(out->name, name, len))
			return true;
		if (dir->numbered)
			return false;
	}
	return false;
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

/* Of its item in a listing. */
static u32 item_bytes(const struct hypfs_entry *e)
{
	return ROUND_UP(offsetof(struct xen_hypfs_dirlistentry, name) + strlen(e->name) + 1,
			__alignof__(struct xen_hypfs_direntry));
}

static u32 listing_bytes(const struct hypfs_entry *dir)
{
	struct hypfs_entry e;
	u32 index = 0, bytes = 0;

	while (next_entry(dir, &index, &e))
		bytes += item_bytes(&e);
	return bytes;
}

/* One item to the guest at @to. */
static int put_item(u64 to, const struct hypfs_entry *e, bool last, void *scratch)
{
	union {
		struct xen_hypfs_dirlistentry head;
		u8 bytes[sizeof(struct xen_hypfs_dirlistentry) + HYPFS_NAME_BYTES];
	} item = { .bytes = { 0 } };
	u32 bytes = item_bytes(e);

	item.head.e = describe(e, value_length(e, scratch));
	item.head.off_next = last ? 0 : bytes;
	strlcpy(item.head.name, e->name, HYPFS_NAME_BYTES);
	return copy_to_guest(to, &item, bytes);
}

/* All entries of @dir to @to, at most @size bytes: entries may have come since that was asked. */
static long put_listing(const struct hypfs_entry *dir, u64 to, u32 size, void *scratch)
{
	struct hypfs_entry e, next;
	u32 index = 0, left = size;
	bool more = next_entry(dir, &index, &next);

	while (more && item_bytes(&next) <= left) {
		e = next;
		left -= item_bytes(&e);
		more = next_entry(dir, &index, &next);
		if (put_item(to, &e, !more || item_bytes(&next) > left, scratch))
			return -EFAULT;
		to += item_bytes(&e);
	}
	return 0;
}

/* @page: to work in. */
static long read_entry(const struct hypfs_entry *e, u8 *page, u64 data, u64 size)
{
	int len = e->list ? listing_bytes(e) : e->read(e, page, HYPFS_VALUE_BYTES);
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
	data += sizeof(head);
	if (e->list)
		return put_listing(e, data, len, page);
	return copy_to_guest(data, page, len) ? -EFAULT : 0;
}

static long write_entry(const struct hypfs_entry *e, u8 *page, u64 data, u64 size)
{
	if (!e->write || !e->max_write)
		return -EACCES;
	if (!size || size > e->max_write || size > HYPFS_VALUE_BYTES)
		return -ENOSPC;
	if (copy_from_guest(page, data, size))
		return -EFAULT;
	if (e->type == XEN_HYPFS_TYPE_STRING ? page[size - 1] != 0 : size != e->max_write)
		return -EINVAL;
	return e->write(e, page, size);
}

static long with_path(u32 cmd, u64 path_va, u64 path_len, u64 data, u64 size)
{
	char path[PATH_BYTES];
	struct hypfs_entry e;
	long rc = get_path(path, path_va, path_len);
	u8 *page;

	if (!rc)
		rc = find_path(path, &e);
	if (rc)
		return rc;
	page = alloc_hv_pages(0);
	if (!page)
		return -ENOMEM;
	rc = cmd == XEN_HYPFS_OP_read ? read_entry(&e, page, data, size) :
					write_entry(&e, page, data, size);
	free_hv_pages(page, 0);
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
