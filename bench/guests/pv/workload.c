/* SPDX-License-Identifier: MIT */
/*
 * The workload generator: a PV guest whose vCPUs each execute a program of
 * bench/workloads as the simulator does, at absolute times; it tells what they
 * got, all together.  On its command line, times in ns since the hypervisor's boot:
 *   program=NAME args=A+B+C+D   as a line of a scenario says; "r": at random
 *   then=T+NAME+A+B+C+D,...     its phases
 *   vcpus=N domain=N seed=N     the latter: which streams of random numbers
 *   start=T warm=T end=T        asleep until start; measured from warm to end
 * A vCPU's own time is what the hypervisor counts as running (runstate), so a step
 * is as long as the scheduler sees it.  It sleeps by SCHEDOP_poll with nothing to
 * poll but a time: no upcall is in the way.
 */
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "bench/guests/pv/smp.h"
#include "bench/guests/pv/workload.h"
#include "bench/workloads/programs.h"

#define PHASES_MAX 8
#define NEVER INT64_MAX

struct worker {
	struct program program;
	volatile struct vcpu_runstate_info runstate;
	unsigned id;
	s64 owed_from;            /* own time from which the next PROGRAM_RUN counts */
	volatile bool look_again; /* the step under way ends now */
	volatile bool ready, done;
	bool measuring;
	s64 ran_at_warm;          /* own time then */
	u64 rounds_at_warm, missed_at_warm;
	s64 spun_at_warm;
	struct results got;
};

static struct worker workers[VCPUS_MAX];
static unsigned nr_workers = 1;
static s64 warm, end;

#define worker_of(p) ((struct worker *)((char *)(p) - offsetof(struct worker, program)))

/* --- time ------------------------------------------------------------------------- */

/* One look at both clocks: the time, when this spell of running began, and own time before it. */
struct instant {
	s64 now, began, before;
};

static struct instant look(const struct worker *w)
{
	struct instant i;

	do {
		i.began = w->runstate.state_entry_time;
		barrier();
		i.before = w->runstate.time[RUNSTATE_running];
		i.now = now_ns();
		barrier();
	} while (i.began != (s64)w->runstate.state_entry_time);
	return i;
}

/* Own time at @when, between the end of the last spell and now. */
static s64 ran_at(const struct instant *i, s64 when)
{
	return i->before + (when > i->began ? when - i->began : 0);
}

/* --- measuring ---------------------------------------------------------------------- */

/* vCPU 0 tells what all have got; the others go down. */
__attribute__((noreturn)) static void finish(struct worker *w, const struct instant *i)
{
	struct sched_shutdown s = { SHUTDOWN_poweroff };

	w->got.ran = ran_at(i, end) - w->ran_at_warm;
	w->got.rounds = w->program.rounds - w->rounds_at_warm;
	w->got.missed = w->program.missed - w->missed_at_warm;
	w->got.spun = w->program.spun - w->spun_at_warm;
	w->done = true;
	for (; w->id;)
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_down, w->id, 0);
	for (unsigned k = 1; k < nr_workers; k++) {
		while (!workers[k].done)
			hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
		results_add(&w->got, &workers[k].got);
	}
	results_tell(&w->got);
	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
}

/* Begin or end measuring if it is time. */
static void note_time(struct worker *w, const struct instant *i)
{
	if (!w->measuring && i->now >= warm) {
		w->measuring = true;
		w->ran_at_warm = ran_at(i, warm);
		w->rounds_at_warm = w->program.rounds;
		w->missed_at_warm = w->program.missed;
		w->spun_at_warm = w->program.spun;
	}
	if (i->now >= end)
		finish(w, i);
}

static void sample(struct worker *w, struct samples *to, s64 ns)
{
	if (w->measuring)
		samples_add(to, ns);
}

/* --- what programs ask for (bench/workloads/programs.h) ------------------------------- */

/* Whoever is about to spin has looked before this or will after it. */
void program_look_again(struct program *p)
{
	for (unsigned k = 0; k < nr_workers; k++)
		if (&workers[k].program != p)
			workers[k].look_again = true;
}

void program_note_response(struct program *p, int64_t ns)
{
	sample(worker_of(p), &worker_of(p)->got.response, ns);
}

int64_t program_runtime(const struct program *p)
{
	struct instant i = look(worker_of(p));

	return ran_at(&i, i.now);
}

/* --- executing ------------------------------------------------------------------------ */

static void sleep_till(struct worker *w, s64 when)
{
	struct sched_poll poll = { .timeout = when < end ? when : end };
	struct instant i = look(w);
	bool slept = false;

	while (i.now < when) {
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
		slept = true;
		i = look(w);
		note_time(w, &i);
	}
	if (!slept)
		return;
	sample(w, &w->got.wait, i.began > when ? i.began - when : 0);
	w->owed_from = i.before;
}

/* Steps in a row, and the first one after a sleep, are counted from where the one before ended: what it
 * costs to find out is in none of them. */
static void run_for(struct worker *w, s64 ns, s64 until)
{
	struct instant i = look(w);
	s64 owed = w->owed_from + ns;

	while (ran_at(&i, i.now) < owed && i.now < until && !w->look_again) {
		i = look(w);
		note_time(w, &i);
	}
	w->owed_from = ran_at(&i, i.now) < owed ? ran_at(&i, i.now) : owed;
}

static volatile u8 *hint(const struct worker *w, unsigned byte)
{
	return (volatile u8 *)&shared_info->vcpu_info[w->id] + byte;
}

static void yield_to(const struct worker *w, s64 named)
{
	*hint(w, HINT_YIELD_TO) = named;
	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	*hint(w, HINT_YIELD_TO) = 0;
}

/* The hypervisor lets who holds a lock go on for a while, and says that it did (sched-policies/README.md). */
static void tell_of_lock(const struct worker *w)
{
	if (w->program.holding == *hint(w, HINT_HOLDS_LOCK))
		return;
	*hint(w, HINT_HOLDS_LOCK) = w->program.holding;
	if (!w->program.holding && *hint(w, HINT_GIVE_WAY)) {
		*hint(w, HINT_GIVE_WAY) = 0;
		yield_to(w, 0);
	}
}

static void execute(struct worker *w, struct program_step step)
{
	switch (step.action) {
	case PROGRAM_RUN:
		run_for(w, step.ns, step.until ? step.until : NEVER);
		return;
	case PROGRAM_SLEEP:
		sleep_till(w, now_ns() + step.ns);
		return;
	case PROGRAM_SLEEP_TILL:
		sleep_till(w, step.ns);
		return;
	case PROGRAM_YIELD:
		yield_to(w, step.ns);
		return;
	case PROGRAM_WAIT:
	case PROGRAM_END:
		sleep_till(w, NEVER);
		return;
	}
}

/* Of one vCPU, upcalls masked. */
__attribute__((noreturn)) static void work(struct worker *w)
{
	w->ready = true;
	sleep_till(w, w->program.start);
	for (;;) {
		struct program_step step;

		w->look_again = false;
		step = program_next(&w->program, now_ns());
		tell_of_lock(w);
		execute(w, step);
	}
}

/* --- beginning -------------------------------------------------------------------------- */

/* "A+B+..." from @at on into @arg; "r" is PROGRAM_RANDOM.  Returns where they end. */
static const char *take_args(const char *at, int64_t *arg)
{
	for (unsigned n = 0; *at && *at != ',' && n < PROGRAM_ARGS; n++) {
		arg[n] = *at == 'r' ? PROGRAM_RANDOM : 0;
		for (; *at && *at != '+' && *at != ','; at++)
			if (*at >= '0' && *at <= '9')
				arg[n] = arg[n] * 10 + (*at - '0');
		at += *at == '+';
	}
	return at;
}

/* The program whose name stands at *@at before a '+', which *@at is then behind. */
static const struct program_kind *take_kind(const char **at)
{
	char name[16];
	unsigned n = 0;

	while (**at && **at != '+' && n < sizeof(name) - 1)
		name[n++] = *(*at)++;
	name[n] = 0;
	*at += **at == '+';
	return program_by_name(name);
}

/* The phases of "then=": how many; -1: nonsense. */
static int take_phases(const char *cmdline, struct program_phase *phase)
{
	static char text[512];
	const char *at = text;
	int n = 0;

	if (!option(cmdline, "then", text, sizeof(text)))
		return 0;
	for (; *at && n < PHASES_MAX; n++, at += *at == ',') {
		const struct program_kind *kind;

		for (; *at >= '0' && *at <= '9'; at++)
			phase[n].from = phase[n].from * 10 + (*at - '0');
		at += *at == '+';
		kind = take_kind(&at);
		if (!kind)
			return -1;
		phase[n].run = kind->run;
		at = take_args(at, phase[n].arg);
	}
	return *at ? -1 : n;
}

static bool prepare(const char *cmdline)
{
	static struct program_phase phases[PHASES_MAX];
	static volatile s64 shared[4];
	int nr_phases = take_phases(cmdline, phases);
	char name[16] = "hog", args[96] = "";
	const struct program_kind *kind;

	option(cmdline, "program", name, sizeof(name));
	option(cmdline, "args", args, sizeof(args));
	kind = program_by_name(name);
	nr_workers = number_option(cmdline, "vcpus", 1);
	warm = number_option(cmdline, "warm", 0);
	end = number_option(cmdline, "end", 0);
	if (!kind || nr_phases < 0 || !nr_workers || nr_workers > VCPUS_MAX)
		return false;
	for (unsigned k = 0; k < nr_workers; k++) {
		struct program *p = &workers[k].program;

		workers[k].id = k;
		*p = (struct program){ .run = kind->run, .later = phases, .nr_later = nr_phases, .id = k,
				       .shared = shared, .start = number_option(cmdline, "start", 0) };
		memcpy(p->arg, kind->initial, sizeof(p->arg));
		take_args(args, p->arg);
		program_seed(p, number_option(cmdline, "seed", 0), number_option(cmdline, "domain", 0), k);
	}
	return true;
}

static bool begin(struct worker *w)
{
	struct vcpu_register_runstate_memory_area area = { .addr.v = (void *)&w->runstate };

	upcalls_mask(w->id);
	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, w->id, 0);
	return !hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, w->id, &area);
}

static void other_vcpu(unsigned id)
{
	upcalls_mask(id);
	work(&workers[id]);
}

void guest_main(const char *cmdline)
{
	if (!prepare(cmdline)) {
		print("GUEST no such program\n");
		return;
	}
	for (unsigned k = 0; k < nr_workers; k++)
		if (!begin(&workers[k]) || (k && vcpu_start(k, other_vcpu))) {
			print("GUEST vCPU %u does not work\n", k);
			return;
		}
	for (unsigned k = 1; k < nr_workers; k++)
		while (!workers[k].ready)
			hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	print("GUEST ready\n");
	work(&workers[0]);
}
