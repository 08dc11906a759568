/* SPDX-License-Identifier: MIT */
/*
 * The console's UART (16550): polled output, input by interrupt.  The caller
 * of the output side holds the console lock; the interrupt side needs none.
 */
#ifndef ORRERY_CONSOLE_SERIAL_H
#define ORRERY_CONSOLE_SERIAL_H

#include "lib/types.h"

/* Program the chosen port; false if there is none (or console=none). */
bool serial_init(void);
/* Send; '\n' goes out as "\r\n". Dropped while there is no port. */
void serial_write(const char *s, size_t n);

/* I/O base of the console's port and its line, which Dom0 must not get; 0 if unused. */
u16 serial_io_base(void);
unsigned serial_irq(void);

/* Take the port's interrupt line (on VECTOR_SERIAL) and let received bytes raise it.  @pre
 * interrupt lines are set up. */
void serial_enable_interrupt(void);
/* Take what the UART received to console input.  Interrupts off. */
void serial_interrupt(void);

#endif
