// SPDX-License-Identifier: MIT
/*
 * Who a task is: ids, groups and capabilities.  A cred is never changed once
 * a task uses it: prepare a copy, change it, commit it.
 */
#ifndef KERNEL_CRED_H
#define KERNEL_CRED_H

#include <lib/atomic.h>
#include <lib/types.h>

struct cred {
	atomic_t refs;
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	u64 cap_permitted, cap_effective, cap_inheritable, cap_bounding, cap_ambient;
	u32 securebits;         /* SECBIT_ */
	unsigned int nr_groups;
	u32 *groups;            /* sorted; owned */
};

enum {
	CAP_CHOWN = 0, CAP_DAC_OVERRIDE = 1, CAP_DAC_READ_SEARCH = 2, CAP_FOWNER = 3,
	CAP_FSETID = 4, CAP_KILL = 5, CAP_SETGID = 6, CAP_SETUID = 7,
	CAP_SETPCAP = 8, CAP_LINUX_IMMUTABLE = 9, CAP_NET_ADMIN = 12,
	CAP_IPC_LOCK = 14, CAP_IPC_OWNER = 15, CAP_SYS_RAWIO = 17,
	CAP_SYS_CHROOT = 18, CAP_SYS_PTRACE = 19, CAP_SYS_ADMIN = 21, CAP_SYS_BOOT = 22,
	CAP_SYS_NICE = 23, CAP_SYS_RESOURCE = 24, CAP_SYS_TIME = 25, CAP_SYS_TTY_CONFIG = 26,
	CAP_MKNOD = 27, CAP_AUDIT_CONTROL = 30, CAP_SETFCAP = 31, CAP_MAC_OVERRIDE = 32,
	CAP_SYSLOG = 34,
	CAP_CHECKPOINT_RESTORE = 40, CAP_LAST = CAP_CHECKPOINT_RESTORE,
};

/* capabilities(7); each has its lock one bit above. */
#define SECBIT_NOROOT           0x01U
#define SECBIT_NO_SETUID_FIXUP  0x04U
#define SECBIT_KEEP_CAPS        0x10U
#define SECBIT_NO_AMBIENT_RAISE 0x40U
#define SECBITS_ALL             0x55U
#define SECBITS_LOCKS           (SECBITS_ALL << 1)

struct task_struct;

extern struct cred root_cred;           /* of the first task: uid 0, all capabilities */

static inline void cred_get(struct cred *c) { atomic_inc(&c->refs); }
void cred_put(struct cred *c);
/*
 * A private copy of the current task's, or NULL.  cred_commit installs it (takes the reference);
 * if that changes its powers, others of the same user may no longer look into the task.
 */
struct cred *cred_prepare(void);
void cred_commit(struct cred *c);
/* A reference to another task's, valid until put. */
struct cred *task_cred_get(struct task_struct *t);

bool cred_in_group(const struct cred *c, u32 gid);
bool capable(int cap);                  /* the current task, effective */
/* May the current task signal / trace @t? */
bool cred_may_kill(const struct cred *target);

#endif
