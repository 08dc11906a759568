/* SPDX-License-Identifier: MIT */
/*
 * struct xenctl_bitmap to pCPU masks and back; see ctl_bitmap.h.
 */
#include "lib/types.h"

#include "hypercalls/ctl_bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"

/* Clear what is beyond @bits in the last byte that holds some of them. */
static void trim_last_byte(u8 *bytes, u64 bits, size_t size)
{
	if (bits < size * 8 && (bits & 7))
		bytes[bits / 8] &= (1U << (bits & 7)) - 1;
}

int ctl_bitmap_put(const struct xenctl_bitmap *out, const struct pcpu_mask *mask)
{
	u64 va = guest_handle_va(out->bitmap), bytes = DIV_ROUND_UP((u64)out->nr_bits, 8);
	struct pcpu_mask copy = *mask;
	u64 n = MIN(bytes, sizeof(copy));

	trim_last_byte((u8 *)&copy, out->nr_bits, sizeof(copy));
	if (copy_to_guest(va, &copy, n) || clear_guest(va + n, bytes - n))
		return -EFAULT;
	return 0;
}

int ctl_bitmap_get(struct pcpu_mask *mask, const struct xenctl_bitmap *in)
{
	u64 n = MIN(DIV_ROUND_UP((u64)in->nr_bits, 8), sizeof(*mask));

	memset(mask, 0, sizeof(*mask));
	if (copy_from_guest(mask, guest_handle_va(in->bitmap), n))
		return -EFAULT;
	trim_last_byte((u8 *)mask, in->nr_bits, sizeof(*mask));
	return 0;
}
