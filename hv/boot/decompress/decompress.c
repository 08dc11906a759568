/* SPDX-License-Identifier: MIT */
/*
 * Which decoder an input wants, by magic number.  Detection looks at as much
 * of the magic number as there is, so that a file cut off within it counts as
 * truncated, not as unknown.
 */
#include "boot/decompress/decompress.h"

#include "boot/decompress/common.h"

#define MAGIC_BYTES_MAX 6

typedef int decompressor(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
			 void *scratch, size_t scratch_len);

static const struct format {
	enum compression id;
	const char *name;
	u8 magic[MAGIC_BYTES_MAX], magic_bytes;
	decompressor *decode;
} formats[] = {
	{ COMPRESSION_XZ, "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, decompress_xz },
	{ COMPRESSION_GZIP, "gzip", { 0x1f, 0x8b }, 2, decompress_gzip },
	{ COMPRESSION_ZSTD, "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, decompress_zstd },
	{ COMPRESSION_LZ4, "lz4", { 0x02, 0x21, 0x4c, 0x18 }, 4, decompress_lz4 },
};

static const struct format *format_of(const void *in, size_t in_len)
{
	if (!in_len)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!memcmp(in, formats[i].magic, MIN(in_len, formats[i].magic_bytes)))
			return &formats[i];
	return NULL;
}

enum compression compression_of(const void *in, size_t in_len)
{
	const struct format *f = format_of(in, in_len);

	return f ? f->id : COMPRESSION_NONE;
}

const char *compression_name(enum compression c)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].id == c)
			return formats[i].name;
	return "none";
}

int decompress(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
	       void *scratch, size_t scratch_len)
{
	const struct format *f = format_of(in, in_len);

	*out_len = 0;
	if (!in_len)
		return -ENODATA;
	if (!f)
		return -ENOEXEC;
	return f->decode(in, in_len, out, out_cap, out_len, scratch, scratch_len);
}
