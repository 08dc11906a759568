/* SPDX-License-Identifier: MIT */
/*
 * Where everything of a starting PV domain lies.  Virtual addresses of the
 * initial mapping, frame numbers (pfn) of what is not in it.  In order:
 * kernel, start_info, page tables, boot stack, end (4 MiB-aligned, at least
 * 512 KiB of slack); behind it in pfn space the P2M list with its page tables,
 * then the initrd.  Kernels that lack INIT_P2M or MOD_START_PFN get the list
 * and the initrd inside the mapping, right behind themselves.  Pure arithmetic.
 */
#ifndef ORRERY_BOOT_DOM0_LAYOUT_H
#define ORRERY_BOOT_DOM0_LAYOUT_H

#include "boot/kernel-image.h"

struct pv_layout {
	u64 v_start, v_end;            /* initial mapping */
	u64 start_info, tables, stack; /* virtual; stack: its page */
	unsigned long nr_tables;       /* pages of page tables of the initial mapping */
	u64 p2m_va;
	unsigned long p2m_list_pages;
	unsigned long p2m_pfn, nr_p2m; /* list and its tables, outside the mapping; 0 inside */
	bool initrd_unmapped;
	u64 initrd_va;                 /* if mapped */
	unsigned long initrd_pfn, nr_initrd;
	unsigned long end_pfn;         /* one past what the builder fills */
};

/* 0, or -ENOMEM if @nr_pages do not hold it all. */
int pv_layout_plan(struct pv_layout *l, const struct kernel_image *ki, unsigned long nr_pages,
		   u64 initrd_bytes);

#endif
