/* SPDX-License-Identifier: MIT */
/*
 * The console ring: the last RING_BYTES of output, read by sysctl readconsole.
 * Positions are free-running 32-bit byte counts, so a reader that comes back
 * sees whether it missed something.  The writer holds the console lock; readers
 * take it for each piece they copy.
 */
#include "console/ring.h"

#include "console/console.h"
#include "console/internal.h"
#include "console/lock.h"
#include "lib/string.h"

#define RING_BYTES 65536u /* a power of two */

static char ring[RING_BYTES];
static u32 produced; /* position of the next byte */
static u32 cleared;  /* nobody reads what is before this */

void ring_put(const char *s, size_t n)
{
	while (n) {
		u32 at = produced % RING_BYTES;
		size_t piece = MIN(n, RING_BYTES - at);

		memcpy(ring + at, s, piece);
		produced += piece;
		s += piece;
		n -= piece;
	}
	if (produced - cleared > RING_BYTES)
		cleared = produced - RING_BYTES;
}

const char *ring_piece(unsigned piece, size_t *n)
{
	u32 used = produced - cleared, at = cleared % RING_BYTES;
	u32 first = MIN(used, RING_BYTES - at);

	*n = piece ? used - first : first;
	return piece ? ring : ring + at;
}

u32 console_ring_start(void)
{
	return READ_ONCE(cleared);
}

size_t console_ring_read(u32 *pos, char *buf, size_t n)
{
	unsigned long flags = console_lock();
	u32 at;

	if (produced - *pos > produced - cleared)
		*pos = cleared;
	at = *pos % RING_BYTES;
	n = MIN(n, MIN(produced - *pos, RING_BYTES - at));
	memcpy(buf, ring + at, n);
	*pos += n;
	console_unlock(flags);
	return n;
}

void console_ring_clear(u32 pos)
{
	unsigned long flags = console_lock();

	if (produced - pos <= produced - cleared)
		cleared = pos;
	console_unlock(flags);
}
