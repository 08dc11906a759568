/* SPDX-License-Identifier: MIT */
/*
 * Zstandard frames and blocks (RFC 8878).  The output buffer is the window, so
 * the window size a frame declares needs no memory here and does not limit
 * anything.  Frames that need a dictionary are refused; skippable ones are
 * skipped.
 */
#include "boot/decompress/zstd.h"

#include "boot/decompress/checks.h"
#include "boot/decompress/decompress.h"

#define MAGIC 0xfd2fb528U
#define MAGIC_SKIPPABLE 0x184d2a50U /* to 0x...5f */
#define BLOCK_HEADER 3
#define STREAMS 4
#define JUMP_TABLE 6

#define FRAME_SINGLE_SEGMENT 0x20
#define FRAME_RESERVED 0x08
#define FRAME_CHECKSUM 0x04

enum block_type { BLOCK_RAW, BLOCK_RUN, BLOCK_COMPRESSED, BLOCK_RESERVED };
enum literals_type { LITERALS_RAW, LITERALS_RUN, LITERALS_HUFFMAN, LITERALS_SAME_TREE };

struct literals_header {
	enum literals_type type;
	u32 streams;
	size_t size, compressed; /* in the output, in the input */
};

_Static_assert(sizeof(struct zstd) <= DECOMPRESS_SCRATCH, "scratch too small for zstd");

static u64 load_le(const u8 *p, u32 bytes)
{
	u64 v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

/* Raw and run: sizes of 5, 12 or 20 bits. */
static void plain_header(struct literals_header *h, const u8 **p, u32 format, u64 word)
{
	static const u8 bytes[4] = { 1, 2, 1, 3 }, bits[4] = { 5, 12, 5, 20 };

	h->size = (format & 1 ? word >> 4 : word >> 3) & ((1U << bits[format]) - 1);
	h->compressed = h->type == LITERALS_RAW ? h->size : 1;
	*p += bytes[format];
}

/* Huffman: two sizes of 10, 10, 14 or 18 bits. */
static void huffman_header(struct literals_header *h, const u8 **p, u32 format, u64 word)
{
	static const u8 bytes[4] = { 3, 3, 4, 5 }, bits[4] = { 10, 10, 14, 18 };
	u64 mask = (1U << bits[format]) - 1;

	h->streams = format ? STREAMS : 1;
	h->size = word >> 4 & mask;
	h->compressed = word >> (4 + bits[format]) & mask;
	*p += bytes[format];
}

static int read_literals_header(struct literals_header *h, const u8 **p, const u8 *end)
{
	size_t left = end - *p;
	u64 word = load_le(*p, MIN(left, 5));
	u32 format = word >> 2 & 3;

	*h = (struct literals_header){ .type = word & 3 };
	if (h->type == LITERALS_RAW || h->type == LITERALS_RUN)
		plain_header(h, p, format, word);
	else
		huffman_header(h, p, format, word);
	if (*p > end || h->compressed > (size_t)(end - *p) || h->size > ZSTD_BLOCK_MAX)
		return -EINVAL;
	return 0;
}

static int decode_four_streams(struct zstd *z, const u8 *in, const u8 *end, size_t size)
{
	const u8 *table = in;
	size_t part = DIV_ROUND_UP(size, STREAMS);
	u8 *out = z->literals;

	if (end - in < JUMP_TABLE || size < 3 * part)
		return -EINVAL;
	in += JUMP_TABLE;
	for (int i = 0; i < STREAMS; i++) {
		bool last = i == STREAMS - 1;
		size_t left = end - in, len = last ? left : load_le16(table + 2 * i);
		int err;

		if (len > left)
			return -EINVAL;
		err = huffman_decode(&z->huffman, in, in + len, out, last ? size - 3 * part : part);
		if (err)
			return err;
		in += len;
		out += part;
	}
	return 0;
}

static int decode_huffman_literals(struct zstd *z, const struct literals_header *h, const u8 *in)
{
	const u8 *end = in + h->compressed;

	if (h->type == LITERALS_HUFFMAN) {
		int err = huffman_read(&z->huffman, &z->weights, &in, end);

		if (err)
			return err;
	}
	if (!z->huffman.bits)
		return -EINVAL;
	if (h->streams == 1)
		return huffman_decode(&z->huffman, in, end, z->literals, h->size);
	return decode_four_streams(z, in, end, h->size);
}

static int decode_literals(struct zstd *z, const u8 **p, const u8 *end)
{
	struct literals_header h;
	int err = read_literals_header(&h, p, end);

	if (err)
		return err;
	switch (h.type) {
	case LITERALS_RAW:
		memcpy(z->literals, *p, h.size);
		break;
	case LITERALS_RUN:
		memset(z->literals, **p, h.size);
		break;
	case LITERALS_HUFFMAN:
	case LITERALS_SAME_TREE:
		err = decode_huffman_literals(z, &h, *p);
		break;
	}
	z->literals_end = z->literals + h.size;
	*p += h.compressed;
	return err;
}

static int decode_compressed(struct zstd *z, const u8 *in, const u8 *end)
{
	const u8 *start = z->io.out;
	int err = decode_literals(z, &in, end);

	if (!err)
		err = zstd_sequences(z, in, end);
	if (!err && z->io.out - start > ZSTD_BLOCK_MAX)
		err = -EINVAL;
	return err;
}

static int decode_plain(struct dec_io *io, const u8 *in, size_t size, enum block_type type)
{
	if (size > dec_out_left(io))
		return -ENOSPC;
	if (type == BLOCK_RAW)
		memcpy(io->out, in, size);
	else
		memset(io->out, *in, size);
	io->out += size;
	return 0;
}

static int decode_block(struct zstd *z, bool *last)
{
	struct dec_io *io = &z->io;
	enum block_type type;
	size_t size, in_size;
	const u8 *in;
	u32 header;

	if (dec_in_left(io) < BLOCK_HEADER)
		return -ENODATA;
	header = load_le(io->in, BLOCK_HEADER);
	*last = header & 1;
	type = header >> 1 & 3;
	size = header >> 3;
	in_size = type == BLOCK_RUN ? 1 : size;
	if (type == BLOCK_RESERVED || size > ZSTD_BLOCK_MAX)
		return -EINVAL;
	io->in += BLOCK_HEADER;
	if (dec_in_left(io) < in_size)
		return -ENODATA;
	in = io->in;
	io->in += in_size;
	if (type == BLOCK_COMPRESSED)
		return decode_compressed(z, in, io->in);
	return decode_plain(io, in, size, type);
}

/* The header after the magic number; *@size is UINT64_MAX if the frame does not say. */
static int read_frame_header(struct dec_io *io, u64 *size, bool *checksum)
{
	static const u8 dictionary_bytes[4] = { 0, 1, 2, 4 }, size_bytes[4] = { 0, 2, 4, 8 };
	u8 flags = *io->in;
	bool single = flags & FRAME_SINGLE_SEGMENT;
	u32 id_len = dictionary_bytes[flags & 3], size_len = size_bytes[flags >> 6];
	const u8 *p = io->in + 1 + !single;

	if (flags & FRAME_RESERVED)
		return -EINVAL;
	if (single && !size_len)
		size_len = 1;
	if (dec_in_left(io) < 1UL + !single + id_len + size_len)
		return -ENODATA;
	if (load_le(p, id_len))
		return -EOPNOTSUPP;
	p += id_len;
	*size = size_len ? load_le(p, size_len) + (size_len == 2 ? 256 : 0) : UINT64_MAX;
	*checksum = flags & FRAME_CHECKSUM;
	io->in = p + size_len;
	return 0;
}

static void start_frame(struct zstd *z)
{
	z->frame = z->io.out;
	z->offsets[0] = 1;
	z->offsets[1] = 4;
	z->offsets[2] = 8;
	z->has_tables = false;
	z->huffman.bits = 0;
}

static int decode_data_frame(struct zstd *z)
{
	struct dec_io *io = &z->io;
	bool checksum = false, last = false;
	size_t len;
	u64 size = UINT64_MAX;
	int err = read_frame_header(io, &size, &checksum);

	if (!err && size != UINT64_MAX && size > dec_out_left(io))
		err = -ENOSPC;
	start_frame(z);
	while (!err && !last)
		err = decode_block(z, &last);
	if (err)
		return err;
	len = io->out - z->frame;
	if (size != UINT64_MAX && size != len)
		return -EINVAL;
	if (!checksum)
		return 0;
	if (dec_in_left(io) < 4)
		return -ENODATA;
	if (load_le32(io->in) != (u32)xxh64_of(z->frame, len))
		return -EINVAL;
	io->in += 4;
	return 0;
}

static int skip_frame(struct dec_io *io)
{
	u32 size;

	if (dec_in_left(io) < 4)
		return -ENODATA;
	size = load_le32(io->in);
	io->in += 4;
	if (dec_in_left(io) < size)
		return -ENODATA;
	io->in += size;
	return 0;
}

static int decode_frame(struct zstd *z)
{
	struct dec_io *io = &z->io;
	u32 magic;

	if (dec_in_left(io) < 4)
		return -ENODATA;
	magic = load_le32(io->in);
	if (magic != MAGIC && (magic & ~0xfU) != MAGIC_SKIPPABLE)
		return -ENOEXEC;
	io->in += 4;
	if (magic != MAGIC)
		return skip_frame(io);
	return dec_in_left(io) ? decode_data_frame(z) : -ENODATA;
}

int decompress_zstd(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
		    void *scratch, size_t scratch_len)
{
	struct zstd *z = scratch;
	int err;

	*out_len = 0;
	if (scratch_len < DECOMPRESS_SCRATCH || (uintptr_t)scratch % 8)
		return -ENOMEM;
	z->io = dec_io_of(in, in_len, out, out_cap);
	do {
		err = decode_frame(z);
		if (err == -ENOEXEC && z->io.in != in)
			err = -EINVAL;
		dec_skip_zeros(&z->io);
	} while (!err && dec_in_left(&z->io));
	*out_len = z->io.out - z->io.out_start;
	return err;
}
