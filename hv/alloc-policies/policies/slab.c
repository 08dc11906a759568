/* SPDX-License-Identifier: MIT */
/*
 * slab: the default heap.  Sizes up to 2016 bytes come in classes; a slab is
 * one page of equal objects behind a 64-byte header whose bitmap says which are
 * used, so freed objects are never written to and a double free shows at once.
 * Anything larger, or aligned to more than 1 KiB, gets pages of its own behind
 * the same kind of header.  The header of an object is found from its address:
 * at the start of its page, or, for an object that starts a page, just before.
 * Called under the wrapper's lock.  Keeps one empty slab a class.  Page: ../slab.md.
 */
#include "alloc-policies/api/heap_policy.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/list.h"

#define HEADER 64
#define MAGIC_SLAB 0x51ab0b1eU
#define MAGIC_LARGE 0x1a26e0b1U

/* Object sizes.  Those that are powers of two start at a multiple of their size. */
static const u16 class_size[] = {
	16, 32, 48, 64, 96, 128, 160, 192, 256, 320, 384, 512, 672, 800, 1024, 1344, 2016,
};
#define CLASSES ARRAY_SIZE(class_size)
#define SMALL_MAX 2016
#define SMALL_ALIGN_MAX 1024

struct slab {
	u32 magic;
	u16 class;
	u16 free;        /* objects */
	u64 used[4];     /* bit per object */
	struct list link;
};
_Static_assert(sizeof(struct slab) <= HEADER, "slab header");

struct large {
	u32 magic;
	u32 pages;
	void *start;     /* of the pages */
	void *object;
	u64 bytes;       /* usable */
	struct list link;
};
_Static_assert(sizeof(struct large) <= HEADER, "large header");

struct slab_class {
	struct list partial; /* slabs with a free and a used object; the front one serves */
	struct list full;
	struct slab *empty;  /* at most one is kept */
	u16 objects;         /* in a slab */
	u16 first;           /* offset of the first */
};

struct slab_heap {
	const struct heap_source *source;
	struct heap_stats stats;
	struct list large;
	u8 class_of[SMALL_MAX / 16 + 1]; /* by (size + 15) / 16 */
	struct slab_class class[CLASSES];
};

static struct slab_heap *slab_of(struct heap_state *state)
{
	return (struct slab_heap *)state;
}

static bool is_power_of_two(u64 v)
{
	return !(v & (v - 1));
}

static void class_init(struct slab_class *c, unsigned size)
{
	list_init(&c->partial);
	list_init(&c->full);
	c->empty = NULL;
	c->first = is_power_of_two(size) ? MAX(size, HEADER) : HEADER;
	c->objects = (PAGE_SIZE - c->first) / size;
}

static void slab_init(struct heap_state *state, const struct heap_source *source)
{
	struct slab_heap *h = slab_of(state);

	h->source = source;
	h->stats = (struct heap_stats){ 0 };
	list_init(&h->large);
	for (unsigned i = 0, class = 0; i < ARRAY_SIZE(h->class_of); i++) {
		if (i * 16 > class_size[class])
			class++;
		h->class_of[i] = class;
	}
	for (unsigned i = 0; i < CLASSES; i++)
		class_init(&h->class[i], class_size[i]);
}

static void *object_at(const struct slab_class *c, struct slab *s, unsigned index)
{
	return (u8 *)s + c->first + index * class_size[s->class];
}

/* Index of the object that starts at @ptr, -1 if none does. */
static int object_index(const struct slab_class *c, const struct slab *s, const void *ptr)
{
	unsigned offset = (const u8 *)ptr - (const u8 *)s - c->first;
	unsigned index = offset / class_size[s->class];

	if ((const u8 *)ptr < (const u8 *)s + c->first || index >= c->objects ||
	    index * class_size[s->class] != offset)
		return -1;
	return index;
}

static struct slab *new_slab(struct slab_heap *h, unsigned class)
{
	struct slab_class *c = &h->class[class];
	struct slab *s = c->empty;

	if (s) {
		c->empty = NULL;
	} else {
		s = h->source->get(h->source->context, 0);
		if (!s)
			return NULL;
		h->stats.pages++;
		s->magic = MAGIC_SLAB;
		s->class = class;
		s->free = c->objects;
		bitmap_zero(s->used, 256);
	}
	list_add(&c->partial, &s->link);
	return s;
}

static void *alloc_small(struct slab_heap *h, unsigned class)
{
	struct slab_class *c = &h->class[class];
	struct slab *s;
	u64 index;

	s = list_empty(&c->partial) ? new_slab(h, class) :
				      list_first_entry(&c->partial, struct slab, link);
	if (!s)
		return NULL;
	index = bitmap_find_next_zero(s->used, c->objects, 0);
	bitmap_set(s->used, index);
	if (!--s->free) {
		list_del(&s->link);
		list_add(&c->full, &s->link);
	}
	h->stats.objects++;
	h->stats.used += class_size[class];
	return object_at(c, s, index);
}

/* Class for the size whose objects are aligned to @align; -1 if there is none. */
static int small_class(const struct slab_heap *h, size_t size, size_t align)
{
	if (align > SMALL_ALIGN_MAX || size > SMALL_MAX)
		return -1;
	if (align > HEAP_MIN_ALIGN) {
		/* A multiple of a power of two is aligned only behind an aligned header. */
		if (align <= HEADER)
			size = ROUND_UP(size, align);
		else
			size = MAX(size, align);
		while (size <= SMALL_MAX) {
			unsigned class = h->class_of[DIV_ROUND_UP(size, 16)];

			if (!(class_size[class] % align) && !(h->class[class].first % align))
				return class;
			size = class_size[class] + 1;
		}
		return -1;
	}
	return h->class_of[DIV_ROUND_UP(size, 16)];
}

/* The header belongs to the object at @ptr; see the top of the file. */
static void *header_of(const void *ptr)
{
	u64 at = (u64)ptr;

	return (void *)(at & (PAGE_SIZE - 1) ? at & PAGE_MASK : at - HEADER);
}

static void *alloc_large(struct slab_heap *h, size_t size, size_t align)
{
	size_t offset = MAX(align, HEADER);
	u64 pages;
	struct large *l;
	u8 *start;

	if (size > PAGE_SIZE << HEAP_MAX_ORDER)
		return NULL;
	pages = DIV_ROUND_UP(offset + size, PAGE_SIZE);
	start = heap_get_pages(h->source, pages);
	if (!start)
		return NULL;
	l = header_of(start + offset);
	l->magic = MAGIC_LARGE;
	l->pages = pages;
	l->start = start;
	l->object = start + offset;
	l->bytes = pages * PAGE_SIZE - offset;
	list_add_tail(&h->large, &l->link);
	h->stats.pages += pages;
	h->stats.objects++;
	h->stats.used += l->bytes;
	return l->object;
}

static void *slab_alloc(struct heap_state *state, size_t size, size_t align)
{
	struct slab_heap *h = slab_of(state);
	int class = small_class(h, size, align);

	return class < 0 ? alloc_large(h, size, align) : alloc_small(h, class);
}

/* The slab has become empty: keep it if the class has none, else give it back. */
static void retire(struct slab_heap *h, struct slab_class *c, struct slab *s)
{
	list_del(&s->link);
	if (!c->empty) {
		c->empty = s;
		return;
	}
	s->magic = 0;
	h->stats.pages--;
	h->source->put(h->source->context, s, 0);
}

static int free_small(struct slab_heap *h, struct slab *s, void *ptr)
{
	struct slab_class *c = &h->class[s->class];
	int index = object_index(c, s, ptr);

	if (index < 0 || !bitmap_test_and_clear(s->used, index))
		return -EINVAL;
	h->stats.objects--;
	h->stats.used -= class_size[s->class];
	if (!s->free++) {
		list_del(&s->link);
		list_add(&c->partial, &s->link);
	}
	if (s->free == c->objects)
		retire(h, c, s);
	return 0;
}

static int free_large(struct slab_heap *h, struct large *l, void *ptr)
{
	u64 pages = l->pages;
	void *start = l->start;

	if (l->object != ptr)
		return -EINVAL;
	h->stats.objects--;
	h->stats.used -= l->bytes;
	h->stats.pages -= pages;
	list_del(&l->link);
	l->magic = 0;
	heap_put_pages(h->source, start, pages);
	return 0;
}

static int slab_free(struct heap_state *state, void *ptr)
{
	struct slab_heap *h = slab_of(state);
	void *header = header_of(ptr);

	switch (*(u32 *)header) {
	case MAGIC_SLAB:
		return free_small(h, header, ptr);
	case MAGIC_LARGE:
		return free_large(h, header, ptr);
	}
	return -EINVAL;
}

static size_t slab_usable_size(struct heap_state *state, const void *ptr)
{
	const struct slab *s = header_of(ptr);

	if (s->magic == MAGIC_SLAB)
		return class_size[s->class];
	return ((const struct large *)s)->bytes;
}

static void slab_stats(struct heap_state *state, struct heap_stats *out)
{
	*out = slab_of(state)->stats;
}

static const char *check_slab(const struct slab_class *c, const struct slab *s, unsigned class,
			      struct heap_stats *seen)
{
	u64 used = bitmap_weight(s->used, c->objects);

	if (s->magic != MAGIC_SLAB || s->class != class)
		return "a slab header is damaged";
	if (used + s->free != c->objects)
		return "a slab's count of free objects is wrong";
	seen->pages++;
	seen->objects += used;
	seen->used += used * class_size[class];
	return NULL;
}

static const char *check_class(const struct slab_class *c, unsigned class, struct heap_stats *seen)
{
	const char *wrong = NULL;
	struct slab *s;

	list_for_each_entry(s, &c->partial, link) {
		wrong = check_slab(c, s, class, seen);
		if (wrong)
			return wrong;
		if (!s->free || s->free == c->objects)
			return "a full or empty slab is among the partial ones";
	}
	list_for_each_entry(s, &c->full, link) {
		wrong = check_slab(c, s, class, seen);
		if (wrong)
			return wrong;
		if (s->free)
			return "a slab with room is among the full ones";
	}
	if (c->empty) {
		wrong = check_slab(c, c->empty, class, seen);
		if (!wrong && c->empty->free != c->objects)
			wrong = "the empty slab is not empty";
	}
	return wrong;
}

static const char *slab_selfcheck(struct heap_state *state)
{
	struct slab_heap *h = slab_of(state);
	struct heap_stats seen = { 0 };
	const char *wrong = NULL;
	struct large *l;

	for (unsigned i = 0; i < CLASSES && !wrong; i++)
		wrong = check_class(&h->class[i], i, &seen);
	if (wrong)
		return wrong;
	list_for_each_entry(l, &h->large, link) {
		if (l->magic != MAGIC_LARGE || header_of(l->object) != l)
			return "a large object's header is damaged";
		seen.pages += l->pages;
		seen.objects++;
		seen.used += l->bytes;
	}
	if (seen.pages != h->stats.pages || seen.objects != h->stats.objects ||
	    seen.used != h->stats.used)
		return "the statistics are wrong";
	return NULL;
}

static const struct heap_policy slab_policy = {
	.name = "slab",
	.summary = "pages of equal objects, pages of their own for large ones",
	.version = HEAP_POLICY_VERSION,
	.state_bytes = sizeof(struct slab_heap),
	.init = slab_init,
	.alloc = slab_alloc,
	.free = slab_free,
	.usable_size = slab_usable_size,
	.stats = slab_stats,
	.selfcheck = slab_selfcheck,
};
HEAP_POLICY_REGISTER(slab_policy);
