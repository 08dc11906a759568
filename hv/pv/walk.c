/* SPDX-License-Identifier: MIT */
/*
 * From a guest virtual address to the L1 entry that maps it, through the
 * running vCPU's kernel page tables, and the domain an MMU call works for.
 */
#include "lib/errno.h"
#include "memory/frame-type.h"
#include "pv/mmu.h"
#include "x86/acpi.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/msi.h"

/* Where devices write their interrupt messages, and processors find their local APIC. */
#define MESSAGES_START 0xfee00000ULL
#define MESSAGES_BYTES 0x100000ULL

/* Does this entry name another table? */
static inline bool leads_on(u64 entry)
{
	return (entry & (PTE_PRESENT | PTE_PSE)) == PTE_PRESENT;
}

/* The L2 entry for @va; 0 if there is none that leads on. */
static inline u64 l2_entry(const struct vcpu *v, u64 va)
{
	const u64 *l4 = maddr_to_virt(v->pv.kernel_l4), *l3, *l2;
	u64 e = READ_ONCE(l4[pt_index(va, 4)]);

	if (unlikely(!leads_on(e)))
		return 0;
	l3 = maddr_to_virt(e & PTE_ADDR_MASK);
	e = READ_ONCE(l3[pt_index(va, 3)]);
	if (unlikely(!leads_on(e)))
		return 0;
	/* By now another vCPU may have replaced the L3 by anything, so this can be any address. */
	l2 = maddr_to_virt(e & PTE_ADDR_MASK);
	get_guest_or_goto(e, &l2[pt_index(va, 2)], wild);
	return likely(leads_on(e)) && likely(mfn_valid(pte_mfn(e))) ? e : 0;
wild:
	return 0;
}

u64 *guest_l1_get(struct vcpu *v, u64 va, struct page_info **table)
{
	struct domain *d = v->domain;
	u64 e = l2_entry(v, va);

	/* What counts is that this still is an L1 of ours. */
	*table = mfn_to_page(pte_mfn(e));
	if (unlikely(!e) || unlikely(!get_table(*table, d, d->id, PGT_l1)))
		return NULL;
	return (u64 *)maddr_to_virt(e & PTE_ADDR_MASK) + pt_index(va, 1);
}

bool guest_pte_peek(const struct vcpu *v, u64 va, u64 *pte)
{
	u64 e = l2_entry(v, va);
	const struct page_info *table = mfn_to_page(pte_mfn(e));
	const u64 *l1 = maddr_to_virt(e & PTE_ADDR_MASK);

	if (unlikely(!e))
		return false;
	*pte = READ_ONCE(l1[pt_index(va, 1)]);
	/* Still an L1 of ours?  Then that was an entry of it. */
	return likely((READ_ONCE(table->type) & (PGT_type_mask | PGT_validated)) ==
		      (PGT_l1 | PGT_validated)) &&
	       likely(table->owner == v->domain->id);
}

void guest_l1_put(struct page_info *table)
{
	put_table(table);
}

/* pg_owner_get() for others than the caller itself. */
struct domain *pg_other_get(domid_t domid, int *err)
{
	struct domain *d = current->domain, *owner;

	*err = 0;
	if (domid == d->id) { /* a guest names itself DOMID_SELF, or nobody */
		*err = -ESRCH;
		return NULL;
	}
	if (!d->privileged) {
		*err = -EPERM;
		return NULL;
	}
	if (domid == DOMID_IO)
		return &domain_io;
	if (domid == DOMID_XEN)
		return &domain_xen;
	owner = domain_get(domid);
	if (!owner)
		*err = -ESRCH;
	return owner;
}

void pg_other_put(struct domain *d)
{
	if (d != &domain_io && d != &domain_xen)
		domain_put(d);
}

bool pv_may_map_device(const struct domain *d, mfn_t mfn)
{
	paddr_t ma = mfn << PAGE_SHIFT;

	return d->pv.io_memory && ma - MESSAGES_START >= MESSAGES_BYTES &&
	       ma != (rdmsr(MSR_APIC_BASE) & PTE_ADDR_MASK);
}

bool pv_device_read_only(mfn_t mfn)
{
	paddr_t ma = mfn << PAGE_SHIFT;

	for (unsigned i = 0; i < acpi.nr_ioapics; i++)
		if (ROUND_DOWN(acpi.ioapics[i].address, PAGE_SIZE) == ma)
			return true;
	return (acpi.hpet && ROUND_DOWN(acpi.hpet, PAGE_SIZE) == ma) || msi_owns_page(ma);
}
