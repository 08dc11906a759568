/* SPDX-License-Identifier: MIT */
/*
 * The PV platform of the bench guests: hypercalls, the trap entries of head.S,
 * and finding machine addresses of what the domain builder mapped.
 */
#ifndef ORRERY_GUESTS_PV_H
#define ORRERY_GUESTS_PV_H

#include <xen/xen.h>

#include "bench/guests/guest.h"

extern struct start_info *start_info;
extern struct shared_info *shared_info; /* mapped by platform start */

static inline long hypercall(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4)
{
	register u64 r10 __asm__("r10") = a4;
	long rc;

	__asm__ volatile("syscall" : "=a"(rc), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
			 : "a"(nr) : "rcx", "r11", "r8", "r9", "memory");
	return rc;
}
#define hypercall0(nr) hypercall(nr, 0, 0, 0, 0)
#define hypercall1(nr, a) hypercall(nr, (u64)(a), 0, 0, 0)
#define hypercall2(nr, a, b) hypercall(nr, (u64)(a), (u64)(b), 0, 0)
#define hypercall3(nr, a, b, c) hypercall(nr, (u64)(a), (u64)(b), (u64)(c), 0)
#define hypercall4(nr, a, b, c, d) hypercall(nr, (u64)(a), (u64)(b), (u64)(c), (u64)(d))

/* Trap table and callbacks of the current vCPU. */
void platform_set_traps(void);
/* Pages the builder mapped behind the boot stack: at least 100 are free. */
void *page_alloc(void);
u64 va_to_mfn(const void *va);
u64 pfn_to_mfn(u64 pfn);
/* Machine address and (read-only) virtual address of the L1 entry that maps @va. */
u64 pte_maddr(const void *va);
volatile u64 *pte_va(const void *va);
/* System time from vCPU 0's own page, as the ABI describes it (<xen/xen.h>). */
u64 now_ns(void);
/* Frames nobody uses: from the end of the domain's memory downwards. */
u64 spare_mfn(unsigned i);

#define PTE_P 1UL
#define PTE_W 2UL
#define PTE_U 4UL
#define PTE_A 0x20UL
#define PTE_D 0x40UL
#define PTE_NX (1UL << 63)
#define PTE_RW_PAGE (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PTE_RO_PAGE (PTE_P | PTE_U | PTE_A | PTE_D)
#define PTE_FRAME 0x000ffffffffff000UL

/* head.S */
void trap_bp(void); /* returns at once */
extern volatile u64 event_count;       /* upcalls taken */
extern volatile u64 trap_tsc;          /* TSC at the first instruction of the last handler */
extern volatile u64 fault_resume;      /* where #GP, #PF and #UD go on; 0: dead */
extern volatile u64 last_vector, last_error;
void user_syscall_loop(u64 *samples, u64 n); /* runs in user mode */
long run_in_user_mode(void (*fn)(u64 *, u64), u64 *samples, u64 n, u64 user_stack);

/* Try one instruction sequence: 0 or the vector + 1 it raised. */
#define TRY(...)                                                               \
	({                                                                     \
		u64 v_;                                                        \
		last_vector = ~0UL;                                            \
		__asm__ volatile("lea 1f(%%rip), %%rax; mov %%rax, fault_resume(%%rip)\n\t" \
				 __VA_ARGS__ "\n1: movq $0, fault_resume(%%rip)" \
				 : : : "rax", "rcx", "rdx", "memory");         \
		v_ = last_vector;                                              \
		v_ == ~0UL ? 0 : v_ + 1;                                       \
	})

#endif
