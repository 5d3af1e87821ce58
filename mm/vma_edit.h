// SPDX-License-Identifier: MIT
/*
 * How the mmap family changes the set of areas: the verbs from which mmap,
 * munmap, mprotect, mremap, brk, madvise and mlock are made.
 *
 * All need mm->lock for writing.  What can fail (allocation, limits) comes
 * first in every caller; the verbs that change the set cannot fail.  What they
 * change is closed to faults (vma_lock.h): by the caller where they say so, else
 * by themselves.
 */
#ifndef MM_VMA_EDIT_H
#define MM_VMA_EDIT_H

#include <lib/string.h>
#include <lib/types.h>
#include <mm/mm.h>
#include <mm/userfault.h>
#include <mm/vma.h>

struct pt_gather;

/* Memory for an area, not initialised / its memory back.  alloc: NULL when out of memory. */
struct vm_area_struct *vma_alloc(void);
void vma_free(struct vm_area_struct *vma);

/* @to, not linked and in no file's areas yet, becomes like @from. */
static inline void vma_copy(struct vm_area_struct *to, const struct vm_area_struct *from)
{
	memcpy(to, from, offsetof(struct vm_area_struct, i_mmap_fresh));
}

/* A private anonymous area, not linked.  NULL: no memory. */
struct vm_area_struct *vma_new_anon(struct mm_struct *mm, vaddr_t start, vaddr_t end,
				    unsigned long flags);

/*
 * Areas taken out of the set whose files are still referenced, chained by
 * vm_next.  Dropping the last reference of a file may sleep for long and
 * takes locks that rank below mm->lock: vma_bury() is called without it.  So is
 * the wait for who is told of it (userfault.h).
 */
struct vma_dead {
	struct vm_area_struct *first;
	struct userfault_event *told;   /* what programs are told of it, and waited for */
};
void vma_bury_all(struct vma_dead *dead);
static inline void vma_bury(struct vma_dead *dead)
{
	if (dead->first)
		vma_bury_all(dead);
	if (unlikely(dead->told))
		userfault_tell(dead->told, true);
}
static inline void vma_die(struct vma_dead *dead, struct vm_area_struct *vma)
{
	vma->vm_next = dead->first;
	dead->first = vma;
}

/* The last area that starts at or below @addr into *prev; the one after it is returned. */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, vaddr_t addr,
				     struct vm_area_struct **prev);

/* Put @vma into both views behind @prev (NULL: first) / take it out. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);

/* Enter / leave the list of areas that map the file, apart from the set: fork, exit. */
void vma_mapping_link(struct vm_area_struct *vma);
void vma_mapping_unlink(struct vm_area_struct *vma);

/* Take @nr areas, @first and those behind it, out at once. */
void vma_unlink_run(struct mm_struct *mm, struct vm_area_struct *first, unsigned int nr,
		    struct vma_dead *dead);

/* Make the tree anew from the list. */
void vma_build_tree(struct mm_struct *mm);

/* Recompute a node's largest gap; whether it changed. */
bool vma_augment(struct avl_node *node);

/* Move the ends of @vma; neighbours are not overtaken.  pgoff follows the start. */
void vma_resize(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

/* Another area like @vma exists / it goes: references of its file, its object. */
void vma_get_refs(struct vm_area_struct *vma);
void vma_put_refs(struct vm_area_struct *vma);

/*
 * Cut @vma, which is closed, at @addr inside it; @upper, fresh from vma_alloc(),
 * becomes the part above.
 */
void vma_split(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t addr,
	       struct vm_area_struct *upper);

/* Make one area of @vma and whichever neighbours it can join; returns it. */
struct vm_area_struct *vma_merge_around(struct mm_struct *mm, struct vm_area_struct *vma,
					struct vma_dead *dead);

/*
 * Give an anonymous [start, end), free now, behind @prev, to a neighbour
 * with these flags; NULL when no neighbour agrees.
 */
struct vm_area_struct *vma_extend_anon(struct mm_struct *mm, struct vm_area_struct *prev,
				       vaddr_t start, vaddr_t end, unsigned long flags,
				       struct vma_dead *dead);

/*
 * Give [start, end) of @vma, which is closed, the flags @flags: split, merge, or
 * move the border to a neighbour.  The area that now holds [start, end), or
 * ERR_PTR(-ENOMEM): nothing changed.
 */
struct vm_area_struct *vma_modify(struct mm_struct *mm, struct vm_area_struct *vma,
				  vaddr_t start, vaddr_t end, unsigned long flags,
				  struct vma_dead *dead);

/* Where a growing-down area may reach: gap searches keep this distance. */
vaddr_t vma_start_gap(const struct vm_area_struct *vma);

/* What a search learnt of the place that it chose. */
struct vma_gap {
	bool free;                      /* nothing lies there, and: */
	struct vm_area_struct *prev;    /* the area below; NULL: none */
};

/* The highest free [address, + len) in [low, high), or 0. */
vaddr_t vma_find_gap(struct mm_struct *mm, size_t len, vaddr_t low, vaddr_t high,
		     struct vma_gap *gap);

/* The place for a new mapping: @addr is a hint, or the place with MAP_FIXED.  Or -errno. */
long mm_unmapped_area(struct mm_struct *mm, vaddr_t addr, size_t len, unsigned int map_flags,
		      struct vma_gap *gap);

/* Count @pages (negative: fewer) of areas with these flags. */
void vm_stat_account(struct mm_struct *mm, unsigned long flags, long pages);

/* @pages have other access flags now. */
void vm_stat_change(struct mm_struct *mm, unsigned long old, unsigned long new, long pages);

/* Would @pages more of that kind exceed RLIMIT_AS or RLIMIT_DATA? */
bool may_expand_vm(struct mm_struct *mm, unsigned long flags, unsigned long pages);

/* Would locking @pages more exceed RLIMIT_MEMLOCK, for a task that it binds? */
static inline bool mlock_exceeds(struct mm_struct *mm, unsigned long flags, unsigned long pages)
{
	return (flags & VM_LOCKED) &&
	       mm->locked_vm + pages > READ_ONCE(mm->rlim_memlock) >> PAGE_SHIFT &&
	       !mlock_unlimited();
}

/* Reserve @pages against the commit limit: 0 or -ENOMEM / give them back. */
int vm_commit(struct mm_struct *mm, unsigned long pages);
void vm_uncommit(struct mm_struct *mm, unsigned long pages);

/* Private and writable: its pages may all become the process' own. */
static inline bool vm_accountable(unsigned long flags)
{
	return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return vma->vm_ops == &anon_vm_ops;
}

/*
 * Cut [start, end) out of the set.  Areas go to @dead, to be buried after
 * mm->lock is released.  -ENOMEM, -EPERM (sealed): nothing has changed.
 */
int mm_unmap_locked(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct vma_dead *dead);

/* Is @vma, or an area behind it that starts below @end, sealed? */
static inline bool vma_range_sealed(const struct vm_area_struct *vma, vaddr_t end)
{
	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		if (unlikely(vma->vm_flags & VM_SEALED))
			return true;
	return false;
}

#endif
