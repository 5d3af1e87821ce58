// SPDX-License-Identifier: MIT
/*
 * Mapping a program: where image, dynamic linker and vDSO go in a fresh
 * address space, and their segments.  Nothing of them is read here, with one
 * exception that the format forces: the rest of a page that holds both the
 * end of the file's data and the start of the zeroes.
 *
 *   ET_EXEC                     where it says
 *   ET_DYN with an interpreter  at two thirds of the address space, randomised
 *   ET_DYN without (static-PIE) in the mmap area, as the interpreter and vDSO
 *
 * The address space is not in use yet: what is mapped so far is known, so
 * places are chosen by arithmetic, top down from mmap_base.
 */
#include <kernel/exec.h>

#include <arch/vdso.h>
#include <kernel/fs/file.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/fault.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>

#define STACK_KEEP      (8 * MiB)       /* below the stack's top: no fixed program may lie here */
#define VDSO_PAGES_MAX  8

struct range { vaddr_t start, end; };

static int place_program(struct exec *x, struct range *program);
static long place_below(vaddr_t *top, u64 span, u64 align, const struct range *avoid);
static int map_vdso(struct mm_struct *mm, vaddr_t at);
static int map_image(struct mm_struct *mm, struct file *file, const struct elf_image *img,
		     vaddr_t bias);
static int map_segment(struct mm_struct *mm, struct file *file, const struct elf_segment *s,
		       vaddr_t start);
static int zero_tail(struct mm_struct *mm, vaddr_t from);
static void describe(struct mm_struct *mm, const struct elf_image *img, vaddr_t bias);
static void place_heap(struct exec *x, vaddr_t program_end);

int exec_load(struct exec *x)
{
	struct range program = { 0, 0 };
	vaddr_t top = x->mm->mmap_base;
	long at;
	int err;

	if (x->interp || !x->image->relocatable) {
		err = place_program(x, &program);
		if (err)
			return err;
	}
	at = place_below(&top, (vdso_nr_pages() + VDSO_DATA_PAGES) * PAGE_SIZE, PAGE_SIZE,
			 &program);
	err = IS_ERR_VALUE(at) ? (int)at : map_vdso(x->mm, at);
	if (err)
		return err;
	if (x->interp || x->image->relocatable) {
		const struct elf_image *img = x->interp ? x->interp : x->image;

		at = place_below(&top, img->high - img->low, img->align, &program);
		if (IS_ERR_VALUE(at))
			return (int)at;
		x->interp_bias = at - img->low;
	}
	if (x->interp)
		err = map_image(x->mm, x->interp_file, x->interp, x->interp_bias);
	else if (x->image->relocatable)
		swap_values(x->bias, x->interp_bias);
	if (!err)
		err = map_image(x->mm, x->file, x->image, x->bias);
	if (err)
		return err;

	x->phdr = x->image->phdr ? x->image->phdr + x->bias : 0;
	x->entry = x->interp ? x->interp->entry + x->interp_bias : x->image->entry + x->bias;
	if (x->entry >= USER_END)
		return -EINVAL;
	describe(x->mm, x->image, x->bias);
	place_heap(x, x->image->high + x->bias);
	return 0;
}

/* One whose place does not depend on the others': it must leave room for the stack. */
static int place_program(struct exec *x, struct range *program)
{
	const struct elf_image *img = x->image;
	vaddr_t base = img->low;

	if (img->relocatable)
		base = ALIGN_DOWN(exec_pie_base(x), img->align);
	if (img->align > USER_END || img->high - img->low > USER_END - base)
		return -ENOMEM;
	x->bias = base - img->low;
	*program = (struct range){ base, base + (img->high - img->low) };
	if (program->end > x->stack_top - STACK_KEEP)
		return -ENOMEM;
	return 0;
}

/* The highest place below *top that does not touch @avoid; *top follows. */
static long place_below(vaddr_t *top, u64 span, u64 align, const struct range *avoid)
{
	vaddr_t at;

	if (span > *top || align > *top)
		return -ENOMEM;
	at = ALIGN_DOWN(*top - span, align);
	if (at < avoid->end && avoid->start < at + span) {
		if (span > avoid->start)
			return -ENOMEM;
		at = ALIGN_DOWN(avoid->start - span, align);
	}
	if (at < sysctl_mmap_min_addr)
		return -ENOMEM;
	*top = at;
	return (long)at;
}

/* The data page, and behind it the code, which knows it is there. */
static int map_vdso(struct mm_struct *mm, vaddr_t at)
{
	unsigned long data[VDSO_DATA_PAGES] = { vdso_data_pfn() }, code[VDSO_PAGES_MAX];
	unsigned int nr = min(vdso_nr_pages(), (unsigned int)VDSO_PAGES_MAX);
	long err;

	for (unsigned int i = 0; i < nr; i++)
		code[i] = vdso_pfn(i);
	err = mm_map_pfns(mm, at, data, VDSO_DATA_PAGES, VM_READ | VM_MAYREAD, "[vvar]");
	if (IS_ERR_VALUE(err))
		return (int)err;
	at += VDSO_DATA_PAGES * PAGE_SIZE;
	err = mm_map_pfns(mm, at, code, nr, VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYEXEC, "[vdso]");
	if (IS_ERR_VALUE(err))
		return (int)err;
	mm->vdso = at;
	return 0;
}

static int map_image(struct mm_struct *mm, struct file *file, const struct elf_image *img,
		     vaddr_t bias)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < img->nr_segments; i++)
		err = map_segment(mm, file, &img->seg[i], img->seg[i].vaddr + bias);
	return err;
}

static int map_fixed(struct mm_struct *mm, struct file *file, vaddr_t start, vaddr_t end,
		     unsigned int prot, u64 offset)
{
	struct mmap_request rq = {
		.addr = start, .len = end - start, .prot = prot,
		.flags = MAP_PRIVATE | MAP_FIXED | (file ? 0 : MAP_ANONYMOUS),
		.pgoff = offset >> PAGE_SHIFT,
		.may_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
		.file = file,
		.map_file = file ? file->f_op->mmap : NULL,
	};
	long at = mm_mmap(mm, &rq);

	return IS_ERR_VALUE(at) ? (int)at : 0;
}

/*
 *      start            start + filesz          start + memsz
 *   |....|== file pages ======|000000|- anonymous ----|......|
 *   page                           page                    page
 */
static int map_segment(struct mm_struct *mm, struct file *file, const struct elf_segment *s,
		       vaddr_t start)
{
	unsigned int prot = (s->flags & PF_R ? PROT_READ : 0) | (s->flags & PF_W ? PROT_WRITE : 0) |
			    (s->flags & PF_X ? PROT_EXEC : 0);
	vaddr_t page = ALIGN_DOWN(start, PAGE_SIZE);
	vaddr_t file_end = s->filesz ? ALIGN_UP(start + s->filesz, PAGE_SIZE) : page;
	vaddr_t end = ALIGN_UP(start + s->memsz, PAGE_SIZE);
	int err = 0;

	if (s->filesz)
		err = map_fixed(mm, file, page, file_end, prot, s->offset);
	if (!err && end > file_end)
		err = map_fixed(mm, NULL, file_end, end,
				PROT_READ | PROT_WRITE | (prot & PROT_EXEC), 0);
	/* As Linux: a segment that is read-only keeps what the file has there. */
	if (!err && s->memsz > s->filesz && (prot & PROT_WRITE) && start + s->filesz < file_end)
		err = zero_tail(mm, start + s->filesz);
	return err;
}

/* Zero from @from to the end of its page. */
static int zero_tail(struct mm_struct *mm, vaddr_t from)
{
	struct user_page up;
	int err = user_page_get(mm, from, FAULT_WRITE, &up);

	if (err)
		return err;
	memset(up.kaddr, 0, up.len);
	user_page_put(&up);
	return 0;
}

/* What /proc/PID/stat says of text and data, by Linux's rules. */
static void describe(struct mm_struct *mm, const struct elf_image *img, vaddr_t bias)
{
	mm->start_code = ~0UL;
	for (unsigned int i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->seg[i];
		vaddr_t start = s->vaddr + bias, end = start + s->filesz;

		mm->start_code = min(mm->start_code, start);
		mm->start_data = max(mm->start_data, start);
		mm->end_data = max(mm->end_data, end);
		if (s->flags & PF_X)
			mm->end_code = max(mm->end_code, end);
	}
}

/* Behind the program; a static-PIE lies among the mappings, so its heap goes where programs go. */
static void place_heap(struct exec *x, vaddr_t program_end)
{
	vaddr_t brk = program_end;

	if (x->image->relocatable && !x->interp)
		brk = ALIGN_DOWN(exec_pie_base(x), PAGE_SIZE);
	if (sysctl_randomize_va_space > 1)
		brk += exec_random_pages(x, GiB);
	x->mm->start_brk = brk;
	x->mm->brk = brk;
}
