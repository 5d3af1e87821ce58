// SPDX-License-Identifier: MIT
/*
 * msgget(2), msgsnd(2), msgrcv(2), msgctl(2), and /proc/sysvipc.
 */
#include <kernel/ipc/msg.h>

#include <kernel/cred.h>
#include <kernel/fs/proc/proc.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define MSG_STAT        11
#define MSG_INFO        12
#define MSG_STAT_ANY    13
#define MSG_COPY        040000

/* struct msqid64_ds of asm-generic/msgbuf.h, msginfo of linux/msg.h. */
struct msqid_ds {
	struct ipc_perm perm;
	s64 stime, rtime, ctime;
	u64 cbytes, qnum, qbytes;
	int lspid, lrpid;
	u64 unused[2];
};
struct msginfo {
	int msgpool, msgmap, msgmax, msgmnb, msgmni, msgssz, msgtql;
	u16 msgseg, pad;
};

_Static_assert(sizeof(struct msqid_ds) == 120, "msqid64_ds");

long sys_msgget(const unsigned long *a)
{
	struct ipc_ask ask = {
		.key = (int)a[0], .flags = (int)a[1], .make = msg_make, .unmake = msg_unmake,
	};

	return ipc_get(&msg_ids, &ask);
}

long sys_msgsnd(const unsigned long *a)
{
	size_t len = a[2];
	struct msg *m;
	long type, err = get_user(&type, a[1]);

	if (err)
		return err;
	if (len > READ_ONCE(sysctl_msgmax) || (int)a[0] < 0 || type < 1)
		return -EINVAL;
	m = kvmalloc(sizeof(*m) + len, GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	m->type = type;
	m->len = len;
	err = copy_from_user(m->text, a[1] + sizeof(type), len);
	if (!err)
		err = msg_send((int)a[0], m, (int)a[3] & IPC_NOWAIT);
	if (err)
		kvfree(m);
	return err;
}

/* MSG_COPY is for checkpoints, and not here. */
long sys_msgrcv(const unsigned long *a)
{
	long type = (long)a[3], err;
	int flags = (int)a[4];
	size_t room = a[2];
	struct msg *m;

	if ((int)a[0] < 0 || (long)room < 0)
		return -EINVAL;
	if (flags & MSG_COPY)
		return (flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT) ? -EINVAL : -ENOSYS;
	if (type == (long)(1UL << 63))
		type = -0x7fffffffffffffffL;
	m = msg_receive((int)a[0], room, type, flags);
	if (IS_ERR(m))
		return PTR_ERR(m);
	room = min(room, m->len);
	err = put_user(m->type, a[1]);
	if (!err)
		err = copy_to_user(a[1] + sizeof(m->type), m->text, room);
	kvfree(m);
	return err ? err : (long)room;
}

/* ------------------------------------------------ msgctl */

static void fill_ds(struct msqid_ds *ds, const struct msg_queue *q)
{
	memset(ds, 0, sizeof(*ds));
	ipc_perm_fill(&ds->perm, &q->ipc);
	ds->stime = q->stime;
	ds->rtime = q->rtime;
	ds->ctime = q->ctime;
	ds->cbytes = q->bytes;
	ds->qnum = q->nr;
	ds->qbytes = q->max_bytes;
	ds->lspid = q->lspid;
	ds->lrpid = q->lrpid;
}

/* The others than IPC_STAT return the number. */
static long msg_stat(int id, int cmd, vaddr_t to)
{
	struct ipc_object *o;
	struct msqid_ds ds;
	long ret;

	spin_lock(&msg_ids.lock);
	o = ipc_to_stat(&msg_ids, id, cmd == IPC_STAT, cmd == MSG_STAT_ANY);
	ret = PTR_ERR_OR_ZERO(o);
	if (!ret) {
		fill_ds(&ds, msg_queue_of(o));
		ret = cmd == IPC_STAT ? 0 : o->id;
	}
	spin_unlock(&msg_ids.lock);
	if (ret >= 0 && copy_to_user(to, &ds, sizeof(ds)))
		return -EFAULT;
	return ret;
}

static long msg_info(int cmd, vaddr_t to)
{
	struct msginfo in = {
		.msgmni = (int)sysctl_msgmni, .msgmax = (int)sysctl_msgmax,
		.msgmnb = (int)sysctl_msgmnb, .msgssz = 16, .msgseg = 0xffff,
		.msgmap = (int)sysctl_msgmnb, .msgtql = (int)sysctl_msgmnb,
		.msgpool = (int)(sysctl_msgmni * sysctl_msgmnb / 1024),
	};
	int highest;

	spin_lock(&msg_ids.lock);
	if (cmd == MSG_INFO) {
		in.msgpool = (int)msg_ids.in_use;
		in.msgmap = (int)msg_totals.messages;
		in.msgtql = (int)msg_totals.bytes;
	}
	highest = ipc_highest(&msg_ids);
	spin_unlock(&msg_ids.lock);
	return copy_to_user(to, &in, sizeof(in)) ? -EFAULT : highest;
}

static long set_locked(struct msg_queue *q, const struct msqid_ds *ds)
{
	int err;

	if (ds->qbytes > sysctl_msgmnb && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	err = ipc_perm_set(&q->ipc, &ds->perm);
	if (err)
		return err;
	q->max_bytes = ds->qbytes;
	q->ctime = current_time().tv_sec;
	q->changes++;
	wake_up_all(&q->senders);
	wake_up_all(&q->receivers);
	return 0;
}

static long msg_change(int id, int cmd, const struct msqid_ds *ds)
{
	struct msg_queue *q;
	long err;

	spin_lock(&msg_ids.lock);
	q = msg_find(id);
	err = PTR_ERR_OR_ZERO(q);
	if (!err)
		err = ipc_owner(&q->ipc);
	if (!err && cmd == IPC_RMID) {
		msg_remove(q);
		return 0;
	}
	if (!err)
		err = set_locked(q, ds);
	spin_unlock(&msg_ids.lock);
	return err;
}

long sys_msgctl(const unsigned long *a)
{
	int id = (int)a[0], cmd = (int)a[1];
	struct msqid_ds ds;

	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		return msg_info(cmd, a[2]);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return msg_stat(id, cmd, a[2]);
	case IPC_SET:
		if (copy_from_user(&ds, a[2], sizeof(ds)))
			return -EFAULT;
		return msg_change(id, cmd, &ds);
	case IPC_RMID:
		return msg_change(id, cmd, NULL);
	default:
		return -EINVAL;
	}
}

/* ------------------------------------------------ /proc/sysvipc */

int msg_show_all(struct seq_file *m, struct task_struct *t)
{
	struct msqid_ds ds;
	int id = 0;

	seq_puts(m, "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  "
		    "cuid  cgid      stime      rtime      ctime\n");
	for (unsigned int i = 0; i < READ_ONCE(msg_ids.nr_slots); i++) {
		struct ipc_object *o;

		spin_lock(&msg_ids.lock);
		o = ipc_at(&msg_ids, (int)i);
		if (!IS_ERR(o)) {
			fill_ds(&ds, msg_queue_of(o));
			id = o->id;
		}
		spin_unlock(&msg_ids.lock);
		if (!IS_ERR(o))
			seq_printf(m, "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10ld "
				   "%10ld %10ld\n", ds.perm.key, id, ds.perm.mode,
				   (unsigned long)ds.cbytes, (unsigned long)ds.qnum, ds.lspid,
				   ds.lrpid, ds.perm.uid, ds.perm.gid, ds.perm.cuid, ds.perm.cgid,
				   (long)ds.stime, (long)ds.rtime, (long)ds.ctime);
	}
	return 0;
}

const struct proc_entry proc_sysvipc_table[] = {
	{ .name = "msg", .mode = S_IFREG | 0444, .show = msg_show_all },
	{ .name = "sem", .mode = S_IFREG | 0444, .show = sem_show_all },
	{ .name = "shm", .mode = S_IFREG | 0444, .show = shm_show_all },
	{ .name = NULL },
};
