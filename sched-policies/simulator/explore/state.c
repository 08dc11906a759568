/* SPDX-License-Identifier: MIT */
/*
 * Two states are the same if the future is: everything counts but what is only
 * bookkeeping (times spent, counters, latencies, how far an endless computation
 * is); times count relative to now; the event heap counts as the order in
 * which it will be emptied, a slice timer as the slice's end.
 */
#include "sched-policies/simulator/explore/state.h"

#include <stdlib.h>
#include <string.h>

#include "sched-policies/simulator/explore/arena.h"

#define MAX_TIMERS 64
#define PHASES 60000000LL /* ns; ticks, accounting and cycles divide it */

static u64 mix(u64 h, u64 w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
	return h ^ (h >> 29);
}

/* Only the policy's own timers: the others follow from the rest. */
static bool tells_something(const struct sim *sim, const struct timer *t)
{
	for (u32 i = 0; i < sim->config.pcpus; i++)
		if (t == &sim->pcpus[i].slice || t == &sim->pcpus[i].burst)
			return false;
	return true;
}

/* Anything near now is a time: simulations begin at EXPLORE_EPOCH, far from all else. */
static u64 relative(u64 w, s_time_t now)
{
	return w - (u64)now + (1ULL << 42) < 1ULL << 43 ? w - (u64)now + (1ULL << 60) : w;
}

static u64 mix_bytes(u64 h, const void *from, size_t bytes, s_time_t now)
{
	const u64 *w = from;

	for (size_t i = 0; i < bytes / 8; i++)
		h = mix(h, relative(w[i], now));
	return h;
}

static size_t gather(struct timer *t, struct timer **list, size_t n)
{
	for (; t; t = t->next) {
		if (n == MAX_TIMERS)
			abort();
		list[n++] = t;
		n = gather(t->child, list, n);
	}
	return n;
}

static int by_expiry(const void *a, const void *b)
{
	return timer_before(*(struct timer *const *)a, *(struct timer *const *)b) ? -1 : 1;
}

static u64 mix_events(u64 h, const struct sim *sim)
{
	struct timer *list[MAX_TIMERS];
	size_t n = gather(sim->events, list, 0);

	qsort(list, n, sizeof(*list), by_expiry);
	for (size_t i = 0; i < n; i++)
		if (tells_something(sim, list[i]))
			h = mix(mix(h, (uintptr_t)list[i]), list[i]->expires - sim->now);
	return h;
}

static u64 mix_vcpu(u64 h, const struct sim_vcpu *v, s_time_t now)
{
	const struct sched_vcpu *s = &v->s;
	const struct policy_vcpu *p = &s->p;

	h = mix(h, p->state | p->any_pcpu << 8 | p->has_soft << 9 | p->parked << 10 |
		   s->yielding << 11 | (u64)s->blocked_by << 16 | (u64)s->pause_count << 32);
	h = mix(mix(h, (uintptr_t)p->pcpu), p->hard.bits[0] ^ p->soft.bits[0] << 8);
	h = mix(h, s->runstate.state);
	return mix_bytes(h, p->data, sizeof(p->data), now);
}

static u64 mix_pcpu(u64 h, const struct sim_pcpu *pc, s_time_t now)
{
	h = mix(mix(h, (uintptr_t)pc->s.curr), relative(pc->s.p.since, now));
	h = mix(h, relative(pc->s.slice_end, now));
	return mix_bytes(h, pc->s.p.data, sizeof(pc->s.p.data), now);
}

u64 state_hash(const struct sim *sim)
{
	const struct policy_instance *pi = &sim->pool0->s.p;
	struct sim_domain *d;
	struct sim_vcpu *v;
	u64 h = mix(pi->random, sim->now % PHASES);
	u32 i;

	h = mix_bytes(h, pi->data, sizeof(pi->data), sim->now);
	h = mix(mix(h, pi->nr_ready), pi->idle.bits[0]);
	for (i = 0; i < sim->config.pcpus; i++)
		h = mix_pcpu(h, &sim->pcpus[i], sim->now);
	sim_for_each_vcpu(sim, d, i, v) {
		h = mix_bytes(h, d->s.p.data, sizeof(d->s.p.data), sim->now);
		h = mix_vcpu(h, v, sim->now);
	}
	return mix_events(h, sim);
}

/* --- copies ---------------------------------------------------------------------- */

void state_save(struct state_copy *copy)
{
	copy->used = arena_used;
	memcpy(copy->bytes, arena, arena_used);
}

void state_restore(const struct state_copy *copy)
{
	arena_used = copy->used;
	memcpy(arena, copy->bytes, copy->used);
}

/* --- the states seen ---------------------------------------------------------------- */

static u64 *seen;
static size_t seen_room, seen_count;

void state_forget_all(void)
{
	explore_release(seen);
	seen = NULL;
	seen_room = seen_count = 0;
}

size_t states_seen(void)
{
	return seen_count;
}

static u64 *find(u64 *table, size_t room, u64 key)
{
	size_t at = (key >> 4) & (room - 1);

	while (table[at] && (table[at] ^ key) >> 4)
		at = (at + 1) & (room - 1);
	return &table[at];
}

static u64 *new_table(size_t room)
{
	u64 *t = explore_alloc(room * sizeof(*t));

	memset(t, 0, room * sizeof(*t));
	return t;
}

static void grow(void)
{
	size_t room = seen_room ? 2 * seen_room : 1 << 16;
	u64 *bigger = new_table(room);

	for (size_t i = 0; i < seen_room; i++)
		if (seen[i])
			*find(bigger, room, seen[i]) = seen[i];
	explore_release(seen);
	seen = bigger;
	seen_room = room;
}

bool state_is_new(u64 hash, unsigned depth_left)
{
	u64 key = (hash & ~15ULL) | 1ULL << 63 | depth_left, *slot;

	if (seen_count * 2 >= seen_room)
		grow();
	slot = find(seen, seen_room, key);
	if (*slot && (*slot & 15) >= depth_left)
		return false;
	seen_count += !*slot;
	*slot = key;
	return true;
}
