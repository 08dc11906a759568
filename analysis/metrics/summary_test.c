/* SPDX-License-Identifier: MIT */
/*
 * The summary of a small trace whose every number was worked out by hand, in
 * its three forms.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics/summary.h"
#include "tracing/decode/merge.h"
#include "tracing/export/encode.h"

#include <xen/sched.h>
#include <xen/xen.h>

enum { RUN, RDY, BLK };

static u32 change(unsigned from, unsigned to)
{
	return from << 8 | to << 4;
}

static void call(struct trace_writer *w, u64 tsc, u32 id, u32 op, unsigned present, u32 a0, u32 a1)
{
	u32 args[6] = { a0, a1 };

	trace_put_call(w, 0, tsc, id, op, present, args);
}

static void scene(struct trace_writer *w)
{
	trace_put_clock_info(w, 0, 1000, 2000000000, 0); /* 2 ticks a nanosecond */
	trace_put_policy_info(w, 0, 1000, 0, 99, (struct trace_text16){ "rr" });
	trace_put_runstate_change(w, 0, 2000, change(RDY, RUN), 0, 0);
	call(w, 2100, TRACE_ID_hypercall, __HYPERVISOR_mmu_update, 2, 0, 7);
	call(w, 2400, TRACE_ID_hypercall, __HYPERVISOR_sched_op, 1, SCHEDOP_yield, 0);
	call(w, 2500, TRACE_ID_hypercall, __HYPERVISOR_multicall, 2, 0, 2);
	call(w, 2520, TRACE_ID_hypercall_subcall, __HYPERVISOR_update_va_mapping, 0, 0, 0);
	call(w, 2550, TRACE_ID_hypercall_subcall, __HYPERVISOR_update_va_mapping, 0, 0, 0);
	trace_put_pv_trap(w, 0, 2600, 0x1234, 14 | 0x8000, 2);
	call(w, 2700, TRACE_ID_hypercall, __HYPERVISOR_sched_op, 1, SCHEDOP_block, 0);
	trace_put_evtchn_send(w, 0, 2710, 5, 0, 0, 6); /* no entry: the call goes on */
	trace_put_runstate_change(w, 0, 2800, change(RUN, BLK), 0, 0);
	trace_put_runstate_change(w, 0, 4000, change(BLK, RDY), 0, 0);
	trace_put_runstate_change(w, 0, 4600, change(RDY, RUN), 0, 0);
	trace_put_runstate_change(w, 0, 5000, change(RUN, BLK), 0, 0);
}

static struct summary summarise(void (*make)(struct trace_writer *))
{
	struct trace_writer w;
	struct trace_file f;
	struct summary s;
	char *data;
	size_t size;
	FILE *out = open_memstream(&data, &size);

	trace_writer_init(&w, out, 4096);
	make(&w);
	trace_writer_finish(&w);
	fclose(out);
	cr_assert_eq(trace_file_open_memory(&f, data, size), 0);
	summary_of_file(&s, &f, 0);
	trace_file_close(&f);
	free(data);
	return s;
}

static struct summary_call *find(struct summary *s, u16 op, s32 sub)
{
	for (u32 i = 0; i < s->call_count; i++)
		if (s->calls[i].op == op && s->calls[i].sub == sub)
			return &s->calls[i];
	cr_assert_fail("no call %u:%d", op, sub);
	return NULL;
}

Test(trace_summary, numbers)
{
	struct summary s = summarise(scene);
	struct summary_call *c;

	cr_assert_eq(s.records, 15);
	cr_assert_eq(s.tsc_hz, 2000000000);
	cr_assert_str_eq(s.model.policy, "rr");
	cr_assert_eq(s.traps[14], 1);
	cr_assert_eq(s.event_records[TRACE_EV_runstate_change], 5);
	cr_assert_eq(s.class_records[TRACE_CLASS_ORRERY], 3);

	c = find(&s, __HYPERVISOR_mmu_update, SUMMARY_NO_SUB);
	cr_assert_eq(c->domid, 0);
	cr_assert_eq(c->items, 7);
	cr_assert_eq(samples_percentile(&c->until_entry, 0), 300);
	c = find(&s, __HYPERVISOR_multicall, SUMMARY_NO_SUB);
	cr_assert_eq(samples_percentile(&c->until_entry, 0), 100, "to the trap, past its entries");
	c = find(&s, __HYPERVISOR_update_va_mapping, SUMMARY_NO_SUB);
	cr_assert(c->multicall);
	cr_assert_eq(c->count, 2);
	cr_assert_eq(samples_percentile(&c->until_entry, 0), 30);
	c = find(&s, __HYPERVISOR_sched_op, SCHEDOP_block);
	cr_assert_eq(samples_percentile(&c->until_entry, 0), 100, "to leaving the pCPU");

	cr_assert_eq(s.model.vcpu_count, 1);
	cr_assert_eq(s.vcpus[0].total[MODEL_RUNNING], 800 + 400);
	cr_assert_eq(s.vcpus[0].wake.count, 1, "the wait before the trace began is not whole");
	cr_assert_eq(samples_percentile(&s.vcpus[0].wake, 500), 600);
	cr_assert_eq(summary_ns(&s, 600), 300);
	cr_assert_eq(s.cpus[0].busy, 1200);
	cr_assert_eq(s.cpus[0].switches, 2);
	cr_assert_eq(s.idle_waiting, 0, "nobody idled in this scene");
	summary_free(&s);
}

static char *text_form(struct summary *s)
{
	struct summary_title t = { .run = "scene", .policy = "rr", .frames = "buddy" };
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	summary_text(s, &t, f);
	fclose(f);
	return text;
}

Test(trace_summary, text_is_the_same_every_time)
{
	struct summary a = summarise(scene), b = summarise(scene);
	char *x = text_form(&a), *y = text_form(&b);

	cr_assert_str_eq(x, y);
	cr_assert(strstr(x, "policy     rr, frames buddy\n"));
	cr_assert(strstr(x, "  d0     "));
	cr_assert(strstr(x, "sched_op:block "));
	cr_assert(strstr(x, "lost       0\n"));
	free(x);
	free(y);
	summary_free(&a);
	summary_free(&b);
}

Test(trace_summary, json_holds_the_same)
{
	struct summary s = summarise(scene);
	json_t *j = summary_json(&s, NULL), *wake, *v;

	cr_assert_eq(json_integer_value(json_object_get(j, "records")), 15);
	cr_assert(json_is_null(json_object_get(j, "policy")));
	wake = json_object_get(j, "wake_to_run");
	cr_assert_eq(json_integer_value(json_object_get(wake, "p50_ns")), 300);
	v = json_array_get(json_object_get(j, "vcpus"), 0);
	cr_assert_str_eq(json_string_value(json_object_get(v, "vcpu")), "d0v0");
	cr_assert_eq(json_array_size(json_object_get(j, "hypercalls")), s.call_count);
	json_decref(j);
	summary_free(&s);
}

Test(trace_summary, tsv_tables)
{
	struct summary s = summarise(scene);
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	cr_assert(summary_tsv(&s, "wakes", f));
	fclose(f);
	cr_assert_str_eq(text, "vcpu\tcount\tp50_ns\tp90_ns\tp99_ns\tmax_ns\n"
			       "d0v0\t1\t300\t300\t300\t300\n");
	free(text);
	f = fopen("/dev/null", "w");
	for (unsigned i = 0; i < 5; i++) {
		static const char *const names[] = { "runstates", "wakes", "hypercalls", "events",
						     "pcpus" };
		cr_assert(summary_tsv(&s, names[i], f));
	}
	cr_assert_not(summary_tsv(&s, "no such table", f));
	fclose(f);
	summary_free(&s);
}

static void lazy(struct trace_writer *w)
{
	trace_put_runstate_change(w, 0, 1000, change(RDY, RUN), 0, 0x7fff); /* p0 idles */
	trace_put_runstate_change(w, 0, 1100, change(BLK, RDY), 0, 0);      /* d0v0 is woken */
	trace_put_runstate_change(w, 0, 1400, change(RUN, RDY), 0, 0x7fff);
	trace_put_runstate_change(w, 0, 1401, change(RDY, RUN), 0, 0);
}

Test(trace_summary, idling_while_somebody_waits)
{
	struct summary s = summarise(lazy);

	cr_assert_eq(s.idle_waiting, 300);
	cr_assert_eq(s.idle_waiting_longest, 300);
	summary_free(&s);
}

static void lossy(struct trace_writer *w)
{
	trace_put_runstate_change(w, 0, 2000, change(RDY, RUN), 0, 0);
	call(w, 2100, TRACE_ID_hypercall, __HYPERVISOR_iret, 0, 0, 0);
	trace_put_lost_records(w, 0, 9000, 1000, 0, 0, 2200);
	call(w, 9100, TRACE_ID_hypercall, __HYPERVISOR_iret, 0, 0, 0);
	trace_put_runstate_change(w, 0, 9150, change(RUN, BLK), 0, 0);
}

Test(trace_summary, nothing_is_measured_across_a_loss)
{
	struct summary s = summarise(lossy);
	struct summary_call *c = find(&s, __HYPERVISOR_iret, SUMMARY_NO_SUB);

	cr_assert_eq(s.lost, 1000);
	cr_assert_eq(s.cpus[0].loss_records, 1);
	cr_assert_eq(c->count, 2);
	cr_assert_eq(c->until_entry.count, 1);
	cr_assert_eq(samples_percentile(&c->until_entry, 0), 50);
	summary_free(&s);
}
