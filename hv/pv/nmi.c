/* SPDX-License-Identifier: MIT */
/*
 * Delivering NMIs; see nmi.h.  The entry and exit code knows nothing of them:
 * a softirq on the vCPU's pCPU builds the frame on the way out, and loading a
 * vCPU with one pending raises that softirq again.  What the hardware sends goes
 * to Dom0's first vCPU with the reason in the shared page, as in Xen (nmi=dom0).
 */
#include "pv/nmi.h"

#include <xen/nmi.h>

#include "console/console.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "pv/context.h"
#include "pv/traps.h"
#include "x86/cpu.h"
#include "x86/irq.h"
#include "x86/layout.h"
#include "x86/softirq.h"

#define PORT_61_PARITY 0x80 /* or SERR of PCI */
#define PORT_61_IO_CHECK 0x40

enum nmi_for { NMI_DOM0, NMI_IGNORE, NMI_FATAL };

static unsigned nmi_for = NMI_DOM0;
static bool hardware_pending; /* set in NMI context, taken by the softirq */

static int parse_nmi(const char *value)
{
	static const char *const names[] = { "dom0", "ignore", "fatal" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(value, names[i])) {
			nmi_for = i;
			return 0;
		}
	return -EINVAL;
}
CMDLINE_CUSTOM("nmi", parse_nmi, "dom0, ignore or fatal");

int pv_nmi_set_handler(struct vcpu *v, u64 address)
{
	if (!is_canonical(address))
		return -EINVAL;
	v->pv.traps[TRAP_NMI] = (struct pv_trap){ address, SEL_RING3_CS64, 0, false };
	return 0;
}

void pv_nmi_send(struct vcpu *v)
{
	if (v->is_idle || __atomic_exchange_n(&v->pv.nmi_pending, true, __ATOMIC_SEQ_CST))
		return;
	__atomic_store_n(&v->pv.special, true, __ATOMIC_SEQ_CST);
	/* In this order: whoever is about to block either finds the softirq, or is woken. */
	cpu_raise_softirq(READ_ONCE(v->cpu), SOFTIRQ_NMI);
	vcpu_unblock(v);
}

void pv_nmi_done(struct vcpu *v)
{
	v->pv.nmi_masked = false;
	if (READ_ONCE(v->pv.nmi_pending))
		raise_softirq(SOFTIRQ_NMI);
}

static void deliver(struct vcpu *v, struct cpu_regs *regs)
{
	if (v->pv.nmi_masked || !__atomic_exchange_n(&v->pv.nmi_pending, false, __ATOMIC_SEQ_CST))
		return;
	pv_note_special(v);
	if (!v->pv.traps[TRAP_NMI].address)
		return; /* lost, as in Xen: nobody is there to hear it */
	v->pv.nmi_masked = true;
	vcpu_unblock(v); /* it may have been on its way to sleep */
	pv_bounce_nmi(v, regs);
}

static void nmi_softirq(void)
{
	struct cpu_info *info = cpu_info();

	if (__atomic_exchange_n(&hardware_pending, false, __ATOMIC_SEQ_CST) && dom0 && dom0->vcpu[0])
		pv_nmi_send(dom0->vcpu[0]);
	if (!info->running->is_idle && info->running->domain->is_pv)
		deliver(info->running, &info->guest_regs);
}

static unsigned reason_bit(u8 port_61)
{
	if (port_61 & PORT_61_PARITY)
		return _XEN_NMIREASON_pci_serr;
	return port_61 & PORT_61_IO_CHECK ? _XEN_NMIREASON_io_error : _XEN_NMIREASON_unknown;
}

bool pv_nmi_from_hardware(const struct cpu_regs *regs, u8 port_61)
{
	if (nmi_for == NMI_FATAL) {
		dump_registers(regs);
		dump_call_trace(regs);
		panic("NMI, reason %02x (nmi=fatal)", port_61);
	}
	if (nmi_for == NMI_IGNORE || !dom0)
		return false;
	__atomic_fetch_or(&dom0->shared_info->arch.nmi_reason, 1UL << reason_bit(port_61),
			  __ATOMIC_SEQ_CST);
	__atomic_store_n(&hardware_pending, true, __ATOMIC_SEQ_CST);
	raise_softirq(SOFTIRQ_NMI);
	apic_send_self(VECTOR_EVENT_CHECK); /* it may have been about to halt */
	return true;
}

void pv_nmi_init(void)
{
	softirq_register(SOFTIRQ_NMI, nmi_softirq);
}
