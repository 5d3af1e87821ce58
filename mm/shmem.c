// SPDX-License-Identifier: MIT
/*
 * Shmem: pages that live in an address_space and have no file behind them.
 *
 * tmpfs files, memfd, SysV segments and shared anonymous mappings.  A page comes
 * to be, zeroed, when it is first written or mapped; a hole that is only read
 * stays one.  There is nothing to be newer than, so a page that was touched is
 * dirty for good and is mapped writable at once: no fault tells us of a write,
 * and none needs to.
 *
 * Reclaim sends such pages to swap (shmem_away.c); who looks for one and does not
 * find it asks whether it is there, before he makes a new one.
 *
 * Lock: the page lock; as->lock for the tree.
 */
#include <mm/shmem.h>

#include <lib/err.h>
#include <mm/anon_own.h>
#include <mm/commit.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/iov.h>
#include <mm/page.h>
#include <mm/pagecache.h>
#include <mm/shmem_away.h>
#include <mm/slab.h>
#include <mm/userfault.h>
#include <mm/vma.h>
#include <mm/vmstat.h>

static enum fault_result shmem_fault(struct fault *f);
static bool shmem_asks(struct address_space *as, pgoff_t index, unsigned long flags, bool *minor);
static enum fault_result shmem_own_copy(struct fault *f, struct page *page);
static enum fault_result shmem_wait(struct fault *f, pgoff_t index);

const struct address_space_operations shmem_aops = { .readpage = shmem_readpage };
const struct vm_ops shmem_vm_ops = { .fault = shmem_fault };

void shmem_init_mapping(struct address_space *as, struct inode *host,
			const struct address_space_operations *ops)
{
	address_space_init(as, host, ops);
	as->flags |= AS_SWAPBACKED;
}

/* ---- pages ---- */

int shmem_readpage(struct address_space *as, struct page *page)
{
	page_zero(page_address(page));
	page_set(page, PG_uptodate);
	unlock_page(page);
	return 0;
}

struct page *shmem_get_page(struct address_space *as, pgoff_t index, unsigned int gfp)
{
	struct page *page = filemap_grab_page(as, index, gfp);

	if (IS_ERR(page) || page_test(page, PG_uptodate))
		return page;
	page_zero(page_address(page));
	page_set(page, PG_uptodate);
	set_page_dirty(page);
	return page;
}

bool shmem_charge(const struct address_space *as)
{
	struct page_quota *q = as->quota;
	u64 max, pages;

	if (vm_commit_pages(1))
		return false;
	if (!q)
		return true;
	pages = (u64)atomic_long_add_return(1, &q->pages);
	max = READ_ONCE(q->max);
	if (!max || pages <= max)
		return true;
	shmem_uncharge(as);
	return false;
}

void shmem_uncharge(const struct address_space *as)
{
	if (as->quota)
		atomic_long_dec(&as->quota->pages);
	vm_uncommit_pages(1);
}

/* ---- read, write, truncate ---- */

/* The page, or NULL for a hole; ERR_PTR. */
static struct page *find_page(struct address_space *as, pgoff_t index)
{
	for (;;) {
		struct page *page = filemap_find(as, index);
		int back = 0;

		if (!page && unlikely(READ_ONCE(as->away)))
			back = shmem_bring_in(as, index, GFP_USER);
		if (back < 0)
			return ERR_PTR(back);
		if (!back)
			return page;
	}
}

ssize_t shmem_read(struct address_space *as, struct iov_iter *to, loff_t *pos)
{
	ssize_t done = 0;

	while (to->count && (u64)*pos < READ_ONCE(as->size)) {
		size_t off = *pos & ~PAGE_MASK, copied;
		size_t len = min(min(PAGE_SIZE - off, to->count),
				 READ_ONCE(as->size) - (u64)*pos);
		struct page *page = find_page(as, (u64)*pos >> PAGE_SHIFT);

		if (IS_ERR(page))
			return done ? done : PTR_ERR(page);
		if (page && page_test(page, PG_uptodate))
			copied = copy_to_iter((char *)page_address(page) + off, len, to);
		else
			copied = zero_to_iter(len, to);
		if (page)
			put_page(page);
		*pos += copied;
		done += copied;
		if (copied < len)
			return done ? done : -EFAULT;
	}
	return done;
}

ssize_t shmem_write(struct address_space *as, struct iov_iter *from, loff_t *pos)
{
	return filemap_write(as, from, pos, NULL);
}

void shmem_truncate(struct address_space *as, loff_t start, loff_t end)
{
	truncate_pages(as, start, end);
}

/* ---- seals ---- */

static bool may_write_shared(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE);
}

int shmem_map_begin(struct address_space *as, struct vm_area_struct *vma)
{
	int err = 0;

	if (!may_write_shared(vma))
		return 0;
	spin_lock(&as->i_mmap_lock);
	if (!(as->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		as->i_mmap_writable++;
	else if (vma->vm_flags & VM_WRITE)
		err = -EPERM;
	else
		vma->vm_flags &= ~VM_MAYWRITE;  /* to be read, for good */
	spin_unlock(&as->i_mmap_lock);
	return err;
}

void shmem_map_end(struct vm_area_struct *vma)
{
	struct address_space *as = vma->vm_mapping;

	if (!vma->vm_file || !as || !(as->flags & AS_SWAPBACKED) || !may_write_shared(vma))
		return;
	spin_lock(&as->i_mmap_lock);
	as->i_mmap_writable--;
	spin_unlock(&as->i_mmap_lock);
}

/* ---- faults ---- */

static enum fault_result shmem_verdict(long err)
{
	if (err == -ENOMEM)
		return FAULT_OOM;
	return err == -EINTR ? FAULT_KILLED : FAULT_BUS;
}

static enum fault_result shmem_fault(struct fault *f)
{
	struct vm_area_struct *vma = f->vma;
	struct address_space *as = vma->vm_mapping;
	pgoff_t index = vma_pgoff(vma, f->addr);
	enum fault_result result;
	struct page *page;
	bool minor;

	if (index >= DIV_ROUND_UP(READ_ONCE(as->size), PAGE_SIZE))
		return FAULT_BUS;
	if (unlikely(vma->vm_flags & VM_UFFD) && shmem_asks(as, index, vma->vm_flags, &minor))
		return userfault_ask(f, minor);
	if (unlikely(READ_ONCE(as->away)) && shmem_is_away(as, index))
		return shmem_wait(f, index);
	page = shmem_get_page(as, index, GFP_USER);
	if (IS_ERR(page))
		return shmem_verdict(PTR_ERR(page));
	if (index >= DIV_ROUND_UP(READ_ONCE(as->size), PAGE_SIZE)) {
		cancel_dirty_page(page);        /* truncated since: nobody else will look for it */
		filemap_remove(page);
		unlock_page(page);
		put_page(page);
		return FAULT_BUS;
	}
	if (!(vma->vm_flags & VM_SHARED) && f->access == FAULT_WRITE)
		return shmem_own_copy(f, page);
	get_page(page);
	result = fault_install(f, page, (vma->vm_flags & (VM_SHARED | VM_WRITE)) ==
					(VM_SHARED | VM_WRITE));
	unlock_page(page);
	put_page(page);
	return result;
}

/* Is the program to be asked for the page?  *minor: it is there already, here or in swap. */
static __noinline bool shmem_asks(struct address_space *as, pgoff_t index, unsigned long flags,
				  bool *minor)
{
	struct page *page = filemap_find(as, index);

	*minor = page || (READ_ONCE(as->away) && shmem_is_away(as, index));
	if (page)
		put_page(page);
	return flags & (*minor ? VM_UFFD_MINOR : VM_UFFD_MISSING);
}

/*
 * A write to a private mapping: the process gets a page of its own.  Consumes lock and reference.
 */
static enum fault_result shmem_own_copy(struct fault *f, struct page *page)
{
	struct page *own = anon_page_alloc(GFP_USER);
	enum fault_result r = FAULT_OOM;

	if (own) {
		page_copy(page_address(own), page_address(page));
		vmstat_inc(VMSTAT_pgcow);
		r = fault_install(f, own, true);
	}
	unlock_page(page);      /* with it, truncate has waited for the entry to be there */
	put_page(page);
	return r;
}

/* ---- shared anonymous mappings ---- */

/* One mmap(MAP_SHARED | MAP_ANONYMOUS), for all areas that came of it. */
struct shmem_object {
	struct address_space as;
	unsigned long committed;        /* [c] pages promised */
	atomic_t areas;
};

static struct shmem_object *object_of(struct vm_area_struct *vma)
{
	return container_of(vma->vm_mapping, struct shmem_object, as);
}

static void object_open(struct vm_area_struct *vma)
{
	atomic_inc(&object_of(vma)->areas);
}

static void object_put(struct shmem_object *o)
{
	if (!atomic_dec_and_test(&o->areas))
		return;
	truncate_pages(&o->as, 0, -1);
	address_space_destroy(&o->as);
	vm_uncommit_pages(o->committed);
	kfree(o);
}

static void object_close(struct vm_area_struct *vma)
{
	object_put(object_of(vma));
}

/* It is in swap. */
static enum fault_result shmem_wait(struct fault *f, pgoff_t index)
{
	int err;

	f->major |= !shmem_is_read(f->vma->vm_mapping, index);
	err = shmem_leave_and_bring_in(f);
	if (err < 0)
		f->verdict = shmem_verdict(err);
	return FAULT_RETRY;
}

/* Lets go of the address space, but not of the memory, and reads. */
int shmem_leave_and_bring_in(struct fault *f)
{
	pgoff_t index = vma_pgoff(f->vma, f->addr);
	struct address_space *as = f->vma->vm_mapping;
	struct file *file = f->vma->vm_file;
	int err;

	if (file)
		as->a_ops->file_get(file);
	else
		object_open(f->vma);
	fault_leave(f);
	err = shmem_bring_in(as, index, GFP_USER);
	if (file)
		as->a_ops->file_put(file);
	else
		object_put(container_of(as, struct shmem_object, as));
	return err;
}

static const struct vm_ops shared_anon_vm_ops = {
	.name = "/dev/zero (deleted)",          /* what Linux shows in maps */
	.open = object_open,
	.close = object_close,
	.fault = shmem_fault,
};

bool vma_is_shmem(const struct vm_area_struct *vma)
{
	return vma->vm_ops == &shmem_vm_ops || vma->vm_ops == &shared_anon_vm_ops;
}

int shmem_zero_setup(struct vm_area_struct *vma, size_t len)
{
	unsigned long committed = vma->vm_flags & VM_NORESERVE ? 0 : DIV_ROUND_UP(len, PAGE_SIZE);
	struct shmem_object *o;

	if (vm_commit_pages(committed))
		return -ENOMEM;
	o = kmalloc(sizeof(*o), GFP_KERNEL);
	if (!o) {
		vm_uncommit_pages(committed);
		return -ENOMEM;
	}
	o->committed = committed;
	shmem_init_mapping(&o->as, NULL, &shmem_aops);
	if (vma->vm_flags & VM_NORESERVE)
		o->as.flags |= AS_CHARGED;
	o->as.size = ALIGN_UP(len, PAGE_SIZE);
	atomic_set(&o->areas, 1);
	vma->vm_mapping = &o->as;
	vma->vm_ops = &shared_anon_vm_ops;
	return 0;
}
