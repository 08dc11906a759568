/* SPDX-License-Identifier: MIT */
/*
 * set_memory_map and memory_map: the E820 map that the builder gives a guest
 * and the guest asks for.  Entries are passed through as they are; without a
 * map a guest is told so and takes its memory to start at zero.
 */
#include "hypercalls/memory_op.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "memory/heap.h"

#define MAP_ENTRIES 128 /* E820MAX of the boot protocol */
#define ENTRY_BYTES 20

struct memory_map {
	u32 nr;
	u8 entries[MAP_ENTRIES * ENTRY_BYTES];
};

/* @pre d->lock held. The old map, to be freed. */
static struct memory_map *replace(struct domain *d, struct memory_map *map)
{
	struct memory_map *old = d->memory_map;

	d->memory_map = map;
	return old;
}

static long install(domid_t domid, struct memory_map *map)
{
	struct memory_map *old;
	struct domain *d;
	int rc;

	d = hypercall_target(domid, &rc);
	if (!d) {
		xfree(map);
		return rc;
	}
	spin_lock(&d->lock);
	old = replace(d, map);
	spin_unlock(&d->lock);
	xfree(old);
	domain_put(d);
	return 0;
}

long memory_set_memory_map(u64 arg)
{
	struct xen_foreign_memory_map args;
	struct memory_map *map;

	if (copy_from_guest(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.map.nr_entries > MAP_ENTRIES)
		return -EINVAL;
	map = xnew(struct memory_map);
	if (!map)
		return -ENOMEM;
	map->nr = args.map.nr_entries;
	if (copy_from_guest(map->entries, guest_handle_va(args.map.buffer), map->nr * ENTRY_BYTES)) {
		xfree(map);
		return -EFAULT;
	}
	return install(args.domid, map);
}

/* A copy, so that the lock is not held while guest memory is written. */
static struct memory_map *copy_of_own(struct domain *d)
{
	struct memory_map *copy = xnew(struct memory_map);

	if (!copy)
		return NULL;
	spin_lock(&d->lock);
	if (d->memory_map)
		*copy = *d->memory_map;
	spin_unlock(&d->lock);
	return copy;
}

static long put_map(u64 arg, struct xen_memory_map *args, const struct memory_map *map)
{
	args->nr_entries = MIN(args->nr_entries, map->nr);
	if (copy_to_guest(guest_handle_va(args->buffer), map->entries,
			  args->nr_entries * ENTRY_BYTES))
		return -EFAULT;
	return copy_to_guest(arg, args, sizeof(*args)) ? -EFAULT : 0;
}

long memory_memory_map(u64 arg)
{
	struct xen_memory_map args;
	struct memory_map *map;
	long rc;

	if (copy_from_guest(&args, arg, sizeof(args)))
		return -EFAULT;
	map = copy_of_own(current->domain);
	if (!map)
		return -ENOMEM;
	rc = map->nr ? put_map(arg, &args, map) : -ENOSYS;
	xfree(map);
	return rc;
}
