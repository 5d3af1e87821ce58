// SPDX-License-Identifier: MIT
/*
 * /proc/PID: one process, or one thread of it below task/.
 */
#include <kernel/fs/proc/proc.h>

#include <arch/machine.h>
#include <kernel/cred.h>
#include <kernel/fs/super.h>
#include <kernel/net/unix.h>
#include <kernel/rusage.h>
#include <kernel/sched.h>
#include <kernel/task.h>
#include <kernel/utsname.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

long proc_number(const char *name, size_t len);

/* ------------------------------------------------ memory of the program */

/* Bytes [start, end) of the program's memory into the file. */
static int copy_range(struct seq_file *m, struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	while (start < end) {
		size_t n = mm_access(mm, start, buf, min(end - start, PAGE_SIZE), false, false);

		if (n == 0)
			break;
		seq_write(m, buf, n);
		start += n;
	}
	kfree(buf);
	return 0;
}

static int show_cmdline(struct seq_file *m, struct task_struct *t)
{
	struct mm_struct *mm = task_mm_get(t);
	int error;

	if (!mm)
		return 0;
	error = copy_range(m, mm, mm->arg_start, mm->arg_end);
	mm_put(mm);
	return error;
}

static int show_environ(struct seq_file *m, struct task_struct *t)
{
	struct mm_struct *mm = task_mm_get(t);
	int error;

	if (!mm)
		return 0;
	error = copy_range(m, mm, mm->env_start, mm->env_end);
	mm_put(mm);
	return error;
}

static int show_auxv(struct seq_file *m, struct task_struct *t)
{
	struct mm_struct *mm = task_mm_get(t);
	unsigned int n = 0;

	if (!mm)
		return 0;
	while (n + 2 < MM_AUXV_WORDS && mm->auxv[n])
		n += 2;
	seq_write(m, (const char *)mm->auxv, (n + 2) * sizeof(mm->auxv[0]));
	mm_put(mm);
	return 0;
}

static int show_io_of(struct seq_file *m, const struct io_account *io)
{
	seq_printf(m, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\nread_bytes: %lu\n"
		   "write_bytes: %lu\ncancelled_write_bytes: %lu\n", io->rchar, io->wchar,
		   io->syscr, io->syscw, io->read_bytes, io->write_bytes, io->cancelled);
	return 0;
}

static int show_io(struct seq_file *m, struct task_struct *t)
{
	struct io_account sum;

	process_io(t, &sum);
	return show_io_of(m, &sum);
}

static int show_thread_io(struct seq_file *m, struct task_struct *t)
{
	return show_io_of(m, &t->io);
}

static int show_personality(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%08x\n", READ_ONCE(t->personality));
	return 0;
}

/* Which areas a core of it would hold; what it is made of keeps it (core(5)). */
static int show_coredump_filter(struct seq_file *m, struct task_struct *t)
{
	struct mm_struct *mm = task_mm_get(t);

	if (!mm)
		return 0;
	seq_printf(m, "%08x\n", READ_ONCE(mm->dump_filter));
	mm_put(mm);
	return 0;
}

static int store_coredump_filter(struct task_struct *t, char *buf, size_t len)
{
	struct mm_struct *mm;
	unsigned long v;
	const char *end;

	if (parse_ulong(buf, &end, 0, &v) || (*end && *end != '\n') || v > ~0U)
		return -EINVAL;
	mm = task_mm_get(t);
	if (!mm)
		return -ESRCH;
	WRITE_ONCE(mm->dump_filter, v & DUMP_FILTER_ALL);
	mm_put(mm);
	return 0;
}

/* How late timers may be: of another task, it is for who may change its scheduling. */
static bool may_see_slack(const struct task_struct *t)
{
	return t == current || capable(CAP_SYS_NICE);
}

static int show_slack(struct seq_file *m, struct task_struct *t)
{
	if (!may_see_slack(t))
		return -EPERM;
	seq_printf(m, "%lu\n", READ_ONCE(t->timer_slack_ns));
	return 0;
}

static int store_slack(struct task_struct *t, char *buf, size_t len)
{
	unsigned long ns;
	int err = parse_ulong(buf, NULL, 10, &ns);

	if (!err && !may_see_slack(t))
		err = -EPERM;
	if (!err)
		sched_set_slack(t, ns);
	return err;
}

/* ------------------------------------------------------------ comm, wchan */

static int show_comm(struct seq_file *m, struct task_struct *t)
{
	char comm[TASK_COMM_LEN];

	spin_lock(&t->lock);
	memcpy(comm, t->comm, sizeof(comm));
	spin_unlock(&t->lock);
	seq_printf(m, "%s\n", comm);
	return 0;
}

static int store_comm(struct task_struct *t, char *buf, size_t len)
{
	if (t->signal != current->signal)
		return -EINVAL;
	if (len && buf[len - 1] == '\n')
		buf[len - 1] = '\0';
	spin_lock(&t->lock);
	strscpy(t->comm, buf, sizeof(t->comm));
	spin_unlock(&t->lock);
	return 0;
}

static int show_wchan(struct seq_file *m, struct task_struct *t)
{
	char name[64];
	char *plus;

	if (READ_ONCE(t->state) == TASK_RUNNING || !t->wait_pc) {
		seq_puts(m, "0");
		return 0;
	}
	symbol_format(name, sizeof(name), t->wait_pc);
	plus = strchr(name, '+');
	if (plus)
		*plus = '\0';
	seq_puts(m, name);
	return 0;
}

/* --------------------------------------------------------------- limits */

static void show_limit(struct seq_file *m, const char *name, const struct rlimit *r,
		       const char *unit)
{
	char cur[24] = "unlimited", max[24] = "unlimited";

	if (r->cur != RLIM_INFINITY)
		snprintf(cur, sizeof(cur), "%lu", r->cur);
	if (r->max != RLIM_INFINITY)
		snprintf(max, sizeof(max), "%lu", r->max);
	seq_printf(m, unit[0] ? "%-25s %-20s %-20s %-10s\n" : "%-25s %-20s %-20s \n", name, cur,
		   max, unit);
}

static int show_limits(struct seq_file *m, struct task_struct *t)
{
	static const struct { const char *name, *unit; } limits[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", "" },
		[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};

	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++)
		show_limit(m, limits[i].name, &t->signal->rlim[i], limits[i].unit);
	return 0;
}

/* ----------------------------------------------------------------- links */

static int follow_exe(const struct proc_inode *pi, struct path *path)
{
	struct mm_struct *mm = task_mm_get(pi->task);
	int error = -ENOENT;

	if (!mm)
		return -ENOENT;
	down_read(&mm->lock);
	if (mm->exe_file) {
		*path = mm->exe_file->path;
		path_get(path);
		error = 0;
	}
	up_read(&mm->lock);
	mm_put(mm);
	return error;
}

static int follow_fs(struct task_struct *t, struct path *path, bool root)
{
	struct fs_struct *fs;

	spin_lock(&t->lock);
	fs = t->fs;
	if (fs)
		atomic_inc(&fs->refs);
	spin_unlock(&t->lock);
	if (!fs)
		return -ENOENT;
	spin_lock(&fs->lock);
	*path = root ? fs->root : fs->pwd;
	path_get(path);
	spin_unlock(&fs->lock);
	fs_put(fs);
	return 0;
}

static int follow_cwd(const struct proc_inode *pi, struct path *path)
{
	return follow_fs(pi->task, path, false);
}

static int follow_root(const struct proc_inode *pi, struct path *path)
{
	return follow_fs(pi->task, path, true);
}

static int follow_uts(const struct proc_inode *pi, struct path *path)
{
	return uts_ns_path(pi->task, path);
}

/* The root of the one hierarchy, as on a Linux where nobody has made groups. */
static int show_cgroup(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "0::/\n");
	return 0;
}

/* ---------------------------------------------------------------- tables */

#define SHOW(n, fn)      { .name = (n), .mode = S_IFREG | 0444, .show = (fn) }
#define PRIVATE(n, fn)   { .name = (n), .mode = S_IFREG | 0400, .show = (fn), .private_ = true }
#define MOUNTS(n, fn)    \
	{ .name = (n), .mode = S_IFREG | 0444, .show = (fn), .fop = &proc_mounts_fops }
#define FOLLOW(n, fn)    { .name = (n), .mode = S_IFLNK | 0777, .follow = (fn) }

/* One network, of one family. */
static const struct proc_entry proc_net_table[] = {
	SHOW("unix", unix_show_all),
	{ .name = NULL },
};

static const struct proc_entry proc_ns_table[] = {
	FOLLOW("uts", follow_uts),
	{ .name = NULL },
};

/* Of a process and of a thread alike. */
static const struct proc_entry common_table[] = {
	PRIVATE("auxv", show_auxv), SHOW("cgroup", show_cgroup),
	{ .name = "clear_refs",
	  .mode = S_IFREG | 0200,
	  .store = proc_store_clear_refs },
	SHOW("cmdline", show_cmdline),
	{ .name = "comm",
	  .mode = S_IFREG | 0644,
	  .show = show_comm,
	  .store = store_comm },
	FOLLOW("cwd", follow_cwd), PRIVATE("environ", show_environ),
	FOLLOW("exe", follow_exe),
	{ .name = "fd",
	  .mode = S_IFDIR | 0500,
	  .dir_iop = &proc_fd_iops,
	  .dir_fop = &proc_fd_fops },
	{ .name = "fdinfo",
	  .mode = S_IFDIR | 0500,
	  .dir_iop = &proc_fdinfo_iops,
	  .dir_fop = &proc_fdinfo_fops },
	SHOW("limits", show_limits),
	{ .name = "loginuid",
	  .mode = S_IFREG | 0644,
	  .show = proc_show_loginuid,
	  .store = proc_store_loginuid },
	SHOW("maps", proc_show_maps),
	{ .name = "mem", .mode = S_IFREG | 0600, .fop = &proc_mem_fops },
	MOUNTS("mountinfo", proc_show_mountinfo), MOUNTS("mounts", proc_show_mounts),
	{ .name = "net", .mode = S_IFDIR | 0555, .children = proc_net_table },
	{ .name = "ns", .mode = S_IFDIR | 0511, .children = proc_ns_table },
	SHOW("numa_maps", proc_show_numa_maps),
	{ .name = "oom_adj",
	  .mode = S_IFREG | 0644,
	  .show = proc_show_oom_adj,
	  .store = proc_store_oom_adj },
	SHOW("oom_score", proc_show_oom_score),
	{ .name = "oom_score_adj",
	  .mode = S_IFREG | 0644,
	  .show = proc_show_oom_score_adj,
	  .store = proc_store_oom_score_adj },
	{ .name = "pagemap", .mode = S_IFREG | 0400, .fop = &proc_pagemap_fops },
	PRIVATE("personality", show_personality),
	FOLLOW("root", follow_root), SHOW("sessionid", proc_show_sessionid),
	SHOW("smaps", proc_show_smaps), SHOW("smaps_rollup", proc_show_smaps_rollup),
	SHOW("statm", proc_show_statm), SHOW("status", proc_show_status),
	PRIVATE("syscall", proc_show_syscall), SHOW("wchan", show_wchan),
	{ .name = NULL },
};

const struct proc_entry proc_pid_table[] = {
	{ .name = "coredump_filter",
	  .mode = S_IFREG | 0644,
	  .show = show_coredump_filter,
	  .store = store_coredump_filter },
	PRIVATE("io", show_io),
	{ .name = "map_files",
	  .mode = S_IFDIR | 0500,
	  .dir_iop = &proc_map_files_iops,
	  .dir_fop = &proc_map_files_fops },
	SHOW("stat", proc_show_stat),
	{ .name = "task",
	  .mode = S_IFDIR | 0555,
	  .dir_iop = &proc_task_iops,
	  .dir_fop = &proc_task_fops },
	{ .name = "timerslack_ns",
	  .mode = S_IFREG | 0666,
	  .show = show_slack,
	  .store = store_slack },
	{ .name = NULL, .children = common_table },
};

const struct proc_entry proc_tid_table[] = {
	PRIVATE("io", show_thread_io),
	SHOW("stat", proc_show_thread_stat),
	{ .name = NULL, .children = common_table },
};

/* --------------------------------------------------- task/: the threads */

static const struct proc_entry tid_dir = { .name = "",
					   .mode = S_IFDIR | 0555,
					   .children = proc_tid_table };

static int task_lookup(struct inode *dir, struct dentry *dentry)
{
	long tid = proc_number(dentry->name, dentry->name_len);
	struct task_struct *leader = proc_i(dir)->task, *t = tid > 0 ? find_task(tid) : NULL;
	int error;

	if (t && t->tgid == leader->tgid) {
		error = proc_add(dir, dentry, &tid_dir, t, 0);
	} else {
		dentry->flags |= D_NOCACHE;
		d_add(dentry, NULL);
		error = 0;
	}
	if (t)
		task_put(t);
	return error;
}

/* The smallest thread number of @leader's process >= @from, or -1. */
static int next_thread(struct task_struct *leader, int from)
{
	struct task_struct *t;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int best = -1;

	list_for_each_entry(t, &all_tasks, task_node)
		if (t->tgid == leader->tgid && t->pid >= from && (best < 0 || t->pid < best))
			best = t->pid;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return best;
}

static int task_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *leader = proc_i(file->inode)->task;
	char name[16];
	loff_t next;

	if (!proc_emit_table(file, ctx, NULL, &next))
		return 0;
	for (int tid = next_thread(leader, ctx->pos - 2); tid >= 0;
	     tid = next_thread(leader, tid + 1)) {
		int len = snprintf(name, sizeof(name), "%d", tid);

		ctx->pos = 2 + tid;
		if (!ctx->emit(ctx, name, len, ctx->pos, tid + 10000, S_IFDIR >> 12))
			return 0;
		ctx->pos++;
	}
	return 0;
}

const struct inode_operations proc_task_iops = { .lookup = task_lookup };
const struct file_operations proc_task_fops = { .readdir = task_readdir };
