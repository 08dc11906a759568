/* SPDX-License-Identifier: MIT */
/*
 * What the decoders of this folder share: the buffers of a call, little-endian
 * loads that need no alignment, and the copy of an earlier stretch of output
 * that every Lempel-Ziv format ends in.  Internal to hv/boot/decompress.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_COMMON_H
#define ORRERY_BOOT_DECOMPRESS_COMMON_H

#include "lib/errno.h"
#include "lib/string.h"
#include "lib/types.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* The buffers of one call.  in <= in_end and out_start <= out <= out_end hold throughout. */
struct dec_io {
	const u8 *in, *in_end;
	u8 *out, *out_start, *out_end;
};

static inline size_t dec_in_left(const struct dec_io *io)
{
	return io->in_end - io->in;
}

static inline size_t dec_out_left(const struct dec_io *io)
{
	return io->out_end - io->out;
}

static inline struct dec_io dec_io_of(const void *in, size_t in_len, void *out, size_t out_cap)
{
	u8 *o = out;

	return (struct dec_io){ in, (const u8 *)in + in_len, o, o, o + out_cap };
}

/* What may follow the last stream, member or frame of an input. */
static inline void dec_skip_zeros(struct dec_io *io)
{
	while (io->in < io->in_end && !*io->in)
		io->in++;
}

static inline u16 load_le16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u32 load_le32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u64 load_le64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u64 load_be(const u8 *p, int bytes)
{
	u64 v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

static ALWAYS_INLINE void copy8(u8 *to, const u8 *from)
{
	u64 v;

	memcpy(&v, from, sizeof(v));
	memcpy(to, &v, sizeof(v));
}

/* Bytes that must be free after a match for copy_match() to use whole words. */
#define COPY_SLACK 8

/*
 * Copy @len bytes from @dist bytes before @out; the two may overlap, and then
 * the pattern repeats.  The caller has checked that @dist reaches no further
 * back than the output does and that @len bytes are free before @limit, the
 * end of the buffer.  Writes up to COPY_SLACK - 1 bytes past the match, within
 * the buffer: later output covers them.
 */
static ALWAYS_INLINE u8 *copy_match(u8 *out, size_t dist, size_t len, const u8 *limit)
{
	u8 *end = out + len;
	const u8 *from = out - dist;

	if (unlikely((size_t)(limit - end) < COPY_SLACK)) {
		while (out < end)
			*out++ = *from++;
		return end;
	}
	/* A short period: every round lays down one more and doubles it, until a word fits. */
	while (dist < 8) {
		copy8(out, from);
		out += dist;
		dist *= 2;
		if (out >= end)
			return end;
	}
	do {
		copy8(out, from);
		out += 8;
		from += 8;
	} while (out < end);
	return end;
}

/* Copy @len bytes; COPY_SLACK more must be readable at @from.  Otherwise as copy_match(). */
static ALWAYS_INLINE u8 *copy_literals(u8 *out, const u8 *from, size_t len, const u8 *limit)
{
	u8 *end = out + len;

	if (unlikely((size_t)(limit - end) < COPY_SLACK)) {
		memcpy(out, from, len);
		return end;
	}
	do {
		copy8(out, from);
		out += 8;
		from += 8;
	} while (out < end);
	return end;
}

#endif
