/* SPDX-License-Identifier: MIT */
/*
 * What every heap policy and its users share: finding a policy by name, and
 * runs of pages that are no power of two, from a source that serves powers of
 * two.  No state, no locks.  The policies themselves are in policies/.
 */
#include "alloc-policies/api/heap_policy.h"
#include "lib/bitmap.h"
#include "lib/string.h"

const struct heap_policy *heap_policy_find(const char *name)
{
	const struct heap_policy *const *pp;

	for_each_heap_policy(pp)
		if (!strcmp((*pp)->name, name) && (*pp)->version == HEAP_POLICY_VERSION &&
		    (*pp)->state_bytes <= HEAP_STATE_MAX)
			return *pp;
	return NULL;
}

unsigned heap_order_for(size_t bytes)
{
	u64 pages = DIV_ROUND_UP(bytes, PAGE_SIZE);

	return pages <= 1 ? 0 : highest_bit(pages - 1) + 1;
}

/* Give back pages [from, to) of the block at @start in aligned pieces. */
static void put_part(const struct heap_source *source, u8 *start, u64 from, u64 to)
{
	while (from < to) {
		unsigned fits = highest_bit(to - from);
		unsigned order = from ? MIN(lowest_bit(from), fits) : fits;

		source->put(source->context, start + from * PAGE_SIZE, order);
		from += 1ULL << order;
	}
}

void *heap_get_pages(const struct heap_source *source, u64 pages)
{
	unsigned order = heap_order_for(pages * PAGE_SIZE);
	void *start;

	if (order > HEAP_MAX_ORDER)
		return NULL;
	start = source->get(source->context, order);
	if (start)
		put_part(source, start, pages, 1ULL << order);
	return start;
}

void heap_put_pages(const struct heap_source *source, void *start, u64 pages)
{
	put_part(source, start, 0, pages);
}
