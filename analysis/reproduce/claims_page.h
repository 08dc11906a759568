/* SPDX-License-Identifier: MIT */
/*
 * The report of one reproduced result: a self-contained HTML page with what was
 * published against what was measured, claim by claim, the figures, and what it
 * takes to get the same bytes again.
 */
#ifndef ORRERY_ANALYSIS_CLAIMS_PAGE_H
#define ORRERY_ANALYSIS_CLAIMS_PAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "analysis/reproduce/claims.h"

/* "12.3 ms", "95.2%", "1.04" as the metric wants it. */
void claims_number(const struct claims_claim *k, double value, char *buf, size_t size);
/* @dir holds the figures already; report.html goes there.  0 or -errno. */
int claims_page(const struct claims *c, const char *name, const json_t *manifest, const char *dir);

#endif
