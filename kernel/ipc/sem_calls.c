// SPDX-License-Identifier: MIT
/*
 * semget(2), semtimedop(2), semctl(2), and /proc/sysvipc/sem.
 */
#include <kernel/ipc/sem.h>

#include <kernel/fs/seq_file.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define GETPID          11
#define GETVAL          12
#define GETALL          13
#define GETNCNT         14
#define GETZCNT         15
#define SETVAL          16
#define SETALL          17
#define SEM_STAT        18
#define SEM_INFO        19
#define SEM_STAT_ANY    20

#define FEW_OPS         8

/* struct semid64_ds of asm-generic/sembuf.h, seminfo of linux/sem.h. */
struct semid_ds {
	struct ipc_perm perm;
	s64 otime, ctime;
	u64 nsems, unused[2];
};
struct seminfo {
	int semmap, semmni, semmns, semmnu, semmsl, semopm, semume, semusz, semvmx, semaem;
};

_Static_assert(sizeof(struct semid_ds) == 88, "semid64_ds");

static struct sem_set *sem_find(int id)
{
	struct ipc_object *o = ipc_find(&sem_ids, id);

	return IS_ERR(o) ? ERR_PTR(PTR_ERR(o)) : sem_set_of(o);
}

long sys_semget(const unsigned long *a)
{
	struct ipc_ask ask = {
		.key = (int)a[0], .size = (size_t)(int)a[1], .flags = (int)a[2], .make = sem_make,
		.unmake = sem_unmake, .added = sem_added, .fits = sem_fits,
	};

	if ((int)a[1] < 0 || (unsigned int)a[1] > sysctl_semmsl)
		return -EINVAL;
	return ipc_get(&sem_ids, &ask);
}

/* ------------------------------------------------ semop */

/* What one call needs to know about its operations. */
struct semop_call {
	struct sem_wait w;
	unsigned int highest;           /* semaphore named */
	bool alters, undoes;
};

static void read_ops(struct semop_call *c, const struct sem_op *ops, unsigned int nr)
{
	c->w = (struct sem_wait){
		.task = current, .ops = ops, .nr = nr, .pid = current->tgid, .result = SEM_WAITS,
	};
	INIT_LIST_HEAD(&c->w.node);
	for (unsigned int i = 0; i < nr; i++) {
		c->highest = max(c->highest, (unsigned int)ops[i].num);
		c->alters |= ops[i].op != 0;
		c->undoes |= (ops[i].flags & SEM_UNDO) && ops[i].op;
	}
}

/* sem_ids.lock held: the set that the call may change so, or ERR_PTR. */
static struct sem_set *find_for(int id, const struct semop_call *c)
{
	struct sem_set *set = sem_find(id);
	int err;

	if (IS_ERR(set))
		return set;
	err = c->highest >= set->nr ? -EFBIG : ipc_permit(&set->ipc, c->alters ? 0222 : 0444);
	return err ? ERR_PTR(err) : set;
}

/* The same, with a record of what to undo if one is needed; locked unless it fails. */
static struct sem_set *find_with_undo(int id, struct semop_call *c)
{
	struct sem_undo *fresh = NULL;
	struct sem_set *set;
	unsigned int nr = 0;

	if (c->undoes && sem_undo_prepare())
		return ERR_PTR(-ENOMEM);
	for (;;) {
		spin_lock(&sem_ids.lock);
		set = find_for(id, c);
		if (IS_ERR(set) || !c->undoes)
			break;
		c->w.undo = sem_undo_find(set);
		if (!c->w.undo && fresh && nr == set->nr) {
			sem_undo_link(fresh, set);
			c->w.undo = fresh;
			fresh = NULL;
		}
		if (c->w.undo)
			break;
		nr = set->nr;
		spin_unlock(&sem_ids.lock);
		kvfree(fresh);
		fresh = sem_undo_alloc(nr);
		if (!fresh)
			return ERR_PTR(-ENOMEM);
	}
	if (IS_ERR(set))
		spin_unlock(&sem_ids.lock);
	kvfree(fresh);
	return set;
}

static void changed_by(struct sem_set *set, const struct semop_call *c)
{
	set->otime = current_time().tv_sec;
	for (unsigned int i = 0; i < c->w.nr; i++)
		if (c->w.ops[i].op)
			sem_changed(set, c->w.ops[i].num);
}

/* sem_ids.lock held, and dropped: until somebody has done it for us, or waiting is over. */
static long wait_for_others(struct sem_set *set, struct semop_call *c, u64 deadline)
{
	struct sem_wait *w = &c->w;
	bool in_time = true;

	list_add_tail(&w->node, &set->sems[w->ops[w->blocking].num].waiters);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		spin_unlock(&sem_ids.lock);
		if (!signal_pending())
			in_time = schedule_until(deadline);
		set_current_state(TASK_RUNNING);
		spin_lock(&sem_ids.lock);
		if (w->result == SEM_WAITS && signal_pending())
			w->result = -EINTR;
		if (w->result == SEM_WAITS && !in_time)
			w->result = -EAGAIN;
		if (w->result != SEM_WAITS)
			break;
	}
	list_del_init(&w->node);
	spin_unlock(&sem_ids.lock);
	return w->result;
}

static long do_semop(int id, struct semop_call *c, u64 deadline)
{
	struct sem_set *set = find_with_undo(id, c);
	int err;

	if (IS_ERR(set))
		return PTR_ERR(set);
	err = sem_perform(set, &c->w);
	if (err == SEM_WAITS)
		return wait_for_others(set, c, deadline);
	if (!err)
		changed_by(set, c);
	spin_unlock(&sem_ids.lock);
	return err;
}

/* ~0: never, also where @ts is too far away for a number. */
static u64 deadline_after(const struct timespec *ts)
{
	u64 wait = timespec_to_ns(ts), at = time_ns() + wait;

	return at < wait ? ~0ULL : at;
}

long sys_semtimedop(const unsigned long *a)
{
	struct sem_op few[FEW_OPS], *ops = few;
	unsigned int nr = (unsigned int)a[2];
	struct semop_call c = { 0 };
	u64 deadline = ~0ULL;
	struct timespec ts;
	long err;

	if (a[3]) {
		err = copy_from_user(&ts, a[3], sizeof(ts));
		if (err)
			return err;
	}
	if (nr > sysctl_semopm)
		return -E2BIG;
	if (nr > FEW_OPS)
		ops = kvmalloc(nr * sizeof(*ops), GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	err = copy_from_user(ops, a[1], nr * sizeof(*ops));
	if (!err && (!nr || (int)a[0] < 0 || (a[3] && !timespec_valid(&ts))))
		err = -EINVAL;
	if (!err) {
		if (a[3])
			deadline = deadline_after(&ts);
		read_ops(&c, ops, nr);
		err = do_semop((int)a[0], &c, deadline);
	}
	if (ops != few)
		kvfree(ops);
	return err;
}

long sys_semop(const unsigned long *a)
{
	const unsigned long args[4] = { a[0], a[1], a[2], 0 };

	return sys_semtimedop(args);
}

/* ------------------------------------------------ semctl: the set */

static void fill_ds(struct semid_ds *ds, const struct sem_set *set)
{
	memset(ds, 0, sizeof(*ds));
	ipc_perm_fill(&ds->perm, &set->ipc);
	ds->otime = set->otime;
	ds->ctime = set->ctime;
	ds->nsems = set->nr;
}

/* The others than IPC_STAT return the number. */
static long sem_stat(int id, int cmd, vaddr_t to)
{
	struct ipc_object *o;
	struct semid_ds ds;
	long ret;

	spin_lock(&sem_ids.lock);
	o = ipc_to_stat(&sem_ids, id, cmd == IPC_STAT, cmd == SEM_STAT_ANY);
	ret = PTR_ERR_OR_ZERO(o);
	if (!ret) {
		fill_ds(&ds, sem_set_of(o));
		ret = cmd == IPC_STAT ? 0 : o->id;
	}
	spin_unlock(&sem_ids.lock);
	if (ret >= 0 && copy_to_user(to, &ds, sizeof(ds)))
		return -EFAULT;
	return ret;
}

static long sem_info(int cmd, vaddr_t to)
{
	int max_sems = (int)sysctl_semmns, highest;
	struct seminfo in = {
		.semmap = max_sems, .semmni = (int)sysctl_semmni, .semmns = max_sems,
		.semmnu = max_sems, .semmsl = (int)sysctl_semmsl, .semopm = (int)sysctl_semopm,
		.semume = (int)sysctl_semopm, .semusz = 20, .semvmx = SEM_VALUE_MAX,
		.semaem = SEM_VALUE_MAX,
	};

	spin_lock(&sem_ids.lock);
	if (cmd == SEM_INFO) {
		in.semusz = (int)sem_ids.in_use;
		in.semaem = (int)sem_total;
	}
	highest = ipc_highest(&sem_ids);
	spin_unlock(&sem_ids.lock);
	return copy_to_user(to, &in, sizeof(in)) ? -EFAULT : highest;
}

static long sem_change(int id, int cmd, const struct ipc_perm *perm)
{
	struct sem_set *set;
	LIST_HEAD(undos);
	long err;

	spin_lock(&sem_ids.lock);
	set = sem_find(id);
	err = PTR_ERR_OR_ZERO(set);
	if (!err)
		err = ipc_owner(&set->ipc);
	if (!err && cmd == IPC_RMID) {
		sem_remove(set, &undos);
	} else if (!err) {
		err = ipc_perm_set(&set->ipc, perm);
		if (!err)
			set->ctime = current_time().tv_sec;
	}
	spin_unlock(&sem_ids.lock);
	if (!err && cmd == IPC_RMID) {
		sem_undo_free(&undos);
		sem_unmake(&set->ipc);
	}
	return err;
}

/* ------------------------------------------------ semctl: values */

static int count_waiters(const struct sem *s, bool for_zero)
{
	struct sem_wait *w;
	int n = 0;

	list_for_each_entry(w, &s->waiters, node)
		n += (w->ops[w->blocking].op == 0) == for_zero;
	return n;
}

static long set_value(struct sem_set *set, int num, int value)
{
	if (value < 0 || value > SEM_VALUE_MAX)
		return -ERANGE;
	sem_undo_forget(set, num);
	set->sems[num].value = value;
	set->sems[num].pid = current->tgid;
	set->ctime = current_time().tv_sec;
	sem_changed(set, (unsigned int)num);
	return 0;
}

static long one_value(int id, int num, int cmd, int value)
{
	struct sem_set *set;
	long ret;

	spin_lock(&sem_ids.lock);
	set = sem_find(id);
	ret = PTR_ERR_OR_ZERO(set);
	if (!ret && cmd == SETVAL && (value < 0 || value > SEM_VALUE_MAX))
		ret = -ERANGE;
	if (!ret && (num < 0 || (unsigned int)num >= set->nr))
		ret = -EINVAL;
	if (!ret)
		ret = ipc_permit(&set->ipc, cmd == SETVAL ? 0222 : 0444);
	if (!ret && cmd == SETVAL)
		ret = set_value(set, num, value);
	else if (!ret && cmd == GETVAL)
		ret = set->sems[num].value;
	else if (!ret && cmd == GETPID)
		ret = set->sems[num].pid;
	else if (!ret)
		ret = count_waiters(&set->sems[num], cmd == GETZCNT);
	spin_unlock(&sem_ids.lock);
	return ret;
}

/* Locked: @values from or to the set, which has @nr semaphores. */
static void move_values(struct sem_set *set, int cmd, u16 *values)
{
	for (unsigned int i = 0; i < set->nr; i++) {
		if (cmd == GETALL) {
			values[i] = (u16)set->sems[i].value;
			continue;
		}
		set->sems[i].value = values[i];
		set->sems[i].pid = current->tgid;
	}
	if (cmd == GETALL)
		return;
	sem_undo_forget(set, -1);
	set->ctime = current_time().tv_sec;
	for (unsigned int i = 0; i < set->nr; i++)
		sem_changed(set, i);
}

/* The size of the set, or an error: it is there and may be used so. */
static long values_of(int id, int cmd)
{
	struct sem_set *set;
	long ret;

	spin_lock(&sem_ids.lock);
	set = sem_find(id);
	ret = PTR_ERR_OR_ZERO(set);
	if (!ret)
		ret = ipc_permit(&set->ipc, cmd == SETALL ? 0222 : 0444);
	if (!ret)
		ret = (long)set->nr;
	spin_unlock(&sem_ids.lock);
	return ret;
}

static long all_values(int id, int cmd, vaddr_t user)
{
	long nr = values_of(id, cmd), err = 0;
	struct sem_set *set;
	u16 *values;

	if (nr < 0)
		return nr;
	values = kvmalloc((size_t)nr * sizeof(*values), GFP_KERNEL);
	if (!values)
		return -ENOMEM;
	if (cmd == SETALL)
		err = copy_from_user(values, user, (size_t)nr * sizeof(*values));
	for (long i = 0; !err && cmd == SETALL && i < nr; i++)
		if (values[i] > SEM_VALUE_MAX)
			err = -ERANGE;
	if (!err) {
		spin_lock(&sem_ids.lock);
		set = sem_find(id);     /* a set never changes its size, nor a number its set */
		if (IS_ERR(set) || (long)set->nr != nr)
			err = -EIDRM;
		else
			move_values(set, cmd, values);
		spin_unlock(&sem_ids.lock);
	}
	if (!err && cmd == GETALL)
		err = copy_to_user(user, values, (size_t)nr * sizeof(*values));
	kvfree(values);
	return err;
}

long sys_semctl(const unsigned long *a)
{
	int id = (int)a[0], num = (int)a[1], cmd = (int)a[2];
	struct semid_ds ds;

	if (id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SEM_INFO:
		return sem_info(cmd, a[3]);
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return sem_stat(id, cmd, a[3]);
	case GETALL:
	case SETALL:
		return all_values(id, cmd, a[3]);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
	case SETVAL:
		return one_value(id, num, cmd, (int)a[3]);
	case IPC_SET:
		if (copy_from_user(&ds, a[3], sizeof(ds)))
			return -EFAULT;
		return sem_change(id, cmd, &ds.perm);
	case IPC_RMID:
		return sem_change(id, cmd, NULL);
	default:
		return -EINVAL;
	}
}

/* ------------------------------------------------ /proc/sysvipc/sem */

int sem_show_all(struct seq_file *m, struct task_struct *t)
{
	struct semid_ds ds;
	int id = 0;

	seq_puts(m, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime"
		    "      ctime\n");
	for (unsigned int i = 0; i < READ_ONCE(sem_ids.nr_slots); i++) {
		struct ipc_object *o;

		spin_lock(&sem_ids.lock);
		o = ipc_at(&sem_ids, (int)i);
		if (!IS_ERR(o)) {
			fill_ds(&ds, sem_set_of(o));
			id = o->id;
		}
		spin_unlock(&sem_ids.lock);
		if (!IS_ERR(o))
			seq_printf(m, "%10d %10d  %4o %10lu %5u %5u %5u %5u %10ld %10ld\n",
				   ds.perm.key, id, ds.perm.mode, (unsigned long)ds.nsems,
				   ds.perm.uid, ds.perm.gid, ds.perm.cuid, ds.perm.cgid,
				   (long)ds.otime, (long)ds.ctime);
	}
	return 0;
}
