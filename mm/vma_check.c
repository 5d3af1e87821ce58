// SPDX-License-Identifier: MIT
/*
 * Debug builds: are both views of the areas what vma.h promises?
 *
 * Called after each change of an address space; O(areas), so it looks at
 * every n-th change only once there are many.
 */
#include <mm/vma.h>

#include <mm/address_space.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/vma_edit.h>

#define CHECK_ALWAYS_BELOW      128

#define expect(vma, cond) do { \
	if (!(cond)) \
		panic("vma_check: %#lx-%#lx: %s", (vma)->vm_start, (vma)->vm_end, #cond); \
} while (0)

static bool before(const struct avl_node *a, const struct avl_node *b)
{
	return avl_vma(a)->vm_end <= avl_vma(b)->vm_start;
}

static void check_area(struct mm_struct *mm, struct vm_area_struct *vma,
		       struct vm_area_struct *prev)
{
	unsigned long gap = vma->max_gap;

	expect(vma, vma->vm_mm == mm && vma->vm_prev == prev && !vma->vm_dead);
	expect(vma, vma->vm_start < vma->vm_end && vma->vm_end <= USER_END);
	expect(vma, IS_ALIGNED(vma->vm_start | vma->vm_end, PAGE_SIZE));
	expect(vma, !prev || prev->vm_end <= vma->vm_start);
	expect(vma, vma->vm_prot.v == pte_prot(vma->vm_flags).v);
	expect(vma, !vma_is_anonymous(vma) || vma->vm_pgoff == vma->vm_start >> PAGE_SHIFT);
	expect(vma, !(vma->vm_flags & VM_UFFD_ALONE));
	expect(vma, !vma_is_anonymous(vma) || !vma->vm_private == !(vma->vm_flags & VM_UFFD));
	vma_augment(&vma->vm_avl);
	expect(vma, gap == vma->max_gap);
}

void vma_check(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *prev = NULL;
	struct avl_node *node = avl_first(&mm->mmap_avl);
	unsigned long pages = 0, locked = 0, account = 0;
	static unsigned int calls;
	unsigned int nr = 0;

	if (mm->map_count > CHECK_ALWAYS_BELOW && calls++ % CHECK_ALWAYS_BELOW)
		return;
	for (vma = mm->mmap; vma; prev = vma, vma = vma->vm_next) {
		expect(vma, node == &vma->vm_avl);
		node = avl_next(node);
		check_area(mm, vma, prev);
		nr++;
		pages += vma_pages(vma);
		if (vma->vm_flags & VM_LOCKED)
			locked += vma_pages(vma);
		if (vma->vm_flags & VM_ACCOUNT)
			account += vma_pages(vma);
	}
	if (node || nr != mm->map_count || !avl_check(&mm->mmap_avl, before))
		panic("vma_check: list and tree differ: %u areas of %u", nr, mm->map_count);
	if (pages != mm->total_vm || locked != mm->locked_vm || account != mm->committed)
		panic("vma_check: pages %lu/%lu, locked %lu/%lu, committed %lu/%lu", pages,
		      mm->total_vm, locked, mm->locked_vm, account, mm->committed);
}
