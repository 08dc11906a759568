/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op: fetches the guest's structure, finds the domain it names,
 * checks that the caller may, and hands over to evtchn/.  Structures with a
 * result are written back whole, as the ABI has it.
 */
#include <xen/event_channel.h>

#include "evtchn/evtchn.h"
#include "evtchn/ops.h"
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "memory/guest.h"
#include "trace/trace.h"
#include "x86/asm-fixup.h"
#include "x86/layout.h"

static long op_alloc_unbound(u64 arg)
{
	struct evtchn_alloc_unbound a;
	struct domain *d;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	d = hypercall_target(a.dom, &rc);
	if (!d)
		return rc;
	if (a.remote_dom == DOMID_SELF)
		a.remote_dom = current->domain->id;
	rc = evtchn_alloc_unbound(d, a.remote_dom, &a.port);
	if (!rc)
		trace_evtchn_bind(a.port, d->id, EVTCHNSTAT_unbound, 0);
	domain_put(d);
	if (!rc && copy_to_guest(arg, &a, sizeof(a)))
		rc = -EFAULT;
	return rc;
}

static long op_bind_interdomain(u64 arg)
{
	struct evtchn_bind_interdomain a;
	struct domain *remote;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	/* No privilege: the remote port was made for us, or not. */
	remote = domain_get_or_self(a.remote_dom);
	if (!remote)
		return -ESRCH;
	rc = evtchn_bind_interdomain(current->domain, remote, a.remote_port, &a.local_port);
	domain_put(remote);
	if (rc)
		return rc;
	trace_evtchn_bind(a.local_port, current->domain->id, EVTCHNSTAT_interdomain,
			  a.remote_port);
	return copy_to_guest(arg, &a, sizeof(a)) ? -EFAULT : 0;
}

static long op_bind_virq(u64 arg)
{
	struct evtchn_bind_virq a;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	rc = evtchn_bind_virq(current->domain, a.virq, a.vcpu, &a.port);
	if (rc)
		return rc;
	trace_evtchn_bind(a.port, current->domain->id, EVTCHNSTAT_virq, a.virq);
	return copy_to_guest(arg, &a, sizeof(a)) ? -EFAULT : 0;
}

static long op_bind_ipi(u64 arg)
{
	struct evtchn_bind_ipi a;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	rc = evtchn_bind_ipi(current->domain, a.vcpu, &a.port);
	if (rc)
		return rc;
	trace_evtchn_bind(a.port, current->domain->id, EVTCHNSTAT_ipi, 0);
	return copy_to_guest(arg, &a, sizeof(a)) ? -EFAULT : 0;
}

static long op_bind_pirq(u64 arg)
{
	struct evtchn_bind_pirq a;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	rc = evtchn_bind_pirq(current->domain, a.pirq, a.flags & BIND_PIRQ__WILL_SHARE, &a.port);
	if (rc)
		return rc;
	trace_evtchn_bind(a.port, current->domain->id, EVTCHNSTAT_pirq, a.pirq);
	return copy_to_guest(arg, &a, sizeof(a)) ? -EFAULT : 0;
}

static long op_close(u64 arg)
{
	struct evtchn_close a;
	struct domain *d = current->domain;
	struct evtchn_status was;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	was.port = a.port;
	if (evtchn_get_status(d, &was))
		return -EINVAL;
	rc = evtchn_close(d, a.port);
	if (!rc)
		trace_evtchn_close(a.port, d->id, was.status);
	return rc;
}

static long op_status(u64 arg)
{
	struct evtchn_status a;
	struct domain *d;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	d = hypercall_target(a.dom, &rc);
	if (!d)
		return rc;
	rc = evtchn_get_status(d, &a);
	domain_put(d);
	if (!rc && copy_to_guest(arg, &a, sizeof(a)))
		rc = -EFAULT;
	return rc;
}

static long op_bind_vcpu(u64 arg)
{
	struct evtchn_bind_vcpu a;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	return evtchn_bind_vcpu(current->domain, a.port, a.vcpu);
}

static long op_unmask(u64 arg)
{
	struct evtchn_unmask a;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	return evtchn_unmask(current->domain, a.port);
}

static long op_reset(u64 arg)
{
	struct evtchn_reset a;
	struct domain *d;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	d = hypercall_target(a.dom, &rc);
	if (!d)
		return rc;
	/* A domain that could use its ports meanwhile must not be somebody else's. */
	rc = d == current->domain || d->pause_count ? 0 : -EINVAL;
	if (!rc)
		rc = evtchn_close_all(d);
	domain_put(d);
	return rc == -ERESTART ? HYPERCALL_CONTINUE(event_channel_op, EVTCHNOP_reset, arg) : rc;
}

static long op_init_control(u64 arg)
{
	struct evtchn_init_control a;
	int rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	rc = evtchn_init_control(current->domain, a.control_gfn, a.offset, a.vcpu);
	if (rc)
		return rc;
	a.link_bits = EVTCHN_FIFO_LINK_BITS;
	return copy_to_guest(arg, &a, sizeof(a)) ? -EFAULT : 0;
}

static long op_expand_array(u64 arg)
{
	struct evtchn_expand_array a;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	return evtchn_expand_array(current->domain, a.array_gfn);
}

static long op_set_priority(u64 arg)
{
	struct evtchn_set_priority a;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	return evtchn_set_priority(current->domain, a.port, a.priority);
}

static long other_op(unsigned cmd, u64 arg)
{
	static long (*const ops[])(u64) = {
		[EVTCHNOP_bind_interdomain] = op_bind_interdomain,
		[EVTCHNOP_bind_virq] = op_bind_virq,
		[EVTCHNOP_bind_pirq] = op_bind_pirq,
		[EVTCHNOP_close] = op_close,
		[EVTCHNOP_status] = op_status,
		[EVTCHNOP_alloc_unbound] = op_alloc_unbound,
		[EVTCHNOP_bind_ipi] = op_bind_ipi,
		[EVTCHNOP_bind_vcpu] = op_bind_vcpu,
		[EVTCHNOP_unmask] = op_unmask,
		[EVTCHNOP_reset] = op_reset,
		[EVTCHNOP_init_control] = op_init_control,
		[EVTCHNOP_expand_array] = op_expand_array,
		[EVTCHNOP_set_priority] = op_set_priority,
	};

	if (cmd >= ARRAY_SIZE(ops) || !ops[cmd])
		return -ENOSYS;
	return ops[cmd](arg);
}

long hypercall_event_channel_op(u64 cmd, u64 arg)
{
	u64 word;
	u32 port;

	if (unlikely((u32)cmd != EVTCHNOP_send))
		return other_op(cmd, arg);
	if (unlikely(!guest_addr_ok(arg)))
		return -EFAULT;
	/* An aligned port is read with the word around it, which never crosses a page. */
	if (likely(!(arg & 3))) {
		get_guest_or_goto(word, arg & ~7ULL, fault);
		port = word >> (arg & 4) * 8;
	} else if (copy_from_guest(&port, arg, sizeof(port))) {
		return -EFAULT;
	}
	return evtchn_send_irqs_on(current->domain, port);
fault:
	return -EFAULT;
}
