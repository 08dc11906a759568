/* SPDX-License-Identifier: MIT */
/*
 * What the vCPUs of a workload do.  A program is a function that says what its
 * vCPU does next; who executes the steps is the simulator
 * (sched-policies/simulator) or a PV guest (bench/guests/pv/workload.c), so a
 * description means the same in both.  No state but struct program's, no
 * randomness but its own seeded stream.  Times are ns.
 */
#ifndef ORRERY_WORKLOADS_PROGRAMS_H
#define ORRERY_WORKLOADS_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

/* What a vCPU does next. */
enum program_action {
	PROGRAM_RUN,        /* compute for `ns` of its own time */
	PROGRAM_SLEEP,      /* block for `ns` */
	PROGRAM_SLEEP_TILL, /* block until the time `ns`; not at all if that has passed */
	PROGRAM_WAIT,       /* block until somebody sends an event; simulator only */
	PROGRAM_YIELD,      /* to vCPU `ns` less one of its domain; 0: to anybody */
	PROGRAM_END,        /* go down for good */
};

struct program_step {
	enum program_action action;
	int64_t ns;
	int64_t until; /* PROGRAM_RUN: it ends then at the latest, or when it next runs; 0: no limit */
};

#define PROGRAM_ARGS 4
#define PROGRAM_RANDOM (-1) /* as an argument: to be drawn */

struct program;
/* Called when the step before is done, at @now. */
typedef struct program_step (*program_fn)(struct program *p, int64_t now);

/* What a vCPU changes to, at a time. */
struct program_phase {
	int64_t from;
	program_fn run;
	int64_t arg[PROGRAM_ARGS];
};

/* One vCPU's. */
struct program {
	program_fn run;
	int64_t arg[PROGRAM_ARGS]; /* its parameters, and */
	int64_t state[4];        /* its memory, zero at the beginning of each phase */
	const struct program_phase *later; /* phases to come, in order of time, */
	uint32_t nr_later;       /* so many */
	volatile int64_t *shared; /* of the domain: 4 words of all its programs */
	uint64_t random;         /* see program_seed() */
	int64_t start;           /* when it began, or shall; when its phase did */
	uint32_t id;             /* of the vCPU within the domain */
	bool spinning;           /* program_look_again() concerns it */
	bool holding;            /* a lock: not a good time to be preempted */
	uint64_t rounds, missed; /* jobs finished; and of those finished too late */
	int64_t spun;            /* own time spent on waiting for a lock */
};

struct program_kind {
	const char *name;
	program_fn run;
	const char *arg[PROGRAM_ARGS]; /* names of its parameters; NULL: no more */
	int64_t initial[PROGRAM_ARGS], least[PROGRAM_ARGS];
};

/* NULL: no such name.  By position, NULL past the end. */
const struct program_kind *program_by_name(const char *name);
const struct program_kind *program_at(unsigned index);

/* The next step, at @now: of the program that is due.  Steps end where a phase does; who then holds a
 * lock lets go of it. */
struct program_step program_next(struct program *p, int64_t now);

/* The stream of vCPU @vcpu in the @domain-th domain of a workload, the same wherever it runs. */
void program_seed(struct program *p, uint64_t seed, uint32_t domain, uint32_t vcpu);
/* Uniform in [low, high]. */
int64_t program_random_in(struct program *p, int64_t low, int64_t high);

/* Computes for ever.  [0]: length of a step (default 1 ms; it has no other effect). */
struct program_step program_hog(struct program *p, int64_t now);
/* Works [0], then sleeps a random time from [1] to [2]. */
struct program_step program_ponger(struct program *p, int64_t now);
/* Awake from [1] after a multiple of [0] until [2] before the next one, asleep in between: computes
 * only where a sampling tick of that period does not look. */
struct program_step program_evader(struct program *p, int64_t now);
/* A job of [1] each period [0], first [2] after the start (PROGRAM_RANDOM: anywhere in a period); counts
 * rounds and misses.  Jobs whose deadline has passed before they could begin are given up, as missed. */
struct program_step program_rtask(struct program *p, int64_t now);
/* Anything: computes up to [0], sleeps up to [1], yields now and then. */
struct program_step program_chaos(struct program *p, int64_t now);
/* Yields after each [0] of work. */
struct program_step program_yielder(struct program *p, int64_t now);
/* Computes [0] in all, then is gone. */
struct program_step program_finite(struct program *p, int64_t now);
/* Serves requests that come from outside, [1] to [2] apart at random, each [0] of work; sleeps
 * between them.  Tells responses. */
struct program_step program_server(struct program *p, int64_t now);
/* The same in a vCPU that computes otherwise: it never sleeps. */
struct program_step program_mixed(struct program *p, int64_t now);
/* Takes the domain's one lock for about [0], is outside it for about [1], again; who finds it taken
 * spins, and after [2] of it (0: never) yields between looks, to the holder if [3].  Tells lock waits as responses, and
 * sums up the time spun. */
struct program_step program_locker(struct program *p, int64_t now);

/* --- supplied by who executes programs --------------------------------------- */

/* The steps of the other programs of the domain that are `spinning` end now. */
void program_look_again(struct program *p);
/* A job took so long from request to done. */
void program_note_response(struct program *p, int64_t ns);
/* Time that @p has been running, up to now. */
int64_t program_runtime(const struct program *p);

#endif
