/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls in guest memory, executed in order, each
 * result written into its entry.  Between entries, and when an entry asks to
 * be continued, the multicall stops and has the guest issue it again for the
 * rest of the list; a continued entry's arguments are rewritten in the list
 * first.  State: one pointer a pCPU to the entry being executed, valid only
 * within hypercall_multicall() (a pCPU runs nothing else before it returns).
 */
#include "hypercalls/multicall.h"

#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "memory/guest.h"
#include "trace/trace.h"
#include "x86/entry.h"

struct running_entry {
	struct multicall_entry call;
	bool again; /* the call wants to be continued; .call is what to issue */
};

static struct running_entry *running[MAX_PCPUS];

bool multicall_continue(unsigned nr, const u64 *args, unsigned n)
{
	struct running_entry *r = running[smp_processor_id()];

	if (!r)
		return false;
	r->call.op = nr;
	for (unsigned i = 0; i < n; i++)
		r->call.args[i] = args[i];
	r->again = true;
	return true;
}

static inline long execute(struct domain *d, const struct multicall_entry *call)
{
	if (unlikely(call->op >= NR_HYPERCALLS))
		return -ENOSYS;
	d->hypercalls[call->op]++;
	trace_hypercall_subcall(call->op, call->args[0], call->args[1], call->args[2]);
	return multicall_table[call->op](call->args[0], call->args[1], call->args[2],
					 call->args[3], call->args[4], call->args[5]);
}

/* 0; -EFAULT; -ERESTART: start again with this entry. */
static int run_entry(struct domain *d, struct running_entry *r, u64 entry)
{
	long result;

	if (unlikely(copy_from_guest(&r->call, entry, sizeof(r->call))))
		return -EFAULT;
	result = execute(d, &r->call);
	if (likely(!r->again))
		return put_guest_u64(entry + offsetof(struct multicall_entry, result), result);
	if (copy_to_guest(entry, &r->call, sizeof(r->call)))
		return -EFAULT;
	return -ERESTART;
}

long hypercall_multicall(u64 list, u64 count)
{
	struct running_entry **slot = &running[smp_processor_id()];
	struct domain *d = current->domain;
	struct running_entry r;
	u32 left = count; /* the ABI's argument is 32 bits wide */
	int rc = 0;

	if (unlikely(*slot))
		return -EINVAL; /* no multicalls in multicalls */
	*slot = &r;
	r.again = false;
	for (u64 entry = list; left; left--, entry += sizeof(r.call)) {
		rc = left != (u32)count && preempt_needed() ? -ERESTART : run_entry(d, &r, entry);
		if (unlikely(rc))
			break;
	}
	*slot = NULL;
	if (rc == -ERESTART)
		return HYPERCALL_CONTINUE(multicall,
					  list + ((u32)count - left) * sizeof(r.call), left);
	return rc;
}
