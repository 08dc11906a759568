/* SPDX-License-Identifier: MIT */
/* Between the files of the PV guest's operations. */
#ifndef ORRERY_GUESTS_OPS_H
#define ORRERY_GUESTS_OPS_H

#include "bench/guests/micro.h"

/* Measures the operations on grants. @pre the caller is domain 0. */
void grant_ops_run(void);

#endif
