// SPDX-License-Identifier: MIT
/*
 * The layout of a new address space, and the first page of its stack.
 *
 * Bases are Linux's for riscv64 with Sv39, where 256 GiB are the program's:
 *
 *   USER_END ─ up to 1 GiB random ─ stack_top
 *      gap for the stack (its limit, 128 MiB to 5/6 of all) and 1 GiB of randomness
 *   mmap_base, up to 1 GiB random, downwards
 *   programs (PIE) at 2/3, up to 1 GiB random; the heap behind
 *
 * What a program finds at sp, from low to high (System V gABI, "process
 * initialization"): argc, argv[], NULL, envp[], NULL, auxv[], random bytes,
 * platform, the strings, the file's name, and a zero word.
 */
#include <kernel/exec.h>

#include <arch/elf.h>
#include <arch/signal.h>
#include <kernel/random.h>
#include <kernel/rseq.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>

#define RANDOM_RANGE    GiB             /* 18 bits of pages, as Linux for Sv39 */
#define GAP_MIN         (128 * MiB)
#define GAP_MAX         (USER_END / 6 * 5)
#define PIE_BASE        ALIGN_DOWN(USER_END / 3 * 2, PAGE_SIZE)
#define FIRST_STACK     (128 * KiB)     /* mapped at once beyond the strings */
#define RANDOM_BYTES    16
#define ADDR_NO_RANDOMIZE 0x0040000     /* personality(2) */

#define CLOCK_TICKS     100
enum {
	AT_NULL, AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY,
	AT_UID = 11, AT_EUID, AT_GID, AT_EGID, AT_PLATFORM, AT_HWCAP, AT_CLKTCK,
	AT_SECURE = 23, AT_RANDOM = 25, AT_HWCAP2, AT_RSEQ_FEATURE_SIZE, AT_RSEQ_ALIGN,
	AT_EXECFN = 31, AT_SYSINFO_EHDR = 33,
	AT_MINSIGSTKSZ = 51
};

unsigned int sysctl_randomize_va_space = 2;

/* Bytes written one after the other, upwards, into an address space. */
struct writer {
	struct mm_struct *mm;
	vaddr_t at;
	struct user_page page;          /* held while room > 0 */
	u8 *to;
	size_t room;                    /* bytes left in the page */
	int err;
};

/* Addresses of the parts, all known before the first byte is written. */
struct stack_map {
	vaddr_t sp, random, platform, strings;
	unsigned int nr_auxv;           /* words */
};

static void plan(struct exec *x, struct stack_map *m);
static void fill_auxv(const struct exec *x, struct stack_map *m);
static void write_pointers(struct writer *w, const char *strings, vaddr_t at, unsigned int n,
			   size_t *off);
static void put(struct writer *w, const void *data, size_t len);
static void put_word(struct writer *w, unsigned long v);
static void skip_to(struct writer *w, vaddr_t at);
static void writer_end(struct writer *w);

void exec_layout(struct exec *x)
{
	struct mm_struct *mm = x->mm;
	const struct rlimit *lim = current->signal->rlim;
	unsigned long gap;

	mm->rlim_as = lim[RLIMIT_AS].cur;
	mm->rlim_data = lim[RLIMIT_DATA].cur;
	mm->rlim_stack = lim[RLIMIT_STACK].cur;
	mm->rlim_memlock = lim[RLIMIT_MEMLOCK].cur;
	mm->dumpable = DUMP_USER;

	x->randomize = sysctl_randomize_va_space && !(current->personality & ADDR_NO_RANDOMIZE);
	x->stack_top = USER_END - exec_random_pages(x, RANDOM_RANGE);
	gap = clamp(mm->rlim_stack, GAP_MIN, GAP_MAX);
	gap += (unsigned long)sysctl_stack_guard_gap << PAGE_SHIFT;
	gap += x->randomize ? RANDOM_RANGE : 0;
	gap = min(ALIGN_UP(gap, PAGE_SIZE), GAP_MAX);
	mm->mmap_base = USER_END - gap - exec_random_pages(x, RANDOM_RANGE);
}

vaddr_t exec_pie_base(const struct exec *x)
{
	return PIE_BASE + exec_random_pages(x, RANDOM_RANGE);
}

vaddr_t exec_random_pages(const struct exec *x, vaddr_t range)
{
	return x->randomize ? (get_random_u64() & (range - 1)) & PAGE_MASK : 0;
}

int exec_stack(struct exec *x)
{
	struct exec_strings *s = &x->strings;
	struct mm_struct *mm = x->mm;
	struct writer w = { .mm = mm };
	struct stack_map m;
	u8 random[RANDOM_BYTES];
	size_t off = 0;
	size_t size;
	int err;

	plan(x, &m);
	size = ALIGN_UP(x->stack_top - m.sp, PAGE_SIZE);
	size = max(size, min(size + FIRST_STACK, ALIGN_DOWN(mm->rlim_stack, PAGE_SIZE)));
	err = mm_setup_stack(mm, x->stack_top, size, PROT_READ | PROT_WRITE |
			     (x->image->stack == ELF_STACK_EXEC ? PROT_EXEC : 0));
	if (err)
		return err;
	mm->start_stack = m.sp;
	mm->arg_start = m.strings;

	w.at = m.sp;
	put_word(&w, s->argc);
	write_pointers(&w, s->buf, m.strings, s->argc, &off);
	mm->arg_end = m.strings + off;
	mm->env_start = mm->arg_end;
	write_pointers(&w, s->buf, m.strings, s->envc, &off);
	mm->env_end = m.strings + off;
	put(&w, mm->auxv, m.nr_auxv * sizeof(mm->auxv[0]));
	skip_to(&w, m.random);
	get_random_bytes(random, sizeof(random));
	put(&w, random, sizeof(random));
	put(&w, ELF_PLATFORM, sizeof(ELF_PLATFORM));
	skip_to(&w, m.strings);
	put(&w, s->buf, s->used);
	writer_end(&w);
	x->sp = m.sp;
	return w.err;
}

/* From the top down. */
static void plan(struct exec *x, struct stack_map *m)
{
	struct exec_strings *s = &x->strings;
	unsigned long jitter = x->randomize ? get_random_u64() & ~PAGE_MASK & ~15UL : 0;

	m->strings = x->stack_top - sizeof(unsigned long) - s->used;
	m->platform = ALIGN_DOWN(m->strings, 16) - jitter - ALIGN_UP(sizeof(ELF_PLATFORM), 16);
	m->random = m->platform - RANDOM_BYTES;
	fill_auxv(x, m);
	m->sp = m->random - (1 + s->argc + 1 + s->envc + 1 + m->nr_auxv) * sizeof(unsigned long);
	m->sp = ALIGN_DOWN(m->sp, 16);
}

static void fill_auxv(const struct exec *x, struct stack_map *m)
{
	const struct cred *cred = x->cred ? x->cred : current->cred;
	const unsigned long auxv[] = {
		AT_SYSINFO_EHDR, x->mm->vdso,
		AT_HWCAP, elf_hwcap,
		AT_PAGESZ, PAGE_SIZE,
		AT_CLKTCK, CLOCK_TICKS,
		AT_PHDR, x->phdr,
		AT_PHENT, sizeof(struct elf64_phdr),
		AT_PHNUM, x->image->phnum,
		AT_BASE, x->interp ? x->interp->low + x->interp_bias : 0,
		AT_FLAGS, 0,
		AT_ENTRY, x->image->entry + x->bias,
		AT_UID, cred->uid,
		AT_EUID, cred->euid,
		AT_GID, cred->gid,
		AT_EGID, cred->egid,
		AT_SECURE, x->secure,
		AT_RANDOM, m->random,
		AT_HWCAP2, 0,
		AT_RSEQ_FEATURE_SIZE, RSEQ_FEATURE_SIZE,
		AT_RSEQ_ALIGN, RSEQ_ALIGN,
		AT_MINSIGSTKSZ, signal_frame_max(),
		AT_EXECFN, m->strings + x->strings.name,
		AT_PLATFORM, m->platform,
		AT_NULL, 0,
	};

	_Static_assert(ARRAY_SIZE(auxv) <= MM_AUXV_WORDS, "mm_struct.auxv holds it all");
	memcpy(x->mm->auxv, auxv, sizeof(auxv));
	m->nr_auxv = ARRAY_SIZE(auxv);
}

/* Pointers to the next @n strings, and NULL; *off goes on from string to string. */
static void write_pointers(struct writer *w, const char *strings, vaddr_t at, unsigned int n,
			   size_t *off)
{
	for (; n; n--) {
		put_word(w, at + *off);
		*off += strlen(strings + *off) + 1;
	}
	put_word(w, 0);
}

static void put(struct writer *w, const void *data, size_t len)
{
	while (len && !w->err) {
		size_t n;

		if (!w->room) {
			w->err = user_page_get(w->mm, w->at, FAULT_WRITE, &w->page);
			if (w->err)
				return;
			w->to = w->page.kaddr;
			w->room = w->page.len;
		}
		n = min(len, w->room);
		memcpy(w->to, data, n);
		data += n;
		len -= n;
		w->at += n;
		w->to += n;
		w->room -= n;
		if (!w->room)
			user_page_put(&w->page);
	}
}

static void put_word(struct writer *w, unsigned long v)
{
	put(w, &v, sizeof(v));
}

/* Fresh stack pages are zero: nothing to write between. */
static void skip_to(struct writer *w, vaddr_t at)
{
	size_t gap = at - w->at;

	if (w->room > gap) {
		w->to += gap;
		w->room -= gap;
	} else {
		writer_end(w);
	}
	w->at = at;
}

static void writer_end(struct writer *w)
{
	if (w->room)
		user_page_put(&w->page);
	w->room = 0;
}
