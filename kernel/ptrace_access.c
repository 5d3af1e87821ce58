// SPDX-License-Identifier: MIT
/*
 * Who may look into whom: the one rule behind ptrace(2), procfs, process_vm_readv(2) and kin.
 *
 * All of its ids must be the asker's, it must have no capability that the
 * asker lacks, and it must not have made itself unreadable (PR_SET_DUMPABLE,
 * or a change of ids).  CAP_SYS_PTRACE stands above all three.
 *
 * Lock: task.lock of the other, for its cred and its address space.
 */
#include <kernel/ptrace.h>

#include <kernel/cred.h>
#include <kernel/task.h>
#include <mm/mm.h>

static bool same_ids(const struct cred *c, enum ptrace_mode mode)
{
	const struct cred *me = current->cred;
	u32 uid = mode == PTRACE_MODE_FSCREDS ? me->fsuid : me->uid;
	u32 gid = mode == PTRACE_MODE_FSCREDS ? me->fsgid : me->gid;

	return uid == c->euid && uid == c->suid && uid == c->uid &&
	       gid == c->egid && gid == c->sgid && gid == c->gid;
}

bool ptrace_may_access(struct task_struct *t, enum ptrace_mode mode)
{
	const struct cred *me = current->cred;
	u64 caps = mode == PTRACE_MODE_FSCREDS ? me->cap_effective : me->cap_permitted;
	const struct mm_struct *mm;
	bool may;

	if (t->signal == current->signal || capable(CAP_SYS_PTRACE))
		return true;
	spin_lock(&t->lock);
	mm = t->thread.mm;
	may = same_ids(t->cred, mode) && !(t->cred->cap_permitted & ~caps) &&
	      (!mm || mm->dumpable == DUMP_USER);
	spin_unlock(&t->lock);
	return may;
}
