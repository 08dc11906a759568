/* SPDX-License-Identifier: MIT */
/*
 * Arguments for the fuzzing guest: mostly things that make sense to somebody,
 * so that calls get past their first checks, among them everything that must
 * not make sense to the hypervisor.
 */
#include "bench/guests/pv/fuzz.h"

static const u64 odd_values[] = {
	0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 1023, 1024, 4095, 4096,
	0x7ff0, 0x7ff1, 0x7ff2, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000, 1UL << 40, 1UL << 47, 1UL << 51, 1UL << 52, 1UL << 62, 1UL << 63, ~0UL, ~0UL - 4095,
};

static const u64 wild_addresses[] = {
	0, 8, 0x1000, 0x7fffffffffff, 0x7ffffffffff8, 0x800000000000, 0xffff7fffffffffff,
	0xffff7ffffffffff8, 0xffff800000000000, 0xffff808000000000, 0xffff810000000000,
	0xffff818000200000, 0xffff81800025ff00, 0xffff820000000000, 0xffff82000000e000,
	0xffff830000000000, 0xffff830000200000, 0xffff87fffffffff8, 0xffff880000000000 - 4,
	0xffff880000000000, ~0UL, ~0UL - 7, ~0UL - 63,
};

u64 any_value(void)
{
	switch (rnd_below(4)) {
	case 0: return PICK(odd_values);
	case 1: return rnd_below(40);
	case 2: return rnd() >> rnd_below(64);
	default: return PICK(odd_values) + rnd_below(5) - 2;
	}
}

u64 play_va(void)
{
	return PLAY_BASE + rnd_below(PLAY_PAGES) * PAGE_SIZE;
}

u64 wild_address(void)
{
	return PICK(wild_addresses);
}

u64 any_address(void)
{
	switch (rnd_below(8)) {
	case 0: return PICK(wild_addresses);
	case 1: return PICK(wild_addresses) + rnd_below(33) - 16;
	case 2: return play_va() + rnd_below(PAGE_SIZE);
	case 3: return (u64)args + ARG_BYTES - rnd_below(256); /* runs out of the last page */
	case 4: return (u64)table_pages[rnd_below(PLAY_TABLES)] + rnd_below(PAGE_SIZE / 8) * 8;
	default: return (u64)args + rnd_below(ARG_BYTES / 8) * 8;
	}
}

u64 table_mfn(void)
{
	return va_to_mfn(table_pages[rnd_below(PLAY_TABLES)]);
}

u64 spare_frame(void)
{
	return spare[rnd_below(SPARES)];
}

/* Is it what we run on?  The pages of the image and of the page tables come first. */
static bool is_ours(u64 mfn)
{
	for (u64 pfn = 0; pfn < nr_own_pfns; pfn++)
		if (pfn_to_mfn(pfn) == mfn)
			return true;
	return false;
}

void spare_keep(u64 mfn)
{
	if (mfn < max_ram && !is_ours(mfn))
		spare[rnd_below(SPARES)] = mfn;
}

static u64 random_mfn(void)
{
	u64 mfn;

	do
		mfn = one_in(2) ? any_value() : rnd_below(max_ram + 0x1000);
	while (is_ours(mfn));
	return mfn;
}

u64 any_mfn(void)
{
	switch (rnd_below(10)) {
	case 0: case 1: case 2: return va_to_mfn(data_pages[rnd_below(PLAY_DATA)]);
	case 3: case 4: return table_mfn();
	case 5: return spare_frame();
	case 6: return 0x200 + rnd_below(0x100); /* the hypervisor's image */
	case 7: return rnd_below(2) ? start_info->shared_info >> 12 : play_l1[rnd_below(2)];
	case 8: return va_to_mfn((void *)start_info->pt_base) + rnd_below(3);
	default: return random_mfn();
	}
}

/* Frames that may be mapped: of devices only the screen, elsewhere a store could do anything. */
static u64 mappable_mfn(void)
{
	u64 mfn;

	do
		mfn = any_mfn();
	while (mfn < 0x100 || (mfn >= 0xc0000 && mfn < 0x100000) || (mfn >= max_ram && mfn < 1UL << 40));
	return one_in(64) ? 0xb8 : mfn;
}

u64 any_pte(void)
{
	static const u64 flags[] = {
		0, PTE_P, PTE_RO_PAGE, PTE_RW_PAGE, PTE_RW_PAGE, PTE_RW_PAGE, PTE_RO_PAGE,
		PTE_RW_PAGE | 0x80, PTE_RW_PAGE | 0x100, PTE_RW_PAGE | 0x18, PTE_RW_PAGE | PTE_NX,
		PTE_RO_PAGE | 0xe00, PTE_RW_PAGE | 1UL << 51, PTE_RO_PAGE | 1UL << 62,
	};
	u64 pte = mappable_mfn() << 12 | PICK(flags);

	return one_in(16) ? pte ^ 1UL << rnd_below(12) : one_in(16) ? any_value() & ~PTE_P : pte;
}

u16 any_domid(void)
{
	static const u16 ids[] = { DOMID_SELF, DOMID_SELF, 0, 1, 2, 7, DOMID_IO, DOMID_XEN, DOMID_INVALID,
				   DOMID_IDLE, DOMID_FIRST_RESERVED, 0x7fef, 0xffff };

	return one_in(3) ? other_domain : one_in(4) ? own_domid : PICK(ids);
}

static u64 one_word(void)
{
	switch (rnd_below(6)) {
	case 0: return any_address();
	case 1: return any_mfn();
	case 2: return any_pte();
	case 3: return any_domid();
	default: return any_value();
	}
}

void fill(void *at, size_t bytes)
{
	u8 *p = at;

	for (size_t i = 0; i < bytes; i += 8) {
		u64 w = one_in(4) ? 0 : one_word() | (one_in(3) ? one_word() << 32 : 0);

		for (size_t k = 0; k < 8 && i + k < bytes; k++)
			p[i + k] = w >> 8 * k;
	}
}

void *argument(size_t bytes)
{
	u64 room = ARG_BYTES - bytes;

	if (one_in(16))
		return args + room; /* ends with the page */
	return args + rnd_below(room / 8) * 8 + (one_in(32) ? rnd_below(8) : 0);
}

void *calm_argument(size_t bytes)
{
	return calm_args + rnd_below((PAGE_SIZE - bytes) / 8) * 8;
}
