// SPDX-License-Identifier: MIT
/*
 * The devices that are no hardware: null, zero, full, random, urandom, kmsg.
 */
#include <kernel/drivers/mem.h>

#include <kernel/drivers/iomem.h>
#include <kernel/fs/devfs.h>
#include <kernel/fs/poll.h>
#include <kernel/log.h>
#include <kernel/random.h>
#include <kernel/task.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/shmem.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/vma.h>

/* ------------------------------------------------------- null, zero, full */

static ssize_t null_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return 0;
}

static ssize_t null_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	size_t n = from->count;

	iov_iter_advance(from, n);
	return (ssize_t)n;
}

static ssize_t zero_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	size_t done = 0, want = to->count;

	while (to->count) {
		size_t n = min(to->count, 64 * KiB), got = zero_to_iter(n, to);

		done += got;
		if (got < n || signal_pending())
			break;
		cond_resched();
	}
	return done || !want ? (ssize_t)done : -EFAULT;
}

static ssize_t full_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return -ENOSPC;
}

/* A private mapping of zero is anonymous memory; a shared one is that, shared. */
static int zero_mmap(struct file *f, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return shmem_zero_setup(vma, vma->vm_end - vma->vm_start);
	vma->vm_ops = &anon_vm_ops;
	return 0;
}

/* Seeking is allowed and changes nothing. */
static loff_t null_lseek(struct file *f, loff_t off, int whence)
{
	return f->pos = 0;
}

static const struct file_operations null_fops = {
	.read = null_read, .write = null_write, .llseek = null_lseek,
};
static const struct file_operations zero_fops = {
	.read = zero_read, .write = null_write, .llseek = null_lseek, .mmap = zero_mmap,
};
static const struct file_operations full_fops = {
	.read = zero_read, .write = full_write, .llseek = null_lseek,
};

/* -------------------------------------------------------- random, urandom */

#define RNDGETENTCNT    0x80045200
#define RNDADDTOENTCNT  0x40045201

static ssize_t random_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	u8 buf[256];
	size_t done = 0, want = to->count;

	while (to->count) {
		size_t n = min(to->count, sizeof(buf)), got;

		get_random_bytes(buf, n);
		got = copy_to_iter(buf, n, to);
		done += got;
		if (got < n || (done >= PAGE_SIZE && signal_pending()))
			break;
	}
	memset(buf, 0, sizeof(buf));
	return done || !want ? (ssize_t)done : -EFAULT;
}

static ssize_t random_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	u8 buf[256];
	size_t done = 0, want = from->count;

	while (from->count) {
		size_t n = min(from->count, sizeof(buf)), got = copy_from_iter(buf, n, from);

		random_mix(buf, got);
		done += got;
		if (got < n || signal_pending())
			break;
	}
	return done || !want ? (ssize_t)done : -EFAULT;
}

static long random_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case RNDGETENTCNT:
		return put_user(256, arg);
	case RNDADDTOENTCNT:
		return 0;               /* mixed in already by write(2); nothing is counted */
	default:
		return -EINVAL;
	}
}

static const struct file_operations random_fops = {
	.read = random_read, .write = random_write, .llseek = null_lseek, .ioctl = random_ioctl,
};

/* -------------------------------------------------------------------- kmsg */

#define KMSG_LINE       1024

/* The next line of the ring, "<level>[seconds.micros] text\n"; 0 at the end. */
static size_t kmsg_line(u64 *at, char *line, size_t size)
{
	size_t n = 0;

	while (n < size - 1 && log_read(at, line + n, 1) && line[n++] != '\n')
		;
	line[n] = '\0';
	return n;
}

/*
 * Turn it into the record that dmesg reads, "level,sequence,micros,-;text\n".
 * The sequence is the line's place in the log: it grows, and that is enough.
 */
static size_t kmsg_record(u64 seq, const char *line, char *record, size_t size)
{
	unsigned long level = LOG_INFO, seconds = 0, micros = 0;
	const char *p = line;

	if (*p == '<' && !parse_ulong(p + 1, &p, 10, &level) && *p == '>')
		p++;
	if (*p == '[') {
		for (p++; *p == ' '; p++)
			;
		if (!parse_ulong(p, &p, 10, &seconds) && *p == '.')
			(void)parse_ulong(p + 1, &p, 10, &micros);
		if (*p == ']')
			p++;
		if (*p == ' ')
			p++;
	}
	return (size_t)scnprintf(record, size, "%lu,%lu,%lu,-;%s", level, (unsigned long)seq,
				 seconds * 1000000 + micros, p);
}

/* One record a read; each open has its own place in the log. */
static ssize_t kmsg_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	char *line = kmalloc(2 * KMSG_LINE, GFP_KERNEL), *record = line + KMSG_LINE;
	u64 at = (u64)f->pos, seq;
	ssize_t ret = -EAGAIN;
	size_t n;

	if (!line)
		return -ENOMEM;
	(void)log_read(&at, record, 0);         /* what has fallen out of the ring is skipped */
	seq = at;
	if (kmsg_line(&at, line, KMSG_LINE)) {
		n = kmsg_record(seq, line, record, KMSG_LINE);
		ret = to->count < n ? -EINVAL :
		      copy_to_iter(record, n, to) < n ? -EFAULT : (ssize_t)n;
		if (ret > 0)
			f->pos = (loff_t)at;
	}
	kfree(line);
	return ret;
}

static ssize_t kmsg_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	size_t len = min(from->count, (size_t)KMSG_LINE - 1), n;
	char *buf = kmalloc(KMSG_LINE, GFP_KERNEL), *text;
	unsigned long level = LOG_NOTICE;
	const char *end;

	if (!buf)
		return -ENOMEM;
	n = copy_from_iter(buf, len, from);
	buf[n] = '\0';
	text = buf;
	if (*buf == '<' && !parse_ulong(buf + 1, &end, 10, &level) && *end == '>')
		text = buf + (end + 1 - buf);
	else
		level = LOG_NOTICE;
	if (n)
		printk((enum log_level)(level & 7), "%s", text);
	kfree(buf);
	return n ? (ssize_t)n : -EFAULT;
}

static loff_t kmsg_lseek(struct file *f, loff_t off, int whence)
{
	char scrap[256];
	u64 at = 0;

	if (off)
		return -ESPIPE;
	switch (whence) {
	case SEEK_END:
		at = (u64)f->pos;
		while (log_read(&at, scrap, sizeof(scrap)))
			;
		break;
	case SEEK_SET:
	case SEEK_DATA:
		break;
	default:
		return -EINVAL;
	}
	f->pos = (loff_t)at;
	return 0;
}

static unsigned int kmsg_poll(struct file *f, struct poll_table *pt)
{
	u64 at = (u64)f->pos;
	char byte;

	return POLLOUT | POLLWRNORM | (log_read(&at, &byte, 1) ? POLLIN | POLLRDNORM : 0);
}

static const struct file_operations kmsg_fops = {
	.read = kmsg_read, .write = kmsg_write, .llseek = kmsg_lseek, .poll = kmsg_poll,
};

void mem_devices_init(void)
{
	dev_mem_init();
	dev_register_char("null", MKDEV(1, 3), 0666, &null_fops, NULL);
	dev_register_char("zero", MKDEV(1, 5), 0666, &zero_fops, NULL);
	dev_register_char("full", MKDEV(1, 7), 0666, &full_fops, NULL);
	dev_register_char("random", MKDEV(1, 8), 0666, &random_fops, NULL);
	dev_register_char("urandom", MKDEV(1, 9), 0666, &random_fops, NULL);
	dev_register_char("kmsg", MKDEV(1, 11), 0644, &kmsg_fops, NULL);
}
