// SPDX-License-Identifier: MIT
/*
 * /proc/kmsg: the log as it grows, for who waits for its next line (proc(5)).
 *
 * printk() works in any context and so wakes nobody: a reader at the end looks
 * again four times a second.  Unlike Linux, each open file begins at the oldest
 * line and takes nothing away from the others.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/cred.h>
#include <kernel/fs/poll.h>
#include <kernel/log.h>
#include <kernel/sync.h>
#include <kernel/time.h>
#include <mm/slab.h>

#define LOOK_AGAIN_NS   (NSEC_PER_SEC / 4)

static int kmsg_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYSLOG) || capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static bool kmsg_ready(const struct file *file)
{
	u64 first, end;

	log_range(&first, &end);
	return (u64)file->pos < end;
}

static int kmsg_wait(struct file *file)
{
	DEFINE_WAIT_QUEUE(nobody);
	int error = 0;

	while (!kmsg_ready(file) && (error == 0 || error == -ETIMEDOUT)) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		error = wait_event_interruptible_until(&nobody, kmsg_ready(file),
						       clock_monotonic_ns() + LOOK_AGAIN_NS);
	}
	return kmsg_ready(file) ? 0 : error;
}

static ssize_t kmsg_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	char *buf;
	u64 at;
	ssize_t n;
	int error = to->count ? kmsg_wait(file) : 0;

	if (error || !to->count)
		return error;
	buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	at = (u64)file->pos;
	n = (ssize_t)log_read(&at, buf, min(to->count, PAGE_SIZE));
	if (n && copy_to_iter(buf, n, to) < (size_t)n)
		n = -EFAULT;
	if (n > 0)
		file->pos = (loff_t)at;
	kfree(buf);
	return n;
}

static unsigned int kmsg_poll(struct file *file, struct poll_table *pt)
{
	return kmsg_ready(file) ? POLLIN | POLLRDNORM : 0;
}

const struct file_operations proc_kmsg_fops = {
	.open = kmsg_open, .read = kmsg_read, .poll = kmsg_poll, .llseek = no_llseek,
};
