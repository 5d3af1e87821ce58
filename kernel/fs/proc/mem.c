// SPDX-License-Identifier: MIT
/*
 * The system's memory in figures: meminfo, vmstat, buddyinfo, slabinfo, by
 * Linux's names so that free(1), vmstat(8) and slabtop(1) read them; and our own
 * faultcost.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/drivers/block.h>
#include <kernel/fs/proc/sysctl.h>
#include <lib/string.h>
#include <mm/buddy.h>
#include <mm/commit.h>
#include <mm/faultcost.h>
#include <mm/frames.h>
#include <mm/huge.h>
#include <mm/mlocked.h>
#include <mm/mmap.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>
#include <mm/writeback.h>

static void kib(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-15s %8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

/* What there is none of here, by names that each end with a NUL. */
static void none_of(struct seq_file *m, const char *names)
{
	for (; *names; names += strlen(names) + 1)
		kib(m, names, 0);
}

/* Mapped anonymous pages are on no list: the clock hand takes those that are not used. */
static unsigned long active_anon_pages(void)
{
	return vmstat_read(VMSTAT_nr_active_anon) + vmstat_read(VMSTAT_nr_anon_pages);
}

/* Pages of the disks' own caches: metadata. */
static unsigned long buffer_pages(void)
{
	unsigned long n = 0;

	for (struct block_device *b = block_device_next(NULL); b; b = block_device_next(b))
		if (b->inode)
			n += READ_ONCE(b->inode->data.nr_pages);
	return n;
}

/* What a new program could have without swapping: caches, but for what is needed of them. */
static unsigned long available_pages(unsigned long free, unsigned long file)
{
	unsigned long low = frames_low(), high = frames_high();
	unsigned long slab = vmstat_read(VMSTAT_nr_slab_reclaimable), sum;

	sum = free + file - min(file / 2, low) + slab - min(slab / 2, low);
	return sum > high ? sum - high : 0;
}

static void show_lists(struct seq_file *m)
{
	unsigned long active_file = vmstat_read(VMSTAT_nr_active_file);
	unsigned long inactive_file = vmstat_read(VMSTAT_nr_inactive_file);
	unsigned long active_anon = active_anon_pages();
	unsigned long inactive_anon = vmstat_read(VMSTAT_nr_inactive_anon);
	unsigned long locked = mlocked_pages();

	kib(m, "Active:", active_anon + active_file);
	kib(m, "Inactive:", inactive_anon + inactive_file);
	kib(m, "Active(anon):", active_anon);
	kib(m, "Inactive(anon):", inactive_anon);
	kib(m, "Active(file):", active_file);
	kib(m, "Inactive(file):", inactive_file);
	kib(m, "Unevictable:", locked);
	kib(m, "Mlocked:", locked);
}

static void show_kinds(struct seq_file *m)
{
	unsigned long slab = vmstat_read(VMSTAT_nr_slab_reclaimable);

	kib(m, "Dirty:", vmstat_read(VMSTAT_nr_dirty));
	kib(m, "Writeback:", vmstat_read(VMSTAT_nr_writeback));
	kib(m, "AnonPages:", vmstat_read(VMSTAT_nr_anon_pages));
	kib(m, "Mapped:", vmstat_read(VMSTAT_nr_mapped));
	kib(m, "Shmem:", vmstat_read(VMSTAT_nr_shmem));
	kib(m, "KReclaimable:", slab);
	kib(m, "Slab:", slab_pages());
	kib(m, "SReclaimable:", slab);
	kib(m, "SUnreclaim:", vmstat_read(VMSTAT_nr_slab_unreclaimable));
	kib(m, "KernelStack:", vmstat_read(VMSTAT_nr_kernel_stack) / (PAGE_SIZE / KiB));
	kib(m, "PageTables:", vmstat_read(VMSTAT_nr_page_table_pages));
	none_of(m, "SecPageTables:\0NFS_Unstable:\0Bounce:\0WritebackTmp:\0");
}

int proc_show_meminfo(struct seq_file *m, struct task_struct *t)
{
	unsigned long free = frames_free(), file = vmstat_read(VMSTAT_nr_file_pages);
	unsigned long buffers = buffer_pages();

	kib(m, "MemTotal:", frames_total);
	kib(m, "MemFree:", free);
	kib(m, "MemAvailable:", available_pages(free, vmstat_read(VMSTAT_nr_active_file) +
						      vmstat_read(VMSTAT_nr_inactive_file)));
	kib(m, "Buffers:", buffers);
	kib(m, "Cached:", file > buffers ? file - buffers : 0);
	kib(m, "SwapCached:", vmstat_read(VMSTAT_nr_swapcached));
	show_lists(m);
	kib(m, "SwapTotal:", swap_total());
	kib(m, "SwapFree:", swap_unused());
	none_of(m, "Zswap:\0Zswapped:\0");
	show_kinds(m);
	kib(m, "CommitLimit:", vm_commit_limit());
	kib(m, "Committed_AS:", vm_committed());
	kib(m, "VmallocTotal:", (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT);
	kib(m, "VmallocUsed:", vmalloc_pages());
	none_of(m, "VmallocChunk:\0Percpu:\0");
	kib(m, "AnonHugePages:", vmstat_read(VMSTAT_nr_anon_transparent_hugepages) << HUGE_ORDER);
	none_of(m, "ShmemHugePages:\0ShmemPmdMapped:\0FileHugePages:\0FilePmdMapped:\0");
	seq_printf(m, "HugePages_Total:   %5u\nHugePages_Free:    %5u\nHugePages_Rsvd:    %5u\n"
		   "HugePages_Surp:    %5u\n", 0, 0, 0, 0);
	kib(m, "Hugepagesize:", 1UL << HUGE_ORDER);
	none_of(m, "Hugetlb:\0");
	return 0;
}

static void figure(struct seq_file *m, const char *name, unsigned long v)
{
	seq_printf(m, "%s %lu\n", name, v);
}

int proc_show_vmstat(struct seq_file *m, struct task_struct *t)
{
	unsigned long background, hard, locked = mlocked_pages();

	writeback_thresholds(&background, &hard);
	figure(m, "nr_free_pages", frames_free());
	for (unsigned int i = 0; i < NR_VMSTAT; i++) {
		unsigned long v = vmstat_read(i);

		if (i == VMSTAT_pgpgin || i == VMSTAT_pgpgout)
			v /= 2;                 /* KiB for Linux; we count sectors */
		else if (i == VMSTAT_nr_active_anon)
			v = active_anon_pages();
		figure(m, vmstat_names[i], v);
	}
	figure(m, "nr_unevictable", locked);
	figure(m, "nr_mlock", locked);
	figure(m, "nr_dirty_threshold", hard);
	figure(m, "nr_dirty_background_threshold", background);
	return 0;
}

int proc_show_buddyinfo(struct seq_file *m, struct task_struct *t)
{
	unsigned long nr[MAX_ORDER];

	frames_count_orders(nr);
	seq_puts(m, "Node 0, zone   Normal ");
	for (int i = 0; i < MAX_ORDER; i++)
		seq_printf(m, "%6lu ", nr[i]);
	seq_putc(m, '\n');
	return 0;
}

/* One node with one zone: all of memory. */
int proc_show_zoneinfo(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "Node 0, zone   Normal\n  per-node stats\n");
	for (unsigned int i = 0; i < VMSTAT_pgpgin; i++)
		seq_printf(m, "      %-12s %lu\n", vmstat_names[i], vmstat_read(i));
	seq_printf(m, "  pages free     %lu\n        boost    0\n", frames_free());
	seq_printf(m, "        min      %lu\n        low      %lu\n        high     %lu\n",
		   frames_min(), frames_low(), frames_high());
	seq_printf(m, "        spanned  %lu\n        present  %lu\n        managed  %lu\n",
		   frames_total, frames_total, frames_total);
	seq_puts(m, "        cma      0\n        protection: (0)\n");
	seq_printf(m, "      nr_free_pages %lu\n", frames_free());
	return 0;
}

int proc_show_slabinfo(struct seq_file *m, struct task_struct *t)
{
	struct slab_stat st;

	seq_puts(m, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> "
		    "<objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : "
		    "slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (unsigned int i = 0; slab_stat(i, &st); i++)
		seq_printf(m, "%-17s %6lu %6lu %6lu %4lu %4lu : tunables    0    0    0 : "
			   "slabdata %6lu %6lu      0\n", st.name, st.active, st.total, st.size,
			   st.per_slab, st.pages_per_slab, st.slabs, st.slabs);
	return 0;
}

/* Unlike Linux, which has no such file.  Whoever reads it first begins the measuring; 0 ends it. */
int proc_show_faultcost(struct seq_file *m, struct task_struct *t)
{
	struct fault_cost c;

	faultcost_start();
	seq_printf(m, "%-14s %12s %12s %12s %12s  %s\n", "kind", "count", "least", "mean", "p99",
		   faultcost_unit());
	for (unsigned int i = 0; faultcost_row(i, &c); i++)
		seq_printf(m, "%-14s %12lu %12lu %12lu %12lu\n", c.name, (unsigned long)c.count,
			   (unsigned long)c.least, (unsigned long)c.mean, (unsigned long)c.p99);
	return 0;
}

int proc_store_faultcost(struct task_struct *t, char *buf, size_t len)
{
	unsigned long v;
	int err = proc_parse_number(buf, 0, 0, &v);

	if (!err)
		faultcost_stop();
	return err;
}
