/* SPDX-License-Identifier: MIT */
/*
 * For the tests of hv/boot only (host): generated data of several kinds from a
 * seed, and real compressors run over it.  Buffers are exactly as long as what
 * they hold, so that the address sanitizer sees every byte too far.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_TESTING_H
#define ORRERY_BOOT_DECOMPRESS_TESTING_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "boot/decompress/common.h"
#include "boot/decompress/decompress.h"

struct bytes {
	u8 *p;
	size_t len;
};

static inline u32 test_random(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 32;
}

/* All buffers so far; a loop frees those of a round by going back to how many there were. */
static struct {
	void **buffer;
	size_t number, room;
} test_buffers;

static inline struct bytes bytes_new(size_t len)
{
	void *p = malloc(len ? len : 1);

	if (test_buffers.number == test_buffers.room) {
		test_buffers.room = test_buffers.room * 2 + 64;
		test_buffers.buffer = realloc(test_buffers.buffer,
					      test_buffers.room * sizeof(void *));
	}
	test_buffers.buffer[test_buffers.number++] = p;
	return (struct bytes){ p, len };
}

static inline void test_free_from(size_t number)
{
	while (test_buffers.number > number)
		free(test_buffers.buffer[--test_buffers.number]);
}

static inline struct bytes bytes_copy(const u8 *p, size_t len)
{
	struct bytes b = bytes_new(len);

	memcpy(b.p, p, len);
	return b;
}

static inline struct bytes bytes_join(struct bytes a, struct bytes b)
{
	struct bytes both = bytes_new(a.len + b.len);

	memcpy(both.p, a.p, a.len);
	memcpy(both.p + a.len, b.p, b.len);
	return both;
}

enum test_data {
	DATA_ZEROS,
	DATA_RANDOM,
	DATA_TEXT,
	DATA_CODE,
	DATA_MIXED,
	DATA_FAR,     /* incompressible but for matches at half the length */
	DATA_FEW,     /* four values: a short Huffman tree */
	DATA_REGULAR, /* 16 bytes that stay, 6 that do not: all sequences alike */
	DATA_WORDS,   /* of four bytes from a large vocabulary: as many matches as can be */
	DATA_KINDS
};

/* Words from a vocabulary of 200, the early ones more often. */
static inline void fill_text(u8 *p, size_t len, u64 *seed)
{
	u64 words = 0x1234567;

	for (size_t at = 0; at < len;) {
		u32 word = test_random(seed) % 200 * (test_random(seed) % 100) / 100;

		words = word * 7919 + 12345;
		for (u32 n = 2 + test_random(&words) % 9; n && at < len; n--)
			p[at++] = 'a' + test_random(&words) % 26;
		if (at < len)
			p[at++] = test_random(seed) % 12 ? ' ' : '\n';
	}
}

/* What the x86 filter looks for, in unlikely density: opcodes, top bytes, little else. */
static inline void fill_code(u8 *p, size_t len, u64 *seed)
{
	static const u8 common[] = { 0xe8, 0xe9, 0x00, 0xff, 0xe8, 0x00, 0x01, 0x8b };

	for (size_t i = 0; i < len; i++) {
		u32 r = test_random(seed);

		p[i] = r % 5 ? common[r / 8 % sizeof(common)] : r >> 16;
	}
}

static inline void fill_random(u8 *p, size_t len, u64 *seed)
{
	for (size_t i = 0; i < len; i++)
		p[i] = test_random(seed);
}

static inline void fill_words(u8 *p, size_t len, u64 *seed)
{
	for (size_t i = 0; i < len; i += 4) {
		u32 word = (test_random(seed) % 20000 + 1) * 2654435761U;

		memcpy(p + i, &word, MIN(4, len - i));
	}
}

/* Stretches of all the other kinds, and copies from anywhere before. */
static inline void fill_mixed(u8 *p, size_t len, u64 *seed)
{
	for (size_t at = 0; at < len;) {
		size_t part = 1 + test_random(seed) % 3000;

		part = MIN(part, len - at);
		switch (test_random(seed) % 6) {
		case 0:
			memset(p + at, test_random(seed), part);
			break;
		case 1:
			fill_random(p + at, part, seed);
			break;
		case 2:
			fill_text(p + at, part, seed);
			break;
		case 3:
			fill_code(p + at, part, seed);
			break;
		default:
			if (at)
				memmove(p + at, p + test_random(seed) % at, part);
			else
				memset(p, 7, part);
		}
		at += part;
	}
}

static inline struct bytes test_bytes(enum test_data kind, size_t len, u64 seed)
{
	struct bytes b = bytes_new(len);

	seed = seed * 2654435761U + 88172645463325252ULL;
	switch (kind) {
	case DATA_ZEROS:
		memset(b.p, 0, len);
		break;
	case DATA_RANDOM:
		fill_random(b.p, len, &seed);
		break;
	case DATA_TEXT:
		fill_text(b.p, len, &seed);
		break;
	case DATA_CODE:
		fill_code(b.p, len, &seed);
		break;
	case DATA_FAR:
		fill_random(b.p, len, &seed);
		memcpy(b.p + len - len / 2, b.p, len / 2);
		break;
	case DATA_FEW:
		for (size_t i = 0; i < len; i++)
			b.p[i] = test_random(&seed) % 4;
		break;
	case DATA_REGULAR:
		for (size_t i = 0; i < len; i++)
			b.p[i] = i % 22 < 16 ? i % 22 * 11 : test_random(&seed);
		break;
	case DATA_WORDS:
		fill_words(b.p, len, &seed);
		break;
	default:
		fill_mixed(b.p, len, &seed);
	}
	return b;
}

static inline struct bytes read_all(FILE *f)
{
	struct bytes b = { NULL, 0 }, exact;
	size_t room = 0, got;

	do {
		if (b.len == room)
			b.p = realloc(b.p, room = room * 2 + 65536);
		got = fread(b.p + b.len, 1, room - b.len, f);
		b.len += got;
	} while (got);
	exact = bytes_copy(b.p, b.len);
	free(b.p);
	return exact;
}

/* What the shell command makes of @in at its standard input. */
static inline struct bytes filter(const char *command, struct bytes in)
{
	char name[] = "/tmp/orrery-test-XXXXXX", line[512];
	int fd = mkstemp(name);
	struct bytes out;
	FILE *f;

	cr_assert(fd >= 0);
	f = fdopen(fd, "wb");
	cr_assert_eq(fwrite(in.p, 1, in.len, f), in.len);
	cr_assert_eq(fclose(f), 0);
	snprintf(line, sizeof(line), "%s < %s", command, name);
	f = popen(line, "r");
	cr_assert(f);
	out = read_all(f);
	cr_assert_eq(pclose(f), 0, "failed: %s", command);
	unlink(name);
	return out;
}

static inline void *test_scratch(void)
{
	static void *scratch;

	if (!scratch)
		scratch = malloc(DECOMPRESS_SCRATCH);
	return scratch;
}

/* Decompress into exactly @cap bytes; @out gets them, cut to what was produced. */
static inline int unpack(struct bytes in, size_t cap, struct bytes *out)
{
	*out = bytes_new(cap);
	return decompress(in.p, in.len, out->p, cap, &out->len, test_scratch(), DECOMPRESS_SCRATCH);
}

#define assert_same(a, b)                                                                         \
	do {                                                                                      \
		cr_assert_eq((a).len, (b).len);                                                   \
		cr_assert(!memcmp((a).p, (b).p, (a).len));                                        \
	} while (0)

#endif
