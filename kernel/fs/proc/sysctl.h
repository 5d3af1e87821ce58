// SPDX-License-Identifier: MIT
/*
 * What the tables of /proc/sys are made of: a file is one unsigned number with its
 * bounds, or a text that is only read.
 */
#ifndef KERNEL_FS_PROC_SYSCTL_H
#define KERNEL_FS_PROC_SYSCTL_H

#include <kernel/fs/proc/proc.h>

extern const struct proc_entry proc_vm_table[];         /* sysctl_vm.c */

void proc_sysctl_init(void);

/*
 * The first number of @buf into *v.  -EINVAL: none, or not within [low, high]; -EPERM: the
 * current task may not change settings.
 */
int proc_parse_number(const char *buf, unsigned long low, unsigned long high, unsigned long *v);

/* One show and one store for each number: the table has no room for an argument. */
#define NUMBER(name, variable, low, high)                                                       \
static int show_##name(struct seq_file *m, struct task_struct *t)                               \
{                                                                                               \
	seq_printf(m, "%lu\n", (unsigned long)READ_ONCE(variable));                             \
	return 0;                                                                               \
}                                                                                               \
static int store_##name(struct task_struct *t, char *buf, size_t len)                           \
{                                                                                               \
	unsigned long v;                                                                        \
	int error = proc_parse_number(buf, low, high, &v);                                      \
												\
	if (!error)                                                                             \
		WRITE_ONCE(variable, v);                                                        \
	return error;                                                                           \
}

#define SETTING(n) { .name = #n, .mode = S_IFREG | 0644, .show = show_##n, .store = store_##n }
#define TEXT(n)    { .name = #n, .mode = S_IFREG | 0444, .show = show_##n }
#define DIR(n, t)  { .name = n, .mode = S_IFDIR | 0555, .children = t }

#endif
