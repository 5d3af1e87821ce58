// SPDX-License-Identifier: MIT
/*
 * Who is to hear of an event: from an inode to the queues of those who watch it.
 *
 *	inode->watches ── watch ── watch          one for each descriptor that watches it
 *	                    │ owner
 *	                  inotify: events, watches by number; or none: dnotify.c's, a signal each
 *
 * One lock for all of it: events are rare, and with one lock an inode, a
 * watch and a descriptor may go in any order.  A watch references its inode,
 * so an inode that is watched stays in memory until it loses its last name.
 *
 * Always true: a watch is in its inode's list and in its owner's tree, or dead;
 *              the last event of a queue is never said twice in a row.
 * Lock: notify_lock.
 */
#include <kernel/fs/notify.h>

#include <kernel/fs/dentry.h>
#include <kernel/fs/dnotify.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/inotify.h>
#include <kernel/fs/super.h>
#include <lib/string.h>
#include <mm/slab.h>

#define NAME_ALIGN      sizeof(((struct notify_event *)0)->head)

unsigned int notify_nr_watches;
struct spinlock notify_lock = SPINLOCK_INIT(RANK_NOTIFY);
static atomic_t cookies;

/* What has happened. */
struct happening {
	u32 event, cookie;
	const char *name;               /* of the child; NULL: of the object itself */
	size_t len;
	bool nameless;                  /* the object has no name any more */
};

static void deliver(struct inode *inode, const struct happening *h, struct aftermath *after);
static void queue(struct inotify *in, int wd, u32 mask, const struct happening *h);

static void tell(struct inode *inode, const struct happening *h)
{
	struct aftermath after = { .dead = NULL };

	if (hlist_empty(&inode->watches))
		return;
	spin_lock(&notify_lock);
	deliver(inode, h, &after);
	spin_unlock(&notify_lock);
	notify_finish(&after);
}

static u32 dir_bit(const struct inode *inode)
{
	return S_ISDIR(inode->mode) ? IN_ISDIR : 0;
}

/* The directory of @d with a reference if it is watched, and the name in it. */
static struct inode *watched_parent(const struct dentry *d, char name[NAME_MAX + 1], size_t *len)
{
	struct inode *dir = NULL;

	spin_lock(&dcache_lock);
	if (d->parent != d && d->parent->inode && !hlist_empty(&d->parent->inode->watches)) {
		dir = d->parent->inode;
		inode_get(dir);
		*len = d->name_len;
		memcpy(name, d->name, *len + 1);
	}
	spin_unlock(&dcache_lock);
	return dir;
}

void notify_path_slow(const struct path *path, u32 event)
{
	struct dentry *d = path->dentry;
	char name[NAME_MAX + 1];
	struct happening h = {
		.event = event | dir_bit(d->inode), .name = name, .nameless = d_deleted(d),
	};
	struct inode *dir = watched_parent(d, name, &h.len);

	if (dir)
		tell(dir, &h);
	h.name = NULL;
	tell(d->inode, &h);
	inode_put(dir);
}

void notify_inode_slow(struct inode *inode, u32 event)
{
	struct happening h = { .event = event | dir_bit(inode) };

	tell(inode, &h);
}

void notify_name_slow(struct inode *dir, u32 event, const struct dentry *child,
		      const struct inode *inode)
{
	struct happening h = {
		.event = event | (inode ? dir_bit(inode) : 0), .name = child->name,
		.len = child->name_len,
	};

	tell(dir, &h);
}

void notify_rename_slow(struct inode *from, struct inode *to, const struct dentry *old_name,
			const struct dentry *moved)
{
	struct happening h = {
		.event = IN_RENAME, .name = old_name->name,
		.len = old_name->name_len, .cookie = (u32)atomic_inc_return(&cookies),
	};

	if (from == to)
		tell(from, &h);
	h.event = IN_MOVED_FROM | dir_bit(moved->inode);
	tell(from, &h);
	h.event = IN_MOVED_TO | dir_bit(moved->inode);
	h.name = moved->name;
	h.len = moved->name_len;
	tell(to, &h);
}

/* notify_lock held: the last that its watches say. */
static void end_watches(struct inode *inode, u32 event, struct aftermath *after)
{
	struct happening h = { .event = event };
	struct watch *w, *tmp;

	hlist_for_each_entry_safe(w, tmp, &inode->watches, on_inode) {
		if (w->owner && ((w->mask & event) || event == IN_UNMOUNT))
			queue(w->owner, w->wd, event, &h);
		watch_unlink(w, true, after);
	}
}

void notify_gone_slow(struct inode *inode)
{
	struct aftermath after = { .dead = NULL };

	if (READ_ONCE(inode->nlink) || hlist_empty(&inode->watches))
		return;
	spin_lock(&notify_lock);
	end_watches(inode, IN_DELETE_SELF, &after);
	spin_unlock(&notify_lock);
	notify_finish(&after);
}

/* Some inode of @sb that is watched, with a reference. */
static struct inode *watched_in(struct super_block *sb)
{
	struct inode *inode, *found = NULL;

	spin_lock(&sb->inode_list_lock);
	list_for_each_entry(inode, &sb->inodes, sb_node)
		if (!hlist_empty(&inode->watches)) {
			inode_get(inode);
			found = inode;
			break;
		}
	spin_unlock(&sb->inode_list_lock);
	return found;
}

void notify_unmounted(struct super_block *sb)
{
	struct inode *inode;

	while (notify_wanted() && (inode = watched_in(sb)) != NULL) {
		struct aftermath after = { .dead = NULL };

		spin_lock(&notify_lock);
		end_watches(inode, IN_UNMOUNT, &after);
		spin_unlock(&notify_lock);
		notify_finish(&after);
		inode_put(inode);
	}
}

/* ------------------------------------------------ into the queues */

/* notify_lock held. */
static void deliver(struct inode *inode, const struct happening *h, struct aftermath *after)
{
	struct watch *w, *tmp;
	u32 mask = h->event;

	if (mask & (IN_DELETE_SELF | IN_MOVE_SELF))
		mask &= ~IN_ISDIR;
	hlist_for_each_entry_safe(w, tmp, &inode->watches, on_inode) {
		if (!(w->mask & mask & (IN_ALL_EVENTS | IN_RENAME)))
			continue;
		if ((w->mask & IN_EXCL_UNLINK) && h->nameless)
			continue;
		if (w->owner)
			queue(w->owner, w->wd, mask, h);
		else
			dnotify_hit(w, after);
		if (w->mask & IN_ONESHOT)
			watch_unlink(w, true, after);
	}
}

static bool same_as_last(const struct inotify *in, int wd, u32 mask, const struct happening *h)
{
	const struct notify_event *e;

	if (list_empty(&in->events))
		return false;
	e = list_last_entry(&in->events, struct notify_event, node);
	if (e->head.wd != wd || e->head.mask != mask || (mask & IN_IGNORED))
		return false;
	return h->name ? e->head.len && !strcmp(e->name, h->name) : !e->head.len;
}

static struct notify_event *event_alloc(int wd, u32 mask, const struct happening *h)
{
	size_t len = h->name ? ALIGN_UP(h->len + 1, NAME_ALIGN) : 0;
	struct notify_event *e = kmalloc(sizeof(*e) + len, GFP_ATOMIC | GFP_NOWARN);

	if (!e)
		return NULL;
	e->head.wd = wd;
	e->head.mask = mask;
	e->head.cookie = h->cookie;
	e->head.len = (u32)len;
	if (len) {
		memcpy(e->name, h->name, h->len);
		memset(e->name + h->len, 0, len - h->len);
	}
	return e;
}

/* An event that cannot be kept leaves IN_Q_OVERFLOW, once. */
static void queue(struct inotify *in, int wd, u32 mask, const struct happening *h)
{
	struct notify_event *e = NULL;

	assert_held(&notify_lock);
	if (same_as_last(in, wd, mask, h))
		return;
	if (in->nr_events < READ_ONCE(sysctl_max_queued_events))
		e = event_alloc(wd, mask, h);
	if (!e) {
		e = &in->overflow;
		if (!list_empty(&e->node))
			return;
	}
	list_add_tail(&e->node, &in->events);
	in->nr_events++;
	in->bytes += sizeof(e->head) + e->head.len;
	wake_up_all(&in->wq);
}

/* ------------------------------------------------ watches */

struct watch *watch_on(struct inotify *in, struct inode *inode)
{
	struct watch *w;

	hlist_for_each_entry(w, &inode->watches, on_inode)
		if (w->owner == in)
			return w;
	return NULL;
}

struct watch *watch_numbered(struct inotify *in, int wd)
{
	struct avl_node *n = in->watches.node;

	while (n) {
		struct watch *w = avl_entry(n, struct watch, by_wd);

		if (w->wd == wd)
			return w;
		n = wd < w->wd ? n->left : n->right;
	}
	return NULL;
}

/* Numbers are not used again until all have been: an old event names no new watch. */
static int free_number(struct inotify *in)
{
	do
		in->last_wd = in->last_wd == 0x7fffffff ? 1 : in->last_wd + 1;
	while (watch_numbered(in, in->last_wd));
	return in->last_wd;
}

void watch_link(struct watch *w)
{
	struct inotify *in = w->owner;
	struct avl_node **link, *parent = NULL;

	assert_held(&notify_lock);
	hlist_add_head(&w->on_inode, &w->inode->watches);
	WRITE_ONCE(notify_nr_watches, notify_nr_watches + 1);
	if (!in)
		return;
	w->wd = free_number(in);
	link = &in->watches.node;
	while (*link) {
		parent = *link;
		link = w->wd < avl_entry(parent, struct watch, by_wd)->wd ? &parent->left :
									     &parent->right;
	}
	avl_insert_at(&in->watches, &w->by_wd, parent, link, NULL);
}

void watch_unlink(struct watch *w, bool tell, struct aftermath *after)
{
	const struct happening none = { 0 };

	assert_held(&notify_lock);
	if (w->owner) {
		if (tell)
			queue(w->owner, w->wd, IN_IGNORED, &none);
		avl_erase(&w->owner->watches, &w->by_wd, NULL);
		w->owner->user->watches--;
	}
	hlist_del(&w->on_inode);
	WRITE_ONCE(notify_nr_watches, notify_nr_watches - 1);
	w->next_dead = after->dead;
	after->dead = w;
}

void notify_finish(struct aftermath *after)
{
	struct watch *w;

	if (unlikely(after->hits))
		dnotify_send(after->hits);
	while ((w = after->dead) != NULL) {
		after->dead = w->next_dead;
		inode_put(w->inode);
		kfree(w);
	}
}
