/* SPDX-License-Identifier: MIT */
/*
 * Dom0: its memory, kernel, page tables, start_info and first vCPU.  Page
 * tables are written while their frames are plain memory and then pinned like
 * any guest's, so all counts come from the one place that counts.
 */
#include "boot/dom0.h"

#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/features.h>
#include <xen/platform.h>

#include "boot/dom0-layout.h"
#include "boot/e820.h"
#include "boot/kernel-image.h"
#include "boot/multiboot.h"
#include "console/console.h"
#include "console/serial.h"
#include "domain/domain.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "memory/frame-alloc.h"
#include "memory/frame-type.h"
#include "memory/page.h"
#include "pv/context.h"
#include "pv/hypercall-page.h"
#include "pv/mmu.h"
#include "pv/ports.h"

#define CHUNK_ORDER 9
#define SIF_PM_SHIFT 8 /* SIF_PM_MASK */
#define PM_BY_DOM0 (XEN_PROCESSOR_PM_CX | XEN_PROCESSOR_PM_PX) /* it may tell us of both */
#define PTE_GUEST (PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

struct builder {
	struct domain *d;
	struct kernel_image ki;
	struct pv_layout layout;
	unsigned long nr_pages;
	u64 *p2m;                  /* the list itself, in Dom0's own frames */
	const struct boot_module *kernel, *initrd;
	paddr_t unpacked;          /* boot memory the kernel was unpacked to */
	u64 unpacked_bytes;
};

static u64 opt_dom0_mem, opt_dom0_min = 0, opt_dom0_max = ~0ULL;
static unsigned opt_dom0_vcpus;
CMDLINE_UINT("dom0_max_vcpus", opt_dom0_vcpus, 1, MAX_VCPUS);

/* dom0_mem=[min:SIZE,][max:SIZE,][SIZE] */
static int parse_dom0_mem(const char *value)
{
	while (*value) {
		u64 *what = &opt_dom0_mem, size;
		const char *end;

		if (!strncmp(value, "min:", 4))
			what = &opt_dom0_min;
		else if (!strncmp(value, "max:", 4))
			what = &opt_dom0_max;
		value += what == &opt_dom0_mem ? 0 : 4;
		if (parse_size(value, &end, &size) || (*end && *end != ','))
			return -EINVAL;
		*what = size;
		value = *end ? end + 1 : end;
	}
	return 0;
}
CMDLINE_CUSTOM("dom0_mem", parse_dom0_mem, "[min:SIZE,][max:SIZE,][SIZE], SIZE like 512M or 1G");

static struct builder *builder(void)
{
	static struct builder b;

	return &b;
}

/* Dom0 gets what was asked for, else all but a sixteenth (at most 128 MiB). */
static unsigned long dom0_pages(void)
{
	u64 free = frame_free_count(), want = opt_dom0_mem >> PAGE_SHIFT;
	u64 spare = MIN(free / 16, (128UL << 20) >> PAGE_SHIFT);

	if (!want)
		want = free - spare;
	want = MAX(want, opt_dom0_min >> PAGE_SHIFT);
	want = MIN(want, opt_dom0_max >> PAGE_SHIFT);
	if (want + 512 > free)
		boot_fail("dom0_mem=%luM is more than the %lu MiB that are free: lower it or add memory",
			  (unsigned long)(want >> 8), (unsigned long)(free >> 8));
	return want;
}

static void NORETURN kernel_refused(const struct builder *b, int why)
{
	boot_fail("Dom0 kernel (%lu bytes): %s; give a whole vmlinuz that runs as Xen PV guest "
		  "as the first boot module",
		  (unsigned long)(b->kernel->end - b->kernel->start), kernel_image_error(why));
}

static void open_kernel(struct builder *b)
{
	static const struct boot_module none;
	void *scratch;
	int rc;

	if (!boot_info.nr_modules)
		boot_fail("no Dom0 kernel: give vmlinuz as the first boot module (and its initrd as the second)");
	b->kernel = &boot_info.module[0];
	b->initrd = boot_info.nr_modules > 1 ? &boot_info.module[1] : &none;
	rc = kernel_image_open(&b->ki, maddr_to_virt(b->kernel->start),
			       b->kernel->end - b->kernel->start);
	if (rc)
		kernel_refused(b, rc);
	b->unpacked_bytes = ROUND_UP(b->ki.unpacked_len + DECOMPRESS_SCRATCH, PAGE_SIZE);
	b->unpacked = boot_mem_alloc(b->unpacked_bytes, PAGE_SIZE);
	scratch = maddr_to_virt(b->unpacked + ROUND_UP(b->ki.unpacked_len, 64));
	rc = kernel_image_unpack(&b->ki, maddr_to_virt(b->unpacked), b->ki.unpacked_len, scratch,
				 DECOMPRESS_SCRATCH);
	if (!rc)
		rc = kernel_image_parse(&b->ki);
	if (!rc)
		rc = kernel_image_check_pv(&b->ki, true);
	if (rc)
		kernel_refused(b, rc);
}

void dom0_open_kernel(void)
{
	open_kernel(builder());
}

/* All of Dom0's memory, in large pieces while there are any; fills the P2M list, which lives
 * in the first pieces' own frames once they are known. */
static mfn_t alloc_chunk(struct builder *b, unsigned *order)
{
	struct frame_constraints c = frame_wish(b->d->id, 0);

	for (;; --*order) {
		mfn_t mfn = frame_alloc(*order, &c);

		if (mfn != MFN_NONE) {
			if (assign_page(b->d, mfn, *order))
				boot_fail("Dom0's memory cannot be assigned");
			return mfn;
		}
		if (!*order)
			boot_fail("out of memory while building Dom0: lower dom0_mem=");
	}
}

static void alloc_memory(struct builder *b, u64 *list)
{
	unsigned order = CHUNK_ORDER;

	for (unsigned long pfn = 0; pfn < b->nr_pages;) {
		while ((1UL << order) > b->nr_pages - pfn)
			order--;
		mfn_t mfn = alloc_chunk(b, &order);

		for (unsigned long i = 0; i < 1UL << order; i++, pfn++) {
			list[pfn] = mfn + i;
			m2p_table[mfn + i] = pfn;
		}
	}
}

static u64 pfn_mfn(const struct builder *b, unsigned long pfn)
{
	return b->p2m[pfn];
}

static void *pfn_virt(const struct builder *b, unsigned long pfn)
{
	return mfn_to_virt(pfn_mfn(b, pfn));
}

static void *va_virt(const struct builder *b, u64 va)
{
	return (u8 *)pfn_virt(b, (va - b->layout.v_start) >> PAGE_SHIFT) + (va & ~PAGE_MASK);
}

static void *place_kernel(void *context, u64 offset, size_t *len)
{
	struct builder *b = context;
	u64 va = b->ki.virt_start + offset;

	*len = MIN(*len, PAGE_SIZE - (va & ~PAGE_MASK));
	return va_virt(b, va);
}

static void copy_initrd(struct builder *b)
{
	const u8 *src = maddr_to_virt(b->initrd->start);
	u64 left = b->initrd->end - b->initrd->start;

	for (unsigned long i = 0; left; i++) {
		size_t n = MIN(left, PAGE_SIZE);

		memcpy(pfn_virt(b, b->layout.initrd_pfn + i), src, n);
		src += n;
		left -= n;
	}
}

/* Next page-table page from a run of pfns. */
struct table_source {
	struct builder *b;
	unsigned long pfn;
};

static u64 *table_take(struct table_source *src, u64 *entry)
{
	u64 mfn = pfn_mfn(src->b, src->pfn++);
	u64 *t = mfn_to_virt(mfn);

	memset(t, 0, PAGE_SIZE);
	if (entry)
		*entry = pte_make(mfn, PTE_GUEST);
	return t;
}

static u64 *leaf_entry(struct table_source *src, u64 *l4, u64 va)
{
	u64 *t = l4;

	for (unsigned level = 4; level > 1; level--) {
		u64 *e = &t[pt_index(va, level)];

		t = *e & PTE_PRESENT ? mfn_to_virt(pte_mfn(*e)) : table_take(src, e);
	}
	return &t[pt_index(va, 1)];
}

static void map_initial(struct builder *b, u64 *l4, struct table_source *src)
{
	const struct pv_layout *l = &b->layout;
	u64 tables_end = l->tables + l->nr_tables * PAGE_SIZE;

	for (u64 va = l->v_start; va != l->v_end; va += PAGE_SIZE) {
		bool table = va >= l->tables && va < tables_end;

		*leaf_entry(src, l4, va) = pte_make(pfn_mfn(b, (va - l->v_start) >> PAGE_SHIFT),
						    table ? PTE_GUEST & ~PTE_RW : PTE_GUEST);
	}
	if (src->pfn > ((tables_end - l->v_start) >> PAGE_SHIFT))
		boot_fail("the Dom0 kernel is laid out in a way that cannot be mapped");
}

static void map_p2m(struct builder *b, u64 *l4)
{
	const struct pv_layout *l = &b->layout;
	struct table_source src = { b, l->p2m_pfn + l->p2m_list_pages };

	if (!l->nr_p2m)
		return;
	for (unsigned long i = 0; i < l->p2m_list_pages; i++)
		*leaf_entry(&src, l4, l->p2m_va + i * PAGE_SIZE) =
			pte_make(pfn_mfn(b, l->p2m_pfn + i), PTE_GUEST);
}

/* Build, pin, and make it the first vCPU's root. */
static void build_tables(struct builder *b, struct vcpu *v)
{
	struct table_source src = { b, (b->layout.tables - b->layout.v_start) >> PAGE_SHIFT };
	mfn_t root = pfn_mfn(b, src.pfn);
	struct page_info *pg = mfn_to_page(root);
	u64 *l4 = table_take(&src, NULL);

	map_initial(b, l4, &src);
	map_p2m(b, l4);
	for (unsigned i = 0; i < 2; i++) /* one for the pin, one for the vCPU */
		if (!get_page(pg, b->d) || frame_type_get(pg, PGT_l4, false))
			boot_fail("Dom0's page tables are refused");
	pg->type |= PGT_pinned;
	v->pv.kernel_l4 = v->pv.kernel_cr3 = root << PAGE_SHIFT;
}

static void fill_start_info(struct builder *b)
{
	const struct pv_layout *l = &b->layout;
	struct start_info *si = va_virt(b, l->start_info);

	memset(si, 0, PAGE_SIZE);
	strlcpy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
	si->nr_pages = b->nr_pages;
	si->shared_info = virt_to_maddr(b->d->shared_info);
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN | PM_BY_DOM0 << SIF_PM_SHIFT;
	si->pt_base = l->tables;
	si->nr_pt_frames = l->nr_tables;
	si->mfn_list = l->p2m_va;
	si->first_p2m_pfn = l->p2m_pfn;
	si->nr_p2m_frames = l->nr_p2m;
	if (l->nr_initrd) {
		si->mod_start = l->initrd_unmapped ? l->initrd_pfn : l->initrd_va;
		si->mod_len = b->initrd->end - b->initrd->start;
		if (l->initrd_unmapped)
			si->flags |= SIF_MOD_START_PFN;
	}
	/* No video mode is known: all zeroes. */
	si->console.dom0.info_off = sizeof(*si);
	si->console.dom0.info_size = sizeof(struct dom0_vga_console_info);
	dom0_command_line((char *)si->cmd_line, sizeof(si->cmd_line), b->kernel->cmdline);
}

static void fill_hypercall_page(struct builder *b)
{
	if (kernel_has_note(&b->ki, XEN_ELFNOTE_HYPERCALL_PAGE))
		hypercall_page_fill(va_virt(b, b->ki.notes.hypercall_page));
}

static void create_domain(struct builder *b)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = opt_dom0_vcpus ? opt_dom0_vcpus : pcpu_count,
		.max_evtchn_port = -1,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};
	int err = 0;

	b->d = domain_create(0, &config, &err);
	if (!b->d)
		boot_fail("Dom0 cannot be created (error %d)", err);
	dom0 = b->d;
	b->d->privileged = true;
	b->d->is_pv = true;
	b->d->pv.io_memory = true;
	b->d->max_pages = MAX(b->nr_pages, MIN(opt_dom0_max >> PAGE_SHIFT, UINT_MAX));
	if (pv_ports_init_dom0(b->d))
		boot_fail("out of memory for Dom0's port permissions");
	if (serial_io_base())
		pv_ports_set(b->d, serial_io_base(), 8, false);
	for (unsigned i = 0; i < config.max_vcpus; i++)
		if (!vcpu_create(b->d, i))
			boot_fail("out of memory for Dom0's vCPU %u: lower dom0_max_vcpus=", i);
}

static void start_vcpu(struct builder *b)
{
	struct vcpu *v = b->d->vcpu[0];
	struct cpu_regs *regs = &v->saved_regs;

	memset(regs, 0, sizeof(*regs));
	regs->rip = b->ki.notes.entry;
	regs->cs = SEL_RING3_CS64;
	regs->rflags = X86_EFLAGS_IF | X86_EFLAGS_RESERVED;
	regs->rsp = b->layout.stack + PAGE_SIZE;
	regs->ss = SEL_RING3_DS;
	regs->rsi = b->layout.start_info;
	v->info->evtchn_upcall_mask = 1;
	v->initialised = true;
	vcpu_up(v);
}

/* The P2M list is where the plan puts it, but the frames there are known only from the list:
 * it is filled in boot memory first. */
static void place_p2m(struct builder *b, const u64 *list)
{
	const struct pv_layout *l = &b->layout;
	unsigned long pfn = l->nr_p2m ? l->p2m_pfn : (l->p2m_va - l->v_start) >> PAGE_SHIFT;

	b->p2m = (u64 *)list;
	for (unsigned long i = 0; i < l->p2m_list_pages; i++)
		memcpy(pfn_virt(b, pfn + i), (const u8 *)list + i * PAGE_SIZE, PAGE_SIZE);
}

static void give_back_boot_memory(struct builder *b)
{
	frame_alloc_add(b->unpacked >> PAGE_SHIFT,
			(b->unpacked + b->unpacked_bytes) >> PAGE_SHIFT);
	for (unsigned i = 0; i < boot_info.nr_modules; i++)
		frame_alloc_add(DIV_ROUND_UP(boot_info.module[i].start, PAGE_SIZE),
				boot_info.module[i].end >> PAGE_SHIFT);
}

/* What the kernel itself is laid out in; how much it needs to live in is its own affair. */
static void NORETURN too_little_for_kernel(struct builder *b)
{
	unsigned long had = b->nr_pages, need = had;

	while (pv_layout_plan(&b->layout, &b->ki, need, b->initrd->end - b->initrd->start) &&
	       b->layout.end_pfn > need)
		need = b->layout.end_pfn;
	boot_fail("Dom0 gets %lu MiB, but its kernel and initrd alone take %lu: raise dom0_mem=, or "
		  "give the machine more memory",
		  had >> 8, DIV_ROUND_UP(need, 256));
}

void dom0_build(void)
{
	struct builder *b = builder();
	unsigned order = 0;
	u64 *list;
	int rc;

	b->nr_pages = dom0_pages();
	create_domain(b);
	rc = pv_layout_plan(&b->layout, &b->ki, b->nr_pages, b->initrd->end - b->initrd->start);
	if (rc)
		too_little_for_kernel(b);
	while ((PAGE_SIZE << order) < b->layout.p2m_list_pages * PAGE_SIZE)
		order++;
	list = alloc_hv_pages(order);
	if (!list)
		boot_fail("out of memory for Dom0's frame list: lower dom0_mem=");
	alloc_memory(b, list);
	place_p2m(b, list);
	rc = kernel_image_copy(&b->ki, place_kernel, b);
	if (rc)
		kernel_refused(b, rc);
	copy_initrd(b);
	fill_hypercall_page(b);
	build_tables(b, b->d->vcpu[0]);
	fill_start_info(b);
	start_vcpu(b);
	free_hv_pages(list, order);
	give_back_boot_memory(b);
	log_info("Dom0: %lu MiB, %u vCPUs, kernel %lx-%lx entry %lx", b->nr_pages >> 8,
		 b->d->max_vcpus, (unsigned long)b->ki.virt_start, (unsigned long)b->ki.virt_end,
		 (unsigned long)b->ki.notes.entry);
}
