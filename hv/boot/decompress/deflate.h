/* SPDX-License-Identifier: MIT */
/*
 * The DEFLATE decoder (RFC 1951); gzip.c owns what is around it.  Internal to
 * hv/boot/decompress.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_DEFLATE_H
#define ORRERY_BOOT_DECOMPRESS_DEFLATE_H

#include "boot/decompress/common.h"

#define DEFLATE_SYMBOLS_MAX 288
#define DEFLATE_CODE_BITS_MAX 15
#define DEFLATE_TABLE_BITS 10

/*
 * A prefix code.  Codes of up to DEFLATE_TABLE_BITS bits are one lookup
 * (symbol * 16 + length, 0 if there is none); longer ones, rare by
 * construction, are found through the canonical order.
 */
struct deflate_code {
	u16 table[1 << DEFLATE_TABLE_BITS];
	u16 count[DEFLATE_CODE_BITS_MAX + 1]; /* codes of each length */
	u16 by_code[DEFLATE_SYMBOLS_MAX];     /* symbols in the order of their codes */
};

struct deflate {
	struct deflate_code literal, distance;
};

/*
 * Decode one DEFLATE stream from io->in to io->out; matches reach back to
 * io->out at entry.  Leaves io->in at the first byte after the stream.
 * 0, -EINVAL, -ENODATA, -ENOSPC.
 */
int deflate_decode(struct deflate *d, struct dec_io *io);

#endif
