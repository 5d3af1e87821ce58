// SPDX-License-Identifier: MIT
/*
 * What segments, semaphore sets and message queues have in common: a number,
 * a key by which unrelated programs find it, an owner and rights.
 *
 * A number is a place in a table and a count that grows as places are used
 * again, so that an old number does not name a new object.
 */
#ifndef KERNEL_IPC_IPC_H
#define KERNEL_IPC_IPC_H

#include <kernel/sync.h>
#include <lib/avl.h>
#include <lib/types.h>

struct seq_file;
struct task_struct;

#define IPC_PRIVATE     0
#define IPC_CREAT       01000
#define IPC_EXCL        02000
#define IPC_NOWAIT      04000

#define IPC_RMID        0
#define IPC_SET         1
#define IPC_STAT        2
#define IPC_INFO        3

#define IPC_INDEX_BITS  15      /* of a number: the place */
#define IPC_MAX         (1U << IPC_INDEX_BITS)

/* All fields: the kind's lock, once it is found. */
struct ipc_object {
	int id;
	int key;                        /* IPC_PRIVATE: no other finds it */
	u32 uid, gid, cuid, cgid;       /* owner, maker */
	u32 mode;
	u16 seq;
	bool gone;                      /* removed: who slept meanwhile gets EIDRM */
	struct avl_node by_key;
};

/* One kind of them. */
struct ipc_ids {
	struct spinlock lock;           /* RANK_IPC: the table, and every object in it */
	struct ipc_object **slots;
	unsigned int nr_slots, in_use;
	int last;                       /* the place given out last */
	u16 seq;
	struct avl_root keys;
	unsigned int *limit;            /* [c] how many there may be; Linux: -ENOSPC beyond */
};

#define IPC_IDS_INIT(max) { .lock = SPINLOCK_INIT(RANK_IPC), .last = -1, .limit = (max) }

/* shmget, semget, msgget: what is asked for, and how such a thing is made. */
struct ipc_ask {
	int key;
	int flags;                      /* IPC_CREAT, IPC_EXCL, rights */
	size_t size;                    /* bytes, or how many */
	struct ipc_object *(*make)(const struct ipc_ask *ask);  /* or ERR_PTR; sleeps */
	void (*unmake)(struct ipc_object *o);                   /* of one that was not needed */
	int (*added)(struct ipc_object *o);                     /* locked: it is there now */
	int (*fits)(const struct ipc_object *o, size_t size);   /* locked: 0 or -EINVAL; or NULL */
};
long ipc_get(struct ipc_ids *ids, const struct ipc_ask *ask);

/* ids->lock held.  ERR_PTR(-EINVAL): there is none. */
struct ipc_object *ipc_find(struct ipc_ids *ids, int id);
/* The same, by its place (SHM_STAT); and the highest place in use, or 0. */
struct ipc_object *ipc_at(struct ipc_ids *ids, int index);
int ipc_highest(const struct ipc_ids *ids);
/* May the current task do what the bits of @want (0444, 0222) say?  0 or -EACCES. */
int ipc_permit(const struct ipc_object *o, u32 want);
/*
 * Whom IPC_STAT (@by_number) or *_STAT (by its place) means, who must be readable unless
 * @any; or ERR_PTR.  ids->lock held.
 */
struct ipc_object *ipc_to_stat(struct ipc_ids *ids, int id, bool by_number, bool any);
/* May it change or remove the thing?  0 or -EPERM. */
int ipc_owner(const struct ipc_object *o);
/* No number and no key lead to it any more. */
void ipc_remove(struct ipc_ids *ids, struct ipc_object *o);
/* No key leads to it any more. */
void ipc_forget_key(struct ipc_ids *ids, struct ipc_object *o);

/* struct ipc64_perm of asm-generic/ipcbuf.h. */
struct ipc_perm {
	int key;
	u32 uid, gid, cuid, cgid, mode;
	u16 seq, pad;
	u64 unused[2];
};
void ipc_perm_fill(struct ipc_perm *p, const struct ipc_object *o);
/* IPC_SET: owner and rights.  -EINVAL. */
int ipc_perm_set(struct ipc_object *o, const struct ipc_perm *p);

void ipc_init(void);            /* once at boot, after the file layer */

/* /proc/sysvipc; /proc/sys/kernel. */
extern unsigned int sysctl_shmmni, sysctl_semmni, sysctl_msgmni, sysctl_msgmax, sysctl_msgmnb;
extern unsigned int sysctl_semmsl, sysctl_semmns, sysctl_semopm;
extern unsigned long sysctl_shmmax, sysctl_shmall;
int shm_show_all(struct seq_file *m, struct task_struct *t);
int sem_show_all(struct seq_file *m, struct task_struct *t);
int msg_show_all(struct seq_file *m, struct task_struct *t);

/* sem.c: SEM_UNDO of threads that share it (CLONE_SYSVSEM), and at the end of the last. */
struct sem_undo_list;
int sem_undo_share(struct task_struct *child);          /* -ENOMEM */
void sem_exit(struct task_struct *t);

#endif
