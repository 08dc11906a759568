/* SPDX-License-Identifier: MIT */
/*
 * Domains and vCPUs: the objects everything else hangs on.  A domain is found
 * by id and kept by a reference; a vCPU lives as long as its domain.
 *
 * Locks of a domain, outermost first: `lock` (life cycle, vCPU creation),
 * evtchn->lock, grant table's lock, `page_lock` (page list and counts).
 */
#ifndef ORRERY_DOMAIN_DOMAIN_H
#define ORRERY_DOMAIN_DOMAIN_H

#include "lib/types.h"

#include <xen/xen.h>
#include <xen/vcpu.h>

#include "lib/bitmap.h"
#include "lib/list.h"
#include "lib/spinlock.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/timer.h"

#define MAX_VCPUS 128 /* per domain */
#define NR_WATCHDOGS 2 /* per domain, SCHEDOP_watchdog */
#define SHUTDOWN_CODE_NONE 0xff

struct xen_domctl_createdomain;
struct cpu_policy;   /* pv/cpu-policy.h */
struct memory_map;   /* hypercalls/memory_map.c */
struct evtchn_state; /* evtchn/evtchn.c */
struct grant_table;
struct irq_state;    /* domain's PIRQ table, x86/pirq.c */

struct vcpu {
	/* Hot: entry code uses these by offset (x86/asm-offsets.c). */
	struct pv_vcpu pv;
	struct vcpu_info *info;     /* hypervisor mapping, writable; never NULL */
	struct domain *domain;
	struct cpu_regs *regs;      /* while not running: the saved frame (== &saved_regs) */
	unsigned id;
	unsigned cpu;               /* pCPU it runs or last ran on */

	bool initialised;           /* VCPUOP_initialise or the builder has been here */
	bool is_idle;
	bool in_hypercall_continuation;
	bool fpu_dirty;             /* registers newer than fpu_area while running */
	struct cpu_regs saved_regs;
	void *fpu_area;             /* XSAVE image, 64-byte aligned */
	u64 xcr0;

	mfn_t info_mfn;             /* frame registered with VCPUOP_register_vcpu_info */
	struct sched_vcpu sched;    /* all of runstates, affinity, policy data */
	u64 runstate_guest;         /* guest address of its runstate area, 0 none */
	u64 time_info_guest;        /* secondary vcpu_time_info area, 0 none */
	struct vcpu_time_info time; /* master copy of what info->time shows */

	struct timer periodic_timer, singleshot_timer, poll_timer;
	s_time_t periodic_period;
	s_time_t periodic_last;

	u32 virq_port[NR_VIRQS];    /* 0: not bound */
	struct evtchn_fifo_vcpu *fifo;
	u32 poll_port;              /* SCHEDOP_poll: the only port waited for, or 0 for any */
	bool polling;               /* atomic */
	bool paused_by_shutdown;    /* under domain->shutdown_lock */
	bool time_stale;            /* info->time or its second copy has to be written again */
	bool pinned;                /* by vcpu_pin, pinned_from: affinity before; sched/pinning.c */
	struct pcpu_mask pinned_from;
	u64 event_count;
};

enum domain_state { DOM_BUILDING, DOM_ALIVE, DOM_DYING, DOM_DEAD };

struct domain {
	domid_t id;
	bool privileged;            /* hardware domain */
	bool is_idle;
	bool is_pv;                 /* else HVM/PVH */
	bool shutting_down, shut_down;
	u8 shutdown_code;           /* SHUTDOWN_*, SHUTDOWN_CODE_NONE until one is set */
	enum domain_state state;
	u32 refcount;
	unsigned death_stage;       /* how far domain_kill() got; under death_lock */
	spinlock_t death_lock;      /* outermost; only ever tried */
	spinlock_t lock;
	spinlock_t shutdown_lock;   /* leaf but for the scheduler's: shutdown state, pause_count */
	xen_domain_handle_t handle;

	unsigned max_vcpus;
	struct vcpu **vcpu;         /* max_vcpus pointers, NULL until created */
	struct shared_info *shared_info;

	spinlock_t page_lock;
	u64 tot_pages, max_pages;
	u32 page_list;              /* first mfn, PAGE_LIST_END if empty */
	u32 relinquish_at;          /* cursor of memory/relinquish.c in the list; under page_lock */
	bool relinquish_again;      /* under death_lock */
	u64 hv_pages;               /* shared hypervisor frames, not in tot_pages */

	struct evtchn_state *evtchn;
	struct grant_table *grants;
	struct irq_state *irqs;

	struct { bool on; u32 faults; } log_dirty; /* memory/log-dirty.h; `on` under lock, paused */

	u64 vm_assist;
	struct cpu_policy *cpu_policy; /* CPUID as the tools set it; NULL: all a PV guest can have */
	struct memory_map *memory_map; /* XENMEM_set_memory_map; NULL: none */
	struct { u32 mode, khz, incarnation; } tsc; /* as the tools set it */
	s64 time_offset_seconds;
	u32 wc_version;             /* of shared_info's wall clock; never read back from there */
	u32 suspend_port;           /* told when a suspend is complete; 0: VIRQ_DOM_EXC instead */
	u32 watchdogs_in_use;       /* bit per watchdog; under shutdown_lock */
	struct timer watchdog[NR_WATCHDOGS];
	u32 pause_count;            /* by the control tools */
	struct pv_domain pv;
	struct sched_domain sched;

	struct list all;            /* domain_list */
	struct domain *hash_next;   /* domain_list_lock */
	struct domain *next_dead;   /* on the list of those to be freed */
	u64 hypercalls[64];         /* counted by number */
};

extern struct domain *dom0, *idle_domain;
extern struct list domain_list; /* ascending id; lock domain_list_lock */
extern spinlock_t domain_list_lock;

/* Owners of frames that are nobody's: device memory, and what the hypervisor shares. */
extern struct domain domain_io, domain_xen;

void domain_bury(struct domain *d); /* for domain_put() only */

/* Reference by id, or NULL (also for DOMID_SELF; see domain_by_id_or_self). */
struct domain *domain_get(domid_t id);
struct domain *domain_get_or_self(domid_t id);
/* The one with the lowest id >= @id that is not ours, NULL if there is none; a reference too. */
struct domain *domain_get_from(u32 id);
/* One more, for whoever holds one. */
static inline void domain_hold(struct domain *d)
{
	__atomic_fetch_add(&d->refcount, 1, __ATOMIC_RELAXED);
}

/* The last one leaves the freeing to a softirq: any context, any locks. */
static inline void domain_put(struct domain *d)
{
	if (unlikely(!__atomic_sub_fetch(&d->refcount, 1, __ATOMIC_SEQ_CST)))
		domain_bury(d);
}
/* The domain @id whatever its state, NULL if none; no reference: only for whoever holds
 * something that keeps it (a frame it owns). */
struct domain *domain_lookup_any(domid_t id);

/* New domain object without memory or vCPUs, paused once; NULL with *err set: -EEXIST,
 * -EINVAL (limits, id), -ESRCH (cpupool), -ENOMEM.  It keeps one reference for itself. */
struct domain *domain_create(domid_t id, const struct xen_domctl_createdomain *config, int *err);
/* XEN_DOMCTL_max_vcpus: create all of them. -EINVAL unless @max is what the domain was made for. */
int domain_set_max_vcpus(struct domain *d, unsigned max);
/* XEN_DOMCTL_destroydomain: 0; -EINVAL for Dom0 and the caller's own; -ERESTART: call again. */
int domain_kill(struct domain *d);
/* NULL: out of memory, bad or used id. Down and masked until it is given a context. */
struct vcpu *vcpu_create(struct domain *d, unsigned id);

/* Idle vCPU of a pCPU; boot only. */
struct vcpu *idle_vcpu_create(unsigned cpu);

/* The guest did something no errno can answer: stop it alone, shutdown code crash. */
void domain_crash(struct domain *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The guest is done (SHUTDOWN_*): stops its vCPUs and tells Dom0; Dom0's own end is the
 * machine's. Any context, no scheduler lock held. */
void domain_shutdown(struct domain *d, u8 code);
/* Back to life after a suspend that was cancelled (XEN_DOMCTL_resumedomain). */
void domain_resume(struct domain *d);
/* By the control tools, counted. domain_pause waits until no vCPU runs. @pre not current's. */
int domain_pause(struct domain *d);   /* -EINVAL: counted too often */
int domain_unpause(struct domain *d); /* -EINVAL: not paused */

static inline struct vcpu *domain_vcpu(const struct domain *d, unsigned id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

#define for_each_vcpu(d, v, i)                                                  \
	for (i = 0; i < (d)->max_vcpus; i++)                                    \
		if (((v) = (d)->vcpu[i]) != NULL)

#endif
