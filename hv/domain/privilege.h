/* SPDX-License-Identifier: MIT */
/*
 * Who may act on whom: Xen's default policy, without FLASK.  Dom0 controls
 * every domain, the others only themselves.
 */
#ifndef ORRERY_DOMAIN_PRIVILEGE_H
#define ORRERY_DOMAIN_PRIVILEGE_H

#include "domain/domain.h"

/* May @by do to @target what only its owner or a control domain may do? */
static inline bool domain_controls(const struct domain *by, const struct domain *target)
{
	return by == target || by->privileged;
}

#endif
