/* SPDX-License-Identifier: MIT */
/*
 * Error numbers of the guest ABI: XEN_Exxx come from libxen-dev's
 * <xen/errno.h>; the plain names below are the same values, so that code
 * shared with the host reads alike on both sides.
 */
#ifndef ORRERY_LIB_ERRNO_H
#define ORRERY_LIB_ERRNO_H

#ifdef __STDC_HOSTED__
#if __STDC_HOSTED__
#define ORRERY_HOST_ERRNO 1
#endif
#endif

#ifdef ORRERY_HOST_ERRNO
#include <errno.h>
#define ERESTART_CONTINUE 85
#else
#define XEN_ERRNO(name, value) name = value,
enum orrery_errno {
#include <xen/errno.h>
	ERESTART = 85, /* the header keeps it from guests, who never see it */
};
#define ERESTART_CONTINUE ERESTART
#endif

#endif
