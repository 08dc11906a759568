/* SPDX-License-Identifier: MIT */
/*
 * The software TLB; see vtlb.h.  The tables of a pCPU form two trees, one for
 * the guest's kernel and one for its user mode, so that a change of mode keeps
 * both.  A table remembers which of the guest's it stands for: upper entries
 * are looked at again on every fault, as the processor does after INVLPG; only
 * leaves count as cached translations, and only what was asked for is one: a
 * guest may count on what it has not touched since a flush.  When the tables run
 * out all go.
 */
#include "pv/vtlb.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "memory/log-dirty.h"
#include "memory/page.h"
#include "pv/mmu.h"
#include "pv/tlb.h"
#include "x86/cpu.h"
#include "x86/entry.h"

/* One instruction needs less than thirty: each page it touches three. */
#define VTLB_TABLES 96

/* Page fault error code. */
#define FAULT_PRESENT 1
#define FAULT_WRITE 2
#define FAULT_FETCH 16

struct vtlb {
	u64 *root[2];              /* of the kernel's tree and of the user's: [!kernel_mode] */
	u64 *table[VTLB_TABLES];
	mfn_t of[VTLB_TABLES];     /* the guest's table it stands for */
	u64 *root_entry[VTLB_TABLES]; /* entries of the roots in use */
	unsigned nr_tables, nr_root_entries;
	struct vtlb *next;         /* of those that are to be freed */
};

unsigned vtlb_users;
static spinlock_t users_lock = SPINLOCK_INIT;

/* --- making and freeing ------------------------------------------------------------ */

static void vtlb_free(struct vtlb *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < 2; i++)
		free_hv_pages(t->root[i], 0);
	for (unsigned i = 0; i < VTLB_TABLES; i++)
		free_hv_pages(t->table[i], 0);
	free_hv_pages(t, 0);
}

static struct vtlb *vtlb_alloc(void)
{
	struct vtlb *t = alloc_hv_pages(0);
	bool ok = t;

	_Static_assert(sizeof(*t) <= PAGE_SIZE, "one page");
	for (unsigned i = 0; ok && i < 2; i++) {
		t->root[i] = alloc_hv_pages(0);
		ok = t->root[i];
		for (unsigned slot = HV_SLOT_FIRST; ok && slot <= HV_SLOT_LAST; slot++)
			t->root[i][slot] = hv_l4[slot];
	}
	for (unsigned i = 0; ok && i < VTLB_TABLES; i++) {
		t->table[i] = alloc_hv_pages(0);
		ok = t->table[i];
	}
	if (ok)
		return t;
	vtlb_free(t);
	return NULL;
}

/* A list of all there are; no pCPU begins to use one any more. @pre users_lock */
static struct vtlb *take_all(void)
{
	struct vtlb *list = NULL;

	for (unsigned cpu = 0; cpu < pcpu_count; cpu++) {
		struct vtlb *t = pcpus[cpu]->vtlb;

		if (!t)
			continue;
		WRITE_ONCE(pcpus[cpu]->vtlb, NULL);
		t->next = list;
		list = t;
	}
	return list;
}

/* Only after every pCPU has come by, as a flush makes it, nobody is in the middle of using one. */
static void free_list(struct vtlb *list)
{
	u64 mask[PCPU_MASK_WORDS];

	if (!list)
		return;
	tlb_online_mask(mask);
	tlb_flush_mask(mask);
	while (list) {
		struct vtlb *next = list->next;

		vtlb_free(list);
		list = next;
	}
}

/* @pre users_lock */
static int alloc_all(void)
{
	for (unsigned cpu = 0; cpu < pcpu_count; cpu++) {
		struct vtlb *t = vtlb_alloc();

		WRITE_ONCE(pcpus[cpu]->vtlb, t);
		if (!t)
			return -ENOMEM;
	}
	return 0;
}

int vtlb_get(void)
{
	struct vtlb *half_made = NULL;
	int rc = 0;

	spin_lock(&users_lock);
	if (!vtlb_users)
		rc = alloc_all();
	if (rc)
		half_made = take_all();
	else
		vtlb_users++;
	spin_unlock(&users_lock);
	free_list(half_made);
	return rc;
}

void vtlb_put(void)
{
	struct vtlb *unused;

	spin_lock(&users_lock);
	unused = --vtlb_users ? NULL : take_all();
	spin_unlock(&users_lock);
	free_list(unused);
}

/* --- throwing away -------------------------------------------------------------------- */

static void empty(struct vtlb *t)
{
	for (unsigned i = 0; i < t->nr_root_entries; i++)
		*t->root_entry[i] = 0;
	t->nr_root_entries = 0;
	t->nr_tables = 0;
}

/* Before a table is used again the processor has to forget where it stood.  @pre interrupts off */
static void start_over(struct vtlb *t)
{
	if (!t->nr_tables)
		return;
	empty(t);
	write_cr3(read_cr3());
}

void vtlb_flush(void)
{
	unsigned long flags = irq_save();
	struct vtlb *t = this_cpu()->vtlb;

	if (t)
		start_over(t);
	irq_restore(flags);
}

void vtlb_load(struct vcpu *v)
{
	unsigned long flags = irq_save();
	struct vtlb *t = this_cpu()->vtlb; /* there is one: @v's domain counts as a user */

	start_over(t);
	v->pv.kernel_cr3 = virt_to_maddr(t->root[0]);
	v->pv.user_cr3 = virt_to_maddr(t->root[1]);
	irq_restore(flags);
}

/* The leaf for @va below @root, NULL if there is no table for it. */
static u64 *find_leaf(u64 *root, u64 va)
{
	u64 *table = root;

	for (unsigned level = 4; level > 1; level--) {
		u64 e = table[pt_index(va, level)];

		if (!(e & PTE_PRESENT))
			return NULL;
		table = maddr_to_virt(e & PTE_ADDR_MASK);
	}
	return &table[pt_index(va, 1)];
}

void vtlb_flush_page(u64 va)
{
	unsigned long flags = irq_save();
	struct vtlb *t = this_cpu()->vtlb;

	for (unsigned i = 0; t && guest_addr_ok(va) && i < 2; i++) {
		u64 *leaf = find_leaf(t->root[i], va);

		if (leaf)
			*leaf = 0;
	}
	irq_restore(flags);
}

/* --- filling ------------------------------------------------------------------------------- */

/* The way to a page by the guest's tables, by level. */
struct walk {
	u64 *slot[5], entry[5];
	bool writable, executable;
};

/* False: not mapped. */
static bool walk(const struct vcpu *v, u64 va, struct walk *w)
{
	u64 table = v->pv.kernel_mode ? v->pv.kernel_l4 : v->pv.user_l4;

	w->writable = w->executable = true;
	if (!table)
		return false;
	for (unsigned level = 4; level; level--) {
		u64 *slot = (u64 *)maddr_to_virt(table) + pt_index(va, level), e = READ_ONCE(*slot);

		if (!(e & PTE_PRESENT))
			return false;
		w->slot[level] = slot;
		w->entry[level] = e;
		w->writable &= !!(e & PTE_RW);
		w->executable &= !(e & PTE_NX);
		table = e & PTE_ADDR_MASK;
	}
	return true;
}

/* Set what the processor sets; false if an entry is not what it was. */
static bool set_accessed(struct walk *w, bool write)
{
	for (unsigned level = 4; level; level--) {
		u64 e = w->entry[level], want = e | PTE_ACCESSED;

		if (level == 1 && write)
			want |= PTE_DIRTY;
		if (e == want)
			continue;
		if (!__atomic_compare_exchange_n(w->slot[level], &e, want, false, __ATOMIC_SEQ_CST,
						 __ATOMIC_RELAXED))
			return false;
		w->entry[level] = want;
		frame_dirtied(mfn_to_page(virt_to_mfn(w->slot[level])));
	}
	return true;
}

/* What goes into our table for the guest's L1 entry @e: writable only what may change unnoticed. */
static u64 leaf_for(u64 e)
{
	mfn_t mfn = pte_mfn(e);

	if ((e & PTE_RW) && (!(e & PTE_DIRTY) || (mfn_valid(mfn) && frame_is_clean(mfn_to_page(mfn)))))
		e &= ~PTE_RW;
	return e;
}

/* A table for the guest's @of; NULL: none left. */
static u64 *take_table(struct vtlb *t, mfn_t of)
{
	unsigned i = t->nr_tables;

	if (i == VTLB_TABLES)
		return NULL;
	t->nr_tables++;
	t->of[i] = of;
	memset(t->table[i], 0, PAGE_SIZE);
	return t->table[i];
}

/* Which of ours is at @slot?  Made to stand for the table that the guest's @entry names, without
 * what it held for another. */
static u64 *retake_table(struct vtlb *t, const u64 *slot, mfn_t of)
{
	u64 *table = maddr_to_virt(*slot & PTE_ADDR_MASK);
	unsigned i = 0;

	while (t->table[i] != table)
		i++;
	if (t->of[i] != of) {
		memset(table, 0, PAGE_SIZE);
		t->of[i] = of;
	}
	return table;
}

/* Our table below @slot of @level for the guest's @entry; NULL: none left. */
static u64 *step_down(struct vtlb *t, u64 *slot, u64 entry, unsigned level)
{
	mfn_t of = pte_mfn(entry);
	u64 *table;

	if (*slot & PTE_PRESENT) {
		table = retake_table(t, slot, of);
	} else {
		table = take_table(t, of);
		if (!table)
			return NULL;
		if (level == 4)
			t->root_entry[t->nr_root_entries++] = slot;
	}
	*slot = virt_to_maddr(table) | (entry & ~PTE_ADDR_MASK);
	return table;
}

static bool fill(const struct vcpu *v, struct vtlb *t, u64 va, const struct walk *w)
{
	u64 *table = t->root[!v->pv.kernel_mode];

	for (unsigned level = 4; level > 1; level--) {
		table = step_down(t, &table[pt_index(va, level)], w->entry[level], level);
		if (!table)
			return false;
	}
	table[pt_index(va, 1)] = leaf_for(w->entry[1]);
	return true;
}

/* May the access @code be, by the walk? */
static bool allowed(const struct walk *w, u32 code)
{
	return (!(code & FAULT_WRITE) || w->writable) && (!(code & FAULT_FETCH) || w->executable);
}

u32 vtlb_fault(struct vcpu *v, u64 va, u32 code)
{
	struct vtlb *t = this_cpu()->vtlb;
	bool write = code & FAULT_WRITE;
	struct walk w;

	if (!walk(v, va, &w))
		return code & ~FAULT_PRESENT;
	if (!allowed(&w, code))
		return code | FAULT_PRESENT;
	if (!set_accessed(&w, write))
		return VTLB_FILLED; /* changing right now: see what the next fault finds */
	if (write && mfn_valid(pte_mfn(w.entry[1])))
		log_dirty_fault(v->domain, mfn_to_page(pte_mfn(w.entry[1])));
	if (!fill(v, t, va, &w)) {
		start_over(t);
		fill(v, t, va, &w);
	}
	return VTLB_FILLED;
}
