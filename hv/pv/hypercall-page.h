/* SPDX-License-Identifier: MIT */
/*
 * The page of hypercall entry points that a kernel may ask for with the ELF
 * note XEN_ELFNOTE_HYPERCALL_PAGE, filled in by whoever builds the domain.
 */
#ifndef ORRERY_PV_HYPERCALL_PAGE_H
#define ORRERY_PV_HYPERCALL_PAGE_H

/* @page: a whole guest frame, mapped writable. */
void hypercall_page_fill(void *page);

#endif
