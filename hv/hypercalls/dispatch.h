/* SPDX-License-Identifier: MIT */
/*
 * What boot and sysctl tell the dispatcher.
 */
#ifndef ORRERY_HYPERCALLS_DISPATCH_H
#define ORRERY_HYPERCALLS_DISPATCH_H

/* The trace mask may have changed: hypercalls take the tracing path, or no longer.  Call it
 * after trace_init() and every trace_tbuf_op(). */
void hypercall_tracing_changed(void);

#endif
