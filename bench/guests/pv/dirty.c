/* SPDX-License-Identifier: MIT */
/*
 * The tiny guest's job `dirty`: it writes to its memory in one way at a time,
 * each for a while and over and over, and says which frame that changes, so
 * that Dom0 can compare with what the log of changed frames reports:
 *   GUEST page-NAME=PFN    the frame that way changes
 *   GUEST doing=NAME       now; for ms=M milliseconds
 * `quiet` is a page that is read all the time and never written.
 */
#include <xen/grant_table.h>
#include <xen/version.h>

#include "bench/guests/pv/tiny.h"

#define NS_BETWEEN_WRITES 2000000UL
#define PTE_SOFTWARE 0x200UL /* a bit the processor ignores */

static u8 *stored, *copied, *cleared, *granted, *quiet, *mapped;
static u64 spare_table; /* frame of a page table that is used for nothing but to be changed */

static void by_store(u64 n)
{
	*(volatile u64 *)stored = n;
}

/* The hypervisor writes to an address of ours. */
static void by_hypercall(u64 n)
{
	hypercall2(__HYPERVISOR_xen_version, XENVER_extraversion, copied);
}

/* It writes to a frame of ours. */
static void by_clear(u64 n)
{
	struct mmuext_op op = { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = va_to_mfn(cleared) };

	hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static void by_grant_copy(u64 n)
{
	struct gnttab_copy copy = {
		.source = { .u.gmfn = va_to_mfn(quiet), .domid = DOMID_SELF },
		.dest = { .u.gmfn = va_to_mfn(granted), .domid = DOMID_SELF },
		.len = 8,
	};

	hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &copy, 1);
}

static void by_mmu_update(u64 n)
{
	struct mmu_update u = { spare_table << 12, n & 1 ? PTE_SOFTWARE : 0 };

	hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_SELF);
}

/* The page table of all our pages, this way: not present to the processor, so only the store
 * through `mapped`, a read-only view of the spare table, which is emulated. */
static void by_table_store(u64 n)
{
	*(volatile u64 *)(mapped + 8) = n & 1 ? PTE_SOFTWARE : 0;
}

static void by_remap(u64 n)
{
	u64 pte = va_to_mfn(quiet) << 12 | PTE_RO_PAGE | (n & 1 ? PTE_SOFTWARE : 0);

	hypercall3(__HYPERVISOR_update_va_mapping, quiet, pte, UVMF_INVLPG | UVMF_LOCAL);
}

static u64 pfn_of(const void *va)
{
	return ((const u64 *)0xffff800000000000UL)[va_to_mfn(va)];
}

static u64 pfn_of_table(const void *va)
{
	return ((const u64 *)0xffff800000000000UL)[pte_maddr(va) >> 12];
}

/* A page becomes an L1 table with nothing in it, which we keep a read-only view of. */
static bool make_spare_table(void)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };

	mapped = page_alloc();
	spare_table = va_to_mfn(mapped);
	pin.arg1.mfn = spare_table;
	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	return !hypercall3(__HYPERVISOR_update_va_mapping, mapped, spare_table << 12 | PTE_RO_PAGE,
			   UVMF_INVLPG | UVMF_LOCAL) &&
	       !hypercall4(__HYPERVISOR_mmuext_op, &pin, 1, 0, DOMID_SELF);
}

static const struct {
	const char *name;
	void (*write)(u64 n);
} ways[] = {
	{ "store", by_store },		{ "hypercall", by_hypercall },
	{ "clear", by_clear },		{ "grant-copy", by_grant_copy },
	{ "mmu-update", by_mmu_update }, { "table-store", by_table_store },
	{ "remap", by_remap },		{ "nothing", NULL },
};

static void print_frames(void)
{
	print("GUEST page-store=%lu\n", pfn_of(stored));
	print("GUEST page-hypercall=%lu\n", pfn_of(copied));
	print("GUEST page-clear=%lu\n", pfn_of(cleared));
	print("GUEST page-grant-copy=%lu\n", pfn_of(granted));
	print("GUEST page-mmu-update=%lu\n", pfn_of(mapped));
	print("GUEST page-table-store=%lu\n", pfn_of(mapped));
	print("GUEST page-remap=%lu\n", pfn_of_table(quiet));
	print("GUEST page-quiet=%lu\n", pfn_of(quiet));
}

void run_dirty(const char *cmdline)
{
	u64 ns = number_option(cmdline, "ms", 2000) * 1000000UL;

	stored = page_alloc();
	copied = page_alloc();
	cleared = page_alloc();
	granted = page_alloc();
	quiet = page_alloc();
	if (!make_spare_table())
		print("GUEST no spare table\n");
	print_frames();
	bind_timer();
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		u64 end = now_ns() + ns, n = 0, next = now_ns();

		print("GUEST doing=%s\n", ways[i].name);
		while (now_ns() < end) {
			n += 1 + *(volatile u8 *)quiet;
			if (ways[i].write)
				ways[i].write(n);
			next += NS_BETWEEN_WRITES;
			sleep_until(next);
		}
	}
	shut_down(SHUTDOWN_poweroff);
}
