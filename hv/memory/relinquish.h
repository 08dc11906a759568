/* SPDX-License-Identifier: MIT */
/*
 * Giving back all memory of a domain that dies, frame by frame, page tables
 * included.  Other subsystems have dropped what they held of it before; frames
 * that other domains map stay until those let go.
 */
#ifndef ORRERY_MEMORY_RELINQUISH_H
#define ORRERY_MEMORY_RELINQUISH_H

struct domain;

/* @pre d->state is DOM_DYING: it gets no new frames. */
void relinquish_begin(struct domain *d);
/* 0; -ERESTART: something waits for this pCPU, call again. */
int relinquish_memory(struct domain *d);

#endif
