/* SPDX-License-Identifier: MIT */
/*
 * Exports of a small trace: the xentrace form comes back record for record,
 * CTF packets and Perfetto messages are taken apart again by hand, CSV lines
 * are compared.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracing/export/encode.h"
#include "tracing/export/export.h"
#include "tracing/export/text.h"

static char *data;
static size_t size;

static void make(struct trace_file *f)
{
	struct trace_writer w;
	u32 args[6] = { 1 };
	FILE *out = open_memstream(&data, &size);

	trace_writer_init(&w, out, 64);
	trace_put_runstate_change(&w, 0, 1000, 0x100, 2, 1); /* d1v2 runs */
	trace_put_call(&w, 0, 1100, TRACE_ID_hypercall, 29, 1, args);
	trace_put_decrease_reservation(&w, 0, 0, 0xabc, 1, 3);
	trace_put_lost_records(&w, 1, 1150, 7, 1, 2, 1120);
	trace_put_policy_info(&w, 0, 1200, 0, 5, (struct trace_text16){ "credit" });
	trace_put_runstate_change(&w, 0, 1300, 0x020, 2, 1); /* and blocks */
	trace_writer_finish(&w);
	fclose(out);
	cr_assert_eq(trace_file_open_memory(f, data, size), 0);
}

static void done(struct trace_file *f)
{
	trace_file_close(f);
	free(data);
}

static char *scratch(const char *name)
{
	char *path;

	cr_assert(asprintf(&path, "/tmp/orrery-test-%d-%s", getpid(), name) > 0);
	return path;
}

static u8 *slurp(const char *path, size_t *bytes)
{
	FILE *f = fopen(path, "r");
	u8 *buf = malloc(1 << 16);

	cr_assert_not_null(f, "%s", path);
	*bytes = fread(buf, 1, 1 << 16, f);
	fclose(f);
	unlink(path);
	return buf;
}

Test(trace_export, xentrace_round_trip)
{
	char *path = scratch("x.trc"), error[TRACE_EXPORT_ERROR_MAX];
	struct trace_record a, b;
	struct trace_file f, g;
	unsigned n = 0;

	make(&f);
	cr_assert_eq(trace_export_xentrace(&f, 1000000000, NULL, path, error), 0);
	cr_assert_eq(trace_file_open(&g, path), 0);
	trace_file_rewind(&f);
	while (trace_file_next(&f, &a) == TRACE_RECORD) {
		cr_assert_eq(trace_file_next(&g, &b), TRACE_RECORD);
		a.offset = b.offset = 0;
		cr_assert_eq(a.id, b.id);
		cr_assert_eq(a.tsc, b.tsc);
		cr_assert_eq(a.cpu, b.cpu);
		cr_assert(!memcmp(a.data, b.data, sizeof(a.data)));
		n++;
	}
	cr_assert_eq(n, 6);
	trace_file_close(&g);
	unlink(path);
	free(path);
	done(&f);
}

Test(trace_export, ctf_packets)
{
	char *dir = scratch("ctf"), *path, error[TRACE_EXPORT_ERROR_MAX];
	struct trace_file f;
	size_t bytes;
	u64 bits, lost;
	u32 magic;
	u8 *p;

	make(&f);
	cr_assert_eq(trace_export_ctf(&f, 1000000000, "credit", dir, error), 0);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		cr_assert(asprintf(&path, "%s/pcpu%u", dir, cpu) > 0);
		p = slurp(path, &bytes);
		memcpy(&magic, p, 4);
		memcpy(&bits, p + 24, 8);
		memcpy(&lost, p + 48, 8);
		cr_assert_eq(magic, 0xc1fc1fc1);
		cr_assert_eq(bits, bytes * 8, "one packet holds it all");
		cr_assert_eq(lost, cpu ? 7 : 0);
		free(p);
		free(path);
	}
	cr_assert(asprintf(&path, "%s/metadata", dir) > 0);
	p = slurp(path, &bytes);
	p[bytes] = 0;
	cr_assert(!memcmp(p, "/* CTF 1.8 */", 13));
	cr_assert(strstr((char *)p, "policy = \"credit\""));
	cr_assert(strstr((char *)p, "freq = 1000000000;"));
	rmdir(dir);
	free(p);
	free(path);
	free(dir);
	done(&f);
}

static u64 varint(const u8 **p)
{
	u64 v = 0;

	for (unsigned shift = 0;; shift += 7) {
		v |= (u64)(**p & 0x7f) << shift;
		if (!(*(*p)++ & 0x80))
			return v;
	}
}

Test(trace_export, perfetto_messages_nest)
{
	char *path = scratch("p.pftrace"), error[TRACE_EXPORT_ERROR_MAX];
	unsigned packets = 0, tracks = 0, events = 0;
	struct trace_file f;
	const u8 *p, *end;
	size_t bytes;
	u8 *buf;

	make(&f);
	cr_assert_eq(trace_export_perfetto(&f, 1000000000, "credit", path, error), 0);
	buf = slurp(path, &bytes);
	for (p = buf, end = buf + bytes; p < end; packets++) {
		const u8 *stop;

		cr_assert_eq(varint(&p), 1 << 3 | 2, "Trace.packet");
		stop = p + 1 + varint(&p);
		stop = p > stop ? p : stop;
		while (p < stop) {
			u64 key = varint(&p), v = varint(&p);

			tracks += key == (60 << 3 | 2);
			events += key == (11 << 3 | 2);
			if ((key & 7) == 2)
				p += v;
		}
		cr_assert_eq(p, stop, "packet %u", packets);
	}
	/* Groups and pCPUs: 4; vCPU: 1.  Instant, then two slices begun and ended. */
	cr_assert_eq(tracks, 5);
	cr_assert(events >= 5);
	free(buf);
	free(path);
	done(&f);
}

Test(trace_export, csv_lines)
{
	struct trace_file f;
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	make(&f);
	trace_csv(&f, 1000000000, out);
	fclose(out);
	cr_assert(
		!strncmp(
			text,
			"time_ns,pcpu,domid,vcpu,class,event,id,fields\n"
			"0,0,-1,-1,sched,runstate_change,0x00021101,vcpu=2 domid=1 (runnable to "
			"running)\n"
			"100,0,1,2,pv,hypercall,0x0020100d,op=0x10001d w1=0x1 (sched_op:block)\n"
			"100,0,1,2,mem,decrease_reservation,0x0010f005,gfn=0xabc domid=1 order=3\n",
			250),
		"%s", text);
	free(text);
	done(&f);
}

Test(trace_export, formats_by_name)
{
	cr_assert_not_null(trace_export_find("ctf"));
	cr_assert_not_null(trace_export_find("csv"));
	cr_assert_null(trace_export_find("vcd"));
}

Test(trace_export, unwritable_place_is_one_line)
{
	char error[TRACE_EXPORT_ERROR_MAX] = "";
	struct trace_file f;

	make(&f);
	cr_assert_neq(trace_export_csv(&f, 1000000000, NULL, "/nonexistent/x", error), 0);
	cr_assert_str_eq(error, "/nonexistent/x: No such file or directory");
	cr_assert_neq(trace_export_ctf(&f, 1000000000, NULL, "/nonexistent/x", error), 0);
	done(&f);
}
