// SPDX-License-Identifier: MIT
/*
 * SEM_UNDO: what a process has taken from semaphores, to be given back when
 * it ends, however it ends.
 *
 *	task ── list ── undo (of set A) ── undo (of set B)
 *	                    │ in_set
 *	set A ───────────── undo ── undo of another process
 *
 * Threads made with CLONE_SYSVSEM share one list, and the last of them pays.
 *
 * Lock: sem_ids.lock.
 */
#include <kernel/ipc/sem.h>

#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/slab.h>

struct sem_undo_list {
	atomic_t refs;                  /* [a] tasks */
	struct list_head undos;         /* sem_ids.lock */
};

int sem_undo_prepare(void)
{
	struct task_struct *t = current;

	if (t->sem_undo)
		return 0;
	t->sem_undo = kmalloc(sizeof(*t->sem_undo), GFP_KERNEL);
	if (!t->sem_undo)
		return -ENOMEM;
	atomic_set(&t->sem_undo->refs, 1);
	INIT_LIST_HEAD(&t->sem_undo->undos);
	return 0;
}

int sem_undo_share(struct task_struct *child)
{
	int err = sem_undo_prepare();

	if (err)
		return err;
	atomic_inc(&current->sem_undo->refs);
	child->sem_undo = current->sem_undo;
	return 0;
}

struct sem_undo *sem_undo_find(struct sem_set *set)
{
	struct sem_undo *u;

	assert_held(&sem_ids.lock);
	list_for_each_entry(u, &current->sem_undo->undos, in_list)
		if (u->set == set)
			return u;
	return NULL;
}

struct sem_undo *sem_undo_alloc(unsigned int nr)
{
	struct sem_undo *u;

	return kvmalloc(sizeof(*u) + nr * sizeof(u->adjust[0]), GFP_KERNEL | GFP_ZERO);
}

void sem_undo_link(struct sem_undo *u, struct sem_set *set)
{
	u->set = set;
	u->list = current->sem_undo;
	list_add(&u->in_set, &set->undos);
	list_add(&u->in_list, &u->list->undos);
}

void sem_undo_forget(struct sem_set *set, int num)
{
	struct sem_undo *u;

	list_for_each_entry(u, &set->undos, in_set) {
		if (num < 0)
			memset(u->adjust, 0, set->nr * sizeof(u->adjust[0]));
		else
			u->adjust[num] = 0;
	}
}

void sem_undo_drop_all(struct sem_set *set, struct list_head *dead)
{
	struct sem_undo *u, *tmp;

	list_for_each_entry_safe(u, tmp, &set->undos, in_set) {
		list_del(&u->in_set);
		list_move(&u->in_list, dead);
	}
}

void sem_undo_free(struct list_head *dead)
{
	struct sem_undo *u, *tmp;

	list_for_each_entry_safe(u, tmp, dead, in_list)
		kvfree(u);
}

static void give_back(struct sem_undo *u, int pid)
{
	struct sem_set *set = u->set;

	for (unsigned int i = 0; i < set->nr; i++) {
		if (!u->adjust[i])
			continue;
		set->sems[i].value = clamp(set->sems[i].value + u->adjust[i], 0, SEM_VALUE_MAX);
		set->sems[i].pid = pid;
		sem_changed(set, i);
	}
	set->otime = current_time().tv_sec;
}

void sem_exit(struct task_struct *t)
{
	struct sem_undo_list *list = t->sem_undo;
	struct sem_undo *u;

	t->sem_undo = NULL;
	if (likely(!list) || !atomic_dec_and_test(&list->refs))
		return;
	spin_lock(&sem_ids.lock);
	list_for_each_entry(u, &list->undos, in_list) {
		give_back(u, t->tgid);
		list_del(&u->in_set);
	}
	spin_unlock(&sem_ids.lock);
	sem_undo_free(&list->undos);
	kfree(list);
}
