/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy: bytes from one frame to another, each either the caller's own
 * or another domain's by grant.  Both frames are held while the bytes go over,
 * the destination as writable data, so nothing that is a page table is written.
 */
#include "grants/ops.h"
#include "grants/table.h"
#include "lib/string.h"
#include "memory/log-dirty.h"

/* One end of a copy. */
struct copy_end {
	struct domain *owner;   /* of the grant; NULL: the caller's own frame */
	u32 ref;
	bool write;
	struct page_info *own;  /* held for a frame of the caller's */
	struct grant_use use;
};

static bool domain_exists(domid_t domid)
{
	struct domain *d = domain_get(domid);

	if (d)
		domain_put(d);
	return d;
}

static s16 own_frame_get(struct copy_end *end, domid_t domid, u64 gmfn)
{
	struct domain *d = current->domain;
	struct page_info *pg;

	if (domid != DOMID_SELF)
		return domain_exists(domid) ? GNTST_permission_denied : GNTST_bad_domain;
	if (!mfn_valid(gmfn))
		return GNTST_bad_page;
	pg = mfn_to_page(gmfn);
	if (!get_page(pg, d))
		return GNTST_bad_page;
	if (end->write) { /* and not as anything else meanwhile */
		bool data = get_page_writable(pg, d, d->id);

		put_page(pg);
		if (!data)
			return GNTST_general_error;
		frame_dirtied(pg);
	}
	end->own = pg;
	end->use = (struct grant_use){ .mfn = gmfn, .length = PAGE_SIZE };
	return GNTST_okay;
}

static s16 end_get(struct copy_end *end, const struct gnttab_copy_ptr *p, bool by_ref, bool write)
{
	s16 status;

	*end = (struct copy_end){ .write = write, .ref = p->u.ref };
	if (!by_ref)
		return own_frame_get(end, p->domid, p->u.gmfn);
	end->owner = domain_get_or_self(p->domid);
	if (!end->owner)
		return GNTST_bad_domain;
	status = grant_get(end->owner, current->domain->id, p->u.ref, write, GRANT_COPY, &end->use);
	if (status != GNTST_okay)
		domain_put(end->owner);
	return status;
}

static void end_put(struct copy_end *end)
{
	if (end->owner) {
		grant_put(end->owner, end->ref, end->write, &end->use);
		domain_put(end->owner);
	} else if (end->write) {
		put_page_writable(end->own);
	} else {
		put_page(end->own);
	}
}

/* Is [offset, offset + len) within what the grant gives? */
static bool covered(const struct copy_end *end, u32 offset, u32 len)
{
	return offset >= end->use.start && offset + len <= end->use.start + end->use.length;
}

static s16 copy_held(const struct gnttab_copy *op, const struct copy_end *from,
		     const struct copy_end *to)
{
	if (!covered(from, op->source.offset, op->len) || !covered(to, op->dest.offset, op->len))
		return GNTST_general_error;
	memmove((u8 *)mfn_to_virt(to->use.mfn) + op->dest.offset,
		(u8 *)mfn_to_virt(from->use.mfn) + op->source.offset, op->len);
	return GNTST_okay;
}

void grant_copy(struct gnttab_copy *op)
{
	struct copy_end from, to;

	if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE) {
		op->status = GNTST_bad_copy_arg;
		return;
	}
	op->status = end_get(&from, &op->source, op->flags & GNTCOPY_source_gref, false);
	if (op->status != GNTST_okay)
		return;
	op->status = end_get(&to, &op->dest, op->flags & GNTCOPY_dest_gref, true);
	if (op->status == GNTST_okay) {
		op->status = copy_held(op, &from, &to);
		end_put(&to);
	}
	end_put(&from);
}
