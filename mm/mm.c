// SPDX-License-Identifier: MIT
/*
 * The life of an address space.
 *
 * Two counts, because two things end at different times: users keep the
 * areas (each task, and whoever reads /proc/PID/maps), count keeps the
 * struct (the swap clock hand, which must be able to look and find that the
 * areas are gone).  The areas are taken down by the last user, with nobody
 * else in the page tables.
 *
 * Always true: an mm on the list of all has a root table and count > 0.
 * Lock: all_lock guards the list; everything else is fresh or dying here.
 */
#include <mm/mm.h>

#include <lib/string.h>
#include <mm/anon.h>
#include <mm/evict.h>
#include <mm/frames.h>
#include <mm/mmap.h>
#include <mm/pagetable.h>
#include <mm/pt_alloc.h>
#include <mm/pt_gather.h>
#include <mm/slab.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

static struct kmem_cache *mm_cache, *vma_cache;
static struct spinlock all_lock = SPINLOCK_INIT(RANK_LEAF);
static LIST_HEAD(all_mms);

static void unmap_everything(struct mm_struct *mm, struct vma_dead *dead);

void mm_init(void)
{
	mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 0);
	vma_cache = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0);
	INIT_LIST_HEAD(&all_mms);
	zero_page_init();
	pt_cache_init();
}

struct vm_area_struct *vma_alloc(void)
{
	return kmem_cache_alloc(vma_cache, GFP_KERNEL);
}

void vma_free(struct vm_area_struct *vma)
{
	kmem_cache_free(vma_cache, vma);
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = mm_alloc_unevictable();

	if (mm)
		WRITE_ONCE(mm->evictable, true);
	return mm;
}

struct mm_struct *mm_alloc_unevictable(void)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL | GFP_ZERO);

	if (!mm)
		return NULL;
	mm->pgd = pt_alloc_root();
	if (!mm->pgd) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	rwsem_init(&mm->lock, RANK_MM);
	spin_lock_init(&mm->tables_lock, RANK_PT_TREE);
	wait_queue_init(&mm->gate_wait);
	atomic_set(&mm->users, 1);
	atomic_set(&mm->count, 1);
	mmu_context_init(&mm->context);
	mm->mmap_base = USER_END;
	mm->rlim_as = mm->rlim_data = mm->rlim_stack = mm->rlim_memlock = ~0UL;
	mm->dumpable = DUMP_USER;
	mm->dump_filter = DUMP_FILTER_DEFAULT;
	spin_lock(&all_lock);
	list_add_tail(&mm->all_mms, &all_mms);
	spin_unlock(&all_lock);
	return mm;
}

void mm_put(struct mm_struct *mm)
{
	struct vma_dead dead = { .first = NULL };

	if (!atomic_dec_and_test(&mm->users))
		return;
	down_write(&mm->lock);
	unmap_everything(mm, &dead);
	mm_unlock_write(mm);
	evict_forget(mm);
	vma_bury(&dead);
	if (mm->exe_file && mm->exe_put)
		mm->exe_put(mm->exe_file);
	mm->exe_file = NULL;
	mm_drop(mm);
}

/* One pass over the areas, one flush, then every table. */
static void unmap_everything(struct mm_struct *mm, struct vma_dead *dead)
{
	struct vm_area_struct *vma, *next;
	struct pt_gather g;

	pt_gather_begin(&g, mm, 0, USER_END);
	g.all = true;
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		pt_zap(&g, vma, vma->vm_start, vma->vm_end);
	for (vma = mm->mmap; vma; vma = next) {
		next = vma->vm_next;
		vma_mapping_unlink(vma);
		pt_unhook_tables(&g, vma->vm_start, vma->vm_end, 0,
				 next ? next->vm_start : USER_END);
		vma_die(dead, vma);
	}
	mm->mmap = NULL;
	for (unsigned int i = 0; i < NR_VMA_HINTS; i++)
		mm->hint[i].vma = NULL;
	mm->mmap_avl.node = NULL;
	mm->map_count = 0;
	mm->total_vm = mm->locked_vm = mm->data_vm = mm->exec_vm = mm->stack_vm = 0;
	vm_uncommit(mm, mm->committed);
	pt_gather_end(&g);
	/* What was only dropped, tables that others share, was not counted off. */
	atomic_long_set(&mm->rss[MM_ANONPAGES], 0);
	atomic_long_set(&mm->rss[MM_SWAPENTS], 0);
}

void mm_drop(struct mm_struct *mm)
{
	if (!atomic_dec_and_test(&mm->count))
		return;
	assert(!mm->mmap && !mm_rss(mm));
	spin_lock(&all_lock);
	list_del(&mm->all_mms);
	spin_unlock(&all_lock);
	pt_free_root(mm->pgd);
	kmem_cache_free(mm_cache, mm);
}

void vma_bury_all(struct vma_dead *dead)
{
	struct vm_area_struct *vma = dead->first, *next;

	glance_wait();
	do {
		next = vma->vm_next;
		if (vma->vm_file || vma->vm_ops->close)
			vma_put_refs(vma);
		vma_free(vma);
		vma = next;
	} while (vma);
}

struct mm_struct *mm_next(struct mm_struct *prev)
{
	struct list_head *node;
	struct mm_struct *mm = NULL;

	spin_lock(&all_lock);
	node = prev ? prev->all_mms.next : all_mms.next;
	for (; node != &all_mms; node = node->next) {
		mm = list_entry(node, struct mm_struct, all_mms);
		if (atomic_inc_not_zero(&mm->count))
			break;
		mm = NULL;
	}
	spin_unlock(&all_lock);
	if (prev)
		mm_drop(prev);
	return mm;
}
