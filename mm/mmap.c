// SPDX-License-Identifier: MIT
/*
 * mmap(2): a new area.
 *
 * The order is: what the request alone says is wrong; where it goes; what
 * may be refused (limits, memory); then the areas that are in the way of
 * MAP_FIXED go, and last the new one comes.  Only the file's own mmap method
 * can still fail after the old areas are gone, as on Linux.
 *
 * An anonymous area that continues its neighbour becomes part of it without
 * a new vm_area_struct: heaps grow so.
 *
 * Lock: mm->lock for writing; it is released before pages are brought in
 * (MAP_POPULATE) and before files are let go.
 */
#include <mm/mmap.h>

#include <lib/err.h>
#include <mm/address_space.h>
#include <mm/commit.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/shmem.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

static int check_request(const struct mmap_request *rq, size_t len);
static int mmap_lock_check(struct mm_struct *mm, const struct mmap_request *rq, size_t len);
static long request_flags(struct mm_struct *mm, const struct mmap_request *rq);
static long mmap_locked(struct mm_struct *mm, const struct mmap_request *rq, size_t len,
			unsigned long *vm_flags, struct vma_dead *dead);
static long mmap_place(struct mm_struct *mm, const struct mmap_request *rq, size_t len,
		       struct vma_gap *gap);
static int mmap_charge(struct mm_struct *mm, vaddr_t addr, size_t len, unsigned long *flags);
static int mmap_replace(struct mm_struct *mm, const struct mmap_request *rq, vaddr_t addr,
			size_t len, unsigned long flags, const struct vma_gap *gap,
			struct vma_dead *dead);
static int mmap_area(struct mm_struct *mm, const struct mmap_request *rq,
		     struct vm_area_struct *vma, struct vm_area_struct *prev,
		     struct vma_dead *dead);

long mm_mmap(struct mm_struct *mm, const struct mmap_request *rq)
{
	size_t len = ALIGN_UP(rq->len, PAGE_SIZE);
	struct vma_dead dead = { .first = NULL };
	unsigned long vm_flags = 0;
	long addr;

	addr = check_request(rq, len);
	if (addr)
		return addr;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	addr = mmap_locked(mm, rq, len, &vm_flags, &dead);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);

	if (IS_ERR_VALUE(addr))
		return addr;
	if ((vm_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED ||
	    (rq->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
		mm_populate(mm, addr, addr + len, false);
	return addr;
}

/* mmap(2), ERRORS: what is wrong whatever the address space looks like. */
static int check_request(const struct mmap_request *rq, size_t len)
{
	if (!rq->len)
		return -EINVAL;
	if (!len)
		return -ENOMEM;
	if (rq->pgoff + (len >> PAGE_SHIFT) < rq->pgoff)
		return -EOVERFLOW;
	return 0;
}

static long mmap_locked(struct mm_struct *mm, const struct mmap_request *rq, size_t len,
			unsigned long *vm_flags, struct vma_dead *dead)
{
	struct vma_gap gap;
	long addr, flags;
	int err;

	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	addr = mmap_place(mm, rq, len, &gap);
	if (IS_ERR_VALUE(addr))
		return addr;
	err = mmap_lock_check(mm, rq, len);
	if (err)
		return err;
	flags = request_flags(mm, rq);
	if (IS_ERR_VALUE(flags))
		return flags;
	*vm_flags = flags;
	err = mmap_charge(mm, addr, len, vm_flags);
	if (err)
		return err;
	err = mmap_replace(mm, rq, addr, len, *vm_flags, &gap, dead);
	if (err && *vm_flags & VM_ACCOUNT)
		vm_uncommit(mm, len >> PAGE_SHIFT);
	return err ? err : addr;
}

/* As on Linux: whole pieces of 2 MiB, put where they can be huge pages. */
static bool placed_for_huge(const struct mmap_request *rq, size_t len)
{
	return !rq->file && !rq->addr && !(rq->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) &&
	       len <= USER_END && IS_ALIGNED(len, HUGE_SIZE);
}

static long mmap_place(struct mm_struct *mm, const struct mmap_request *rq, size_t len,
		       struct vma_gap *gap)
{
	unsigned int flags = rq->flags;
	long addr;

	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	if (unlikely(len >= HUGE_SIZE) && placed_for_huge(rq, len)) {
		addr = mm_unmapped_area(mm, 0, len + HUGE_SIZE - PAGE_SIZE, flags, gap);
		if (!IS_ERR_VALUE(addr))
			return ALIGN_UP(addr, HUGE_SIZE);
	}
	addr = mm_unmapped_area(mm, rq->addr, len, flags, gap);
	if (IS_ERR_VALUE(addr))
		return addr;
	if ((vaddr_t)addr < sysctl_mmap_min_addr && !rq->may_map_low)
		return -EPERM;
	if (rq->flags & MAP_FIXED_NOREPLACE && vma_intersect(mm, addr, addr + len))
		return -EEXIST;
	return addr;
}

/* MAP_LOCKED, mlockall(MCL_FUTURE): may it be locked? */
static int mmap_lock_check(struct mm_struct *mm, const struct mmap_request *rq, size_t len)
{
	unsigned long flags = mm->def_flags & VM_LOCKED;

	if (rq->flags & MAP_LOCKED) {
		if (!READ_ONCE(mm->rlim_memlock) && !mlock_unlimited())
			return -EPERM;
		flags |= VM_LOCKED;
	}
	return mlock_exceeds(mm, flags, len >> PAGE_SHIFT) ? -EAGAIN : 0;
}

/* The VM_ flags that PROT_ and MAP_ ask for, or -errno. */
static long request_flags(struct mm_struct *mm, const struct mmap_request *rq)
{
	unsigned long flags = (rq->prot & (PROT_READ | PROT_WRITE | PROT_EXEC)) |
			      rq->may_flags | rq->extra_vm_flags | mm->def_flags;
	unsigned int type = rq->flags & MAP_TYPE;

	_Static_assert(PROT_READ == VM_READ && PROT_WRITE == VM_WRITE && PROT_EXEC == VM_EXEC,
		       "PROT_ are the first VM_ flags");
	if (rq->file_error)
		return rq->file_error;
	if (type != MAP_PRIVATE && type != MAP_SHARED &&
	    !(type == MAP_SHARED_VALIDATE && rq->file))
		return -EINVAL;
	if (type != MAP_PRIVATE) {
		flags |= VM_SHARED | VM_MAYSHARE;
		/*
		 * Nobody will ever write through it: as Linux, it counts as private but MAYSHARE.
		 */
		if (rq->file && !(rq->may_flags & VM_MAYWRITE))
			flags &= ~VM_SHARED;
	}
	if (rq->flags & MAP_GROWSDOWN) {
		if (type != MAP_PRIVATE || rq->file)
			return -EINVAL;
		flags |= VM_GROWSDOWN;
	}
	if (rq->flags & MAP_LOCKED)
		flags |= VM_LOCKED;
	if (rq->flags & MAP_SYNC)
		flags |= VM_SYNC;
	if (rq->flags & MAP_STACK)
		flags |= VM_NOHUGEPAGE;
	if (rq->flags & MAP_NORESERVE && sysctl_overcommit_memory != OVERCOMMIT_NEVER)
		flags |= VM_NORESERVE;
	return flags;
}

/* RLIMIT_AS, RLIMIT_DATA, and the commit limit; pages that are replaced count once. */
static int mmap_charge(struct mm_struct *mm, vaddr_t addr, size_t len, unsigned long *flags)
{
	unsigned long pages = len >> PAGE_SHIFT, replaced = 0;
	struct vm_area_struct *v;

	if (!may_expand_vm(mm, *flags, pages)) {
		for (v = vma_intersect(mm, addr, addr + len); v && v->vm_start < addr + len;
		     v = v->vm_next)
			replaced += (min(v->vm_end, addr + len) - max(v->vm_start, addr)) >>
				    PAGE_SHIFT;
		if (!replaced || !may_expand_vm(mm, *flags, pages - replaced))
			return -ENOMEM;
	}
	if (!vm_accountable(*flags))
		return 0;
	if (vm_commit(mm, pages))
		return -ENOMEM;
	*flags |= VM_ACCOUNT;
	return 0;
}

/* Memory for the area first, then clear the way, then the area. */
static int mmap_replace(struct mm_struct *mm, const struct mmap_request *rq, vaddr_t addr,
			size_t len, unsigned long flags, const struct vma_gap *gap,
			struct vma_dead *dead)
{
	bool anon = !rq->file && !(flags & VM_SHARED), taken = false;
	struct vm_area_struct *vma = NULL, *prev = gap->prev, *next;
	int err;

	if (!gap->free) {
		next = find_vma_prev(mm, addr, &prev);
		taken = (prev && prev->vm_end > addr) || (next && next->vm_start < addr + len);
	}
	if (taken) {
		vma = vma_new_anon(mm, addr, addr + len, flags);
		if (!vma)
			return -ENOMEM;
		err = mm_unmap_locked(mm, addr, addr + len, dead);
		if (err) {
			vma_free(vma);
			return err;
		}
		find_vma_prev(mm, addr, &prev);
	}
	if (anon && vma_extend_anon(mm, prev, addr, addr + len, flags, dead)) {
		vm_stat_account(mm, flags, len >> PAGE_SHIFT);
		if (vma)
			vma_free(vma);
		return 0;
	}
	if (!vma)
		vma = vma_new_anon(mm, addr, addr + len, flags);
	return vma ? mmap_area(mm, rq, vma, prev, dead) : -ENOMEM;
}

/* Its place behind @prev is free: give the area its pages' origin and put it there. */
static int mmap_area(struct mm_struct *mm, const struct mmap_request *rq,
		     struct vm_area_struct *vma, struct vm_area_struct *prev,
		     struct vma_dead *dead)
{
	int err = 0;

	if (rq->file) {
		vma->vm_pgoff = rq->pgoff;
		err = rq->map_file(rq->file, vma);
		if (vma_is_anonymous(vma))      /* /dev/zero */
			vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	} else if (vma->vm_flags & VM_SHARED) {
		vma->vm_pgoff = 0;
		err = shmem_zero_setup(vma, vma->vm_end - vma->vm_start);
	}
	if (err) {
		vma_free(vma);
		return err;
	}
	vm_stat_account(mm, vma->vm_flags, vma_pages(vma));
	vma_link(mm, vma, prev);
	mm->hint[0].vma = vma;
	shmem_map_end(vma);
	if (rq->file)
		vma_merge_around(mm, vma, dead);
	return 0;
}

int vma_map_cached(struct vm_area_struct *vma, struct address_space *as, struct file *file,
		   const struct vm_ops *ops)
{
	vma->vm_file = file;
	vma->vm_mapping = as;
	vma->vm_ops = ops;
	as->a_ops->file_get(file);
	return 0;
}

int mm_setup_stack(struct mm_struct *mm, vaddr_t top, size_t size, unsigned int prot)
{
	struct mmap_request rq = {
		.addr = top - size, .len = size, .prot = prot,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN,
		.may_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
		.extra_vm_flags = VM_STACK,
	};
	long addr = mm_mmap(mm, &rq);

	return IS_ERR_VALUE(addr) ? (int)addr : 0;
}
