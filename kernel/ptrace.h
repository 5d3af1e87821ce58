// SPDX-License-Identifier: MIT
/*
 * Looking into, and holding, another task.
 */
#ifndef KERNEL_PTRACE_H
#define KERNEL_PTRACE_H

#include <lib/types.h>

struct task_struct;

/* By which ids the asker is judged: procfs looks as files are looked at, ptrace(2) by real ones. */
enum ptrace_mode { PTRACE_MODE_FSCREDS, PTRACE_MODE_REALCREDS };

/* ptrace(2), "ptrace access mode checking": may the current task look into @t?  Spinlocks only. */
bool ptrace_may_access(struct task_struct *t, enum ptrace_mode mode);

#endif
