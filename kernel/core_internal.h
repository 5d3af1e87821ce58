// SPDX-License-Identifier: MIT
/*
 * What coredump.c and the core_*.c share and nobody else needs.
 */
#ifndef KERNEL_CORE_INTERNAL_H
#define KERNEL_CORE_INTERNAL_H

#include <kernel/coredump.h>

struct file;
struct mm_area;

/* One core file under way. */
struct core_dump {
	const siginfo_t *info;
	struct task_struct **threads;   /* the current one first; the others are parked */
	unsigned int nr_threads;
	struct file *file;
	bool pipe;                      /* it takes no holes, and has no limit */
	unsigned long limit;            /* bytes that may be written */
	unsigned long written;
	loff_t pos;                     /* where the next byte belongs */
	loff_t end;                     /* of what a pipe was given */
};

/* core_elf.c: write the file.  0 or -errno: it is cut short. */
int core_write_elf(struct core_dump *c);

/* core_notes.c: the PT_NOTE segment into a kvmalloc()ed buffer.  0 or -ENOMEM. */
int core_notes(const struct core_dump *c, const struct mm_area *areas, unsigned int nr_areas,
	       char **notes, size_t *len);

/* core_name.c: where a core goes: core_pattern with all filled in. */
#define CORE_MAX_ARGS           (CORE_PATTERN_MAX / 2 + 1)
struct core_name {
	bool pipe;
	unsigned int argc;
	/* the program and its arguments; or the file's name alone */
	char *argv[CORE_MAX_ARGS + 1];
	size_t len, size;
	int err;
	char *buf;                      /* what argv points into */
};

bool core_pattern_is_pipe(void);
/* 0, -ENOMEM, -ENAMETOOLONG; core_name_free() in any case. */
int core_name_expand(struct core_name *n, const siginfo_t *info);
void core_name_free(struct core_name *n);

/* core_pipe.c: start the program that @n names; what it reads on descriptor 0.  ERR_PTR. */
struct file *core_pipe_start(const struct core_name *n);

#endif
