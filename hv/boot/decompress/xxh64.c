/* SPDX-License-Identifier: MIT */
/*
 * XXH64 with seed 0, from the published xxHash specification: the content
 * check of zstd frames (which store its low 32 bits).
 */
#include "boot/decompress/checks.h"

#define PRIME1 0x9e3779b185ebca87ULL
#define PRIME2 0xc2b2ae3d27d4eb4fULL
#define PRIME3 0x165667b19e3779f9ULL
#define PRIME4 0x85ebca77c2b2ae63ULL
#define PRIME5 0x27d4eb2f165667c5ULL

#define LANES 4
#define STRIPE (8 * LANES)

static ALWAYS_INLINE u64 rotl(u64 x, int n)
{
	return x << n | x >> (64 - n);
}

static ALWAYS_INLINE u64 mix(u64 acc, u64 input)
{
	return rotl(acc + input * PRIME2, 31) * PRIME1;
}

static const u8 *hash_stripes(const u8 *p, const u8 *end, u64 *hash)
{
	u64 a = PRIME1 + PRIME2, b = PRIME2, c = 0, d = -PRIME1, acc[LANES];

	for (; end - p >= STRIPE; p += STRIPE) {
		a = mix(a, load_le64(p));
		b = mix(b, load_le64(p + 8));
		c = mix(c, load_le64(p + 16));
		d = mix(d, load_le64(p + 24));
	}
	acc[0] = a, acc[1] = b, acc[2] = c, acc[3] = d;
	*hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
	for (int i = 0; i < LANES; i++)
		*hash = (*hash ^ mix(0, acc[i])) * PRIME1 + PRIME4;
	return p;
}

u64 xxh64_of(const u8 *p, size_t len)
{
	const u8 *end = p + len;
	u64 hash = PRIME5;

	if (len >= STRIPE)
		p = hash_stripes(p, end, &hash);
	hash += len;
	for (; end - p >= 8; p += 8)
		hash = rotl(hash ^ mix(0, load_le64(p)), 27) * PRIME1 + PRIME4;
	if (end - p >= 4) {
		hash = rotl(hash ^ load_le32(p) * PRIME1, 23) * PRIME2 + PRIME3;
		p += 4;
	}
	for (; p < end; p++)
		hash = rotl(hash ^ *p * PRIME5, 11) * PRIME1;
	hash = (hash ^ hash >> 33) * PRIME2;
	hash = (hash ^ hash >> 29) * PRIME3;
	return hash ^ hash >> 32;
}
