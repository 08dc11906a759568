/* SPDX-License-Identifier: MIT */
/*
 * Finding and mapping the trace rings; see rings.h.  The t_info area (its
 * layout: <xen/trace.h>) is shared read-only; each ring's pages are mapped
 * side by side.
 */
#include "tracing/collector/rings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>

static int failed(const char *what)
{
	int err = errno ? errno : EIO;

	fprintf(stderr, "trace-collector: %s: %s\n", what, strerror(err));
	return -err;
}

static void *map(struct rings *r, const xen_pfn_t *pfns, size_t n, int prot)
{
	return xenforeignmemory_map(r->memory, DOMID_XEN, prot, n, pfns, NULL);
}

static const struct trace_stats *find_stats(const struct t_info *info, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += XC_PAGE_SIZE) {
		const struct trace_stats *s = (const void *)((const char *)info + at);

		if (s->magic == TRACE_STATS_MAGIC && s->stride >= sizeof(struct trace_stats_cpu))
			return s;
	}
	return NULL;
}

static int map_ring(struct rings *r, const struct t_info *info, size_t info_bytes, unsigned cpu)
{
	const u32 *list = (const u32 *)info + info->mfn_offset[cpu];
	xen_pfn_t *pfns;

	if ((info->mfn_offset[cpu] + r->pages) * 4ul > info_bytes) {
		errno = EPROTO;
		return failed("the t_info area is damaged");
	}
	pfns = calloc(r->pages, sizeof(*pfns));
	for (unsigned i = 0; pfns && i < r->pages; i++)
		pfns[i] = list[i];
	if (pfns)
		r->ring[cpu].shared = map(r, pfns, r->pages, PROT_READ | PROT_WRITE);
	free(pfns);
	if (!r->ring[cpu].shared)
		return failed("cannot map a trace ring");
	r->ring[cpu].size = r->pages * XC_PAGE_SIZE - sizeof(struct t_buf);
	return 0;
}

static int map_rings(struct rings *r, const struct t_info *info, size_t info_bytes)
{
	const struct trace_stats *stats = find_stats(info, info_bytes);
	int rc = 0;

	r->pages = info->tbuf_size;
	r->accounting = stats;
	if (stats && stats->tsc_hz)
		r->tsc_hz = stats->tsc_hz;
	for (unsigned cpu = 0; cpu < r->count && !rc; cpu++) {
		if (!info->mfn_offset[cpu])
			continue;
		rc = map_ring(r, info, info_bytes, cpu);
		if (stats && cpu < stats->cpus)
			r->ring[cpu].stats = (const void *)((const char *)stats->cpu +
							    cpu * (size_t)stats->stride);
	}
	return rc;
}

static int map_all(struct rings *r, unsigned long mfn, unsigned long bytes)
{
	size_t n = bytes / XC_PAGE_SIZE;
	xen_pfn_t *pfns = calloc(n, sizeof(*pfns));
	const struct t_info *info = NULL;

	for (size_t i = 0; pfns && i < n; i++)
		pfns[i] = mfn + i;
	if (pfns)
		info = map(r, pfns, n, PROT_READ);
	free(pfns);
	return info ? map_rings(r, info, bytes) : failed("cannot map the t_info area");
}

static int count_pcpus(struct rings *r)
{
	xc_physinfo_t info = { 0 };

	if (xc_physinfo(r->xc, &info))
		return failed("cannot count the pCPUs");
	r->count = MIN(info.max_cpu_id + 1, RINGS_MAX);
	r->tsc_hz = info.cpu_khz * 1000ull;
	r->ring = calloc(r->count, sizeof(*r->ring));
	return r->ring ? 0 : -ENOMEM;
}

/* A pCPU can be in the middle of a record for no longer than it takes to schedule it. */
static int start_all(struct rings *r)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (unsigned cpu = 0; cpu < r->count; cpu++) {
		unsigned tries = 0;

		while (r->ring[cpu].size && !ring_start(&r->ring[cpu])) {
			if (++tries == 1000) {
				errno = EBUSY;
				return failed("a trace ring does not come to rest");
			}
			nanosleep(&moment, NULL);
		}
	}
	return 0;
}

int rings_open(struct rings *r, unsigned pages, u32 mask)
{
	unsigned long mfn = 0, bytes = 0;
	int rc;

	*r = (struct rings){ 0 };
	r->xc = xc_interface_open(NULL, NULL, 0);
	r->memory = r->xc ? xenforeignmemory_open(NULL, 0) : NULL;
	if (!r->memory)
		return failed("cannot talk to the hypervisor (is this Dom0?)");
	rc = count_pcpus(r);
	if (rc)
		return rc;
	if (mask && xc_tbuf_set_evt_mask(r->xc, mask))
		return failed("cannot set the event mask");
	if (xc_tbuf_enable(r->xc, pages, &mfn, &bytes))
		return failed("cannot switch tracing on");
	rc = map_all(r, mfn, bytes);
	return rc ? rc : start_all(r);
}

int rings_stop(struct rings *r)
{
	return xc_tbuf_disable(r->xc) ? failed("cannot switch tracing off") : 0;
}

void rings_close(struct rings *r)
{
	if (r->memory)
		xenforeignmemory_close(r->memory);
	if (r->xc)
		xc_interface_close(r->xc);
	free(r->ring);
	*r = (struct rings){ 0 };
}
