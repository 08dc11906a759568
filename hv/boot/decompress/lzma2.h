/* SPDX-License-Identifier: MIT */
/*
 * LZMA2: the chunked container of LZMA symbols and stored bytes that .xz uses.
 * Owns chunk headers and the rules on what must be reset when; the symbols are
 * lzma.c's.  Internal to hv/boot/decompress.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_LZMA2_H
#define ORRERY_BOOT_DECOMPRESS_LZMA2_H

#include "boot/decompress/lzma.h"

#define LZMA2_CHUNK_MAX (64UL * 1024) /* compressed bytes */

struct lzma2 {
	struct lzma lzma;
	u8 tail[LZMA2_CHUNK_MAX + LZMA_IN_SLACK];
};

/*
 * Decode one LZMA2 stream, end marker included, from io->in to io->out; the
 * dictionary starts at io->out.  Advances both.  0, -EINVAL, -ENODATA, -ENOSPC.
 */
int lzma2_decode(struct lzma2 *l2, struct dec_io *io);

#endif
