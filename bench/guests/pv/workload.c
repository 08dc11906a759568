/* SPDX-License-Identifier: MIT */
/*
 * The workload generator: a PV guest that executes one program of
 * bench/workloads as the simulator does, at absolute times, and tells what it
 * got.  On its command line, times in ns since the hypervisor's boot:
 *   program=NAME args=A,B,C,D   as a line of a scenario says; "random": within A
 *   domain=N seed=N             which stream of random numbers
 *   start=T warm=T end=T        asleep until start; measured from warm to end
 * Its own time is what the hypervisor counts as running (runstate), so a step
 * is as long as the scheduler sees it.  It sleeps by SCHEDOP_poll with nothing to
 * poll but a time: no upcall is in the way.
 */
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "bench/guests/pv/pv.h"
#include "bench/workloads/programs.h"

#define SAMPLES 16384
#define NEVER INT64_MAX

struct samples {
	u32 ns[SAMPLES];
	u32 kept;
	u64 count, sum;
};

static struct worker {
	struct program program;
	s64 owed_from;          /* own time from which the next PROGRAM_RUN counts */
	s64 alarm;              /* the step under way ends then; NEVER: no alarm */
	bool look_again;        /* it ends now */
	s64 warm, end;
	bool measuring;
	s64 ran_at_warm;        /* own time then */
	u64 rounds_at_warm, missed_at_warm;
	struct samples wait, response;
} worker;

static volatile struct vcpu_runstate_info runstate;

/* --- time ------------------------------------------------------------------------- */

/* One look at both clocks: the time, when this spell of running began, and own time before it. */
struct instant {
	s64 now, began, before;
};

static struct instant look(void)
{
	struct instant i;

	do {
		i.began = runstate.state_entry_time;
		barrier();
		i.before = runstate.time[RUNSTATE_running];
		i.now = now_ns();
		barrier();
	} while (i.began != (s64)runstate.state_entry_time);
	return i;
}

/* Own time at @when, between the end of the last spell and now. */
static s64 ran_at(const struct instant *i, s64 when)
{
	return i->before + (when > i->began ? when - i->began : 0);
}

static s64 number(const char *cmdline, const char *name)
{
	char text[24];
	s64 n = 0;

	if (!option(cmdline, name, text, sizeof(text)))
		return 0;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (*p - '0');
	return n;
}

/* --- measuring ---------------------------------------------------------------------- */

static void add_sample(struct samples *s, s64 ns)
{
	if (!worker.measuring)
		return;
	s->count++;
	s->sum += ns;
	if (s->kept < SAMPLES)
		s->ns[s->kept++] = ns > UINT32_MAX ? UINT32_MAX : ns;
}

static void sort(u32 *a, u32 n)
{
	for (u32 gap = n / 2; gap; gap /= 2)
		for (u32 i = gap; i < n; i++) {
			u32 v = a[i], j = i;

			for (; j >= gap && a[j - gap] > v; j -= gap)
				a[j] = a[j - gap];
			a[j] = v;
		}
}

/* Nearest rank, as scenario.c has it. */
static u32 at_permille(const struct samples *s, u32 permille)
{
	u32 rank = (s->kept * permille + 999) / 1000;

	return s->kept ? s->ns[rank ? rank - 1 : 0] : 0;
}

static void tell(const char *name, struct samples *s)
{
	sort(s->ns, s->kept);
	print("GUEST %s_p50_ns=%u\n", name, at_permille(s, 500));
	print("GUEST %s_p99_ns=%u\n", name, at_permille(s, 990));
	print("GUEST %s_max_ns=%u\n", name, at_permille(s, 1000));
	print("GUEST %s_mean_ns=%lu\n", name, s->count ? s->sum / s->count : 0);
}

__attribute__((noreturn)) static void finish(const struct instant *i)
{
	struct sched_shutdown s = { SHUTDOWN_poweroff };
	struct worker *w = &worker;

	print("GUEST ran_ns=%lu\n", ran_at(i, w->end) - w->ran_at_warm);
	print("GUEST rounds=%lu\n", w->program.rounds - w->rounds_at_warm);
	print("GUEST missed=%lu\n", w->program.missed - w->missed_at_warm);
	tell("wait", &w->wait);
	tell("response", &w->response);
	print("GUEST end\n");
	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
}

/* Begin or end measuring if it is time. */
static void note_time(const struct instant *i)
{
	struct worker *w = &worker;

	if (!w->measuring && i->now >= w->warm) {
		w->measuring = true;
		w->ran_at_warm = ran_at(i, w->warm);
		w->rounds_at_warm = w->program.rounds;
		w->missed_at_warm = w->program.missed;
	}
	if (i->now >= w->end)
		finish(i);
}

/* --- what programs ask for (bench/workloads/programs.h) ------------------------------- */

void program_alarm(struct program *p, int64_t when)
{
	worker.alarm = when;
}

void program_look_again(struct program *p)
{
	worker.look_again = true;
}

void program_note_response(struct program *p, int64_t ns)
{
	add_sample(&worker.response, ns);
}

int64_t program_runtime(const struct program *p)
{
	struct instant i = look();

	return ran_at(&i, i.now);
}

/* --- executing ------------------------------------------------------------------------ */

static void sleep_till(s64 when)
{
	struct sched_poll poll = { .timeout = when };
	struct instant i = look();
	bool slept = false;

	while (i.now < when) {
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
		slept = true;
		i = look();
		note_time(&i);
	}
	if (!slept)
		return;
	add_sample(&worker.wait, i.began > when ? i.began - when : 0);
	worker.owed_from = i.before;
}

/* Steps in a row, and the first one after a sleep, are counted from where the one before ended: what it
 * costs to find out is in none of them. */
static void run_for(s64 ns)
{
	struct worker *w = &worker;
	struct instant i = look();
	s64 until = w->owed_from + ns;

	w->look_again = false;
	while (ran_at(&i, i.now) < until && i.now < w->alarm && !w->look_again) {
		i = look();
		note_time(&i);
	}
	w->owed_from = ran_at(&i, i.now) < until ? ran_at(&i, i.now) : until;
	if (i.now >= w->alarm)
		w->alarm = NEVER;
}

static void execute(struct program_step step)
{
	switch (step.action) {
	case PROGRAM_RUN:
		run_for(step.ns);
		return;
	case PROGRAM_SLEEP:
		sleep_till(now_ns() + step.ns);
		return;
	case PROGRAM_SLEEP_TILL:
		sleep_till(step.ns);
		return;
	case PROGRAM_YIELD:
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
		return;
	case PROGRAM_WAIT:
	case PROGRAM_END:
		sleep_till(worker.end);
		return;
	}
}

/* --- beginning -------------------------------------------------------------------------- */

static void take_arguments(struct program *p, const char *cmdline)
{
	char text[96];
	unsigned n = 0;

	if (!option(cmdline, "args", text, sizeof(text)))
		return;
	for (const char *at = text; *at && n < PROGRAM_ARGS; n++) {
		p->arg[n] = *at == 'r' ? program_random_in(p, 0, p->arg[0] - 1) : 0;
		for (; *at && *at != ','; at++)
			if (*at >= '0' && *at <= '9')
				p->arg[n] = p->arg[n] * 10 + (*at - '0');
		at += *at == ',';
	}
}

static const struct program_kind *prepare(const char *cmdline)
{
	static volatile s64 shared[4];
	struct worker *w = &worker;
	char name[16] = "hog";
	const struct program_kind *kind;

	option(cmdline, "program", name, sizeof(name));
	kind = program_by_name(name);
	if (!kind)
		return NULL;
	for (unsigned i = 0; i < PROGRAM_ARGS; i++)
		w->program.arg[i] = kind->initial[i];
	program_seed(&w->program, number(cmdline, "seed"), number(cmdline, "domain"), 0);
	take_arguments(&w->program, cmdline);
	w->program.shared = shared;
	w->program.start = number(cmdline, "start");
	w->warm = number(cmdline, "warm");
	w->end = number(cmdline, "end");
	w->alarm = NEVER;
	return kind;
}

void guest_main(const char *cmdline)
{
	struct vcpu_register_runstate_memory_area area = { .addr.v = (void *)&runstate };
	const struct program_kind *kind = prepare(cmdline);

	if (!kind || hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &area)) {
		print("GUEST no such program\n");
		return;
	}
	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
	shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
	print("GUEST ready\n");
	sleep_till(worker.program.start);
	for (;;)
		execute(kind->run(&worker.program, now_ns()));
}
