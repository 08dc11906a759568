/* SPDX-License-Identifier: MIT */
/*
 * `orrery trace order A B` in words.
 */
#ifndef ORRERY_ANALYSIS_ORDER_REPORT_H
#define ORRERY_ANALYSIS_ORDER_REPORT_H

#include <stdio.h>

#include "analysis/reports/trace_command.h"

/* One line if the dispatch orders agree until @until_ns (0: the end of the shorter), else the first
 * difference with what led to it.  0, or 1. */
int order_report(struct opened_run *a, struct opened_run *b, u64 until_ns, FILE *out);

#endif
