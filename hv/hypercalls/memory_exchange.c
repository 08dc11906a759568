/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: a PV domain swaps frames of its own for as many others,
 * contiguous or below an address (Linux needs it for its bounce buffers).
 * Works in chunks, the larger of the two extent sizes: either 2^n input
 * extents for one output extent or the other way round.  A chunk is all or
 * nothing: inputs are put out of reach first, then the outputs allocated, and
 * only then, when nothing can fail any more, do the new frames take the place
 * of the old.  nr_exchanged tells how many input extents went over, and where
 * to go on after a preemption.
 *
 * Unlike Xen only for the caller's own memory (reservation.h says why): another
 * domain answers -ENOSYS.
 */
#include "hypercalls/memory_op.h"
#include "lib/errno.h"
#include "memory/frame-alloc.h"
#include "memory/guest.h"
#include "memory/reservation.h"

struct exchange {
	struct xen_memory_exchange args;
	struct domain *d;
	unsigned in_per_chunk, out_per_chunk; /* extents, as orders */
	u32 *old;   /* stolen frames of the chunk */
	u32 *fresh; /* first frames of its output extents */
	u32 nr_old;
};

static u64 pages_per_chunk(const struct exchange *x)
{
	return 1ULL << (x->args.in.extent_order + x->in_per_chunk);
}

static int check_arguments(const struct xen_memory_exchange *args, const struct domain *d)
{
	const struct xen_memory_reservation *in = &args->in, *out = &args->out;

	if (args->nr_exchanged > in->nr_extents || in->domid != out->domid)
		return -EINVAL;
	if (MAX(in->extent_order, out->extent_order) > memory_max_order(d))
		return -EPERM;
	if (in->nr_extents > ~0UL >> in->extent_order || out->nr_extents > ~0UL >> out->extent_order ||
	    in->nr_extents << in->extent_order != out->nr_extents << out->extent_order)
		return -EINVAL;
	if (in->domid != DOMID_SELF && in->domid != d->id)
		return -ENOSYS;
	return d->is_pv ? 0 : -EOPNOTSUPP;
}

/* The input extents of @chunk: every frame stolen, or -errno with those so far in x->old. */
static int steal_inputs(struct exchange *x, u64 chunk)
{
	x->nr_old = 0;
	for (u64 i = 0; i < 1UL << x->in_per_chunk; i++) {
		xen_pfn_t first;

		if (copy_from_handle_idx(&first, x->args.in.extent_start,
					 (chunk << x->in_per_chunk) + i))
			return -EFAULT;
		for (u64 n = 0; n < 1UL << x->args.in.extent_order; n++) {
			int rc = page_steal(x->d, first + n);

			if (rc)
				return rc;
			x->old[x->nr_old++] = first + n;
		}
	}
	return 0;
}

static void return_inputs(struct exchange *x)
{
	while (x->nr_old)
		page_unsteal(x->old[--x->nr_old]);
}

static int alloc_outputs(struct exchange *x)
{
	unsigned bits = XENMEMF_get_address_bits(x->args.out.mem_flags);
	unsigned order = x->args.out.extent_order;

	for (u64 i = 0; i < 1UL << x->out_per_chunk; i++) {
		mfn_t mfn = guest_frames_alloc(x->d, order, bits);

		if (mfn == MFN_NONE) {
			while (i--)
				frame_free(x->fresh[i], order);
			return -ENOMEM;
		}
		x->fresh[i] = mfn;
	}
	return 0;
}

/* Put the new frames in place of the old ones and report them: -EFAULT if the list cannot be
 * read or written, but the exchange is done then all the same. */
static int commit_chunk(struct exchange *x, u64 chunk)
{
	u32 order = x->args.out.extent_order, used = 0;
	int rc = 0;

	for (u64 i = 0; i < 1UL << x->out_per_chunk; i++) {
		u64 index = (chunk << x->out_per_chunk) + i;
		xen_pfn_t gfn = INVALID_M2P, mfn = x->fresh[i];

		if (copy_from_handle_idx(&gfn, x->args.out.extent_start, index))
			rc = -EFAULT;
		for (u64 n = 0; n < 1UL << order; n++) {
			page_replace(x->d, x->old[used++], mfn + n);
			m2p_table[mfn + n] = gfn == INVALID_M2P ? gfn : gfn + n;
		}
		if (copy_to_handle_idx(x->args.out.extent_start, index, &mfn))
			rc = -EFAULT;
	}
	return rc;
}

static int exchange_chunk(struct exchange *x, u64 chunk)
{
	int rc = steal_inputs(x, chunk);

	if (!rc)
		rc = alloc_outputs(x);
	if (rc) {
		return_inputs(x);
		return rc;
	}
	rc = commit_chunk(x, chunk);
	x->args.nr_exchanged = (chunk + 1) << x->in_per_chunk;
	return rc;
}

/* All chunks from args.nr_exchanged on: 0, -errno, -ERESTART. */
static int exchange_all(struct exchange *x)
{
	u64 first = x->args.nr_exchanged >> x->in_per_chunk;
	u64 end = x->args.in.nr_extents >> x->in_per_chunk;

	for (u64 chunk = first; chunk < end; chunk++) {
		int rc;

		if (chunk != first && hypercall_preempt_needed())
			return -ERESTART;
		rc = exchange_chunk(x, chunk);
		if (rc)
			return rc;
	}
	x->args.nr_exchanged = x->args.in.nr_extents;
	return 0;
}

/* Order of the pages that hold @n frame numbers of 32 bits. */
static unsigned list_order(u64 n)
{
	unsigned order = 0;

	while (PAGE_SIZE << order < n * sizeof(u32))
		order++;
	return order;
}

/* Both lists of frame numbers in one block: at most twice the pages of a chunk. */
static int exchange_with_lists(struct exchange *x)
{
	u64 n = pages_per_chunk(x);
	unsigned order = list_order(n + (1UL << x->out_per_chunk));
	int rc;

	x->old = alloc_hv_pages(order);
	if (!x->old)
		return -ENOMEM;
	x->fresh = x->old + n;
	rc = exchange_all(x);
	free_hv_pages(x->old, order);
	return rc;
}

long memory_exchange(u64 arg)
{
	u64 done_va = arg + offsetof(struct xen_memory_exchange, nr_exchanged);
	struct exchange x = { .d = current->domain };
	unsigned in_order, out_order;
	int rc;

	if (copy_from_guest(&x.args, arg, sizeof(x.args)))
		return -EFAULT;
	rc = check_arguments(&x.args, x.d);
	if (rc)
		return rc;
	in_order = x.args.in.extent_order;
	out_order = x.args.out.extent_order;
	x.in_per_chunk = out_order > in_order ? out_order - in_order : 0;
	x.out_per_chunk = in_order > out_order ? in_order - out_order : 0;

	rc = exchange_with_lists(&x);
	if (copy_to_guest(done_va, &x.args.nr_exchanged, sizeof(x.args.nr_exchanged)))
		return -EFAULT;
	return rc == -ERESTART ? HYPERCALL_CONTINUE(memory_op, XENMEM_exchange, arg) : rc;
}
