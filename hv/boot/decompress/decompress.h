/* SPDX-License-Identifier: MIT */
/*
 * Decompressors for boot modules: xz, gzip, zstd and legacy lz4, memory to
 * memory in one call.  The Dom0 builder calls them through kernel-image.c; the
 * host tests call them directly.  Nothing is allocated: the output buffer is
 * the dictionary and all other state lives in the caller's scratch area, so
 * the functions are re-entrant and take no locks.  Every input byte is
 * hostile: no input makes them read or write outside the three buffers.
 * The content checks a format carries (CRC-32, CRC-64, SHA-256 and XXH64) are
 * always verified.  No dictionaries, no streaming.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_H
#define ORRERY_BOOT_DECOMPRESS_H

#include "lib/types.h"

/* Bytes of scratch that suffice for every format; align it to 8 bytes. */
#define DECOMPRESS_SCRATCH (768UL * 1024)

/*
 * Decompress @in_len bytes at @in to @out, at most @out_cap bytes, and set
 * *@out_len to the bytes produced (also on error: how far it got).  Streams,
 * members or frames that follow one another are joined; zero bytes after the
 * last are ignored.  The contents of @out past *@out_len are undefined.
 *
 * 0, or
 *  -ENOEXEC     @in starts with no magic number known here
 *  -EINVAL      the input is corrupt (structure or check)
 *  -ENODATA     the input ends too early
 *  -ENOSPC      more than @out_cap bytes of output
 *  -EOPNOTSUPP  valid, but asks for what is not implemented: an xz filter
 *               other than x86 and LZMA2, or a zstd dictionary
 *  -ENOMEM      @scratch_len below DECOMPRESS_SCRATCH, or not aligned
 */
int decompress(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
	       void *scratch, size_t scratch_len);

/* The same for one format; -ENOEXEC if @in is not of that format. */
int decompress_xz(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
		  void *scratch, size_t scratch_len);
int decompress_gzip(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
		    void *scratch, size_t scratch_len);
int decompress_zstd(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
		    void *scratch, size_t scratch_len);
int decompress_lz4(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
		   void *scratch, size_t scratch_len);

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_XZ,
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
	COMPRESSION_LZ4,
};

/* What @in starts with, by magic number; COMPRESSION_NONE if by none. */
enum compression compression_of(const void *in, size_t in_len);

/* "xz", "gzip", ...; "none". */
const char *compression_name(enum compression c);

#endif
