/* SPDX-License-Identifier: MIT */
/*
 * CPUID policies; see cpu-policy.h.  They are made by asking for every leaf the
 * tools know: the basic ones to 0xd and the extended ones to 0x80000021, four of
 * them with subleaves, and the two that hold the limits of the hypervisor's own.
 * The limits of a policy are its leaves 0, 7 (subleaf 0) and 0x80000000, which
 * the tools may lower.
 */
#include "pv/cpu-policy.h"

#include <xen/arch-x86/cpuid.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "pv/cpuid.h"

#define BASIC_LAST 0xdU
#define EXTENDED_FIRST 0x80000000U
#define EXTENDED_LAST 0x80000021U
#define XSTATE_COMPONENTS 63

typedef struct cpuid_regs (*ask_fn)(u32 leaf, u32 subleaf);

static struct cpuid_regs ask_host(u32 leaf, u32 subleaf)
{
	return cpuid(leaf, subleaf);
}

static struct cpuid_regs ask_pv(u32 leaf, u32 subleaf)
{
	return pv_cpuid_most(leaf, subleaf);
}

static bool has_subleaves(u32 leaf)
{
	return leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd;
}

static void add(struct cpu_policy *p, u32 leaf, u32 subleaf, struct cpuid_regs r)
{
	if (p->nr < CPU_POLICY_LEAVES)
		p->leaf[p->nr++] = (struct xen_cpuid_leaf){ leaf, subleaf, r.a, r.b, r.c, r.d };
}

/* Is there a subleaf after @i?  The tools list the one that ends a row too, and components of
 * extended state up to the last there is, with the gaps. */
static bool more_subleaves(u32 leaf, u32 i, struct cpuid_regs first, struct cpuid_regs r)
{
	switch (leaf) {
	case 4: /* cache types until "none" */
		return i < 5 && (r.a & 31);
	case 7:
		return i < 2 && i < first.a;
	case 0xb: /* levels until "invalid" */
		return i < 1 && (r.c >> 8 & 0xff);
	}
	return i < 1 || ((u64)first.d << 32 | first.a) >> i > 1;
}

static void add_with_subleaves(struct cpu_policy *p, ask_fn ask, u32 leaf)
{
	struct cpuid_regs first = ask(leaf, 0), r = first;

	add(p, leaf, 0, first);
	for (u32 i = 0; more_subleaves(leaf, i, first, r);) {
		r = ask(leaf, ++i);
		add(p, leaf, i, r);
	}
}

static void build(struct cpu_policy *p, ask_fn ask)
{
	u32 basic = MIN(ask(0, 0).a, BASIC_LAST);
	u32 extended = MIN(ask(EXTENDED_FIRST, 0).a, EXTENDED_LAST);
	const struct cpuid_regs none = { 0 }; /* limits of the hypervisor's own leaves: none set */

	p->nr = 0;
	for (u32 leaf = 0; leaf <= basic; leaf++)
		if (has_subleaves(leaf))
			add_with_subleaves(p, ask, leaf);
		else
			add(p, leaf, XEN_CPUID_NO_SUBLEAF, ask(leaf, 0));
	add(p, XEN_CPUID_FIRST_LEAF, XEN_CPUID_NO_SUBLEAF, none);
	add(p, XEN_CPUID_FIRST_LEAF + 0x100, XEN_CPUID_NO_SUBLEAF, none);
	for (u32 leaf = EXTENDED_FIRST; leaf <= extended; leaf++)
		add(p, leaf, XEN_CPUID_NO_SUBLEAF, ask(leaf, 0));
}

void cpu_policy_host(struct cpu_policy *p)
{
	build(p, ask_host);
}

void cpu_policy_pv(struct cpu_policy *p)
{
	build(p, ask_pv);
}

void cpu_policy_of(const struct domain *d, struct cpu_policy *p)
{
	if (d->cpu_policy)
		*p = *d->cpu_policy;
	else
		cpu_policy_pv(p);
}

/* --- single leaves ---------------------------------------------------------------- */

static u64 sort_key(u32 leaf, u32 subleaf)
{
	return (u64)leaf << 32 | (has_subleaves(leaf) ? subleaf : XEN_CPUID_NO_SUBLEAF);
}

/* Where the leaf is, or belongs. */
static u32 position(const struct cpu_policy *p, u64 key)
{
	u32 low = 0, high = p->nr;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (sort_key(p->leaf[mid].leaf, p->leaf[mid].subleaf) < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct xen_cpuid_leaf *cpu_policy_find(const struct cpu_policy *p, u32 leaf, u32 subleaf)
{
	u64 key = sort_key(leaf, subleaf);
	u32 i = position(p, key);

	if (i == p->nr || sort_key(p->leaf[i].leaf, p->leaf[i].subleaf) != key)
		return NULL;
	return &p->leaf[i];
}

static bool leaf_known(const struct xen_cpuid_leaf *l)
{
	if (l->leaf > BASIC_LAST && (l->leaf < EXTENDED_FIRST || l->leaf > EXTENDED_LAST))
		return false;
	if (!has_subleaves(l->leaf))
		return l->subleaf == XEN_CPUID_NO_SUBLEAF;
	return l->subleaf < XSTATE_COMPONENTS;
}

/* The tools list the hypervisor's own leaves too; those are not theirs to change. */
static bool leaf_ours(const struct xen_cpuid_leaf *l)
{
	return l->leaf >> 16 == 0x4000;
}

/* No more than a PV guest can have: features bit by bit, limits by number. */
static void clip(struct xen_cpuid_leaf *l)
{
	struct cpuid_regs most = pv_cpuid_most(l->leaf, has_subleaves(l->leaf) ? l->subleaf : 0);

	switch (l->leaf) {
	case 0: case EXTENDED_FIRST:
		l->a = MIN(l->a, most.a);
		break;
	case 1: case 0x80000001:
		l->c &= most.c;
		l->d &= most.d;
		break;
	case 7:
		if (!l->subleaf)
			l->a = MIN(l->a, most.a);
		else
			l->a &= most.a;
		l->b &= most.b;
		l->c &= most.c;
		l->d &= most.d;
		break;
	case 0xd:
		if (l->subleaf < 2)
			l->a &= most.a;
		l->d = most.d;
		break;
	case 0x80000007:
		l->d &= most.d;
		break;
	case 0x80000008:
		l->b &= most.b;
		break;
	case 0x80000021:
		l->a &= most.a;
		break;
	}
}

static bool store(struct cpu_policy *p, const struct xen_cpuid_leaf *l)
{
	u64 key = sort_key(l->leaf, l->subleaf);
	u32 i = position(p, key);

	if (i == p->nr || sort_key(p->leaf[i].leaf, p->leaf[i].subleaf) != key) {
		if (p->nr == CPU_POLICY_LEAVES)
			return false;
		for (u32 k = p->nr++; k > i; k--)
			p->leaf[k] = p->leaf[k - 1];
	}
	p->leaf[i] = *l;
	clip(&p->leaf[i]);
	return true;
}

int cpu_policy_merge(struct cpu_policy *p, const struct xen_cpuid_leaf *leaf, u32 n,
		     const struct xen_cpuid_leaf **bad)
{
	for (u32 i = 0; i < n; i++) {
		if (leaf_ours(&leaf[i]))
			continue;
		if (!leaf_known(&leaf[i]) || !store(p, &leaf[i])) {
			*bad = &leaf[i];
			return -ERANGE;
		}
	}
	return 0;
}
