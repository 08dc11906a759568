/* SPDX-License-Identifier: MIT */
/*
 * The .xz container (format version 1.2.0): stream header, blocks, index,
 * footer, stream padding.  Every CRC of the structure, the content check of
 * every block and the index are verified.  Filters: LZMA2, before it any
 * number of x86 branch filters.  A block is decoded as a whole, then filtered
 * in place, then checked.
 */
#include "boot/decompress/bcj-x86.h"
#include "boot/decompress/checks.h"
#include "boot/decompress/decompress.h"
#include "boot/decompress/lzma2.h"

#define HEADER_BYTES 12
#define FOOTER_BYTES 12
#define MAGIC_BYTES 6
#define CRC_BYTES 4
#define FILTERS_MAX 4
#define VLI_BYTES_MAX 9
#define CHECK_BYTES_MAX 64

#define FILTER_X86 0x04
#define FILTER_LZMA2 0x21
#define LZMA2_DICT_MAX 40 /* encoded size of 4 GiB - 1 */

#define BLOCK_FILTERS 0x03
#define BLOCK_RESERVED 0x3c
#define BLOCK_HAS_COMPRESSED 0x40
#define BLOCK_HAS_UNCOMPRESSED 0x80

enum xz_check { CHECK_NONE = 0, CHECK_CRC32 = 1, CHECK_CRC64 = 4, CHECK_SHA256 = 10 };

/* What the index must repeat about the blocks seen: folded, since there is nowhere to keep it. */
struct block_list {
	u64 count, fold;
};

struct xz {
	struct dec_io io;
	enum xz_check check;
	struct block_list blocks;
	struct lzma2 lzma2;
	struct crc32_tables crc32;
	struct crc64_tables crc64;
};

struct block {
	const u8 *start;  /* its header in the input */
	u8 *content;
	u64 compressed, uncompressed; /* sizes the header tells, or UINT64_MAX */
	u32 x86_filters, x86_start[FILTERS_MAX];
};

_Static_assert(sizeof(struct xz) <= DECOMPRESS_SCRATCH, "scratch too small for xz");

static const u8 magic[MAGIC_BYTES] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

static void block_list_add(struct block_list *list, u64 unpadded, u64 uncompressed)
{
	list->count++;
	list->fold = (list->fold * 0x9e3779b97f4a7c15ULL + unpadded) * 0xc2b2ae3d27d4eb4fULL +
		     uncompressed;
	list->fold ^= list->fold >> 29;
}

/* Of the check field; the upper third of the types is reserved but sized. */
static size_t check_bytes(enum xz_check check)
{
	static const u8 bytes[16] = { 0,  4,  4,  4,  8,  8,  8,  16,
				      16, 16, 32, 32, 32, 64, 64, 64 };

	return bytes[check];
}

/* A number of 7 bits a byte, low bits first, in its shortest form. */
static int read_vli(const u8 **p, const u8 *end, u64 *value)
{
	*value = 0;
	for (int i = 0; i < VLI_BYTES_MAX; i++) {
		u8 b;

		if (*p >= end)
			return -ENODATA;
		b = *(*p)++;
		*value |= (u64)(b & 0x7f) << 7 * i;
		if (!(b & 0x80))
			return b == 0 && i ? -EINVAL : 0;
	}
	return -EINVAL;
}

static bool all_zero(const u8 *p, const u8 *end)
{
	while (p < end)
		if (*p++)
			return false;
	return true;
}

/* Within a block header, whose size is known to be there, the end is corruption. */
static int read_header_vli(const u8 **p, const u8 *end, u64 *value)
{
	return read_vli(p, end, value) ? -EINVAL : 0;
}

static int read_x86_filter(struct block *b, const u8 *properties, u64 size)
{
	if (size != 0 && size != 4)
		return -EINVAL;
	b->x86_start[b->x86_filters++] = size ? load_le32(properties) : 0;
	return 0;
}

static int read_filter(struct block *b, const u8 **p, const u8 *end, bool last)
{
	u64 id, size;
	const u8 *properties;

	if (read_header_vli(p, end, &id) || read_header_vli(p, end, &size) ||
	    size > (size_t)(end - *p))
		return -EINVAL;
	properties = *p;
	*p += size;
	if (id == FILTER_LZMA2 && last)
		return size == 1 && *properties <= LZMA2_DICT_MAX ? 0 : -EINVAL;
	if (id == FILTER_X86 && !last)
		return read_x86_filter(b, properties, size);
	return id == FILTER_LZMA2 || id == FILTER_X86 ? -EINVAL : -EOPNOTSUPP;
}

/* The fields between the flags and the CRC, which is right. */
static int read_block_fields(struct block *b, const u8 *p, const u8 *end)
{
	u8 flags = *p++;
	u32 filters = (flags & BLOCK_FILTERS) + 1;

	if (flags & BLOCK_RESERVED)
		return -EOPNOTSUPP;
	if (flags & BLOCK_HAS_COMPRESSED && read_header_vli(&p, end, &b->compressed))
		return -EINVAL;
	if (flags & BLOCK_HAS_UNCOMPRESSED && read_header_vli(&p, end, &b->uncompressed))
		return -EINVAL;
	for (u32 i = 0; i < filters; i++) {
		int err = read_filter(b, &p, end, i == filters - 1);

		if (err)
			return err;
	}
	return all_zero(p, end) ? 0 : -EINVAL;
}

static int read_block_header(struct xz *xz, struct block *b)
{
	struct dec_io *io = &xz->io;
	size_t size = (*io->in + 1UL) * 4;
	const u8 *crc = io->in + size - CRC_BYTES;

	if (dec_in_left(io) < size)
		return -ENODATA;
	if (crc32_of(&xz->crc32, io->in, size - CRC_BYTES) != load_le32(crc))
		return -EINVAL;
	*b = (struct block){ .start = io->in, .content = io->out,
			     .compressed = UINT64_MAX, .uncompressed = UINT64_MAX };
	io->in += size;
	return read_block_fields(b, b->start + 1, crc);
}

static int verify_content(struct xz *xz, const u8 *p, size_t len, const u8 *stored)
{
	u8 computed[SHA256_BYTES];
	u64 crc;

	switch (xz->check) {
	case CHECK_NONE:
		return 0;
	case CHECK_CRC32:
		return crc32_of(&xz->crc32, p, len) == load_le32(stored) ? 0 : -EINVAL;
	case CHECK_CRC64:
		crc = crc64_of(&xz->crc64, p, len);
		return crc == load_le64(stored) ? 0 : -EINVAL;
	case CHECK_SHA256:
		sha256_of(p, len, computed);
		return memcmp(computed, stored, SHA256_BYTES) ? -EINVAL : 0;
	}
	return -EOPNOTSUPP;
}

/* Zero bytes up to a multiple of four since @start. */
static int skip_padding(struct dec_io *io, const u8 *start)
{
	size_t pad = -(size_t)(io->in - start) & 3;

	if (!all_zero(io->in, io->in + MIN(pad, dec_in_left(io))))
		return -EINVAL;
	if (dec_in_left(io) < pad)
		return -ENODATA;
	io->in += pad;
	return 0;
}

static int decode_block_data(struct xz *xz, struct block *b)
{
	struct dec_io *io = &xz->io;
	const u8 *data = io->in;
	size_t len;
	int err;

	if (b->compressed != UINT64_MAX && dec_in_left(io) < b->compressed)
		return -ENODATA;
	if (b->uncompressed != UINT64_MAX && dec_out_left(io) < b->uncompressed)
		return -ENOSPC;
	err = lzma2_decode(&xz->lzma2, io);
	if (err)
		return err;
	len = io->out - b->content;
	if (b->compressed != UINT64_MAX && b->compressed != (size_t)(io->in - data))
		return -EINVAL;
	if (b->uncompressed != UINT64_MAX && b->uncompressed != len)
		return -EINVAL;
	/* Filters are listed in the order the encoder applied them. */
	for (u32 i = b->x86_filters; i-- > 0;)
		bcj_x86_decode(b->content, len, b->x86_start[i]);
	return 0;
}

static int decode_block(struct xz *xz)
{
	struct dec_io *io = &xz->io;
	size_t check = check_bytes(xz->check), len, unpadded;
	struct block b;
	int err;

	err = read_block_header(xz, &b);
	if (!err)
		err = decode_block_data(xz, &b);
	if (err)
		return err;
	len = io->out - b.content;
	unpadded = io->in - b.start + check;
	err = skip_padding(io, b.start);
	if (err)
		return err;
	if (dec_in_left(io) < check)
		return -ENODATA;
	err = verify_content(xz, b.content, len, io->in);
	if (err)
		return err;
	io->in += check;
	block_list_add(&xz->blocks, unpadded, len);
	return 0;
}

/* From its indicator byte; on success *@size is its length, CRC included. */
static int check_index(struct xz *xz, size_t *size)
{
	struct dec_io *io = &xz->io;
	const u8 *start = io->in++;
	struct block_list listed = { 0, 0 };
	u64 records;
	int err = read_vli(&io->in, io->in_end, &records);

	if (err)
		return err;
	if (records != xz->blocks.count)
		return -EINVAL;
	while (listed.count < records) {
		u64 unpadded, uncompressed;

		err = read_vli(&io->in, io->in_end, &unpadded);
		if (!err)
			err = read_vli(&io->in, io->in_end, &uncompressed);
		if (err)
			return err;
		block_list_add(&listed, unpadded, uncompressed);
	}
	err = skip_padding(io, start);
	if (err)
		return err;
	if (dec_in_left(io) < CRC_BYTES)
		return -ENODATA;
	if (listed.fold != xz->blocks.fold ||
	    crc32_of(&xz->crc32, start, io->in - start) != load_le32(io->in))
		return -EINVAL;
	io->in += CRC_BYTES;
	*size = io->in - start;
	return 0;
}

static int check_footer(struct xz *xz, const u8 *header_flags, size_t index_size)
{
	const u8 *p = xz->io.in;

	if (dec_in_left(&xz->io) < FOOTER_BYTES)
		return -ENODATA;
	if (crc32_of(&xz->crc32, p + 4, 6) != load_le32(p) ||
	    (load_le32(p + 4) + 1ULL) * 4 != index_size || memcmp(p + 8, header_flags, 2) ||
	    p[10] != 'Y' || p[11] != 'Z')
		return -EINVAL;
	xz->io.in += FOOTER_BYTES;
	return 0;
}

static int read_stream_header(struct xz *xz)
{
	const u8 *p = xz->io.in;

	if (memcmp(p, magic, MIN(dec_in_left(&xz->io), MAGIC_BYTES)))
		return -ENOEXEC;
	if (dec_in_left(&xz->io) < HEADER_BYTES)
		return -ENODATA;
	if (crc32_of(&xz->crc32, p + 6, 2) != load_le32(p + 8))
		return -EINVAL;
	if (p[6] || p[7] > 0xf)
		return -EOPNOTSUPP;
	xz->check = p[7];
	xz->blocks = (struct block_list){ 0, 0 };
	xz->io.in += HEADER_BYTES;
	return 0;
}

static int decode_stream(struct xz *xz)
{
	const u8 *flags = xz->io.in + MAGIC_BYTES;
	size_t index_size;
	int err = read_stream_header(xz);

	if (err)
		return err;
	for (;;) {
		if (!dec_in_left(&xz->io))
			return -ENODATA;
		if (!*xz->io.in)
			break;
		err = decode_block(xz);
		if (err)
			return err;
	}
	err = check_index(xz, &index_size);
	return err ? err : check_footer(xz, flags, index_size);
}

int decompress_xz(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
		  void *scratch, size_t scratch_len)
{
	struct xz *xz = scratch;
	int err;

	*out_len = 0;
	if (scratch_len < DECOMPRESS_SCRATCH || (uintptr_t)scratch % 8)
		return -ENOMEM;
	xz->io = dec_io_of(in, in_len, out, out_cap);
	crc32_tables_init(&xz->crc32);
	crc64_tables_init(&xz->crc64);
	do {
		err = decode_stream(xz);
		if (err == -ENOEXEC && xz->io.in != in)
			err = -EINVAL;
		dec_skip_zeros(&xz->io);
	} while (!err && dec_in_left(&xz->io));
	*out_len = xz->io.out - xz->io.out_start;
	return err;
}
