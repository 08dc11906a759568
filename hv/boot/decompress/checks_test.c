/* SPDX-License-Identifier: MIT */
/*
 * The content checks by published values and against themselves: the wide
 * steps of the CRCs must agree with the definition bit by bit.
 */
#include "boot/decompress/checks.h"
#include "boot/decompress/testing.h"

static u64 crc_by_bit(const u8 *p, size_t len, u64 polynomial, u64 ones)
{
	u64 c = ones;

	while (len--) {
		c ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? polynomial : 0);
	}
	return c ^ ones;
}

static const u8 digits[] = "123456789";

Test(checks, crc32)
{
	struct crc32_tables *t = calloc(1, sizeof(*t));
	struct bytes data = test_bytes(DATA_MIXED, (2 << 20) + 13, 1);

	crc32_tables_init(t);
	cr_assert_eq(crc32_of(t, digits, 9), 0xcbf43926);
	cr_assert_eq(crc32_of(t, digits, 0), 0);
	for (size_t len = (2 << 20) - 20; len <= data.len; len += 11)
		cr_assert_eq(crc32_of(t, data.p, len),
			     crc_by_bit(data.p, len, 0xedb88320, UINT32_MAX));
	free(t);
	test_free_from(0);
}

Test(checks, crc64)
{
	struct crc64_tables *t = calloc(1, sizeof(*t));
	struct bytes data = test_bytes(DATA_MIXED, 3000, 1);

	crc64_tables_init(t);
	cr_assert_eq(crc64_of(t, digits, 9), 0x995dc9bbdf1939fa);
	for (size_t len = 0; len <= data.len; len += 7)
		cr_assert_eq(crc64_of(t, data.p + 1, len - !!len),
			     crc_by_bit(data.p + 1, len - !!len, 0xc96c5795d7870f42, UINT64_MAX));
	free(t);
}

static void check_sha256(const char *text, const char *expected)
{
	char hex[2 * SHA256_BYTES + 1];
	u8 digest[SHA256_BYTES];

	sha256_of((const u8 *)text, strlen(text), digest);
	for (int i = 0; i < SHA256_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	cr_assert_str_eq(hex, expected);
}

/* FIPS 180-4's examples; lengths around the block come from xz --check=sha256. */
Test(checks, sha256)
{
	check_sha256("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_sha256("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

Test(checks, xxh64)
{
	cr_assert_eq(xxh64_of(digits, 0), 0xef46db3751d8e999);
	cr_assert_eq(xxh64_of((const u8 *)"a", 1), 0xd24ec4f1a98c6e5b);
	cr_assert_eq(xxh64_of((const u8 *)"abc", 3), 0x44bc2cf5ad770999);
}

/* Every length of a check's last block, by the tools that carry the check. */
Test(checks, tails)
{
	struct bytes data = test_bytes(DATA_RANDOM, 14000, 1), out;
	struct bytes zstd = bytes_new(0), expected = bytes_new(0);

	cr_assert_eq(unpack(filter("xz -0 -c --check=sha256 --block-size=131", data), 14000, &out),
		     0);
	assert_same(out, data);
	for (size_t len = 0; len < 70; len++) {
		struct bytes part = bytes_copy(data.p, len);

		zstd = bytes_join(zstd, filter("zstd -q --check -c", part));
		expected = bytes_join(expected, part);
		cr_assert_eq(unpack(filter("xz -0 -c --check=sha256", part), len, &out), 0);
	}
	cr_assert_eq(unpack(zstd, expected.len, &out), 0);
	assert_same(out, expected);
}
