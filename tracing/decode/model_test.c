/* SPDX-License-Identifier: MIT */
/*
 * The vCPU model on small traces whose right answer is plain to see.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/decode/merge.h"
#include "tracing/decode/model.h"
#include "tracing/export/encode.h"

enum { RUN, RDY, BLK, OFF };

static u32 change(unsigned from, unsigned to)
{
	return from << 8 | to << 4;
}

struct log {
	char text[1024];
	struct model *m;
};

static void note(void *ctx, const struct model_interval *i)
{
	struct log *l = ctx;
	char name[16];

	snprintf(l->text + strlen(l->text), sizeof(l->text) - strlen(l->text),
		 "%s %s%s p%u %lu-%lu%s\n",
		 model_vcpu_name(&l->m->vcpus[i->vcpu], name, sizeof(name)),
		 model_state_name(i->state),
		 i->state != MODEL_RUNNABLE ? ""
		 : i->wait == MODEL_WOKEN   ? " woken"
					    : " preempted",
		 i->cpu, i->from, i->to, i->whole ? "" : " cut");
}

static void replay(void (*make)(struct trace_writer *), struct log *l)
{
	struct trace_writer w;
	struct trace_record rec;
	struct trace_file f;
	struct model m;
	char *data;
	size_t size;
	FILE *out = open_memstream(&data, &size);

	trace_writer_init(&w, out, 4096);
	make(&w);
	trace_writer_finish(&w);
	fclose(out);
	*l = (struct log){ .m = &m };
	model_init(&m, note, l);
	cr_assert_eq(trace_file_open_memory(&f, data, size), 0);
	model_begin(&m, &f);
	while (trace_file_next(&f, &rec) == TRACE_RECORD)
		model_apply(&m, &rec);
	model_finish(&m);
	cr_assert_eq(m.odd, 0);
	model_free(&m);
	trace_file_close(&f);
	free(data);
}

static void plain(struct trace_writer *w)
{
	/* d0v0 runs from the start, blocks, is woken, waits 5, runs on another pCPU. */
	trace_put_hypercall_v1(w, 0, 100, 0, 29);
	trace_put_runstate_change(w, 0, 110, change(RUN, BLK), 0, 0);
	trace_put_runstate_change(w, 1, 200, change(BLK, RDY), 0, 0);
	trace_put_runstate_change(w, 1, 205, change(RDY, RUN), 0, 0);
	trace_put_runstate_change(w, 1, 300, change(RUN, RDY), 0, 0);
	trace_put_runstate_change(w, 1, 330, change(RDY, RUN), 0, 0);
	trace_put_sched_ctl(w, 1, 400);
}

Test(trace_model, intervals_and_why_it_waited)
{
	struct log l;

	replay(plain, &l);
	cr_assert_str_eq(l.text, "d0v0 running p0 100-110 cut\n"
				 "d0v0 blocked p0 110-200\n"
				 "d0v0 runnable woken p0 200-205\n"
				 "d0v0 running p1 205-300\n"
				 "d0v0 runnable preempted p1 300-330\n"
				 "d0v0 running p1 330-400 cut\n");
}

static void lossy(struct trace_writer *w)
{
	trace_put_runstate_change(w, 0, 100, change(RDY, RUN), 0, 0);
	trace_put_runstate_change(w, 1, 105, change(RDY, RUN), 1, 0);
	trace_put_runstate_change(w, 0, 106, change(OFF, BLK), 2, 0);
	/* p0 loses: only the vCPU on p1 is still known; d0v2 runs when room comes back */
	trace_put_lost_records(w, 0, 200, 17, 0, 2, 150);
	trace_put_runstate_change(w, 0, 210, change(RUN, RDY), 2, 0);
	trace_put_runstate_change(w, 0, 211, change(RDY, RUN), 0, 0);
	trace_put_runstate_change(w, 1, 220, change(RUN, BLK), 1, 0);
}

Test(trace_model, loss_makes_open_intervals_unknown)
{
	struct log l;

	replay(lossy, &l);
	cr_assert_str_eq(l.text, "d0v0 runnable woken p0 100-100 cut\n"
				 "d0v1 runnable woken p0 100-105 cut\n" /* has not run yet */
				 "d0v2 offline p0 100-106 cut\n"
				 "d0v2 running p0 200-210 cut\n"
				 "d0v1 running p1 105-220\n"
				 "d0v0 running p0 211-220 cut\n"
				 "d0v1 blocked p1 220-220 cut\n"
				 "d0v2 runnable preempted p0 210-220 cut\n");
}

static void continues(struct trace_writer *w)
{
	trace_put_continue_running(w, 0, 100, 3, 5);
	trace_put_continue_running(w, 0, 200, 3, 5);
	trace_put_runstate_change(w, 0, 250, change(RUN, BLK), 3, 5);
}

Test(trace_model, continue_running_tells_who_runs)
{
	struct log l;

	replay(continues, &l);
	cr_assert_str_eq(l.text, "d5v3 running p0 100-250 cut\nd5v3 blocked p0 250-250 cut\n");
}
