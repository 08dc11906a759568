/* SPDX-License-Identifier: MIT */
/*
 * The books of a trace: what the collector wrote down against what the file
 * holds.  See verify.h.
 */
#include "analysis/reports/verify.h"

#include <inttypes.h>

/* Records of a pCPU that the books call consumed: all but loss records. */
static u64 in_file(const struct summary *s, unsigned pcpu)
{
	return pcpu < s->cpu_count ? s->cpus[pcpu].records - s->cpus[pcpu].loss_records : 0;
}

static bool verify_pcpu(const struct run_books *b, const struct summary *s, FILE *out)
{
	u64 held = in_file(s, b->pcpu);
	bool sum = b->produced == b->consumed + b->lost, whole = held == b->consumed;

	fprintf(out,
		"  p%-4u produced %" PRIu64 " = consumed %" PRIu64 " + lost %" PRIu64
		", in the file %" PRIu64 ": %s\n",
		b->pcpu, b->produced, b->consumed, b->lost, held,
		!b->right || !sum ? "DOES NOT BALANCE"
		: !whole          ? "THE FILE DIFFERS"
		: b->lost         ? "LOST SOME"
				  : "complete");
	return b->right && sum && whole && !b->lost;
}

int verify_books(const struct run *run, const struct summary *s, FILE *out)
{
	bool good = true;

	if (!run->books) {
		fprintf(out,
			"no accounting beside the trace (%s.acct): loss records tell of %" PRIu64
			" lost records\n",
			run->trace_path, s->lost);
		return s->lost != 0;
	}
	fprintf(out, "accounting (%s)\n",
		run->books_checked ? "produced is the hypervisor's own count"
				   : "this hypervisor keeps no count of its own");
	for (unsigned i = 0; i < run->book_count; i++)
		good &= verify_pcpu(&run->books[i], s, out);
	fprintf(out, "%s\n", good ? "nothing is missing" : "the trace is not complete");
	return !good;
}
