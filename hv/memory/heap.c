/* SPDX-License-Identifier: MIT */
/*
 * The wrapper around the heap policy; contract in heap.h.  `heap_lock` covers
 * the policy's state and the guard.  The policy takes frames through
 * alloc_hv_pages, so the frame table knows them as ours and no guest can get
 * one; a page that a slab gives back is free for guests at once.  A free that
 * the policy or the guard refuses means that the heap is damaged: panic.
 */
#include "memory/heap.h"

#include "alloc-policies/api/heap_guard.h"
#include "console/console.h"
#include "lib/cmdline.h"
#include "lib/printf.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "memory/page.h"
#include "x86/irq.h"

#define DEFAULT_POLICY "slab"

static char policy_option[16] = DEFAULT_POLICY;
CMDLINE_TEXT("heap", policy_option);
static bool guard_option;
CMDLINE_BOOL("heap-guard", guard_option);

static spinlock_t heap_lock = SPINLOCK_INIT;
static const struct heap_policy *policy;
static u8 state_bytes[HEAP_STATE_MAX] ALIGNED(64); /* heap_lock */
static struct heap_guard guard;                    /* heap_lock */

/*
 * The holder may take fresh pages, and with them wait until every pCPU has flushed its TLB: so
 * whoever waits for the lock lets interrupts in, or looks itself.
 */
static unsigned long lock_heap(void)
{
	for (;;) {
		unsigned long flags = irq_save();

		if (likely(spin_trylock(&heap_lock)))
			return flags;
		serve_cross_call();
		irq_restore(flags);
		cpu_relax();
	}
}

static void unlock_heap(unsigned long flags)
{
	spin_unlock_irqrestore(&heap_lock, flags);
}

static struct heap_state *state(void)
{
	return (struct heap_state *)state_bytes;
}

static void *source_get(void *context, unsigned order)
{
	return alloc_hv_pages(order);
}

static void source_put(void *context, void *pages, unsigned order)
{
	free_hv_pages(pages, order);
}

static const struct heap_source source = { source_get, source_put, NULL };

/* The policy that heap= names; the default, after a line that lists them all, if none. */
static const struct heap_policy *choose_policy(void)
{
	const struct heap_policy *chosen = heap_policy_find(policy_option);
	const struct heap_policy *const *pp;
	char names[128];
	size_t len = 0;

	if (chosen)
		return chosen;
	for_each_heap_policy(pp)
		len += fmt_scnprintf(names + len, sizeof(names) - len, " %s", (*pp)->name);
	log_warn("heap=%s: no such heap (there are:%s); using %s", policy_option, names,
		 DEFAULT_POLICY);
	chosen = heap_policy_find(DEFAULT_POLICY);
	BUG_ON(!chosen);
	return chosen;
}

void heap_init(void)
{
	policy = choose_policy();
	policy->init(state(), &source);
	heap_guard_init(&guard, policy, state());
	log_info("Heap: %s (%s)%s", policy->name, policy->summary,
		 guard_option ? ", guarded" : "");
}

/* @pre heap_lock */
static void *alloc_locked(size_t size, size_t align, const void *owner)
{
	if (unlikely(guard_option))
		return heap_guard_alloc(&guard, size, align, owner);
	return policy->alloc(state(), size, align);
}

static void *heap_alloc(size_t size, size_t align, const void *owner)
{
	unsigned long flags;
	void *ptr;

	ASSERT(policy && align && !(align & (align - 1)) && align <= HEAP_MAX_ALIGN);
	flags = lock_heap();
	ptr = alloc_locked(MAX(size, 1UL), MAX(align, (size_t)HEAP_MIN_ALIGN), owner);
	unlock_heap(flags);
	return ptr;
}

static void *heap_zalloc(size_t size, size_t align, const void *owner)
{
	void *ptr = heap_alloc(size, align, owner);

	if (ptr)
		memset(ptr, 0, size);
	return ptr;
}

void *xmalloc(size_t size)
{
	return heap_alloc(size, HEAP_MIN_ALIGN, __builtin_return_address(0));
}

void *xzalloc(size_t size)
{
	return heap_zalloc(size, HEAP_MIN_ALIGN, __builtin_return_address(0));
}

void *xmalloc_aligned(size_t size, size_t align)
{
	return heap_alloc(size, align, __builtin_return_address(0));
}

void *xzalloc_aligned(size_t size, size_t align)
{
	return heap_zalloc(size, align, __builtin_return_address(0));
}

void *xzalloc_array(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return heap_zalloc(bytes, HEAP_MIN_ALIGN, __builtin_return_address(0));
}

/* @pre heap_lock. NULL, or why not. */
static const char *free_locked(void *ptr)
{
	if (unlikely(guard_option))
		return heap_guard_free(&guard, ptr);
	return policy->free(state(), ptr) ? "no living piece of the heap" : NULL;
}

void xfree(void *ptr)
{
	const char *wrong;
	unsigned long flags;

	if (!ptr)
		return;
	flags = lock_heap();
	wrong = free_locked(ptr);
	unlock_heap(flags);
	if (unlikely(wrong))
		panic("heap %s: free of %p from %p: %s", policy->name, ptr,
		      __builtin_return_address(0), wrong);
}

const char *heap_policy_name(void)
{
	return policy->name;
}

void heap_get_stats(struct heap_stats *out)
{
	unsigned long flags = lock_heap();

	policy->stats(state(), out);
	unlock_heap(flags);
}

const char *heap_selfcheck(void)
{
	unsigned long flags = lock_heap();
	const char *wrong = policy->selfcheck(state());
	const void *owner = NULL;

	if (!wrong && guard_option)
		wrong = heap_guard_check(&guard, &owner);
	unlock_heap(flags);
	if (wrong && owner)
		log_err("heap: a piece allocated from %p was %s", owner, wrong);
	return wrong;
}
