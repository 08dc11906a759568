/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy: bytes from one frame to another, each either the caller's own
 * or another domain's by grant.  Both frames are held while the bytes go over,
 * the destination as writable data, so nothing that is a page table is written.
 * Packets lie across frames: often the next copy has one of its ends in common
 * with the last, which is kept for it.
 */
#include "grants/ops.h"
#include "grants/table.h"
#include "lib/string.h"
#include "memory/log-dirty.h"

/* One end of a copy, held for as long as copies in a row have the same. */
struct copy_end {
	bool held;
	bool by_ref, write;
	domid_t domid;          /* as the guest names it */
	u64 where;              /* reference, or frame */
	struct domain *owner;   /* of the grant; NULL: the caller's own frame */
	struct page_info *own;  /* for a frame of the caller's */
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
	}
	end->own = pg;
	end->use = (struct grant_use){ .mfn = gmfn, .length = PAGE_SIZE };
	return GNTST_okay;
}

static s16 grant_end_get(struct copy_end *end, domid_t domid, u32 ref)
{
	struct domain *owner = domain_get_or_self(domid);
	s16 status;

	if (!owner)
		return GNTST_bad_domain;
	status = grant_get(owner, current->domain->id, ref, end->write, GRANT_COPY, &end->use);
	if (status == GNTST_okay)
		end->owner = owner;
	else
		domain_put(owner);
	return status;
}

static void end_put(struct copy_end *end)
{
	if (!end->held)
		return;
	end->held = false;
	if (end->owner) {
		grant_put(end->owner, end->where, end->write, &end->use);
		domain_put(end->owner);
		end->owner = NULL;
	} else if (end->write) {
		frame_dirtied(end->own); /* now: all that was written is there */
		put_page_writable(end->own);
	} else {
		put_page(end->own);
	}
}

/* Hold what @p names, unless it is what @end holds already. */
static s16 end_get(struct copy_end *end, const struct gnttab_copy_ptr *p, bool by_ref)
{
	u64 where = by_ref ? p->u.ref : p->u.gmfn;
	s16 status;

	if (end->held && end->where == where && end->by_ref == by_ref && end->domid == p->domid)
		return GNTST_okay;
	end_put(end);
	status = by_ref ? grant_end_get(end, p->domid, where) : own_frame_get(end, p->domid, where);
	if (status != GNTST_okay)
		return status;
	end->held = true;
	end->where = where;
	end->by_ref = by_ref;
	end->domid = p->domid;
	return status;
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

static s16 copy_one(const struct gnttab_copy *op, struct copy_end *from, struct copy_end *to)
{
	s16 status;

	if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE)
		return GNTST_bad_copy_arg;
	status = end_get(from, &op->source, op->flags & GNTCOPY_source_gref);
	if (status == GNTST_okay)
		status = end_get(to, &op->dest, op->flags & GNTCOPY_dest_gref);
	return status == GNTST_okay ? copy_held(op, from, to) : status;
}

void grant_copy(struct gnttab_copy *ops, unsigned n)
{
	struct copy_end from = { .write = false }, to = { .write = true };

	for (unsigned i = 0; i < n; i++)
		ops[i].status = copy_one(&ops[i], &from, &to);
	end_put(&to);
	end_put(&from);
}
