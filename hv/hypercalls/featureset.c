/* SPDX-License-Identifier: MIT */
/*
 * Which CPUID register each word of a feature set is, and reading them: from
 * the processor, or as a PV guest sees them.
 */
#include "lib/types.h"

#include "hypercalls/featureset.h"

#include <xen/sysctl.h>

#include "pv/cpuid.h"

static const struct {
	u32 leaf;
	u8 subleaf;
	char reg; /* 'a'..'d'; 0: not from CPUID (MSR_ARCH_CAPS, of which there is none) */
} words[FEATURESET_WORDS] = {
	{ 1, 0, 'd' },		{ 1, 0, 'c' },		{ 0x80000001, 0, 'd' },
	{ 0x80000001, 0, 'c' }, { 0xd, 1, 'a' },	{ 7, 0, 'b' },
	{ 7, 0, 'c' },		{ 0x80000007, 0, 'd' }, { 0x80000008, 0, 'b' },
	{ 7, 0, 'd' },		{ 7, 1, 'a' },		{ 0x80000021, 0, 'a' },
	{ 7, 1, 'b' },		{ 7, 2, 'd' },		{ 7, 1, 'c' },
	{ 7, 1, 'd' },		{ 0, 0, 0 },		{ 0, 0, 0 },
	{ 0x80000021, 0, 'c' },
};

/* Leaves past the last one answer with another's contents on some processors. */
static bool leaf_exists(u32 leaf, u32 subleaf)
{
	if (leaf > cpuid(leaf & 0x80000000, 0).a)
		return false;
	return leaf != 7 || subleaf <= cpuid(7, 0).a;
}

static u32 pick(const struct cpuid_regs *r, char reg)
{
	switch (reg) {
	case 'a':
		return r->a;
	case 'b':
		return r->b;
	case 'c':
		return r->c;
	}
	return r->d;
}

u32 featureset_host_word(unsigned word)
{
	struct cpuid_regs r;

	if (word >= FEATURESET_WORDS || !words[word].reg ||
	    !leaf_exists(words[word].leaf, words[word].subleaf))
		return 0;
	r = cpuid(words[word].leaf, words[word].subleaf);
	return pick(&r, words[word].reg);
}

static u32 pv_word(unsigned word)
{
	struct cpuid_regs r;

	if (word >= FEATURESET_WORDS || !words[word].reg ||
	    !leaf_exists(words[word].leaf, words[word].subleaf))
		return 0;
	r = pv_cpuid_most(words[word].leaf, words[word].subleaf);
	return pick(&r, words[word].reg);
}

u32 featureset_word(u32 set, unsigned word)
{
	switch (set) {
	case XEN_SYSCTL_cpu_featureset_raw:
	case XEN_SYSCTL_cpu_featureset_host:
		return featureset_host_word(word);
	case XEN_SYSCTL_cpu_featureset_pv:
	case XEN_SYSCTL_cpu_featureset_pv_max:
		return pv_word(word);
	}
	return 0;
}
