// SPDX-License-Identifier: MIT
/*
 * A shared memory segment: a tmpfs file without a name, and a count of the
 * areas that map it.
 *
 * The file does all that memory needs; what is kept here is who came last,
 * and that a removed segment lives until the last area goes.  An area says
 * so by its own vm_ops, also when it is split or copied by fork.
 *
 * Always true: a segment is in shm_ids until it is freed, though a removed one
 *              is found by no key.
 * Lock: shm_ids.lock; mm->lock may be held above it.
 */
#include <kernel/ipc/shm.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/tmpfs.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/commit.h>
#include <mm/shmem.h>
#include <mm/slab.h>
#include <mm/vma.h>

#define SHM_HUGETLB     04000
#define SHM_NORESERVE   010000

unsigned int sysctl_shmmni = 4096;
unsigned long sysctl_shmmax = ~0UL - (1UL << 24), sysctl_shmall = ~0UL - (1UL << 24);
struct ipc_ids shm_ids = IPC_IDS_INIT(&sysctl_shmmni);
unsigned long shm_total;

static struct shm *shm_of(const struct ipc_object *o)
{
	return container_of(o, struct shm, ipc);
}

static s64 now(void)
{
	return current_time().tv_sec;
}

/* ------------------------------------------------ areas */

static void area_added(struct vm_area_struct *vma)
{
	struct shm *s = vma->vm_private;

	spin_lock(&shm_ids.lock);
	s->attached++;
	s->atime = now();
	s->lpid = current->tgid;
	spin_unlock(&shm_ids.lock);
}

static void area_gone(struct vm_area_struct *vma)
{
	struct shm *s = vma->vm_private;
	bool last;

	spin_lock(&shm_ids.lock);
	s->dtime = now();
	s->lpid = current->tgid;
	last = shm_unuse(s);
	spin_unlock(&shm_ids.lock);
	if (last)
		shm_free(s);
}

struct vm_ops shm_vm_ops = { .open = area_added, .close = area_gone };

static struct file_operations shm_fops;

/* Pages as tmpfs has them, for an area that counts. */
static int shm_map(struct file *file, struct vm_area_struct *vma)
{
	int err = tmpfs_file_fops.mmap(file, vma);

	if (err)
		return err;
	vma->vm_private = file->private_;
	vma->vm_ops = &shm_vm_ops;
	area_added(vma);
	return 0;
}

/* All else is as tmpfs and shmem have it. */
void ipc_init(void)
{
	shm_vm_ops.fault = shmem_vm_ops.fault;
	shm_vm_ops.page_mkwrite = shmem_vm_ops.page_mkwrite;
	shm_fops = tmpfs_file_fops;
	shm_fops.mmap = shm_map;
}

/* ------------------------------------------------ birth and death */

static struct file *shm_file(const struct shm *s, int key)
{
	char name[32];
	struct file *f;

	snprintf(name, sizeof(name), "/SYSV%08x (deleted)", (u32)key);
	f = memfd_make(name, 0777);
	if (IS_ERR(f))
		return f;
	f->f_op = &shm_fops;
	f->private_ = (void *)(unsigned long)s;
	inode_set_size(f->inode, s->size);
	if (s->reserved)
		f->inode->data.flags &= ~AS_CHARGED;    /* the whole segment counts already */
	return f;
}

struct ipc_object *shm_make(const struct ipc_ask *ask)
{
	unsigned long pages = ask->size / PAGE_SIZE + !!(ask->size % PAGE_SIZE);
	struct shm *s;
	int err;

	if (!ask->size || ask->size > READ_ONCE(sysctl_shmmax))
		return ERR_PTR(-EINVAL);
	if (ask->flags & SHM_HUGETLB)
		return ERR_PTR(-ENOMEM);        /* there is no pool of huge pages */
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	s->size = ask->size;
	s->pages = pages;
	s->cpid = current->tgid;
	s->reserved = !(ask->flags & SHM_NORESERVE);
	err = s->reserved ? vm_commit_pages(pages) : 0;
	if (err) {
		kfree(s);
		return ERR_PTR(err);
	}
	s->file = shm_file(s, ask->key);
	if (IS_ERR(s->file)) {
		err = (int)PTR_ERR(s->file);
		s->file = NULL;
		shm_free(s);
		return ERR_PTR(err);
	}
	s->ctime = now();
	return &s->ipc;
}

int shm_added(struct ipc_object *o)
{
	struct shm *s = shm_of(o);
	unsigned long all = READ_ONCE(sysctl_shmall);

	if (shm_total > all || s->pages > all - shm_total)
		return -ENOSPC;
	shm_total += s->pages;
	s->file->inode->ino = (u64)o->id;
	return 0;
}

int shm_fits(const struct ipc_object *o, size_t size)
{
	return size > shm_of(o)->size ? -EINVAL : 0;
}

void shm_unmake(struct ipc_object *o)
{
	shm_free(shm_of(o));
}

bool shm_unuse(struct shm *s)
{
	assert_held(&shm_ids.lock);
	if (--s->attached || !(s->ipc.mode & SHM_DEST))
		return false;
	ipc_remove(&shm_ids, &s->ipc);
	shm_total -= s->pages;
	return true;
}

/* In no table any more.  mm->lock may be held, so the file, if this is its end, goes later. */
void shm_free(struct shm *s)
{
	if (s->file)
		file_put_hook(s->file);
	if (s->reserved)
		vm_uncommit_pages(s->pages);
	kfree(s);
}
