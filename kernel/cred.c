// SPDX-License-Identifier: MIT
/*
 * Credentials: who a task is and what it may do.
 *
 * A cred in use is never changed.  A task that changes its identity fills a
 * copy and swaps the pointer, so that others, who look under the task's lock,
 * see either identity whole.  Threads and children share one until then.
 *
 * The rules for capabilities are those of capabilities(7): leaving user id 0
 * drops them, coming back to it effectively gives the permitted ones.
 *
 * Lock: the pointer changes under tasklist_lock and task.lock, so either is
 *       enough to read another's (interrupts take only the first); the task
 *       itself reads it freely.
 */
#include <kernel/cred.h>

#include <kernel/coredump.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/sort.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/commit.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define ALL_CAPS        ((1UL << (CAP_LAST + 1)) - 1)
#define NGROUPS_MAX     65536
#define ID_NONE         ((u32)-1)

struct cred root_cred = {
	.refs = ATOMIC_INIT(1),
	.cap_permitted = ALL_CAPS,
	.cap_effective = ALL_CAPS,
	.cap_bounding = ALL_CAPS,
};

static void fix_caps(struct cred *new, const struct cred *old);

void cred_put(struct cred *c)
{
	if (!atomic_dec_and_test(&c->refs))
		return;
	kvfree(c->groups);
	kfree(c);
}

struct cred *cred_prepare(void)
{
	const struct cred *old = current->cred;
	struct cred *new = kmalloc(sizeof(*new), GFP_KERNEL);

	if (!new)
		return NULL;
	*new = *old;
	atomic_set(&new->refs, 1);
	new->groups = NULL;
	if (old->nr_groups) {
		new->groups = kvmalloc(old->nr_groups * sizeof(u32), GFP_KERNEL);
		if (!new->groups) {
			kfree(new);
			return NULL;
		}
		memcpy(new->groups, old->groups, old->nr_groups * sizeof(u32));
	}
	return new;
}

static bool powers_changed(const struct cred *old, const struct cred *new)
{
	return old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid ||
	       old->fsgid != new->fsgid || (new->cap_permitted & ~old->cap_permitted);
}

void cred_commit(struct cred *c)
{
	struct task_struct *t = current;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct cred *old;

	spin_lock(&t->lock);
	old = t->cred;
	t->cred = c;
	if (powers_changed(old, c)) {
		if (t->thread.mm)
			t->thread.mm->dumpable = READ_ONCE(suid_dumpable);
		t->pdeath_signal = 0;
	}
	spin_unlock(&t->lock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	cred_put(old);
}

struct cred *task_cred_get(struct task_struct *t)
{
	struct cred *c;

	spin_lock(&t->lock);
	c = t->cred;
	cred_get(c);
	spin_unlock(&t->lock);
	return c;
}

bool mlock_unlimited(void)
{
	return capable(CAP_IPC_LOCK);
}

bool cred_in_group(const struct cred *c, u32 gid)
{
	unsigned int low = 0, high = c->nr_groups;

	if (c->fsgid == gid)
		return true;
	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (c->groups[mid] == gid)
			return true;
		if (c->groups[mid] < gid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool capable(int cap)
{
	return current->cred->cap_effective >> cap & 1;
}

bool commit_may_use_reserve(void)
{
	return capable(CAP_SYS_ADMIN);
}

bool cred_may_kill(const struct cred *target)
{
	const struct cred *me = current->cred;

	return me->euid == target->uid || me->euid == target->suid || me->uid == target->uid ||
	       me->uid == target->suid || capable(CAP_KILL);
}

/* ------------------------------------------------ user ids */

/* capabilities(7), "Effect of user ID changes on capabilities". */
static void fix_caps(struct cred *new, const struct cred *old)
{
	bool was = !old->uid || !old->euid || !old->suid;
	bool is = !new->uid || !new->euid || !new->suid;

	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (was && !is) {
		if (!(new->securebits & SECBIT_KEEP_CAPS)) {
			new->cap_permitted = 0;
			new->cap_effective = 0;
		}
		new->cap_ambient = 0;
	}
	if (!old->euid && new->euid)
		new->cap_effective = 0;
	if (old->euid && !new->euid)
		new->cap_effective = new->cap_permitted;
}

static long commit_uid(struct cred *new)
{
	fix_caps(new, current->cred);
	cred_commit(new);
	return 0;
}

static long refuse(struct cred *new, long err)
{
	cred_put(new);
	return err;
}

/* Is @id one of the ids that an unprivileged task may take? */
static bool own_uid(const struct cred *c, u32 id, bool saved)
{
	return id == c->uid || id == c->euid || (saved && id == c->suid);
}

static bool own_gid(const struct cred *c, u32 id, bool saved)
{
	return id == c->gid || id == c->egid || (saved && id == c->sgid);
}

long sys_setuid(const unsigned long *a)
{
	struct cred *new = cred_prepare();
	u32 uid = (u32)a[0];

	if (!new)
		return -ENOMEM;
	if (uid == ID_NONE)
		return refuse(new, -EINVAL);
	if (capable(CAP_SETUID))
		new->uid = new->suid = uid;
	else if (uid != new->uid && uid != new->suid)
		return refuse(new, -EPERM);
	new->euid = new->fsuid = uid;
	return commit_uid(new);
}

long sys_setreuid(const unsigned long *a)
{
	struct cred *new = cred_prepare();
	const struct cred *old = current->cred;
	u32 ruid = (u32)a[0], euid = (u32)a[1];
	bool may = capable(CAP_SETUID);

	if (!new)
		return -ENOMEM;
	if (ruid != ID_NONE && !may && !own_uid(old, ruid, false))
		return refuse(new, -EPERM);
	if (euid != ID_NONE && !may && !own_uid(old, euid, true))
		return refuse(new, -EPERM);
	if (ruid != ID_NONE)
		new->uid = ruid;
	if (euid != ID_NONE)
		new->euid = euid;
	if (ruid != ID_NONE || (euid != ID_NONE && euid != old->uid))
		new->suid = new->euid;
	new->fsuid = new->euid;
	return commit_uid(new);
}

long sys_setresuid(const unsigned long *a)
{
	struct cred *new = cred_prepare();
	const struct cred *old = current->cred;

	if (!new)
		return -ENOMEM;
	for (int i = 0; i < 3; i++)
		if ((u32)a[i] != ID_NONE && !capable(CAP_SETUID) && !own_uid(old, (u32)a[i], true))
			return refuse(new, -EPERM);
	if ((u32)a[0] != ID_NONE)
		new->uid = (u32)a[0];
	if ((u32)a[1] != ID_NONE)
		new->euid = (u32)a[1];
	if ((u32)a[2] != ID_NONE)
		new->suid = (u32)a[2];
	new->fsuid = new->euid;
	return commit_uid(new);
}

/* Those that concern files go with the file system's user id 0, and come back with it. */
static void fix_fs_caps(struct cred *new, u32 was)
{
	const u64 fs_caps = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) |
			    BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) |
			    BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE);

	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (!was && new->fsuid)
		new->cap_effective &= ~fs_caps;
	if (was && !new->fsuid)
		new->cap_effective |= new->cap_permitted & fs_caps;
}

/* Returns the old one, whether it could be set or not. */
long sys_setfsuid(const unsigned long *a)
{
	const struct cred *old = current->cred;
	u32 was = old->fsuid, uid = (u32)a[0];
	struct cred *new;

	if (uid == ID_NONE ||
	    (!own_uid(old, uid, true) && uid != was && !capable(CAP_SETUID)))
		return was;
	new = cred_prepare();
	if (new) {
		new->fsuid = uid;
		fix_fs_caps(new, was);
		cred_commit(new);
	}
	return was;
}

/* ------------------------------------------------ group ids */

long sys_setgid(const unsigned long *a)
{
	struct cred *new = cred_prepare();
	u32 gid = (u32)a[0];

	if (!new)
		return -ENOMEM;
	if (gid == ID_NONE)
		return refuse(new, -EINVAL);
	if (capable(CAP_SETGID))
		new->gid = new->sgid = gid;
	else if (gid != new->gid && gid != new->sgid)
		return refuse(new, -EPERM);
	new->egid = new->fsgid = gid;
	cred_commit(new);
	return 0;
}

long sys_setregid(const unsigned long *a)
{
	struct cred *new = cred_prepare();
	const struct cred *old = current->cred;
	u32 rgid = (u32)a[0], egid = (u32)a[1];
	bool may = capable(CAP_SETGID);

	if (!new)
		return -ENOMEM;
	if (rgid != ID_NONE && !may && !own_gid(old, rgid, false))
		return refuse(new, -EPERM);
	if (egid != ID_NONE && !may && !own_gid(old, egid, true))
		return refuse(new, -EPERM);
	if (rgid != ID_NONE)
		new->gid = rgid;
	if (egid != ID_NONE)
		new->egid = egid;
	if (rgid != ID_NONE || (egid != ID_NONE && egid != old->gid))
		new->sgid = new->egid;
	new->fsgid = new->egid;
	cred_commit(new);
	return 0;
}

long sys_setresgid(const unsigned long *a)
{
	struct cred *new = cred_prepare();
	const struct cred *old = current->cred;

	if (!new)
		return -ENOMEM;
	for (int i = 0; i < 3; i++)
		if ((u32)a[i] != ID_NONE && !capable(CAP_SETGID) && !own_gid(old, (u32)a[i], true))
			return refuse(new, -EPERM);
	if ((u32)a[0] != ID_NONE)
		new->gid = (u32)a[0];
	if ((u32)a[1] != ID_NONE)
		new->egid = (u32)a[1];
	if ((u32)a[2] != ID_NONE)
		new->sgid = (u32)a[2];
	new->fsgid = new->egid;
	cred_commit(new);
	return 0;
}

long sys_setfsgid(const unsigned long *a)
{
	const struct cred *old = current->cred;
	u32 was = old->fsgid, gid = (u32)a[0];
	struct cred *new;

	if (gid == ID_NONE ||
	    (!own_gid(old, gid, true) && gid != was && !capable(CAP_SETGID)))
		return was;
	new = cred_prepare();
	if (new) {
		new->fsgid = gid;
		cred_commit(new);
	}
	return was;
}

long sys_getgroups(const unsigned long *a)
{
	const struct cred *c = current->cred;
	int size = (int)a[0];

	if (size < 0)
		return -EINVAL;
	if (!size)
		return c->nr_groups;
	if ((unsigned int)size < c->nr_groups)
		return -EINVAL;
	if (c->nr_groups && copy_to_user(a[1], c->groups, c->nr_groups * sizeof(u32)))
		return -EFAULT;
	return c->nr_groups;
}

static int compare_gid(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

long sys_setgroups(const unsigned long *a)
{
	unsigned int nr = (unsigned int)a[0];
	struct cred *new;
	u32 *groups = NULL;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if (nr > NGROUPS_MAX)
		return -EINVAL;
	if (nr) {
		groups = kvmalloc(nr * sizeof(u32), GFP_KERNEL);
		if (!groups)
			return -ENOMEM;
		if (copy_from_user(groups, a[1], nr * sizeof(u32))) {
			kvfree(groups);
			return -EFAULT;
		}
		sort(groups, nr, sizeof(u32), compare_gid, NULL);
	}
	new = cred_prepare();
	if (!new) {
		kvfree(groups);
		return -ENOMEM;
	}
	kvfree(new->groups);
	new->groups = groups;
	new->nr_groups = nr;
	cred_commit(new);
	return 0;
}
