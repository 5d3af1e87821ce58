// SPDX-License-Identifier: MIT
/*
 * syslog(2): the kernel's log for klogctl(3) and dmesg(1).
 *
 * Reading the log empties nothing: what SYSLOG_ACTION_READ has given out and
 * what SYSLOG_ACTION_CLEAR has hidden are positions in the ring.
 *
 * Lock: syslog_lock guards the two positions and the saved console level.
 */
#include <kernel/log.h>

#include <kernel/cred.h>
#include <kernel/syscall.h>
#include <kernel/sync.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

enum {
	ACTION_CLOSE, ACTION_OPEN, ACTION_READ, ACTION_READ_ALL, ACTION_READ_CLEAR, ACTION_CLEAR,
	ACTION_CONSOLE_OFF, ACTION_CONSOLE_ON, ACTION_CONSOLE_LEVEL, ACTION_SIZE_UNREAD,
	ACTION_SIZE_BUFFER
};

static DEFINE_MUTEX(syslog_lock, RANK_TTY);     /* held while copying to the program */
static u64 read_pos, clear_pos;
static int saved_level = -1;

static long copy_log(vaddr_t to, size_t size, u64 *pos);
static long read_all(vaddr_t to, size_t size, bool clear);
static long set_level(int action, int level);

long sys_syslog(const unsigned long *a)
{
	int action = (int)a[0], len = (int)a[2];
	bool reads = action == ACTION_READ || action == ACTION_READ_ALL ||
		     action == ACTION_READ_CLEAR;
	u64 first, end;
	long ret = 0;

	if (action != ACTION_READ_ALL && action != ACTION_SIZE_BUFFER && !capable(CAP_SYSLOG) &&
	    !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (reads && (!a[1] || len < 0))
		return -EINVAL;
	if (reads && !len)
		return 0;
	if (reads && !user_range_ok(a[1], (size_t)len))
		return -EFAULT;
	ret = mutex_lock_interruptible(&syslog_lock);
	if (ret)
		return ret;
	log_range(&first, &end);
	switch (action) {
	case ACTION_CLOSE:
	case ACTION_OPEN:
		break;
	case ACTION_READ:
		ret = copy_log(a[1], (size_t)len, &read_pos);
		break;
	case ACTION_READ_ALL:
	case ACTION_READ_CLEAR:
		ret = read_all(a[1], (size_t)len, action == ACTION_READ_CLEAR);
		break;
	case ACTION_CLEAR:
		clear_pos = end;
		break;
	case ACTION_CONSOLE_OFF:
	case ACTION_CONSOLE_ON:
	case ACTION_CONSOLE_LEVEL:
		ret = set_level(action, len);
		break;
	case ACTION_SIZE_UNREAD:
		ret = (long)(end - clamp(read_pos, first, end));
		break;
	case ACTION_SIZE_BUFFER:
		ret = (long)log_capacity();
		break;
	default:
		ret = -EINVAL;
	}
	mutex_unlock(&syslog_lock);
	return ret;
}

/* From *pos on, at most @size bytes; *pos follows. */
static long copy_log(vaddr_t to, size_t size, u64 *pos)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t n;
	long done = 0;

	if (!buf)
		return -ENOMEM;
	while (size && (n = log_read(pos, buf, min(size, PAGE_SIZE)))) {
		if (copy_to_user(to + (size_t)done, buf, n)) {
			done = done ? done : -EFAULT;
			break;
		}
		done += (long)n;
		size -= n;
	}
	kfree(buf);
	return done;
}

/* The last @size bytes since the last clearing, from the start of a line. */
static long read_all(vaddr_t to, size_t size, bool clear)
{
	u64 first, end, pos;
	char c = 0;
	long n;

	log_range(&first, &end);
	pos = max(first, clear_pos);
	if (end - pos > size) {
		pos = end - size - 1;
		while (pos < end && log_read(&pos, &c, 1) && c != '\n')
			;
	}
	n = copy_log(to, min(size, (size_t)(end - pos)), &pos);
	if (clear && n >= 0)
		clear_pos = end;
	return n;
}

static long set_level(int action, int level)
{
	switch (action) {
	case ACTION_CONSOLE_OFF:
		if (saved_level < 0)
			saved_level = console_loglevel;
		console_loglevel = LOG_ALERT;
		return 0;
	case ACTION_CONSOLE_ON:
		if (saved_level >= 0)
			console_loglevel = saved_level;
		saved_level = -1;
		return 0;
	default:
		if (level < 1 || level > 8)
			return -EINVAL;
		console_loglevel = level;
		saved_level = -1;
		return 0;
	}
}
