// SPDX-License-Identifier: MIT
/*
 * A core file: an ELF whose segments are the program's areas.
 *
 *	header | program headers | notes | pages of the areas ... | (section header)
 *
 * Which areas are written whole, in part or not at all is said by the
 * process' coredump_filter (core(5)) and MADV_DONTDUMP; a debugger takes the
 * rest from the files they map.  Pages that were never touched are holes.
 *
 * Lock: none; the address space is the current process', whose other threads
 *       are stopped.
 */
#include <kernel/core_internal.h>

#include <arch/elf.h>
#include <kernel/elf.h>
#include <kernel/fs/attr.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/sched.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/dump.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/smaps.h>

#define ET_CORE         4
#define PT_NOTE         4
#define PN_XNUM         0xffff          /* too many headers: the section header has the number */

/* Bits of coredump_filter. */
enum {
	FILTER_ANON_PRIVATE = 1, FILTER_ANON_SHARED = 2, FILTER_MAPPED_PRIVATE = 4,
	FILTER_MAPPED_SHARED = 8, FILTER_ELF_HEADERS = 16,
};

struct elf64_shdr {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 addralign, entsize;
};

/* Everything that the file is made from. */
struct core_image {
	struct mm_area *areas;
	unsigned int nr;
	char *notes;
	size_t notes_len;
	u64 data;                       /* offset of the first area's pages */
};

static int take_areas(struct core_image *im);
static size_t dump_size(const struct mm_area *a);
static int write_headers(struct core_dump *c, const struct core_image *im);
static int write_area(struct core_dump *c, const struct mm_area *a, void *page);
static int finish(struct core_dump *c, unsigned int nr_headers);
static int emit(struct core_dump *c, const void *buf, size_t len);
static int write_out(struct core_dump *c, const char *buf, size_t len, loff_t pos);

int core_write_elf(struct core_dump *c)
{
	struct core_image im = { 0 };
	void *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	int err = page ? take_areas(&im) : -ENOMEM;

	if (!err)
		err = core_notes(c, im.areas, im.nr, &im.notes, &im.notes_len);
	if (!err)
		err = write_headers(c, &im);
	for (unsigned int i = 0; i < im.nr && !err; i++)
		err = write_area(c, &im.areas[i], page);
	if (!err)
		err = finish(c, im.nr + 1);
	for (unsigned int i = 0; i < im.nr; i++)
		mm_area_put(&im.areas[i]);
	kvfree(im.areas);
	kvfree(im.notes);
	kfree(page);
	return err;
}

/* All areas, as they are now. */
static int take_areas(struct core_image *im)
{
	struct mm_struct *mm = current->thread.mm;
	unsigned int max = READ_ONCE(mm->map_count) + 1;
	vaddr_t at = 0;
	int n;

	im->areas = kvmalloc(max * sizeof(*im->areas), GFP_KERNEL);
	if (!im->areas)
		return -ENOMEM;
	do {
		n = mm_areas(mm, at, im->areas + im->nr, max - im->nr);
		if (n < 0)
			return n;
		im->nr += (unsigned int)n;
		if (n)
			at = im->areas[im->nr - 1].end;
	} while (n && im->nr < max);
	return 0;
}

/* Its first page is enough to know the file by. */
static bool is_program(const struct mm_area *a)
{
	char magic[4];

	if (a->pgoff || !(a->flags & VM_READ))
		return false;
	if (READ_ONCE(a->file->inode->mode) & 0111)
		return true;
	return mm_access(current->thread.mm, a->start, magic, sizeof(magic), false, true) ==
		       sizeof(magic) && !memcmp(magic, "\177ELF", sizeof(magic));
}

/* How many bytes of it go into the file, from its start. */
static size_t dump_size(const struct mm_area *a)
{
	unsigned int filter = READ_ONCE(current->thread.mm->dump_filter);
	size_t whole = a->end - a->start;
	bool named = a->file && a->file->inode->nlink;

	if (!strcmp(a->name, "[vdso]"))
		return whole;
	if (a->flags & (VM_DONTDUMP | VM_IO | VM_PFNMAP))
		return 0;
	if (a->flags & VM_SHARED)
		return filter & (named ? FILTER_MAPPED_SHARED : FILTER_ANON_SHARED) ? whole : 0;
	if (a->has_anon && (filter & FILTER_ANON_PRIVATE))
		return whole;
	if (!a->file)
		return 0;
	if (filter & FILTER_MAPPED_PRIVATE)
		return whole;
	return (filter & FILTER_ELF_HEADERS) && is_program(a) ? PAGE_SIZE : 0;
}

static int emit_segment(struct core_dump *c, const struct mm_area *a, u64 *offset)
{
	struct elf64_phdr ph = {
		.p_type = PT_LOAD, .p_offset = *offset, .p_vaddr = a->start,
		.p_filesz = dump_size(a), .p_memsz = a->end - a->start, .p_align = PAGE_SIZE,
		.p_flags = (a->flags & VM_READ ? PF_R : 0U) | (a->flags & VM_WRITE ? PF_W : 0U) |
			   (a->flags & VM_EXEC ? PF_X : 0U),
	};

	*offset += ph.p_filesz;
	return emit(c, &ph, sizeof(ph));
}

static int write_headers(struct core_dump *c, const struct core_image *im)
{
	unsigned int nr = im->nr + 1;
	u64 notes = sizeof(struct elf64_ehdr) + (u64)nr * sizeof(struct elf64_phdr);
	u64 data = ALIGN_UP(notes + im->notes_len, PAGE_SIZE), end = data;
	struct elf64_phdr ph = { .p_type = PT_NOTE, .p_offset = notes, .p_filesz = im->notes_len,
				 .p_align = 4 };
	struct elf64_ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 }, .e_type = ET_CORE,
		.e_machine = ELF_MACHINE, .e_version = 1, .e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh), .e_phentsize = sizeof(ph), .e_phnum = (u16)nr,
	};
	int err;

	if (nr >= PN_XNUM) {
		for (unsigned int i = 0; i < im->nr; i++)
			end += dump_size(&im->areas[i]);
		eh.e_phnum = PN_XNUM;
		eh.e_shoff = end;
		eh.e_shentsize = sizeof(struct elf64_shdr);
		eh.e_shnum = 1;
	}
	err = emit(c, &eh, sizeof(eh));
	if (!err)
		err = emit(c, &ph, sizeof(ph));
	end = data;
	for (unsigned int i = 0; i < im->nr && !err; i++)
		err = emit_segment(c, &im->areas[i], &end);
	if (!err)
		err = emit(c, im->notes, im->notes_len);
	c->pos = (loff_t)data;
	return err;
}

static int write_area(struct core_dump *c, const struct mm_area *a, void *page)
{
	vaddr_t end = a->start + dump_size(a);
	int err = 0;

	for (vaddr_t va = a->start; va < end && !err; va += PAGE_SIZE) {
		if (mm_dump_page(current->thread.mm, va, a->mapping != NULL, page))
			err = emit(c, page, PAGE_SIZE);
		else
			c->pos += PAGE_SIZE;
		cond_resched();
		if (fatal_signal_pending())
			err = -EINTR;
	}
	return err;
}

static int finish(struct core_dump *c, unsigned int nr_headers)
{
	struct elf64_shdr sh = { .size = 1, .info = nr_headers };

	if (nr_headers >= PN_XNUM)
		return emit(c, &sh, sizeof(sh));
	if (c->pipe)
		return emit(c, NULL, 0);
	if (inode_size(c->file->inode) < (u64)c->pos)
		return do_truncate(&c->file->path, (u64)c->pos, c->file);
	return 0;
}

/* At c->pos.  A pipe gets zeros for what was passed over.  -EFBIG: the limit. */
static int emit(struct core_dump *c, const void *buf, size_t len)
{
	static const char zeros[512];
	int err = 0;

	while (c->pipe && c->end < c->pos && !err) {
		size_t n = min((size_t)(c->pos - c->end), sizeof(zeros));

		err = write_out(c, zeros, n, c->end);
		c->end += n;
	}
	if (!err && len > c->limit - c->written)
		err = -EFBIG;
	if (!err)
		err = write_out(c, buf, len, c->pos);
	c->pos += len;
	c->written += len;
	c->end = c->pos;
	return err;
}

static int write_out(struct core_dump *c, const char *buf, size_t len, loff_t pos)
{
	while (len) {
		ssize_t n = fatal_signal_pending() ? -EINTR : kernel_write(c->file, buf, len, pos);

		if (n <= 0)
			return n ? (int)n : -ENOSPC;
		buf += n;
		len -= (size_t)n;
		pos += n;
	}
	return 0;
}
