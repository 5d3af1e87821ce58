// SPDX-License-Identifier: MIT
/*
 * /proc/PID/mounts and mountinfo: what is mounted, the same for all.
 *
 * Who polls one of them for POLLPRI hears once of any changes since it was
 * opened or last polled; to read it and then to poll misses none.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/fs/mounts.h>
#include <kernel/fs/poll.h>

static void emit(void *arg, const char *line)
{
	seq_puts(arg, line);
}

int proc_show_mounts(struct seq_file *m, struct task_struct *t)
{
	super_print_mounts(emit, m);
	return 0;
}

int proc_show_mountinfo(struct seq_file *m, struct task_struct *t)
{
	super_print_mountinfo(emit, m);
	return 0;
}

static u32 changes(void)
{
	return (u32)atomic_read(&mounts_changes);
}

static int mounts_open(struct inode *inode, struct file *file)
{
	int err = proc_open(inode, file);

	if (!err)
		((struct seq_file *)file->private_)->seen = changes();
	return err;
}

static unsigned int mounts_poll(struct file *file, struct poll_table *pt)
{
	struct seq_file *m = file->private_;
	u32 now;

	poll_wait(pt, &mounts_wait);
	now = changes();
	if (xchg(&m->seen, now) == now)
		return POLLIN | POLLRDNORM;
	return POLLIN | POLLRDNORM | POLLPRI | POLLERR;
}

const struct file_operations proc_mounts_fops = {
	.open = mounts_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.poll = mounts_poll,
	.release = single_release,
};
