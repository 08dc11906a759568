/* SPDX-License-Identifier: MIT */
/*
 * SHA-256, a piece at a time.
 */
#ifndef ORRERY_LIB_SHA256_H
#define ORRERY_LIB_SHA256_H

#include "lib/types.h"

#define SHA256_BYTES 32

struct sha256 {
	u32 state[8];
	u64 bytes;
	u8 block[64];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t len);
void sha256_final(struct sha256 *s, u8 digest[SHA256_BYTES]);

#endif
