// SPDX-License-Identifier: MIT
/*
 * inotify(7): a descriptor from which a program reads what happens to the
 * files that it watches.
 *
 * Lock: notify_lock for the queue and the watches; nothing is copied to a
 *       program under it, so an event is taken first and told then.
 */
#include <kernel/fs/inotify.h>

#include <kernel/cred.h>
#include <kernel/fs/fcntl.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/poll.h>
#include <kernel/fs/super.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/frames.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define VALID           (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | \
			 IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD |       \
			 IN_ISDIR | IN_ONESHOT)
#define KEPT            (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT)

unsigned int sysctl_max_queued_events = 16384, sysctl_max_user_instances = 128;
unsigned int sysctl_max_user_watches;   /* by the size of memory: inotify_init() */

static LIST_HEAD(users);                /* [n] */

static struct notify_event *take_event(struct inotify *in, size_t room);
static void free_event(struct inotify *in, struct notify_event *e);
static struct notify_user *user_charge(void);
static void user_release(struct notify_user *u);

/* ------------------------------------------------ the file */

/* As many whole events as fit; at least one. */
static ssize_t inotify_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct inotify *in = f->private_;
	struct notify_event *e;
	size_t start = to->count, len;
	bool whole;
	int err;

	for (;;) {
		e = take_event(in, to->count);
		if (IS_ERR(e))
			return to->count == start ? PTR_ERR(e) : (ssize_t)(start - to->count);
		if (e) {
			len = sizeof(e->head) + e->head.len;
			whole = copy_to_iter(&e->head, len, to) == len;
			free_event(in, e);
			if (!whole)
				return -EFAULT;
			continue;
		}
		if (to->count != start)
			return (ssize_t)(start - to->count);
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&in->wq, !list_empty(&in->events));
		if (err)
			return err;
	}
}

/* The oldest, off the queue; NULL: none; -EINVAL: it does not fit into @room. */
static struct notify_event *take_event(struct inotify *in, size_t room)
{
	struct notify_event *e = NULL;

	spin_lock(&notify_lock);
	if (!list_empty(&in->events)) {
		e = list_first_entry(&in->events, struct notify_event, node);
		if (sizeof(e->head) + e->head.len > room) {
			e = ERR_PTR(-EINVAL);
		} else {
			list_del_init(&e->node);
			in->nr_events--;
			in->bytes -= sizeof(e->head) + e->head.len;
		}
	}
	spin_unlock(&notify_lock);
	return e;
}

static void free_event(struct inotify *in, struct notify_event *e)
{
	if (e != &in->overflow)
		kfree(e);
}

static unsigned int inotify_poll(struct file *f, struct poll_table *pt)
{
	struct inotify *in = f->private_;

	poll_wait(pt, &in->wq);
	return list_empty(&in->events) ? 0 : POLLIN | POLLRDNORM;
}

static long inotify_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct inotify *in = f->private_;

	if (cmd != FIONREAD)
		return -ENOTTY;
	return put_user((int)READ_ONCE(in->bytes), arg);
}

static void inotify_release(struct inode *inode, struct file *f)
{
	struct inotify *in = f->private_;
	struct notify_event *e, *tmp;
	struct aftermath after = { .dead = NULL };
	struct avl_node *n;

	spin_lock(&notify_lock);
	while ((n = in->watches.node) != NULL)
		watch_unlink(avl_entry(n, struct watch, by_wd), false, &after);
	spin_unlock(&notify_lock);
	notify_finish(&after);
	list_for_each_entry_safe(e, tmp, &in->events, node)
		free_event(in, e);
	user_release(in->user);
	kfree(in);
}

static void inotify_show(struct file *f, char *buf, size_t size)
{
	struct inotify *in = f->private_;
	struct avl_node *n;
	size_t len = 0;

	*buf = '\0';
	spin_lock(&notify_lock);
	for (n = avl_first(&in->watches); n && len + 1 < size; n = avl_next(n)) {
		const struct watch *w = avl_entry(n, struct watch, by_wd);

		len += (size_t)scnprintf(buf + len, size - len,
					 "inotify wd:%x ino:%lx sdev:%lx mask:%x ignored_mask:0 \n",
					 w->wd, (unsigned long)w->inode->ino,
					 (unsigned long)w->inode->sb->dev, w->mask);
	}
	spin_unlock(&notify_lock);
}

static const struct file_operations inotify_fops = {
	.read = inotify_read,
	.llseek = noop_llseek,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.release = inotify_release,
	.show_fdinfo = inotify_show,
};

/* ------------------------------------------------ users and their limits */

/* A hundredth of memory may go into watches and the inodes they hold, by any one user. */
void inotify_init(void)
{
	unsigned long each = sizeof(struct watch) + sizeof(struct inode);

	sysctl_max_user_watches =
		(unsigned int)clamp(frames_total / 100 * PAGE_SIZE / each, 8192UL, 1048576UL);
}

/* One more descriptor for the current user.  -EMFILE, -ENOMEM. */
static struct notify_user *user_charge(void)
{
	struct notify_user *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL), *u, *found = NULL;
	u32 uid = current->cred->euid;

	if (!fresh)
		return ERR_PTR(-ENOMEM);
	spin_lock(&notify_lock);
	list_for_each_entry(u, &users, node)
		if (u->uid == uid)
			found = u;
	if ((found ? found->instances : 0) >= READ_ONCE(sysctl_max_user_instances)) {
		found = ERR_PTR(-EMFILE);
	} else {
		if (!found) {
			found = fresh;
			found->uid = uid;
			list_add(&found->node, &users);
			fresh = NULL;
		}
		found->instances++;
	}
	spin_unlock(&notify_lock);
	kfree(fresh);
	return found;
}

static void user_release(struct notify_user *u)
{
	bool last;

	spin_lock(&notify_lock);
	last = !--u->instances;
	if (last)
		list_del(&u->node);
	spin_unlock(&notify_lock);
	if (last)
		kfree(u);
}

/* ------------------------------------------------ the calls */

long sys_inotify_init1(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[0];
	struct inotify *in;
	struct file *f;
	int fd;

	if (flags & ~(unsigned int)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	in = kzalloc(sizeof(*in), GFP_KERNEL);
	if (!in)
		return -ENOMEM;
	INIT_LIST_HEAD(&in->events);
	INIT_LIST_HEAD(&in->overflow.node);
	in->overflow.head.wd = -1;
	in->overflow.head.mask = IN_Q_OVERFLOW;
	wait_queue_init(&in->wq);
	in->user = user_charge();
	if (IS_ERR(in->user)) {
		fd = (int)PTR_ERR(in->user);
		kfree(in);
		return fd;
	}
	f = anon_file("inotify", &inotify_fops, in, O_RDONLY | (flags & O_NONBLOCK));
	if (IS_ERR(f)) {
		user_release(in->user);
		kfree(in);
		return PTR_ERR(f);
	}
	fd = fd_install_lowest(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* The descriptor watches @inode already: change what for.  Its number, or 0: it does not. */
static long change_watch(struct inotify *in, struct inode *inode, u32 mask)
{
	struct watch *w = watch_on(in, inode);

	if (!w)
		return 0;
	if (mask & IN_MASK_CREATE)
		return -EEXIST;
	w->mask = (mask & IN_MASK_ADD ? w->mask : 0) | (mask & KEPT);
	return w->wd;
}

static long add_watch(struct inotify *in, struct inode *inode, u32 mask)
{
	struct watch *w = kzalloc(sizeof(*w), GFP_KERNEL);
	long wd;

	if (!w)
		return -ENOMEM;
	spin_lock(&notify_lock);
	wd = change_watch(in, inode, mask);
	if (!wd && in->user->watches >= READ_ONCE(sysctl_max_user_watches))
		wd = -ENOSPC;
	if (!wd) {
		inode_get(inode);
		w->owner = in;
		w->inode = inode;
		w->mask = mask & KEPT;
		in->user->watches++;
		watch_link(w);
		wd = w->wd;
		w = NULL;
	}
	spin_unlock(&notify_lock);
	kfree(w);
	return wd;
}

long sys_inotify_add_watch(const unsigned long *a)
{
	u32 mask = (u32)a[2];
	struct fd_ref r;
	struct path path;
	long wd;

	if ((mask & ~VALID) || !(mask & VALID))
		return -EINVAL;
	r = fdget((int)a[0]);
	if (!r.file)
		return -EBADF;
	wd = -EINVAL;
	if ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE))
		goto out;
	if (r.file->f_op != &inotify_fops)
		goto out;
	wd = user_path(AT_FDCWD, a[1], (mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) |
				       (mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0), &path);
	if (wd)
		goto out;
	wd = inode_permission(path.dentry->inode, MAY_READ);
	if (!wd)
		wd = add_watch(r.file->private_, path.dentry->inode, mask);
	path_put(&path);
out:
	fdput(r);
	return wd;
}

long sys_inotify_rm_watch(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	struct aftermath after = { .dead = NULL };
	struct watch *w;
	long err = -EINVAL;

	if (!r.file)
		return -EBADF;
	if (r.file->f_op == &inotify_fops) {
		spin_lock(&notify_lock);
		w = watch_numbered(r.file->private_, (int)a[1]);
		if (w) {
			watch_unlink(w, true, &after);
			err = 0;
		}
		spin_unlock(&notify_lock);
		notify_finish(&after);
	}
	fdput(r);
	return err;
}
