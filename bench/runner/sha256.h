/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4) for the hashes in manifests.  Pure; no state outside the
 * caller's structure.
 */
#ifndef ORRERY_RUNNER_SHA256_H
#define ORRERY_RUNNER_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "lib/sha256.h"

#define SHA256_HEX_SIZE (2 * SHA256_BYTES + 1)

/* Finish and write 64 lower-case hex digits and a NUL. */
void sha256_hex(struct sha256 *s, char hex[SHA256_HEX_SIZE]);

/* Hash of a file's content and its size; -errno when it cannot be read. */
int sha256_file(const char *path, char hex[SHA256_HEX_SIZE], uint64_t *bytes);

#endif
