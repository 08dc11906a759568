/* SPDX-License-Identifier: MIT */
/*
 * Where every frame comes from once boot is over.  Which frame is a policy's
 * decision (hv/alloc-policies, frames=NAME at boot, fixed from then on); this
 * wrapper locks, counts, traces, keeps claims and checks each answer.  A frame
 * comes as it is: clearing and the frame table are the caller's business, and
 * page_info.count must be 0 before a frame is given back.
 * Any context; one lock, interrupts off while it is held, no lock inside.
 */
#ifndef ORRERY_MEMORY_FRAME_ALLOC_H
#define ORRERY_MEMORY_FRAME_ALLOC_H

#include "alloc-policies/api/frame_policy.h"
#include "lib/types.h"

#define FRAME_NODE_ANY 0xffffU

/* Build it with frame_wish() and change what is special. */
struct frame_constraints {
	struct frame_request want; /* window, colour, owner (DOMID_XEN: ourselves) */
	u16 node;                  /* FRAME_NODE_ANY or a NUMA node... */
	bool node_only;            /* ...which is a wish if false, a condition if true */
};

/* For @owner, machine addresses below 2^@address_bits (0: no limit). */
static inline struct frame_constraints frame_wish(domid_t owner, unsigned address_bits)
{
	bool limited = address_bits && address_bits < 64;

	return (struct frame_constraints){
		.want = {
			.end = limited ? (1ULL << address_bits) >> PAGE_SHIFT : MFN_NONE,
			.colours = 1,
			.owner = owner,
		},
		.node = FRAME_NODE_ANY,
	};
}

/*
 * Boot, once: @free is what may be given out, @ram all of RAM (so that frames
 * which boot still holds may be freed later; NULL: the same as @free).  Both
 * ascending and apart.  The policy's metadata is taken from the smallest free
 * range that holds it.  boot_fail() if none does.  @pre the direct map covers @ram.
 */
void frame_alloc_init(const struct mem_range *free, unsigned n_free, const struct mem_range *ram,
		      unsigned n_ram);

/* Frames that boot has held until now: [start, end) become free.  @pre part of @ram. */
void frame_alloc_add(mfn_t start, mfn_t end);

/* First of 2^order contiguous frames aligned to their size, MFN_NONE if there are none.
 * @c NULL: any frames, for the hypervisor itself. */
mfn_t frame_alloc(unsigned order, const struct frame_constraints *c);

/* Give 2^order frames back; an aligned part of a larger block is fine.  A frame that is
 * free already, is no RAM or has page_info.count != 0 is our own bug: panic. */
void frame_free(mfn_t mfn, unsigned order);

/* A frame that is out of use counts as free from now on; the policy gets it later. */
void frame_hold_back(void);
void frame_free_held_back(mfn_t mfn);

u64 frame_free_count(void);  /* frames free now, claimed ones and those held back included */
u64 frame_total_count(void); /* frames the allocator knows of */

/* Claims, in frames: see memory/frame-claims.h.  0, -ENOMEM, -ENOSPC. */
int frame_claim_set(domid_t domid, u64 frames);
u64 frame_claim_get(domid_t domid);
u64 frame_claim_total(void);

/* NUMA: frames [start, end) are near @node.  Boot, before the first request with a node;
 * windows of a node may be several.  -ENOSPC beyond 64. */
int frame_node_add(u16 node, mfn_t start, mfn_t end);

const char *frame_policy_name(void);
void frame_alloc_stats(struct frame_stats *out); /* walks the metadata: slow */
/* The policy's metadata: hypervisor memory that is never freed. */
struct mem_range frame_alloc_metadata(void);

/* Does nobody use this frame?  The frame table's answer (memory/page.c). */
bool frame_is_free(mfn_t mfn);

#endif
