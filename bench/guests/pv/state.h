/* SPDX-License-Identifier: MIT */
/*
 * The parts of the state guest: state.c calls them.
 */
#ifndef ORRERY_GUESTS_STATE_H
#define ORRERY_GUESTS_STATE_H

#include "bench/guests/pv/pv.h"

void state_pinning(void); /* affinity and SCHEDOP_pin_override */
void state_many_domains(bool counted); /* @counted: the TSC counts our instructions alone */

#endif
