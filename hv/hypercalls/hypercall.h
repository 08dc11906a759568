/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: the handlers' prototypes (made from
 * table.def), the privilege test and continuations.  Only this folder
 * includes it; subsystems never do.
 *
 * A handler gets its arguments as the guest's registers held them and returns
 * what RAX will hold: a value >= 0 or -errno.  One that must stop half way
 * (work pending on this pCPU) returns hypercall_continue(): the guest, or the
 * multicall around it, then issues the call again with the arguments given.
 */
#ifndef ORRERY_HYPERCALLS_HYPERCALL_H
#define ORRERY_HYPERCALLS_HYPERCALL_H

#include "lib/types.h"

#include "domain/domain.h"
#include "x86/percpu.h"
#include "x86/preempt.h"

#define NR_HYPERCALLS 64
#define HYPERCALL_MAX_ARGS 6

typedef long (*hypercall_fn)(u64, u64, u64, u64, u64, u64);

#define HYPERCALL_ARGS_0 void
#define HYPERCALL_ARGS_1 u64
#define HYPERCALL_ARGS_2 u64, u64
#define HYPERCALL_ARGS_3 u64, u64, u64
#define HYPERCALL_ARGS_4 u64, u64, u64, u64
#define HYPERCALL_ARGS_5 u64, u64, u64, u64, u64
#define HYPERCALL(nr, name, args, who) long hypercall_##name(HYPERCALL_ARGS_##args);
#include "hypercalls/table.def"
#undef HYPERCALL

/* Numbers by name: HYPERCALL_NR_mmu_update and so on. */
enum {
#define HYPERCALL(nr, name, args, who) HYPERCALL_NR_##name = (nr),
#include "hypercalls/table.def"
#undef HYPERCALL
};

/* How many arguments the call takes; 0 for a number without a row. */
extern const u8 hypercall_arg_count[NR_HYPERCALLS];
/* Its name, or NULL. */
extern const char *const hypercall_names[NR_HYPERCALLS];

/*
 * Issue the running hypercall again as number @nr with these arguments.  The
 * caller returns what this returns, and nothing else.  Arguments beyond @n keep
 * what the guest passed.  Inside a multicall it is the entry that is rewritten.
 */
MUST_CHECK long hypercall_continue(unsigned nr, const u64 *args, unsigned n);
#define HYPERCALL_CONTINUE(name, ...)                                           \
	hypercall_continue(HYPERCALL_NR_##name, (const u64[]){ __VA_ARGS__ },   \
			   sizeof((const u64[]){ __VA_ARGS__ }) / sizeof(u64))


/* Should a long operation stop here? */
static inline bool hypercall_preempt_needed(void)
{
	return preempt_needed();
}

/* May the caller act for the machine (Dom0)? */
static inline bool caller_privileged(void)
{
	return current->domain->privileged;
}

/*
 * The domain a call names: by id, or the caller for DOMID_SELF.  With a reference, or NULL
 * and *err: -ESRCH for none, -EPERM when it is another's and the caller is not privileged.
 */
struct domain *hypercall_target(domid_t id, int *err);

#endif
