// SPDX-License-Identifier: MIT
/*
 * mincore(2): which pages would be read without a wait.
 *
 * A page counts when its PTE is present, or when it is in the cache of its
 * file or in the swap cache.  The answer is gathered for a page of bytes at a time and copied out
 * with no lock held; it may be old by then, as the man page says.
 *
 * Lock: mm->lock for reading while gathering.
 */
#include <mm/mmap.h>

#include <lib/errno.h>
#include <lib/string.h>
#include <mm/address_space.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/pt_piece.h>
#include <mm/swap_cache.h>
#include <mm/uaccess.h>
#include <mm/vma.h>

/* Pages of the file that are up to date: bytes for [start, end) of @vma. */
static void cached_bytes(struct vm_area_struct *vma, vaddr_t start, vaddr_t end, u8 *vec)
{
	pgoff_t first = vma_pgoff(vma, start), at = first;
	pgoff_t last = first + ((end - start) >> PAGE_SHIFT) - 1;
	struct page *pages[16];
	unsigned int nr, i;

	while (at <= last &&
	       (nr = filemap_find_range(vma->vm_mapping, at, last, pages, ARRAY_SIZE(pages)))) {
		at = pages[nr - 1]->index + 1;
		for (i = 0; i < nr; i++) {
			vec[pages[i]->index - first] |= page_test(pages[i], PG_uptodate);
			put_page(pages[i]);
		}
	}
}

/* There, or in the swap cache. */
static bool at_hand(pte_t e)
{
	struct page *page;
	bool there;

	if (!pte_swap(e))
		return pte_present(e);
	page = swap_cache_find(pte_to_swp(e));
	there = page && page_test(page, PG_uptodate);
	if (page)
		put_page(page);
	return there;
}

static void present_bytes(struct mm_struct *mm, vaddr_t start, vaddr_t end, u8 *vec)
{
	struct pt_piece p;
	vaddr_t va, next;
	unsigned int i;

	for (va = start; va < end; va = next) {
		next = pt_next_piece(mm, va, end, &p);
		if (!pt_piece_lock(mm, &p))
			continue;
		for (i = pt_index(va, 0); va < next; i++, va += PAGE_SIZE)
			if (at_hand(pt_piece_entry(&p, i)))
				vec[(va - start) >> PAGE_SHIFT] = 1;
		pt_piece_unlock(mm, &p);
	}
}

/* Bytes for pages from @start on, all of one area.  How many; -ENOMEM: no area there. */
static long gather(struct mm_struct *mm, vaddr_t start, vaddr_t end, u8 *vec)
{
	struct vm_area_struct *vma = vma_lookup(mm, start);

	if (!vma)
		return -ENOMEM;
	end = min(end, vma->vm_end);
	memset(vec, 0, (end - start) >> PAGE_SHIFT);
	if (vma->vm_mapping)
		cached_bytes(vma, start, end, vec);
	if (!(vma->vm_flags & VM_IO))
		present_bytes(mm, start, end, vec);
	return (end - start) >> PAGE_SHIFT;
}

int mm_mincore(struct mm_struct *mm, vaddr_t start, size_t len, vaddr_t vec)
{
	vaddr_t end, stop;
	u8 *bytes;
	long nr;
	int err = 0;

	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (start > USER_END || len > USER_END - start)
		return -ENOMEM;
	end = start + ALIGN_UP(len, PAGE_SIZE);
	if (!user_range_ok(vec, (end - start) >> PAGE_SHIFT))
		return -EFAULT;
	bytes = alloc_page_va(GFP_USER);
	if (!bytes)
		return -EAGAIN;
	while (start < end && !err) {
		stop = min(end, start + (PAGE_SIZE << PAGE_SHIFT));
		down_read(&mm->lock);
		nr = gather(mm, start, stop, bytes);
		up_read(&mm->lock);
		err = nr < 0 ? (int)nr : copy_to_user(vec, bytes, nr);
		start += (size_t)nr << PAGE_SHIFT;
		vec += nr;
	}
	free_page_va(bytes);
	return err;
}
