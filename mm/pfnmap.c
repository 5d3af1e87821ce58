// SPDX-License-Identifier: MIT
/*
 * Areas of given frames: the vDSO and its data page; and of a device's registers.
 *
 * The frames belong to the kernel for good, so their entries are special: no
 * count, no mapcount, nothing to free.  fork need not copy them, since the
 * fault brings them back.
 *
 * Lock: the list of frames is constant; its users are counted.
 */
#include <mm/vma.h>

#include <lib/err.h>
#include <lib/string.h>
#include <mm/fault.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/slab.h>
#include <mm/vma_edit.h>

struct pfn_list {
	atomic_t users;
	unsigned int nr;
	const char *name;
	unsigned long pfns[];
};

static void pfn_open(struct vm_area_struct *vma)
{
	struct pfn_list *list = vma->vm_private;

	atomic_inc(&list->users);
}

static void pfn_close(struct vm_area_struct *vma)
{
	struct pfn_list *list = vma->vm_private;

	if (atomic_dec_and_test(&list->users))
		kfree(list);
}

static enum fault_result install(struct fault *f, unsigned long pfn);

static enum fault_result pfn_fault(struct fault *f)
{
	const struct pfn_list *list = f->vma->vm_private;
	pgoff_t i = vma_pgoff(f->vma, f->addr);

	return i >= list->nr ? FAULT_BUS : install(f, list->pfns[i]);
}

/* Registers: no frame at all, which the kernel cannot reach through the direct map (window.c). */
static enum fault_result device_fault(struct fault *f)
{
	return install(f, vma_pgoff(f->vma, f->addr));
}

static enum fault_result install(struct fault *f, unsigned long pfn)
{
	pte_t e = pte_mkspecial(pte_make(pfn, f->vma->vm_prot));

	spin_lock(&f->table->ptl);
	if (pte_same(pte_read(f->pte), f->orig))
		pte_set(f->pte, e);
	spin_unlock(&f->table->ptl);
	return FAULT_DONE;
}

const struct vm_ops pfn_vm_ops = {
	.open = pfn_open,
	.close = pfn_close,
	.fault = pfn_fault,
};

const struct vm_ops device_vm_ops = { .fault = device_fault };

const char *vma_name(const struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	const struct pfn_list *list = vma->vm_private;

	if (vma->vm_ops == &pfn_vm_ops)
		return list->name;
	if (vma->vm_ops->name || vma->vm_file)
		return vma->vm_ops->name;
	if (vma->vm_start < mm->brk && vma->vm_end > mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

static int pfn_map(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &pfn_vm_ops;
	vma->vm_private = file;         /* the list: this request has no file */
	vma->vm_pgoff = 0;
	return 0;
}

long mm_map_pfns(struct mm_struct *mm, vaddr_t addr, const unsigned long *pfns, unsigned int nr,
		 unsigned long vm_flags, const char *name)
{
	struct pfn_list *list = kmalloc(sizeof(*list) + nr * sizeof(pfns[0]), GFP_KERNEL);
	struct mmap_request rq = {
		.addr = addr,
		.len = (size_t)nr << PAGE_SHIFT,
		.prot = vm_flags & VM_ACCESS,
		.flags = MAP_PRIVATE,
		.may_flags = VM_MAYREAD | VM_MAYEXEC,
		.extra_vm_flags = vm_flags | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP,
		.file = (struct file *)list,
		.map_file = pfn_map,
	};
	long at;

	if (!list)
		return -ENOMEM;
	atomic_set(&list->users, 1);
	list->nr = nr;
	list->name = name;
	memcpy(list->pfns, pfns, nr * sizeof(pfns[0]));
	at = mm_mmap(mm, &rq);
	if (IS_ERR_VALUE(at))
		kfree(list);
	return at;
}
