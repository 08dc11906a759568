/* SPDX-License-Identifier: MIT */
/*
 * Checks of a trace: the collector's books against the records in the file,
 * and our counts against those of stock xenalyze.  Both print what they found.
 */
#ifndef ORRERY_ANALYSIS_VERIFY_H
#define ORRERY_ANALYSIS_VERIFY_H

#include <stdio.h>

#include "analysis/load/run.h"
#include "analysis/metrics/summary.h"

struct trace_file;

/* For each pCPU: produced = consumed + lost, and consumed is what the file holds.  Without the
 * collector's FILE.acct only the loss records can be judged.  0, or 1 if something is missing. */
int verify_books(const struct run *run, const struct summary *s, FILE *out);

/* Runs xenalyze and compares bytes per pCPU and class, hypercalls by number and traps by number;
 * any complaint of xenalyze fails too.  0, or 1. */
int verify_xenalyze(const struct run *run, struct trace_file *f, const struct summary *s,
		    FILE *out);

#endif
