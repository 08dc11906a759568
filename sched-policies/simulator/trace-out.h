/* SPDX-License-Identifier: MIT */
/*
 * Where the simulator's trace records go.
 */
#ifndef ORRERY_SIM_TRACE_OUT_H
#define ORRERY_SIM_TRACE_OUT_H

#include "lib/types.h"

/* One record: its header word and payload; the time is the simulation's. */
void sim_trace_out(u32 header, const void *payload, u32 bytes);

#endif
