/* SPDX-License-Identifier: MIT */
/*
 * Forced in front of every hypervisor source: all symbols are ours alone, so the
 * compiler may address them RIP-relative without a GOT; and the integer types
 * that the public headers take for granted.
 */
#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>
#pragma GCC visibility push(hidden)
#endif
