/* SPDX-License-Identifier: MIT */
/*
 * 16550 UART driver of the console.  Owns the port named by console= (COM1
 * unless told otherwise).  Output is polled: the transmitter-empty bit is read
 * once for every 16 bytes, which the FIFO then takes without a further look.
 * Register facts: National PC16550D data sheet.  Called by console.c under its
 * lock; serial_interrupt() runs with interrupts off and touches only the
 * receive side.  No flow control: a port that does not drain loses output.
 */
#include "console/serial.h"

#include "console/console.h"
#include "console/input.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "x86/cpu.h"
#include "x86/irq-line.h"
#include "x86/irq.h"
#include "x86/string-io.h"

enum { UART_DATA = 0, UART_IER = 1, UART_FCR = 2, UART_LCR = 3, UART_MCR = 4, UART_LSR = 5,
       UART_SCRATCH = 7 };

#define IER_RECEIVE 0x01
#define FCR_ENABLE_AND_CLEAR 0x07
#define LCR_8N1 0x03
#define LCR_DIVISOR 0x80
#define MCR_DTR_RTS_OUT2 0x0b
#define LSR_DATA 0x01
#define LSR_EMPTY 0x20

#define UART_CLOCK 115200
#define FIFO_BYTES 16
#define MAX_POLLS 4000000 /* a good second per FIFO on real hardware */

struct uart {
	u16 base;
	unsigned irq;
	unsigned baud; /* 0: leave what the firmware set */
	u8 lcr;
};

static struct uart ports[2] = {
	{ 0x3f8, 4, 115200, LCR_8N1 },
	{ 0x2f8, 3, 115200, LCR_8N1 },
};
static int chosen; /* index, -1: none */
static const struct uart *uart; /* NULL until initialised */
static unsigned fifo_room;
static bool sent_cr;

/* "8n1": data bits, parity, stop bits. */
static int parse_format(const char *s, u8 *lcr)
{
	static const char parity[] = "nomes"; /* LCR codes 0, 1, 5, 3, 7 in steps of 8 */
	static const u8 code[] = { 0, 1, 5, 3, 7 };
	const char *p;

	if (s[0] < '5' || s[0] > '8' || !s[1] || (s[2] != '1' && s[2] != '2'))
		return -EINVAL;
	p = strchr(parity, s[1]);
	if (!p)
		return -EINVAL;
	*lcr = (s[0] - '5') | code[p - parity] << 3 | (s[2] == '2') << 2;
	return 0;
}

/* BAUD[/CLOCK]|auto [,DPS[,IO-BASE[,IRQ]]], as Xen's option. */
static int parse_port(struct uart *u, const char *s)
{
	struct uart parsed = *u;
	const char *end = s;

	if (!strncmp(s, "auto", 4)) {
		parsed.baud = 0;
		end = s + 4;
	} else {
		parsed.baud = parse_u64(s, &end, 10);
		if (!parsed.baud || UART_CLOCK % parsed.baud)
			return -EINVAL;
		if (*end == '/')
			parse_u64(end + 1, &end, 10);
	}
	if (*end == ',') {
		if (parse_format(end + 1, &parsed.lcr))
			return -EINVAL;
		end += 4;
	}
	if (*end == ',')
		parsed.base = parse_u64(end + 1, &end, 0);
	if (*end == ',')
		parsed.irq = parse_u64(end + 1, &end, 0);
	if (*end || !parsed.base || parsed.irq > 15)
		return -EINVAL;
	*u = parsed;
	return 0;
}

static int parse_com1(const char *value)
{
	return parse_port(&ports[0], value);
}
CMDLINE_CUSTOM("com1", parse_com1, "BAUD[,8n1[,IO-BASE[,IRQ]]], BAUD dividing 115200");

static int parse_com2(const char *value)
{
	return parse_port(&ports[1], value);
}
CMDLINE_CUSTOM("com2", parse_com2, "BAUD[,8n1[,IO-BASE[,IRQ]]], BAUD dividing 115200");

/* A comma list, as Xen's: the serial port in it counts, vga has no driver here. */
static int parse_console(const char *value)
{
	int port = -1;

	while (*value) {
		if (!strncmp(value, "com1", 4) || !strncmp(value, "com2", 4))
			port = value[3] - '1';
		else if (strncmp(value, "vga", 3) && strncmp(value, "none", 4))
			return -EINVAL;
		while (*value && *value != ',')
			value++;
		if (*value)
			value++;
	}
	chosen = port;
	return 0;
}
CMDLINE_CUSTOM("console", parse_console, "com1, com2, none");

static void reg_write(unsigned reg, u8 v)
{
	outb(uart->base + reg, v);
}

static u8 reg_read(unsigned reg)
{
	return inb(uart->base + reg);
}

static bool port_present(void)
{
	reg_write(UART_SCRATCH, 0x5a);
	return reg_read(UART_SCRATCH) == 0x5a;
}

bool serial_init(void)
{
	if (chosen < 0)
		return false;
	uart = &ports[chosen];
	if (!port_present()) {
		uart = NULL;
		return false;
	}
	reg_write(UART_IER, 0);
	if (uart->baud) {
		unsigned divisor = UART_CLOCK / uart->baud;

		reg_write(UART_LCR, uart->lcr | LCR_DIVISOR);
		reg_write(UART_DATA, divisor & 0xff);
		reg_write(UART_IER, divisor >> 8);
	}
	reg_write(UART_LCR, uart->lcr);
	reg_write(UART_FCR, FCR_ENABLE_AND_CLEAR);
	reg_write(UART_MCR, MCR_DTR_RTS_OUT2);
	fifo_room = 0;
	return true;
}

/* Wait until the FIFO is empty.  False: it does not drain. */
static bool wait_for_room(void)
{
	for (unsigned polls = 0; polls < MAX_POLLS; polls++) {
		if (reg_read(UART_LSR) & LSR_EMPTY) {
			fifo_room = FIFO_BYTES;
			return true;
		}
		cpu_relax();
	}
	return false;
}

static void send(const char *s, size_t n)
{
	while (n) {
		unsigned chunk;

		if (!fifo_room && !wait_for_room())
			return;
		chunk = MIN(n, fifo_room);
		outsb(uart->base + UART_DATA, s, chunk);
		fifo_room -= chunk;
		s += chunk;
		n -= chunk;
	}
}

void serial_write(const char *s, size_t n)
{
	if (!uart)
		return;
	while (n) {
		size_t line = bytes_before(s, '\n', n);

		if (line) {
			send(s, line);
			sent_cr = s[line - 1] == '\r';
		}
		if (line == n)
			return;
		send(sent_cr ? "\n" : "\r\n", sent_cr ? 1 : 2);
		sent_cr = false;
		s += line + 1;
		n -= line + 1;
	}
}

u16 serial_io_base(void)
{
	return uart ? uart->base : 0;
}

unsigned serial_irq(void)
{
	return uart ? uart->irq : 0;
}

static void serial_vector(struct cpu_regs *regs)
{
	serial_interrupt();
}

void serial_enable_interrupt(void)
{
	int rc;

	if (!uart)
		return;
	set_vector_handler(VECTOR_SERIAL, serial_vector);
	rc = irq_claim_isa(uart->irq, VECTOR_SERIAL);
	if (rc) {
		log_warn("no console input: interrupt %u is not to be had (%d)", uart->irq, rc);
		return;
	}
	reg_write(UART_IER, IER_RECEIVE);
}

void serial_interrupt(void)
{
	unsigned budget = 4 * FIFO_BYTES; /* a port that always has data must not hang us */

	if (!uart)
		return;
	(void)reg_read(UART_FCR); /* reads as interrupt identification */
	while ((reg_read(UART_LSR) & LSR_DATA) && budget--)
		console_input_byte(reg_read(UART_DATA));
	console_input_done();
}
