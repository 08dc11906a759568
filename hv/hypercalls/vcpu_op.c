/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: a guest's business with its own vCPUs: giving them a context,
 * starting and stopping them, where their shared areas are, their timers.
 * Setting the single-shot timer is the hot path and comes first.
 */
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "domain/vcpu-timers.h"
#include "domain/vcpu.h"
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "memory/guest.h"
#include "memory/heap.h"
#include "pv/context.h"
#include "pv/nmi.h"
#include "time/guest-time.h"

#define PERIOD_MIN NS_PER_MS
#define PERIOD_MAX (INT64_MAX / 2) /* as Xen: a deadline must never overflow */

/* VCPU_SSHOTTMR_future is ignored, as the ABI allows and Xen 4.17.2 and later do: a deadline
 * in the past fires at once. */
static long op_set_singleshot(struct vcpu *v, u64 arg)
{
	u64 timeout, flags;

	if (v != current)
		return -EINVAL;
	if (get_guest_u64(&timeout, arg) || get_guest_u64(&flags, arg + 8))
		return -EFAULT;
	vcpu_singleshot_set(v, timeout);
	return 0;
}

static long op_stop_singleshot(struct vcpu *v, u64 arg)
{
	if (v != current)
		return -EINVAL;
	vcpu_singleshot_stop(v);
	return 0;
}

static long op_set_periodic(struct vcpu *v, u64 arg)
{
	struct vcpu_set_periodic_timer a;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	if (a.period_ns < PERIOD_MIN || a.period_ns > PERIOD_MAX)
		return -EINVAL;
	vcpu_periodic_set(v, a.period_ns);
	return 0;
}

static long op_stop_periodic(struct vcpu *v, u64 arg)
{
	vcpu_periodic_set(v, 0);
	return 0;
}

/* @pre the domain's lock. */
static long initialise_locked(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
	return v->initialised ? -EEXIST : pv_vcpu_set_context(v, ctx);
}

static long op_initialise(struct vcpu *v, u64 arg)
{
	struct vcpu_guest_context *ctx;
	long rc = -EFAULT;

	if (!vcpu_has_info(v))
		return -EINVAL;
	ctx = xzalloc(sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	if (!copy_from_guest(ctx, arg, sizeof(*ctx))) {
		spin_lock(&v->domain->lock);
		rc = initialise_locked(v, ctx);
		spin_unlock(&v->domain->lock);
	}
	xfree(ctx);
	return rc == -ERESTART ? HYPERCALL_CONTINUE(vcpu_op, VCPUOP_initialise, v->id, arg) : rc;
}

static long op_up(struct vcpu *v, u64 arg)
{
	if (!v->initialised)
		return -EINVAL;
	vcpu_up(v);
	return 0;
}

/* The last vCPU that goes takes the domain with it. */
static long op_down(struct vcpu *v, u64 arg)
{
	struct domain *d = v->domain;
	struct vcpu *other;
	unsigned i;

	for_each_vcpu(d, other, i)
		if (other != v && vcpu_is_up(other)) {
			vcpu_down(v);
			return 0;
		}
	domain_shutdown(d, SHUTDOWN_poweroff);
	return 0;
}

static long op_is_up(struct vcpu *v, u64 arg)
{
	return vcpu_is_up(v);
}

static long op_get_runstate(struct vcpu *v, u64 arg)
{
	struct vcpu_runstate_info info;

	vcpu_runstate_get(v, &info);
	return copy_to_guest(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* An area the guest names by virtual address: the address, or -EFAULT for one of ours. */
static long area_address(u64 arg, size_t size, u64 *va)
{
	if (get_guest_u64(va, arg))
		return -EFAULT;
	return *va && (!guest_addr_ok(*va) || !guest_addr_ok(*va + size - 1)) ? -EFAULT : 0;
}

static long op_register_runstate(struct vcpu *v, u64 arg)
{
	struct vcpu_runstate_info info;
	u64 va;
	long rc = area_address(arg, sizeof(info), &va);

	if (rc)
		return rc;
	v->runstate_guest = va;
	if (!va)
		return 0;
	if (v == current) {
		vcpu_runstate_publish(v);
		return 0;
	}
	vcpu_runstate_get(v, &info);
	copy_to_guest(va, &info, sizeof(info));
	return 0;
}

static long op_register_time(struct vcpu *v, u64 arg)
{
	u64 va;
	long rc = area_address(arg, sizeof(struct vcpu_time_info), &va);

	if (rc)
		return rc;
	v->time_info_guest = va;
	v->time_stale = true;
	if (v == current)
		vcpu_time_publish(v);
	return 0;
}

static long op_register_info(struct vcpu *v, u64 arg)
{
	struct vcpu_register_vcpu_info a;
	long rc;

	if (copy_from_guest(&a, arg, sizeof(a)))
		return -EFAULT;
	spin_lock(&v->domain->lock);
	rc = vcpu_register_info(v, a.mfn, a.offset);
	spin_unlock(&v->domain->lock);
	if (!rc && v == current)
		vcpu_time_publish(v);
	return rc;
}

static long op_send_nmi(struct vcpu *v, u64 arg)
{
	pv_nmi_send(v);
	return 0;
}

/* Only for a vCPU that cannot move, and only the hardware domain's. */
static long op_get_physid(struct vcpu *v, u64 arg)
{
	struct vcpu_get_physid a;
	struct pcpu_mask hard, soft;

	vcpu_get_effective_affinity(v, &hard, &soft);
	if (!v->domain->privileged || bitmap_weight(hard.bits, pcpu_count) != 1)
		return -EINVAL;
	a.phys_id = pcpus[v->cpu]->apic_id | (u64)v->cpu << 32;
	return copy_to_guest(arg, &a, sizeof(a)) ? -EFAULT : 0;
}

static long other_op(unsigned cmd, struct vcpu *v, u64 arg)
{
	static long (*const ops[])(struct vcpu *, u64) = {
		[VCPUOP_initialise] = op_initialise,
		[VCPUOP_up] = op_up,
		[VCPUOP_down] = op_down,
		[VCPUOP_is_up] = op_is_up,
		[VCPUOP_get_runstate_info] = op_get_runstate,
		[VCPUOP_register_runstate_memory_area] = op_register_runstate,
		[VCPUOP_set_periodic_timer] = op_set_periodic,
		[VCPUOP_stop_periodic_timer] = op_stop_periodic,
		[VCPUOP_set_singleshot_timer] = op_set_singleshot,
		[VCPUOP_stop_singleshot_timer] = op_stop_singleshot,
		[VCPUOP_register_vcpu_info] = op_register_info,
		[VCPUOP_send_nmi] = op_send_nmi,
		[VCPUOP_get_physid] = op_get_physid,
		[VCPUOP_register_vcpu_time_memory_area] = op_register_time,
	};

	if (cmd >= ARRAY_SIZE(ops))
		return -ENOSYS;
	return ops[cmd](v, arg);
}

long hypercall_vcpu_op(u64 cmd, u64 vcpuid, u64 arg)
{
	struct vcpu *v = domain_vcpu(current->domain, (u32)vcpuid);

	if (unlikely(!v))
		return -ENOENT;
	if (likely((u32)cmd == VCPUOP_set_singleshot_timer))
		return op_set_singleshot(v, arg);
	return other_op(cmd, v, arg);
}

/* The timer call from before per-vCPU timers: 0 stops. Deadlines that wrapped (negative, or more
 * than 2^50 ns away) come from kernels with pending work: give them 100 ms. */
long hypercall_set_timer_op(u64 timeout)
{
	s_time_t deadline = timeout, now;

	if (!deadline) {
		vcpu_singleshot_stop(current);
		return 0;
	}
	now = now_ns();
	if (deadline < 0 || deadline - now >= 1LL << 50)
		deadline = now + 100 * NS_PER_MS;
	vcpu_singleshot_set(current, deadline);
	return 0;
}
