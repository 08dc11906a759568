/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of the fuzzing guest: its dice, the frames and addresses
 * it plays with, and the list of what it can do.
 */
#ifndef ORRERY_GUESTS_FUZZ_H
#define ORRERY_GUESTS_FUZZ_H

#include "bench/guests/pv/pv.h"
#include "hv/lib/random.h"

/* --- dice: everything follows from the seed --- */

extern u64 rng_state;

static inline u64 rnd(void)
{
	return random_next(&rng_state);
}

static inline u64 rnd_below(u64 n)
{
	return (rnd() >> 16) % n;
}

static inline bool one_in(unsigned n)
{
	return !rnd_below(n);
}
#define PICK(array) ((array)[rnd_below(ARRAY_SIZE(array))])

/* --- what it plays with --- */

#define PLAY_DATA 32   /* frames that stay data for us */
#define PLAY_TABLES 16 /* frames that become tables and descriptors; mapped read-only */
#define PLAY_PAGES 1024 /* addresses with page tables of their own: two L1s */
#define PLAY_BASE (0xffff800000000000UL + 300UL * 0x8000000000UL)
#define SPARES 64      /* frames that nothing maps: for exchange and the like */
#define ARG_BYTES (4 * PAGE_SIZE)
#define HANDLES 64
#define POOLS 4        /* cpupools that come and go, and pool 0, which stays */

extern u8 data_pages[PLAY_DATA][PAGE_SIZE], table_pages[PLAY_TABLES][PAGE_SIZE];
extern u8 args[ARG_BYTES + PAGE_SIZE]; /* the last page is not mapped */
extern u8 calm_args[2 * PAGE_SIZE]; /* nobody changes these meanwhile; the second is not mapped */
extern u64 spare[SPARES];
extern u64 play_l1[2];          /* their frames */
extern u64 nr_own_pfns, max_ram;
extern bool privileged;
extern u16 own_domid;
extern struct handle {
	u32 handle, flags;
	u64 host_addr;
} handles[HANDLES];
extern u8 grant_page[PAGE_SIZE]; /* maps the first frame of our grant table */
extern u16 other_domain;         /* one we made, or own_domid */

/* fuzz-args.c: one of what may stand in an argument */
u64 any_value(void);
u64 wild_address(void); /* nothing of ours */
u64 any_address(void); /* wild, ours, or at the edge of it */
u64 any_mfn(void);
u64 any_pte(void);
u16 any_domid(void);
u64 play_va(void);
u64 table_mfn(void);   /* one of table_pages */
u64 spare_frame(void);
void spare_keep(u64 mfn); /* got it, or so a list says that others may have changed */
void fill(void *at, size_t bytes); /* any values */
/* A structure in args[] for a call: ours, mostly valid memory, sometimes at the very end of it. */
void *argument(size_t bytes);
/* The same where nobody changes it meanwhile: for what names frames, as that of the frame next to
 * it could be the end of us. */
void *calm_argument(size_t bytes);

/* Do one thing; the answer, or 0. Each may end in a trap: see guarded(). */
struct act {
	const char *name;
	long (*run)(void);
	unsigned weight;
	bool upsets; /* the state of the vCPU that runs this */
};
extern const struct act mmu_acts[], call_acts[], control_acts[], cpu_acts[]; /* ended by run NULL */

/* fuzz-entry.S: run @fn; 1 if an exception ended it. */
long guarded(long (*fn)(void), long *result);
extern u64 guard_resume, boot_stack;
void fuzz_trap_de(void), fuzz_trap_db(void), fuzz_trap_of(void), fuzz_trap_ud(void);
void fuzz_trap_nm(void), fuzz_trap_np(void), fuzz_trap_ss(void), fuzz_trap_gp(void);
void fuzz_trap_pf(void), fuzz_trap_ac(void), fuzz_trap_soft(void);
void secondary_entry(void), secondary_trap(void);
void secondary_main(u64 *dice);
void start_secondaries(void);
void secondaries_may_run(bool yes);

/* TRY() clears where faults go on; inside of guarded() they go on there. */
#define TRY_GUARDED(...)                 \
	({                               \
		u64 t_ = TRY(__VA_ARGS__); \
		fault_resume = guard_resume; \
		t_;                      \
	})

/* fuzz-maps.c: a grant has been mapped; unmap all that have, as far as that can be done now */
struct gnttab_map_grant_ref;
void note_mapping(const struct gnttab_map_grant_ref *m);
unsigned end_mappings(void);

u64 now(void); /* system time, ns */
void restore_args(void);
void rebuild_play(void);
bool is_console(u32 port); /* on which a guest tells how it went */

#endif
