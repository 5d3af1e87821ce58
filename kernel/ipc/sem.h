// SPDX-License-Identifier: MIT
/*
 * Semaphore sets, for sem.c (operations), sem_undo.c and sem_calls.c.
 */
#ifndef KERNEL_IPC_SEM_H
#define KERNEL_IPC_SEM_H

#include <kernel/ipc/ipc.h>
#include <lib/list.h>

#define SEM_VALUE_MAX   32767

struct sem_op {                 /* struct sembuf of semop(2) */
	u16 num;
	s16 op, flags;
};
#define SEM_UNDO        0x1000

struct sem {
	int value;
	int pid;                        /* who changed it last */
	struct list_head waiters;       /* struct sem_wait that this one blocks, oldest first */
	struct list_head changed;       /* in sem_set.changed, while it is to be looked at */
};

struct sem_set {
	struct ipc_object ipc;
	s64 otime, ctime;
	unsigned int nr;                /* [c] */
	struct list_head changed;       /* sem_changed(): semaphores to look at */
	struct list_head undos;         /* struct sem_undo of every process that has one */
	struct sem sems[];
};

/* What one process takes back when it ends, of one set.  [c] constant  [s] sem_ids.lock */
struct sem_undo {
	struct list_head in_set;        /* [s] */
	struct list_head in_list;       /* [s] */
	struct sem_undo_list *list;     /* [c] */
	struct sem_set *set;            /* [c] */
	s16 adjust[];                   /* [s] one for each semaphore */
};

/* One semtimedop(2) that sleeps; on its stack. */
struct sem_wait {
	struct list_head node;          /* [s] in the waiters of what blocks it */
	struct task_struct *task;       /* [c] */
	const struct sem_op *ops;       /* [c] */
	unsigned int nr;                /* [c] */
	struct sem_undo *undo;          /* [c] or NULL */
	int pid;                        /* [c] */
	unsigned int blocking;          /* [s] the operation that cannot be done yet */
	int result;                     /* [s] SEM_WAITS, 0 or -errno */
};
#define SEM_WAITS       1

extern struct ipc_ids sem_ids;
extern unsigned int sem_total;          /* sem_ids.lock: semaphores of all sets */

struct ipc_object *sem_make(const struct ipc_ask *ask);
void sem_unmake(struct ipc_object *o);
int sem_added(struct ipc_object *o);
int sem_fits(const struct ipc_object *o, size_t nr);
static inline struct sem_set *sem_set_of(struct ipc_object *o)
{
	return container_of(o, struct sem_set, ipc);
}

/* All with sem_ids.lock held. */

/* Do all of @w's operations or none: 0, SEM_WAITS (w->blocking), -EAGAIN, -ERANGE. */
int sem_perform(struct sem_set *set, struct sem_wait *w);
/* The value of semaphore @num has changed: whoever can go on now does. */
void sem_changed(struct sem_set *set, unsigned int num);
/* The set goes: sleepers get EIDRM.  The caller frees it (sem_unmake), and what is in @undos. */
void sem_remove(struct sem_set *set, struct list_head *undos);

/* sem_undo.c.  The current process' record for @set, or NULL. */
struct sem_undo *sem_undo_find(struct sem_set *set);
struct sem_undo *sem_undo_alloc(unsigned int nr);       /* no lock; NULL: no memory */
int sem_undo_prepare(void);                             /* no lock: the list; 0 or -ENOMEM */
void sem_undo_link(struct sem_undo *u, struct sem_set *set);
void sem_undo_forget(struct sem_set *set, int num);     /* @num: one, or -1: all */
/* All records of a set that goes move to @dead, for sem_undo_free() without the lock. */
void sem_undo_drop_all(struct sem_set *set, struct list_head *dead);
void sem_undo_free(struct list_head *dead);

#endif
