/* SPDX-License-Identifier: MIT */
/*
 * Console input and Dom0's share of the console.  Bytes from the serial port
 * go to Dom0 (VIRQ_CONSOLE, CONSOLEIO_read), or, after Ctrl-A three times, to
 * the debug keys until Ctrl-A three times again.
 */
#ifndef ORRERY_CONSOLE_INPUT_H
#define ORRERY_CONSOLE_INPUT_H

#include "lib/types.h"

/* From the serial interrupt: one byte; and, once, that the batch is over. */
void console_input_byte(u8 byte);
void console_input_done(void);

/* Take up to @n bytes of what was typed; how many there were.  Any context. */
size_t console_read_input(char *buf, size_t n);

/* A domain's own text, as it is: Dom0's goes to the port (and to the ring with the option
 * console_to_ring), another's is cut into lines that start with "(dN) ". */
void console_write_raw(const char *s, size_t n);
void console_write_guest(domid_t id, const char *s, size_t n);
/* Does guest_loglvl= let guests write to the console? */
bool console_guests_may_write(void);

#endif
