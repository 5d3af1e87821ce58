// SPDX-License-Identifier: MIT
/*
 * The areas that map a file, by the pages of the file that they map.
 */
#ifndef MM_I_MMAP_H
#define MM_I_MMAP_H

#include <lib/avl.h>
#include <lib/list.h>
#include <mm/vma.h>

/* All under address_space.i_mmap_lock. */
struct i_mmap {
	struct list_head fresh;         /* vm_area_struct.i_mmap_fresh: in no order yet */
	struct avl_root tree;           /* vm_area_struct.i_mmap_node: by first page */
};

void i_mmap_init(struct i_mmap *m);
bool i_mmap_empty(const struct i_mmap *m);

/* Its range must not change until it is removed. */
static inline void i_mmap_add(struct i_mmap *m, struct vm_area_struct *vma)
{
	vma->i_mmap_node.height = 0;
	list_add_tail(&vma->i_mmap_fresh, &m->fresh);
}

/* Of one that is in the tree. */
void i_mmap_erase(struct i_mmap *m, struct vm_area_struct *vma);
static inline void i_mmap_remove(struct i_mmap *m, struct vm_area_struct *vma)
{
	if (likely(!vma->i_mmap_node.height))
		list_del(&vma->i_mmap_fresh);
	else
		i_mmap_erase(m, vma);
}

/*
 * The areas that map a page of [first, last], one after the other, until NULL; none may be added
 * or removed meanwhile.
 */
struct vm_area_struct *i_mmap_first(struct i_mmap *m, pgoff_t first, pgoff_t last);
struct vm_area_struct *i_mmap_next(struct vm_area_struct *vma, pgoff_t first, pgoff_t last);

#endif
