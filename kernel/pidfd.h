// SPDX-License-Identifier: MIT
/*
 * Descriptors for processes: pidfd_open(2), CLONE_PIDFD.
 */
#ifndef KERNEL_PIDFD_H
#define KERNEL_PIDFD_H

#include <lib/types.h>

struct file;
struct pid_handle;
struct task_struct;

#define PIDFD_NONBLOCK  0x800U          /* O_NONBLOCK */
#define PIDFD_THREAD    0x80U           /* O_EXCL: one thread, not its process */

/*
 * The task behind descriptor @fd, with a reference, and in *flags the PIDFD_ flags it was opened
 * with.  ERR_PTR: -EBADF, or -ESRCH when the task is gone.
 */
struct task_struct *pidfd_get_task(int fd, unsigned int *flags);

/* The handle behind descriptor @fd, with a reference; ERR_PTR(-EBADF). */
struct pid_handle *pidfd_get_handle(int fd, unsigned int *flags);
/* @t's, with a reference, made if it has none; ERR_PTR(-ENOMEM or -ESRCH). */
struct pid_handle *pid_handle_of(struct task_struct *t);
/* The task with a reference, or NULL: reaped. */
struct task_struct *pid_handle_task(struct pid_handle *h);
void pid_handle_get(struct pid_handle *h);
void pid_handle_put(struct pid_handle *h);

/*
 * clone: a handle for @t, which nobody sees yet, and a file for it.  ERR_PTR(-ENOMEM or -ENFILE).
 */
struct file *pidfd_for_child(struct task_struct *t, unsigned int flags);

/* tasklist_lock held: @t has ended; who polls it hears. */
void pid_handle_ended(struct task_struct *t);
/* tasklist_lock held: @t is off the lists. */
void pid_handle_gone(struct task_struct *t);
/* tasklist_lock held: @a and @b have changed numbers, which handles follow. */
void pid_handles_swap(struct task_struct *a, struct task_struct *b);

#endif
