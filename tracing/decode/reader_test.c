/* SPDX-License-Identifier: MIT */
/*
 * Readers against the encoder, and against damage: what was written comes back
 * in order; cut anywhere or with any byte changed, a stream never makes a
 * reader go astray (ASan and UBSan watch).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/decode/merge.h"
#include "tracing/export/encode.h"

struct stream {
	char *data;
	size_t size;
};

/* Three pCPUs, 300 records, some untimed, windows of about 200 bytes. */
static struct stream make_stream(void)
{
	struct stream s;
	FILE *f = open_memstream(&s.data, &s.size);
	struct trace_writer w;

	trace_writer_init(&w, f, 200);
	for (u32 i = 0; i < 100; i++) {
		trace_put_sched_wake(&w, 0, 1000 + 30 * i, 1, i);
		trace_put_pv_page_fault(&w, 2, 1010 + 30 * i, 0xffffffff81000000 + i, i, 2);
		if (i % 3)
			trace_put_runstate_change(&w, 1, 1020 + 30 * i, 0x100, i, 7);
		else
			trace_put_decrease_reservation(&w, 1, 0, i, 7, 9);
	}
	cr_assert_eq(trace_writer_finish(&w), 0);
	fclose(f);
	return s;
}

Test(trace_reader, file_order_round_trip)
{
	struct stream s = make_stream();
	struct trace_record rec;
	struct trace_reader r;
	u32 next[3] = { 0 };

	trace_reader_init(&r, s.data, s.size);
	while (trace_reader_next(&r, &rec) == TRACE_RECORD) {
		u32 i = next[rec.cpu]++;

		switch (rec.cpu) {
		case 0:
			cr_assert_eq(rec.event, TRACE_EV_sched_wake);
			cr_assert_eq(rec.tsc, 1000 + 30 * i);
			cr_assert_eq(rec.data[1], i);
			break;
		case 1:
			cr_assert_eq(rec.event, i % 3 ? TRACE_EV_runstate_change
						      : TRACE_EV_decrease_reservation);
			cr_assert_eq(rec.timed, i % 3 != 0);
			break;
		case 2:
			cr_assert_eq(trace_field_value(&trace_events[rec.event], 0, rec.data,
						       rec.words),
				     0xffffffff81000000 + i);
			break;
		}
	}
	for (unsigned c = 0; c < 3; c++)
		cr_assert_eq(next[c], 100);
	cr_assert_eq(r.offset, s.size);
	trace_reader_free(&r);
	free(s.data);
}

Test(trace_reader, goes_on_when_more_arrives)
{
	struct stream s = make_stream();
	struct trace_record rec;
	struct trace_reader r;
	unsigned records = 0;

	trace_reader_init(&r, s.data, 0);
	for (size_t have = 0; have <= s.size; have += 4) {
		enum trace_status st;

		trace_reader_extend(&r, s.data, have);
		while ((st = trace_reader_next(&r, &rec)) == TRACE_RECORD)
			records++;
		cr_assert(st == TRACE_MORE || st == TRACE_END, "at %zu: %s", have, r.error);
	}
	cr_assert_eq(records, 300);
	trace_reader_free(&r);
	free(s.data);
}

Test(trace_merge, time_order)
{
	struct stream s = make_stream();
	struct trace_record rec;
	struct trace_file f;
	unsigned records = 0;
	u64 last = 0;

	cr_assert_eq(trace_file_open_memory(&f, s.data, s.size), 0);
	cr_assert_eq(f.cpus, 3);
	for (unsigned pass = 0; pass < 2; pass++) {
		last = records = 0;
		trace_file_rewind(&f);
		while (trace_file_next(&f, &rec) == TRACE_RECORD) {
			cr_assert(rec.tsc >= last);
			last = rec.tsc;
			records++;
		}
		cr_assert_eq(records, 300);
	}
	cr_assert_str_empty(f.error);
	trace_file_close(&f);
	free(s.data);
}

static unsigned read_all(const void *data, size_t size, int *rc)
{
	struct trace_record rec;
	struct trace_file f;
	unsigned n = 0;

	*rc = trace_file_open_memory(&f, data, size);
	while (!*rc && trace_file_next(&f, &rec) == TRACE_RECORD)
		n++;
	trace_file_close(&f);
	return n;
}

Test(trace_merge, cut_anywhere)
{
	struct stream s = make_stream();

	for (size_t cut = 0; cut < s.size; cut++) {
		char *part = malloc(cut + 1); /* so that ASan sees a read beyond */
		struct trace_file f;
		unsigned n;
		int rc;

		memcpy(part, s.data, cut);
		n = read_all(part, cut, &rc);
		cr_assert_lt(n, 300, "cut at %zu", cut);
		if (!trace_file_open_memory(&f, part, cut) && cut % 4)
			cr_assert_str_not_empty(f.error);
		trace_file_close(&f);
		free(part);
	}
	free(s.data);
}

Test(trace_merge, any_byte_may_be_wrong)
{
	struct stream s = make_stream();
	char *copy = malloc(s.size);

	for (size_t at = 0; at < s.size; at++)
		for (unsigned bit = 0; bit < 8; bit += 3) {
			int rc;

			memcpy(copy, s.data, s.size);
			copy[at] ^= 1 << bit;
			read_all(copy, s.size, &rc);
		}
	free(copy);
	free(s.data);
}

Test(trace_merge, damage_is_told_with_its_offset)
{
	struct stream s = make_stream();
	struct trace_record rec;
	struct trace_file f;
	unsigned n = 0;
	u32 bad = 0xa0038004; /* two class bits */

	memcpy(s.data + 12, &bad, 4);
	cr_assert_eq(trace_file_open_memory(&f, s.data, s.size), 0);
	while (trace_file_next(&f, &rec) == TRACE_RECORD)
		n++;
	cr_assert(n > 200 && n < 300, "the other windows are still read");
	cr_assert(strstr(f.error, "offset 12:"), "%s", f.error);
	trace_file_close(&f);
	cr_assert_neq(trace_file_open_memory(&f, "this is not a trace", 19), 0);
	cr_assert(strstr(f.error, "not a xentrace file"), "%s", f.error);
	trace_file_close(&f);
	free(s.data);
}

Test(trace_merge, no_such_file_is_one_line)
{
	struct trace_file f;

	cr_assert_neq(trace_file_open(&f, "/nonexistent/trace"), 0);
	cr_assert_str_eq(f.error, "No such file or directory");
	cr_assert_neq(trace_file_open(&f, "/dev/null"), 0);
	cr_assert_str_eq(f.error, "not a regular file");
}
