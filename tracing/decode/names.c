/* SPDX-License-Identifier: MIT */
/*
 * Names of numbers in records; see names.h.
 */
#include "tracing/decode/names.h"

#include <string.h>

#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define CALL(n) [__HYPERVISOR_##n] = #n
static const char *const calls[64] = {
	CALL(set_trap_table), CALL(mmu_update), CALL(set_gdt), CALL(stack_switch),
	CALL(set_callbacks), CALL(fpu_taskswitch), CALL(sched_op_compat), CALL(platform_op),
	CALL(set_debugreg), CALL(get_debugreg), CALL(update_descriptor), CALL(memory_op),
	CALL(multicall), CALL(update_va_mapping), CALL(set_timer_op),
	CALL(event_channel_op_compat), CALL(xen_version), CALL(console_io),
	CALL(physdev_op_compat), CALL(grant_table_op), CALL(vm_assist),
	CALL(update_va_mapping_otherdomain), CALL(iret), CALL(vcpu_op), CALL(set_segment_base),
	CALL(mmuext_op), CALL(xsm_op), CALL(nmi_op), CALL(sched_op), CALL(callback_op),
	CALL(xenoprof_op), CALL(event_channel_op), CALL(physdev_op), CALL(hvm_op), CALL(sysctl),
	CALL(domctl), CALL(kexec_op), CALL(tmem_op), CALL(argo_op), CALL(xenpmu_op), CALL(dm_op),
	CALL(hypfs_op), [__HYPERVISOR_arch_0] = "mca", [__HYPERVISOR_arch_1] = "paging_domctl_cont",
};

struct sub {
	u32 op, sub;
	const char *name;
};

#define SUB(op, prefix, n) { __HYPERVISOR_##op, prefix##n, #n }
static const struct sub subs[] = {
	SUB(memory_op, XENMEM_, increase_reservation),
	SUB(memory_op, XENMEM_, decrease_reservation),
	SUB(memory_op, XENMEM_, populate_physmap), SUB(memory_op, XENMEM_, exchange),
	SUB(memory_op, XENMEM_, maximum_ram_page), SUB(memory_op, XENMEM_, current_reservation),
	SUB(memory_op, XENMEM_, maximum_reservation), SUB(memory_op, XENMEM_, maximum_gpfn),
	SUB(memory_op, XENMEM_, machphys_mfn_list), SUB(memory_op, XENMEM_, machphys_mapping),
	SUB(memory_op, XENMEM_, machphys_compat_mfn_list),
	SUB(memory_op, XENMEM_, add_to_physmap), SUB(memory_op, XENMEM_, add_to_physmap_batch),
	SUB(memory_op, XENMEM_, remove_from_physmap), SUB(memory_op, XENMEM_, memory_map),
	SUB(memory_op, XENMEM_, machine_memory_map), SUB(memory_op, XENMEM_, set_memory_map),
	SUB(memory_op, XENMEM_, claim_pages), SUB(memory_op, XENMEM_, acquire_resource),
	SUB(memory_op, XENMEM_, get_pod_target), SUB(memory_op, XENMEM_, set_pod_target),
	SUB(memory_op, XENMEM_, reserved_device_memory_map), SUB(memory_op, XENMEM_, get_vnumainfo),

	SUB(event_channel_op, EVTCHNOP_, bind_interdomain),
	SUB(event_channel_op, EVTCHNOP_, bind_virq),
	SUB(event_channel_op, EVTCHNOP_, bind_pirq), SUB(event_channel_op, EVTCHNOP_, close),
	SUB(event_channel_op, EVTCHNOP_, send), SUB(event_channel_op, EVTCHNOP_, status),
	SUB(event_channel_op, EVTCHNOP_, alloc_unbound), SUB(event_channel_op, EVTCHNOP_, bind_ipi),
	SUB(event_channel_op, EVTCHNOP_, bind_vcpu), SUB(event_channel_op, EVTCHNOP_, unmask),
	SUB(event_channel_op, EVTCHNOP_, reset), SUB(event_channel_op, EVTCHNOP_, init_control),
	SUB(event_channel_op, EVTCHNOP_, expand_array),
	SUB(event_channel_op, EVTCHNOP_, set_priority),

	SUB(grant_table_op, GNTTABOP_, map_grant_ref),
	SUB(grant_table_op, GNTTABOP_, unmap_grant_ref),
	SUB(grant_table_op, GNTTABOP_, setup_table), SUB(grant_table_op, GNTTABOP_, dump_table),
	SUB(grant_table_op, GNTTABOP_, transfer), SUB(grant_table_op, GNTTABOP_, copy),
	SUB(grant_table_op, GNTTABOP_, query_size),
	SUB(grant_table_op, GNTTABOP_, unmap_and_replace),
	SUB(grant_table_op, GNTTABOP_, set_version), SUB(grant_table_op, GNTTABOP_, get_version),
	SUB(grant_table_op, GNTTABOP_, get_status_frames),
	SUB(grant_table_op, GNTTABOP_, swap_grant_ref),
	SUB(grant_table_op, GNTTABOP_, cache_flush),

	SUB(vcpu_op, VCPUOP_, initialise), SUB(vcpu_op, VCPUOP_, up), SUB(vcpu_op, VCPUOP_, down),
	SUB(vcpu_op, VCPUOP_, is_up), SUB(vcpu_op, VCPUOP_, get_runstate_info),
	SUB(vcpu_op, VCPUOP_, register_runstate_memory_area),
	SUB(vcpu_op, VCPUOP_, set_periodic_timer), SUB(vcpu_op, VCPUOP_, stop_periodic_timer),
	SUB(vcpu_op, VCPUOP_, set_singleshot_timer), SUB(vcpu_op, VCPUOP_, stop_singleshot_timer),
	SUB(vcpu_op, VCPUOP_, register_vcpu_info), SUB(vcpu_op, VCPUOP_, send_nmi),
	SUB(vcpu_op, VCPUOP_, get_physid), SUB(vcpu_op, VCPUOP_, register_vcpu_time_memory_area),

	SUB(sched_op, SCHEDOP_, yield),
	SUB(sched_op, SCHEDOP_, block), SUB(sched_op, SCHEDOP_, shutdown),
	SUB(sched_op, SCHEDOP_, poll), SUB(sched_op, SCHEDOP_, remote_shutdown),
	SUB(sched_op, SCHEDOP_, shutdown_code), SUB(sched_op, SCHEDOP_, watchdog),
	SUB(sched_op, SCHEDOP_, pin_override),

	SUB(physdev_op, PHYSDEVOP_, eoi), SUB(physdev_op, PHYSDEVOP_, irq_status_query),
	SUB(physdev_op, PHYSDEVOP_, set_iopl), SUB(physdev_op, PHYSDEVOP_, set_iobitmap),
	SUB(physdev_op, PHYSDEVOP_, apic_read), SUB(physdev_op, PHYSDEVOP_, apic_write),
	{ __HYPERVISOR_physdev_op, PHYSDEVOP_alloc_irq_vector, "alloc_irq_vector" },
	SUB(physdev_op, PHYSDEVOP_, map_pirq), SUB(physdev_op, PHYSDEVOP_, unmap_pirq),
	SUB(physdev_op, PHYSDEVOP_, manage_pci_add), SUB(physdev_op, PHYSDEVOP_, restore_msi),
	SUB(physdev_op, PHYSDEVOP_, setup_gsi), SUB(physdev_op, PHYSDEVOP_, get_free_pirq),
	SUB(physdev_op, PHYSDEVOP_, pci_mmcfg_reserved),
	SUB(physdev_op, PHYSDEVOP_, pci_device_add),
	SUB(physdev_op, PHYSDEVOP_, pci_device_remove), SUB(physdev_op, PHYSDEVOP_, dbgp_op),
	SUB(physdev_op, PHYSDEVOP_, pirq_eoi_gmfn_v2),
	SUB(physdev_op, PHYSDEVOP_, pirq_eoi_gmfn_v1),
	SUB(physdev_op, PHYSDEVOP_, prepare_msix),

	SUB(xen_version, XENVER_, version), SUB(xen_version, XENVER_, extraversion),
	SUB(xen_version, XENVER_, compile_info), SUB(xen_version, XENVER_, capabilities),
	SUB(xen_version, XENVER_, changeset), SUB(xen_version, XENVER_, platform_parameters),
	SUB(xen_version, XENVER_, get_features), SUB(xen_version, XENVER_, pagesize),
	SUB(xen_version, XENVER_, guest_handle), SUB(xen_version, XENVER_, commandline),
	SUB(xen_version, XENVER_, build_id),

	SUB(console_io, CONSOLEIO_, write), SUB(console_io, CONSOLEIO_, read),
	SUB(callback_op, CALLBACKOP_, register), SUB(callback_op, CALLBACKOP_, unregister),
	{ __HYPERVISOR_vm_assist, VMASST_CMD_enable, "enable" },
	{ __HYPERVISOR_vm_assist, VMASST_CMD_disable, "disable" },
	{ __HYPERVISOR_hvm_op, HVMOP_set_param, "set_param" },
	{ __HYPERVISOR_hvm_op, HVMOP_get_param, "get_param" },
	{ __HYPERVISOR_hvm_op, HVMOP_pagetable_dying, "pagetable_dying" },
	{ __HYPERVISOR_set_segment_base, SEGBASE_FS, "fs" },
	{ __HYPERVISOR_set_segment_base, SEGBASE_GS_USER, "gs_user" },
	{ __HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, "gs_kernel" },
	{ __HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, "gs_user_sel" },
};

const char *hypercall_name(u32 op)
{
	return op < ARRAY_SIZE(calls) ? calls[op] : NULL;
}

const char *hypercall_sub_name(u32 op, u32 sub)
{
	for (size_t i = 0; i < ARRAY_SIZE(subs); i++)
		if (subs[i].op == op && subs[i].sub == sub)
			return subs[i].name;
	return NULL;
}

int hypercall_sub_arg(u32 op)
{
	static const u8 have[] = {
		__HYPERVISOR_memory_op, __HYPERVISOR_event_channel_op, __HYPERVISOR_grant_table_op,
		__HYPERVISOR_vcpu_op, __HYPERVISOR_sched_op, __HYPERVISOR_physdev_op,
		__HYPERVISOR_xen_version, __HYPERVISOR_console_io, __HYPERVISOR_callback_op,
		__HYPERVISOR_vm_assist, __HYPERVISOR_hvm_op, __HYPERVISOR_nmi_op,
		__HYPERVISOR_kexec_op, __HYPERVISOR_xenpmu_op, __HYPERVISOR_hypfs_op,
		__HYPERVISOR_set_segment_base, __HYPERVISOR_set_debugreg,
		__HYPERVISOR_get_debugreg,
	};

	return op < 64 && memchr(have, op, sizeof(have)) ? 0 : -1;
}

int hypercall_items_arg(u32 op)
{
	switch (op) {
	case __HYPERVISOR_mmu_update:
	case __HYPERVISOR_mmuext_op:
	case __HYPERVISOR_multicall:
		return 1;
	case __HYPERVISOR_grant_table_op:
		return 2;
	default:
		return -1;
	}
}

const char *trap_name(u32 vector)
{
	static const char *const names[] = {
		"divide_error", "debug", "nmi", "int3", "overflow", "bounds", "invalid_op",
		"device_not_available", "double_fault", "coprocessor_segment", "invalid_tss",
		"segment_not_present", "stack_fault", "general_protection", "page_fault",
		"spurious", "fp_error", "alignment_check", "machine_check", "simd_error",
		"virtualisation", "control_protection",
	};

	if (vector == 0x80)
		return "int80";
	if (vector == 0x100)
		return "syscall";
	return vector < ARRAY_SIZE(names) ? names[vector] : NULL;
}

const char *virq_name(u32 virq)
{
	static const char *const names[] = {
		[VIRQ_TIMER] = "timer", [VIRQ_DEBUG] = "debug", [VIRQ_CONSOLE] = "console",
		[VIRQ_DOM_EXC] = "dom_exc", [VIRQ_TBUF] = "tbuf", [VIRQ_DEBUGGER] = "debugger",
		[VIRQ_XENOPROF] = "xenoprof", [VIRQ_CON_RING] = "con_ring",
		[VIRQ_PCPU_STATE] = "pcpu_state", [VIRQ_MEM_EVENT] = "mem_event",
		[VIRQ_ARGO] = "argo", [VIRQ_ENOMEM] = "enomem", [VIRQ_XENPMU] = "xenpmu",
	};

	return virq < ARRAY_SIZE(names) ? names[virq] : NULL;
}
