/* SPDX-License-Identifier: MIT */
/*
 * Common Trace Format 1.8: a directory with `metadata` (TSDL, made from the
 * event table) and one stream file a pCPU.  Everything is byte-aligned and
 * little-endian, so a record's payload is copied as it is.  Packets carry the
 * number of records lost so far, so readers tell of loss by themselves.
 *
 * Event ids are positions in events.def; one more stands for records whose id
 * the table does not have.
 */
#include "tracing/export/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PACKET_BYTES (256u << 10)
#define UNKNOWN_EVENT TRACE_EV_COUNT

struct packet_head {
	u32 magic;
	u32 stream_id;
	u64 begin, end;                  /* TSC */
	u64 content_bits, packet_bits;
	u64 seq, discarded;
	u32 cpu;
} PACKED;

struct stream {
	FILE *file;
	char *path;
	u8 *buf;
	u32 used;
	u64 begin, end, seq, discarded;
};

static void put_type(FILE *m, const char *name, unsigned bits, bool sign, const char *base,
		     const char *more)
{
	fprintf(m,
		"typealias integer { size = %u; align = 8; signed = %s; base = %s;%s } := %s;\n",
		bits, sign ? "true" : "false", base, more, name);
}

static void put_types(FILE *m)
{
	fputs("/* CTF 1.8 */\n", m);
	put_type(m, "u8", 8, false, "dec", "");
	put_type(m, "u16", 16, false, "dec", "");
	put_type(m, "x16", 16, false, "hex", "");
	put_type(m, "u32", 32, false, "dec", "");
	put_type(m, "s32", 32, true, "dec", "");
	put_type(m, "x32", 32, false, "hex", "");
	put_type(m, "u64", 64, false, "dec", "");
	put_type(m, "x64", 64, false, "hex", "");
	put_type(m, "text", 8, false, "dec", " encoding = UTF8;");
}

/* Text inside a TSDL string. */
static void put_string(FILE *m, const char *s)
{
	for (; *s; s++)
		if (*s != '"' && *s != '\\' && (unsigned char)*s >= ' ')
			fputc(*s, m);
}

static void put_trace(FILE *m, u64 tsc_hz, const char *policy)
{
	fputs("\ntrace {\n\tmajor = 1;\n\tminor = 8;\n\tbyte_order = le;\n"
	      "\tpacket.header := struct {\n\t\tu32 magic;\n\t\tu32 stream_id;\n\t};\n};\n\n"
	      "env {\n\ttracer_name = \"orrery\";\n\tpolicy = \"",
	      m);
	put_string(m, policy ? policy : "");
	fprintf(m, "\";\n};\n\nclock {\n\tname = tsc;\n\tfreq = %" PRIu64 ";\n\toffset = 0;\n};\n",
		tsc_hz);
	put_type(m, "tsc_t", 64, false, "dec", " map = clock.tsc.value;");
	fputs("\nstream {\n\tid = 0;\n"
	      "\tpacket.context := struct {\n\t\ttsc_t timestamp_begin;\n\t\ttsc_t timestamp_end;\n"
	      "\t\tu64 content_size;\n\t\tu64 packet_size;\n\t\tu64 packet_seq_num;\n"
	      "\t\tu64 events_discarded;\n\t\tu32 cpu_id;\n\t};\n"
	      "\tevent.header := struct {\n\t\tu32 id;\n\t\ttsc_t timestamp;\n\t};\n};\n",
	      m);
}

static void put_event(FILE *m, unsigned id)
{
	static const char *const types[] = {
		"u8", "u16", "x16", "u32", "s32", "x32", "u64", "x64"
	};
	const struct trace_event_info *e = &trace_events[id];

	fprintf(m,
		"\nevent {\n\tname = \"%s\";\n\tid = %u;\n\tstream_id = 0;\n\tfields := struct {\n",
		e->name, id);
	if (e->vary)
		fputs("\t\tx32 _id;\n", m);
	for (unsigned i = 0; i < e->fields; i++)
		if (e->field[i].type == TRACE_FIELD_c16)
			fprintf(m, "\t\ttext _%s[16];\n", e->field[i].name);
		else
			fprintf(m, "\t\t%s _%s;\n", types[e->field[i].type], e->field[i].name);
	if (e->kind == TRACE_KIND_TAIL)
		fputs("\t\tu8 _words;\n\t\tx32 _word[_words];\n", m);
	fputs("\t};\n};\n", m);
}

static int write_metadata(const char *dir, u64 tsc_hz, const char *policy, char *error)
{
	char *path;
	FILE *m;
	int rc = -EIO;

	if (asprintf(&path, "%s/metadata", dir) < 0)
		abort();
	m = trace_export_open(path, error);
	if (m) {
		put_types(m);
		put_trace(m, tsc_hz, policy);
		for (unsigned id = 0; id < TRACE_EV_COUNT; id++)
			put_event(m, id);
		fprintf(m, "\nevent {\n\tname = \"unknown\";\n\tid = %u;\n\tstream_id = 0;\n"
			   "\tfields := struct {\n\t\tx32 _id;\n\t\tu8 _words;\n"
			   "\t\tx32 _word[_words];\n\t};\n};\n",
			UNKNOWN_EVENT);
		rc = trace_export_close(m, path, error);
	}
	free(path);
	return rc;
}

static void flush(struct stream *s, u32 cpu)
{
	struct packet_head head = {
		.magic = 0xc1fc1fc1, .begin = s->begin, .end = s->end,
		.seq = s->seq++, .discarded = s->discarded, .cpu = cpu,
	};

	if (!s->used)
		return;
	head.content_bits = head.packet_bits = (sizeof(head) + s->used) * 8ull;
	fwrite(&head, sizeof(head), 1, s->file);
	fwrite(s->buf, s->used, 1, s->file);
	s->used = 0;
}

static void put(struct stream *s, const void *data, unsigned bytes)
{
	memcpy(s->buf + s->used, data, bytes);
	s->used += bytes;
}

static void put_record(struct stream *s, const struct trace_record *rec)
{
	const struct trace_event_info *e = rec->event < 0 ? NULL : &trace_events[rec->event];
	u32 id = e ? rec->event : UNKNOWN_EVENT;
	unsigned named = e ? e->words : 0;
	u8 rest = rec->words > named ? rec->words - named : 0;

	if (!s->used)
		s->begin = MAX(rec->tsc, s->end);
	s->end = MAX(rec->tsc, s->end); /* a stream's time must not run backward */
	put(s, &id, 4);
	put(s, &s->end, 8);
	if (!e || e->vary)
		put(s, &rec->id, 4);
	put(s, rec->data, named * 4); /* what a short record lacks is zero */
	if (!e || e->kind == TRACE_KIND_TAIL) {
		put(s, &rest, 1);
		put(s, rec->data + named, rest * 4);
	}
}

static int open_streams(struct stream *s, u32 cpus, const char *dir, char *error)
{
	for (u32 cpu = 0; cpu < cpus; cpu++) {
		if (asprintf(&s[cpu].path, "%s/pcpu%u", dir, cpu) < 0)
			abort();
		s[cpu].file = trace_export_open(s[cpu].path, error);
		s[cpu].buf = malloc(PACKET_BYTES);
		if (!s[cpu].buf)
			abort();
		if (!s[cpu].file)
			return -EIO;
	}
	return 0;
}

static int close_streams(struct stream *s, u32 cpus, int rc, char *error)
{
	for (u32 cpu = 0; cpu < cpus; cpu++) {
		if (s[cpu].file) {
			int closed;

			flush(&s[cpu], cpu);
			closed = trace_export_close(s[cpu].file, s[cpu].path, error);
			rc = rc ? rc : closed;
		}
		free(s[cpu].path);
		free(s[cpu].buf);
	}
	free(s);
	return rc;
}

int trace_export_ctf(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
		     char *error)
{
	struct stream *s = calloc(f->cpus + 1, sizeof(*s));
	struct trace_record rec;
	int rc;

	if (!s)
		abort();
	if (mkdir(out, 0777) && errno != EEXIST) {
		snprintf(error, TRACE_EXPORT_ERROR_MAX, "%s: %s", out, strerror(errno));
		free(s);
		return -EIO;
	}
	rc = write_metadata(out, tsc_hz, policy, error);
	if (!rc)
		rc = open_streams(s, f->cpus, out, error);
	trace_file_rewind(f);
	while (!rc && trace_file_next(f, &rec) == TRACE_RECORD) {
		struct stream *to = &s[rec.cpu];

		if (rec.event == TRACE_EV_wrap_buffer)
			continue;
		if (rec.event == TRACE_EV_lost_records)
			to->discarded += rec.data[0];
		if (to->used + 128 > PACKET_BYTES)
			flush(to, rec.cpu);
		put_record(to, &rec);
	}
	return close_streams(s, f->cpus, rc, error);
}
