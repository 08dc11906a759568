/* SPDX-License-Identifier: MIT */
/*
 * The table of export formats, and the two simple ones: comma-separated values
 * and a clean xentrace stream (the same records, one window a pCPU and
 * megabyte, without damage and filler).
 */
#include "tracing/export/export.h"

#include <errno.h>
#include <string.h>

#include "tracing/export/encode.h"
#include "tracing/export/text.h"

static const struct trace_export formats[] = {
	{ "ctf", trace_export_ctf },
	{ "perfetto", trace_export_perfetto },
	{ "xentrace", trace_export_xentrace },
	{ "csv", trace_export_csv },
};

const struct trace_export *trace_export_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

FILE *trace_export_open(const char *path, char *error)
{
	FILE *f = fopen(path, "w");

	if (!f)
		snprintf(error, TRACE_EXPORT_ERROR_MAX, "%s: %s", path, strerror(errno));
	return f;
}

int trace_export_close(FILE *f, const char *path, char *error)
{
	bool bad = ferror(f) != 0;

	bad |= fclose(f) != 0;
	if (bad)
		snprintf(error, TRACE_EXPORT_ERROR_MAX, "%s: %s", path, strerror(errno));
	return bad ? -EIO : 0;
}

int trace_export_csv(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
		     char *error)
{
	FILE *to = trace_export_open(out, error);

	if (!to)
		return -EIO;
	trace_csv(f, tsc_hz, to);
	return trace_export_close(to, out, error);
}

int trace_export_xentrace(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
			  char *error)
{
	FILE *to = trace_export_open(out, error);
	struct trace_writer w;
	struct trace_record rec;

	if (!to)
		return -EIO;
	trace_writer_init(&w, to, 1 << 20);
	trace_file_rewind(f);
	while (trace_file_next(f, &rec) == TRACE_RECORD)
		if (rec.event != TRACE_EV_wrap_buffer)
			trace_writer_put(&w, rec.cpu, TRACE_HEADER(rec.id, rec.timed, rec.words),
					 rec.tsc, rec.data);
	trace_writer_finish(&w);
	return trace_export_close(to, out, error);
}
