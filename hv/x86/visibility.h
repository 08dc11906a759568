/* SPDX-License-Identifier: MIT */
/*
 * Forced in front of every hypervisor source: all symbols are ours alone, so the
 * compiler may address them RIP-relative without a GOT.
 */
#ifndef __ASSEMBLER__
#pragma GCC visibility push(hidden)
#endif
