/* SPDX-License-Identifier: MIT */
/*
 * A file as one text.
 */
#ifndef ORRERY_RUNNER_FILE_TEXT_H
#define ORRERY_RUNNER_FILE_TEXT_H

#include <stddef.h>

#define FILE_TEXT_USUAL ((size_t)1 << 20) /* more than a scenario, a page or a figure has */

/* All of the file and a NUL behind it, to be freed; *@len (which may be NULL) without that.  NULL
 * with errno: EFBIG if it has more than @max bytes. */
char *file_text(const char *path, size_t max, size_t *len);

#endif
