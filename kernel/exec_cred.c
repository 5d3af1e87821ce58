// SPDX-License-Identifier: MIT
/*
 * Who a new program runs as: set-user-id and set-group-id files, and the
 * rules of capabilities(7) for execve(2).
 *
 * Files have no capabilities of their own here, so what a program may comes
 * from its ids: user 0 has what the bounding set allows, all others what is
 * ambient.  One who may not gain gains nothing: after PR_SET_NO_NEW_PRIVS, under
 * a tracer who could not trace the result, or when another process shares its
 * root and working directory.
 *
 * Lock: none: a cred that nobody uses yet.
 */
#include <kernel/exec.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/task.h>

/* The ids that the file's mode bits give. */
static void take_file_ids(struct cred *new, const struct file *file)
{
	const struct inode *inode = file->inode;
	u32 mode = READ_ONCE(inode->mode);

	if ((file->path.mnt->flags | inode->sb->flags) & MS_NOSUID)
		return;
	if (current->no_new_privs)
		return;
	if (mode & S_ISUID)
		new->euid = inode->uid;
	if ((mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		new->egid = inode->gid;
}

/* One who may not look into such a program would hold the strings of one. */
static bool tracer_is_lesser(void)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	bool lesser = current->tracee &&
		      !(current->parent->cred->cap_effective & BIT(CAP_SYS_PTRACE));

	spin_unlock_irqrestore(&tasklist_lock, flags);
	return lesser;
}

/* Somebody else could lead the program astray: its tracer, or one who may chroot(2) it. */
static bool may_not_gain(void)
{
	if (current->no_new_privs || tracer_is_lesser())
		return true;
	return current->fs &&
	       (unsigned int)atomic_read(&current->fs->refs) > current->signal->nr_threads;
}

/* User 0 has all; true: in effect, too. */
static bool root_gets_all(struct cred *new)
{
	new->cap_permitted = 0;
	if ((new->securebits & SECBIT_NOROOT) || (new->uid && new->euid))
		return false;
	new->cap_permitted = new->cap_bounding | new->cap_inheritable;
	return !new->euid;
}

static bool same(const struct cred *a, const struct cred *b)
{
	return a->euid == b->euid && a->suid == b->suid && a->fsuid == b->fsuid &&
	       a->egid == b->egid && a->sgid == b->sgid && a->fsgid == b->fsgid &&
	       a->cap_permitted == b->cap_permitted && a->cap_effective == b->cap_effective &&
	       a->cap_ambient == b->cap_ambient && a->securebits == b->securebits;
}

/* @new is a copy of @old.  True: ids or capabilities are not simply those of the caller. */
static bool change(struct cred *new, const struct cred *old, const struct file *file)
{
	bool set_id, effective;

	take_file_ids(new, file);
	set_id = new->euid != old->uid || new->egid != old->gid;
	effective = root_gets_all(new);
	if ((set_id || (new->cap_permitted & ~old->cap_permitted)) && may_not_gain()) {
		if (!capable(CAP_SETUID) || current->no_new_privs) {
			new->euid = new->uid;
			new->egid = new->gid;
		}
		new->cap_permitted &= old->cap_permitted;
	}
	new->suid = new->fsuid = new->euid;
	new->sgid = new->fsgid = new->egid;
	if (set_id)
		new->cap_ambient = 0;
	new->cap_permitted |= new->cap_ambient;
	new->cap_effective = effective ? new->cap_permitted : new->cap_ambient;
	new->securebits &= ~SECBIT_KEEP_CAPS;
	return set_id || (new->uid && (effective || (new->cap_permitted & ~new->cap_ambient)));
}

int exec_cred(struct exec *x)
{
	const struct cred *old = current->cred;
	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	x->secure = change(new, old, x->file);
	x->readable = old->euid == old->uid && old->egid == old->gid &&
		      !inode_permission(x->file->inode, MAY_READ);
	if (same(new, old))
		cred_put(new);
	else
		x->cred = new;
	return 0;
}
