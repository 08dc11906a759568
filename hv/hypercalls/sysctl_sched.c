/* SPDX-License-Identifier: MIT */
/*
 * sysctl on schedulers, pools and the list of domains: arguments to and from
 * hv/sched, which decides.
 */
#include "hypercalls/sysctl.h"

#include "hypercalls/ctl_bitmap.h"
#include "hypercalls/domain_info.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"

int sysctl_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = sched_pool_xen_id(0);
	return 0;
}

int sysctl_scheduler_op(struct xen_sysctl *op)
{
	return sched_sysctl_adjust(&op->u.scheduler_op);
}

/* Id, domains and pCPUs of the pool with the lowest id >= @from; false if there is none. */
static bool describe_pool(u32 from, u32 *id, u32 *domains, struct pcpu_mask *mask)
{
	unsigned long flags = spin_lock_irqsave(&sched_system.config);
	const struct sched_pool *pool = sched_pool_next(&sched_system, from);

	if (pool) {
		*id = pool->id;
		*domains = pool->nr_domains;
		*mask = pool->p.members;
	}
	spin_unlock_irqrestore(&sched_system.config, flags);
	return pool;
}

/* The pool with the lowest id >= the one asked for; the tools walk the list with it. */
static int pool_info(struct xen_sysctl_cpupool_op *op)
{
	struct pcpu_mask mask;
	u32 id, domains;

	if (!describe_pool(op->cpupool_id, &id, &domains, &mask))
		return -ENOENT;
	op->cpupool_id = id;
	op->sched_id = sched_pool_xen_id(id);
	op->n_dom = domains;
	return ctl_bitmap_put(&op->cpumap, &mask);
}

static int pool_free_info(struct xen_sysctl_cpupool_op *op)
{
	struct pcpu_mask mask;

	sched_free_pcpus(&mask);
	return ctl_bitmap_put(&op->cpumap, &mask);
}

static int pool_create(struct xen_sysctl_cpupool_op *op)
{
	u32 id = op->cpupool_id == XEN_SYSCTL_CPUPOOL_PAR_ANY ? SCHED_POOL_NONE : op->cpupool_id;
	int rc = sched_cpupool_create(&id, op->sched_id);

	if (!rc)
		op->cpupool_id = id;
	return rc;
}

static int pool_destroy(struct xen_sysctl_cpupool_op *op)
{
	return sched_cpupool_destroy(op->cpupool_id);
}

static u32 cpu_argument(const struct xen_sysctl_cpupool_op *op)
{
	return op->cpu == XEN_SYSCTL_CPUPOOL_PAR_ANY ? SCHED_POOL_NONE : op->cpu;
}

static int pool_add_cpu(struct xen_sysctl_cpupool_op *op)
{
	return sched_cpupool_add_pcpu(op->cpupool_id, cpu_argument(op));
}

static int pool_remove_cpu(struct xen_sysctl_cpupool_op *op)
{
	return sched_cpupool_remove_pcpu(op->cpupool_id, cpu_argument(op));
}

static int pool_move_domain(struct xen_sysctl_cpupool_op *op)
{
	struct domain *d = op->domid <= 0xffff ? domain_get(op->domid) : NULL;
	int rc;

	if (!d)
		return -ESRCH;
	rc = sched_cpupool_move_domain(d, op->cpupool_id);
	domain_put(d);
	return rc;
}

int sysctl_cpupool_op(struct xen_sysctl *op)
{
	static int (*const pool_ops[])(struct xen_sysctl_cpupool_op *op) = {
		[XEN_SYSCTL_CPUPOOL_OP_CREATE] = pool_create,
		[XEN_SYSCTL_CPUPOOL_OP_DESTROY] = pool_destroy,
		[XEN_SYSCTL_CPUPOOL_OP_INFO] = pool_info,
		[XEN_SYSCTL_CPUPOOL_OP_ADDCPU] = pool_add_cpu,
		[XEN_SYSCTL_CPUPOOL_OP_RMCPU] = pool_remove_cpu,
		[XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN] = pool_move_domain,
		[XEN_SYSCTL_CPUPOOL_OP_FREEINFO] = pool_free_info,
	};
	u32 cmd = op->u.cpupool_op.op;

	if (cmd >= ARRAY_SIZE(pool_ops) || !pool_ops[cmd])
		return -ENOSYS;
	return pool_ops[cmd](&op->u.cpupool_op);
}

int sysctl_getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *args = &op->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	u32 n = 0, next = args->first_domain;
	struct domain *d;

	while (n < args->max_domains && next < DOMID_FIRST_RESERVED && (d = domain_get_from(next))) {
		next = d->id + 1;
		domain_info_fill(d, &info);
		domain_put(d);
		if (copy_to_handle_idx(args->buffer, n, &info))
			return -EFAULT;
		n++;
	}
	args->num_domains = n;
	return 0;
}
