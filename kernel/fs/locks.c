// SPDX-License-Identifier: MIT
/*
 * Locks of files.
 *
 * Three kinds, by who owns one: flock(2) and OFD record locks belong to an open
 * file, POSIX record locks to a process, which is its table of descriptors.
 * flock covers the whole file and knows nothing of the record locks; the two
 * record kinds conflict with each other.
 *
 * An inode has a list for each, made when it is first locked; record locks of
 * one owner do not overlap and neighbours of one type are merged.  A blocked
 * task waits on the inode's queue and looks again after every change.
 *
 * Lock: locks_lock for all lists (file locking is rare), a sleeping lock, so
 *       memory can be allocated under it.
 */
#include <kernel/fs/locks.h>

#include <kernel/fs/fcntl.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/seq_file.h>
#include <kernel/fs/super.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

struct file_lock {
	struct list_head node;
	const void *owner;      /* files_struct (POSIX) or file (OFD, flock) */
	int pid;                /* for F_GETLK; -1: OFD */
	int type;               /* F_RDLCK, F_WRLCK */
	loff_t start, end;      /* end inclusive */
};

struct file_lock_list {
	struct list_head node;          /* in all_lists */
	struct inode *inode;
	struct list_head records, flocks;
	struct wait_queue wq;
	unsigned int waiters;
};

/* A task that waits for a POSIX lock: for finding circles. */
struct waiting {
	struct list_head node;
	const void *owner, *blocker;
};

/* struct flock of asm-generic/fcntl.h. */
struct user_flock {
	s16 l_type, l_whence;
	s64 l_start, l_len;
	s32 l_pid;
};

static void remove_of_file(struct file *f, bool records);

static DEFINE_MUTEX(locks_lock, RANK_SLEEPING_LEAF);
static LIST_HEAD(all_waiting);
static LIST_HEAD(all_lists);

static struct file_lock_list *lists_of(struct inode *inode)
{
	struct file_lock_list *l = inode->locks;

	if (l)
		return l;
	l = kmalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return NULL;
	INIT_LIST_HEAD(&l->records);
	INIT_LIST_HEAD(&l->flocks);
	wait_queue_init(&l->wq);
	l->waiters = 0;
	l->inode = inode;
	list_add_tail(&l->node, &all_lists);
	inode->locks = l;
	return l;
}

/* Nothing left: the lists go. */
static void lists_tidy(struct inode *inode)
{
	struct file_lock_list *l = inode->locks;

	if (l && !l->waiters && list_empty(&l->records) && list_empty(&l->flocks)) {
		inode->locks = NULL;
		list_del(&l->node);
		kfree(l);
	}
}

static struct file_lock *conflict(struct list_head *list, const struct file_lock *want)
{
	struct file_lock *fl;

	list_for_each_entry(fl, list, node) {
		if (fl->owner == want->owner || fl->end < want->start || fl->start > want->end)
			continue;
		if (fl->type == F_WRLCK || want->type == F_WRLCK)
			return fl;
	}
	return NULL;
}

/* Would @owner wait for itself, through those who hold what the others wait for? */
static bool deadlock(const void *owner, const void *blocker)
{
	struct waiting *w;
	int steps = 0;

again:
	if (blocker == owner)
		return true;
	if (++steps > 10)
		return false;
	list_for_each_entry(w, &all_waiting, node) {
		if (w->owner == blocker) {
			blocker = w->blocker;
			goto again;
		}
	}
	return false;
}

/*
 * Sleep until @want no longer conflicts in @list (records or flocks of @l).
 * locks_lock is held, and dropped meanwhile.
 */
static int wait_for(struct file_lock_list *l, struct list_head *list, const struct file_lock *want,
		    bool posix)
{
	struct file_lock *fl;
	struct waiting me = { .owner = want->owner };
	struct wait_entry w;
	int err = 0;

	l->waiters++;
	while (!err && (fl = conflict(list, want)) != NULL) {
		if (posix && deadlock(want->owner, fl->owner)) {
			err = -EDEADLK;
			break;
		}
		me.blocker = fl->owner;
		if (posix)
			list_add(&me.node, &all_waiting);
		wait_entry_init(&w);
		wait_prepare(&l->wq, &w, TASK_INTERRUPTIBLE);
		mutex_unlock(&locks_lock);
		if (signal_pending())
			err = -ERESTARTSYS;
		else
			schedule();
		wait_finish(&l->wq, &w);
		mutex_lock(&locks_lock);
		if (posix)
			list_del(&me.node);
	}
	l->waiters--;
	return err;
}

/* ----------------------------------------------------------- record locks */

/* Three pieces at most come of one change: set aside before anything is touched. */
struct spares {
	struct file_lock *fl[2];
};

static int spares_get(struct spares *s)
{
	s->fl[0] = kmalloc(sizeof(struct file_lock), GFP_KERNEL);
	s->fl[1] = kmalloc(sizeof(struct file_lock), GFP_KERNEL);
	return s->fl[0] && s->fl[1] ? 0 : -ENOMEM;
}

static struct file_lock *spares_take(struct spares *s)
{
	struct file_lock *fl = s->fl[0] ? s->fl[0] : s->fl[1];

	if (fl == s->fl[0])
		s->fl[0] = NULL;
	else
		s->fl[1] = NULL;
	return fl;
}

static void spares_put(struct spares *s)
{
	kfree(s->fl[0]);
	kfree(s->fl[1]);
}

/* Cut [start, end] out of what @owner holds; a lock cut in the middle becomes two. */
static void cut(struct file_lock_list *l, const struct file_lock *want, struct spares *s)
{
	struct file_lock *fl, *tmp, *rest;

	list_for_each_entry_safe(fl, tmp, &l->records, node) {
		if (fl->owner != want->owner || fl->end < want->start || fl->start > want->end)
			continue;
		if (fl->start < want->start && fl->end > want->end) {
			rest = spares_take(s);
			*rest = *fl;
			rest->start = want->end + 1;
			fl->end = want->start - 1;
			list_add(&rest->node, &fl->node);
			return;
		}
		if (fl->start < want->start) {
			fl->end = want->start - 1;
		} else if (fl->end > want->end) {
			fl->start = want->end + 1;
		} else {
			list_del(&fl->node);
			kfree(fl);
		}
	}
}

/* Add @fl, joined with neighbours of its owner and type. */
static void join(struct file_lock_list *l, struct file_lock *fl)
{
	struct file_lock *other, *tmp;

	list_for_each_entry_safe(other, tmp, &l->records, node) {
		if (other->owner != fl->owner || other->type != fl->type)
			continue;
		if ((fl->start == 0 || other->end != fl->start - 1) &&
		    (other->start == 0 || other->start - 1 != fl->end))
			continue;
		fl->start = min(fl->start, other->start);
		fl->end = max(fl->end, other->end);
		list_del(&other->node);
		kfree(other);
	}
	list_add_tail(&fl->node, &l->records);
}

static int set_record(struct inode *inode, const struct file_lock *want, bool wait, bool posix)
{
	struct spares s = { { NULL, NULL } };
	struct file_lock_list *l;
	struct file_lock *fl;
	int err = spares_get(&s);

	mutex_lock(&locks_lock);
	l = want->type == F_UNLCK ? inode->locks : lists_of(inode);
	if (!err && !l)
		err = want->type == F_UNLCK ? 1 : -ENOMEM;      /* 1: nothing was locked */
	if (!err && want->type != F_UNLCK && conflict(&l->records, want))
		err = wait ? wait_for(l, &l->records, want, posix) : -EAGAIN;
	if (!err) {
		cut(l, want, &s);
		if (want->type != F_UNLCK) {
			fl = spares_take(&s);
			*fl = *want;
			join(l, fl);
		}
		wake_up_all(&l->wq);
	}
	lists_tidy(inode);
	mutex_unlock(&locks_lock);
	spares_put(&s);
	return err > 0 ? 0 : err;
}

/* From what the program means to absolute bytes. */
static int import_range(struct file *f, const struct user_flock *u, struct file_lock *fl)
{
	s64 start = 0;

	switch (u->l_whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		start = f->pos;
		break;
	case SEEK_END:
		start = (s64)inode_size(f->inode);
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(start, u->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	fl->start = start;
	fl->end = (loff_t)(~0UL >> 1);
	if (u->l_len > 0) {
		if (__builtin_add_overflow(start, u->l_len - 1, &fl->end))
			return -EOVERFLOW;
	} else if (u->l_len < 0) {
		if (start + u->l_len < 0)
			return -EINVAL;
		fl->start = start + u->l_len;
		fl->end = start - 1;
	}
	return 0;
}

static int get_record(struct file *f, const struct file_lock *want, struct user_flock *u)
{
	struct file_lock *fl;

	mutex_lock(&locks_lock);
	fl = f->inode->locks ? conflict(&f->inode->locks->records, want) : NULL;
	if (fl) {
		u->l_type = (s16)fl->type;
		u->l_whence = SEEK_SET;
		u->l_start = fl->start;
		u->l_len = fl->end == (loff_t)(~0UL >> 1) ? 0 : fl->end - fl->start + 1;
		u->l_pid = fl->pid;
	} else {
		u->l_type = F_UNLCK;
	}
	mutex_unlock(&locks_lock);
	return 0;
}

long locks_fcntl(struct file *f, unsigned int cmd, vaddr_t arg)
{
	bool ofd = cmd >= F_OFD_GETLK, get = cmd == F_GETLK || cmd == F_OFD_GETLK;
	struct user_flock u;
	struct file_lock want = {
		.owner = ofd ? (const void *)f : (const void *)current->files,
		.pid = ofd ? -1 : current->tgid,
	};
	int err = copy_from_user(&u, arg, sizeof(u));

	if (err)
		return err;
	want.type = u.l_type;
	if (u.l_type < F_RDLCK || u.l_type > F_UNLCK || (get && u.l_type == F_UNLCK))
		return -EINVAL;
	if (ofd && u.l_pid)
		return -EINVAL;
	err = import_range(f, &u, &want);
	if (err)
		return err;
	if (get) {
		err = get_record(f, &want, &u);
		return err ? err : copy_to_user(arg, &u, sizeof(u));
	}
	if ((want.type == F_RDLCK && !(f->mode & FMODE_READ)) ||
	    (want.type == F_WRLCK && !(f->mode & FMODE_WRITE)))
		return -EBADF;
	return set_record(f->inode, &want, cmd == F_SETLKW || cmd == F_OFD_SETLKW, !ofd);
}

/* ------------------------------------------------------------------- flock */

/* locks_lock held. */
static void flock_drop(struct file_lock_list *l, const void *owner)
{
	struct file_lock *fl, *tmp;

	list_for_each_entry_safe(fl, tmp, &l->flocks, node) {
		if (fl->owner == owner) {
			list_del(&fl->node);
			kfree(fl);
		}
	}
}

static int flock_set(struct file *f, int type, bool wait)
{
	struct file_lock *fl = kmalloc(sizeof(*fl), GFP_KERNEL);
	struct file_lock_list *l;
	int err = 0;

	if (!fl)
		return -ENOMEM;
	*fl = (struct file_lock){
		.owner = f, .pid = current->tgid, .type = type, .end = (loff_t)(~0UL >> 1),
	};
	mutex_lock(&locks_lock);
	l = lists_of(f->inode);
	if (!l) {
		err = -ENOLCK;
	} else {
		/* Changing the type lets go of the old lock first: flock(2). */
		flock_drop(l, f);
		wake_up_all(&l->wq);
		if (conflict(&l->flocks, fl))
			err = wait ? wait_for(l, &l->flocks, fl, false) : -EAGAIN;
		if (!err) {
			list_add_tail(&fl->node, &l->flocks);
			fl = NULL;
		}
	}
	lists_tidy(f->inode);
	mutex_unlock(&locks_lock);
	kfree(fl);
	return err;
}

long sys_flock(const unsigned long *a)
{
	struct fd_ref r;
	int op = (int)a[1] & ~LOCK_NB, err = 0;

	if (op & LOCK_MAND)
		return 0;
	if (op != LOCK_SH && op != LOCK_EX && op != LOCK_UN)
		return -EINVAL;
	r = fdget((int)a[0]);
	if (!r.file)
		return -EBADF;
	if (op == LOCK_UN)
		remove_of_file(r.file, false);
	else
		err = flock_set(r.file, op == LOCK_SH ? F_RDLCK : F_WRLCK, !(a[1] & LOCK_NB));
	fdput(r);
	return err;
}

/* --------------------------------------------------------------- the end */

static void remove_records(struct inode *inode, const void *owner)
{
	struct file_lock *fl, *tmp;

	list_for_each_entry_safe(fl, tmp, &inode->locks->records, node) {
		if (fl->owner == owner) {
			list_del(&fl->node);
			kfree(fl);
		}
	}
}

void locks_remove_posix(struct file *f, struct files_struct *owner)
{
	struct inode *inode = f->inode;

	mutex_lock(&locks_lock);
	if (inode->locks) {
		remove_records(inode, owner);
		wake_up_all(&inode->locks->wq);
		lists_tidy(inode);
	}
	mutex_unlock(&locks_lock);
}

static void remove_of_file(struct file *f, bool records)
{
	struct inode *inode = f->inode;

	mutex_lock(&locks_lock);
	if (inode->locks) {
		flock_drop(inode->locks, f);
		if (records)
			remove_records(inode, f);
		wake_up_all(&inode->locks->wq);
		lists_tidy(inode);
	}
	mutex_unlock(&locks_lock);
}

void locks_remove_file(struct file *f)
{
	remove_of_file(f, true);
}

/* --------------------------------------------------------------- /proc/locks */

static void show_lock(struct seq_file *m, unsigned int nr, const struct inode *inode,
		      const struct file_lock *fl, const char *kind)
{
	bool flock = kind[0] == 'F';

	seq_printf(m, "%u: %s ADVISORY  %s %d %02x:%02x:%lu %ld ", nr, kind,
		   fl->type == F_WRLCK ? "WRITE" : "READ", fl->pid,
		   (unsigned int)MAJOR(inode->sb->dev), (unsigned int)MINOR(inode->sb->dev),
		   (unsigned long)inode->ino, flock ? 0L : (long)fl->start);
	if (flock || fl->end == (loff_t)(~0UL >> 1))
		seq_puts(m, "EOF\n");
	else
		seq_printf(m, "%ld\n", (long)fl->end);
}

int locks_show_all(struct seq_file *m, struct task_struct *t)
{
	struct file_lock_list *l;
	struct file_lock *fl;
	unsigned int nr = 0;

	mutex_lock(&locks_lock);
	list_for_each_entry(l, &all_lists, node) {
		list_for_each_entry(fl, &l->records, node)
			show_lock(m, ++nr, l->inode, fl, fl->pid == -1 ? "OFDLCK" : "POSIX ");
		list_for_each_entry(fl, &l->flocks, node)
			show_lock(m, ++nr, l->inode, fl, "FLOCK ");
	}
	mutex_unlock(&locks_lock);
	return 0;
}
