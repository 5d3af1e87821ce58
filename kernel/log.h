// SPDX-License-Identifier: MIT
/*
 * The kernel's log: a ring in memory (dmesg, /dev/kmsg) and, for lines at or
 * below the console level, the console.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <lib/bug.h>
#include <lib/types.h>
#include <stdarg.h>

enum log_level {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARNING,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG
};

/* Safe anywhere: interrupts, before the console.  A line per call; no trailing newline needed. */
void printk(enum log_level level, const char *fmt, ...) __printf(2, 3);
void vprintk(enum log_level level, const char *fmt, va_list ap) __printf(2, 0);

#define pr_err(...)     printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)    printk(LOG_WARNING, __VA_ARGS__)
#define pr_notice(...)  printk(LOG_NOTICE, __VA_ARGS__)
#define pr_info(...)    printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)   printk(LOG_DEBUG, __VA_ARGS__)

extern int console_loglevel;            /* lines with a lower number reach the console */
extern bool console_loglevel_asked;     /* by a boot argument */

/*
 * The first program is about to run: from now on the console is the programs', and only errors
 * and worse interrupt them; unless the boot arguments asked for a level.
 */
void log_boot_done(void);

/* Where console lines go once a driver is up; early_puts() until then. */
void log_set_console(void (*write)(const char *s, size_t len));

/* Read the ring: bytes from sequence position *pos on; for syslog(2), /dev/kmsg. */
size_t log_read(u64 *pos, char *buf, size_t size);
/* The oldest position kept, and the one behind the newest; and the size of the ring in bytes. */
void log_range(u64 *first, u64 *end);
size_t log_capacity(void);

/* panic(): from now on without locks, straight to the early console, every level. */
void log_break_locks(void);

#endif
