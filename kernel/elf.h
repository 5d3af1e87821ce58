// SPDX-License-Identifier: MIT
/*
 * ELF64 executables, read with suspicion.
 *
 * Nothing here maps or allocates: a program is bytes behind a callback, and
 * the answer is a list of segments that are known to be sane.  So it runs on
 * a workstation too, under a fuzzer.
 */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include <lib/types.h>

#define PT_LOAD         1
#define PT_INTERP       3
#define PT_GNU_STACK    0x6474e551
#define PF_X            1
#define PF_W            2
#define PF_R            4
#define ET_EXEC         2
#define ET_DYN          3

struct elf64_ehdr {
	u8 e_ident[16];
	u16 e_type, e_machine;
	u32 e_version;
	u64 e_entry, e_phoff, e_shoff;
	u32 e_flags;
	u16 e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
};

struct elf64_phdr {
	u32 p_type, p_flags;
	u64 p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

_Static_assert(sizeof(struct elf64_ehdr) == 64, "Elf64_Ehdr");
_Static_assert(sizeof(struct elf64_phdr) == 56, "Elf64_Phdr");

/* Where the bytes come from, and what the machine runs. */
struct elf_source {
	/* All @len bytes at @offset, within size; 0 or -errno. */
	int (*read)(void *arg, void *buf, size_t len, u64 offset);
	void *arg;
	u64 size;                       /* of the file */
	u16 machine;                    /* e_machine wanted */
	bool (*flags_ok)(u32 e_flags);
};

/*
 * A PT_LOAD with p_memsz > 0: filesz <= memsz, the file has all of filesz, vaddr and offset agree
 * in the page.
 */
struct elf_segment {
	vaddr_t vaddr;
	u64 offset, filesz, memsz;
	u32 flags;                      /* PF_ */
};

enum elf_stack { ELF_STACK_DEFAULT, ELF_STACK_NOEXEC, ELF_STACK_EXEC };

struct elf_image {
	bool relocatable;               /* ET_DYN: addresses are relative to a base */
	vaddr_t entry;
	vaddr_t phdr;                   /* where the program headers lie once mapped; 0: nowhere */
	unsigned int phnum;
	vaddr_t low, high;              /* page-aligned: all segments lie in [low, high) */
	/* the largest p_align that is a power of two, at least a page */
	u64 align;
	enum elf_stack stack;
	u64 interp_offset;
	size_t interp_len;              /* with its NUL; 0: none */
	unsigned int nr_segments;
	struct elf_segment seg[];       /* no two overlap */
};

/* Is it a program for this machine?  -ENOEXEC if not; errors of read. */
int elf_read_header(const struct elf_source *src, struct elf64_ehdr *eh);

/* What an image of @eh needs. */
static inline size_t elf_image_size(const struct elf64_ehdr *eh)
{
	return sizeof(struct elf_image) + eh->e_phnum * sizeof(struct elf_segment);
}

/*
 * Fill @img, of elf_image_size() bytes, from the program headers.
 * -ENOEXEC: not a whole program; -EINVAL: an address range that cannot be; errors of read.
 */
int elf_read_segments(const struct elf_source *src, const struct elf64_ehdr *eh,
		      struct elf_image *img);

/* Address of the program headers etc. must stay below this many bytes. */
#define ELF_PHDRS_MAX   65536

#endif
