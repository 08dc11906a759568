/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 of a whole buffer: the strongest check an .xz file can carry.
 */
#include "boot/decompress/checks.h"

void sha256_of(const u8 *p, size_t len, u8 digest[SHA256_BYTES])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, p, len);
	sha256_final(&s, digest);
}
