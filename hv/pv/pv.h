/* SPDX-License-Identifier: MIT */
/*
 * State a PV guest adds to its vCPUs and its domain: the virtual trap and
 * descriptor tables, the guest's page-table roots, control and segment
 * registers.  Owned by hv/pv/; entry code reads some fields by offset.
 */
#ifndef ORRERY_PV_PV_H
#define ORRERY_PV_PV_H

#include "lib/types.h"
#include "lib/spinlock.h"
#include "x86/regs.h"

#define PV_GDT_FRAMES 14

/* VMASST_TYPE_* a PV guest may set: 4gb_segments and its notify, which mean nothing to 64-bit
 * guests, writable_pagetables, pae_extended_cr3, runstate_update_flag (<xen/xen.h>). */
#define PV_VM_ASSISTS 0x2fULL

struct pv_trap {
	u64 address;
	u16 cs;
	u8 dpl;          /* least privilege that may raise it by INT n */
	bool mask_events; /* TI_GET_IF: enter with events masked */
};

struct pv_vcpu {
	u64 kernel_l4;        /* machine address of the root for kernel mode */
	u64 user_l4;          /* for user mode; 0 until NEW_USER_BASEPTR */
	u64 kernel_cr3, user_cr3; /* what is loaded for them: the same, or this pCPU's (vtlb.h) */
	u64 kernel_sp;
	u64 event_callback, failsafe_callback, syscall_callback, syscall32_callback;
	u16 kernel_ss;
	bool kernel_mode;
	bool failsafe_masks, syscall_masks, syscall32_masks;
	bool nmi_pending, nmi_masked; /* pending: atomic, by anyone; masked: its handler runs */
	u8 iopl;
	bool task_switched;   /* virtual CR0.TS */
	bool logged;          /* its domain's writes are logged: runs on the software TLB (vtlb.h) */
	bool special;         /* to be looked at when it is switched to or from: pv_note_special() */
	unsigned loaded_on;   /* pCPU whose registers and TLB hold this vCPU; ~0 none */

	u64 cr2, cr4;
	u64 mcg_status;
	u32 tsc_aux;          /* what RDTSCP puts into RCX */
	u64 debugreg[8];
	u64 fs_base, gs_base_kernel, gs_base_user; /* valid while not running */
	u16 ds, es, fs, gs;

	u64 *window;          /* PTEs of this vCPU's descriptor window */
	u64 gdt_va, ldt_va;   /* the window's addresses */
	mfn_t gdt_mfn[PV_GDT_FRAMES];
	unsigned gdt_entries;
	u64 ldt_base;
	unsigned ldt_entries;
	unsigned ldt_mapped;  /* LDT frames mapped so far */
	struct pv_trap *traps; /* 256 */
	u64 iobmp;            /* guest address of its user-mode port bitmap, 0 none */
	unsigned iobmp_bits;
};

struct pv_domain {
	spinlock_t ldt_lock;  /* LDT halves of the vCPUs' windows */
	u64 *io_ports;        /* 65536 bits: 1 = may access; NULL none */
	bool io_memory;       /* may map frames that are not RAM */
	u32 pci_address;      /* last value written to 0xcf8 */
	u8 cmos_index;        /* to 0x70 */
	struct pit_channel *pit; /* Dom0's interval timer; NULL none */
};

#endif
