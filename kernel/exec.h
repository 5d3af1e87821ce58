// SPDX-License-Identifier: MIT
/*
 * The parts of exec: what exec.c gathers, and the steps in the other exec_*.c.
 */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include <kernel/elf.h>
#include <lib/types.h>

struct cred;
struct file;
struct mm_struct;
struct sighand_struct;

/* A program's array of strings, or the kernel's. */
struct exec_vector {
	bool kernel;
	vaddr_t user;                   /* 0: empty */
	const char *const *strings;     /* kernel; NULL: empty */
};

/* The strings of the new stack, one behind the other: argv, envp, the file's name. */
struct exec_strings {
	char *buf;                      /* kvmalloc */
	size_t size, used, limit;
	unsigned int argc, envc;
	size_t name;                    /* offset of the file's name */
};

int exec_strings_init(struct exec_strings *s);
void exec_strings_free(struct exec_strings *s);
/* Append one string, or a whole vector from its @first element on.  -E2BIG, -EFAULT, -ENOMEM. */
int exec_strings_add(struct exec_strings *s, const char *str);
int exec_strings_add_vector(struct exec_strings *s, const struct exec_vector *v, unsigned int first,
			    unsigned int *count);

/* One exec, from its arguments to the state that the new program starts in. */
struct exec {
	const char *filename;           /* as asked for */
	struct file *file;              /* the program: behind all "#!" */
	struct elf_image *image;
	struct file *interp_file;       /* the dynamic linker, or NULL */
	struct elf_image *interp;
	struct exec_strings strings;
	struct cred *cred;              /* new ones, or NULL: unchanged */
	bool secure;                    /* AT_SECURE: it has powers that its caller has not */
	bool readable;                  /* others of the same user may look into it */
	struct sighand_struct *sighand; /* one's own, if shared with another process; or NULL */
	/* the new address space, complete before the old one goes */
	struct mm_struct *mm;
	bool randomize;
	vaddr_t stack_top;
	vaddr_t bias;                   /* added to the image's addresses */
	vaddr_t interp_bias;
	vaddr_t entry, sp;              /* where the program starts */
	vaddr_t phdr;
};

/* Whom the program runs as: fills cred, secure and readable.  0 or -ENOMEM. */
int exec_cred(struct exec *x);

/* Place and map image and interpreter into x->mm, set up the heap; fills bias, entry, phdr. */
int exec_load(struct exec *x);

/* Choose where the parts of x->mm go: stack_top, mm->mmap_base. */
void exec_layout(struct exec *x);
/* Where a PIE with an interpreter is loaded. */
vaddr_t exec_pie_base(const struct exec *x);
/* A random page-aligned distance below @range. */
vaddr_t exec_random_pages(const struct exec *x, vaddr_t range);
/* Map the stack and write strings, vectors and auxv; fills sp. */
int exec_stack(struct exec *x);

/* kernel.randomize_va_space: 0 none, 1 stack, libraries and programs, 2 the heap too. */
extern unsigned int sysctl_randomize_va_space;

#endif
