// SPDX-License-Identifier: MIT
/*
 * The life of processes: fork, exec, exit, wait.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <lib/types.h>

struct task_struct;

#define CLONE_VM                0x00000100UL
#define CLONE_FS                0x00000200UL
#define CLONE_FILES             0x00000400UL
#define CLONE_SIGHAND           0x00000800UL
#define CLONE_PIDFD             0x00001000UL
#define CLONE_PTRACE            0x00002000UL
#define CLONE_VFORK             0x00004000UL
#define CLONE_PARENT            0x00008000UL
#define CLONE_THREAD            0x00010000UL
#define CLONE_NEWNS             0x00020000UL
#define CLONE_SYSVSEM           0x00040000UL
#define CLONE_SETTLS            0x00080000UL
#define CLONE_PARENT_SETTID     0x00100000UL
#define CLONE_CHILD_CLEARTID    0x00200000UL
#define CLONE_DETACHED          0x00400000UL
#define CLONE_UNTRACED          0x00800000UL
#define CLONE_CHILD_SETTID      0x01000000UL
#define CLONE_NEWUTS            0x04000000UL
#define CLONE_NEW_ANY           (CLONE_NEWNS | 0x7e000080UL)    /* of which only NEWUTS exists */
#define CLONE_CLEAR_SIGHAND     0x100000000UL

struct clone_args {
	u64 flags;
	vaddr_t pidfd, child_tid, parent_tid;
	int exit_signal;
	vaddr_t stack;          /* top; 0: the parent's */
	vaddr_t tls;
};
/* May the current task make the name spaces of CLONE_ @flags?  0, -EPERM, -EINVAL. */
int namespaces_allowed(u64 flags);
/* The child's pid or -errno. */
long process_clone(const struct clone_args *args);

/*
 * Replace the current program by @path; @argv and @envp are kernel arrays of
 * kernel strings (first program: kernel_execve) or the program's arrays.
 */
int kernel_execve(const char *path, const char *const *argv, const char *const *envp);

/* 0 to 2000: how likely the OOM killer is to choose @t's process (proc(5)). */
unsigned long oom_score(struct task_struct *t);

/*
 * End the current thread / the whole process with a wait status ((code & 0xff) << 8, or the
 * signal).  Do not return.
 */
__noreturn void do_exit(int status);
__noreturn void do_group_exit(int status);

/*
 * Called by exec once the point of no return is near: become the only thread (and the leader).  0
 * or -EAGAIN.
 */
int de_thread(void);

/* Wake a parent waiting in vfork: at exec and exit. */
void vfork_release(struct task_struct *t);

/* Tasks made since boot. [a] */
extern unsigned long total_forks;

void process_init(void);        /* caches, pid table */

/* fork.c, kthread.c: a task with stack and lists, on no list itself; its signal_struct. */
struct signal_struct;
struct task_struct *task_alloc(void);
struct signal_struct *signal_alloc(void);
void signal_put(struct signal_struct *sig);
/* Undo task_alloc and what was hung on it since; never for a task that was started. */
void task_discard(struct task_struct *t);
/* tasklist_lock held: number @t and put it on the lists, child of @parent.  0 or -EAGAIN. */
int task_publish(struct task_struct *t, struct task_struct *parent, bool thread);
/* tasklist_lock held: every thread is gone, and waited for where somebody must. */
bool process_has_ended(const struct signal_struct *sig);
/* tasklist_lock held: tell of the end of @leader's process whoever is to hear it next. */
struct list_head;
void process_announce(struct task_struct *leader, struct list_head *released);
/* tasklist_lock held: an ended thread that its tracer has waited for. */
void process_thread_reaped(struct task_struct *t, struct list_head *released);
/*
 * tasklist_lock held: off all lists; the caller drops the lists' reference (task_put) afterwards.
 */
void task_release(struct task_struct *t);
/* Every page of @t's program that is about to go: robust futexes, CLONE_CHILD_CLEARTID. */
void futex_exit(struct task_struct *t);

#endif
