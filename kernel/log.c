// SPDX-License-Identifier: MIT
/*
 * The log: a ring of text, and the console for what matters.
 *
 * Each line is kept as syslog(2) hands it out, "<level>[seconds.micros] text\n",
 * so that reading is copying.  A position in the log is a count of bytes since
 * boot; it never wraps, and a reader that fell behind goes on at the oldest
 * whole line.
 *
 * A line is made on the caller's stack, stored under the lock, and written to
 * the console without it: a console driver has a lock of its own.
 *
 * Always true: ring[pos % size] is byte pos for tail <= pos < head; tail is
 *              the start of a line.
 * Lock:        log_lock (any context); panic() breaks it.
 */
#include <kernel/log.h>

#include <arch/machine.h>
#include <arch/time.h>
#include <kernel/sync.h>
#include <lib/printf.h>
#include <lib/string.h>

#define RING_SIZE       (32 * KiB)
#define LINE_MAX        400

static struct spinlock log_lock = SPINLOCK_INIT(RANK_LOG);
static char ring[RING_SIZE];
static u64 head, tail;          /* log_lock */
static bool broken;             /* panic: no locks any more */

int console_loglevel = LOG_DEBUG;
bool console_loglevel_asked;
static void (*console_write)(const char *s, size_t len) = early_puts;

static void ring_append(const char *s, size_t len);

void printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintk(level, fmt, ap);
	va_end(ap);
}

void vprintk(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX];
	u64 us = time_ns() / 1000;
	size_t prefix, len;
	unsigned long flags;

	prefix = (size_t)scnprintf(line, sizeof(line), "<%d>", level);
	len = prefix + (size_t)scnprintf(line + prefix, sizeof(line) - prefix, "[%5lu.%06lu] ",
					 us / 1000000, us % 1000000);
	len += (size_t)vscnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	if (line[len - 1] != '\n')
		line[len++] = '\n';

	if (READ_ONCE(broken)) {
		ring_append(line, len);
	} else {
		flags = spin_lock_irqsave(&log_lock);
		ring_append(line, len);
		spin_unlock_irqrestore(&log_lock, flags);
	}
	if ((int)level < console_loglevel)
		console_write(line + prefix, len - prefix);
}

/* Make room by whole lines, then copy. */
static void ring_append(const char *s, size_t len)
{
	while (head + len - tail > RING_SIZE) {
		while (ring[tail % RING_SIZE] != '\n')
			tail++;
		tail++;
	}
	for (size_t i = 0; i < len; i++)
		ring[(head + i) % RING_SIZE] = s[i];
	head += len;
}

size_t log_read(u64 *pos, char *buf, size_t size)
{
	unsigned long flags = spin_lock_irqsave(&log_lock);
	size_t n = 0;

	if (*pos < tail || *pos > head)
		*pos = tail;
	while (n < size && *pos < head)
		buf[n++] = ring[(*pos)++ % RING_SIZE];
	spin_unlock_irqrestore(&log_lock, flags);
	return n;
}

void log_range(u64 *first, u64 *end)
{
	unsigned long flags = spin_lock_irqsave(&log_lock);

	*first = tail;
	*end = head;
	spin_unlock_irqrestore(&log_lock, flags);
}

size_t log_capacity(void)
{
	return RING_SIZE;
}

void log_set_console(void (*write)(const char *s, size_t len))
{
	WRITE_ONCE(console_write, write ? write : early_puts);
}

void log_boot_done(void)
{
	if (!console_loglevel_asked)
		console_loglevel = LOG_WARNING;
}

void log_break_locks(void)
{
	WRITE_ONCE(broken, true);
	WRITE_ONCE(console_write, early_puts);
	console_loglevel = LOG_DEBUG + 1;
}
