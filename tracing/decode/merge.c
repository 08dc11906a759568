/* SPDX-License-Identifier: MIT */
/*
 * A trace file in the order of time.  Opening walks the chain of windows and
 * links those of each pCPU; reading keeps one decoded record per pCPU in a
 * binary heap.
 */
#include "tracing/decode/merge.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *grow(void *p, size_t count, size_t size)
{
	p = reallocarray(p, count, size);
	if (!p)
		abort();
	return p;
}

static void know_cpu(struct trace_file *f, u32 cpu)
{
	if (cpu < f->cpus)
		return;
	f->cursors = grow(f->cursors, cpu + 1, sizeof(*f->cursors));
	f->heap = grow(f->heap, cpu + 1, sizeof(*f->heap));
	for (; f->cpus <= cpu; f->cpus++)
		f->cursors[f->cpus] = (struct trace_cursor){ .window = TRACE_NO_WINDOW,
							     .last_window = TRACE_NO_WINDOW };
}

static void add_window(struct trace_file *f, u32 cpu, u64 offset, u64 end)
{
	struct trace_cursor *c;
	u32 n = f->window_count;

	know_cpu(f, cpu);
	c = &f->cursors[cpu];
	if (!(n & (n - 1)))
		f->windows = grow(f->windows, n ? 2 * n : 1, sizeof(*f->windows));
	f->windows[n] = (struct trace_window){ offset, end, cpu, TRACE_NO_WINDOW };
	if (c->last_window != TRACE_NO_WINDOW)
		f->windows[c->last_window].next = n;
	c->last_window = n;
	f->window_count++;
}

/* Note damage, unless some was found earlier in the file. */
static void damaged(struct trace_file *f, u64 offset, const char *what)
{
	if (!f->error[0])
		snprintf(f->error, sizeof(f->error), "offset %" PRIu64 ": %s", offset, what);
}

static int link_windows(struct trace_file *f)
{
	u64 offset = 0;

	for (;;) {
		u32 cpu, bytes;
		enum trace_status s =
			trace_window_parse(f->data, offset, f->bytes, &cpu, &bytes, f->error);

		if (s == TRACE_MORE)
			damaged(f, offset, "the file ends inside a window header");
		if (s != TRACE_RECORD)
			return s == TRACE_BAD && offset == 0 ? -EINVAL : 0;
		offset += TRACE_WINDOW_HEAD;
		if (bytes > f->bytes - offset) {
			damaged(f, offset, "the file ends inside a window (truncated)");
			add_window(f, cpu, offset, f->bytes);
			return 0;
		}
		if (bytes)
			add_window(f, cpu, offset, offset + bytes);
		offset += bytes;
	}
}

static bool earlier(const struct trace_file *f, u32 a, u32 b)
{
	u64 ta = f->cursors[a].tsc, tb = f->cursors[b].tsc;

	return ta != tb ? ta < tb : a < b;
}

static void sift_down(struct trace_file *f, u32 at)
{
	for (;;) {
		u32 child = 2 * at + 1, cpu = f->heap[at];

		if (child >= f->heap_count)
			return;
		if (child + 1 < f->heap_count && earlier(f, f->heap[child + 1], f->heap[child]))
			child++;
		if (!earlier(f, f->heap[child], cpu))
			return;
		f->heap[at] = f->heap[child];
		f->heap[child] = cpu;
		at = child;
	}
}

static void next_window(const struct trace_file *f, struct trace_cursor *c)
{
	c->window = f->windows[c->window].next;
	c->offset = c->window == TRACE_NO_WINDOW ? 0 : f->windows[c->window].offset;
}

static bool parse_head(struct trace_file *f, struct trace_cursor *c, u64 end)
{
	unsigned bytes = trace_record_parse(f->data, c->offset, end, &c->head);
	bool good = bytes && trace_id_plausible(c->head.id) && c->head.id != TRACE_ID_cpu_change;

	if (!good)
		damaged(f, c->offset, bytes ? "damaged (no such event)"
					    : "damaged (record leaves its window)");
	c->offset += bytes;
	return good;
}

/* Decode this pCPU's next record into its head; false when it has no more. */
static bool advance(struct trace_file *f, u32 cpu)
{
	struct trace_cursor *c = &f->cursors[cpu];

	while (c->window != TRACE_NO_WINDOW) {
		u64 end = f->windows[c->window].end;

		/* After damage the next record's start is unknown; the next window's is not. */
		if (c->offset == end || !parse_head(f, c, end)) {
			next_window(f, c);
			continue;
		}
		c->head.cpu = cpu;
		if (c->head.timed && c->head.tsc < c->tsc)
			c->backward++;
		if (c->head.timed)
			c->tsc = c->head.tsc;
		c->head.tsc = c->tsc;
		return true;
	}
	return false;
}

void trace_file_rewind(struct trace_file *f)
{
	f->heap_count = 0;
	for (u32 w = f->window_count; w--;)
		f->cursors[f->windows[w].cpu].window = w; /* ends at each pCPU's first */
	for (u32 cpu = 0; cpu < f->cpus; cpu++) {
		struct trace_cursor *c = &f->cursors[cpu];

		c->tsc = c->backward = 0;
		c->offset = c->window == TRACE_NO_WINDOW ? 0 : f->windows[c->window].offset;
		if (advance(f, cpu))
			f->heap[f->heap_count++] = cpu;
	}
	for (u32 i = f->heap_count / 2; i--;)
		sift_down(f, i);
}

enum trace_status trace_file_next(struct trace_file *f, struct trace_record *rec)
{
	u32 cpu;

	if (!f->heap_count)
		return TRACE_END;
	cpu = f->heap[0];
	*rec = f->cursors[cpu].head;
	if (!advance(f, cpu))
		f->heap[0] = f->heap[--f->heap_count];
	sift_down(f, 0);
	return TRACE_RECORD;
}

int trace_file_open_memory(struct trace_file *f, const void *data, u64 bytes)
{
	int rc;

	*f = (struct trace_file){ .data = data, .bytes = bytes };
	rc = link_windows(f);
	if (rc)
		return rc;
	trace_file_rewind(f);
	return 0;
}

static int map_file(const char *path, void **data, u64 *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = -EISDIR;
	else if (st.st_size == 0)
		rc = -ENODATA;
	else
		*data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (!rc && *data == MAP_FAILED)
		rc = -errno;
	*bytes = rc ? 0 : st.st_size;
	close(fd);
	return rc;
}

int trace_file_open(struct trace_file *f, const char *path)
{
	void *data = NULL;
	u64 bytes = 0;
	int rc = map_file(path, &data, &bytes);

	if (rc) {
		*f = (struct trace_file){ 0 };
		snprintf(f->error, sizeof(f->error), "%s",
			 rc == -ENODATA  ? "the file is empty"
			 : rc == -EISDIR ? "not a regular file"
					 : strerror(-rc));
		return rc;
	}
	rc = trace_file_open_memory(f, data, bytes);
	f->mapped = true;
	return rc;
}

void trace_file_close(struct trace_file *f)
{
	if (f->mapped)
		munmap((void *)f->data, f->bytes);
	free(f->windows);
	free(f->cursors);
	free(f->heap);
	*f = (struct trace_file){ 0 };
}
