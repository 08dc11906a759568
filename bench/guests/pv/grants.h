/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the grant guest: its table, and the calls with their
 * status as result (-errno when the call itself fails).
 */
#ifndef ORRERY_GUESTS_GRANTS_H
#define ORRERY_GUESTS_GRANTS_H

#include <xen/xen.h>
#include <xen/grant_table.h>

#include "bench/guests/pv/pv.h"
#include "bench/guests/pv/verdict.h"

#define TABLE_FRAMES 4
#define GRANT_REF 20   /* the entry most checks use, */
#define GRANT_REF_2 21 /* and another */

extern domid_t self;   /* this domain's id: grants are to oneself */
extern u8 *frame_va, *window; /* a page to grant; an address to map at, empty between checks */
extern u64 frame_mfn;
extern u16 *status_words;     /* version 2: mapped status frame */
extern unsigned version;

static inline long gnttab(unsigned cmd, void *op, unsigned n)
{
	return hypercall3(__HYPERVISOR_grant_table_op, cmd, op, n);
}

/* The table's frames, mapped; again after a change of version. */
void table_setup(void);
/* Entry @ref, in the current version: @flags, to domain @to, of @mfn. */
void grant(u32 ref, unsigned flags, domid_t to, u64 mfn);
/* What stands in the entry, in version 1. */
unsigned grant_flags(u32 ref);
u64 grant_frame(u32 ref);
/* GTF_reading, GTF_writing: how Xen marks the entry. */
unsigned grant_marks(u32 ref);

long map_at(u64 addr, u32 ref, unsigned flags, u32 *handle);
long unmap_at(u64 addr, u32 handle, u64 bus_addr);
/* @from_ref, @to_ref: by grant; else a frame of our own. */
long copy(bool from_ref, u64 from, unsigned from_offset, bool to_ref, u64 to, unsigned to_offset,
	  unsigned len);
/* Page @va back to where the builder had it, writable. */
void restore_page(void *va);

/* grants-map.c, grants-copy.c, grants-transfer.c: what both versions do alike. */
void mapping_checks(void);
void pte_checks(void);
void handle_limit(void);
void copy_checks(void);
void transfer_checks(void);
/* Two domains: frames= frames go from the one to the other. */
void transfer_accept(domid_t from, unsigned frames);
void transfer_give(domid_t to, unsigned frames);
/* Version 2 only: parts of pages, grants of grants. */
void copy_v2_checks(void);

#endif
