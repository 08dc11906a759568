/* SPDX-License-Identifier: MIT */
/*
 * sched_op: what a guest says about its own running: yield, block, poll, shut
 * down, watchdogs.  All act on the calling vCPU or its domain; only
 * remote_shutdown names another, which takes control over it.
 */
#include <xen/sched.h>

#include "domain/privilege.h"
#include "domain/shutdown.h"
#include "domain/vcpu-timers.h"
#include "evtchn/evtchn.h"
#include "evtchn/ops.h"
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "memory/guest.h"
#include "trace/trace.h"
#include "x86/softirq.h"

#define POLL_MAX_PORTS 128 /* as Xen */

static long op_yield(u64 arg)
{
	vcpu_yield();
	return 0;
}

static long op_block(u64 arg)
{
	struct vcpu *v = current;

	WRITE_ONCE(v->info->evtchn_upcall_mask, 0);
	if (unlikely(v->polling)) /* left from a poll that another event ended */
		evtchn_poll_end(v);
	vcpu_block();
	return 0;
}

static long op_shutdown(u64 arg)
{
	struct sched_shutdown a;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	trace_sched_shutdown(current->domain->id, current->id, a.reason);
	domain_shutdown(current->domain, a.reason);
	return 0;
}

static long op_shutdown_code(u64 arg)
{
	struct sched_shutdown a;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	trace_sched_shutdown_code(current->domain->id, current->id, a.reason);
	return domain_latch_shutdown_code(current->domain, a.reason);
}

static long op_remote_shutdown(u64 arg)
{
	struct sched_remote_shutdown a;
	struct domain *d;
	long rc = -EPERM;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	d = domain_get(a.domain_id);
	if (!d)
		return -ESRCH;
	if (domain_controls(current->domain, d)) {
		domain_shutdown(d, a.reason);
		rc = 0;
	}
	domain_put(d);
	return rc;
}

static long op_watchdog(u64 arg)
{
	struct sched_watchdog a;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	return domain_watchdog(current->domain, a.id, a.timeout);
}

/* Is one of the ports pending, or anything at all deliverable?  1, 0 or -errno. */
static int poll_ready(struct vcpu *v, const struct sched_poll *poll)
{
	if (vcpu_events_pending(v))
		return 1;
	for (unsigned i = 0; i < poll->nr_ports; i++) {
		evtchn_port_t port;
		int rc;

		if (copy_from_handle_idx(&port, poll->ports, i))
			return -EFAULT;
		rc = evtchn_poll_port(v->domain, port);
		if (rc)
			return rc;
	}
	return 0;
}

/* A single port wakes alone; of several, any event of the domain wakes and the guest looks. */
static int poll_only_port(const struct sched_poll *poll, u32 *port)
{
	*port = 0;
	if (poll->nr_ports == 1 && copy_from_handle_idx(port, poll->ports, 0))
		return -EFAULT;
	return 0;
}

static long op_poll(u64 arg)
{
	struct vcpu *v = current;
	struct sched_poll poll;
	u32 only;
	int rc;

	if (copy_from_guest(&poll, arg, sizeof(poll)))
		return -EFAULT;
	if (poll.nr_ports > POLL_MAX_PORTS)
		return -EINVAL;
	rc = poll_only_port(&poll, &only);
	if (rc)
		return rc;
	timer_stop(&v->poll_timer);
	evtchn_poll_end(v);
	/* Blocked first, then look: an event in between finds us blocked and undoes it. */
	vcpu_mark_blocked(v);
	evtchn_poll_begin(v, only);
	rc = poll_ready(v, &poll);
	if (rc) {
		evtchn_poll_end(v);
		vcpu_unblock(v);
		return MIN(rc, 0);
	}
	if (poll.timeout)
		vcpu_poll_timeout(v, poll.timeout);
	trace_sched_block(v->domain->id, v->id);
	raise_softirq(SOFTIRQ_SCHEDULE);
	return 0;
}

static long op_pin_override(u64 arg)
{
	struct sched_pin_override a;

	if (!caller_privileged())
		return -EPERM;
	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	return a.pcpu < 0 ? vcpu_unpin(current) : vcpu_pin(current, a.pcpu);
}

long hypercall_sched_op(u64 cmd, u64 arg)
{
	switch ((u32)cmd) {
	case SCHEDOP_block:
		return op_block(arg);
	case SCHEDOP_yield:
		return op_yield(arg);
	case SCHEDOP_poll:
		return op_poll(arg);
	case SCHEDOP_shutdown:
		return op_shutdown(arg);
	case SCHEDOP_shutdown_code:
		return op_shutdown_code(arg);
	case SCHEDOP_remote_shutdown:
		return op_remote_shutdown(arg);
	case SCHEDOP_watchdog:
		return op_watchdog(arg);
	case SCHEDOP_pin_override:
		return op_pin_override(arg);
	default:
		return -ENOSYS;
	}
}
