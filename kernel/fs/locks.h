// SPDX-License-Identifier: MIT
/*
 * Locks of files: flock(2), and the record locks of fcntl(2), owned by a
 * process (POSIX) or by an open file (OFD).
 */
#ifndef KERNEL_FS_LOCKS_H
#define KERNEL_FS_LOCKS_H

#include <lib/types.h>

struct file;
struct files_struct;
struct inode;
struct seq_file;
struct task_struct;

/* F_GETLK, F_SETLK, F_SETLKW and their OFD kin; @arg is the program's struct flock. */
long locks_fcntl(struct file *file, unsigned int cmd, vaddr_t arg);
/* close(2): all POSIX locks of the process on this file go. */
void locks_remove_posix(struct file *file, struct files_struct *owner);
/* The open file goes: its flock and OFD locks. */
void locks_remove_file(struct file *file);
/* /proc/locks */
int locks_show_all(struct seq_file *m, struct task_struct *t);

#endif
