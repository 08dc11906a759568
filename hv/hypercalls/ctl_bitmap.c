/* SPDX-License-Identifier: MIT */
/*
 * struct xenctl_bitmap to pCPU masks and back; see ctl_bitmap.h.
 */
#include "lib/types.h"

#include "hypercalls/ctl_bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "x86/percpu.h"

/* Clear all from bit @bits on. */
static void trim(struct pcpu_mask *mask, u64 bits)
{
	u8 *bytes = (u8 *)mask;
	u64 whole = bits / 8;

	if (bits >= sizeof(*mask) * 8)
		return;
	bytes[whole] &= (1U << (bits & 7)) - 1;
	memset(bytes + whole + 1, 0, sizeof(*mask) - whole - 1);
}

int ctl_bitmap_put(const struct xenctl_bitmap *out, const struct pcpu_mask *mask)
{
	u64 va = guest_handle_va(out->bitmap), bytes = DIV_ROUND_UP((u64)out->nr_bits, 8);
	struct pcpu_mask copy = *mask;
	u64 n = MIN(bytes, sizeof(copy));

	trim(&copy, MIN(out->nr_bits, pcpu_count));
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
	trim(mask, in->nr_bits);
	return 0;
}
