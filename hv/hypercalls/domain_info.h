/* SPDX-License-Identifier: MIT */
/*
 * What the tools are told about a domain (domctl getdomaininfo, sysctl
 * getdomaininfolist).
 */
#ifndef ORRERY_HYPERCALLS_DOMAIN_INFO_H
#define ORRERY_HYPERCALLS_DOMAIN_INFO_H

#include "domain/domain.h"

#include <xen/domctl.h>

void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info);

#endif
