// SPDX-License-Identifier: MIT
/*
 * F_NOTIFY: directories that signal the owner of an open file of theirs.
 *
 * What inotify(7) replaced, on inotify's watches: one for each open file and
 * table of descriptors that asked, hanging on the directory's inode.  It ends
 * with the first descriptor of the file that this table closes, and with the
 * file at the latest.
 *
 * Always true: a file with such a watch has an owner, by which close(2) knows.
 * Lock: notify_lock.  Signals are sent after it, so what they need is copied;
 *       without memory for that the signal is lost, as an event of inotify is.
 */
#include <kernel/fs/dnotify.h>

#include <kernel/fs/file.h>
#include <kernel/fs/fown.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/inotify.h>
#include <kernel/task.h>
#include <mm/slab.h>

/* fcntl(2) */
#define DN_ACCESS       0x01U
#define DN_MODIFY       0x02U
#define DN_CREATE       0x04U
#define DN_DELETE       0x08U
#define DN_RENAME       0x10U
#define DN_ATTRIB       0x20U
#define DN_MULTISHOT    0x80000000U

/* [c] constant  [n] notify_lock */
struct dnotify {
	struct watch watch;
	struct file *file;                      /* [c] not a reference */
	const struct files_struct *files;       /* [c] whose descriptor asked; only compared */
	int fd;                                 /* [n] */
};

struct dnotify_hit {
	struct dnotify_hit *next;
	struct file_owner owner;
	int fd;
};

static u32 events_of(u32 dn)
{
	return (dn & DN_ACCESS ? IN_ACCESS : 0) | (dn & DN_MODIFY ? IN_MODIFY : 0) |
	       (dn & DN_CREATE ? IN_CREATE | IN_MOVED_TO : 0) |
	       (dn & DN_DELETE ? IN_DELETE | IN_MOVED_FROM : 0) |
	       (dn & DN_RENAME ? IN_RENAME : 0) | (dn & DN_ATTRIB ? IN_ATTRIB : 0);
}

/* notify_lock held: @files' watch by @f (NULL: anybody's). */
static struct dnotify *find(struct file *f, const struct files_struct *files)
{
	struct watch *w;

	hlist_for_each_entry(w, &f->inode->watches, on_inode) {
		struct dnotify *dn = container_of(w, struct dnotify, watch);

		if (!w->owner && dn->file == f && (!files || dn->files == files))
			return dn;
	}
	return NULL;
}

/* notify_lock held: what is asked for adds up. */
static void ask(struct dnotify *dn, int fd, u32 mask)
{
	dn->fd = fd;
	dn->watch.mask |= events_of(mask);
	if (mask & DN_MULTISHOT)
		dn->watch.mask &= ~IN_ONESHOT;
}

long dnotify_ask(struct file *f, int fd, u32 mask)
{
	struct dnotify *fresh, *dn;

	if (!(mask & ~DN_MULTISHOT)) {
		dnotify_end(f, current->files);
		return 0;
	}
	if (!S_ISDIR(f->inode->mode))
		return -ENOTDIR;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh || file_owner_default(f)) {
		kfree(fresh);
		return -ENOMEM;
	}
	spin_lock(&notify_lock);
	dn = find(f, current->files);
	if (!dn) {
		dn = fresh;
		fresh = NULL;
		dn->file = f;
		dn->files = current->files;
		dn->watch.inode = f->inode;
		dn->watch.mask = IN_ONESHOT;
		inode_get(f->inode);
		watch_link(&dn->watch);
	}
	ask(dn, fd, mask);
	spin_unlock(&notify_lock);
	kfree(fresh);
	return 0;
}

void dnotify_end(struct file *f, const struct files_struct *files)
{
	struct aftermath after = { .dead = NULL };
	struct dnotify *dn;

	if (!f->inode)
		return;
	spin_lock(&notify_lock);
	while ((dn = find(f, files)) != NULL)
		watch_unlink(&dn->watch, false, &after);
	spin_unlock(&notify_lock);
	notify_finish(&after);
}

void dnotify_hit(struct watch *w, struct aftermath *after)
{
	struct dnotify *dn = container_of(w, struct dnotify, watch);
	struct dnotify_hit *hit = kmalloc(sizeof(*hit), GFP_ATOMIC | GFP_NOWARN);

	if (!hit)
		return;
	file_owner_copy(&hit->owner, dn->file->owner);
	hit->fd = dn->fd;
	hit->next = after->hits;
	after->hits = hit;
}

void dnotify_send(struct dnotify_hit *hits)
{
	struct dnotify_hit *hit;

	while ((hit = hits) != NULL) {
		hits = hit->next;
		file_owner_signal(&hit->owner, hit->fd, POLL_MSG);
		kfree(hit);
	}
}
