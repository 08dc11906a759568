/* SPDX-License-Identifier: MIT */
/*
 * Writing xentrace streams on the host.  Records of one pCPU are gathered
 * until a window is full; then a CPU_CHANGE record and the window go out, as
 * the collector does with a ring.
 */
#include "tracing/export/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

unsigned trace_encode(u8 *buf, u32 header, u64 tsc, const void *payload)
{
	unsigned at = 4, words = TRC_HD_EXTRA(header);

	memcpy(buf, &header, 4);
	if (header >> 31) {
		memcpy(buf + at, &tsc, 8);
		at += 8;
	}
	if (words)
		memcpy(buf + at, payload, words * 4);
	return at + words * 4;
}

void trace_writer_init(struct trace_writer *w, FILE *out, u32 window)
{
	*w = (struct trace_writer){ .out = out, .window = window };
}

static void know_cpu(struct trace_writer *w, u32 cpu)
{
	if (cpu < w->cpus)
		return;
	w->cpu = reallocarray(w->cpu, cpu + 1, sizeof(*w->cpu));
	if (!w->cpu)
		abort();
	memset(w->cpu + w->cpus, 0, (cpu + 1 - w->cpus) * sizeof(*w->cpu));
	w->cpus = cpu + 1;
}

static void write_window(struct trace_writer *w, u32 cpu)
{
	struct trace_writer_cpu *c = &w->cpu[cpu];
	u32 head[3] = { TRACE_HEADER(TRACE_ID_cpu_change, 0, 2), cpu, c->used };

	if (!c->used)
		return;
	if (fwrite(head, sizeof(head), 1, w->out) != 1 ||
	    fwrite(c->buf, c->used, 1, w->out) != 1)
		w->failed = true;
	c->used = 0;
}

void trace_writer_put(struct trace_writer *w, u32 cpu, u32 header, u64 tsc, const void *payload)
{
	struct trace_writer_cpu *c;

	know_cpu(w, cpu);
	c = &w->cpu[cpu];
	if (c->used + TRACE_RECORD_MAX > c->size) {
		c->size = c->size ? 2 * c->size : 1024;
		c->buf = realloc(c->buf, c->size);
		if (!c->buf)
			abort();
	}
	c->used += trace_encode(c->buf + c->used, header, tsc, payload);
	if (c->used >= w->window)
		write_window(w, cpu);
}

int trace_writer_finish(struct trace_writer *w)
{
	bool failed;

	for (u32 cpu = 0; cpu < w->cpus; cpu++) {
		write_window(w, cpu);
		free(w->cpu[cpu].buf);
	}
	free(w->cpu);
	failed = w->failed || fflush(w->out);
	*w = (struct trace_writer){ 0 };
	return failed ? -EIO : 0;
}

void trace_put_call(struct trace_writer *w, u32 cpu, u64 tsc, u32 id, u32 op, unsigned present,
		    const u32 *args)
{
	u32 words[TRACE_EXTRA_MAX] = { op };
	unsigned n = 1;

	for (unsigned i = 0; i < 6; i++)
		if (present & 1U << i) {
			words[0] |= TRC_PV_HYPERCALL_V2_ARG_32(i);
			words[n++] = args[i];
		}
	trace_writer_put(w, cpu, TRACE_HEADER(id, 1, n), tsc, words);
}
