/* SPDX-License-Identifier: MIT */
/*
 * What a PV kernel finds when it starts and may ask about itself: registers,
 * start_info, shared_info, version, memory and the calls every domain has.
 * Frame numbers and addresses of frames are not answers; they are left out.
 */
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "bench/guests/pv/survey.h"

extern u64 boot_stack, boot_flags, boot_registers[];

static void survey_registers(void)
{
	print("ANSWER start rsp = %lx\n", boot_stack);
	print("ANSWER start rflags = %lx\n", boot_flags);
	for (unsigned i = 0; i < 15; i++)
		print("ANSWER start register %u = %lx\n", i, boot_registers[i]);
}

static void survey_start_info(void)
{
	const struct start_info *si = start_info;
	const u8 *console = (const u8 *)&si->console;

	print("ANSWER si magic = %s\n", si->magic);
	print("ANSWER si nr_pages = %lu\n", si->nr_pages);
	print("ANSWER si shared_info offset = %lx\n", si->shared_info & (PAGE_SIZE - 1));
	print("ANSWER si flags = %x\n", si->flags);
	print("ANSWER si pt_base = %lx, %lu frames\n", si->pt_base, si->nr_pt_frames);
	print("ANSWER si mfn_list = %lx, %lu frames\n", si->mfn_list, si->nr_p2m_frames);
	print("ANSWER si mod_start = %lx, %lu\n", si->mod_start, si->mod_len);
	print("ANSWER si cmd_line = %s\n", (const char *)si->cmd_line);
	print("ANSWER si store = %x\n", si->store_evtchn);
	if (si->flags & SIF_INITDOMAIN)
		print("ANSWER si console = at %u, %u bytes\n", si->console.dom0.info_off,
		      si->console.dom0.info_size);
	if (si->flags & SIF_INITDOMAIN && si->console.dom0.info_off)
		console = (const u8 *)si + si->console.dom0.info_off;
	for (unsigned i = 0; i < si->console.dom0.info_size && i < 64; i++)
		print("ANSWER si console byte %u = %x\n", i, console[i]);
}

/* Where the initial mapping ends: a page there is not mapped any more. */
static void survey_mapping(void)
{
	u64 va = start_info->pt_base, sample;

	for (;; va += PAGE_SIZE) {
		register u64 at __asm__("rdi") = va;

		__asm__ volatile("" : "+r"(at));
		sample = TRY("mov (%%rdi), %%rax");
		if (sample)
			break;
	}
	print("ANSWER initial mapping ends = %lx\n", va);
}

static void survey_shared_info(void)
{
	const u64 *words = (const u64 *)shared_info;

	/* Not the clocks: of a vcpu_info the second half, and the wall clock. */
	for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
		if (words[i] && !(i < 8 * XEN_LEGACY_MAX_VCPUS && i % 8 >= 4) &&
		    (i < offsetof(struct shared_info, wc_version) / 8 ||
		     i > offsetof(struct shared_info, wc_nsec) / 8))
			print("ANSWER shared_info word %u = %lx\n", i, words[i]);
}

static void version_text(const char *name, unsigned cmd)
{
	static char text[2048];
	long rc;

	memset(text, 0, sizeof(text));
	rc = hypercall2(__HYPERVISOR_xen_version, cmd, text);
	print("ANSWER version %s = %ld %s\n", name, rc, text);
}

static void survey_version(void)
{
	struct xen_platform_parameters params = { 0 };
	struct xen_compile_info info;

	memset(&info, 0, sizeof(info));
	print("ANSWER version = %lx\n", hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0));
	version_text("extraversion", XENVER_extraversion);
	version_text("capabilities", XENVER_capabilities);
	version_text("changeset", XENVER_changeset);
	version_text("commandline", XENVER_commandline);
	print("ANSWER version compile_info = %ld\n",
	      hypercall2(__HYPERVISOR_xen_version, XENVER_compile_info, &info));
	print("ANSWER version compiler = %s by %s at %s on %s\n", info.compiler, info.compile_by,
	      info.compile_domain, info.compile_date);
	hypercall2(__HYPERVISOR_xen_version, XENVER_platform_parameters, &params);
	print("ANSWER version virt_start = %lx\n", params.virt_start);
	print("ANSWER version pagesize = %ld\n", hypercall2(__HYPERVISOR_xen_version, XENVER_pagesize, 0));
	print("ANSWER version pagesize with argument = %ld\n",
	      hypercall2(__HYPERVISOR_xen_version, XENVER_pagesize, &params));
	print("ANSWER version build_id length = %ld\n",
	      hypercall2(__HYPERVISOR_xen_version, XENVER_build_id, 0));
	for (unsigned i = 0; i < 4; i++) {
		struct xen_feature_info f = { .submap_idx = i };
		long rc = hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, &f);

		print("ANSWER version features %u = %ld %x\n", i, rc, f.submap);
	}
	print("ANSWER version unknown = %ld\n", hypercall2(__HYPERVISOR_xen_version, 11, &params));
	print("ANSWER version huge = %ld\n", hypercall2(__HYPERVISOR_xen_version, ~0UL, &params));
}

static long memory(unsigned cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_memory_op, cmd, arg);
}

static void memory_map_lines(const char *name, unsigned cmd)
{
	static u8 entries[128 * 20]; /* address, size, type, packed */
	struct xen_memory_map map = { .nr_entries = 128 };
	long rc;

	set_xen_guest_handle(map.buffer, (void *)entries);
	rc = memory(cmd, &map);
	print("ANSWER %s = %ld, %u entries\n", name, rc, rc ? 0 : map.nr_entries);
	for (unsigned i = 0; !rc && i < map.nr_entries; i++) {
		u64 at, size;
		u32 type;

		memcpy(&at, entries + 20 * i, 8);
		memcpy(&size, entries + 20 * i + 8, 8);
		memcpy(&type, entries + 20 * i + 16, 4);
		print("ANSWER %s entry %u = %lx %lx %u\n", name, i, at, size, type);
	}
	map.nr_entries = 1;
	rc = memory(cmd, &map);
	print("ANSWER %s into one = %ld, %u entries\n", name, rc, map.nr_entries);
	set_xen_guest_handle(map.buffer, (void *)0);
	map.nr_entries = 0;
	rc = memory(cmd, &map);
	print("ANSWER %s into nothing = %ld, %u entries\n", name, rc, map.nr_entries);
}

static void survey_memory(void)
{
	struct xen_machphys_mapping m2p = { 0 };
	static const domid_t ids[] = { DOMID_SELF, 0, 99, DOMID_IO, DOMID_XEN };

	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		struct xen_memory_domain d = { ids[i] };

		print("ANSWER maximum_reservation of %x = %ld\n", ids[i],
		      memory(XENMEM_maximum_reservation, &d));
		print("ANSWER current_reservation of %x = %ld\n", ids[i],
		      memory(XENMEM_current_reservation, &d));
		print("ANSWER maximum_gpfn of %x = %ld\n", ids[i], memory(XENMEM_maximum_gpfn, &d));
	}
	print("ANSWER maximum_ram_page = %ld\n", memory(XENMEM_maximum_ram_page, 0));
	print("ANSWER machphys_mapping = %ld\n", memory(XENMEM_machphys_mapping, &m2p));
	print("ANSWER machphys_mapping is = %lx to %lx, %lx\n", m2p.v_start, m2p.v_end, m2p.max_mfn);
	memory_map_lines("memory_map", XENMEM_memory_map);
	memory_map_lines("machine_memory_map", XENMEM_machine_memory_map);
	print("ANSWER get_sharing_freed_pages = %ld\n", memory(XENMEM_get_sharing_freed_pages, 0));
	print("ANSWER get_sharing_shared_pages = %ld\n", memory(XENMEM_get_sharing_shared_pages, 0));
}

/* Wrong sub-operations and arguments: what every call says to them. */
static void survey_refusals(void)
{
	static u8 zeroes[512];

	for (unsigned nr = 0; nr < 66; nr++) {
		/* Those that take a bare number, and those that do not return. */
		if (nr == __HYPERVISOR_iret || nr == __HYPERVISOR_stack_switch ||
		    nr == __HYPERVISOR_fpu_taskswitch || nr == __HYPERVISOR_set_callbacks ||
		    nr == __HYPERVISOR_set_segment_base)
			continue;
		print("ANSWER call %u with a wild number = %ld\n", nr,
		      hypercall4(nr, 0x7777, 0x1000, 0, 0));
	}
	for (unsigned op = 0; op < 16; op++)
		print("ANSWER vcpu_op %u for vCPU 99 = %ld\n", op,
		      hypercall3(__HYPERVISOR_vcpu_op, op, 99, zeroes));
	for (unsigned op = 0; op < 16; op++)
		print("ANSWER evtchn %u of nothing = %ld\n", op,
		      hypercall2(__HYPERVISOR_event_channel_op, op, 0x1000));
	for (unsigned op = 0; op < 40; op++)
		print("ANSWER memory_op %u of nothing = %ld\n", op, memory(op, (void *)0x1000));
	for (unsigned op = 0; op < 20; op++)
		print("ANSWER grant_table_op %u of nothing = %ld, of no items %ld\n", op,
		      hypercall3(__HYPERVISOR_grant_table_op, op, 0x1000, 1),
		      hypercall3(__HYPERVISOR_grant_table_op, op, zeroes, 0));
	for (unsigned op = 0; op < 12; op++) {
		print("ANSWER vm_assist enable %u = %ld\n", op,
		      hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, op));
		print("ANSWER vm_assist disable %u = %ld\n", op,
		      hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_disable, op));
	}
	for (unsigned op = 7; op < 12; op++)
		print("ANSWER sched_op %u of nothing = %ld\n", op,
		      hypercall2(__HYPERVISOR_sched_op, op, 0x1000));
	for (unsigned which = 0; which < 6; which++)
		print("ANSWER set_segment_base %u not canonical = %ld\n", which,
		      hypercall2(__HYPERVISOR_set_segment_base, which, 0x800000000000));
	for (unsigned op = 0; op < 4; op++)
		print("ANSWER callback_op %u of nothing = %ld\n", op,
		      hypercall2(__HYPERVISOR_callback_op, op, 0x1000));
}

static void survey_grants(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct gnttab_set_version v = { 1 };
	struct gnttab_get_version g = { .dom = DOMID_SELF };

	hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, &q, 1);
	print("ANSWER grant query_size = %d: %u of %u\n", q.status, q.nr_frames, q.max_nr_frames);
	print("ANSWER grant set_version = %ld\n",
	      hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &v, 1));
	hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_get_version, &g, 1);
	print("ANSWER grant get_version = %u\n", g.version);
}

static void survey_vcpus(void)
{
	static const unsigned ids[] = { 0, 1, 2, 127, 8191, 8192, 0x7fffffff };
	struct vcpu_get_physid id = { 0 };
	struct vcpu_runstate_info r = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
		print("ANSWER vcpu %u is_up = %ld\n", ids[i],
		      hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, ids[i], 0));
	print("ANSWER vcpu get_physid = %ld %lx\n",
	      hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_get_physid, 0, &id), id.phys_id);
	print("ANSWER vcpu get_runstate_info = %ld, state %d\n",
	      hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, &r), r.state);
	print("ANSWER vcpu send_nmi = %ld\n", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 99, 0));
}

static void survey_events(void)
{
	for (unsigned virq = 0; virq < NR_VIRQS; virq++) {
		struct evtchn_bind_virq b = { .virq = virq };

		print("ANSWER bind_virq %u = %ld\n", virq,
		      hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &b));
		print("ANSWER bind_virq %u again = %ld\n", virq,
		      hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &b));
		if (b.port) {
			struct evtchn_close c = { b.port };

			hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &c);
		}
	}
}

static void survey_platform_op(void)
{
	struct xen_platform_op op;

	for (unsigned cmd = 0; cmd < 70; cmd++) {
		if (cmd == XENPF_settime32 || cmd == XENPF_settime64 ||
		    cmd == XENPF_enter_acpi_sleep || cmd == XENPF_cpu_offline)
			continue;
		memset(&op, 0, sizeof(op));
		op.cmd = cmd;
		op.interface_version = XENPF_INTERFACE_VERSION;
		print("ANSWER platform_op %u = %ld\n", cmd, hypercall1(__HYPERVISOR_platform_op, &op));
	}
	for (unsigned type = 0; type < 8; type++)
		for (unsigned index = 0; index < 10; index++) {
			memset(&op, 0, sizeof(op));
			op.cmd = XENPF_firmware_info;
			op.interface_version = XENPF_INTERFACE_VERSION;
			op.u.firmware_info.type = type;
			op.u.firmware_info.index = index;
			print("ANSWER firmware_info %u %u = %ld\n", type, index,
			      hypercall1(__HYPERVISOR_platform_op, &op));
		}
}

void survey_start(void)
{
	survey_registers();
	survey_start_info();
	survey_mapping();
	survey_shared_info();
	survey_version();
	survey_memory();
	survey_grants();
	survey_vcpus();
	survey_events();
	survey_platform_op();
	survey_refusals();
}
