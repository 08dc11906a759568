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
#include "lib/string-ops.h"
#include "memory/log-dirty.h"

/* One end of a copy, held for as long as copies in a row have the same. */
struct copy_end {
	u64 where;              /* reference, or frame */
	u32 name;               /* copy_name() */
	bool write;
	domid_t owner_id;       /* as the guest named @owner */
	struct domain *owner;   /* of the last grant, kept for the next; NULL: none */
	struct page_info *own;  /* a frame of the caller's; NULL: a grant */
	struct grant_use use;
};

#define NOTHING_HELD (~0U)

/* Whose it is and whether a reference says so: never NOTHING_HELD. */
static u32 copy_name(domid_t domid, bool by_ref)
{
	return domid | (u32)by_ref << 16;
}

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
	end->use = (struct grant_use){ .mfn = gmfn, .range = { 0, PAGE_SIZE } };
	return GNTST_okay;
}

static s16 grant_end_get(struct copy_end *end, domid_t domid, u32 ref)
{
	if (unlikely(!end->owner || end->owner_id != domid)) {
		if (end->owner)
			domain_put(end->owner);
		end->owner = domain_get_or_self(domid);
		end->owner_id = domid;
		if (!end->owner)
			return GNTST_bad_domain;
	}
	end->own = NULL;
	return grant_get(end->owner, current->domain->id, ref, end->write, GRANT_COPY, &end->use);
}

static void end_put(struct copy_end *end)
{
	if (end->name == NOTHING_HELD)
		return;
	end->name = NOTHING_HELD;
	if (!end->own) {
		grant_put(end->owner, end->where, end->write, &end->use);
	} else if (end->write) {
		frame_dirtied(end->own); /* now: all that was written is there */
		put_page_writable(end->own);
	} else {
		put_page(end->own);
	}
}

static __attribute__((noinline)) s16 end_change(struct copy_end *end, u64 where, u32 name)
{
	s16 status;

	end_put(end);
	if (name >> 16)
		status = grant_end_get(end, name, where);
	else
		status = own_frame_get(end, name, where);
	if (unlikely(status != GNTST_okay))
		return status;
	end->where = where;
	end->name = name;
	return status;
}

/* Hold what @p names, unless it is what @end holds already. */
static inline s16 end_get(struct copy_end *end, const struct gnttab_copy_ptr *p, bool by_ref)
{
	u64 where = by_ref ? p->u.ref : p->u.gmfn;
	u32 name = copy_name(p->domid, by_ref);

	if (end->where == where && end->name == name)
		return GNTST_okay;
	return end_change(end, where, name);
}

/* Is [offset, offset + len) within what the grant gives? */
static bool covered(const struct copy_end *end, u32 offset, u32 len)
{
	const struct grant_range *r = &end->use.range;

	return offset >= r->start && offset + len <= r->start + r->length;
}

static s16 copy_held(const struct gnttab_copy *op, const struct copy_end *from,
		     const struct copy_end *to)
{
	if (!covered(from, op->source.offset, op->len) || !covered(to, op->dest.offset, op->len))
		return GNTST_general_error;
	mem_move((u8 *)mfn_to_virt(to->use.mfn) + op->dest.offset,
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
	struct copy_end from = { .name = NOTHING_HELD, .write = false };
	struct copy_end to = { .name = NOTHING_HELD, .write = true };

	for (unsigned i = 0; i < n; i++)
		ops[i].status = copy_one(&ops[i], &from, &to);
	end_put(&to);
	end_put(&from);
	if (to.owner)
		domain_put(to.owner);
	if (from.owner)
		domain_put(from.owner);
}
