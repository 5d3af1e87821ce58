// SPDX-License-Identifier: MIT
/*
 * The AVL tree: insertion, removal and the walk upwards that mends what they bend.
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

static void mend_upwards(struct avl_root *root, struct avl_node *node, avl_augment_fn augment);
static struct avl_node *rebalance(struct avl_root *root, struct avl_node *node,
				  avl_augment_fn augment);

void avl_insert_at(struct avl_root *root, struct avl_node *node, struct avl_node *parent,
		   struct avl_node **link, avl_augment_fn augment)
{
	node->left = NULL;
	node->right = NULL;
	node->parent = parent;
	node->height = 1;
	*link = node;
	if (augment)
		augment(node);
	mend_upwards(root, parent, augment);
}

/* The pointer that names @node. */
static struct avl_node **link_to(struct avl_root *root, struct avl_node *node)
{
	struct avl_node *parent = node->parent;

	if (!parent)
		return &root->node;
	return parent->left == node ? &parent->left : &parent->right;
}

void avl_replace(struct avl_root *root, struct avl_node *old, struct avl_node *node)
{
	*link_to(root, old) = node;
	*node = *old;
	if (node->left)
		node->left->parent = node;
	if (node->right)
		node->right->parent = node;
}

/*
 * A node with two children first changes places with its successor, which has no
 * left child, and so can be unlinked.
 */
void avl_erase(struct avl_root *root, struct avl_node *node, avl_augment_fn augment)
{
	struct avl_node *child, *lowest, *heir = NULL;

	if (!node->left || !node->right) {
		child = node->left ? node->left : node->right;
		lowest = node->parent;
		*link_to(root, node) = child;
		if (child)
			child->parent = lowest;
	} else {
		heir = node->right;
		while (heir->left)
			heir = heir->left;

		lowest = heir->parent == node ? heir : heir->parent;
		*link_to(root, heir) = heir->right;
		if (heir->right)
			heir->right->parent = heir->parent;
		avl_replace(root, node, heir);
	}
	mend_upwards(root, lowest, augment);
	if (heir && augment) {  /* its old summary was that of another place: it stops nothing */
		augment(heir);
		avl_update(heir->parent, augment);
	}
}

void avl_update(struct avl_node *node, avl_augment_fn augment)
{
	if (!augment)
		return;
	while (node && augment(node))
		node = node->parent;
}

static int height_of(const struct avl_node *node)
{
	return node ? node->height : 0;
}

static int children_height(const struct avl_node *node)
{
	int left = height_of(node->left), right = height_of(node->right);

	return left > right ? left : right;
}

/*
 * From @node to the root: balance, heights, summaries.  Above the first subtree
 * whose height has come out as before only summaries can still differ.
 */
static void mend_upwards(struct avl_root *root, struct avl_node *node, avl_augment_fn augment)
{
	while (node) {
		int before = node->height;

		node = rebalance(root, node, augment);
		if (node->height == before)
			break;
		node = node->parent;
	}
	if (node)
		avl_update(node->parent, augment);
}

/* Bring @node's child on the side named up into its place. */
static struct avl_node *rotate_left_up(struct avl_root *root, struct avl_node *y)
{
	struct avl_node *x = y->left;

	*link_to(root, y) = x;
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

	*link_to(root, x) = y;
	y->parent = x->parent;
	x->right = y->left;
	if (x->right)
		x->right->parent = x;
	y->left = x;
	x->parent = y;
	return y;
}

static void refresh(struct avl_node *node, avl_augment_fn augment)
{
	node->height = 1 + children_height(node);
	if (augment)
		augment(node);
}

/* @top was rotated over one or both of its children: refresh all three, lowest first. */
static struct avl_node *refresh_triple(struct avl_node *top, avl_augment_fn augment)
{
	refresh(top->left, augment);
	refresh(top->right, augment);
	refresh(top, augment);
	return top;
}

/* Make the subtree at @node balanced and up to date; returns its new top. */
static struct avl_node *rebalance(struct avl_root *root, struct avl_node *node,
				  avl_augment_fn augment)
{
	int tilt = height_of(node->left) - height_of(node->right);

	if (tilt > 1) {
		if (height_of(node->left->left) < height_of(node->left->right))
			rotate_right_up(root, node->left);
		return refresh_triple(rotate_left_up(root, node), augment);
	}
	if (tilt < -1) {
		if (height_of(node->right->right) < height_of(node->right->left))
			rotate_left_up(root, node->right);
		return refresh_triple(rotate_right_up(root, node), augment);
	}
	refresh(node, augment);
	return node;
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
	refresh(node, b->augment);
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
	int tilt = height_of(node->left) - height_of(node->right);

	return tilt >= -1 && tilt <= 1 && node->height == 1 + children_height(node) &&
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
