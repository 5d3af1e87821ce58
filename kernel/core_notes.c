// SPDX-License-Identifier: MIT
/*
 * The notes of a core file: what the program was, and each of its threads.
 *
 * In the order that Linux writes and debuggers expect: the first thread's
 * PRSTATUS, what concerns the process, then the other registers and threads.
 * Layouts: linux/elfcore.h for riscv64.
 *
 * Lock: none; every thread is stopped.
 */
#include <kernel/core_internal.h>

#include <arch/ptrace.h>
#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/rusage.h>
#include <kernel/signal_internal.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/smaps.h>

#define NT_PRPSINFO     3
#define NT_AUXV         6
#define NT_SIGINFO      0x53494749
#define NT_FILE         0x46494c45

struct elf_note {
	u32 namesz, descsz, type;
	char name[8];
};

struct prstatus {
	int signo, code, err;
	s16 cursig;
	s16 pad;
	u64 sigpend, sighold;
	int pid, ppid, pgrp, sid;
	struct timeval utime, stime, cutime, cstime;
	unsigned long reg[32];
	int fpvalid, pad2;
};

struct prpsinfo {
	char state, sname, zombie, nice;
	u32 pad;
	u64 flags;
	u32 uid, gid;
	int pid, ppid, pgrp, sid;
	char fname[16];
	char psargs[80];
};

_Static_assert(sizeof(struct elf_note) == 20, "a note's head");
_Static_assert(sizeof(struct prstatus) == 376, "elf_prstatus is 376 bytes");
_Static_assert(sizeof(struct prpsinfo) == 136, "elf_prpsinfo is 136 bytes");

/* A buffer that grows; err keeps the first failure. */
struct notes {
	char *buf;
	size_t len, size;
	int err;
};

static void *reserve(struct notes *n, size_t len)
{
	size_t size = max(n->size * 2, ALIGN_UP(n->len + len, PAGE_SIZE));
	char *bigger;

	if (n->err)
		return NULL;
	if (n->len + len > n->size) {
		bigger = kvmalloc(size, GFP_KERNEL | GFP_ZERO);
		if (!bigger) {
			n->err = -ENOMEM;
			return NULL;
		}
		if (n->len)
			memcpy(bigger, n->buf, n->len);
		kvfree(n->buf);
		n->buf = bigger;
		n->size = size;
	}
	n->len += len;
	return n->buf + n->len - len;
}

/* A note of @len bytes, from @data or to be filled: where they are, or NULL. */
static void *add_named(struct notes *n, const char *name, u32 type, const void *data, size_t len)
{
	struct elf_note *head = reserve(n, sizeof(*head) + ALIGN_UP(len, 4));
	char *desc = (char *)(head + 1);

	if (!head)
		return NULL;
	*head = (struct elf_note){ (u32)strlen(name) + 1, (u32)len, type, "" };
	memcpy(head->name, name, head->namesz);
	memset(desc, 0, ALIGN_UP(len, 4));
	if (data)
		memcpy(desc, data, len);
	return desc;
}

static void *add(struct notes *n, u32 type, const void *data, size_t len)
{
	return add_named(n, "CORE", type, data, len);
}

static void add_prstatus(struct notes *n, const struct core_dump *c, struct task_struct *t)
{
	const struct signal_struct *s = t->signal;
	struct cpu_times times;
	union ptrace_regs regs;
	struct prstatus p;

	memset(&p, 0, sizeof(p));
	p.signo = p.cursig = (s16)c->info->si_signo;
	p.sigpend = t->pending.set;
	p.sighold = t->blocked;
	p.pid = t->pid;
	p.ppid = READ_ONCE(s->ppid);
	p.pgrp = s->pgid;
	p.sid = s->sid;
	if (thread_group_leader(t)) {
		process_cpu_times(t, &times);
	} else {
		times.user_ns = t->utime_ns;
		times.system_ns = t->stime_ns;
	}
	p.utime = ns_to_timeval(times.user_ns);
	p.stime = ns_to_timeval(times.system_ns);
	p.cutime = ns_to_timeval(s->cutime_ns);
	p.cstime = ns_to_timeval(s->cstime_ns);
	ptrace_get_regs(&t->thread, NT_PRSTATUS, &regs);
	memcpy(p.reg, regs.general, sizeof(p.reg));
	p.fpvalid = 1;
	add(n, NT_PRSTATUS, &p, sizeof(p));
}

static void add_fpregs(struct notes *n, struct task_struct *t)
{
	size_t extra = ptrace_regset_size(&t->thread, NT_EXTRA);
	union ptrace_regs regs;
	void *to;

	ptrace_get_regs(&t->thread, NT_PRFPREG, &regs);
	add(n, NT_PRFPREG, &regs, sizeof(regs.fp));
	to = extra ? add_named(n, "LINUX", NT_EXTRA, NULL, extra) : NULL;
	if (to)
		ptrace_get_regs(&t->thread, NT_EXTRA, to);
}

static void add_prpsinfo(struct notes *n)
{
	const struct task_struct *t = current;
	struct mm_struct *mm = t->thread.mm;
	struct prpsinfo p;
	size_t len;

	memset(&p, 0, sizeof(p));
	p.sname = 'R';
	p.nice = (char)t->nice;
	p.flags = t->flags;
	p.uid = t->cred->uid;
	p.gid = t->cred->gid;
	p.pid = t->tgid;
	p.ppid = READ_ONCE(t->signal->ppid);
	p.pgrp = t->signal->pgid;
	p.sid = t->signal->sid;
	memcpy(p.fname, t->comm, sizeof(p.fname));
	len = min(mm->arg_end - mm->arg_start, sizeof(p.psargs) - 1);
	len = mm_access(mm, mm->arg_start, p.psargs, len, false, false);
	for (size_t i = 0; i < len; i++)
		if (!p.psargs[i])
			p.psargs[i] = ' ';
	add(n, NT_PRPSINFO, &p, sizeof(p));
}

static void add_auxv(struct notes *n)
{
	const unsigned long *auxv = current->thread.mm->auxv;
	unsigned int words = 0;

	while (words + 2 < MM_AUXV_WORDS && auxv[words])
		words += 2;
	add(n, NT_AUXV, auxv, (words + 2) * sizeof(*auxv));
}

static const char *area_name(const struct mm_area *a, char *buf)
{
	const char *name;

	if (!a->file)
		return a->name;
	name = d_path(&a->file->path, &current->fs->root, buf, PATH_MAX);
	return IS_ERR(name) ? "?" : name;
}

/* count, page size; start, end, page of each mapping; then their names. */
static void add_files(struct notes *n, const struct mm_area *areas, unsigned int nr)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	const char *name;
	size_t start = n->len, end;
	unsigned long *words, count = 0;

	for (unsigned int i = 0; i < nr; i++)
		count += areas[i].mapping != NULL;
	words = path ? add(n, NT_FILE, NULL, (2 + 3 * count) * sizeof(*words)) : NULL;
	if (words) {
		*words++ = count;
		*words++ = PAGE_SIZE;
		for (unsigned int i = 0; i < nr; i++) {
			if (!areas[i].mapping)
				continue;
			*words++ = areas[i].start;
			*words++ = areas[i].end;
			*words++ = areas[i].pgoff;
		}
	}
	for (unsigned int i = 0; words && i < nr; i++) {
		char *to;

		if (!areas[i].mapping)
			continue;
		name = area_name(&areas[i], path);
		to = reserve(n, strlen(name) + 1);
		if (to)
			memcpy(to, name, strlen(name) + 1);
	}
	kfree(path);
	if (!path)
		n->err = -ENOMEM;
	if (n->err)
		return;
	end = n->len;
	reserve(n, ALIGN_UP(end, 4) - end);
	if (!n->err)
		((struct elf_note *)(n->buf + start))->descsz =
			(u32)(end - start - sizeof(struct elf_note));
}

int core_notes(const struct core_dump *c, const struct mm_area *areas, unsigned int nr_areas,
	       char **notes, size_t *len)
{
	struct notes n = { 0 };

	add_prstatus(&n, c, c->threads[0]);
	add_prpsinfo(&n);
	add(&n, NT_SIGINFO, c->info, sizeof(*c->info));
	add_auxv(&n);
	add_files(&n, areas, nr_areas);
	add_fpregs(&n, c->threads[0]);
	for (unsigned int i = 1; i < c->nr_threads; i++) {
		add_prstatus(&n, c, c->threads[i]);
		add_fpregs(&n, c->threads[i]);
	}
	*notes = n.buf;
	*len = n.len;
	return n.err;
}
