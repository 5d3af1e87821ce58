// SPDX-License-Identifier: MIT
/*
 * Files in flight, and the collector of those that nobody can ever receive.
 *
 * A socket that was sent lives by the reference its message holds.  If the
 * only way to that message is through the socket itself, or round through
 * others in the same plight, no program can reach any of them: references
 * alone would keep them for ever.
 *
 *	candidate: a socket whose file has no reference but from messages
 *	outside:   of those messages, the ones not in a candidate's queue
 *	live:      outside > 0, and what lies in the queue of a live one
 *
 * The other candidates are garbage: their messages give up their files, and
 * so the sockets go.  A message that is on its way into a queue or out of one
 * counts as outside.
 *
 * Most that is in flight is in no circle.  Of the messages that close one, the
 * last to arrive finds its receiver in flight already, so until that has been
 * seen there is nothing to look for.
 *
 * Lock: gc.lock for everything in flight, and for moving files into and out
 *       of messages; queues are walked under their sockets' locks.
 */
#include <kernel/net/unix.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/task.h>
#include <mm/slab.h>

#define LONG_FLIGHT     1024    /* sockets: a sender looks for garbage itself */

/* How many files of one user are in flight. */
struct flyer {
	struct list_head node;
	u32 uid;
	unsigned long nr;
};

static struct {
	struct mutex lock;              /* RANK_SLEEPING_LEAF */
	struct list_head sockets;       /* by inflight_node */
	struct list_head flyers;
	unsigned int nr_sockets;
	bool maybe_circle;              /* [a] */
} gc = {
	.lock = MUTEX_INIT(gc.lock, RANK_SLEEPING_LEAF),
	.sockets = LIST_HEAD_INIT(gc.sockets),
	.flyers = LIST_HEAD_INIT(gc.flyers),
};

/* ------------------------------------------------------------ take-off and landing */

static struct flyer *find_flyer(u32 uid)
{
	struct flyer *each;

	list_for_each_entry(each, &gc.flyers, node)
		if (each->uid == uid)
			return each;
	return NULL;
}

static void socket_launch(struct unix_sock *u)
{
	if (u->inflight++)
		return;
	list_add_tail(&u->inflight_node, &gc.sockets);
	gc.nr_sockets++;
}

static void socket_land(struct unix_sock *u)
{
	if (--u->inflight)
		return;
	list_del_init(&u->inflight_node);
	gc.nr_sockets--;
}

static void launch_locked(struct scm_fds *fds, struct flyer *who)
{
	fds->uid = who->uid;
	fds->inflight = true;
	who->nr += fds->nr;
	for (unsigned int i = 0; i < fds->nr; i++) {
		struct unix_sock *u = unix_of(fds->files[i]);

		if (u)
			socket_launch(u);
	}
}

static void land_locked(struct scm_fds *fds)
{
	struct flyer *who = find_flyer(fds->uid);

	fds->inflight = false;
	for (unsigned int i = 0; i < fds->nr; i++) {
		struct unix_sock *u = unix_of(fds->files[i]);

		if (u)
			socket_land(u);
	}
	who->nr -= fds->nr;
	if (!who->nr) {
		list_del(&who->node);
		kfree(who);
	}
}

/* More than one may have open: only for those who may have any number. */
static bool too_many(const struct flyer *who)
{
	return who->nr > READ_ONCE(current->signal->rlim[RLIMIT_NOFILE].cur) &&
	       !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN);
}

int scm_launch(struct unix_msg *m)
{
	struct flyer *fresh, *who;
	int err = 0;

	if (!m->scm.fds)
		return 0;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	fresh->uid = current->cred->uid;
	mutex_lock(&gc.lock);
	who = find_flyer(fresh->uid);
	if (!who) {
		who = fresh;
		fresh = NULL;
		list_add(&who->node, &gc.flyers);
	}
	if (too_many(who))
		err = -ETOOMANYREFS;
	else
		launch_locked(m->scm.fds, who);
	mutex_unlock(&gc.lock);
	kfree(fresh);
	return err;
}

/* Under gc.lock: a file must not look unheld while a second holder comes. */
static void peek_files(const struct scm_fds *fds, struct scm *scm)
{
	struct scm_fds *copy = kmalloc(sizeof(*fds) + fds->nr * sizeof(struct file *), GFP_KERNEL);

	if (!copy)
		return;                 /* one who only looked is told of no files */
	copy->nr = fds->nr;
	copy->inflight = false;
	mutex_lock(&gc.lock);
	for (unsigned int i = 0; i < fds->nr; i++)
		copy->files[i] = file_get(fds->files[i]);
	mutex_unlock(&gc.lock);
	scm->fds = copy;
}

void scm_land(struct unix_msg *m, struct scm *scm, bool peek)
{
	if (peek) {
		peek_files(m->scm.fds, scm);
		return;
	}
	mutex_lock(&gc.lock);
	scm->fds = m->scm.fds;
	m->scm.fds = NULL;
	if (scm->fds->inflight)
		land_locked(scm->fds);
	mutex_unlock(&gc.lock);
}

/* Its own launch came before this look, as with all others of a circle.  Embryos: who knows. */
void scm_arrived(struct unix_sock *to)
{
	smp_mb();
	if (READ_ONCE(to->inflight) || !READ_ONCE(to->file))
		WRITE_ONCE(gc.maybe_circle, true);
}

bool unix_flight_is_long(void)
{
	return READ_ONCE(gc.maybe_circle) && READ_ONCE(gc.nr_sockets) > LONG_FLIGHT;
}

/* ------------------------------------------------------------------- the collector */

static void carried_by_queue(struct unix_sock *u, void (*fn)(struct unix_sock *, void *),
			     void *arg)
{
	struct unix_msg *m;

	list_for_each_entry(m, &u->queue, node) {
		for (unsigned int i = 0; m->scm.fds && i < m->scm.fds->nr; i++) {
			struct unix_sock *v = unix_of(m->scm.fds->files[i]);

			if (v && v->inflight)
				fn(v, arg);
		}
	}
}

/*
 * The next of a listener's embryos, referenced.  Nobody accepts from a candidate, so none goes
 * meanwhile.  One lock at a time: an embryo's address may be lower than its listener's.
 */
static struct unix_sock *embryo_after(struct unix_sock *u, struct unix_sock *embryo)
{
	struct unix_sock *next = NULL;

	spin_lock(&u->lock);
	if (!embryo)
		next = list_first_entry_or_null(&u->embryos, struct unix_sock, embryo_node);
	else if (!list_empty(&embryo->embryo_node) &&
		 !list_is_last(&embryo->embryo_node, &u->embryos))
		next = list_next_entry(embryo, embryo_node);
	if (next)
		unix_get(next);
	spin_unlock(&u->lock);
	return next;
}

/* Call @fn for each socket that lies in @u's queue, or in an embryo's of @u. */
static void for_each_carried(struct unix_sock *u, void (*fn)(struct unix_sock *, void *),
			     void *arg)
{
	struct unix_sock *embryo = NULL, *next;

	spin_lock(&u->lock);
	carried_by_queue(u, fn, arg);
	spin_unlock(&u->lock);
	while ((next = embryo_after(u, embryo)) != NULL) {
		spin_lock(&next->lock);
		carried_by_queue(next, fn, arg);
		spin_unlock(&next->lock);
		unix_put(embryo);
		embryo = next;
	}
	unix_put(embryo);
}

static void one_inside(struct unix_sock *v, void *arg)
{
	v->gc_outside--;
}

static void make_live(struct unix_sock *v, void *live)
{
	if (v->gc_live || !v->gc_candidate)
		return;
	v->gc_live = true;
	list_add_tail(&v->gc_node, live);
}

static void one_carried(struct unix_sock *v, void *any)
{
	*(bool *)any = true;
}

/* Does a socket in flight still carry another?  Without, there is no circle. */
static bool may_be_circle(void)
{
	struct unix_sock *u;
	bool any = false;

	list_for_each_entry(u, &gc.sockets, inflight_node)
		for_each_carried(u, one_carried, &any);
	return any;
}

static void mark(void)
{
	struct unix_sock *u;
	LIST_HEAD(live);

	list_for_each_entry(u, &gc.sockets, inflight_node) {
		u->gc_candidate = (unsigned int)atomic_read(&u->file->refs) == u->inflight;
		u->gc_outside = u->inflight;
		u->gc_live = false;
	}
	list_for_each_entry(u, &gc.sockets, inflight_node)
		if (u->gc_candidate)
			for_each_carried(u, one_inside, NULL);
	list_for_each_entry(u, &gc.sockets, inflight_node)
		if (u->gc_candidate && u->gc_outside)
			make_live(u, &live);
	while ((u = list_first_entry_or_null(&live, struct unix_sock, gc_node)) != NULL) {
		list_del_init(&u->gc_node);
		for_each_carried(u, make_live, &live);
	}
}

/* The files of @u's messages, into @garbage.  u->lock held. */
static void strip(struct unix_sock *u, struct list_head *garbage)
{
	struct unix_msg *m, *tmp;

	list_for_each_entry_safe(m, tmp, &u->queue, node)
		if (m->scm.fds) {
			list_move_tail(&m->node, garbage);
			u->nr_queued--;
			u->unread -= m->len - m->off;
		}
}

static void sweep(struct list_head *garbage)
{
	struct unix_sock *u, *embryo = NULL, *next;

	list_for_each_entry(u, &gc.sockets, inflight_node) {
		if (!u->gc_candidate || u->gc_live)
			continue;
		spin_lock(&u->lock);
		strip(u, garbage);
		spin_unlock(&u->lock);
		while ((next = embryo_after(u, embryo)) != NULL) {
			spin_lock(&next->lock);
			strip(next, garbage);
			spin_unlock(&next->lock);
			unix_put(embryo);
			embryo = next;
		}
		unix_put(embryo);
		embryo = NULL;
	}
}

void unix_collect(void)
{
	struct unix_msg *m, *tmp;
	LIST_HEAD(garbage);

	if (!READ_ONCE(gc.maybe_circle))
		return;
	mutex_lock(&gc.lock);
	WRITE_ONCE(gc.maybe_circle, false);
	smp_mb();
	mark();
	sweep(&garbage);
	if (may_be_circle())
		WRITE_ONCE(gc.maybe_circle, true);
	mutex_unlock(&gc.lock);
	list_for_each_entry_safe(m, tmp, &garbage, node)
		unix_msg_free(m);
}
