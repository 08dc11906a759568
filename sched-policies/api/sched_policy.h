/* SPDX-License-Identifier: MIT */
/*
 * The scheduler policy interface.  A policy is one constant operations table
 * plus private data whose sizes it declares; it decides which vCPU runs where
 * and for how long, and nothing else.  It owns no lock, allocates nothing and
 * reaches the world only through policy_env.h.  The same file is compiled into
 * the hypervisor and, with sanitizers, into the host simulator.
 *
 * The mechanism (hv/sched/engine) owns every object below, calls the
 * operations under the locks named at each of them, and checks each answer; a
 * wrong one ejects the policy to the built-in round robin.  Times are
 * nanoseconds since boot.  Fields are read-only to policies except `data`.
 */
#ifndef ORRERY_SCHED_POLICY_H
#define ORRERY_SCHED_POLICY_H

#include "lib/list.h"
#include "lib/types.h"

/* Raised whenever a table written for the old interface would misbehave; see CHANGES.md. */
#define SCHED_POLICY_VERSION 1

/* Room for private data: the tables' *_bytes may not exceed these. */
#define POLICY_INSTANCE_BYTES 3072
#define POLICY_PCPU_BYTES 256
#define POLICY_DOMAIN_BYTES 128
#define POLICY_VCPU_BYTES 192
#define POLICY_MAX_TUNABLES 16
#define POLICY_MAX_PARAMS 4
#define POLICY_MAX_COUNTERS 8

/* Slices a policy may give, in ns.  SLICE_NONE: until somebody kicks the pCPU. */
#define SLICE_NONE 0
#define SLICE_MIN 20000LL
#define SLICE_MAX 10000000000LL

/* The simulator goes where no test machine does; who keeps many copies of one defines less. */
#if defined(POLICY_MAX_PCPUS)
#elif __STDC_HOSTED__
#define POLICY_MAX_PCPUS 4096
#else
#define POLICY_MAX_PCPUS 256
#endif
#define POLICY_MASK_WORDS (POLICY_MAX_PCPUS / 64)

/* Numbers the stock tools know a policy by (Xen's XEN_SCHEDULER_*, <xen/domctl.h>).  A policy
 * that Xen lacks says POLICY_XEN_NONE: the tools then see Xen's null, the one id that carries
 * no parameters, and create domains without asking for any. */
enum policy_xen_id {
	POLICY_XEN_CREDIT = 5,
	POLICY_XEN_CREDIT2 = 6,
	POLICY_XEN_ARINC653 = 7,
	POLICY_XEN_RTDS = 8,
	POLICY_XEN_NULL = 9,
	POLICY_XEN_NONE = 9,
};

struct pcpu_mask {
	u64 bits[POLICY_MASK_WORDS];
};

/* A setting as data: tools list and set it by name, nothing is written per policy. */
struct policy_tunable {
	const char *name; /* [a-z0-9_]+, unit as suffix: _ms, _us, _ns */
	s64 min, max, initial;
	const char *help; /* one sentence without the final stop */
};

struct policy_instance;
struct sched_policy;

/* The domain, as far as a policy may know it. */
struct policy_domain {
	u32 id;
	u8 handle[16];                    /* the UUID that the tools gave it; may be anything */
	u32 nr_vcpus;                     /* attached to this instance */
	struct policy_instance *instance;
	struct list node;                 /* instance->domains, ascending id */
	s64 param[POLICY_MAX_PARAMS];     /* by index in policy->domain_params */
	u64 data[POLICY_DOMAIN_BYTES / 8];
};

/* One physical CPU of the pool. */
struct policy_pcpu {
	u32 id;
	u32 socket;                       /* pCPUs of equal number share a cache */
	struct policy_instance *instance;
	struct policy_vcpu *running;      /* NULL: idle */
	s_time_t since;                   /* when @running was picked */
	struct list node;                 /* instance->pcpus, ascending id */
	u64 data[POLICY_PCPU_BYTES / 8];
};

enum policy_vcpu_state {
	VCPU_ASLEEP,  /* blocked, paused or not started: the policy must not hold it */
	VCPU_READY,   /* between enqueue (or put) and pick (or dequeue): the policy holds it */
	VCPU_RUNNING, /* between pick and put */
	VCPU_MOVING,  /* put off its pCPU, will be enqueued on another at once */
};

/* What gets scheduled. */
struct policy_vcpu {
	u32 magic;                        /* the mechanism's, against stale pointers */
	u16 id;                           /* within its domain */
	u8 state;                         /* enum policy_vcpu_state */
	bool any_pcpu;                    /* hard affinity holds every pCPU */
	bool has_soft;                    /* soft affinity says something */
	bool parked;                      /* waits by intent: see policy_park() */
	struct policy_domain *domain;
	struct policy_pcpu *pcpu;         /* where it runs, is queued, or ran last */
	s_time_t ready_since;             /* when it last became ready; valid if READY */
	struct list node;                 /* instance->vcpus, in order of attachment */
	s64 param[POLICY_MAX_PARAMS];     /* by index in policy->vcpu_params */
	u64 data[POLICY_VCPU_BYTES / 8];
	struct pcpu_mask hard, soft;      /* use policy_may_run(), policy_prefers() */
};

/* A policy at work in one pool. */
struct policy_instance {
	const struct sched_policy *policy;
	struct list pcpus, domains, vcpus;
	u32 nr_pcpus, nr_vcpus;
	u32 pcpu_limit;                   /* highest pCPU id of the pool plus one */
	u32 nr_ready;                     /* vCPUs READY; brought up to date after each pick */
	u64 random;                       /* use policy_random() */
	struct pcpu_mask members, idle;   /* pCPUs of the pool; those idle and not kicked */
	s64 tunable[POLICY_MAX_TUNABLES]; /* by index in policy->tunables */
	u64 counter[POLICY_MAX_COUNTERS]; /* by index in policy->counters */
	u64 data[POLICY_INSTANCE_BYTES / 8];
};

enum policy_scope {
	/* One lock covers the instance and all it holds: any operation may look at anything. */
	POLICY_STATE_PER_POOL,
	/* One lock per pCPU: an operation may touch the data of that pCPU and of vCPUs whose
	 * `pcpu` it is, and read other pCPUs' as a hint that may be stale; no instance timer. */
	POLICY_STATE_PER_PCPU,
};

/* Promises (tested) and exemptions. */
#define POLICY_WORK_CONSERVING 0x1 /* no pCPU idles while a vCPU that may run there is ready */
#define POLICY_MAY_STARVE 0x2      /* leaves ready vCPUs waiting by design: no stall watchdog */
#define POLICY_PARTITIONS 0x4      /* a pCPU serves at most one vCPU: tests give it enough pCPUs */
#define POLICY_YIELD_COUNTS 0x8    /* wants to hear of a yield even if nobody else is ready */

enum policy_enqueue {
	ENQUEUE_WAKE, /* it slept */
	ENQUEUE_MOVE, /* it comes ready from another pCPU, pool or policy */
};

enum policy_put {
	PUT_PREEMPTED, /* still ready, the policy holds it again */
	PUT_YIELDED,   /* the same, and the guest asked for it */
	PUT_ASLEEP,    /* not ready any more: enqueue follows when it wakes */
	PUT_MOVING,    /* must leave this pCPU: enqueue (ENQUEUE_MOVE) follows at once */
};

struct policy_decision {
	struct policy_vcpu *vcpu; /* NULL: idle */
	s_time_t slice;           /* SLICE_NONE or SLICE_MIN..SLICE_MAX; ignored when idle */
};

/* A stretch of a cyclic table, for policies that have one (arinc653).  It names a vCPU that need not
 * exist, or not yet: then nobody runs. */
struct policy_table_entry {
	u8 handle[16]; /* of the domain */
	u32 vcpu;
	u32 pcpu;
	s_time_t length;
};

/* Text output of dump(): printf-like, one line a call. */
struct policy_printer {
	void (*line)(struct policy_printer *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
};

/*
 * The table.  `name`, `pick`, `enqueue`, `dequeue` and `put` are compulsory, the rest has the
 * default named at it.  "Pool lock" means: all state of the instance is protected; "pCPU
 * lock": that pCPU's, which is the pool lock for POLICY_STATE_PER_POOL.  Interrupts are off in
 * every operation.  No operation may wait.
 */
struct sched_policy {
	u32 version;               /* SCHED_POLICY_VERSION: what the file was written for */
	const char *name;          /* [a-z0-9]+ as typed after sched= */
	const char *title;         /* for people */
	enum policy_xen_id xen_id; /* default POLICY_XEN_NONE */
	enum policy_scope scope;
	u32 promises;
	/* Private sizes; the data is zero when the matching *_add is called. */
	u32 instance_bytes, pcpu_bytes, domain_bytes, vcpu_bytes;
	const struct policy_tunable *tunables, *domain_params, *vcpu_params;
	u32 nr_tunables, nr_domain_params, nr_vcpu_params;
	const char *const *counters;
	u32 nr_counters;

	/* The instance starts.  Tunables are set, pcpus and vcpus empty.  Before anything else,
	 * config lock.  0, or -errno: then the pool is not created.  Default: 0.  Pair: exit. */
	int (*init)(struct policy_instance *pi);
	void (*exit)(struct policy_instance *pi);

	/* A pCPU joins or leaves the pool, idle, with nothing queued on it.  Pool lock, or all
	 * pCPU locks.  Default: nothing.  Each other's pair. */
	void (*pcpu_add)(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now);
	void (*pcpu_remove)(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now);

	/* A domain joins (before its vCPUs) or leaves (after them).  Parameters are set.  Lock as
	 * pcpu_add.  Default: nothing.  Each other's pair. */
	void (*domain_add)(struct policy_instance *pi, struct policy_domain *d, s_time_t now);
	void (*domain_remove)(struct policy_instance *pi, struct policy_domain *d, s_time_t now);

	/* A vCPU joins or leaves, ASLEEP.  v->pcpu is set.  Lock as pcpu_add.  Default: nothing.
	 * Each other's pair. */
	void (*vcpu_add)(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now);
	void (*vcpu_remove)(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now);

	/* Where shall @v, about to be enqueued, go?  A pCPU it may run on (policy_may_run).
	 * Called before each enqueue under the lock of its last pCPU.
	 * Default: policy_default_place(). */
	struct policy_pcpu *(*place)(struct policy_instance *pi, struct policy_vcpu *v,
				     enum policy_enqueue why, s_time_t now);

	/* @v is READY and the policy's to hold.  Kick whatever pCPU shall think again: none does
	 * by itself.  Lock of v->pcpu.  Pair: pick, or dequeue. */
	void (*enqueue)(struct policy_instance *pi, struct policy_vcpu *v,
			enum policy_enqueue why, s_time_t now);

	/* @v, READY, leaves without having been picked: paused, moved, destroyed.  Lock of
	 * v->pcpu.  Pair of enqueue and of a put that kept it. */
	void (*dequeue)(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now);

	/* What shall @pc run?  A READY vCPU that may run there and is now no longer held, with
	 * its slice, or idle.  Whatever ran has been put.  Lock of @pc.  Pair: put. */
	struct policy_decision (*pick)(struct policy_instance *pi, struct policy_pcpu *pc,
				       s_time_t now);

	/* The vCPU just put, PUT_YIELDED, names @v of its own domain, which is READY, not parked and may run on
	 * @pc: shall it run now?  The same answer as pick, of @v; or NULL, then pick follows.  Lock of
	 * @pc, which is @v's too.  Default: NULL. */
	struct policy_decision (*pick_named)(struct policy_instance *pi, struct policy_pcpu *pc,
					     struct policy_vcpu *v, s_time_t now);

	/* @v, picked at pc->since, stops.  For PREEMPTED and YIELDED it is READY and held again,
	 * else not.  Charge it here.  Lock of @pc.  A pick follows unless the pCPU leaves. */
	void (*put)(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		    enum policy_put why, s_time_t now);

	/* Only for POLICY_STATE_PER_PCPU: @to is about to idle; give it a READY vCPU held at
	 * @from that may run there, no longer held, or NULL.  Both pCPU locks.  Default: NULL. */
	struct policy_vcpu *(*steal)(struct policy_instance *pi, struct policy_pcpu *from,
				     struct policy_pcpu *to, s_time_t now);

	/* The slice given to a vCPU stolen by steal().  Lock of @to.  Default: SLICE_NONE. */
	s_time_t (*stolen_slice)(struct policy_instance *pi, struct policy_vcpu *v);

	/* The timer set with policy_pcpu_timer() or policy_instance_timer() expired (once; set it
	 * again if needed).  Lock of @pc; pool lock.  Default: nothing. */
	void (*pcpu_timer)(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now);
	void (*instance_timer)(struct policy_instance *pi, s_time_t now);

	/* May these values, each within its own bounds, go together?  0 or -EINVAL.  No lock, no
	 * state: decide from @value alone.  Default: 0. */
	int (*check_tunables)(const s64 *value);
	int (*check_domain_params)(const s64 *value);
	int (*check_vcpu_params)(const s64 *value);

	/* Values changed.  Lock as pcpu_add.  Default: nothing. */
	void (*tuned)(struct policy_instance *pi, s_time_t now);
	void (*domain_tuned)(struct policy_instance *pi, struct policy_domain *d, s_time_t now);
	void (*vcpu_tuned)(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now);

	/* The domain's handle changed.  Lock as pcpu_add.  Default: nothing. */
	void (*domain_renamed)(struct policy_instance *pi, struct policy_domain *d, s_time_t now);

	/* A vCPU's affinity changed; if it no longer suits v->pcpu a move follows by itself.
	 * Lock of v->pcpu.  Default: a ready one kicks an idle pCPU that it may use. */
	void (*affinity_changed)(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now);

	/* Install a cyclic table that begins now.  0; -EINVAL or -ENOSPC: the old one stays.
	 * Pool lock.  Default: -EOPNOTSUPP. */
	int (*set_table)(struct policy_instance *pi, const struct policy_table_entry *entries,
			 u32 nr, s_time_t cycle, s_time_t now);
	/* Show it: the number of entries, of which @most are written.  Pool lock.  Default: 0. */
	u32 (*get_table)(const struct policy_instance *pi, struct policy_table_entry *entries,
			 u32 most, s_time_t *cycle);

	/* Describe queues and credits for a person.  Locks may or may not be held: read only.
	 * Default: nothing. */
	void (*dump)(const struct policy_instance *pi, struct policy_printer *out);
};

/*
 * SCHED_POLICY(x) { .name = "x", ... }; at file level defines and registers the table
 * `sched_policy_x`.  The linker gathers pointers to all tables; nothing else has to be edited
 * when a policy is added.
 */
#define SCHED_POLICY(x)                                                         \
	static const struct sched_policy sched_policy_##x;                      \
	static const struct sched_policy *const sched_policy_ptr_##x            \
		__attribute__((used, section("sched_policies"))) =          \
			&sched_policy_##x;                                    \
	static const struct sched_policy sched_policy_##x =

extern const struct sched_policy *const __start_sched_policies[];
extern const struct sched_policy *const __stop_sched_policies[];

/* The owner of a piece of private data: POLICY_OWNER(rv, vcpu) is the struct policy_vcpu *. */
#define POLICY_OWNER(ptr, kind) \
	container_of((void *)(ptr), struct policy_##kind, data)

#endif
