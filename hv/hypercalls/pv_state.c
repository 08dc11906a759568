/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls about a PV vCPU's own state: trap table, callbacks, stacks,
 * descriptors, segment bases, debug registers, FPU, assists.
 */
#include <xen/callback.h>

#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/frame-type.h"
#include "memory/guest.h"
#include "memory/log-dirty.h"
#include "pv/context.h"
#include "pv/descriptors.h"
#include "pv/mmu.h"
#include "pv/nmi.h"
#include "x86/cpu.h"
#include "x86/desc.h"
#include "x86/setup.h"

#define TRAPS_BETWEEN_LOOKS 256 /* at whether to stop: a list that makes sense is shorter */

long hypercall_set_trap_table(u64 va)
{
	struct vcpu *v = current;
	unsigned n = 0;

	if (!va) {
		memset(v->pv.traps, 0, 256 * sizeof(*v->pv.traps));
		return 0;
	}
	for (;; va += sizeof(struct trap_info)) {
		struct trap_info t;

		/* Only the guest knows where the list ends. */
		if (++n % TRAPS_BETWEEN_LOOKS == 0 && hypercall_preempt_needed())
			return HYPERCALL_CONTINUE(set_trap_table, va);
		if (copy_from_guest(&t, va, sizeof(t)))
			return -EFAULT;
		if (!t.address)
			return 0;
		if (!is_canonical(t.address))
			return -EINVAL;
		v->pv.traps[t.vector] = (struct pv_trap){ t.address, t.cs | 3, t.flags & 3,
							  !!(t.flags & 4) };
	}
}

long hypercall_set_gdt(u64 list, u64 entries)
{
	u64 frames[PV_GDT_FRAMES];
	struct vcpu *v = current;
	unsigned n = DIV_ROUND_UP(entries, 512);
	int rc;

	if (entries > PV_GDT_FRAMES * 512)
		return -EINVAL;
	if (copy_from_guest(frames, list, n * sizeof(u64)))
		return -EFAULT;
	rc = pv_set_gdt(v, frames, entries);
	if (!rc)
		desc_load_gdt(v->pv.gdt_va);
	return rc;
}

long hypercall_update_descriptor(u64 maddr, u64 desc)
{
	mfn_t mfn = maddr >> PAGE_SHIFT;
	struct domain *d = current->domain;
	struct page_info *pg;
	u64 *slot;

	if ((maddr & 7) || !mfn_valid(mfn) || !descriptor_ok(&desc))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (!get_page_if_type(pg, d, PGT_seg_desc) && !get_page_writable(pg, d, d->id))
		return -EINVAL;
	slot = (u64 *)page_to_virt(pg) + (maddr & ~PAGE_MASK) / 8;
	frame_dirtied(pg);
	__atomic_store_n(slot, desc, __ATOMIC_SEQ_CST);
	put_page_writable(pg);
	return 0;
}

long hypercall_stack_switch(u64 ss, u64 sp)
{
	struct vcpu *v = current;

	v->pv.kernel_ss = ss | 3;
	v->pv.kernel_sp = sp;
	return 0;
}

long hypercall_fpu_taskswitch(u64 set)
{
	pv_set_task_switched(current, set);
	return 0;
}

long hypercall_set_debugreg(u64 reg, u64 val)
{
	if (reg >= 4 && reg <= 7 && val >> 32)
		return -EINVAL;
	return pv_set_debugreg(current, reg > 7 ? 8 : reg, val);
}

long hypercall_get_debugreg(u64 reg)
{
	u64 val;
	int rc = pv_get_debugreg(current, reg > 7 ? 8 : reg, &val);

	return rc ? rc : (long)val;
}

long hypercall_set_segment_base(u64 which, u64 base)
{
	static const u32 msr[] = {
		[SEGBASE_FS] = MSR_FS_BASE,
		[SEGBASE_GS_USER] = MSR_KERNEL_GS_BASE,
		[SEGBASE_GS_KERNEL] = MSR_GS_BASE,
	};

	if (which == SEGBASE_GS_USER_SEL) {
		pv_load_user_gs(base & 0xffff);
		return 0;
	}
	if (which >= ARRAY_SIZE(msr) || !is_canonical(base))
		return -EINVAL;
	wrmsr(msr[which], base);
	return 0;
}

long hypercall_set_callbacks(u64 event, u64 failsafe, u64 syscall)
{
	struct vcpu *v = current;

	if (!is_canonical(event) || !is_canonical(failsafe) || !is_canonical(syscall))
		return -EINVAL;
	v->pv.event_callback = event;
	v->pv.failsafe_callback = failsafe;
	v->pv.syscall_callback = syscall;
	return 0;
}

static int set_callback(struct vcpu *v, unsigned type, u64 address, bool masks)
{
	if (!is_canonical(address))
		return -EINVAL;
	switch (type) {
	case CALLBACKTYPE_event:
		v->pv.event_callback = address;
		return 0;
	case CALLBACKTYPE_failsafe:
		v->pv.failsafe_callback = address;
		v->pv.failsafe_masks = masks;
		return 0;
	case CALLBACKTYPE_syscall:
		v->pv.syscall_callback = address;
		v->pv.syscall_masks = masks;
		return 0;
	case CALLBACKTYPE_syscall32:
		v->pv.syscall32_callback = address;
		v->pv.syscall32_masks = masks;
		return 0;
	case CALLBACKTYPE_nmi:
		return pv_nmi_set_handler(v, address);
	}
	return -ENOSYS;
}

long hypercall_callback_op(u64 cmd, u64 arg)
{
	struct callback_register reg;
	struct callback_unregister unreg;

	switch (cmd) {
	case CALLBACKOP_register:
		if (copy_from_guest(&reg, arg, sizeof(reg)))
			return -EFAULT;
		return set_callback(current, reg.type, reg.address, reg.flags & CALLBACKF_mask_events);
	case CALLBACKOP_unregister:
		if (copy_from_guest(&unreg, arg, sizeof(unreg)))
			return -EFAULT;
		/* Event, failsafe and syscall entries cannot be taken away, as in Xen. */
		if (unreg.type == CALLBACKTYPE_nmi || unreg.type == CALLBACKTYPE_syscall32)
			return set_callback(current, unreg.type, 0, false);
		return unreg.type <= CALLBACKTYPE_syscall32 ? -EINVAL : -ENOSYS;
	}
	return -ENOSYS;
}

long hypercall_vm_assist(u64 cmd, u64 type)
{
	u64 *assists = &current->domain->vm_assist;

	if (type >= 64 || !(PV_VM_ASSISTS >> type & 1))
		return -EINVAL;
	switch (cmd) {
	case VMASST_CMD_enable:
		__atomic_fetch_or(assists, 1ULL << type, __ATOMIC_SEQ_CST);
		return 0;
	case VMASST_CMD_disable:
		__atomic_fetch_and(assists, ~(1ULL << type), __ATOMIC_SEQ_CST);
		return 0;
	}
	return -ENOSYS;
}
