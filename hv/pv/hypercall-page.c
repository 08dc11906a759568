/* SPDX-License-Identifier: MIT */
/*
 * The hypercall page of PV guests: 128 entries of 32 bytes, each putting its
 * number into RAX and executing SYSCALL, which clobbers RCX and R11; iret never
 * comes back and leaves both to the hypervisor's frame.
 */
#include "pv/hypercall-page.h"

#include "lib/string.h"
#include "lib/types.h"
#include "x86/layout.h"

#define ENTRY_BYTES 32
#define NR_IRET 23

void hypercall_page_fill(void *page)
{
	/* push rcx; push r11; mov eax, nr; syscall; pop r11; pop rcx; ret */
	static const u8 call[] = { 0x51, 0x41, 0x53, 0xb8, 0,	  0,	0,
				   0,	 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
	/* push rcx; push r11; push rax; mov eax, 23; syscall */
	static const u8 iret[] = { 0x51, 0x41, 0x53, 0x50, 0xb8, NR_IRET, 0, 0, 0, 0x0f, 0x05 };
	u8 *at = page;

	memset(page, 0xcc, PAGE_SIZE);
	for (unsigned nr = 0; nr < PAGE_SIZE / ENTRY_BYTES; nr++, at += ENTRY_BYTES) {
		memcpy(at, call, sizeof(call));
		at[4] = nr;
	}
	memcpy((u8 *)page + NR_IRET * ENTRY_BYTES, iret, sizeof(iret));
}
