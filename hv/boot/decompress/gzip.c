/* SPDX-License-Identifier: MIT */
/*
 * The gzip container (RFC 1952): header, DEFLATE stream, CRC-32 and length;
 * one or more members.
 */
#include "boot/decompress/checks.h"
#include "boot/decompress/decompress.h"
#include "boot/decompress/deflate.h"

#define HEADER_BYTES 10
#define TRAILER_BYTES 8
#define METHOD_DEFLATE 8

#define FLAG_HEADER_CRC 0x02
#define FLAG_EXTRA 0x04
#define FLAG_NAME 0x08
#define FLAG_COMMENT 0x10
#define FLAG_RESERVED 0xe0

struct gzip {
	struct dec_io io;
	struct deflate deflate;
	struct crc32_tables crc32;
};

_Static_assert(sizeof(struct gzip) <= DECOMPRESS_SCRATCH, "scratch too small for gzip");

static int skip(struct dec_io *io, size_t bytes)
{
	if (dec_in_left(io) < bytes)
		return -ENODATA;
	io->in += bytes;
	return 0;
}

static int skip_string(struct dec_io *io)
{
	while (io->in < io->in_end)
		if (!*io->in++)
			return 0;
	return -ENODATA;
}

static int skip_extra(struct dec_io *io)
{
	const u8 *p = io->in;
	int err = skip(io, 2);

	return err ? err : skip(io, load_le16(p));
}

static int skip_optional_fields(struct gzip *gz, const u8 *header, u8 flags)
{
	struct dec_io *io = &gz->io;
	int err = 0;

	if (flags & FLAG_EXTRA)
		err = skip_extra(io);
	if (!err && flags & FLAG_NAME)
		err = skip_string(io);
	if (!err && flags & FLAG_COMMENT)
		err = skip_string(io);
	if (!err && flags & FLAG_HEADER_CRC) {
		const u8 *end = io->in;

		err = skip(io, 2);
		if (!err && (u16)crc32_of(&gz->crc32, header, end - header) != load_le16(end))
			err = -EINVAL;
	}
	return err;
}

static int read_header(struct gzip *gz)
{
	const u8 *p = gz->io.in;
	size_t left = dec_in_left(&gz->io);

	if (p[0] != 0x1f || (left > 1 && p[1] != 0x8b))
		return -ENOEXEC;
	if ((left > 2 && p[2] != METHOD_DEFLATE) || (left > 3 && p[3] & FLAG_RESERVED))
		return -EINVAL;
	if (left < HEADER_BYTES)
		return -ENODATA;
	gz->io.in += HEADER_BYTES;
	return skip_optional_fields(gz, p, p[3]);
}

static int decode_member(struct gzip *gz)
{
	struct dec_io *io = &gz->io;
	const u8 *content = io->out;
	size_t len;
	int err = read_header(gz);

	if (!err)
		err = deflate_decode(&gz->deflate, io);
	if (err)
		return err;
	if (dec_in_left(io) < TRAILER_BYTES)
		return -ENODATA;
	len = io->out - content;
	if (load_le32(io->in) != crc32_of(&gz->crc32, content, len) ||
	    load_le32(io->in + 4) != (u32)len)
		return -EINVAL;
	io->in += TRAILER_BYTES;
	return 0;
}

int decompress_gzip(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
		    void *scratch, size_t scratch_len)
{
	struct gzip *gz = scratch;
	int err;

	*out_len = 0;
	if (scratch_len < DECOMPRESS_SCRATCH || (uintptr_t)scratch % 8)
		return -ENOMEM;
	if (!in_len)
		return -ENODATA;
	gz->io = dec_io_of(in, in_len, out, out_cap);
	crc32_tables_init(&gz->crc32);
	do {
		err = decode_member(gz);
		if (err == -ENOEXEC && gz->io.in != in)
			err = -EINVAL;
		dec_skip_zeros(&gz->io);
	} while (!err && dec_in_left(&gz->io));
	*out_len = gz->io.out - gz->io.out_start;
	return err;
}
