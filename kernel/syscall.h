// SPDX-License-Identifier: MIT
/*
 * System calls: one handler type, so that the table needs no casts.  A
 * handler takes its six arguments as @a[0..5]; results of -ERESTARTSYS and
 * its kin are turned into a restart or -EINTR by do_signal().
 *
 * The one list is kernel/syscalls.list.h: a line per call, sorted by number,
 *     SYSCALL(63, read)
 *     SYSCALL_WHOLE(220, clone)       needs the whole trapframe: kernel/entry.h
 * from which come the table and the prototypes.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <lib/types.h>

typedef long (*syscall_fn)(const unsigned long *a);

#define SYSCALL(nr, name) long sys_##name(const unsigned long *a);
#define SYSCALL_WHOLE SYSCALL
#include <kernel/syscalls.list.h>
#undef SYSCALL_WHOLE
#undef SYSCALL

#endif
