// SPDX-License-Identifier: MIT
/*
 * An AVL tree of nodes that live inside the things they order.
 *
 * The tree knows no keys.  The caller walks down from root->node, chooses left or
 * right itself, and hands over the place it arrived at:
 *
 *	struct avl_node **link = &root->node, *parent = NULL;
 *
 *	while (*link) {
 *		parent = *link;
 *		link = key < key_of(parent) ? &parent->left : &parent->right;
 *	}
 *	avl_insert_at(root, &thing->node, parent, link, augment);
 *
 * A node may carry a summary of its subtree (mm: the largest gap).  @augment
 * recomputes one node's summary from the node itself and its two children; the
 * tree calls it from below upwards on every node whose children changed.
 *
 * Why AVL: at most 1.44 log2(n) levels, flatter than red-black, for a tree that
 * is searched at each fault and changed at each mmap.
 *
 * Locking: the caller's.  Who goes down left and right links while the tree is
 * changed meets nodes that are in it, or were; in every state a right link leads
 * to a node higher in order.  He may miss what he looks for, and go round by
 * left links as long as the tree is turned under him: he counts those.
 */
#ifndef LIB_AVL_H
#define LIB_AVL_H

#include <lib/types.h>

struct avl_node {
	struct avl_node *left, *right, *parent;
	int height;			/* of the subtree: 1 for a leaf */
};

struct avl_root {
	struct avl_node *node;
};

#define AVL_ROOT { NULL }

#define avl_entry(ptr, type, member) container_of(ptr, type, member)

/* Returns whether the summary is another now: above a node where it is not, nothing changes. */
typedef bool (*avl_augment_fn)(struct avl_node *node);

/*
 * Put @node at the empty place *@link, which is root->node or a child link of
 * @parent, and rebalance.  @augment may be NULL.
 */
void avl_insert_at(struct avl_root *root, struct avl_node *node, struct avl_node *parent,
		   struct avl_node **link, avl_augment_fn augment);

/* Take @node out of its tree.  Its own links are left stale. */
void avl_erase(struct avl_root *root, struct avl_node *node, avl_augment_fn augment);

/* Put @node where @old is.  The order, the shape and the summaries must not change. */
void avl_replace(struct avl_root *root, struct avl_node *old, struct avl_node *node);

/* The summary of @node changed by itself: recompute it and those above it. */
void avl_update(struct avl_node *node, avl_augment_fn augment);

/* In order; NULL at the end, or for an empty tree. */
struct avl_node *avl_first(const struct avl_root *root);
struct avl_node *avl_last(const struct avl_root *root);
struct avl_node *avl_next(const struct avl_node *node);
struct avl_node *avl_prev(const struct avl_node *node);

/*
 * Make @root the balanced tree of the @n nodes that @next(@arg) hands out in
 * ascending order: one call of @next and of @augment (may be NULL) per node.
 */
void avl_build_sorted(struct avl_root *root, unsigned long n,
		      struct avl_node *(*next)(void *arg), void *arg, avl_augment_fn augment);

/*
 * For debugging, O(n): are heights, balance and parent links right, and is each
 * node before its successor?  @before may be NULL.
 */
bool avl_check(const struct avl_root *root,
	       bool (*before)(const struct avl_node *a, const struct avl_node *b));

#endif
