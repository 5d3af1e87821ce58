// SPDX-License-Identifier: MIT
/*
 * The AVL tree: rotations, what needs no summary, and the changes of avl_inline.h for
 * those whose summary is a function pointer.
 *
 * A node keeps the height of its subtree rather than a balance of -1, 0, +1: one
 * rule (height = 1 + the higher child) replaces the two tables of cases, and the
 * checker can recompute it.
 *
 *	      y              x
 *	     / \            / \	    rotate(y, left):  left child up
 *	    x   C   <-->   A   y    rotate(x, right): right child up
 *	   / \                / \
 *	  A   B              B   C
 *
 * Always true: the heights of two siblings differ by at most 1; the summary of a
 * node agrees with its children's whenever an entry point returns.
 */
#include <lib/avl.h>

#include <lib/atomic.h>
#include <lib/avl_inline.h>

void avl_insert_at(struct avl_root *root, struct avl_node *node, struct avl_node *parent,
		   struct avl_node **link, avl_augment_fn augment)
{
	avl_insert_inline(root, node, parent, link, augment);
}

void avl_erase(struct avl_root *root, struct avl_node *node, avl_augment_fn augment)
{
	avl_erase_inline(root, node, augment);
}

void avl_update(struct avl_node *node, avl_augment_fn augment)
{
	avl_update_inline(node, augment);
}

void avl_replace(struct avl_root *root, struct avl_node *old, struct avl_node *node)
{
	*node = *old;
	if (node->left)
		node->left->parent = node;
	if (node->right)
		node->right->parent = node;
	smp_store_release(avl_link_to(root, old), node);
}

/* Bring @node's child on the side named up into its place. */
static struct avl_node *rotate_left_up(struct avl_root *root, struct avl_node *y)
{
	struct avl_node *x = y->left;

	*avl_link_to(root, y) = x;
	x->parent = y->parent;
	y->left = x->right;
	if (y->left)
		y->left->parent = y;
	x->right = y;
	y->parent = x;
	return x;
}

static struct avl_node *rotate_right_up(struct avl_root *root, struct avl_node *x)
{
	struct avl_node *y = x->right;

	*avl_link_to(root, x) = y;
	y->parent = x->parent;
	x->right = y->left;
	if (x->right)
		x->right->parent = x;
	y->left = x;
	x->parent = y;
	return y;
}

struct avl_node *avl_rotate(struct avl_root *root, struct avl_node *node)
{
	if (avl_height(node->left) > avl_height(node->right)) {
		if (avl_height(node->left->left) < avl_height(node->left->right))
			rotate_right_up(root, node->left);
		return rotate_left_up(root, node);
	}
	if (avl_height(node->right->right) < avl_height(node->right->left))
		rotate_left_up(root, node->right);
	return rotate_right_up(root, node);
}

struct avl_node *avl_first(const struct avl_root *root)
{
	struct avl_node *node = root->node;

	while (node && node->left)
		node = node->left;
	return node;
}

struct avl_node *avl_last(const struct avl_root *root)
{
	struct avl_node *node = root->node;

	while (node && node->right)
		node = node->right;
	return node;
}

struct avl_node *avl_next(const struct avl_node *node)
{
	if (node->right)
		return avl_first(&(struct avl_root){ node->right });
	while (node->parent && node->parent->right == node)
		node = node->parent;
	return node->parent;
}

struct avl_node *avl_prev(const struct avl_node *node)
{
	if (node->left)
		return avl_last(&(struct avl_root){ node->left });
	while (node->parent && node->parent->left == node)
		node = node->parent;
	return node->parent;
}

struct builder {
	struct avl_node *(*next)(void *arg);
	void *arg;
	avl_augment_fn augment;
};

/* Halves that differ by at most one node differ by at most one level.  Depth: log2(n). */
static struct avl_node *build(const struct builder *b, unsigned long n)
{
	struct avl_node *left, *node;

	if (!n)
		return NULL;
	left = build(b, n / 2);
	node = b->next(b->arg);
	node->left = left;
	node->right = build(b, n - n / 2 - 1);
	if (node->left)
		node->left->parent = node;
	if (node->right)
		node->right->parent = node;
	avl_refresh(node, b->augment);
	return node;
}

void avl_build_sorted(struct avl_root *root, unsigned long n,
		      struct avl_node *(*next)(void *arg), void *arg, avl_augment_fn augment)
{
	struct builder b = { next, arg, augment };

	root->node = build(&b, n);
	if (root->node)
		root->node->parent = NULL;
}

static bool node_is_sound(const struct avl_node *node)
{
	int tilt = avl_height(node->left) - avl_height(node->right);

	return tilt >= -1 && tilt <= 1 && node->height == avl_height_above(node) &&
	       (!node->parent || node->parent->left == node || node->parent->right == node) &&
	       (!node->left || node->left->parent == node) &&
	       (!node->right || node->right->parent == node);
}

bool avl_check(const struct avl_root *root,
	       bool (*before)(const struct avl_node *a, const struct avl_node *b))
{
	const struct avl_node *node, *next;

	if (root->node && root->node->parent)
		return false;
	for (node = avl_first(root); node; node = next) {
		if (!node_is_sound(node))
			return false;
		next = avl_next(node);
		if (next && before && !before(node, next))
			return false;
	}
	return true;
}
