/* SPDX-License-Identifier: MIT */
/*
 * The document of all events, as committed in tracing/events/EVENTS.md: made
 * from the table, checked by a test, printed by `orrery trace events`.
 */
#ifndef ORRERY_TRACING_DOCUMENT_H
#define ORRERY_TRACING_DOCUMENT_H

#include <stdio.h>

void trace_document(FILE *out);

#endif
