/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 in hexadecimal, of pieces and of files, by the shared implementation.
 */
#include "bench/runner/sha256.h"

#include <errno.h>
#include <stdio.h>

void sha256_hex(struct sha256 *s, char hex[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_BYTES];

	sha256_final(s, digest);
	for (int i = 0; i < SHA256_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

int sha256_file(const char *path, char hex[SHA256_HEX_SIZE], uint64_t *bytes)
{
	unsigned char buf[65536];
	struct sha256 s;
	FILE *f = fopen(path, "rb");
	size_t n;
	int err;

	if (!f)
		return -errno;
	sha256_init(&s);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sha256_update(&s, buf, n);
	err = ferror(f) ? -EIO : 0;
	fclose(f);
	*bytes = s.bytes;
	sha256_hex(&s, hex);
	return err;
}
