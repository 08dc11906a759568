/* SPDX-License-Identifier: MIT */
/*
 * sysctl readconsole (`xl dmesg`, xenconsoled's hypervisor log) and debug_keys.
 */
#include "hypercalls/sysctl.h"

#include "console/keys.h"
#include "console/ring.h"
#include "lib/errno.h"
#include "memory/guest.h"

#define PIECE_BYTES 1024
#define MAX_DEBUG_KEYS 256

int sysctl_readconsole(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *rc = &op->u.readconsole;
	u64 buffer = guest_handle_va(rc->buffer);
	u32 pos = rc->incremental ? rc->index : console_ring_start(), done = 0;
	char piece[PIECE_BYTES];

	while (done < rc->count) {
		size_t n = console_ring_read(&pos, piece, MIN(rc->count - done, PIECE_BYTES));

		if (!n)
			break;
		if (copy_to_guest(buffer + done, piece, n))
			return -EFAULT;
		done += n;
	}
	if (rc->clear)
		console_ring_clear(pos);
	rc->count = done;
	rc->index = pos;
	return 0;
}

int sysctl_debug_keys(struct xen_sysctl *op)
{
	const struct xen_sysctl_debug_keys *args = &op->u.debug_keys;

	if (args->nr_keys > MAX_DEBUG_KEYS)
		return -EINVAL;
	for (u32 i = 0; i < args->nr_keys; i++) {
		char key;

		if (copy_from_guest(&key, guest_handle_va(args->keys) + i, 1))
			return -EFAULT;
		debug_key_run(key);
	}
	return 0;
}
