/* SPDX-License-Identifier: MIT */
/*
 * Formatted text into a buffer: the part of ISO C's snprintf that a hypervisor
 * needs.  Conversions d i u x X o p s c %; flags - 0 + space #; width and
 * precision as numbers or *; lengths hh h l ll z j t.  No floating point, no
 * locale, no %n.  Pure: the buffer is the only thing written.  An unknown
 * conversion is copied as it stands, so that the line stays readable.
 */
#ifndef ORRERY_LIB_PRINTF_H
#define ORRERY_LIB_PRINTF_H

#include <stdarg.h>

#include "lib/types.h"

/* Both return the length the whole text has, without the final zero; what does not
 * fit into @size bytes is cut off.  @buf is always ended if @size > 0. */
int fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
int fmt_snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* As fmt_snprintf, but the bytes that really went into @buf: for appending at an offset. */
size_t fmt_scnprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
