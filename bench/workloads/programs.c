/* SPDX-License-Identifier: MIT */
/*
 * The programs; contracts in programs.h.  Freestanding: linked into the
 * simulator, the host tests and the bench guests.
 */
#include "bench/workloads/programs.h"

#include "hv/lib/random.h"

#define US 1000LL
#define MS 1000000LL
#define ENDLESS 1000000000LL /* a step nobody waits for the end of */

enum { PHASE, DUE, COUNT };

static struct program_step run_for(int64_t ns)
{
	return (struct program_step){ PROGRAM_RUN, ns, 0 };
}

static struct program_step sleep_till(int64_t when)
{
	return (struct program_step){ PROGRAM_SLEEP_TILL, when, 0 };
}

static struct program_step sleep_for(int64_t ns)
{
	return (struct program_step){ PROGRAM_SLEEP, ns, 0 };
}

static struct program_step yield(void)
{
	return (struct program_step){ PROGRAM_YIELD, 0, 0 };
}

/* --- randomness ------------------------------------------------------------------ */

/* splitmix64 (Steele et al. 2014): neighbours get unrelated streams. */
void program_seed(struct program *p, uint64_t seed, uint32_t domain, uint32_t vcpu)
{
	uint64_t z = seed + ((uint64_t)domain << 16 | vcpu) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	p->random = (z ^ (z >> 31)) | 1;
}

int64_t program_random_in(struct program *p, int64_t low, int64_t high)
{
	return low + (int64_t)(random_next(&p->random) % (uint64_t)(high - low + 1));
}

/* --- one vCPU alone ---------------------------------------------------------------- */

struct program_step program_hog(struct program *p, int64_t now)
{
	return run_for(p->arg[0] ? p->arg[0] : MS);
}

struct program_step program_ponger(struct program *p, int64_t now)
{
	p->state[PHASE] = !p->state[PHASE];
	if (p->state[PHASE])
		return sleep_for(program_random_in(p, p->arg[1], p->arg[2]));
	p->rounds++;
	return run_for(p->arg[0]);
}

struct program_step program_evader(struct program *p, int64_t now)
{
	int64_t start = now - now % p->arg[0];
	int64_t from = start + p->arg[1], to = start + p->arg[0] - p->arg[2];

	if (now < from)
		return sleep_till(from);
	if (now < to) /* little by little: it looks at the clock */
		return run_for(to - now < 20 * US ? to - now : 20 * US);
	return sleep_till(from + p->arg[0]);
}

static int64_t first_offset(struct program *p)
{
	return p->arg[2] == PROGRAM_RANDOM ? program_random_in(p, 0, p->arg[0] - 1) : p->arg[2];
}

struct program_step program_rtask(struct program *p, int64_t now)
{
	if (!p->state[PHASE]) {
		if (!p->state[COUNT]++)
			p->state[DUE] = p->start + first_offset(p);
		p->state[PHASE] = 1;
		return sleep_till(p->state[DUE]);
	}
	if (p->state[PHASE] == 1) {
		p->state[PHASE] = 2;
		return run_for(p->arg[1]);
	}
	p->rounds++;
	p->state[DUE] += p->arg[0];
	p->missed += now > p->state[DUE];
	while (p->state[DUE] + p->arg[0] <= now) { /* too late to begin: given up */
		p->rounds++;
		p->missed++;
		p->state[DUE] += p->arg[0];
	}
	p->state[PHASE] = 1;
	return sleep_till(p->state[DUE]);
}

struct program_step program_chaos(struct program *p, int64_t now)
{
	switch (random_next(&p->random) >> 61) {
	case 0: /* to a neighbour, if there is one */
		return (struct program_step){ PROGRAM_YIELD, (p->id ^ 1) + 1, 0 };
	case 1:
	case 2:
		return sleep_for(program_random_in(p, 0, p->arg[1]));
	default:
		return run_for(program_random_in(p, 1, p->arg[0]));
	}
}

struct program_step program_yielder(struct program *p, int64_t now)
{
	p->state[PHASE] = !p->state[PHASE];
	if (p->state[PHASE])
		return run_for(p->arg[0]);
	p->rounds++;
	return yield();
}

struct program_step program_finite(struct program *p, int64_t now)
{
	if (p->state[COUNT]++)
		return (struct program_step){ PROGRAM_END, 0, 0 };
	return run_for(p->arg[0]);
}

/* --- requests from outside --------------------------------------------------------- */

/* When the next request comes; they do not wait for each other. */
static void next_request(struct program *p)
{
	if (!p->state[COUNT]++)
		p->state[DUE] = p->start;
	p->state[DUE] += program_random_in(p, p->arg[1], p->arg[2]);
}

enum { WAITING = 0, SERVING = 1 };

/* The request under way, if any, is done: tell, and expect the next. */
static void finish_request(struct program *p, int64_t now)
{
	if (p->state[PHASE] == SERVING) {
		p->rounds++;
		program_note_response(p, now - p->state[DUE]);
		p->state[PHASE] = WAITING;
		next_request(p);
	} else if (!p->state[COUNT]) {
		next_request(p);
	}
}

struct program_step program_server(struct program *p, int64_t now)
{
	finish_request(p, now);
	if (p->state[DUE] > now)
		return sleep_till(p->state[DUE]);
	p->state[PHASE] = SERVING;
	return run_for(p->arg[0]);
}

struct program_step program_mixed(struct program *p, int64_t now)
{
	finish_request(p, now);
	if (p->state[DUE] > now)
		return (struct program_step){ PROGRAM_RUN, ENDLESS, p->state[DUE] };
	p->state[PHASE] = SERVING;
	return run_for(p->arg[0]);
}

/* --- lockpair ------------------------------------------------------------------- */

enum { OUTSIDE, INSIDE, SPINNING, YIELDED };
enum { SPIN_BEGAN_AT = 1, SPIN_BEGAN_RUN = 2 };
enum { HOLDER }; /* in p->shared: vCPU id plus one, 0 free */

/* Within a quarter: exact lengths would lock step with the slices. */
static int64_t about(struct program *p, int64_t ns)
{
	return program_random_in(p, ns - ns / 4, ns + ns / 4);
}

static void enter_phase(struct program *p, int64_t phase)
{
	p->state[PHASE] = phase;
	p->spinning = phase == SPINNING;
	p->holding = phase == INSIDE;
}

/* A real vCPU may lose its pCPU between looking and taking. */
static bool take_lock(struct program *p)
{
	int64_t nobody = 0;

	return __atomic_compare_exchange_n(&p->shared[HOLDER], &nobody, p->id + 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void let_go(struct program *p)
{
	enter_phase(p, OUTSIDE);
	__atomic_store_n(&p->shared[HOLDER], 0, __ATOMIC_RELEASE);
	program_look_again(p);
}

static struct program_step release(struct program *p)
{
	let_go(p);
	return run_for(about(p, p->arg[1]));
}

static struct program_step taken(struct program *p, int64_t now)
{
	if (p->state[PHASE] == SPINNING || p->state[PHASE] == YIELDED) {
		p->spun += program_runtime(p) - p->state[SPIN_BEGAN_RUN];
		program_note_response(p, now - p->state[SPIN_BEGAN_AT]);
	}
	enter_phase(p, INSIDE);
	p->rounds++;
	return run_for(about(p, p->arg[0]));
}

static struct program_step spin(struct program *p, int64_t now)
{
	if (p->state[PHASE] == OUTSIDE) {
		p->state[SPIN_BEGAN_AT] = now;
		p->state[SPIN_BEGAN_RUN] = program_runtime(p);
	} else if (p->state[PHASE] == SPINNING && p->arg[2]) {
		enter_phase(p, YIELDED);
		return (struct program_step){ PROGRAM_YIELD, p->arg[3] ? p->shared[HOLDER] : 0, 0 };
	}
	enter_phase(p, SPINNING);
	return run_for(p->arg[2] ? p->arg[2] : ENDLESS);
}

struct program_step program_locker(struct program *p, int64_t now)
{
	if (p->state[PHASE] == INSIDE)
		return release(p);
	return take_lock(p) ? taken(p, now) : spin(p, now);
}

/* --- phases ------------------------------------------------------------------------- */

static void change(struct program *p, const struct program_phase *to)
{
	if (p->holding)
		let_go(p);
	p->spinning = false;
	for (unsigned i = 0; i < PROGRAM_ARGS; i++) {
		p->arg[i] = to->arg[i];
		p->state[i] = 0;
	}
	p->run = to->run;
	p->start = to->from;
}

/* @step, but over at @end. */
static struct program_step until(struct program_step step, int64_t end, int64_t now)
{
	switch (step.action) {
	case PROGRAM_RUN:
		if (!step.until || step.until > end)
			step.until = end;
		return step;
	case PROGRAM_SLEEP:
		return step.ns < end - now ? step : sleep_till(end);
	case PROGRAM_SLEEP_TILL:
		return step.ns < end ? step : sleep_till(end);
	case PROGRAM_YIELD:
		return step;
	case PROGRAM_WAIT:
	case PROGRAM_END:
		break;
	}
	return sleep_till(end);
}

struct program_step program_next(struct program *p, int64_t now)
{
	for (; p->nr_later && p->later->from <= now; p->later++, p->nr_later--)
		change(p, p->later);
	return p->nr_later ? until(p->run(p, now), p->later->from, now) : p->run(p, now);
}

/* --- by name ------------------------------------------------------------------------ */

static const struct program_kind kinds[] = {
	{ "hog", program_hog, { 0 }, { 0 }, { 0 } },
	{ "ponger", program_server, { "work", "gap_min", "gap_max" }, { MS / 5, 5 * MS, 15 * MS }, { 1 } },
	{ "mixed", program_mixed, { "work", "gap_min", "gap_max" }, { MS / 5, 5 * MS, 15 * MS }, { 1 } },
	{ "evader", program_evader, { "tick", "late", "early" },
	  { 10 * MS, MS / 10, 3 * MS / 10 }, { 1 } },
	{ "rtask", program_rtask, { "period", "work", "phase" }, { 13 * MS, MS, 0 }, { 1 } },
	{ "lockpair", program_locker, { "inside", "outside", "yield_after", "directed" },
	  { 10 * US, 50 * US, 0 }, { 1, 1 } },
	{ "chaos", program_chaos, { "work_max", "sleep_max" }, { MS, MS }, { 1 } },
	{ "yielder", program_yielder, { "work" }, { MS }, { 1 } },
	{ "finite", program_finite, { "work" }, { 1000 * MS }, { 1 } },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct program_kind *program_at(unsigned index)
{
	return index < KINDS ? &kinds[index] : 0;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const struct program_kind *program_by_name(const char *name)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (same(kinds[i].name, name))
			return &kinds[i];
	return 0;
}
