/* SPDX-License-Identifier: MIT */
/*
 * domctl getvcpuextstate and setvcpuextstate: a vCPU's extended state for
 * saving and restoring.  The buffer holds XCR0, the mask of components the vCPU
 * may have used, and an XSAVE area in standard format (AMD64 APM vol. 2,
 * 11.5.2).  Called by Dom0's tools for a domain that is not their own; what
 * comes in is checked by fpu_import(), since XRSTOR faults on a bad area.
 */
#include "hypercalls/domctl.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "memory/page.h"
#include "x86/fpu.h"
#include "x86/setup.h"

#define BUFFER_ORDER 2
#define BUFFER_BYTES (PAGE_SIZE << BUFFER_ORDER)

struct xstate_buffer {
	u64 xcr0, components;
	u8 area[];
};

/* Of a whole state; 0 on a processor without XSAVE: there is nothing beyond getvcpucontext. */
static size_t buffer_bytes(void)
{
	return cpu_features.xsave ? sizeof(struct xstate_buffer) + cpu_features.xsave_size : 0;
}

/* What the domctl is about: NULL and *rc, -EINVAL for the caller's own domain. */
static struct vcpu *target(struct domain *d, u32 id, int *rc)
{
	struct vcpu *v = domctl_vcpu(d, id, rc);

	if (v && d == current->domain) {
		*rc = -EINVAL;
		return NULL;
	}
	return v;
}

/* The first call, with nothing given, asks for mask and size. */
int domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuextstate *args = &op->u.vcpuextstate;
	struct xstate_buffer *buffer;
	int rc;
	struct vcpu *v = target(d, args->vcpu, &rc);

	if (!v)
		return rc;
	if (!args->size && !args->xfeature_mask) {
		args->xfeature_mask = cpu_features.xsave ? cpu_features.xcr0_mask : 0;
		args->size = buffer_bytes();
		return 0;
	}
	if (!buffer_bytes() || args->size != buffer_bytes() || args->size > BUFFER_BYTES ||
	    args->xfeature_mask != cpu_features.xcr0_mask)
		return -EINVAL;
	buffer = alloc_hv_pages(BUFFER_ORDER);
	if (!buffer)
		return -ENOMEM;
	vcpu_pause(v);
	buffer->xcr0 = v->xcr0;
	buffer->components = cpu_features.xcr0_mask;
	memcpy(buffer->area, v->fpu_area, cpu_features.xsave_size);
	vcpu_unpause(v);
	rc = copy_to_guest(guest_handle_va(args->buffer), buffer, buffer_bytes()) ? -EFAULT : 0;
	free_hv_pages(buffer, BUFFER_ORDER);
	return rc;
}

static int install(struct vcpu *v, const struct xstate_buffer *buffer, size_t area_bytes)
{
	int rc;

	vcpu_pause(v);
	rc = fpu_import(v, buffer->xcr0, buffer->components, buffer->area, area_bytes);
	vcpu_unpause(v);
	return rc;
}

/* A state saved with fewer components is shorter. */
int domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuextstate *args = &op->u.vcpuextstate;
	struct xstate_buffer *buffer;
	int rc;
	struct vcpu *v = target(d, args->vcpu, &rc);

	if (!v)
		return rc;
	if (args->size < sizeof(*buffer) + FPU_AREA_MIN || args->size > buffer_bytes() ||
	    args->size > BUFFER_BYTES)
		return -EINVAL;
	buffer = alloc_hv_pages(BUFFER_ORDER);
	if (!buffer)
		return -ENOMEM;
	rc = copy_from_guest(buffer, guest_handle_va(args->buffer), args->size) ?
		-EFAULT : install(v, buffer, args->size - sizeof(*buffer));
	free_hv_pages(buffer, BUFFER_ORDER);
	return rc;
}
