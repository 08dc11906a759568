/* SPDX-License-Identifier: MIT */
/*
 * The hypercall table, made from table.def.  Entry code (x86/entry.S) checks the
 * number, counts, traces if hypercall_traced says so, and calls through the
 * table by itself.  Owns the privilege test of Dom0's calls and the rewriting of the
 * guest's registers that makes it issue a call again.
 */
#include "hypercalls/hypercall.h"

#include "hypercalls/dispatch.h"
#include "hypercalls/multicall.h"
#include "lib/errno.h"
#include "trace/trace.h"
#include "x86/entry.h"

#define SYSCALL_BYTES 2 /* length of the instruction that is to run again */

/* Through void (*)(void), the one function type that converts to any other. */
#define AS_HYPERCALL(fn) ((hypercall_fn)(void (*)(void))(fn))

static long no_hypercall(void)
{
	return -ENOSYS;
}

#define CALL_1(name) hypercall_##name(a1)
#define CALL_2(name) hypercall_##name(a1, a2)
#define CALL_3(name) hypercall_##name(a1, a2, a3)
#define CALL_5(name) hypercall_##name(a1, a2, a3, a4, a5)
#define WRAP_GUEST(name, args)
#define WRAP_DOM0(name, args)                                                       \
	static long dom0_only_##name(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6) \
	{                                                                       \
		if (!caller_privileged())                                       \
			return -EPERM;                                          \
		return CALL_##args(name);                                            \
	}
#define HYPERCALL(nr, name, args, who) WRAP_##who(name, args)
#include "hypercalls/table.def"
#undef HYPERCALL

#define ENTRY_GUEST(name) AS_HYPERCALL(hypercall_##name)
#define ENTRY_DOM0(name) dom0_only_##name
#define HYPERCALL(nr, name, args, who) [nr] = ENTRY_##who(name),
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init" /* rows replace the default */
const hypercall_fn hypercall_table[64] = {
	[0 ... NR_HYPERCALLS - 1] = AS_HYPERCALL(no_hypercall),
#include "hypercalls/table.def"
};
#undef HYPERCALL

/* iret would leave for another place, maybe for user mode, with the rest of the list undone. */
#define HYPERCALL(nr, name, args, who)                                              \
	[nr] = (nr) == __HYPERVISOR_iret ? AS_HYPERCALL(no_hypercall) : ENTRY_##who(name),
const hypercall_fn multicall_table[64] = {
	[0 ... NR_HYPERCALLS - 1] = AS_HYPERCALL(no_hypercall),
#include "hypercalls/table.def"
};
#pragma GCC diagnostic pop
#undef HYPERCALL

#define HYPERCALL(nr, name, args, who) [nr] = (args),
const u8 hypercall_arg_count[NR_HYPERCALLS] = {
#include "hypercalls/table.def"
};
#undef HYPERCALL

#define HYPERCALL(nr, name, args, who) [nr] = #name,
const char *const hypercall_names[NR_HYPERCALLS] = {
#include "hypercalls/table.def"
};
#undef HYPERCALL

u32 hypercall_traced;

void hypercall_tracing_changed(void)
{
	WRITE_ONCE(hypercall_traced, trace_wanted(TRACE_ID_hypercall));
}

long hypercall_continue(unsigned nr, const u64 *args, unsigned n)
{
	struct cpu_regs *regs = &cpu_info()->guest_regs;
	u64 *const slots[HYPERCALL_MAX_ARGS] = { &regs->rdi, &regs->rsi, &regs->rdx,
						 &regs->r10, &regs->r8,	 &regs->r9 };

	if (multicall_continue(nr, args, n))
		return 0;
	for (unsigned i = 0; i < n; i++)
		*slots[i] = args[i];
	regs->rip -= SYSCALL_BYTES;
	return nr; /* entry code puts it into RAX */
}

struct domain *hypercall_target(domid_t id, int *err)
{
	struct domain *self = current->domain, *d = domain_get_or_self(id);

	if (!d) {
		*err = -ESRCH;
		return NULL;
	}
	if (d != self && !self->privileged) {
		domain_put(d);
		*err = -EPERM;
		return NULL;
	}
	*err = 0;
	return d;
}
