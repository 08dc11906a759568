/* SPDX-License-Identifier: MIT */
/*
 * The life of a domain object: creation, finding it by id, references, end.
 * Called by the Dom0 builder and domctl.  domain_list_lock (a leaf, interrupts
 * off) covers the list, the tables of ids and the step of a reference count from
 * zero; counts themselves are atomic.
 *
 * A domain ends in two steps.  First what it shares with others is taken
 * apart, outermost first and each step able to be resumed: vCPUs stopped,
 * PIRQs and event channels closed, grants released (its own mappings of others'
 * frames, then its table), page tables and memory given back.  Then the last
 * reference frees the objects, in domain_release().
 */
#include "domain/domain.h"

#include <xen/domctl.h>

#include "console/console.h"
#include "domain/lifecycle.h"
#include "evtchn/evtchn.h"
#include "grants/grants.h"
#include "lib/bittree.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/heap.h"
#include "memory/page.h"
#include "pv/ports.h"
#include "time/guest-time.h"
#include "trace/trace.h"
#include "x86/pirq.h"
#include "x86/softirq.h"

#define HASH_SIZE 512
#define DOMIDS DOMID_FIRST_RESERVED

struct domain *dom0, *idle_domain;
struct list domain_list = LIST_INIT(domain_list);
spinlock_t domain_list_lock = SPINLOCK_INIT;
static struct domain *hash[HASH_SIZE];

/* The ids in use, for the next one from any on. */
static u64 id_words[BITMAP_WORDS(DOMIDS)], id_words_1[BITMAP_WORDS(ARRAY_SIZE(id_words))], id_top[1];
static struct bittree ids = { { id_words, id_words_1, id_top }, .top = 2, .bits = DOMIDS };
_Static_assert(BITMAP_WORDS(ARRAY_SIZE(id_words_1)) == ARRAY_SIZE(id_top), "levels of ids");

/* --- finding ---------------------------------------------------------------- */

/* @pre domain_list_lock held. */
static struct domain *find(domid_t id)
{
	struct domain *d = hash[id % HASH_SIZE];

	while (d && d->id != id)
		d = d->hash_next;
	return d;
}

struct domain *domain_lookup_any(domid_t id)
{
	unsigned long flags;
	struct domain *d = dom0;

	if (likely(d && d->id == id))
		return d;
	flags = spin_lock_irqsave(&domain_list_lock);
	d = find(id);
	spin_unlock_irqrestore(&domain_list_lock, flags);
	return d;
}

/* One more reference unless the last one is gone. */
static bool domain_tryget(struct domain *d)
{
	u32 n = READ_ONCE(d->refcount);

	do {
		if (!n)
			return false;
	} while (!__atomic_compare_exchange_n(&d->refcount, &n, n + 1, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return true;
}

struct domain *domain_get(domid_t id)
{
	unsigned long flags;
	struct domain *d = current->domain;

	if (d->id == id && domain_tryget(d))
		return d;
	flags = spin_lock_irqsave(&domain_list_lock);
	d = find(id);
	if (d && (d->is_idle || !domain_tryget(d)))
		d = NULL;
	spin_unlock_irqrestore(&domain_list_lock, flags);
	return d;
}

struct domain *domain_get_or_self(domid_t id)
{
	return domain_get(id == DOMID_SELF ? current->domain->id : id);
}

struct domain *domain_get_from(u32 id)
{
	unsigned long flags = spin_lock_irqsave(&domain_list_lock);
	struct domain *d = NULL;
	u64 at = id;

	while (!d && (at = bittree_next(&ids, at)) != BITTREE_NONE) {
		d = find(at++);
		if (!domain_tryget(d))
			d = NULL; /* on its way out */
	}
	spin_unlock_irqrestore(&domain_list_lock, flags);
	return d;
}

static void list_insert(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&domain_list_lock);
	u64 next = bittree_next(&ids, d->id);

	list_add_before(next == BITTREE_NONE ? &domain_list : &find(next)->all, &d->all);
	bittree_set(&ids, d->id);
	d->hash_next = hash[d->id % HASH_SIZE];
	hash[d->id % HASH_SIZE] = d;
	spin_unlock_irqrestore(&domain_list_lock, flags);
}

static void list_remove(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&domain_list_lock);
	struct domain **link = &hash[d->id % HASH_SIZE];

	while (*link && *link != d)
		link = &(*link)->hash_next;
	if (*link) {
		*link = d->hash_next;
		bittree_clear(&ids, d->id);
	}
	list_del(&d->all);
	spin_unlock_irqrestore(&domain_list_lock, flags);
}

/* --- creation ---------------------------------------------------------------- */

static int check_config(domid_t id, const struct xen_domctl_createdomain *c)
{
	if (id >= DOMID_FIRST_RESERVED || !c->max_vcpus || c->max_vcpus > MAX_VCPUS)
		return -EINVAL;
	return domain_lookup_any(id) ? -EEXIST : 0;
}

static struct domain *domain_object(domid_t id, unsigned max_vcpus)
{
	struct domain *d = xzalloc_aligned(sizeof(*d), 64);

	if (!d)
		return NULL;
	d->id = id;
	spin_lock_init(&d->lock);
	spin_lock_init(&d->death_lock);
	spin_lock_init(&d->shutdown_lock);
	spin_lock_init(&d->page_lock);
	d->page_list = PAGE_LIST_END;
	d->relinquish_at = PAGE_LIST_END;
	d->shutdown_code = SHUTDOWN_CODE_NONE;
	list_init(&d->all);
	d->max_vcpus = max_vcpus;
	d->vcpu = xzalloc(max_vcpus * sizeof(*d->vcpu));
	if (d->vcpu)
		return d;
	xfree(d);
	return NULL;
}

/* Needs the domain to be in the list: the frame is booked on it. */
static int shared_info_create(struct domain *d)
{
	d->shared_info = alloc_shared_page(d->id, true);
	if (!d->shared_info)
		return -ENOMEM;
	for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
	domain_wallclock_publish(d);
	return 0;
}

static int domain_parts_create(struct domain *d, const struct xen_domctl_createdomain *c)
{
	int rc = evtchn_domain_init(d, c->max_evtchn_port);

	if (!rc)
		rc = grants_domain_init(d, c->max_grant_frames, c->max_maptrack_frames,
					XEN_DOMCTL_GRANT_version(c->grant_opts));
	if (!rc)
		rc = irq_domain_init(d);
	if (!rc)
		rc = sched_domain_init(d, c->cpupool_id);
	if (rc)
		return rc;
	domain_watchdogs_init(d);
	d->pause_count = 1;
	sched_domain_pause_nosync(d);
	list_insert(d);
	return shared_info_create(d);
}

struct domain *domain_create(domid_t id, const struct xen_domctl_createdomain *config, int *err)
{
	struct domain *d;

	*err = check_config(id, config);
	if (*err)
		return NULL;
	d = domain_object(id, config->max_vcpus);
	if (!d) {
		*err = -ENOMEM;
		return NULL;
	}
	d->is_pv = !(config->flags & XEN_DOMCTL_CDF_hvm);
	d->privileged = id == 0;
	memcpy(d->handle, config->handle, sizeof(d->handle));
	*err = domain_parts_create(d, config);
	if (*err) {
		domain_release(d);
		return NULL;
	}
	if (d->privileged)
		dom0 = d;
	__atomic_store_n(&d->refcount, 1, __ATOMIC_RELEASE);
	trace_dom_add(id);
	return d;
}

static void free_dead(void);

struct domain *idle_domain_create(unsigned max_vcpus)
{
	struct domain *d = domain_object(DOMID_IDLE, max_vcpus);

	softirq_register(SOFTIRQ_RCU, free_dead);
	if (!d)
		return NULL;
	d->is_idle = true;
	d->state = DOM_ALIVE;
	d->refcount = 1;
	return d;
}

int domain_set_max_vcpus(struct domain *d, unsigned max)
{
	if (max != d->max_vcpus)
		return -EINVAL;
	for (unsigned i = 0; i < max; i++)
		if (!d->vcpu[i] && !vcpu_create(d, i))
			return -ENOMEM;
	return 0;
}

/* --- the end ------------------------------------------------------------------ */

void domain_release(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	list_remove(d);
	domain_watchdogs_kill(d);
	for_each_vcpu(d, v, i)
		vcpu_destroy(v);
	if (d->sched.pool)
		sched_domain_destroy(d);
	if (d->irqs)
		irq_domain_destroy(d);
	grants_domain_free(d);
	evtchn_domain_free(d);
	if (d->shared_info)
		free_shared_page(d->shared_info);
	pv_ports_destroy(d);
	xfree(d->cpu_policy);
	xfree(d->memory_map);
	xfree(d->vcpu);
	xfree(d);
}

/* Domains without a reference, waiting for their softirq. */
static struct domain *dead;

static void free_dead(void)
{
	struct domain *d = __atomic_exchange_n(&dead, NULL, __ATOMIC_SEQ_CST), *next;

	for (; d; d = next) {
		next = d->next_dead;
		trace_dom_rem(d->id);
		domain_release(d);
		send_global_virq(VIRQ_DOM_EXC);
	}
}

void domain_bury(struct domain *d)
{
	struct domain *first = READ_ONCE(dead);

	BUG_ON(d->is_idle || d->privileged);
	do {
		d->next_dead = first;
	} while (!__atomic_compare_exchange_n(&dead, &first, d, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	raise_softirq(SOFTIRQ_RCU);
}
