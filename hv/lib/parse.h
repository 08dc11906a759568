/* SPDX-License-Identifier: MIT */
/*
 * Text to numbers, for the command line and whatever else reads text at boot.
 * Pure functions: no locks, no state, the same code in the hypervisor and in
 * the host tests.  They accept exactly what they document and say where they
 * stopped; judging the range is the caller's business.
 */
#ifndef ORRERY_LIB_PARSE_H
#define ORRERY_LIB_PARSE_H

#include "lib/types.h"

/*
 * Unsigned number at @s: base 2..16, or 0 for decimal / 0x hexadecimal / leading-0
 * octal.  No sign, no white space.  *@end (may be NULL) is the first character not
 * used; it equals @s if there was no digit, and then the result is 0.  A number
 * beyond 64 bits gives UINT64_MAX, with *@end after all its digits.
 */
u64 parse_u64(const char *s, const char **end, unsigned base);

/*
 * Number with an optional size suffix B, K, M, G or T (either case), in bytes.
 * Without a suffix the number counts KiB, as on Xen's command line.
 * 0, -EINVAL if there is no digit, -ERANGE beyond 64 bits.
 */
int parse_size(const char *s, const char **end, u64 *bytes);

/* A boolean's value: 1 for yes on true enable 1, 0 for no off false disable 0, -1 else. */
int parse_bool(const char *s);

#endif
