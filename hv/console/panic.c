/* SPDX-License-Identifier: MIT */
/*
 * The end of the machine: our own bugs (panic) and input we cannot boot with
 * (boot_fail).  Stops the other pCPUs, takes the console by force, prints what
 * is known and restarts, or halts with `noreboot`.  Runs in any context,
 * possibly with everything broken: takes no lock, allocates nothing, follows
 * no pointer without a fault fix-up.
 */
#include "console/console.h"
#include "console/internal.h"
#include "console/serial.h"
#include "lib/cmdline.h"
#include "lib/printf.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/entry.h"
#include "x86/irq.h"
#include "x86/power.h"

#define TRACE_DEPTH 24
#define BANNER "****************************************"

bool opt_noreboot;
CMDLINE_BOOL("noreboot", opt_noreboot);

static u32 stopping; /* pCPU id + 1 of who panics */

static void NORETURN halt_forever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void NORETURN stop_machine(void)
{
	if (opt_noreboot) {
		log_err("halted; reset the machine by hand ('noreboot' was given)");
		halt_forever();
	}
	log_err("restarting");
	machine_restart();
}

/* This pCPU goes on alone; a second one that panics halts, a panic in the panic too. */
static void take_over(void)
{
	u32 expect = 0, me = pcpu_count ? smp_processor_id() + 1 : 1;

	irq_disable();
	if (!__atomic_compare_exchange_n(&stopping, &expect, me, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		if (expect == me) {
			static const char text[] = "\n(ORR) panic inside the panic; halted\n";

			serial_write(text, sizeof(text) - 1);
		}
		halt_forever();
	}
	WRITE_ONCE(nmi_halt_requested, true);
	for (unsigned id = 0; id < pcpu_count; id++)
		if (id + 1 != me && pcpus[id] && pcpus[id]->online)
			apic_send_nmi(id);
	console_break_lock();
	console_init();
}

void panic(const char *fmt, ...)
{
	static char text[512];
	va_list ap;

	take_over();
	va_start(ap, fmt);
	fmt_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dump_call_trace(NULL);
	printk(LOG_ERR, BANNER "\nPanic on pCPU %u: %s\n" BANNER, stopping - 1, text);
	stop_machine();
}

void boot_fail(const char *fmt, ...)
{
	static char text[512];
	va_list ap;

	take_over();
	va_start(ap, fmt);
	fmt_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_err("cannot boot: %s", text);
	stop_machine();
}

void dump_registers(const struct cpu_regs *regs)
{
	char name[96];
	bool guest = regs_from_guest(regs);

	log_err("pCPU %u, in the %s", smp_processor_id(), guest ? "guest" : "hypervisor");
	log_err("rip: %04x:%016lx %s", regs->cs, regs->rip,
		guest ? "" : symbol_name(regs->rip, name, sizeof(name)));
	log_err("rsp: %04x:%016lx   rflags: %016lx", regs->ss, regs->rsp, regs->rflags);
	log_err("rax: %016lx   rbx: %016lx   rcx: %016lx", regs->rax, regs->rbx, regs->rcx);
	log_err("rdx: %016lx   rsi: %016lx   rdi: %016lx", regs->rdx, regs->rsi, regs->rdi);
	log_err("rbp: %016lx   r8:  %016lx   r9:  %016lx", regs->rbp, regs->r8, regs->r9);
	log_err("r10: %016lx   r11: %016lx   r12: %016lx", regs->r10, regs->r11, regs->r12);
	log_err("r13: %016lx   r14: %016lx   r15: %016lx", regs->r13, regs->r14, regs->r15);
	log_err("cr0: %016lx   cr2: %016lx   cr3: %016lx   cr4: %016lx", read_cr0(), read_cr2(),
		read_cr3(), read_cr4());
	log_err("error code %04x, vector %u", regs->error_code, regs->entry_vector);
}

/* @name_of: inside of the function @rip belongs to; a return address may be behind its end. */
static void print_frame(u64 rip, u64 name_of)
{
	char name[96];

	log_err("   [<%016lx>] %s", rip, symbol_name(name_of, name, sizeof(name)));
}

/* Frame pointers: [rbp] is the caller's rbp, [rbp + 8] the return address. */
void dump_call_trace(const struct cpu_regs *regs)
{
	u64 rbp = regs ? regs->rbp : (u64)__builtin_frame_address(0);

	if (regs && regs_from_guest(regs))
		return;
	log_err("call trace:");
	if (regs)
		print_frame(regs->rip, regs->rip);
	for (unsigned depth = 0; depth < TRACE_DEPTH; depth++) {
		u64 rip, next;

		if (rbp < HV_VIRT_START || rbp >= HV_VIRT_END || (rbp & 7) ||
		    get_guest_word(rip, rbp + 8) || get_guest_word(next, rbp))
			return;
		if (rip < HV_IMAGE_START || rip >= VMAP_START)
			return;
		print_frame(rip, rip - 1);
		if (next <= rbp)
			return;
		rbp = next;
	}
}
