// SPDX-License-Identifier: MIT
/*
 * userfaultfd: what is done to registered memory as a whole is told: fork,
 * mremap, munmap, and madvise that takes pages away.
 *
 * The call that does it waits until it has been read of, when the address space
 * is free again (told with the areas that it buries), or, of madvise, before it
 * begins.  Till then pages are not filled, -EAGAIN: else one could come to be
 * after its reader has forgotten it.
 *
 * Of a fork is read a descriptor for the child's memory.  It exists before it is
 * read; nobody reads it when the descriptor is closed or the parent killed, and
 * then the child's areas are not registered.
 *
 * Lock: u->lock.  An event is its maker's, and is on no list when he goes on.
 */
#include <mm/userfault.h>

#include <lib/errno.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

struct userfault_event {
	struct userfault_event *next;   /* of one call, in the order of telling */
	struct list_head node;          /* [l] in events or reading */
	struct userfault *u;            /* referenced */
	struct userfault *child;        /* UFFD_EVENT_FORK: referenced; or NULL */
	struct uffd_msg msg;
	bool done;                      /* [l] it has been read */
};

static struct userfault_event *note(struct userfault_event **list, struct userfault *u, int what,
				    vaddr_t from, vaddr_t to);
static void begin(struct userfault_event *e, struct userfault *u, int what, vaddr_t from,
		  vaddr_t to);
static void tell(struct userfault_event *e);
static void end(struct userfault_event *e);

/* ---- making them ---- */

static struct userfault_event *note(struct userfault_event **list, struct userfault *u, int what,
				    vaddr_t from, vaddr_t to)
{
	struct userfault_event *e = kmalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return NULL;
	begin(e, u, what, from, to);
	while (*list)
		list = &(*list)->next;
	*list = e;
	return e;
}

static void begin(struct userfault_event *e, struct userfault *u, int what, vaddr_t from,
		  vaddr_t to)
{
	memset(e, 0, sizeof(*e));
	INIT_LIST_HEAD(&e->node);
	userfault_get(u);
	atomic_inc(&u->changing);
	e->u = u;
	e->msg.event = (u8)what;
	e->msg.remap.from = from;
	e->msg.remap.to = to;
}

int userfault_unmap(struct vm_area_struct *vma, vaddr_t start, vaddr_t end, struct vma_dead *dead)
{
	struct userfault_event *e;

	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		if (!userfault_tells(vma, UFFD_FEATURE_EVENT_UNMAP))
			continue;
		for (e = dead->told; e; e = e->next)
			if (e->u == vma->vm_private && e->msg.event == UFFD_EVENT_UNMAP &&
			    e->msg.remove.start == start && e->msg.remove.end == end)
				break;
		vma_close(vma->vm_mm, vma);     /* nobody fills a page now */
		if (!e && !note(&dead->told, vma->vm_private, UFFD_EVENT_UNMAP, start, end))
			return -ENOMEM;
	}
	return 0;
}

struct userfault_event *userfault_remap(struct vm_area_struct *vma, vaddr_t from, vaddr_t to,
					size_t len)
{
	struct userfault_event *e = NULL;

	if (note(&e, vma->vm_private, UFFD_EVENT_REMAP, from, to))
		e->msg.remap.len = len;
	return e;
}

void userfault_remapped(struct vma_dead *dead, struct userfault_event *e)
{
	struct userfault_event **list = &dead->told;

	while (*list)
		list = &(*list)->next;
	*list = e;
}

void userfault_remove(struct vm_area_struct *vma, vaddr_t start, vaddr_t end_)
{
	struct userfault *u = vma->vm_private;
	struct userfault_event e;

	down_write(&u->changing_lock);
	begin(&e, u, UFFD_EVENT_REMOVE, start, end_);
	up_write(&u->changing_lock);
	up_read(&vma->vm_mm->lock);
	tell(&e);
	end(&e);
}

/* @vma, of the child, is registered with another like @u, one for all that were with @u. */
static bool fork_area(struct vm_area_struct *vma, struct userfault *u,
		      struct userfault_event **told)
{
	struct userfault_event *e = *told;

	while (e && e->u != u)
		e = e->next;
	if (!e) {
		struct userfault *child = userfault_new(vma->vm_mm, u->flags, u->asker);

		if (!child)
			return false;
		child->features = u->features;
		e = note(told, u, UFFD_EVENT_FORK, 0, 0);
		if (!e) {
			userfault_put(child);
			return false;
		}
		e->child = child;
	}
	vma->vm_private = e->child;
	return true;
}

int userfault_fork(struct mm_struct *new, struct userfault_event **told)
{
	struct vm_area_struct *vma;

	assert_held_write(&new->lock);
	for (vma = new->mmap; vma; vma = vma->vm_next) {
		if (!(vma->vm_flags & VM_UFFD))
			continue;
		if (!userfault_tells(vma, UFFD_FEATURE_EVENT_FORK)) {
			userfault_forget_area(vma);
			continue;
		}
		if (!fork_area(vma, vma->vm_private, told))
			return -ENOMEM;
		mm_share_locked(new);
		new->has_userfault = true;
	}
	return 0;
}

/* ---- telling them ---- */

void userfault_tell(struct userfault_event *list, bool really)
{
	struct userfault_event *e;

	while ((e = list) != NULL) {
		list = e->next;
		if (really)
			tell(e);
		end(e);
		kfree(e);
	}
}

/* Wait until it is read, or nobody will read it. */
static void tell(struct userfault_event *e)
{
	struct userfault *u = e->u;

	spin_lock(&u->lock);
	if (!u->released)
		list_add_tail(&e->node, &u->events);
	spin_unlock(&u->lock);
	wake_up_all(&u->readers);
	(void)wait_event_killable(&u->told, READ_ONCE(e->done) || READ_ONCE(u->released));
	spin_lock(&u->lock);
	list_del_init(&e->node);
	spin_unlock(&u->lock);
}

static void end(struct userfault_event *e)
{
	if (e->child) {
		if (!e->done)
			userfault_release(e->child);
		userfault_put(e->child);
	}
	atomic_dec(&e->u->changing);
	userfault_put(e->u);
}

/* ---- the reader ---- */

bool userfault_next_event(struct userfault *u, struct uffd_msg *msg, struct userfault **child)
{
	struct userfault_event *e;
	bool any;

	spin_lock(&u->lock);
	any = !list_empty(&u->events);
	if (any) {
		e = list_entry(u->events.next, struct userfault_event, node);
		*msg = e->msg;
		*child = e->child;
		if (e->child) {
			userfault_get(e->child);
			list_move_tail(&e->node, &u->reading);
		} else {
			list_del_init(&e->node);
			WRITE_ONCE(e->done, true);
		}
	}
	spin_unlock(&u->lock);
	if (any)
		wake_up_all(&u->told);
	return any;
}

void userfault_fork_read(struct userfault *u, const struct userfault *child, bool done)
{
	struct userfault_event *e, *tmp;

	spin_lock(&u->lock);
	list_for_each_entry_safe(e, tmp, &u->reading, node) {
		if (e->child != child)
			continue;
		if (done)
			list_del_init(&e->node);
		else
			list_move(&e->node, &u->events);
		WRITE_ONCE(e->done, done);
	}
	spin_unlock(&u->lock);
	wake_up_all(done ? &u->told : &u->readers);
}
