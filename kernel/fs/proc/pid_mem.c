// SPDX-License-Identifier: MIT
/*
 * /proc/PID/mem, pagemap and clear_refs: the memory of a process as files (proc(5)).
 *
 * mem is its bytes, at their addresses; pagemap one word a page, which says where
 * it is; what is written to clear_refs forgets what was used.
 *
 * An open file belongs to the address space that the process had then: after an
 * exec it reads as empty, and never shows another program's secrets to who was
 * allowed to see the old one's.  It holds the struct and not its users, so that
 * nobody's memory lives on because somebody looks.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/cred.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/smaps.h>
#include <mm/uaccess.h>

#define PAGEMAP_SCAN    0xc0606610U
#define PM_AT_ONCE      (PAGE_SIZE / sizeof(u64))

/* Behind file->private_. */
struct view {
	struct mm_struct *mm;           /* held, or NULL: it had none */
	bool frames;                    /* who opened it may know which frames */
};

static int mem_open(struct inode *inode, struct file *file)
{
	struct task_struct *t = proc_i(inode)->task;
	struct view *v;

	if (!proc_may_look(t))
		return -EACCES;
	v = kmalloc(sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	v->mm = task_mm_get(t);
	v->frames = capable(CAP_SYS_ADMIN);
	if (v->mm) {
		mm_hold(v->mm);
		mm_put(v->mm);
	}
	file->private_ = v;
	return 0;
}

static void mem_release(struct inode *inode, struct file *file)
{
	struct view *v = file->private_;

	if (v->mm)
		mm_drop(v->mm);
	kfree(v);
}

/* The address space, with a user; NULL: nobody lives there any more. */
static struct mm_struct *view_mm(struct file *file)
{
	const struct view *v = file->private_;

	return v->mm && mm_get_unless_zero(v->mm) ? v->mm : NULL;
}

/* ---- mem ---- */

static ssize_t mem_read_some(struct mm_struct *mm, char *buf, struct iov_iter *to, vaddr_t addr)
{
	size_t n = mm_access(mm, addr, buf, min(to->count, PAGE_SIZE), false, true);

	if (!n)
		return -EIO;
	return copy_to_iter(buf, n, to) == n ? (ssize_t)n : -EFAULT;
}

static ssize_t mem_write_some(struct mm_struct *mm, char *buf, struct iov_iter *from, vaddr_t addr)
{
	size_t want = min(from->count, PAGE_SIZE), n;

	if (copy_from_iter(buf, want, from) != want)
		return -EFAULT;
	n = mm_access(mm, addr, buf, want, true, true);
	return n ? (ssize_t)n : -EIO;
}

/* Up to where it can be had; -EIO: nothing. */
static ssize_t mem_rw(struct file *file, struct iov_iter *it, loff_t *pos, bool write)
{
	struct mm_struct *mm = view_mm(file);
	char *buf = mm ? alloc_page_va(GFP_USER) : NULL;
	ssize_t done = 0, n;

	if (!mm)
		return 0;
	while (buf && it->count) {
		n = write ? mem_write_some(mm, buf, it, (vaddr_t)*pos) :
			    mem_read_some(mm, buf, it, (vaddr_t)*pos);
		if (n < 0) {
			if (!done || n == -EFAULT)
				done = n;
			break;
		}
		*pos += n;
		done += n;
	}
	mm_put(mm);
	if (!buf)
		return -ENOMEM;
	free_page_va(buf);
	return done;
}

static ssize_t mem_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	return mem_rw(file, to, pos, false);
}

static ssize_t mem_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	return mem_rw(file, from, pos, true);
}

/* An address is a position, and there is no end to count from. */
static loff_t mem_llseek(struct file *file, loff_t off, int whence)
{
	if (whence == SEEK_CUR && __builtin_add_overflow(file->pos, off, &off))
		return -EOVERFLOW;
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	file->pos = off;
	return off;
}

const struct file_operations proc_mem_fops = {
	.open = mem_open, .read = mem_read, .write = mem_write, .llseek = mem_llseek,
	.release = mem_release,
};

/* ---- pagemap ---- */

/* Entries from *pos on, as many as are wanted and fit into @entries; 0: behind the last. */
static ssize_t pagemap_some(struct mm_struct *mm, u64 *entries, struct iov_iter *to, loff_t pos,
			    bool frames)
{
	unsigned long first = (unsigned long)pos / sizeof(u64), end = USER_END >> PAGE_SHIFT, nr;
	int err;

	if (first >= end)
		return 0;
	nr = min(min(to->count / sizeof(u64), PM_AT_ONCE), end - first);
	err = mm_pagemap(mm, first << PAGE_SHIFT, entries, (unsigned int)nr);
	if (err)
		return err;
	for (unsigned long i = 0; i < nr; i++)
		entries[i] &= PM_OF_PROGRAMS | (frames ? PM_FRAME : 0);
	return copy_to_iter(entries, nr * sizeof(u64), to) == nr * sizeof(u64) ?
		       (ssize_t)(nr * sizeof(u64)) : -EFAULT;
}

static ssize_t pagemap_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	const struct view *v = file->private_;
	struct mm_struct *mm;
	ssize_t done = 0, n = 1;
	u64 *entries;

	if (*pos % sizeof(u64) || to->count % sizeof(u64))
		return -EINVAL;
	mm = view_mm(file);
	if (!mm)
		return 0;
	entries = alloc_page_va(GFP_USER);
	while (entries && to->count && n > 0) {
		n = pagemap_some(mm, entries, to, *pos, v->frames);
		if (n > 0) {
			*pos += n;
			done += n;
		}
	}
	mm_put(mm);
	if (!entries)
		return -ENOMEM;
	free_page_va(entries);
	return n < 0 && !done ? n : done;
}

static long pagemap_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mm_struct *mm;
	long ret;

	if (cmd != PAGEMAP_SCAN)
		return -EINVAL;
	mm = view_mm(file);
	if (!mm)
		return -ESRCH;
	ret = proc_page_scan(mm, arg);
	mm_put(mm);
	return ret;
}

const struct file_operations proc_pagemap_fops = {
	.open = mem_open, .read = pagemap_read, .llseek = mem_llseek, .release = mem_release,
	.ioctl = pagemap_ioctl,
};

/* ---- clear_refs ---- */

int proc_store_clear_refs(struct task_struct *t, char *buf, size_t len)
{
	struct mm_struct *mm;
	unsigned long what;
	const char *end;
	int err;

	if (parse_ulong(buf, &end, 0, &what) || (*end && *end != '\n') || what > 5)
		return -EINVAL;
	mm = task_mm_get(t);
	if (!mm)
		return 0;
	err = mm_clear_refs(mm, (int)what);
	mm_put(mm);
	return err;
}
