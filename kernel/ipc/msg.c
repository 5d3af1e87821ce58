// SPDX-License-Identifier: MIT
/*
 * Message queues: whole messages, each with a type, taken in order or by type.
 *
 * A message is copied into the kernel before the queue is locked and out of
 * it after it was unlocked.  Senders who found no room and receivers who
 * found no message sleep on the queue and look again when it has changed; a
 * queue that was removed stays until the last of them has seen that.
 *
 * Lock: msg_ids.lock.
 */
#include <kernel/ipc/msg.h>

#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <mm/slab.h>

unsigned int sysctl_msgmni = 32000, sysctl_msgmax = 8192, sysctl_msgmnb = 16384;
struct ipc_ids msg_ids = IPC_IDS_INIT(&sysctl_msgmni);
struct msg_totals msg_totals;

struct ipc_object *msg_make(const struct ipc_ask *ask)
{
	struct msg_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&q->messages);
	wait_queue_init(&q->senders);
	wait_queue_init(&q->receivers);
	q->max_bytes = READ_ONCE(sysctl_msgmnb);
	q->ctime = current_time().tv_sec;
	q->users = 1;
	return &q->ipc;
}

void msg_unmake(struct ipc_object *o)
{
	struct msg_queue *q = msg_queue_of(o);
	struct msg *m, *tmp;

	list_for_each_entry_safe(m, tmp, &q->messages, node)
		kvfree(m);
	kfree(q);
}

static void unuse(struct msg_queue *q)
{
	bool last = !--q->users;

	spin_unlock(&msg_ids.lock);
	if (last)
		msg_unmake(&q->ipc);
}

void msg_remove(struct msg_queue *q)
{
	assert_held(&msg_ids.lock);
	ipc_remove(&msg_ids, &q->ipc);
	msg_totals.messages -= q->nr;
	msg_totals.bytes -= q->bytes;
	wake_up_all(&q->senders);
	wake_up_all(&q->receivers);
	unuse(q);
}

/* Locked, with a queue that is used; on return it may be gone, which *err says. */
static void sleep_on(struct msg_queue *q, struct wait_queue *wq, u64 seen, long *err)
{
	q->users++;
	spin_unlock(&msg_ids.lock);
	*err = wait_event_interruptible(wq, READ_ONCE(q->changes) != seen ||
						    READ_ONCE(q->ipc.gone));
	spin_lock(&msg_ids.lock);
	if (q->ipc.gone)
		*err = -EIDRM;
	else if (*err)
		*err = -EINTR;
}

/* ------------------------------------------------ sending */

static bool has_room(const struct msg_queue *q, size_t len)
{
	return len + q->bytes <= q->max_bytes && 1 + q->nr <= q->max_bytes;
}

long msg_send(int id, struct msg *m, bool nowait)
{
	struct msg_queue *q;
	long err;

	spin_lock(&msg_ids.lock);
	q = msg_find(id);
	err = PTR_ERR_OR_ZERO(q);
	while (!err) {
		err = ipc_permit(&q->ipc, 0222);
		if (err || has_room(q, m->len))
			break;
		if (nowait) {
			err = -EAGAIN;
			break;
		}
		sleep_on(q, &q->senders, q->changes, &err);
		if (err) {
			unuse(q);
			return err;
		}
		q->users--;
	}
	if (!err) {
		list_add_tail(&m->node, &q->messages);
		q->nr++;
		q->bytes += m->len;
		q->changes++;
		q->lspid = current->tgid;
		q->stime = current_time().tv_sec;
		msg_totals.messages++;
		msg_totals.bytes += m->len;
		wake_up_all(&q->receivers);
	}
	spin_unlock(&msg_ids.lock);
	return err;
}

/* ------------------------------------------------ receiving */

static bool wanted(const struct msg *m, long type, int flags)
{
	if (!type)
		return true;
	if (type < 0)
		return m->type <= -type;
	return flags & MSG_EXCEPT ? m->type != type : m->type == type;
}

/* The first that is wanted; of a negative type the one with the lowest. */
static struct msg *choose(struct msg_queue *q, long type, int flags)
{
	struct msg *m, *best = NULL;

	list_for_each_entry(m, &q->messages, node) {
		if (!wanted(m, type, flags) || (best && m->type >= best->type))
			continue;
		best = m;
		if (type >= 0)
			break;
	}
	return best;
}

static struct msg *take(struct msg_queue *q, struct msg *m, size_t room, int flags)
{
	if (m->len > room && !(flags & MSG_NOERROR))
		return ERR_PTR(-E2BIG);
	list_del(&m->node);
	q->nr--;
	q->bytes -= m->len;
	q->changes++;
	q->lrpid = current->tgid;
	q->rtime = current_time().tv_sec;
	msg_totals.messages--;
	msg_totals.bytes -= m->len;
	wake_up_all(&q->senders);
	return m;
}

struct msg *msg_receive(int id, size_t room, long type, int flags)
{
	struct msg_queue *q;
	struct msg *m = NULL;
	long err;

	spin_lock(&msg_ids.lock);
	q = msg_find(id);
	err = PTR_ERR_OR_ZERO(q);
	while (!err) {
		err = ipc_permit(&q->ipc, 0444);
		m = err ? NULL : choose(q, type, flags);
		if (err || m)
			break;
		if (flags & IPC_NOWAIT) {
			err = -ENOMSG;
			break;
		}
		sleep_on(q, &q->receivers, q->changes, &err);
		if (err) {
			unuse(q);
			return ERR_PTR(err);
		}
		q->users--;
	}
	if (!err)
		m = take(q, m, room, flags);
	spin_unlock(&msg_ids.lock);
	return err ? ERR_PTR(err) : m;
}
