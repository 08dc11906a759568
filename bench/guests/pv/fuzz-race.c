/* SPDX-License-Identifier: MIT */
/*
 * The fuzzing guest's other vCPUs: while the first one calls, they change its
 * arguments, write to the frames it shares with the hypervisor, pin and unpin,
 * map and unmap the same tables and grants, close the same ports.  Nothing of
 * what they do is checked or noted: only what the hypervisor makes of it
 * counts.  Each starts over after any trap.
 */
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

#include "bench/guests/pv/fuzz.h"

#define SECONDARIES 3

static u8 stacks[SECONDARIES][PAGE_SIZE] __attribute__((aligned(4096)));
static volatile bool may_run;

/* Dice of its own: when it runs is not for us to say. */
static u64 roll(u64 *dice)
{
	*dice = *dice * 6364136223846793005UL + 1442695040888963407UL;
	return *dice >> 17;
}

void secondaries_may_run(bool yes)
{
	may_run = yes;
}

static u64 some_table(u64 r)
{
	return va_to_mfn(table_pages[r % PLAY_TABLES]);
}

static u64 some_data(u64 r)
{
	return va_to_mfn(data_pages[r % PLAY_DATA]);
}

static void race_update(u64 r, u64 table)
{
	struct mmu_update u = { table << 12 | (r & 511) << 3, 0 };

	if (r & 0x200)
		u.val = (r & 0x400 ? some_data(r >> 12) : some_table(r >> 12)) << 12 |
			(r & 0x800 ? PTE_RW_PAGE : PTE_RO_PAGE);
	hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_SELF);
}

static void race_pin(u64 r)
{
	struct mmuext_op op = { .arg1.mfn = some_table(r >> 8) };

	op.cmd = r & 1 ? MMUEXT_UNPIN_TABLE : MMUEXT_PIN_L1_TABLE + (r >> 1 & 3);
	if (r & 8)
		op.cmd = MMUEXT_CLEAR_PAGE;
	hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static void race_map(struct gnttab_map_grant_ref *map)
{
	if (!hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, map, 1) && !map->status)
		note_mapping(map);
}

static void race_grant(u64 r)
{
	const struct handle *h = &handles[r % HANDLES];
	struct gnttab_unmap_grant_ref unmap = { .host_addr = h->host_addr, .handle = h->handle };
	struct gnttab_map_grant_ref map = { .host_addr = h->host_addr, .flags = h->flags,
					    .ref = r >> 8 & 31, .dom = own_domid };
	struct gnttab_set_version version = { 1 + (r >> 8 & 1) };

	if (r & 0x40)
		hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &unmap, 1);
	else if (r & 0x80)
		race_map(&map);
	else if (!(r & 0x7000))
		hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &version, 1);
	/* Not the frames, or we might grant what we run on, and have it overwritten. */
	*((u32 *)grant_page + (r >> 18 & 508)) ^= 1U << (r >> 30 & 31);
}

static void race_event(u64 r)
{
	u64 arg[4] = { r >> 8 & 127, r >> 16 & 3 };
	static const u8 cmds[] = { EVTCHNOP_close, EVTCHNOP_send, EVTCHNOP_send, EVTCHNOP_bind_vcpu,
				   EVTCHNOP_unmask, EVTCHNOP_set_priority, EVTCHNOP_bind_ipi, EVTCHNOP_send };
	u64 cmd = cmds[r & 7];

	if (cmd == EVTCHNOP_bind_vcpu || cmd == EVTCHNOP_set_priority)
		arg[0] |= (r >> 20 & 15) << 32;
	if (cmd == EVTCHNOP_bind_ipi)
		arg[0] = r >> 8 & 3;
	if (!is_console(arg[0]))
		hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
	if (privileged && !(r & 0x1ff0000)) {
		arg[0] = DOMID_SELF;
		hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_reset, arg);
	}
}

static void race_memory(u64 r)
{
	u64 frame = spare[r % SPARES];
	struct xen_memory_reservation out = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(out.extent_start, &frame);
	if (r & 0x100) {
		hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &out);
	} else {
		struct xen_memory_exchange x = { .in = out, .out = out };

		hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x);
	}
}

static void race_descriptors(u64 r)
{
	u64 frame = some_table(r);

	if (r & 0x100)
		hypercall2(__HYPERVISOR_set_gdt, &frame, r & 0x200 ? 512 : 0);
	else
		hypercall2(__HYPERVISOR_update_descriptor, frame << 12 | (r >> 12 & 511) << 3,
			   0x00cf93000000ffff);
}

/* Shared memory: arguments, event words, heads of queues, vcpu_info, runstate areas. */
static void scribble(u64 r)
{
	u32 *word = (u32 *)args + r % (ARG_BYTES / 4);

	if (r & 0x10000)
		word = (u32 *)data_pages + r % (sizeof(data_pages) / 4);
	*word ^= 1U << (r >> 40 & 15);
}

void secondary_main(u64 *dice)
{
	for (;;) {
		u64 r = roll(dice);

		if (!may_run) {
			hypercall2(__HYPERVISOR_sched_op, 0, 0);
			continue;
		}
		switch (r >> 41 & 15) {
		case 0: race_update(r, play_l1[r >> 30 & 1]); break;
		case 1: race_update(r, some_table(r >> 30)); break;
		case 2: case 3: race_pin(r); break;
		case 4: race_grant(r); break;
		case 5: race_event(r); break;
		case 6: race_memory(r); break;
		case 7: race_descriptors(r); break;
		default: scribble(r);
		}
	}
}

static bool start_one(unsigned id)
{
	static struct vcpu_guest_context c;
	u8 *stack = stacks[id - 1];

	if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, id, 0))
		return false; /* there is none, or it runs already */
	*(u64 *)stack = rng_state + id;
	for (unsigned i = 0; i < 32; i++)
		c.trap_ctxt[i] = (struct trap_info){ i, 0, 0xe033, (u64)secondary_trap };
	c.flags = VGCF_in_kernel;
	c.user_regs.rip = (u64)secondary_entry;
	c.user_regs.rsp = c.kernel_sp = (u64)stack + PAGE_SIZE;
	c.user_regs.cs = 0xe033;
	c.user_regs.ss = c.kernel_ss = 0xe02b;
	c.ctrlreg[3] = va_to_mfn((void *)start_info->pt_base) << 12;
	return !hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, &c) &&
	       !hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, id, 0);
}

void start_secondaries(void)
{
	unsigned n = 0;

	for (unsigned id = 1; id <= SECONDARIES; id++)
		n += start_one(id);
	print("fuzz: %u more vCPUs\n", n);
}
