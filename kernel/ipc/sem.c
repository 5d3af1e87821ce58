// SPDX-License-Identifier: MIT
/*
 * Semaphore sets: a list of operations is done as a whole, or its caller
 * sleeps.
 *
 * A sleeper hangs on the one semaphore that blocks it; only a change of that
 * one can help, so only those are tried again.  Who changes a value does for
 * the sleepers what they asked for, in their order, and they wake to find it
 * done.
 *
 * Always true: no sleeper on a semaphore could go on as the values are.
 * Lock: sem_ids.lock.
 */
#include <kernel/ipc/sem.h>

#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>

unsigned int sysctl_semmni = 32000, sysctl_semmsl = 32000, sysctl_semmns = 1024000000;
unsigned int sysctl_semopm = 500;
struct ipc_ids sem_ids = IPC_IDS_INIT(&sysctl_semmni);
unsigned int sem_total;

struct ipc_object *sem_make(const struct ipc_ask *ask)
{
	struct sem_set *set;

	if (!ask->size)
		return ERR_PTR(-EINVAL);
	set = kvmalloc(sizeof(*set) + ask->size * sizeof(set->sems[0]), GFP_KERNEL | GFP_ZERO);
	if (!set)
		return ERR_PTR(-ENOMEM);
	set->nr = (unsigned int)ask->size;
	set->ctime = current_time().tv_sec;
	INIT_LIST_HEAD(&set->undos);
	INIT_LIST_HEAD(&set->changed);
	for (unsigned int i = 0; i < set->nr; i++) {
		INIT_LIST_HEAD(&set->sems[i].waiters);
		INIT_LIST_HEAD(&set->sems[i].changed);
	}
	return &set->ipc;
}

void sem_unmake(struct ipc_object *o)
{
	kvfree(sem_set_of(o));
}

int sem_added(struct ipc_object *o)
{
	struct sem_set *set = sem_set_of(o);

	if (sem_total > sysctl_semmns || set->nr > sysctl_semmns - sem_total)
		return -ENOSPC;
	sem_total += set->nr;
	return 0;
}

int sem_fits(const struct ipc_object *o, size_t nr)
{
	return nr > container_of(o, struct sem_set, ipc)->nr ? -EINVAL : 0;
}

/* One operation.  0, SEM_WAITS, -ERANGE. */
static int try_one(struct sem_set *set, const struct sem_op *op, struct sem_undo *undo)
{
	struct sem *s = &set->sems[op->num];
	int value = s->value + op->op;

	if (!op->op)
		return s->value ? SEM_WAITS : 0;
	if (value < 0)
		return SEM_WAITS;
	if (value > SEM_VALUE_MAX)
		return -ERANGE;
	if (op->flags & SEM_UNDO) {
		int adjust = undo->adjust[op->num] - op->op;

		if (adjust < -SEM_VALUE_MAX - 1 || adjust > SEM_VALUE_MAX)
			return -ERANGE;
		undo->adjust[op->num] = (s16)adjust;
	}
	s->value = value;
	return 0;
}

int sem_perform(struct sem_set *set, struct sem_wait *w)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < w->nr; i++) {
		err = try_one(set, &w->ops[i], w->undo);
		if (err)
			break;
	}
	if (!err) {
		while (i-- > 0)
			set->sems[w->ops[i].num].pid = w->pid;
		return 0;
	}
	w->blocking = i;
	if (err == SEM_WAITS && (w->ops[i].flags & IPC_NOWAIT))
		err = -EAGAIN;
	while (i-- > 0) {
		const struct sem_op *op = &w->ops[i];

		set->sems[op->num].value -= op->op;
		if (op->flags & SEM_UNDO)
			w->undo->adjust[op->num] += op->op;
	}
	return err;
}

/* It looks at the result with the lock held, so @w stays until then. */
static void finish(struct sem_wait *w, int result)
{
	list_del_init(&w->node);
	w->result = result;
	wake_up_process(w->task);
}

/* Try @w again, which hangs on @num.  True: it has changed values. */
static bool retry(struct sem_set *set, struct sem_wait *w, unsigned int num)
{
	int result = sem_perform(set, w);
	bool changed = false;

	if (result == SEM_WAITS) {
		if (w->ops[w->blocking].num != num)
			list_move_tail(&w->node, &set->sems[w->ops[w->blocking].num].waiters);
		return false;
	}
	for (unsigned int i = 0; !result && i < w->nr; i++)
		changed |= w->ops[i].op != 0;
	finish(w, result);
	return changed;
}

static void look_at(struct sem_set *set, struct sem *s)
{
	if (!list_empty(&s->waiters) && list_empty(&s->changed))
		list_add_tail(&s->changed, &set->changed);
}

/*
 * What one sleeper did may let others go on, of any semaphore that it named:
 * those go on a list, for there may be more of them than a stack has room for.
 */
void sem_changed(struct sem_set *set, unsigned int num)
{
	struct sem_wait *w, *tmp;
	struct sem *s;

	assert_held(&sem_ids.lock);
	look_at(set, &set->sems[num]);
	while (!list_empty(&set->changed)) {
		s = list_first_entry(&set->changed, struct sem, changed);
		list_del_init(&s->changed);
		list_for_each_entry_safe(w, tmp, &s->waiters, node) {
			if (!retry(set, w, (unsigned int)(s - set->sems)))
				continue;
			for (unsigned int i = 0; i < w->nr; i++)
				if (w->ops[i].op)
					look_at(set, &set->sems[w->ops[i].num]);
		}
	}
}

void sem_remove(struct sem_set *set, struct list_head *undos)
{
	struct sem_wait *w, *tmp;

	sem_undo_drop_all(set, undos);
	for (unsigned int i = 0; i < set->nr; i++)
		list_for_each_entry_safe(w, tmp, &set->sems[i].waiters, node)
			finish(w, -EIDRM);
	sem_total -= set->nr;
	ipc_remove(&sem_ids, &set->ipc);
}
