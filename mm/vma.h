// SPDX-License-Identifier: MIT
/*
 * vm_area_struct: one range of one address space, of one origin and one
 * permission; and the two views of the set of them.
 *
 * Always true (vma_check): areas do not overlap; list and tree hold the same
 * areas in the same order; each node's max_gap is the largest gap below any
 * area of its subtree.  Neighbours that could be one are made one by whatever
 * changes an area, but not by fork, which unlocks what was locked, nor by an area
 * that grows down to another.
 * Only vma_link and vma_unlink touch list and tree.
 */
#ifndef MM_VMA_H
#define MM_VMA_H

#include <arch/pte.h>
#include <kernel/sync.h>
#include <lib/avl.h>
#include <lib/list.h>
#include <lib/types.h>
#include <mm/vm_flags.h>

struct address_space;
struct fault;
struct file;
struct mm_struct;
struct page;
struct vm_area_struct;
enum fault_result;

/*
 * Where an area's pages come from.  The fault path never asks what kind an
 * area is.
 */
struct vm_ops {
	/* of the area in /proc/PID/maps when it has no file: "[vdso]"; or NULL */
	const char *name;
	/* A new area like this one exists (fork, split) / an area goes. */
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);
	/*
	 * Empty PTE: map the page of f->addr.  Inside the area, no other lock;
	 * leaves it only by returning FAULT_RETRY (fault.h).
	 */
	enum fault_result (*fault)(struct fault *f);
	/*
	 * First write to a present page of a shared area: make it writable on
	 * disk.  @page referenced, not locked; FAULT_DONE: locked now, and still
	 * the page of f->addr.  The caller dirties, installs and unlocks it.
	 * NULL: nothing to do but that.
	 */
	enum fault_result (*page_mkwrite)(struct fault *f, struct page *page);
};

/*
 * [m] mm->lock  [c] constant once linked, except under mm->lock for writing and with vm_gate closed
 * [i] mapping->i_mmap_lock  [a] atomic
 */
struct vm_area_struct {
	vaddr_t vm_start;                       /* [c] first byte */
	vaddr_t vm_end;                         /* [c] first byte after */
	unsigned long vm_flags;                 /* [c] VM_ */
	/* [c] PTE bits of a page that may be written if VM_WRITE */
	pteprot_t vm_prot;
	const struct vm_ops *vm_ops;            /* [c] never NULL */
	struct mm_struct *vm_mm;                /* [c] */
	struct vm_area_struct *vm_next;         /* [m] ascending */
	struct vm_area_struct *vm_prev;         /* [m] */
	struct avl_node vm_avl;                 /* [m] read in a glance too */
	/* [m] bytes: largest gap below an area of this subtree */
	unsigned long max_gap;
	/* [c] page of vm_start in the file; anonymous: vm_start >> PAGE_SHIFT */
	pgoff_t vm_pgoff;
	/* [c] referenced through mapping->a_ops->file_get; or NULL */
	struct file *vm_file;
	struct address_space *vm_mapping;       /* [c] whose pages these are; NULL: anonymous */
	/* [c] vm_ops' own; with VM_UFFD_ flags the struct userfault that is asked */
	void *vm_private;
	struct gate vm_gate;                    /* [a] faults are inside; closed for a change */
	/* [a] some page of it may be its own: fork copies the PTEs */
	bool vm_has_anon;
	bool vm_dead;                           /* [m] has left the set: stays closed */
	/* swap_fault.c's guess of how much to read at once; races do no harm */
	u8 swap_window, swap_hits;
	u32 swap_last;
	struct vm_area_struct *vm_closed;       /* [m] next in mm->closed */
	/* From here on a copy has its own (vma_copy).  [i] its place in vm_mapping->i_mmap */
	union {
		struct list_head i_mmap_fresh;
		struct avl_node i_mmap_node;
	};
	pgoff_t i_mmap_last;                    /* [i] last page that its subtree maps */
};

static inline struct vm_area_struct *avl_vma(const struct avl_node *node)
{
	return avl_entry(node, struct vm_area_struct, vm_avl);
}

extern const struct vm_ops anon_vm_ops;         /* private anonymous: zero pages, then own ones */
extern const struct vm_ops file_vm_ops;         /* file, private or shared */
extern const struct vm_ops pfn_vm_ops;          /* frames given at mmap time: vDSO */
extern const struct vm_ops device_vm_ops;       /* physical addresses, by vm_pgoff: no RAM */

/* The first area that ends above @addr (it may start above it too), or NULL.  mm->lock held. */
struct vm_area_struct *find_vma(struct mm_struct *mm, vaddr_t addr);

/* The area that contains @addr, or NULL.  mm->lock held. */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, vaddr_t addr);

/* The first area that intersects [start, end), or NULL. */
struct vm_area_struct *vma_intersect(struct mm_struct *mm, vaddr_t start, vaddr_t end);

/* The name of an area without a file in /proc/PID/maps ("[heap]", "[stack]", "[vdso]"), or NULL. */
const char *vma_name(const struct vm_area_struct *vma);

/* Debug: walk and compare both views; panics with the first difference. */
void vma_check(struct mm_struct *mm);

static inline unsigned long vma_pages(const struct vm_area_struct *v)
{
	return (v->vm_end - v->vm_start) >> PAGE_SHIFT;
}

/* The file page of @addr in the area. */
static inline pgoff_t vma_pgoff(const struct vm_area_struct *v, vaddr_t addr)
{
	return ((addr - v->vm_start) >> PAGE_SHIFT) + v->vm_pgoff;
}

#endif
