// SPDX-License-Identifier: MIT
/*
 * Anonymous memory in pieces of 2 MiB.
 */
#ifndef MM_HUGE_H
#define MM_HUGE_H

#include <arch/pte.h>
#include <lib/types.h>
#include <mm/fault.h>
#include <mm/mm.h>
#include <mm/vma_edit.h>

struct page;
struct pt_gather;
struct pt_piece;

#define HUGE_ORDER      PT_BITS
#define HUGE_SIZE       PT_SPAN(1)

/*
 * May memory of [start, end) with these VM_ flags be in pieces of @size / of 2 MiB at all?
 * For private anonymous areas.
 */
static inline bool size_eligible(vaddr_t start, vaddr_t end, unsigned long flags, size_t size)
{
	vaddr_t first = ALIGN_UP(start, size);

	return !(flags & (VM_NOHUGEPAGE | VM_GROWSDOWN | VM_SHARED | VM_PFNMAP | VM_IO)) &&
	       first >= start && first < end && end - first >= size;
}
static inline bool huge_eligible(vaddr_t start, vaddr_t end, unsigned long flags)
{
	return size_eligible(start, end, flags, HUGE_SIZE);
}

/*
 * No table of single pages maps f->addr.  FAULT_DONE: with f->pte NULL the fault is
 * resolved; else f->pte and f->table are the entry to go on with.
 */
enum fault_result huge_fault(struct fault *f);

/* Is @f a write that a page of @size, a power of two, may be made for? */
static __always_inline bool huge_wanted(const struct fault *f, size_t size)
{
	const struct vm_area_struct *vma = f->vma;
	vaddr_t start = ALIGN_DOWN(f->addr, size);

	return f->access == FAULT_WRITE && vma->vm_flags & VM_WRITE && vma_is_anonymous(vma) &&
	       !(vma->vm_flags & VM_UFFD_MISSING) &&
	       start >= vma->vm_start && vma->vm_end - start >= size &&
	       size_eligible(start, start + size, vma->vm_flags, size) &&
	       !READ_ONCE(f->mm->no_huge_pages);
}

/*
 * 2^order frames in a row, filled with zeroes, each as anon_page_alloc() would give it; NULL
 * if there are none at once, or memory is short.  huge_free(): nobody else has, or had, any.
 * huge_mapped(): they are mapped in f->vma.
 */
struct page *huge_alloc(unsigned int order);
void huge_free(struct page *page, unsigned int order);
void huge_mapped(const struct fault *f, unsigned int order);

/*
 * Make a table of the huge entry *@entry, which maps @va on; not if it is something
 * else by now.  Never fails.  huge_split_held(): mm->tables_lock is held.
 */
void huge_split(struct mm_struct *mm, pte_t *entry, vaddr_t va);
void huge_split_held(struct mm_struct *mm, pte_t *entry, vaddr_t va);

/*
 * MADV_COLLAPSE of [start, end) of **vmap: the whole pieces in it.  mm->lock held for writing, but
 * let go meanwhile: *vmap is the area of the last byte then.  -EINVAL, -EAGAIN: some could not be
 * collapsed; -EINVAL, -EBUSY, -ENOMEM, -EINTR: nor what is behind it.
 */
int huge_collapse(struct vm_area_struct **vmap, vaddr_t start, vaddr_t end);

/* Tables laid by for huge entries, by the level-1 table of @entry.  mm->tables_lock held. */
void huge_lay_by(pte_t *entry, struct page *table);
struct page *huge_take_laid_by(pte_t *entry);

/* Take a whole huge piece out; its pages go with the gather. */
void huge_zap(struct pt_gather *g, struct pt_piece *p);

/* 2^order pages whose one mapping is gone, @page the first, when no hart can reach them. */
void huge_put_pages(struct page *page, unsigned int order);

/* One that is not huge any more / is: for AnonHugePages. */
void huge_count(long n);

#endif
