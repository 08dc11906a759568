/* SPDX-License-Identifier: MIT */
/*
 * Where PV code meets the trace: one name per place, so that the records'
 * layout stays in tracing/events and the code here reads as what happens.
 */
#ifndef ORRERY_PV_TRACE_HOOKS_H
#define ORRERY_PV_TRACE_HOOKS_H

#include "x86/regs.h"

#define trace_hook_trap(vector, has_code, code, regs) ((void)(vector), (void)(code))
#define trace_hook_page_fault(addr, code, regs) ((void)(addr))
#define trace_hook_pt_write(addr, value, regs) ((void)(addr))
#define trace_hook_privileged(regs) ((void)(regs))

#endif
