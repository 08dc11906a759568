/* SPDX-License-Identifier: MIT */
/*
 * The decompressors against what xz, gzip and zstd make of generated data:
 * every option that changes the format, sizes around the limits, input cut off
 * at every byte, output room short by every byte, thousands of flipped bits.
 * lz4 is held to an embedded file, and to the lz4 command where there is one.
 */
#include "boot/decompress/testing.h"

static const char *const xz_commands[] = {
	"xz -0 -c",
	"xz -2 -c",
	"xz -3e -c --check=none",
	"xz -2 -c --check=crc32",
	"xz -2 -c --check=sha256",
	"xz -c --x86 --lzma2=preset=2",
	"xz -c --x86=start=123456 --lzma2=preset=1",
	"xz -c --x86 --x86=start=7 --lzma2=preset=1",
	"xz -c --lzma2=preset=2,lc=0,lp=4,pb=4",
	"xz -c --lzma2=preset=2,lc=4,lp=0,pb=0",
	"xz -c --lzma2=preset=2,lc=1,lp=3,pb=2",
	"xz -c --lzma2=preset=2,dict=4KiB",
	"xz -2 -c --block-size=20000",
	"xz -2 -c -T2 --block-size=30000",
};
static const char *const gzip_commands[] = { "gzip -1 -c", "gzip -6 -c", "gzip -9 -c" };
static const char *const zstd_commands[] = {
	"zstd -q -1 -c",
	"zstd -q -3 -c --no-check",
	"zstd -q --fast=5 -c",
	"zstd -q -12 -c --check",
	"zstd -q -19 -c",
	"zstd -q -16 -c",
};

static void round_trip(const char *command, enum test_data kind, size_t len, u64 seed)
{
	size_t mark = test_buffers.number;
	struct bytes data = test_bytes(kind, len, seed);
	struct bytes packed = filter(command, data), out;
	int err = unpack(packed, data.len, &out);

	cr_assert_eq(err, 0, "%s, %zu bytes: %d", command, data.len, err);
	assert_same(out, data);
	test_free_from(mark);
}

/* One byte alone, around a word, around the 64 KiB chunk, into the megabytes. */
static void round_trips(const char *command)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 300, 4097, 200000 };

	for (int kind = 0; kind < DATA_KINDS; kind++)
		round_trip(command, kind, 70000, kind);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		round_trip(command, DATA_MIXED, sizes[i], i);
}

Test(decompress, xz_round_trips)
{
	for (size_t i = 0; i < ARRAY_SIZE(xz_commands); i++)
		round_trips(xz_commands[i]);
}

Test(decompress, gzip_round_trips)
{
	for (size_t i = 0; i < ARRAY_SIZE(gzip_commands); i++)
		round_trips(gzip_commands[i]);
}

Test(decompress, zstd_round_trips)
{
	for (size_t i = 0; i < ARRAY_SIZE(zstd_commands); i++)
		round_trips(zstd_commands[i]);
}

/* Several megabytes: distances of all classes, LZMA2 chunks of 2 MiB, the wide CRC tables. */
Test(decompress, large_windows)
{
	static const char *const commands[] = { "xz -1 -c --check=crc32", "xz -2 -c", "gzip -1 -c",
						"zstd -q -3 -c", "zstd -q --long=27 -9 -c" };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		round_trip(commands[i], DATA_FAR, 3 << 20, 1);
		round_trip(commands[i], DATA_MIXED, (2 << 20) + 13, 2);
		round_trip(commands[i], DATA_ZEROS, (4 << 20) + 1, 3);
	}
}

/*
 * More sequences in a block than zstd itself makes, so by hand: eight raw
 * bytes, then a block of 127 to 0x7f05 sequences of no literals and three bytes
 * each, from single-symbol tables.  The zstd command says what comes out.
 */
Test(decompress, zstd_many_sequences)
{
	static const struct {
		u8 len, number[3];
	} counts[] = {
		{ 1, { 127 } }, { 2, { 128, 200 } }, { 2, { 254, 255 } }, { 3, { 255, 5, 0 } },
	};
	static const u8 head[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 0x38, /* window of 128 KiB */
				   8 << 3, 0, 0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' };
	static const u8 tables[] = { 0x54, 0, 0, 0, 1 };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		u8 len = counts[i].len, start[] = { (len + 6) << 3 | 5, 0, 0, 0 };
		struct bytes in = bytes_join(bytes_copy(head, sizeof(head)), bytes_copy(start, 4));
		struct bytes expected, out;

		in = bytes_join(in, bytes_copy(counts[i].number, len));
		in = bytes_join(in, bytes_copy(tables, sizeof(tables)));
		expected = filter("zstd -dqc", in);
		cr_assert_eq(unpack(in, 100000, &out), 0);
		assert_same(out, expected);
	}
}

Test(decompress, parts_are_joined)
{
	static const char *const commands[] = { "xz -c", "gzip -c", "zstd -q -c" };
	struct bytes a = test_bytes(DATA_TEXT, 5000, 1), b = test_bytes(DATA_MIXED, 70000, 2);
	struct bytes padding = test_bytes(DATA_ZEROS, 8, 0), empty = bytes_new(0), out;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct bytes in = bytes_join(filter(commands[i], a), filter(commands[i], empty));

		in = bytes_join(bytes_join(in, padding), filter(commands[i], b));
		cr_assert_eq(unpack(bytes_join(in, padding), a.len + b.len, &out), 0);
		assert_same(out, bytes_join(a, b));
		cr_assert_eq(unpack(bytes_join(in, a), a.len + b.len, &out), -EINVAL,
			     "garbage after the last stream");
	}
}

static void cut_everywhere(const char *command, enum test_data kind, size_t len)
{
	struct bytes data = test_bytes(kind, len, 5), packed = filter(command, data), out;
	size_t mark = test_buffers.number;

	for (size_t cut = 0; cut < packed.len; cut++) {
		struct bytes in = bytes_copy(packed.p, cut);
		int err = unpack(in, data.len, &out);

		cr_assert_eq(err, -ENODATA, "%s: %d at %zu of %zu", command, err, cut, packed.len);
		test_free_from(mark);
	}
}

Test(decompress, cut_input_is_truncated)
{
	cut_everywhere("xz -c", DATA_TEXT, 600);
	cut_everywhere("xz -c --check=sha256", DATA_RANDOM, 40);
	cut_everywhere("xz -c -T1 --block-size=200", DATA_TEXT, 600);
	cut_everywhere("gzip -c", DATA_TEXT, 600);
	cut_everywhere("gzip -c", DATA_CODE, 3000);
	cut_everywhere("gzip -c", DATA_RANDOM, 200);
	cut_everywhere("gzip -c", DATA_TEXT, 4);
	cut_everywhere("zstd -q -c", DATA_TEXT, 600);
	cut_everywhere("zstd -q -19 -c", DATA_CODE, 3000);
	cut_everywhere("zstd -q -c", DATA_ZEROS, 3000);
}

static void short_output(const char *command, enum test_data kind, size_t len)
{
	struct bytes data = test_bytes(kind, len, 6), packed = filter(command, data), out;
	size_t mark = test_buffers.number;

	for (size_t cap = 0; cap < len; cap += cap > 40 && cap < len - 40 ? 13 : 1) {
		int err = unpack(packed, cap, &out);

		cr_assert_eq(err, -ENOSPC, "%s: %d at %zu of %zu", command, err, cap, len);
		test_free_from(mark);
	}
}

Test(decompress, short_output_is_told)
{
	for (int kind = 0; kind < DATA_KINDS; kind++) {
		short_output("xz -c", kind, 700);
		short_output("gzip -c", kind, 700);
		short_output("zstd -q -c", kind, 700);
		short_output("zstd -q -c --no-content-size", kind, 700);
	}
}

Test(decompress, bombs_stop_at_the_limit)
{
	static const char *const commands[] = { "xz -c", "gzip -c", "zstd -q -c",
						"zstd -q -c --no-content-size" };
	struct bytes zeros = test_bytes(DATA_ZEROS, 20 << 20, 0), out;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		cr_assert_eq(unpack(filter(commands[i], zeros), 1000, &out), -ENOSPC);
}

/*
 * Damage in one to four places.  Whatever is accepted all the same must be
 * what was packed: all these files carry a check.
 */
static void flip_bits(const char *command, enum test_data kind, size_t len, int rounds)
{
	struct bytes data = test_bytes(kind, len, 7), packed = filter(command, data), out;
	size_t mark = test_buffers.number;
	u64 seed = 99 + kind;
	int accepted = 0;

	for (int i = 0; i < rounds; i++) {
		struct bytes in = bytes_copy(packed.p, packed.len);
		size_t cap = i % 4 ? len : test_random(&seed) % len;
		int err;

		for (u32 n = 1 + test_random(&seed) % 4 * (i & 1); n; n--)
			in.p[test_random(&seed) % in.len] ^= 1 << test_random(&seed) % 8;
		err = unpack(in, cap, &out);
		cr_assert(err <= 0 && out.len <= cap);
		if (!err) {
			assert_same(out, data);
			accepted++;
		}
		test_free_from(mark);
	}
	cr_assert(accepted < rounds / 4, "%s: %d of %d", command, accepted, rounds);
}

Test(decompress, flipped_bits_xz)
{
	flip_bits("xz -c", DATA_TEXT, 3000, 1500);
	flip_bits("xz -c --check=crc32 --x86 --lzma2=preset=2", DATA_CODE, 3000, 1500);
	flip_bits("xz -c", DATA_MIXED, 9000, 1500);
	flip_bits("xz -c --block-size=100", DATA_TEXT, 600, 1500);
}

Test(decompress, flipped_bits_gzip)
{
	flip_bits("gzip -c", DATA_TEXT, 3000, 2000);
	flip_bits("gzip -c", DATA_CODE, 3000, 2000);
	flip_bits("gzip -c", DATA_MIXED, 9000, 2000);
	flip_bits("gzip -c", DATA_TEXT, 50, 2000);
}

Test(decompress, flipped_bits_zstd)
{
	flip_bits("zstd -q -c", DATA_TEXT, 3000, 2000);
	flip_bits("zstd -q -19 -c", DATA_CODE, 3000, 2000);
	flip_bits("zstd -q -c", DATA_MIXED, 9000, 2000);
	flip_bits("zstd -q -c --no-content-size", DATA_TEXT, 40000, 1000);
}

/* Bytes at random positions replaced and cut, whatever comes out. */
Test(decompress, headers_of_noise)
{
	static const struct bytes magics[] = {
		{ (u8 *)"\xfd" "7zXZ\0", 6 }, { (u8 *)"\x1f\x8b\x08\0\0\0\0\0\0\0", 10 },
		{ (u8 *)"\x28\xb5\x2f\xfd", 4 }, { (u8 *)"\x02\x21\x4c\x18", 4 },
	};
	struct bytes out;

	for (u64 seed = 1; seed < 4000; seed++) {
		struct bytes noise = test_bytes(seed % 3 ? DATA_RANDOM : DATA_CODE, 300, seed);
		struct bytes in = bytes_join(magics[seed % ARRAY_SIZE(magics)], noise);

		unpack(in, 5000, &out);
		test_free_from(0);
	}
}

/* The control byte of the first LZMA2 chunk: after the stream and block headers. */
Test(decompress, lzma2_must_reset_first)
{
	struct bytes data = test_bytes(DATA_TEXT, 500, 1), out;
	struct bytes packed = filter("xz -c --check=none", data);

	cr_assert(packed.p[24] >= 0xe0);
	for (int control = 2; control < 0xe0; control++) {
		packed.p[24] = control;
		cr_assert_eq(unpack(packed, 3 << 20, &out), -EINVAL, "control byte %#x", control);
	}
}

Test(decompress, what_is_not_supported)
{
	struct bytes data = test_bytes(DATA_TEXT, 500, 1), out;
	struct bytes zstd = filter("zstd -q -c", data);

	cr_assert_eq(unpack(filter("xz -c --delta --lzma2", data), 500, &out), -EOPNOTSUPP);
	cr_assert_eq(unpack(filter("xz -c --arm --lzma2", data), 500, &out), -EOPNOTSUPP);
	zstd.p[4] = (zstd.p[4] & ~3) | 1; /* a dictionary of one byte's number: the next byte */
	cr_assert_eq(unpack(zstd, 500, &out), -EOPNOTSUPP);
}

Test(decompress, skippable_zstd_frames)
{
	struct bytes skip = bytes_copy((const u8 *)"\x53\x2a\x4d\x18\x03\0\0\0abc", 11), out;
	struct bytes data = test_bytes(DATA_TEXT, 500, 1), zstd = filter("zstd -q -c", data);

	cr_assert_eq(unpack(bytes_join(bytes_join(zstd, skip), zstd), 1000, &out), 0);
	assert_same(out, bytes_join(data, data));
}

Test(decompress, gzip_header_fields)
{
	/* FHCRC, FEXTRA, FNAME and FCOMMENT. */
	static const u8 header[] = "\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x02\0xyname\0comment";
	struct bytes data = test_bytes(DATA_TEXT, 500, 1), plain = filter("gzip -nc", data);
	struct bytes head = bytes_new(sizeof(header) + 2), in, out;
	u32 crc = ~0U;

	memcpy(head.p, header, sizeof(header));
	for (size_t i = 0; i < sizeof(header); i++) {
		crc ^= header[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	head.p[sizeof(header)] = ~crc;
	head.p[sizeof(header) + 1] = ~crc >> 8;
	in = bytes_join(head, bytes_copy(plain.p + 10, plain.len - 10));
	cr_assert_eq(unpack(in, 500, &out), 0);
	assert_same(out, data);
	in.p[sizeof(header)] ^= 1;
	cr_assert_eq(unpack(in, 500, &out), -EINVAL);
	for (size_t cut = 0; cut < in.len; cut++)
		cr_assert_neq(unpack(bytes_copy(in.p, cut), 500, &out), 0);
}

Test(decompress, arguments)
{
	struct bytes in = bytes_copy((const u8 *)"neither this nor that", 21), out;
	u8 room[64];
	size_t len = 1;

	cr_assert_eq(unpack(in, 64, &out), -ENOEXEC);
	cr_assert_eq(out.len, 0);
	cr_assert_eq(unpack(bytes_new(0), 64, &out), -ENODATA);
	in.p[0] = 0x1f;
	in.p[1] = 0x8b;
	cr_assert_eq(decompress(in.p, 21, room, 64, &len, test_scratch(), 1000), -ENOMEM);
	cr_assert_eq(len, 0);
	cr_assert_eq(compression_of(in.p, 21), COMPRESSION_GZIP);
	cr_assert_eq(compression_of("ELF", 3), COMPRESSION_NONE);
	cr_assert_str_eq(compression_name(COMPRESSION_XZ), "xz");
	cr_assert_eq(decompress_xz(in.p, 21, room, 64, &len, test_scratch(), DECOMPRESS_SCRATCH),
		     -ENOEXEC);
}

/* "abcabc..." of 60 bytes, then 300 zeros; from `lz4 -l`. */
static const u8 lz4_sample[] = {
	0x02, 0x21, 0x4c, 0x18, 0x13, 0, 0, 0, 0x3f, 'a', 'b', 'c', 3, 0,
	0x26, 0x1f, 0, 1, 0, 0xff, 0x14, 0x50, 0, 0, 0, 0, 0,
};

Test(decompress, lz4_sample)
{
	struct bytes packed = bytes_copy(lz4_sample, sizeof(lz4_sample)), expected = bytes_new(360);
	struct bytes out;

	for (int i = 0; i < 360; i++)
		expected.p[i] = i < 60 ? "abc"[i % 3] : 0;
	cr_assert_eq(unpack(packed, 360, &out), 0);
	assert_same(out, expected);
	for (size_t cap = 0; cap < 360; cap++)
		cr_assert_eq(unpack(packed, cap, &out), -ENOSPC);
	/* Cut right after the magic number is an empty file: the format has no end. */
	for (size_t cut = 0; cut < packed.len; cut++)
		cr_assert_eq(unpack(bytes_copy(packed.p, cut), 360, &out), cut == 4 ? 0 : -ENODATA);
}

Test(decompress, lz4_flipped_bits)
{
	u64 seed = 5;
	size_t mark = test_buffers.number;

	for (int i = 0; i < 5000; i++) {
		struct bytes in = bytes_copy(lz4_sample, sizeof(lz4_sample)), out;

		for (u32 n = 1 + test_random(&seed) % 4; n; n--)
			in.p[4 + test_random(&seed) % (in.len - 4)] ^= 1 << test_random(&seed) % 8;
		unpack(in, test_random(&seed) % 720, &out);
		cr_assert(out.len <= 720);
		test_free_from(mark);
	}
}

Test(decompress, lz4_round_trips)
{
	if (system("command -v lz4 >/dev/null 2>&1"))
		cr_skip_test("no lz4 command");
	round_trips("lz4 -q -l -c");
	round_trips("lz4 -q -l -9 -c");
	round_trip("lz4 -q -l -c", DATA_MIXED, 9 << 20, 1);
}
