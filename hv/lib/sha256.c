/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 as FIPS 180-4 defines it.  Pure; the decompressor checks .xz files
 * with it and the runner names files by it.
 */
#include "lib/sha256.h"

#include "lib/string.h"

#define BLOCK 64
#define LENGTH_BYTES 8

static u64 load_be(const u8 *p, int bytes)
{
	u64 v = 0;

	for (int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static const u32 round_constant[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static u32 rotr(u32 x, int n)
{
	return x >> n | x << (32 - n);
}

static void expand(u32 w[64], const u8 *block)
{
	for (int i = 0; i < 16; i++)
		w[i] = load_be(block + 4 * i, 4);
	for (int i = 16; i < 64; i++) {
		u32 a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] + (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3) +
		       (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
	}
}

static void compress(u32 h[8], const u8 *block)
{
	u32 w[64], s[8];

	expand(w, block);
	memcpy(s, h, sizeof(s));
	for (int i = 0; i < 64; i++) {
		u32 a = s[0], e = s[4];
		u32 t1 = s[7] + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) +
			 ((e & s[5]) ^ (~e & s[6])) + round_constant[i] + w[i];
		u32 t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) +
			 ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

		for (int j = 7; j > 0; j--)
			s[j] = s[j - 1];
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h[i] += s[i];
}

static void store_be(u8 *p, u64 v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = v >> 8 * (bytes - 1 - i);
}

void sha256_init(struct sha256 *s)
{
	static const u32 start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(s->state, start, sizeof(start));
	s->bytes = 0;
}

void sha256_update(struct sha256 *s, const void *data, size_t len)
{
	const u8 *p = data;

	while (len) {
		size_t used = s->bytes % BLOCK, n = MIN(len, BLOCK - used);

		memcpy(s->block + used, p, n);
		s->bytes += n;
		p += n;
		len -= n;
		if (used + n == BLOCK)
			compress(s->state, s->block);
	}
}

void sha256_final(struct sha256 *s, u8 digest[SHA256_BYTES])
{
	size_t used = s->bytes % BLOCK;
	u8 pad[BLOCK + LENGTH_BYTES] = { 0x80 };
	size_t zeros = (used < BLOCK - LENGTH_BYTES ? BLOCK : 2 * BLOCK) - LENGTH_BYTES - used;

	store_be(pad + zeros, 8 * s->bytes, LENGTH_BYTES);
	sha256_update(s, pad, zeros + LENGTH_BYTES);
	for (int i = 0; i < 8; i++)
		store_be(digest + 4 * i, s->state[i], 4);
}
