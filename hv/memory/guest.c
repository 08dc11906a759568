/* SPDX-License-Identifier: MIT */
/*
 * Guest memory by guest virtual address; see guest.h.  The block copies are
 * in x86/entry.S because a fault has to leave them with a byte count.
 */
#include "memory/guest.h"

#include "lib/errno.h"
#include "x86/asm-fixup.h"
#include "x86/entry.h"
#include "x86/layout.h"

/* The whole range must avoid the hypervisor's hole, also by wrapping around. */
static bool range_ok(u64 va, size_t n)
{
	u64 end = va + n;

	return guest_addr_ok(va) && end >= va &&
	       (end <= 0x0000800000000000 || va >= HV_VIRT_END);
}

size_t copy_from_guest(void *dst, u64 guest_va, size_t n)
{
	if (unlikely(!range_ok(guest_va, n)))
		return n;
	return guest_copy(dst, (const void *)guest_va, n);
}

size_t copy_to_guest(u64 guest_va, const void *src, size_t n)
{
	if (unlikely(!range_ok(guest_va, n)))
		return n;
	return guest_copy((void *)guest_va, src, n);
}

size_t clear_guest(u64 guest_va, size_t n)
{
	if (unlikely(!range_ok(guest_va, n)))
		return n;
	return guest_clear((void *)guest_va, n);
}

int get_guest_u64(u64 *dst, u64 guest_va)
{
	u64 val;

	if (unlikely(!guest_addr_ok(guest_va)))
		return -EFAULT;
	get_guest_or_goto(val, guest_va, fault);
	*dst = val;
	return 0;
fault:
	return -EFAULT;
}

int put_guest_u64(u64 guest_va, u64 val)
{
	if (unlikely(!guest_addr_ok(guest_va)))
		return -EFAULT;
	put_guest_or_goto(val, guest_va, fault);
	return 0;
fault:
	return -EFAULT;
}
