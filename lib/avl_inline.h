// SPDX-License-Identifier: MIT
/*
 * The changes of an AVL tree, with the summary's function known to the compiler.
 *
 * A change goes from the changed place to the root and asks for a summary at each
 * node: for a tree that is changed at each mmap, the calls through a pointer cost
 * as much as the rest.  Whoever changes a tree often includes this and names its
 * function; avl.c makes the ordinary ones of it.
 *
 * Always true: the walk stops where neither height nor summary has changed.
 */
#ifndef LIB_AVL_INLINE_H
#define LIB_AVL_INLINE_H

#include <lib/atomic.h>
#include <lib/avl.h>

/*
 * The subtrees of @node differ by two levels: rotate; its new top.  Heights and
 * summaries of that and of its two children are the caller's to refresh.
 */
struct avl_node *avl_rotate(struct avl_root *root, struct avl_node *node);

static inline int avl_height(const struct avl_node *node)
{
	return node ? node->height : 0;
}

/* What the height of @node must be, after its children's. */
static inline int avl_height_above(const struct avl_node *node)
{
	int left = avl_height(node->left), right = avl_height(node->right);

	return 1 + (left > right ? left : right);
}

/* The pointer that names @node. */
static inline struct avl_node **avl_link_to(struct avl_root *root, struct avl_node *node)
{
	struct avl_node *parent = node->parent;

	if (!parent)
		return &root->node;
	return parent->left == node ? &parent->left : &parent->right;
}

static __always_inline void avl_refresh(struct avl_node *node, avl_augment_fn augment)
{
	node->height = avl_height_above(node);
	if (augment)
		augment(node);
}

/* As avl_update(). */
static __always_inline void avl_update_inline(struct avl_node *node, avl_augment_fn augment)
{
	if (!augment)
		return;
	while (node && augment(node))
		node = node->parent;
}

/* Rotated and refreshed, lowest first: the top of the balanced subtree. */
static __noinline struct avl_node *avl_rebalance(struct avl_root *root, struct avl_node *node,
						avl_augment_fn augment)
{
	node = avl_rotate(root, node);
	avl_refresh(node->left, augment);
	avl_refresh(node->right, augment);
	avl_refresh(node, augment);
	return node;
}

/*
 * From @node to the root: balance, heights, summaries.  Above the first subtree
 * whose height has come out as before only summaries can still differ.
 */
static __always_inline void avl_mend_inline(struct avl_root *root, struct avl_node *node,
					    avl_augment_fn augment)
{
	int before, left, right;
	bool changed = true;

	do {
		if (!node)
			return;
		before = node->height;
		left = avl_height(node->left);
		right = avl_height(node->right);
		if (unlikely(left - right > 1 || right - left > 1)) {
			node = avl_rebalance(root, node, augment);
			changed = true;
		} else {
			node->height = 1 + (left > right ? left : right);
			changed = augment && augment(node);
		}
		left = node->height;
		node = node->parent;
	} while (left != before);
	if (changed)
		avl_update_inline(node, augment);
}

/* The first half of avl_insert_at(); the second is to mend from @parent, if there is one. */
static __always_inline void avl_put_inline(struct avl_node *node, struct avl_node *parent,
					   struct avl_node **link, avl_augment_fn augment)
{
	node->left = NULL;
	node->right = NULL;
	node->parent = parent;
	node->height = 1;
	if (augment)
		augment(node);
	smp_store_release(link, node);
}

/* As avl_insert_at(). */
static __always_inline void avl_insert_inline(struct avl_root *root, struct avl_node *node,
					      struct avl_node *parent, struct avl_node **link,
					      avl_augment_fn augment)
{
	avl_put_inline(node, parent, link, augment);
	avl_mend_inline(root, parent, augment);
}

/*
 * The first half of avl_erase(): the node to mend from, or NULL.  A node with two
 * children first changes places with its successor, *@heir_p, which has no left
 * child, and so can be unlinked.
 */
static __always_inline struct avl_node *avl_take_inline(struct avl_root *root,
							struct avl_node *node,
							struct avl_node **heir_p)
{
	struct avl_node *child, *lowest, *heir = NULL;

	if (!node->left || !node->right) {
		child = node->left ? node->left : node->right;
		lowest = node->parent;
		*avl_link_to(root, node) = child;
		if (child)
			child->parent = lowest;
	} else {
		heir = node->right;
		while (heir->left)
			heir = heir->left;

		lowest = heir->parent == node ? heir : heir->parent;
		*avl_link_to(root, heir) = heir->right;
		if (heir->right)
			heir->right->parent = heir->parent;
		avl_replace(root, node, heir);
	}
	*heir_p = heir;
	return lowest;
}

/* As avl_erase(). */
static __always_inline void avl_erase_inline(struct avl_root *root, struct avl_node *node,
						avl_augment_fn augment)
{
	struct avl_node *heir;

	avl_mend_inline(root, avl_take_inline(root, node, &heir), augment);
	if (heir && augment) {  /* its old summary was that of another place: it stops nothing */
		augment(heir);
		avl_update_inline(heir->parent, augment);
	}
}

#endif
