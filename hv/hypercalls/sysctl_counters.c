/* SPDX-License-Identifier: MIT */
/*
 * sysctl perfc_op: counters for `xenperf`, as named arrays of 32-bit values.
 * They are kept elsewhere for their own sake (hypercalls per domain and number,
 * scheduling per pCPU) and only gathered here; counts of domains that are gone
 * are gone with them.  A reset does not touch them: it notes what they were,
 * and later answers are the difference.
 */
#include "hypercalls/sysctl.h"

#include "hypercalls/domain_info.h"
#include "lib/errno.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "memory/guest.h"

struct counter {
	const char *name;
	u32 (*count)(void);
	u64 (*value)(u32 index);
};

static u64 baseline_total; /* words of `baseline` in use */
static u32 baseline[NR_HYPERCALLS + 4 * MAX_PCPUS];
static spinlock_t baseline_lock = SPINLOCK_INIT;

static u32 per_number(void)
{
	return NR_HYPERCALLS;
}

static u32 per_pcpu(void)
{
	return pcpu_count;
}

static u64 hypercalls_of(u32 nr)
{
	struct domain *d;
	u64 sum = 0;

	for (u32 next = 0; (d = domain_get_from(next));) {
		sum += READ_ONCE(d->hypercalls[nr]);
		next = d->id + 1;
		domain_put(d);
	}
	return sum;
}

static u64 interrupts_of(u32 cpu)
{
	return READ_ONCE(pcpus[cpu]->irq_count);
}

static u64 switches_of(u32 cpu)
{
	return READ_ONCE(sched_system.pcpu[cpu]->switches);
}

static u64 decisions_of(u32 cpu)
{
	return READ_ONCE(sched_system.pcpu[cpu]->decisions);
}

static const struct counter counters[] = {
	{ "hypercalls", per_number, hypercalls_of },
	{ "interrupts by pCPU", per_pcpu, interrupts_of },
	{ "context switches by pCPU", per_pcpu, switches_of },
	{ "scheduling decisions by pCPU", per_pcpu, decisions_of },
};

static u32 total_values(void)
{
	u32 n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++)
		n += counters[i].count();
	return n;
}

static void reset_baseline(void)
{
	unsigned long flags = spin_lock_irqsave(&baseline_lock);

	baseline_total = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++)
		for (u32 k = 0; k < counters[i].count(); k++)
			baseline[baseline_total++] = counters[i].value(k);
	spin_unlock_irqrestore(&baseline_lock, flags);
}

static int put_descriptions(const struct xen_sysctl_perfc_op *op)
{
	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++) {
		struct xen_sysctl_perfc_desc desc = { .nr_vals = counters[i].count() };

		strlcpy(desc.name, counters[i].name, sizeof(desc.name));
		if (copy_to_handle_idx(op->desc, i, &desc))
			return -EFAULT;
	}
	return 0;
}

static int put_values(const struct xen_sysctl_perfc_op *op)
{
	u32 at = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++)
		for (u32 k = 0; k < counters[i].count(); k++, at++) {
			u32 value = counters[i].value(k);

			if (at < READ_ONCE(baseline_total))
				value -= baseline[at];
			if (copy_to_handle_idx(op->val, at, &value))
				return -EFAULT;
		}
	return 0;
}

int sysctl_perfc_op(struct xen_sysctl *op)
{
	struct xen_sysctl_perfc_op *args = &op->u.perfc_op;
	int rc = 0;

	switch (args->cmd) {
	case XEN_SYSCTL_PERFCOP_reset:
		reset_baseline();
		break;
	case XEN_SYSCTL_PERFCOP_query:
		break;
	default:
		return -EINVAL;
	}
	args->nr_counters = ARRAY_SIZE(counters);
	args->nr_vals = total_values();
	if (guest_handle_va(args->desc))
		rc = put_descriptions(args);
	if (!rc && guest_handle_va(args->val))
		rc = put_values(args);
	return rc;
}
