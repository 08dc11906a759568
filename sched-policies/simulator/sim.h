/* SPDX-License-Identifier: MIT */
/*
 * The scheduling simulator: discrete events around the very engine and policy
 * objects that the hypervisor links.  It supplies what a machine would: a
 * clock, timers, pCPUs that execute one vCPU each, and vCPUs that follow a
 * program (programs.h).  Same inputs, same events: ties go by order of setting,
 * randomness only from the seed.  One simulation runs at a time (sim_run makes
 * its own the current one); no threads.
 */
#ifndef ORRERY_SIM_H
#define ORRERY_SIM_H

#include "sched/engine/engine.h"
#include "time/heap.h"
#include "bench/workloads/programs.h"

struct sim;
struct sim_pcpu;
struct sim_vcpu;

struct sim_latency {
	u64 count;
	s_time_t sum, max;
	u32 kept, room;
	s_time_t *sample;        /* the first `room` of them, if asked for */
};

struct sim_vcpu {
	struct sched_vcpu s;     /* first */
	struct sim_domain *domain;
	struct program program;
	struct program_step step; /* being executed */
	s_time_t left;           /* of a PROGRAM_RUN */
	s_time_t created;
	struct timer wake;
	struct sim_pcpu *last_pcpu;
	s_time_t woken_at;       /* TIME_MAX: has run since */
	struct sim_latency wait; /* from wake-up to running */
	struct sim_latency response; /* from request to done, as the program tells */
	bool interruptible;      /* wake ends the PROGRAM_RUN it is in */
};

struct sim_domain {
	struct sched_domain s;   /* first */
	struct sim *sim;
	struct sim_domain *next;
	struct sim_vcpu **vcpu;
	u32 nr_vcpus;
	volatile s64 shared[4];  /* memory that its programs share */
};

struct sim_pcpu {
	struct sched_pcpu s;     /* first */
	struct sched_vcpu idle;
	struct timer slice, policy, burst, kick;
	s_time_t useful_from;    /* when the running vCPU's own time began to count */
	bool kicked;
	struct sim_pcpu *next_kicked;
};

struct sim_pool {
	struct sched_pool s;     /* first */
	struct timer accounting, watchdog;
};

struct sim_config {
	u32 pcpus;               /* default 1 */
	u32 pcpus_per_socket;    /* default: all in one */
	const char *policy;
	const char *options;     /* "sched.NAME.TUNABLE=VALUE ..." or NULL */
	u64 seed;
	u32 pool_id;             /* of the first pool; the policy's own randomness depends on it */
	s_time_t stall_limit;    /* 0: no watchdog */
	/* Declared costs.  Charged to the vCPU that comes to run: a switch, a migration.  From the end
	 * of a sleep to being ready; the more so at the start, when all wake in one instant.  From a reason to decide (wake-up, end of a slice, tick) to the
	 * decision, and from giving up the pCPU to the decision: charged to who runs until then. */
	s_time_t switch_cost, migration_cost, wake_cost, kick_cost, sleep_cost, start_cost;
	bool check;              /* sim_check() after every event */
	u32 log_bytes;           /* keep so much of the engine's lines in sim->log */
};

struct sim {
	struct sched_system sys;
	struct sim_config config;
	s_time_t now;
	struct timer *events;    /* heap */
	u64 next_seq, nr_events;
	s_time_t cost_spent;     /* of the declared costs, on all pCPUs */
	u32 on_pcpu;             /* where what happens now happens, for trace records */
	u64 random;
	struct sim_pcpu *pcpus;
	struct sim_pool *pool0;
	struct sim_domain *domains;
	u32 nr_domains;
	struct sim_pcpu *kicked, **kicked_tail;
	char *log;               /* lines of the engine, if asked for */
	size_t log_used;
	char fault[256];         /* first broken invariant, "" if none */
	/* Called for each trace record while trace_active wants it. */
	void (*record)(struct sim *sim, u32 header, const void *payload, u32 bytes);
	/* Called when a pCPU has decided: @v NULL for idle. */
	void (*decided)(struct sim *sim, u32 pcpu, struct sim_vcpu *v);
	void *user;
};

/* NULL if the policy does not exist or refuses.  Policies are registered on first use. */
struct sim *sim_new(const struct sim_config *config);
void sim_free(struct sim *sim);

/* A further pool without pCPUs, or NULL. */
struct sim_pool *sim_add_pool(struct sim *sim, u32 id, const char *policy);
struct sim_domain *sim_add_domain(struct sim *sim, struct sim_pool *pool);
/* The vCPU comes up at once.  @args: up to four parameters of the program. */
struct sim_vcpu *sim_add_vcpu(struct sim_domain *d, program_fn run, const s64 *args, u32 nr_args);
/* The same, asleep until @start. */
struct sim_vcpu *sim_add_vcpu_at(struct sim_domain *d, program_fn run, const s64 *args,
				 u32 nr_args, s_time_t start);
/* Take it out again, whatever it does. */
void sim_remove_vcpu(struct sim_vcpu *v);
/* Keep the first @n wake-up latencies, and responses, of @v for percentiles. */
void sim_keep_latencies(struct sim_vcpu *v, u32 n);
/* The @permille-th of 1000 of the kept wake-up latencies; sorts them. */
s_time_t sim_latency_at(struct sim_vcpu *v, u32 permille);

/* Handle events up to and at @until, then stand at @until. */
void sim_run(struct sim *sim, s_time_t until);
/* Handle all events of the next instant, if there is one up to @until. */
bool sim_step(struct sim *sim, s_time_t until);

/* An event for a vCPU that waits. */
void sim_wake(struct sim_vcpu *v);
void sim_pause(struct sim_vcpu *v);
void sim_unpause(struct sim_vcpu *v);
/* Retries internally what takes a reschedule. */
int sim_move_domain(struct sim_domain *d, struct sim_pool *to);
int sim_remove_pcpu(struct sim *sim, u32 pcpu);
int sim_add_pcpu(struct sim *sim, struct sim_pool *pool, u32 pcpu);
int sim_set_affinity(struct sim_vcpu *v, u64 hard_low_bits, u64 soft_low_bits);
/* Decide wherever somebody asked for it. */
void sim_settle(struct sim *sim);

/* Invariants that hold between events; the first that does not goes to sim->fault. */
void sim_check(struct sim *sim);

u64 sim_random(struct sim *sim);
/* Uniform in [low, high]. */
s64 sim_random_in(struct sim *sim, s64 low, s64 high);
/* Nanoseconds @v has been running, up to now. */
s_time_t sim_runtime(const struct sim_vcpu *v);

#define to_sim_vcpu(sv) container_of(sv, struct sim_vcpu, s)
#define sim_for_each_vcpu(sim, d, i, v)                                         \
	for ((d) = (sim)->domains; (d); (d) = (d)->next)                        \
		for ((i) = 0; (i) < (d)->nr_vcpus; (i)++)                       \
			if (((v) = (d)->vcpu[i]) != NULL)

#endif
