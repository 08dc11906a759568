/* SPDX-License-Identifier: MIT */
/*
 * The legacy LZ4 frame, which is what a Linux kernel payload made by `lz4 -l`
 * has: a magic number, then blocks, each with its size before it and on its
 * own, to the end of the input.  The format has no content check and no end
 * mark: input cut off between two blocks is taken for complete.
 */
#include "boot/decompress/common.h"
#include "boot/decompress/decompress.h"

#define MAGIC 0x184c2102U
#define BLOCK_OUT_MAX (8UL << 20)
#define BLOCK_IN_MAX (BLOCK_OUT_MAX + BLOCK_OUT_MAX / 255 + 16)
#define MATCH_MIN 4
#define NIBBLE_MORE 15

/* The rest of a length whose nibble was 15: bytes are added until one is not 255. */
static int long_length(const u8 **in, const u8 *end, size_t *length)
{
	u8 b;

	do {
		if (*in >= end || *length > BLOCK_OUT_MAX)
			return -EINVAL;
		b = *(*in)++;
		*length += b;
	} while (b == 255);
	return 0;
}

static int block_literals(struct dec_io *io, const u8 **in, const u8 *end, size_t length)
{
	int err = length == NIBBLE_MORE ? long_length(in, end, &length) : 0;

	if (err || length > (size_t)(end - *in))
		return -EINVAL;
	if (length > dec_out_left(io))
		return -ENOSPC;
	memcpy(io->out, *in, length);
	*in += length;
	io->out += length;
	return 0;
}

static int block_match(struct dec_io *io, const u8 **in, const u8 *end, size_t length,
		       const u8 *window)
{
	size_t distance;

	if (end - *in < 2)
		return -EINVAL;
	distance = load_le16(*in);
	*in += 2;
	if (length == NIBBLE_MORE && long_length(in, end, &length))
		return -EINVAL;
	length += MATCH_MIN;
	if (!distance || distance > (size_t)(io->out - window))
		return -EINVAL;
	if (length > dec_out_left(io))
		return -ENOSPC;
	io->out = copy_match(io->out, distance, length, io->out_end);
	return 0;
}

/* A block ends with literals. */
static int decode_block(struct dec_io *io, const u8 *in, const u8 *end)
{
	const u8 *window = io->out;

	while (in < end) {
		u8 token = *in++;
		int err = block_literals(io, &in, end, token >> 4);

		if (err)
			return err;
		if (in == end)
			return io->out - window > BLOCK_OUT_MAX ? -EINVAL : 0;
		err = block_match(io, &in, end, token & 15, window);
		if (err)
			return err;
	}
	return -EINVAL;
}

static int decode_next_block(struct dec_io *io)
{
	const u8 *in;
	u32 size;

	if (dec_in_left(io) < 4)
		return -ENODATA;
	size = load_le32(io->in);
	io->in += 4;
	if (size == MAGIC)
		return 0; /* another frame follows */
	if (size > BLOCK_IN_MAX)
		return -EINVAL;
	if (dec_in_left(io) < size)
		return -ENODATA;
	in = io->in;
	io->in += size;
	return decode_block(io, in, io->in);
}

static bool rest_is_zero(const struct dec_io *io)
{
	struct dec_io rest = *io;

	dec_skip_zeros(&rest);
	return !dec_in_left(&rest);
}

int decompress_lz4(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
		   void *scratch, size_t scratch_len)
{
	struct dec_io io = dec_io_of(in, in_len, out, out_cap);
	int err = 0;

	*out_len = 0;
	if (scratch_len < DECOMPRESS_SCRATCH || (uintptr_t)scratch % 8)
		return -ENOMEM;
	if (in_len < 4)
		return -ENODATA;
	if (load_le32(in) != MAGIC)
		return -ENOEXEC;
	io.in += 4;
	while (!err && !rest_is_zero(&io))
		err = decode_next_block(&io);
	*out_len = io.out - io.out_start;
	return err;
}
