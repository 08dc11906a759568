/* SPDX-License-Identifier: MIT */
/*
 * nmi_op: the older way to name the handler of non-maskable interrupts; callback_op
 * and set_trap_table set the same.  Structures: <xen/nmi.h>.
 */
#include "hypercalls/hypercall.h"

#include <xen/nmi.h>

#include "lib/errno.h"
#include "memory/guest.h"
#include "pv/nmi.h"

long hypercall_nmi_op(u64 cmd, u64 arg)
{
	struct xennmi_callback cb;
	struct vcpu *v = current;
	int rc;

	switch ((u32)cmd) {
	case XENNMI_register_callback:
		if (copy_from_guest(&cb, arg, sizeof(cb)))
			return -EFAULT;
		rc = pv_nmi_set_handler(v, cb.handler_address);
		/* One that came before there was anybody to hear it has left its reason. */
		if (!rc && v == (dom0 ? dom0->vcpu[0] : NULL) &&
		    READ_ONCE(v->domain->shared_info->arch.nmi_reason))
			pv_nmi_send(v);
		return rc;
	case XENNMI_unregister_callback:
		return pv_nmi_set_handler(v, 0);
	}
	return -ENOSYS;
}
