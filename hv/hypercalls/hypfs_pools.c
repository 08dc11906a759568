/* SPDX-License-Identifier: MIT */
/*
 * hypfs: /cpupool/ID with what a scheduler policy shows of itself: its name
 * (which can be set while there are no domains), its tunables (which can be set),
 * its counters, and why it was ejected if it was.  Found anew at each access, under
 * the scheduler's configuration lock.
 */
#include "lib/types.h"

#include "hypercalls/hypfs.h"

#include "domain/domain.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"

static unsigned long pools_lock(void)
{
	return spin_lock_irqsave(&sched_system.config);
}

static void pools_unlock(unsigned long flags)
{
	spin_unlock_irqrestore(&sched_system.config, flags);
}

/* @pre pools_lock */
static struct sched_pool *pool_of(const struct hypfs_entry *e)
{
	struct sched_pool *pool = sched_pool_next(&sched_system, e->id);

	return pool && pool->id == e->id ? pool : NULL;
}

static int read_policy(const struct hypfs_entry *leaf, void *value, size_t size)
{
	unsigned long flags = pools_lock();
	const struct sched_pool *pool = pool_of(leaf);
	int len = pool ? hypfs_put_text(value, size, pool->p.policy->name) : -ENOENT;

	pools_unlock(flags);
	return len;
}

static int write_policy(const struct hypfs_entry *leaf, const void *value, size_t len)
{
	return sched_cpupool_set_policy(leaf->id, value);
}

/* The report of the ejection, empty if there was none. */
static int read_ejection(const struct hypfs_entry *leaf, void *value, size_t size)
{
	unsigned long flags = pools_lock();
	const struct sched_pool *pool = pool_of(leaf);
	int len = pool ? hypfs_put_text(value, size, pool->ejection.policy ?
						     pool->ejection.report : "") : -ENOENT;

	pools_unlock(flags);
	return len;
}

static int read_tunable(const struct hypfs_entry *leaf, void *value, size_t size)
{
	unsigned long flags = pools_lock();
	const struct sched_pool *pool = pool_of(leaf);

	if (pool)
		memcpy(value, &pool->p.tunable[leaf->index], sizeof(s64));
	pools_unlock(flags);
	return pool ? (int)sizeof(s64) : -ENOENT;
}

static int write_tunable(const struct hypfs_entry *leaf, const void *value, size_t len)
{
	struct sched_pool *pool;
	unsigned long flags;
	s64 number;
	int rc;

	memcpy(&number, value, sizeof(number));
	sched_pools_hold();
	pool = sched_pool_by_id(&sched_system, leaf->id);
	flags = irq_save();
	rc = pool ? sched_tunable_set(pool, leaf->name, number, now_ns()) : -ENOENT;
	irq_restore(flags);
	sched_pools_release();
	return rc;
}

static bool list_tunables(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	unsigned long flags = pools_lock();
	const struct sched_pool *pool = pool_of(dir);
	bool there = pool && index < pool->p.policy->nr_tunables;

	if (there)
		strlcpy(out->name, pool->p.policy->tunables[index].name, sizeof(out->name));
	pools_unlock(flags);
	out->type = XEN_HYPFS_TYPE_INT;
	out->id = dir->id;
	out->index = index;
	out->max_write = sizeof(s64);
	out->read = read_tunable;
	out->write = write_tunable;
	return there;
}

static int read_counter(const struct hypfs_entry *leaf, void *value, size_t size)
{
	unsigned long flags = pools_lock();
	const struct sched_pool *pool = pool_of(leaf);

	if (pool)
		memcpy(value, &pool->p.counter[leaf->index], sizeof(u64));
	pools_unlock(flags);
	return pool ? (int)sizeof(u64) : -ENOENT;
}

static bool list_counters(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	unsigned long flags = pools_lock();
	const struct sched_pool *pool = pool_of(dir);
	bool there = pool && index < pool->p.policy->nr_counters;

	if (there)
		strlcpy(out->name, pool->p.policy->counters[index], sizeof(out->name));
	pools_unlock(flags);
	out->type = XEN_HYPFS_TYPE_UINT;
	out->id = dir->id;
	out->index = index;
	out->read = read_counter;
	return there;
}

static bool list_pool(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	static const struct hypfs_entry entries[] = {
		{ .name = "counters", .list = list_counters },
		{ .name = "ejection", .type = XEN_HYPFS_TYPE_STRING, .read = read_ejection },
		{ .name = "policy", .type = XEN_HYPFS_TYPE_STRING, .max_write = 16,
		  .read = read_policy, .write = write_policy },
		{ .name = "tunables", .list = list_tunables },
	};

	if (index >= ARRAY_SIZE(entries))
		return false;
	*out = entries[index];
	out->id = dir->id;
	return true;
}

bool hypfs_list_pools(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	unsigned long flags = pools_lock();
	const struct sched_pool *pool = sched_pool_next(&sched_system, index);

	if (pool) {
		out->id = out->index = pool->id;
		out->list = list_pool;
		fmt_snprintf(out->name, sizeof(out->name), "%u", pool->id);
	}
	pools_unlock(flags);
	return pool;
}
