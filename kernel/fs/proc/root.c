// SPDX-License-Identifier: MIT
/*
 * /proc itself: the processes by number, self, and what is the system's as a
 * whole (proc(5)).
 */
#include <kernel/fs/proc/proc.h>

#include <arch/elf.h>
#include <arch/machine.h>
#include <kernel/bootargs.h>
#include <kernel/drivers/block.h>
#include <kernel/drivers/irq.h>
#include <kernel/fs/devfs.h>
#include <kernel/fs/locks.h>
#include <kernel/fs/super.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/utsname.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/swap.h>
#include <mm/swapon.h>
#include <mm/vmstat.h>

#define USER_HZ         100
#define MISC_MAJOR      10
#define PID_POS         1000    /* ctx->pos of process n is PID_POS + n */

static int show_cmdline(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%s\n", bootargs_line());
	return 0;
}

static int show_cpuinfo(struct seq_file *m, struct task_struct *t)
{
	for (unsigned int h = 0; h < nr_harts; h++)
		if (harts_online & BIT(h))
			seq_printf(m, "processor\t: %u\nhart\t\t: %u\nisa\t\t: %s\nmmu\t\t: %s\n\n",
				   h, h, cpu_isa_string, cpu_mmu_string);
	return 0;
}

/* Each major number once, in the order of the numbers. */
static int show_devices(struct seq_file *m, struct task_struct *t)
{
	const char *name, *found = NULL;
	unsigned int next, last = 0;
	u64 dev;

	seq_puts(m, "Character devices:\n");
	do {
		next = ~0U;
		for (unsigned int i = 0; dev_list(i, &dev, &name); i++) {
			if (MAJOR(dev) > last && MAJOR(dev) < next) {
				next = MAJOR(dev);
				found = next == MISC_MAJOR ? "misc" : name;
			}
		}
		if (next != ~0U)
			seq_printf(m, "%3u %s\n", next, next == 1 ? "mem" : found);
		last = next;
	} while (next != ~0U);
	seq_puts(m, "\nBlock devices:\n");
	for (struct block_device *b = block_device_next(NULL); b; b = block_device_next(b)) {
		if (MAJOR(b->dev) != last)
			seq_printf(m, "%3u %s\n", MAJOR(b->dev), "virtblk");
		last = MAJOR(b->dev);
	}
	return 0;
}

/* Devices that share one major number. */
static int show_misc(struct seq_file *m, struct task_struct *t)
{
	const char *name;
	u64 dev;

	for (unsigned int i = 0; dev_list(i, &dev, &name); i++)
		if (MAJOR(dev) == MISC_MAJOR)
			seq_printf(m, "%3u %s\n", (unsigned int)MINOR(dev), name);
	return 0;
}

/* Nothing is loaded, and nothing can be. */
static int show_modules(struct seq_file *m, struct task_struct *t)
{
	return 0;
}

static int show_filesystems(struct seq_file *m, struct task_struct *t)
{
	for (struct file_system_type *fs = filesystem_next(NULL); fs; fs = filesystem_next(fs))
		seq_printf(m, "%s\t%s\n", fs->needs_device ? "" : "nodev", fs->name);
	return 0;
}

static int show_loadavg(struct seq_file *m, struct task_struct *t)
{
	unsigned long avg[3];

	sched_loadavg(avg);
	for (int i = 0; i < 3; i++)
		seq_printf(m, "%lu.%02lu ", avg[i] >> 11, (avg[i] & 2047) * 100 >> 11);
	seq_printf(m, "%u/%u %d\n", sched_nr_running(), nr_tasks_total(), pid_last());
	return 0;
}

static int show_uptime(struct seq_file *m, struct task_struct *t)
{
	u64 up = clock_monotonic_ns() / (NSEC_PER_SEC / 100), idle = 0;
	struct hart_times times;

	for (unsigned int h = 0; h < nr_harts; h++) {
		sched_hart_times(h, &times);
		idle += times.idle_ns;
	}
	idle /= NSEC_PER_SEC / 100;
	seq_printf(m, "%lu.%02lu %lu.%02lu\n", (unsigned long)up / 100, (unsigned long)up % 100,
		   (unsigned long)idle / 100, (unsigned long)idle % 100);
	return 0;
}

static int show_version(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "Linux version %s (Faultline) %s\n", UTS_RELEASE, UTS_VERSION);
	return 0;
}

static void show_hart_line(struct seq_file *m, const char *name, const struct hart_times *t)
{
	u64 hz = NSEC_PER_SEC / USER_HZ;

	seq_printf(m, "%s %lu 0 %lu %lu 0 %lu 0 0 0 0\n", name, (unsigned long)(t->user_ns / hz),
		   (unsigned long)(t->system_ns / hz), (unsigned long)(t->idle_ns / hz),
		   (unsigned long)(t->irq_ns / hz));
}

static int show_stat(struct seq_file *m, struct task_struct *t)
{
	struct hart_times sum = { 0 }, one;
	char name[16];

	for (unsigned int h = 0; h < nr_harts; h++) {
		sched_hart_times(h, &one);
		sum.user_ns += one.user_ns;
		sum.system_ns += one.system_ns;
		sum.idle_ns += one.idle_ns;
		sum.irq_ns += one.irq_ns;
	}
	show_hart_line(m, "cpu ", &sum);
	for (unsigned int h = 0; h < nr_harts; h++) {
		snprintf(name, sizeof(name), "cpu%u", h);
		sched_hart_times(h, &one);
		show_hart_line(m, name, &one);
	}
	seq_printf(m, "intr %lu\nctxt %lu\n", irq_total(), sched_nr_switches());
	seq_printf(m, "btime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked %lu\n",
		   (unsigned long)((clock_realtime_ns() - clock_monotonic_ns()) / NSEC_PER_SEC),
		   READ_ONCE(total_forks), sched_nr_running(), sched_nr_blocked());
	return 0;
}

/* A line for each interrupt somebody asked for: its number, counts by hart, chip and name. */
static int show_interrupts(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "           ");
	for (unsigned int h = 0; h < nr_harts; h++)
		seq_printf(m, "CPU%-8u", h);
	seq_putc(m, '\n');
	for (unsigned int irq = 0; irq < NR_IRQS; irq++) {
		if (!irq_name(irq))
			continue;
		seq_printf(m, "%3u: ", irq);
		for (unsigned int h = 0; h < nr_harts; h++)
			seq_printf(m, "%10lu ", irq_count(irq, h));
		seq_printf(m, " %s  %u  %s\n", irq_chip_name(), irq, irq_name(irq));
	}
	return 0;
}

static int show_partitions(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "major minor  #blocks  name\n\n");
	for (struct block_device *b = block_device_next(NULL); b; b = block_device_next(b))
		seq_printf(m, "%4u  %7u %10lu %s\n", MAJOR(b->dev), MINOR(b->dev),
			   (unsigned long)b->nr_sectors / 2, b->name);
	return 0;
}

static int show_diskstats(struct seq_file *m, struct task_struct *t)
{
	for (struct block_device *b = block_device_next(NULL); b; b = block_device_next(b))
		seq_printf(m, "%4u %7u %s %lu 0 %lu 0 %lu 0 %lu 0 %u 0 0 0 0 0 0 %lu 0\n",
			   MAJOR(b->dev), MINOR(b->dev), b->name, (unsigned long)b->stat.reads,
			   (unsigned long)b->stat.sectors_read, (unsigned long)b->stat.writes,
			   (unsigned long)b->stat.sectors_written, b->in_flight,
			   (unsigned long)b->stat.flushes);
	return 0;
}

static int show_swaps(struct seq_file *m, struct task_struct *t)
{
	struct swap_figures f;

	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	for (unsigned int i = 0; i < SWAP_AREAS_MAX; i++) {
		unsigned long size, used;
		int width;

		if (!swap_figures(i, &f))
			continue;
		size = f.pages << (PAGE_SHIFT - 10);
		used = f.used << (PAGE_SHIFT - 10);
		width = strlen(f.path) < 40 ? 40 - (int)strlen(f.path) : 1;
		seq_printf(m, "%s%*s%s\t%lu\t%s%lu\t%s%d\n", f.path, width, " ",
			   f.is_file ? "file\t" : "partition", size, size < 10000000 ? "\t" : "",
			   used, used < 10000000 ? "\t" : "", f.prio);
	}
	return 0;
}

static ssize_t link_self(struct task_struct *t, char *buf, size_t size)
{
	return snprintf(buf, size, "%d", current->tgid);
}

static ssize_t link_thread_self(struct task_struct *t, char *buf, size_t size)
{
	return snprintf(buf, size, "%d/task/%d", current->tgid, current->pid);
}

static ssize_t link_mounts(struct task_struct *t, char *buf, size_t size)
{
	return snprintf(buf, size, "self/mounts");
}

static ssize_t link_net(struct task_struct *t, char *buf, size_t size)
{
	return snprintf(buf, size, "self/net");
}

#define FILE_ENTRY(n, fn) { .name = (n), .mode = S_IFREG | 0444, .show = (fn) }
#define LINK_ENTRY(n, fn) { .name = (n), .mode = S_IFLNK | 0777, .readlink = (fn) }

const struct proc_entry proc_root_table[] = {
	FILE_ENTRY("buddyinfo", proc_show_buddyinfo),
	FILE_ENTRY("cmdline", show_cmdline),
	FILE_ENTRY("consoles", proc_show_consoles),
	FILE_ENTRY("cpuinfo", show_cpuinfo),
	FILE_ENTRY("devices", show_devices),
	FILE_ENTRY("diskstats", show_diskstats),
	{ .name = "faultcost", .mode = S_IFREG | 0600, .show = proc_show_faultcost,
	  .store = proc_store_faultcost },
	FILE_ENTRY("filesystems", show_filesystems),
	FILE_ENTRY("interrupts", show_interrupts),
	FILE_ENTRY("iomem", proc_show_iomem),
	{ .name = "kmsg", .mode = S_IFREG | 0400, .fop = &proc_kmsg_fops },
	FILE_ENTRY("loadavg", show_loadavg),
	FILE_ENTRY("locks", locks_show_all),
	FILE_ENTRY("meminfo", proc_show_meminfo),
	FILE_ENTRY("misc", show_misc),
	FILE_ENTRY("modules", show_modules),
	LINK_ENTRY("mounts", link_mounts),
	LINK_ENTRY("net", link_net),
	FILE_ENTRY("partitions", show_partitions),
	LINK_ENTRY("self", link_self),
	{ .name = "slabinfo", .mode = S_IFREG | 0400, .show = proc_show_slabinfo },
	FILE_ENTRY("stat", show_stat),
	FILE_ENTRY("swaps", show_swaps),
	{ .name = "sys", .mode = S_IFDIR | 0555, .children = proc_sys_table },
	{ .name = "sysvipc", .mode = S_IFDIR | 0555, .children = proc_sysvipc_table },
	LINK_ENTRY("thread-self", link_thread_self),
	FILE_ENTRY("uptime", show_uptime),
	FILE_ENTRY("version", show_version),
	FILE_ENTRY("vmstat", proc_show_vmstat),
	FILE_ENTRY("zoneinfo", proc_show_zoneinfo),
	{ .name = NULL },
};

/* ------------------------------------------------- processes by number */

static const struct proc_entry pid_dir = { .name = "",
					   .mode = S_IFDIR | 0555,
					   .children = proc_pid_table };

/* A decimal number without leading zeroes, or -1. */
long proc_number(const char *name, size_t len)
{
	long n = 0;

	if (len == 0 || len > 9 || (name[0] == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		n = n * 10 + (name[i] - '0');
	}
	return n;
}

static int root_lookup(struct inode *dir, struct dentry *dentry)
{
	long pid = proc_number(dentry->name, dentry->name_len);
	struct task_struct *t;
	int error;

	if (pid < 0)
		return proc_lookup_table(dir, dentry, proc_root_table, NULL);
	t = find_task(pid);
	if (!t) {
		dentry->flags |= D_NOCACHE;
		d_add(dentry, NULL);
		return 0;
	}
	error = proc_add(dir, dentry, &pid_dir, t, 0);
	task_put(t);
	return error;
}

/* The smallest process number >= @from, or -1. */
static int next_process(int from)
{
	struct task_struct *t;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int best = -1;

	list_for_each_entry(t, &all_tasks, task_node)
		if (thread_group_leader(t) && t->pid >= from && (best < 0 || t->pid < best))
			best = t->pid;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return best;
}

static int root_readdir(struct file *file, struct dir_context *ctx)
{
	char name[16];
	loff_t next;

	if (ctx->pos < PID_POS) {
		if (!proc_emit_table(file, ctx, proc_root_table, &next))
			return 0;
		ctx->pos = PID_POS;
	}
	for (int pid = next_process(ctx->pos - PID_POS); pid >= 0; pid = next_process(pid + 1)) {
		int len = snprintf(name, sizeof(name), "%d", pid);

		ctx->pos = PID_POS + pid;
		if (!ctx->emit(ctx, name, len, ctx->pos, pid + 10000, S_IFDIR >> 12))
			return 0;
		ctx->pos++;
	}
	return 0;
}

const struct inode_operations proc_root_iops = { .lookup = root_lookup };
const struct file_operations proc_root_fops = { .readdir = root_readdir };
