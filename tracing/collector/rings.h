/* SPDX-License-Identifier: MIT */
/*
 * Finding and mapping the trace rings: sysctl tbuf_op through libxenctrl, the
 * pages through libxenforeignmemory.  Works on Xen 4.17 too, which has no
 * accounting page.
 */
#ifndef ORRERY_COLLECTOR_RINGS_H
#define ORRERY_COLLECTOR_RINGS_H

#include "tracing/collector/drain.h"

#define RINGS_MAX 1024

struct rings {
	struct xc_interface_core *xc;
	struct xenforeignmemory_handle *memory;
	struct ring_view *ring; /* by pCPU; size 0: that pCPU has none */
	unsigned count;
	unsigned pages;         /* a ring */
	u64 tsc_hz;
	bool accounting;        /* the hypervisor keeps the books */
};

/*
 * Switch tracing on (with @pages a pCPU if there are no rings yet, and @mask if
 * not 0) and map everything.  0 or -errno, having said on stderr what failed.
 */
int rings_open(struct rings *r, unsigned pages, u32 mask);
/* Switch tracing off; when this returns no record is written any more.  0 or -errno. */
int rings_stop(struct rings *r);
void rings_close(struct rings *r);

#endif
