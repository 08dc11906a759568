/* SPDX-License-Identifier: MIT */
/*
 * Planning the start-of-day layout; see dom0-layout.h.  The number of page
 * tables depends on the end of the mapping, which depends on the number of
 * page tables: a short iteration settles it.
 */
#include "boot/dom0-layout.h"

#include <xen/elfnote.h>

#include "lib/errno.h"

#define MAP_ALIGN (4UL << 20)
#define SLACK (512UL << 10)

/* Tables that cover [start, end) at one level: each spans 2^shift bytes. */
static unsigned long tables_for(u64 start, u64 end, unsigned shift)
{
	return ((end - 1) >> shift) - (start >> shift) + 1;
}

static unsigned long tables_below_l4(u64 start, u64 end)
{
	return tables_for(start, end, 21) + tables_for(start, end, 30) + tables_for(start, end, 39);
}

static void plan_mapping(struct pv_layout *l, u64 end_so_far)
{
	unsigned long n = 0, needed = 1;

	l->start_info = ROUND_UP(end_so_far, PAGE_SIZE);
	l->tables = l->start_info + PAGE_SIZE;
	while (n != needed) {
		n = needed;
		l->stack = l->tables + n * PAGE_SIZE;
		l->v_end = ROUND_UP(l->stack + PAGE_SIZE + SLACK, MAP_ALIGN);
		needed = 1 + tables_below_l4(l->v_start, l->v_end);
	}
	l->nr_tables = n;
}

/* Behind the initial mapping, for kernels that say they can find it there. */
static void plan_unmapped(struct pv_layout *l, const struct kernel_image *ki)
{
	unsigned long pfn = (l->v_end - l->v_start) >> PAGE_SHIFT;

	l->p2m_pfn = pfn;
	if (kernel_has_note(ki, XEN_ELFNOTE_INIT_P2M)) {
		u64 end = ki->notes.init_p2m + l->p2m_list_pages * PAGE_SIZE;

		l->p2m_va = ki->notes.init_p2m;
		l->nr_p2m = l->p2m_list_pages + tables_below_l4(l->p2m_va, end);
		pfn += l->nr_p2m;
	}
	if (l->initrd_unmapped) {
		l->initrd_pfn = pfn;
		pfn += l->nr_initrd;
	}
	l->end_pfn = pfn;
}

int pv_layout_plan(struct pv_layout *l, const struct kernel_image *ki, unsigned long nr_pages,
		   u64 initrd_bytes)
{
	u64 end = ROUND_UP(ki->virt_end, PAGE_SIZE);

	*l = (struct pv_layout){ .v_start = ki->notes.virt_base };
	l->p2m_list_pages = DIV_ROUND_UP(nr_pages * 8, PAGE_SIZE);
	l->nr_initrd = DIV_ROUND_UP(initrd_bytes, PAGE_SIZE);
	l->initrd_unmapped = ki->notes.mod_start_pfn;
	if (!l->initrd_unmapped) {
		l->initrd_va = end;
		l->initrd_pfn = (end - l->v_start) >> PAGE_SHIFT;
		end += l->nr_initrd * PAGE_SIZE;
	}
	if (!kernel_has_note(ki, XEN_ELFNOTE_INIT_P2M)) {
		l->p2m_va = end;
		end += l->p2m_list_pages * PAGE_SIZE;
	}
	plan_mapping(l, end);
	plan_unmapped(l, ki);
	return l->end_pfn > nr_pages || l->v_end < l->v_start ? -ENOMEM : 0;
}
