/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's console: formatted output to the serial port and to the
 * ring that `xl dmesg` reads.  Lines are prefixed "(ORR) "; levels as Xen's
 * loglvl=.  Any context; one lock, interrupts off while a line goes out.
 */
#ifndef ORRERY_CONSOLE_CONSOLE_H
#define ORRERY_CONSOLE_CONSOLE_H

#include "lib/types.h"

struct cpu_regs;
struct domain;

enum log_level { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void printk(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);
#define log_err(...) printk(LOG_ERR, __VA_ARGS__)
#define log_warn(...) printk(LOG_WARNING, __VA_ARGS__)
#define log_info(...) printk(LOG_INFO, __VA_ARGS__)
#define log_debug(...) printk(LOG_DEBUG, __VA_ARGS__)

/* About a guest's behaviour, subject to guest_loglvl=; rate-limited by count, not by clock. */
void guest_log(const struct domain *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Our own bug: registers, call trace with symbols, then stop the machine. */
void NORETURN panic(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Bad input at boot (kernel, command line): one clear line, then stop or reboot. */
void NORETURN boot_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
extern bool opt_noreboot; /* the noreboot option: the machine halts instead of restarting */
void dump_registers(const struct cpu_regs *regs);
void dump_call_trace(const struct cpu_regs *regs); /* NULL: from here */
/* "symbol+0x12/0x80" or the bare address into @buf. */
const char *symbol_name(u64 addr, char *buf, size_t len);

#define BUG() panic("BUG at %s:%d", __FILE__, __LINE__)
#define BUG_ON(c)                                                               \
	do {                                                                    \
		if (unlikely(c))                                                \
			panic("BUG at %s:%d: %s", __FILE__, __LINE__, #c);      \
	} while (0)
/* To notice earlier; never error handling. */
#define ASSERT(c) BUG_ON(!(c))

#endif
