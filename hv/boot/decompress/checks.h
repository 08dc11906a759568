/* SPDX-License-Identifier: MIT */
/*
 * Content checks of the compressed formats: CRC-32 (gzip, xz), CRC-64 and
 * SHA-256 (xz), XXH64 (zstd).  Each works on a whole buffer in one call.  The
 * CRCs keep their tables in the caller's scratch.  Internal to
 * hv/boot/decompress.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_CHECKS_H
#define ORRERY_BOOT_DECOMPRESS_CHECKS_H

#include "lib/sha256.h"
#include "boot/decompress/common.h"

struct crc32_tables {
	u32 byte[256];
	u32 wide[2][65536]; /* made on first need */
	bool has_wide;
};

struct crc64_tables {
	u64 byte[8][256];
};

void crc32_tables_init(struct crc32_tables *t);
u32 crc32_of(struct crc32_tables *t, const u8 *p, size_t len);

void crc64_tables_init(struct crc64_tables *t);
u64 crc64_of(const struct crc64_tables *t, const u8 *p, size_t len);

void sha256_of(const u8 *p, size_t len, u8 digest[SHA256_BYTES]);

/* Seed 0, as zstd frames have it. */
u64 xxh64_of(const u8 *p, size_t len);

#endif
