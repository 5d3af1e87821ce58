// SPDX-License-Identifier: MIT
/*
 * Shared memory segments, for shm.c (what one is) and shm_calls.c.
 */
#ifndef KERNEL_IPC_SHM_H
#define KERNEL_IPC_SHM_H

#include <kernel/ipc/ipc.h>

struct file;
struct vm_ops;

#define SHM_DEST        01000           /* mode: goes with the last who has it attached */
#define SHM_LOCKED      02000           /* mode: stays in memory */

struct shm {
	struct ipc_object ipc;
	struct file *file;              /* [c] whose pages it is; a reference */
	size_t size;                    /* [c] bytes, as asked for */
	unsigned long pages;            /* [c] */
	bool reserved;                  /* [c] pages count against the commit limit */
	unsigned long attached;         /* areas, and shmat calls under way */
	s64 atime, dtime, ctime;
	int cpid, lpid;                 /* who made it, who attached or detached last */
};

extern struct ipc_ids shm_ids;
extern unsigned long shm_total;         /* shm_ids.lock: pages of all segments */
extern struct vm_ops shm_vm_ops;        /* of the areas */

struct ipc_object *shm_make(const struct ipc_ask *ask);
void shm_unmake(struct ipc_object *o);
int shm_added(struct ipc_object *o);
int shm_fits(const struct ipc_object *o, size_t size);
/* The lock is held: one user less.  True: it was removed and that was the last: shm_free() it. */
bool shm_unuse(struct shm *s);
void shm_free(struct shm *s);

#endif
