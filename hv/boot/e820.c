/* SPDX-License-Identifier: MIT */
/*
 * Memory map clean-up and the boot allocator; see e820.h.  The free list is a
 * small sorted array: boot takes a dozen pieces, so nothing cleverer pays.
 */
#include "boot/e820.h"

#include "console/console.h"
#include "lib/string.h"
#include "memory/frame-alloc.h"
#include "x86/layout.h"

#define MAX_PADDR (1ULL << 42) /* the direct map's 5 TiB, rounded down */
#define MAX_FREE 64

struct e820_range e820_map[E820_MAX];
unsigned e820_count;

static struct mem_range free_ranges[MAX_FREE]; /* mfn ranges once boot_mem_init has run */
static unsigned free_count;

static void e820_remove(unsigned i)
{
	memmove(&e820_map[i], &e820_map[i + 1], (e820_count - i - 1) * sizeof(e820_map[0]));
	e820_count--;
}

static void e820_insert(unsigned i, u64 addr, u64 size, u32 type)
{
	if (e820_count == E820_MAX)
		return;
	memmove(&e820_map[i + 1], &e820_map[i], (e820_count - i) * sizeof(e820_map[0]));
	e820_map[i] = (struct e820_range){ addr, size, type };
	e820_count++;
}

static void e820_sort(void)
{
	for (unsigned i = 1; i < e820_count; i++)
		for (unsigned j = i; j && e820_map[j - 1].addr > e820_map[j].addr; j--) {
			struct e820_range t = e820_map[j];

			e820_map[j] = e820_map[j - 1];
			e820_map[j - 1] = t;
		}
}

/* Resolve the overlap of neighbours @i and @i + 1; true if something changed. */
static bool e820_split(unsigned i)
{
	struct e820_range a = e820_map[i], b = e820_map[i + 1];
	u64 a_end = a.addr + a.size, b_end = b.addr + b.size;

	if (a_end <= b.addr)
		return false;
	if (b.type >= a.type) { /* b wins: a keeps what is before and after b */
		e820_map[i].size = b.addr - a.addr;
		if (a_end > b_end)
			e820_insert(i + 2, b_end, a_end - b_end, a.type);
	} else if (b_end > a_end) {
		e820_map[i + 1].addr = a_end;
		e820_map[i + 1].size = b_end - a_end;
	} else {
		e820_remove(i + 1);
	}
	if (!e820_map[i].size)
		e820_remove(i);
	return true;
}

void e820_sanitise(void)
{
	for (unsigned i = 0; i < e820_count;) {
		struct e820_range *r = &e820_map[i];

		if (!r->size || r->addr + r->size < r->addr || r->addr >= MAX_PADDR) {
			e820_remove(i);
			continue;
		}
		if (r->addr + r->size > MAX_PADDR)
			r->size = MAX_PADDR - r->addr;
		i++;
	}
	bool again;

	do {
		again = false;
		e820_sort();
		for (unsigned i = 0; i + 1 < e820_count && !again; i++)
			again = e820_split(i);
	} while (again);
}

u64 e820_ram_bytes(void)
{
	u64 sum = 0;

	for (unsigned i = 0; i < e820_count; i++)
		if (e820_map[i].type == E820_RAM)
			sum += e820_map[i].size;
	return sum;
}

bool e820_overlaps(paddr_t start, paddr_t end, u32 type_mask)
{
	for (unsigned i = 0; i < e820_count; i++) {
		const struct e820_range *r = &e820_map[i];
		u32 bit = r->type < 32 ? 1U << r->type : 1U << E820_RESERVED;

		if ((bit & type_mask) && r->addr < end && r->addr + r->size > start)
			return true;
	}
	return false;
}

mfn_t e820_top_mfn(void)
{
	mfn_t top = 0;

	for (unsigned i = 0; i < e820_count; i++)
		if (e820_map[i].type == E820_RAM)
			top = MAX(top, (e820_map[i].addr + e820_map[i].size) >> PAGE_SHIFT);
	return top;
}

void boot_mem_init(void)
{
	free_count = 0;
	for (unsigned i = 0; i < e820_count && free_count < MAX_FREE; i++) {
		mfn_t start = DIV_ROUND_UP(e820_map[i].addr, PAGE_SIZE);
		mfn_t end = (e820_map[i].addr + e820_map[i].size) >> PAGE_SHIFT;

		if (e820_map[i].type == E820_RAM && start < end)
			free_ranges[free_count++] = (struct mem_range){ start, end };
	}
	boot_mem_reserve(0, LOW_MEMORY); /* Dom0's, as if it were a device: firmware lives there */
}

static void free_insert(unsigned i, mfn_t start, mfn_t end)
{
	if (free_count == MAX_FREE)
		boot_fail("the memory map is too fragmented: more than %d free ranges", MAX_FREE);
	memmove(&free_ranges[i + 1], &free_ranges[i], (free_count - i) * sizeof(free_ranges[0]));
	free_ranges[i] = (struct mem_range){ start, end };
	free_count++;
}

void boot_mem_reserve(paddr_t start, paddr_t end)
{
	mfn_t s = start >> PAGE_SHIFT, e = DIV_ROUND_UP(end, PAGE_SIZE);

	for (unsigned i = 0; i < free_count; i++) {
		struct mem_range *r = &free_ranges[i];

		if (r->end <= s || r->start >= e)
			continue;
		if (r->start < s && r->end > e) {
			free_insert(i + 1, e, r->end);
			free_ranges[i].end = s;
		} else if (r->start < s) {
			r->end = s;
		} else if (r->end > e) {
			r->start = e;
		} else {
			memmove(r, r + 1, (free_count - i - 1) * sizeof(*r));
			free_count--;
			i--;
		}
	}
}

paddr_t boot_mem_alloc(u64 bytes, u64 align)
{
	u64 pages = DIV_ROUND_UP(bytes, PAGE_SIZE), align_pages = MAX(align >> PAGE_SHIFT, 1);

	for (unsigned i = free_count; i-- > 0;) {
		mfn_t end = MIN(free_ranges[i].end, 1ULL << (32 - PAGE_SHIFT));
		mfn_t at;

		if (end < free_ranges[i].start + pages)
			continue;
		at = ROUND_DOWN(end - pages, align_pages);
		if (at < free_ranges[i].start)
			continue;
		boot_mem_reserve(at << PAGE_SHIFT, (at + pages) << PAGE_SHIFT);
		memset(mfn_to_virt(at), 0, pages << PAGE_SHIFT);
		return at << PAGE_SHIFT;
	}
	boot_fail("out of memory at boot: no %lu KiB free below 4 GiB; give the machine more memory",
		  (unsigned long)(bytes >> 10));
}

void boot_mem_release(paddr_t start, paddr_t end)
{
	mfn_t s = DIV_ROUND_UP(start, PAGE_SIZE), e = end >> PAGE_SHIFT;
	unsigned i = 0;

	if (s >= e)
		return;
	while (i < free_count && free_ranges[i].start < s)
		i++;
	if (i && free_ranges[i - 1].end == s)
		free_ranges[i - 1].end = e;
	else
		free_insert(i, s, e);
}

unsigned boot_mem_ranges(const struct mem_range **ranges)
{
	*ranges = free_ranges;
	return free_count;
}
