// SPDX-License-Identifier: MIT
/*
 * /proc/PID/maps, smaps, smaps_rollup and numa_maps: the areas of an address space.
 *
 * Areas are taken a few at a time (mm/smaps.h), so that the address space is
 * not locked while text is made; an area that changes between two looks is
 * shown as it was at one of them.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/fs/super.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/huge.h>
#include <mm/mempolicy.h>
#include <mm/mm.h>
#include <mm/smaps.h>
#include <mm/vm_flags.h>

#define AREAS_AT_ONCE   4
#define NAME_COLUMN     73      /* where Linux puts the name */

typedef int (*area_fn)(struct seq_file *m, struct mm_struct *mm, const struct mm_area *a,
		       void *arg);

/*
 * @a's text by @fn, unless there is no room for it behind that of others; then, or when there will
 * be none for another, m->more is where to go on.
 */
static int print_area(struct seq_file *m, struct mm_struct *mm, area_fn fn,
		      const struct mm_area *a, void *arg)
{
	size_t before = m->count;
	int error = fn(m, mm, a, arg);

	if (error)
		return error;
	if (seq_overflown(m) && before) {
		m->count = before;
		m->more = (loff_t)a->start;
	} else if (m->size - m->count <= m->count - before) {
		m->more = (loff_t)a->end;
	}
	return 0;
}

/* Call @fn for each area from m->index on, in order, until one fails or the buffer is full. */
static int for_each_area(struct seq_file *m, struct mm_struct *mm, area_fn fn, void *arg)
{
	struct mm_area areas[AREAS_AT_ONCE];
	vaddr_t addr = (vaddr_t)m->index;
	int n, error = 0;

	while (!error && !m->more && (n = mm_areas(mm, addr, areas, AREAS_AT_ONCE)) != 0) {
		if (n < 0)
			return n;
		addr = areas[n - 1].end;
		for (int i = 0; i < n; i++) {
			if (!error && !m->more)
				error = print_area(m, mm, fn, &areas[i], arg);
			mm_area_put(&areas[i]);
		}
	}
	return error;
}

static void put_name(struct seq_file *m, const struct mm_area *a, size_t line)
{
	if (!a->file && !a->name[0])
		return;
	seq_pad(m, line, NAME_COLUMN);
	if (a->file)
		seq_path(m, &a->file->path, "\n\\");
	else
		seq_puts(m, a->name);
}

static int show_area(struct seq_file *m, struct mm_struct *mm, const struct mm_area *a, void *arg)
{
	struct inode *inode = a->file ? a->file->inode : NULL;
	u64 dev = inode && inode->sb ? inode->sb->dev : 0;
	size_t before = m->count;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", a->start, a->end,
		   a->flags & VM_READ ? 'r' : '-', a->flags & VM_WRITE ? 'w' : '-',
		   a->flags & VM_EXEC ? 'x' : '-', a->flags & VM_MAYSHARE ? 's' : 'p',
		   a->pgoff << PAGE_SHIFT, MAJOR(dev), MINOR(dev),
		   inode ? (unsigned long)inode->ino : 0);
	put_name(m, a, before);
	seq_putc(m, '\n');
	return 0;
}

/* Each area of @t's program by @fn, which gets @arg; nothing for a task without one. */
static int show_areas(struct seq_file *m, struct task_struct *t, area_fn fn, void *arg)
{
	struct mm_struct *mm;
	int error;

	if (!proc_may_look(t))
		return -EACCES;
	mm = task_mm_get(t);
	if (!mm)
		return 0;
	error = for_each_area(m, mm, fn, arg);
	mm_put(mm);
	return error;
}

int proc_show_maps(struct seq_file *m, struct task_struct *t)
{
	return show_areas(m, t, show_area, NULL);
}

/* "%s:%*lu kB\n", without a format that is parsed twenty times an area. */
static void show_kib(struct seq_file *m, const char *name, unsigned long bytes)
{
	char line[] = "                         kB\n", *at = line + 24;
	unsigned long kib = bytes >> 10;
	size_t len = strlen(name);

	memcpy(line, name, len);
	line[len] = ':';
	do
		*--at = (char)('0' + kib % 10);
	while ((kib /= 10));
	seq_write(m, line, sizeof(line) - 1);
}

#define IN_SHARES       0x80    /* << 12 */
#define NONE            0x7f
#define BYTES(field)    (offsetof(struct mm_area_stats, field) / sizeof(long))
#define SHARES(field)   (BYTES(field##_shifted) | IN_SHARES)

/*
 * What Linux tells of pages, in its order.  There is no KSM, only anonymous memory has large pages,
 * and none are set aside.
 */
static const struct stat_line {
	char name[16];
	u8 at;                          /* in mm_area_stats, in words; IN_SHARES */
	bool whole;                     /* only of a whole address space */
} stat_lines[] = {
	{ "Rss", BYTES(rss), false },
	{ "Pss", SHARES(pss), false },
	{ "Pss_Dirty", SHARES(pss_dirty), false },
	{ "Pss_Anon", SHARES(pss_anon), true },
	{ "Pss_File", SHARES(pss_file), true },
	{ "Pss_Shmem", SHARES(pss_shmem), true },
	{ "Shared_Clean", BYTES(shared_clean), false },
	{ "Shared_Dirty", BYTES(shared_dirty), false },
	{ "Private_Clean", BYTES(private_clean), false },
	{ "Private_Dirty", BYTES(private_dirty), false },
	{ "Referenced", BYTES(referenced), false },
	{ "Anonymous", BYTES(anonymous), false },
	{ "KSM", NONE, false },
	{ "LazyFree", BYTES(lazyfree), false },
	{ "AnonHugePages", BYTES(huge), false },
	{ "ShmemPmdMapped", NONE, false },
	{ "FilePmdMapped", NONE, false },
	{ "Shared_Hugetlb", NONE, false },
	{ "Private_Hugetlb", NONE, false },
	{ "Swap", BYTES(swap), false },
	{ "SwapPss", SHARES(swap_pss), false },
	{ "Locked", SHARES(pss_locked), false },
};

static void show_stats(struct seq_file *m, const struct mm_area_stats *s, bool whole)
{
	for (const struct stat_line *l = stat_lines; l < stat_lines + ARRAY_SIZE(stat_lines); l++) {
		unsigned int at = l->at & ~IN_SHARES;
		unsigned long v = at == NONE ? 0 : ((const unsigned long *)s)[at];

		if (whole || !l->whole)
			show_kib(m, l->name, l->at & IN_SHARES ? v >> 12 : v);
	}
}

static void show_flags(struct seq_file *m, unsigned long flags)
{
	static const struct { unsigned long flag; const char *name;
	} names[] = {
		{ VM_READ, "rd" },	 { VM_WRITE, "wr" },	   { VM_EXEC, "ex" },
		{ VM_SHARED, "sh" },	 { VM_MAYREAD, "mr" },	   { VM_MAYWRITE, "mw" },
		{ VM_MAYEXEC, "me" },	 { VM_MAYSHARE, "ms" },	   { VM_GROWSDOWN, "gd" },
		{ VM_PFNMAP, "pf" },	 { VM_LOCKED, "lo" },	   { VM_IO, "io" },
		{ VM_SEQ_READ, "sr" },	 { VM_RAND_READ, "rr" },   { VM_DONTCOPY, "dc" },
		{ VM_DONTEXPAND, "de" }, { VM_LOCKONFAULT, "lf" }, { VM_ACCOUNT, "ac" },
		{ VM_NORESERVE, "nr" },	 { VM_SYNC, "sf" },	   { VM_WIPEONFORK, "wf" },
		{ VM_DONTDUMP, "dd" },	 { VM_UFFD_MISSING, "um" }, { VM_UFFD_MINOR, "ui" },
		{ VM_HUGEPAGE, "hg" },	 { VM_NOHUGEPAGE, "nh" },  { VM_SEALED, "sl" },
	};

	seq_puts(m, "VmFlags: ");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag) {
			seq_puts(m, names[i].name);
			seq_putc(m, ' ');
		}
	seq_putc(m, '\n');
}

static int add_stats(struct mm_struct *mm, const struct mm_area *a, struct mm_area_stats *s)
{
	unsigned long before = s->pss_shifted;
	int error = mm_gather_stats(mm, a->start, a->end, s);

	if (a->flags & VM_LOCKED)
		s->pss_locked_shifted += s->pss_shifted - before;
	return error;
}

static int show_smap(struct seq_file *m, struct mm_struct *mm, const struct mm_area *a, void *arg)
{
	struct mm_area_stats s = { 0 };
	int error = add_stats(mm, a, &s);

	if (error)
		return error;
	show_area(m, mm, a, NULL);
	show_kib(m, "Size", a->end - a->start);
	show_kib(m, "KernelPageSize", PAGE_SIZE);
	show_kib(m, "MMUPageSize", PAGE_SIZE);
	show_stats(m, &s, false);
	seq_printf(m, "THPeligible:    %8u\n",
		   !a->mapping && huge_eligible(a->start, a->end, a->flags));
	show_flags(m, a->flags);
	return 0;
}

int proc_show_smaps(struct seq_file *m, struct task_struct *t)
{
	return show_areas(m, t, show_smap, NULL);
}

struct rollup {
	struct mm_area_stats sum;
	vaddr_t first, last;
};

static int add_area(struct seq_file *m, struct mm_struct *mm, const struct mm_area *a, void *arg)
{
	struct rollup *r = arg;

	if (!r->last)
		r->first = a->start;
	r->last = a->end;
	return add_stats(mm, a, &r->sum);
}

int proc_show_smaps_rollup(struct seq_file *m, struct task_struct *t)
{
	struct rollup r = { .last = 0 };
	struct mm_struct *mm;
	size_t before;
	int error;

	if (!proc_may_look(t))
		return -EACCES;
	mm = task_mm_get(t);
	if (!mm)
		return -ESRCH;
	error = for_each_area(m, mm, add_area, &r);
	mm_put(mm);
	if (error)
		return error;
	before = m->count;
	seq_printf(m, "%08lx-%08lx ---p 00000000 00:00 0 ", r.first, r.last);
	seq_pad(m, before, NAME_COLUMN);
	seq_puts(m, "[rollup]\n");
	show_stats(m, &r.sum, true);
	return 0;
}

/* ------------------------------------------------ numa_maps */

/* As the kernel uses it, on one node: which nodes a program named with a flag is not told. */
static void show_policy(struct seq_file *m, unsigned int policy)
{
	static const char *const modes[MPOL_MAX] = {
		[MPOL_DEFAULT] = "default", [MPOL_PREFERRED] = "prefer",
		[MPOL_BIND] = "bind", [MPOL_INTERLEAVE] = "interleave",
		[MPOL_LOCAL] = "local", [MPOL_PREFERRED_MANY] = "prefer (many)",
		[MPOL_WEIGHTED_INTERLEAVE] = "weighted interleave",
	};
	unsigned int flags = policy & (MPOL_STATIC | MPOL_RELATIVE | MPOL_BALANCING);

	seq_puts(m, modes[policy & MPOL_MODE]);
	if (flags)
		seq_putc(m, '=');
	if (flags & (MPOL_STATIC | MPOL_RELATIVE))
		seq_puts(m, flags & MPOL_STATIC ? "static" : "relative");
	if (flags & MPOL_BALANCING)
		seq_puts(m, flags == MPOL_BALANCING ? "balancing" : "|balancing");
	if (policy & MPOL_NODES)
		seq_puts(m, ":0");
}

static void show_nonzero(struct seq_file *m, const char *name, unsigned long n)
{
	if (n)
		seq_printf(m, " %s=%lu", name, n);
}

static void show_pages(struct seq_file *m, const struct mm_area_stats *s)
{
	unsigned long dirty = s->shared_dirty + s->private_dirty;

	show_nonzero(m, "anon", s->anonymous >> PAGE_SHIFT);
	show_nonzero(m, "dirty", dirty >> PAGE_SHIFT);
	if (s->rss != s->anonymous && s->rss != dirty)
		show_nonzero(m, "mapped", s->rss >> PAGE_SHIFT);
	if (s->most_mapped > 1)
		show_nonzero(m, "mapmax", (unsigned long)s->most_mapped);
	show_nonzero(m, "swapcache", s->swapcache >> PAGE_SHIFT);
	if (s->active < s->rss)
		seq_printf(m, " active=%lu", s->active >> PAGE_SHIFT);
	show_nonzero(m, "writeback", s->writeback >> PAGE_SHIFT);
	seq_printf(m, " N0=%lu kernelpagesize_kB=%lu", s->rss >> PAGE_SHIFT, PAGE_SIZE / KiB);
}

/* Shared memory without a file has a name like one. */
static void show_what(struct seq_file *m, const struct mm_area *a)
{
	static const char escape[] = "\n\t= ";

	if (a->file || a->name[0] == '/')
		seq_puts(m, " file=");
	if (a->file)
		seq_path(m, &a->file->path, escape);
	else if (a->name[0] == '/')
		seq_escape(m, a->name, escape);
	else if (!strcmp(a->name, "[heap]"))
		seq_puts(m, " heap");
	else if (!strcmp(a->name, "[stack]"))
		seq_puts(m, " stack");
}

/* @arg: the policy of the task, for areas without one. */
static int show_numa_map(struct seq_file *m, struct mm_struct *mm, const struct mm_area *a,
			 void *arg)
{
	unsigned int policy = (a->flags & VM_POLICY) / (VM_POLICY & -VM_POLICY);
	const unsigned int *of_task = arg;
	struct mm_area_stats s = { 0 };
	int error = mm_gather_stats(mm, a->start, a->end, &s);

	if (error)
		return error;
	seq_printf(m, "%08lx ", a->start);
	show_policy(m, policy ? policy : *of_task);
	show_what(m, a);
	if (s.rss)
		show_pages(m, &s);
	seq_putc(m, '\n');
	return 0;
}

int proc_show_numa_maps(struct seq_file *m, struct task_struct *t)
{
	unsigned int policy = READ_ONCE(t->mempolicy);

	return show_areas(m, t, show_numa_map, &policy);
}
