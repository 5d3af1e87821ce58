// SPDX-License-Identifier: MIT
/*
 * shmget(2), shmat(2), shmdt(2), shmctl(2), and /proc/sysvipc/shm.
 */
#include <kernel/ipc/shm.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/seq_file.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/shmem_away.h>
#include <mm/uaccess.h>

#define SHM_RDONLY      010000
#define SHM_RND         020000
#define SHM_REMAP       040000
#define SHM_EXEC        0100000

#define SHM_LOCK        11
#define SHM_UNLOCK      12
#define SHM_STAT        13
#define SHM_INFO        14
#define SHM_STAT_ANY    15

/* struct shmid64_ds, shminfo64 and shm_info of asm-generic/shmbuf.h and linux/shm.h. */
struct shmid_ds {
	struct ipc_perm perm;
	u64 segsz;
	s64 atime, dtime, ctime;
	int cpid, lpid;
	u64 nattch, unused[2];
};
struct shminfo {
	u64 shmmax, shmmin, shmmni, shmseg, shmall, unused[4];
};
struct shm_info {
	int used_ids, pad;
	u64 tot, rss, swp, swap_attempts, swap_successes;
};

_Static_assert(sizeof(struct shmid_ds) == 112, "shmid64_ds");

static struct shm *shm_find(int id)
{
	struct ipc_object *o = ipc_find(&shm_ids, id);

	return IS_ERR(o) ? ERR_PTR(PTR_ERR(o)) : container_of(o, struct shm, ipc);
}

long sys_shmget(const unsigned long *a)
{
	struct ipc_ask ask = {
		.key = (int)a[0], .size = a[1], .flags = (int)a[2], .make = shm_make,
		.unmake = shm_unmake, .added = shm_added, .fits = shm_fits,
	};

	return ipc_get(&shm_ids, &ask);
}

/* ------------------------------------------------ attach and detach */

/* What shmat(2) asks for, as a mapping.  0 or -EINVAL. */
static int attach_request(struct mmap_request *rq, vaddr_t addr, int flags)
{
	if (addr & ~PAGE_MASK) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		addr &= PAGE_MASK;
		if (!addr && (flags & SHM_REMAP))
			return -EINVAL;
	}
	if (!addr && (flags & SHM_REMAP))
		return -EINVAL;
	rq->addr = addr;
	rq->flags = MAP_SHARED;
	if (addr)
		rq->flags |= flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	rq->prot = PROT_READ | (flags & SHM_RDONLY ? 0U : PROT_WRITE) |
		   (flags & SHM_EXEC ? PROT_EXEC : 0U);
	rq->may_flags = VM_MAYREAD | VM_MAYEXEC | (flags & SHM_RDONLY ? 0UL : VM_MAYWRITE);
	return 0;
}

/* The segment, which counts this call as one who has it attached. */
static struct shm *attach_begin(int id, int flags)
{
	u32 want = (flags & SHM_RDONLY ? 0444U : 0666U) | (flags & SHM_EXEC ? 0111U : 0U);
	struct shm *s;
	int err;

	spin_lock(&shm_ids.lock);
	s = shm_find(id);
	if (!IS_ERR(s)) {
		err = ipc_permit(&s->ipc, want);
		if (err)
			s = ERR_PTR(err);
		else
			s->attached++;
	}
	spin_unlock(&shm_ids.lock);
	return s;
}

static void attach_end(struct shm *s)
{
	bool last;

	spin_lock(&shm_ids.lock);
	last = shm_unuse(s);
	spin_unlock(&shm_ids.lock);
	if (last)
		shm_free(s);
}

long sys_shmat(const unsigned long *a)
{
	struct mmap_request rq = { 0 };
	int flags = (int)a[2];
	struct shm *s;
	long addr;

	addr = (int)a[0] < 0 ? -EINVAL : attach_request(&rq, a[1], flags);
	if (addr)
		return addr;
	s = attach_begin((int)a[0], flags);
	if (IS_ERR(s))
		return PTR_ERR(s);
	rq.file = s->file;
	rq.map_file = s->file->f_op->mmap;
	rq.len = s->size;
	addr = mm_mmap(current->thread.mm, &rq);
	attach_end(s);
	return addr == -EEXIST ? -EINVAL : addr;
}

long sys_shmdt(const unsigned long *a)
{
	return mm_shmdt(current->thread.mm, a[0], &shm_vm_ops);
}

/* ------------------------------------------------ shmctl */

static void fill_ds(struct shmid_ds *ds, const struct shm *s)
{
	memset(ds, 0, sizeof(*ds));
	ipc_perm_fill(&ds->perm, &s->ipc);
	ds->segsz = s->size;
	ds->atime = s->atime;
	ds->dtime = s->dtime;
	ds->ctime = s->ctime;
	ds->cpid = s->cpid;
	ds->lpid = s->lpid;
	ds->nattch = s->attached;
}

/* The others than IPC_STAT return the number. */
static long shm_stat(int id, int cmd, vaddr_t to)
{
	struct ipc_object *o;
	struct shmid_ds ds;
	long ret;

	spin_lock(&shm_ids.lock);
	o = ipc_to_stat(&shm_ids, id, cmd == IPC_STAT, cmd == SHM_STAT_ANY);
	ret = PTR_ERR_OR_ZERO(o);
	if (!ret) {
		fill_ds(&ds, container_of(o, struct shm, ipc));
		ret = cmd == IPC_STAT ? 0 : o->id;
	}
	spin_unlock(&shm_ids.lock);
	if (ret >= 0 && copy_to_user(to, &ds, sizeof(ds)))
		return -EFAULT;
	return ret;
}

static long shm_limits(vaddr_t to)
{
	struct shminfo in = {
		.shmmax = sysctl_shmmax, .shmmin = 1, .shmmni = sysctl_shmmni,
		.shmseg = sysctl_shmmni, .shmall = sysctl_shmall,
	};
	int highest;

	spin_lock(&shm_ids.lock);
	highest = ipc_highest(&shm_ids);
	spin_unlock(&shm_ids.lock);
	return copy_to_user(to, &in, sizeof(in)) ? -EFAULT : highest;
}

static void count_pages(const struct shm *s, u64 *rss, u64 *swp)
{
	const struct address_space *as = s->file->inode->mapping;
	unsigned long here = READ_ONCE(as->nr_pages);

	*rss = here;
	*swp = shmem_nr_pages(as) - here;
}

static long shm_use(vaddr_t to)
{
	struct shm_info in = { 0 };
	u64 rss, swp;
	int highest;

	spin_lock(&shm_ids.lock);
	highest = ipc_highest(&shm_ids);
	in.used_ids = (int)shm_ids.in_use;
	in.tot = shm_total;
	for (int i = 0; i <= highest; i++) {
		struct ipc_object *o = ipc_at(&shm_ids, i);

		if (IS_ERR(o))
			continue;
		count_pages(container_of(o, struct shm, ipc), &rss, &swp);
		in.rss += rss;
		in.swp += swp;
	}
	spin_unlock(&shm_ids.lock);
	return copy_to_user(to, &in, sizeof(in)) ? -EFAULT : highest;
}

/* It goes now, or with the last who has it attached, and takes no new key meanwhile. */
static bool remove_locked(struct shm *s)
{
	ipc_forget_key(&shm_ids, &s->ipc);
	s->ipc.mode |= SHM_DEST;
	s->attached++;
	return shm_unuse(s);
}

static long lock_locked(struct shm *s, bool on)
{
	struct address_space *as = s->file->inode->mapping;
	u32 uid = current->cred->euid;

	if (!capable(CAP_IPC_LOCK)) {
		if (uid != s->ipc.uid && uid != s->ipc.cuid)
			return -EPERM;
		if (on && !READ_ONCE(current->signal->rlim[RLIMIT_MEMLOCK].cur))
			return -EPERM;
	}
	if (on) {
		s->ipc.mode |= SHM_LOCKED;
		__atomic_fetch_or(&as->flags, AS_UNEVICTABLE, __ATOMIC_SEQ_CST);
	} else {
		s->ipc.mode &= ~(u32)SHM_LOCKED;
		__atomic_fetch_and(&as->flags, ~AS_UNEVICTABLE, __ATOMIC_SEQ_CST);
	}
	return 0;
}

static long shm_change(int id, int cmd, const struct ipc_perm *perm)
{
	struct shm *s;
	bool last = false;
	long err;

	spin_lock(&shm_ids.lock);
	s = shm_find(id);
	err = PTR_ERR_OR_ZERO(s);
	if (!err && (cmd == IPC_RMID || cmd == IPC_SET))
		err = ipc_owner(&s->ipc);
	if (!err && cmd == IPC_RMID) {
		last = remove_locked(s);
	} else if (!err && cmd == IPC_SET) {
		err = ipc_perm_set(&s->ipc, perm);
		if (!err)
			s->ctime = current_time().tv_sec;
	} else if (!err) {
		err = lock_locked(s, cmd == SHM_LOCK);
	}
	spin_unlock(&shm_ids.lock);
	if (last)
		shm_free(s);
	return err;
}

long sys_shmctl(const unsigned long *a)
{
	int id = (int)a[0], cmd = (int)a[1];
	struct shmid_ds ds;

	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return shm_limits(a[2]);
	case SHM_INFO:
		return shm_use(a[2]);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return shm_stat(id, cmd, a[2]);
	case IPC_SET:
		if (copy_from_user(&ds, a[2], sizeof(ds)))
			return -EFAULT;
		return shm_change(id, cmd, &ds.perm);
	case IPC_RMID:
	case SHM_LOCK:
	case SHM_UNLOCK:
		return shm_change(id, cmd, NULL);
	default:
		return -EINVAL;
	}
}

/* ------------------------------------------------ /proc/sysvipc/shm */

int shm_show_all(struct seq_file *m, struct task_struct *t)
{
	struct shmid_ds ds;
	u64 rss = 0, swp = 0;
	int id = 0;

	seq_puts(m, "       key      shmid perms                  size  cpid  lpid nattch   uid"
		    "   gid  cuid  cgid      atime      dtime      ctime"
		    "                   rss                  swap\n");
	for (unsigned int i = 0; i < READ_ONCE(shm_ids.nr_slots); i++) {
		struct ipc_object *o;

		spin_lock(&shm_ids.lock);
		o = ipc_at(&shm_ids, (int)i);
		if (!IS_ERR(o)) {
			fill_ds(&ds, container_of(o, struct shm, ipc));
			count_pages(container_of(o, struct shm, ipc), &rss, &swp);
			id = o->id;
		}
		spin_unlock(&shm_ids.lock);
		if (IS_ERR(o))
			continue;
		seq_printf(m, "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u ", ds.perm.key,
			   id, ds.perm.mode, (unsigned long)ds.segsz, ds.cpid, ds.lpid,
			   (unsigned long)ds.nattch, ds.perm.uid, ds.perm.gid, ds.perm.cuid,
			   ds.perm.cgid);
		seq_printf(m, "%10ld %10ld %10ld %21lu %21lu\n", (long)ds.atime, (long)ds.dtime,
			   (long)ds.ctime, (unsigned long)rss * PAGE_SIZE,
			   (unsigned long)swp * PAGE_SIZE);
	}
	return 0;
}
