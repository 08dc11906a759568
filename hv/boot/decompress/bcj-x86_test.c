/* SPDX-License-Identifier: MIT */
/*
 * The x86 branch filter against xz's encoder, over bytes that look like
 * branches far more often than code does, and in blocks of every small length:
 * each block starts the filter anew and has its own tail that is left alone.
 */
#include "boot/decompress/bcj-x86.h"
#include "boot/decompress/testing.h"

static void check(const char *options, struct bytes data)
{
	char command[100];
	struct bytes out;

	snprintf(command, sizeof(command), "xz -c --check=crc32 %s", options);
	cr_assert_eq(unpack(filter(command, data), data.len, &out), 0, "%s", options);
	assert_same(out, data);
}

Test(bcj_x86, dense_opcodes)
{
	for (u64 seed = 1; seed < 9; seed++)
		check("--x86 --lzma2=preset=0", test_bytes(DATA_CODE, 100000, seed));
}

Test(bcj_x86, start_addresses)
{
	check("--x86=start=1 --lzma2=preset=0", test_bytes(DATA_CODE, 50000, 1));
	check("--x86=start=4294967290 --lzma2=preset=0", test_bytes(DATA_CODE, 50000, 2));
	check("--x86=start=16777000 --lzma2=preset=0", test_bytes(DATA_CODE, 50000, 3));
}

Test(bcj_x86, short_blocks)
{
	for (int len = 1; len < 24; len++) {
		char options[60];

		snprintf(options, sizeof(options), "--x86 --lzma2=preset=0 --block-size=%d", len);
		check(options, test_bytes(DATA_CODE, 70 * len, len));
	}
}

Test(bcj_x86, one_call)
{
	u8 code[] = { 0x90, 0xe8, 0x10, 0x20, 0x00, 0x00, 0x90 };
	u8 cut[] = { 0xe8, 0x10, 0x20, 0x00 };

	/* The target 0x2010 seen from the end of the call, 0x1000 + 6. */
	bcj_x86_decode(code, sizeof(code), 0x1000);
	cr_assert(!memcmp(code, "\x90\xe8\x0a\x10\x00\x00\x90", sizeof(code)));
	bcj_x86_decode(cut, sizeof(cut), 0x1000);
	cr_assert(!memcmp(cut, "\xe8\x10\x20\x00", sizeof(cut)));
}
