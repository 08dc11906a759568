/* SPDX-License-Identifier: MIT */
/*
 * console_io: Dom0's console (hvc0 and earlyprintk) is the serial port itself,
 * written without prefix; other domains may write only when guest_loglvl= lets
 * them, line by line with "(dN) " in front.  Reads drain what was typed, for
 * Dom0 only.  Long writes are cut into pieces and can be preempted.
 */
#include "console/input.h"
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "memory/guest.h"

#define PIECE_BYTES 256

static long console_write(u32 count, u64 buffer)
{
	struct domain *d = current->domain;
	char piece[PIECE_BYTES];

	if (!d->privileged && !console_guests_may_write())
		return -EPERM;
	while (count) {
		u32 n = MIN(count, PIECE_BYTES);

		if (copy_from_guest(piece, buffer, n))
			return -EFAULT;
		if (d->privileged)
			console_write_raw(piece, n);
		else
			console_write_guest(d->id, piece, n);
		count -= n;
		buffer += n;
		if (count && hypercall_preempt_needed())
			return HYPERCALL_CONTINUE(console_io, CONSOLEIO_write, count, buffer);
	}
	return 0;
}

static long console_read(u32 count, u64 buffer)
{
	char piece[PIECE_BYTES];
	size_t n;

	if (!caller_privileged())
		return -EPERM;
	n = console_read_input(piece, MIN(count, PIECE_BYTES));
	return copy_to_guest(buffer, piece, n) ? -EFAULT : (long)n;
}

long hypercall_console_io(u64 cmd, u64 count, u64 buffer)
{
	switch ((u32)cmd) {
	case CONSOLEIO_write:
		return console_write(count, buffer);
	case CONSOLEIO_read:
		return console_read(count, buffer);
	}
	return -ENOSYS;
}
