/* SPDX-License-Identifier: MIT */
/*
 * Access to the memory of the running guest by guest virtual address.  For PV
 * the guest's page tables are the loaded ones, so an access is a range check
 * and a load or store with a fault fix-up.  Everything read this way is
 * hostile and may change between two reads: copy once, then check the copy.
 */
#ifndef ORRERY_MEMORY_GUEST_H
#define ORRERY_MEMORY_GUEST_H

#include "lib/types.h"

/* Bytes that could NOT be copied (0 is success).  @pre current is the guest. */
size_t copy_from_guest(void *dst, u64 guest_va, size_t n);
size_t copy_to_guest(u64 guest_va, const void *src, size_t n);
size_t clear_guest(u64 guest_va, size_t n);

/* One 8-byte word, inlined fix-up: 0 or -EFAULT. */
int get_guest_u64(u64 *dst, u64 guest_va);
int put_guest_u64(u64 guest_va, u64 val);

/* Typed forms for XEN_GUEST_HANDLE structures: @h is the handle, @obj a local. */
#define guest_handle_va(h) ((u64)(h).p)
#define copy_from_handle(obj, h) copy_from_guest((obj), guest_handle_va(h), sizeof(*(obj)))
#define copy_to_handle(h, obj) copy_to_guest(guest_handle_va(h), (obj), sizeof(*(obj)))
#define copy_from_handle_idx(obj, h, i)                                         \
	copy_from_guest((obj), guest_handle_va(h) + (u64)(i) * sizeof(*(obj)), sizeof(*(obj)))
#define copy_to_handle_idx(h, i, obj)                                           \
	copy_to_guest(guest_handle_va(h) + (u64)(i) * sizeof(*(obj)), (obj), sizeof(*(obj)))

#endif
