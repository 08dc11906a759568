/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_transfer: what it refuses, and frames that go from one domain to
 * another with what is in them.
 */
#include "bench/guests/pv/grants.h"

#include <xen/memory.h>
#include <xen/sched.h>

#define FIRST_REF 40
#define PATTERN 0x0123456789abcdefUL

static long transfer(u64 mfn, domid_t to, u32 ref)
{
	struct gnttab_transfer op = { .mfn = mfn, .domid = to, .ref = ref };
	long rc = gnttab(GNTTABOP_transfer, &op, 1);

	return rc ? rc : op.status;
}

/* A page nobody maps any more can go. */
static u64 unmapped_page(u64 pattern)
{
	u64 *page = page_alloc();
	u64 mfn = va_to_mfn(page);

	for (unsigned i = 0; i < PAGE_SIZE / sizeof(u64); i++)
		page[i] = pattern + i;
	if (hypercall3(__HYPERVISOR_update_va_mapping, page, 0, UVMF_INVLPG | UVMF_ALL))
		guest_fail("unmapping a page");
	return mfn;
}

static long reservation(void)
{
	struct xen_memory_domain which = { .domid = DOMID_SELF };

	return hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, &which);
}

/* A frame that cannot go over is nobody's any more. */
static void loses_frame(const char *what, domid_t to, u32 ref, long status)
{
	long before = reservation();
	u64 mfn = unmapped_page(1);

	check(what, transfer(mfn, to, ref), status);
	check("and it is gone", before - reservation(), 1);
	check("not given twice", transfer(mfn, to, ref), GNTST_bad_page);
}

void transfer_checks(void)
{
	check("of no frame", transfer(0xfffffff, self, GRANT_REF), GNTST_bad_page);
	check("of a hypervisor's", transfer(0x200, self, GRANT_REF), GNTST_bad_page);
	check("of one that is mapped", transfer(frame_mfn, self, GRANT_REF), GNTST_bad_page);
	check("of a page table", transfer(pte_maddr(frame_va) >> 12, self, GRANT_REF), GNTST_bad_page);
	loses_frame("to nobody", 0x7777, GRANT_REF, GNTST_bad_domain);
	loses_frame("into none", self, 1U << 30, GNTST_general_error);
	grant(FIRST_REF, GTF_permit_access, self, 0);
	loses_frame("into one for reading", self, FIRST_REF, GNTST_general_error);
	grant(FIRST_REF, 0, 0, 0);
}

/* --- two domains --------------------------------------------------------------------- */

static void give_back(u64 mfn)
{
	xen_pfn_t frame = mfn;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, &frame);
	if (hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r) != 1)
		guest_fail("decrease_reservation");
}

static bool has_pattern(u64 mfn, u64 pattern)
{
	const volatile u64 *page = (u64 *)window;
	bool right = true;

	if (hypercall3(__HYPERVISOR_update_va_mapping, window, mfn << 12 | PTE_RW_PAGE, UVMF_INVLPG))
		return false; /* not ours */
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(u64); i++)
		right &= page[i] == pattern + i;
	hypercall3(__HYPERVISOR_update_va_mapping, window, 0, UVMF_INVLPG);
	return right;
}

/* Room is made for each frame before its entry says that it may come. */
void transfer_accept(domid_t from, unsigned frames)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < frames; i++) {
		give_back(unmapped_page(0));
		grant(FIRST_REF + i, GTF_accept_transfer, from, 0);
	}
	print("GUEST ready\n");
	for (unsigned i = 0; i < frames; i++) {
		while (!(grant_flags(FIRST_REF + i) & GTF_transfer_completed))
			hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
		wrong += !has_pattern(grant_frame(FIRST_REF + i), PATTERN * (i + 1));
	}
	print("GUEST taken=%u\n", frames);
	guest_verdict(wrong);
}

void transfer_give(domid_t to, unsigned frames)
{
	u64 mfn = 0;

	for (unsigned i = 0; i < frames; i++) {
		mfn = unmapped_page(PATTERN * (i + 1));
		check("transfer", transfer(mfn, to, FIRST_REF + i), GNTST_okay);
	}
	check("of what is given", transfer(mfn, to, FIRST_REF), GNTST_bad_page);
	loses_frame("into an entry that has one", to, FIRST_REF, GNTST_general_error);
	loses_frame("into none", to, 1U << 30, GNTST_general_error);
	guest_verdict(0);
}
