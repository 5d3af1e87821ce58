// SPDX-License-Identifier: MIT
/*
 * The areas that map a file: who maps these pages?
 *
 * A tree of intervals, by first page; each node knows the last page that any area of its subtree
 * maps, so that a subtree which ends too early is passed over: of n areas O(log n) are looked at,
 * and those that are asked for.
 *
 *	        3-9 |20               who maps 12?  left of 3-9 all end by 8;
 *	       /       \              right of it something reaches 20: 11-20
 *	   1-8 |8     11-20 |20
 *
 * Areas come and go with each fork, exec and exit, and of hardly any this is ever asked.  So who
 * comes stands in a list, which costs nothing, and who asks puts all of them into the tree first.
 *
 * Always true: an area whose i_mmap_node.height is 0 is in the list, any other in the tree.
 * Lock: the file's i_mmap_lock.
 */
#include <mm/i_mmap.h>

_Static_assert(offsetof(struct avl_node, height) >= sizeof(struct list_head),
	       "the height is not where the list's links are");

void i_mmap_init(struct i_mmap *m)
{
	INIT_LIST_HEAD(&m->fresh);
	m->tree.node = NULL;
}

bool i_mmap_empty(const struct i_mmap *m)
{
	return list_empty(&m->fresh) && !m->tree.node;
}

static struct vm_area_struct *area(const struct avl_node *node)
{
	return avl_entry(node, struct vm_area_struct, i_mmap_node);
}

static pgoff_t last_page(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

static bool augment(struct avl_node *node)
{
	struct vm_area_struct *vma = area(node);
	pgoff_t last = last_page(vma), was = vma->i_mmap_last;

	if (node->left)
		last = max(last, area(node->left)->i_mmap_last);
	if (node->right)
		last = max(last, area(node->right)->i_mmap_last);
	vma->i_mmap_last = last;
	return last != was;
}

void i_mmap_erase(struct i_mmap *m, struct vm_area_struct *vma)
{
	avl_erase(&m->tree, &vma->i_mmap_node, augment);
}

static void settle(struct i_mmap *m)
{
	struct vm_area_struct *vma, *next;

	list_for_each_entry_safe(vma, next, &m->fresh, i_mmap_fresh) {
		struct avl_node **link = &m->tree.node, *parent = NULL;

		while (*link) {
			parent = *link;
			link = vma->vm_pgoff < area(parent)->vm_pgoff ? &parent->left :
									&parent->right;
		}
		avl_insert_at(&m->tree, &vma->i_mmap_node, parent, link, augment);
	}
	INIT_LIST_HEAD(&m->fresh);
}

/*
 * The first in order below @node.  If what is left of a node reaches @first, then the answer is
 * there, or nowhere: what reaches it may begin behind @last, but then so does all that follows.
 */
static struct vm_area_struct *leftmost(struct avl_node *node, pgoff_t first, pgoff_t last)
{
	while (node && area(node)->i_mmap_last >= first) {
		if (node->left && area(node->left)->i_mmap_last >= first) {
			node = node->left;
			continue;
		}
		if (area(node)->vm_pgoff > last)
			return NULL;
		if (last_page(area(node)) >= first)
			return area(node);
		node = node->right;
	}
	return NULL;
}

struct vm_area_struct *i_mmap_first(struct i_mmap *m, pgoff_t first, pgoff_t last)
{
	settle(m);
	return leftmost(m->tree.node, first, last);
}

struct vm_area_struct *i_mmap_next(struct vm_area_struct *vma, pgoff_t first, pgoff_t last)
{
	struct avl_node *node = &vma->i_mmap_node, *child;

	do {
		if (node->right && area(node->right)->i_mmap_last >= first)
			return leftmost(node->right, first, last);
		do {
			child = node;
			node = node->parent;
			if (!node)
				return NULL;
		} while (node->right == child);
		if (area(node)->vm_pgoff > last)
			return NULL;
	} while (last_page(area(node)) < first);
	return area(node);
}
