// SPDX-License-Identifier: MIT
/*
 * The ELF reader: from headers to checked segments.
 *
 * Everything in a file may be a lie, so each number is checked against the
 * file's size and the user half before it is used, and sums are never formed
 * before they are known not to wrap.  Stricter than Linux in two points that
 * no linker needs: segments that overlap, or that claim bytes beyond the end
 * of the file, are refused at exec instead of failing when touched.
 *
 * ELF specification 1.2, book I; System V gABI chapter 5.
 */
#include <kernel/elf.h>

#include <arch/page.h>
#include <lib/errno.h>
#include <lib/string.h>

#define INTERP_MAX      4096    /* PATH_MAX */
#define CHUNK           16      /* program headers read at once */

static int take_header(const struct elf_source *src, const struct elf64_ehdr *eh,
		       const struct elf64_phdr *ph, struct elf_image *img);
static int take_load(const struct elf_source *src, const struct elf64_ehdr *eh,
		     const struct elf64_phdr *ph, struct elf_image *img);
static int take_interp(const struct elf_source *src, const struct elf64_phdr *ph,
		       struct elf_image *img);
static bool in_file(const struct elf_source *src, u64 offset, u64 len);
static bool overlaps(const struct elf_image *img, const struct elf64_phdr *ph);

int elf_read_header(const struct elf_source *src, struct elf64_ehdr *eh)
{
	static const u8 magic[] = { 0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little-endian */ };
	size_t table;
	int err;

	if (!in_file(src, 0, sizeof(*eh)))
		return -ENOEXEC;
	err = src->read(src->arg, eh, sizeof(*eh), 0);
	if (err)
		return err;
	if (memcmp(eh->e_ident, magic, sizeof(magic)) || eh->e_machine != src->machine ||
	    (eh->e_type != ET_EXEC && eh->e_type != ET_DYN) || !src->flags_ok(eh->e_flags))
		return -ENOEXEC;
	table = eh->e_phnum * sizeof(struct elf64_phdr);
	if (eh->e_phentsize != sizeof(struct elf64_phdr) || !table || table > ELF_PHDRS_MAX ||
	    !in_file(src, eh->e_phoff, table))
		return -ENOEXEC;
	return 0;
}

int elf_read_segments(const struct elf_source *src, const struct elf64_ehdr *eh,
		      struct elf_image *img)
{
	struct elf64_phdr ph[CHUNK];
	unsigned int n;
	int err;

	*img = (struct elf_image){
		.relocatable = eh->e_type == ET_DYN,
		.entry = eh->e_entry,
		.phnum = eh->e_phnum,
		.low = ~0UL,
		.align = PAGE_SIZE,
	};
	for (unsigned int i = 0; i < eh->e_phnum; i += n) {
		n = min((unsigned int)CHUNK, eh->e_phnum - i);
		err = src->read(src->arg, ph, n * sizeof(*ph), eh->e_phoff + i * sizeof(*ph));
		for (unsigned int k = 0; !err && k < n; k++)
			err = take_header(src, eh, &ph[k], img);
		if (err)
			return err;
	}
	if (!img->nr_segments)
		return -ENOEXEC;
	if (!img->relocatable && img->entry >= USER_END)
		return -EINVAL;
	return 0;
}

static int take_header(const struct elf_source *src, const struct elf64_ehdr *eh,
		       const struct elf64_phdr *ph, struct elf_image *img)
{
	switch (ph->p_type) {
	case PT_LOAD:
		return take_load(src, eh, ph, img);
	case PT_INTERP:
		return take_interp(src, ph, img);
	case PT_GNU_STACK:
		img->stack = ph->p_flags & PF_X ? ELF_STACK_EXEC : ELF_STACK_NOEXEC;
		return 0;
	default:
		return 0;
	}
}

static int take_load(const struct elf_source *src, const struct elf64_ehdr *eh,
		     const struct elf64_phdr *ph, struct elf_image *img)
{
	if (ph->p_filesz > ph->p_memsz)
		return -EINVAL;
	if (!ph->p_memsz)
		return 0;
	if (ph->p_memsz > USER_END || ph->p_vaddr > USER_END - ph->p_memsz)
		return -EINVAL;
	if (!in_file(src, ph->p_offset, ph->p_filesz))
		return -ENOEXEC;
	if (ph->p_filesz && ((ph->p_vaddr ^ ph->p_offset) & ~PAGE_MASK))
		return -EINVAL;
	if (overlaps(img, ph))
		return -ENOEXEC;

	img->low = min(img->low, ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE));
	img->high = max(img->high, ALIGN_UP(ph->p_vaddr + ph->p_memsz, PAGE_SIZE));
	if (ph->p_align > img->align && !(ph->p_align & (ph->p_align - 1)))
		img->align = ph->p_align;
	if (eh->e_phoff >= ph->p_offset && eh->e_phoff - ph->p_offset < ph->p_filesz)
		img->phdr = ph->p_vaddr + (eh->e_phoff - ph->p_offset);
	img->seg[img->nr_segments++] = (struct elf_segment){
		.vaddr = ph->p_vaddr, .offset = ph->p_offset,
		.filesz = ph->p_filesz, .memsz = ph->p_memsz, .flags = ph->p_flags,
	};
	return 0;
}

/* The first one counts, as on Linux. */
static int take_interp(const struct elf_source *src, const struct elf64_phdr *ph,
		       struct elf_image *img)
{
	if (img->interp_len)
		return 0;
	if (ph->p_filesz < 2 || ph->p_filesz > INTERP_MAX ||
	    !in_file(src, ph->p_offset, ph->p_filesz))
		return -ENOEXEC;
	img->interp_offset = ph->p_offset;
	img->interp_len = ph->p_filesz;
	return 0;
}

static bool in_file(const struct elf_source *src, u64 offset, u64 len)
{
	return len <= src->size && offset <= src->size - len;
}

/* By bytes: two segments may share a page. */
static bool overlaps(const struct elf_image *img, const struct elf64_phdr *ph)
{
	for (unsigned int i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->seg[i];

		if (ph->p_vaddr < s->vaddr + s->memsz && s->vaddr < ph->p_vaddr + ph->p_memsz)
			return true;
	}
	return false;
}
