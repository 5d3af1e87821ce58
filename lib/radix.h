// SPDX-License-Identifier: MIT
/*
 * A radix tree: unsigned long -> non-NULL pointer, 64 slots a node, for the page
 * cache and other sets of small numbers with long runs.
 *
 * Each item can carry RADIX_TAGS tags (dirty, under writeback, ...); a node knows
 * which of its slots lead to one, so "the next dirty page" costs a walk down and
 * not a scan.
 *
 * The tree allocates through ops->alloc, which returns radix_node_size bytes or
 * NULL, and need not clear them.  Where the tree is guarded by a spinlock and the
 * allocation may sleep, allocate first:
 *
 *	do {
 *		while (spare.nr < want)		// more each time round, RADIX_SPARES at most
 *			spare.node[spare.nr++] = ...;		  // may sleep
 *		lock();
 *		err = radix_insert_spare(tree, index, item, &spare);
 *		unlock();
 *	} while (err == -EAGAIN);		// it takes more of them
 *	radix_spare_free(tree, &spare);
 *
 * Locking: the caller's.  Only radix_spare_free runs without it, and radix_lookup may, if
 * what it may come to is freed late enough: nodes then leave by radix_delete_spare, and the
 * caller frees them when nobody looks at them any more.
 */
#ifndef LIB_RADIX_H
#define LIB_RADIX_H

#include <lib/types.h>

#define RADIX_BITS	6
#define RADIX_SLOTS	(1UL << RADIX_BITS)
#define RADIX_LEVELS	DIV_ROUND_UP(64, RADIX_BITS)
#define RADIX_TAGS	3
#define RADIX_SPARES	(2 * RADIX_LEVELS - 2)

struct radix_node;

struct radix_ops {
	void *(*alloc)(void);
	void (*free)(void *node);
};

struct radix_tree {
	struct radix_node *root;
	unsigned int height;		/* levels; 0 when the tree is empty */
	const struct radix_ops *ops;
};

/* Nodes set aside for one insertion, or by one deletion. */
struct radix_spare {
	unsigned int nr;
	void *node[RADIX_SPARES];
};

#define RADIX_TREE_INIT(radix_ops) { NULL, 0, radix_ops }
#define RADIX_SPARE_INIT { .nr = 0 }

extern const size_t radix_node_size;

static inline void radix_init(struct radix_tree *tree, const struct radix_ops *ops)
{
	tree->root = NULL;
	tree->height = 0;
	tree->ops = ops;
}

static inline bool radix_empty(const struct radix_tree *tree)
{
	return !tree->root;
}

/* 0; -EEXIST: @index is taken; -ENOMEM.  The tree is as before on failure. */
int radix_insert(struct radix_tree *tree, unsigned long index, void *item);

/*
 * Find or insert: the slot at @index, which holds @item unless another item was
 * there already; NULL: no memory.  The slot is good until the next insertion
 * elsewhere or deletion; never store NULL in it.
 */
void **radix_insert_slot(struct radix_tree *tree, unsigned long index, void *item);

/* The item at @index, or NULL. */
void *radix_lookup(const struct radix_tree *tree, unsigned long index);

/* Remove and return the item at @index with its tags; NULL: none. */
void *radix_delete(struct radix_tree *tree, unsigned long index);

/* The same without freeing: @gone is the nodes that were left empty, for radix_spare_free(). */
void *radix_delete_spare(struct radix_tree *tree, unsigned long index, struct radix_spare *gone);

/* The first item at or behind *@index, and its index there; NULL: none. */
void *radix_next(const struct radix_tree *tree, unsigned long *index);

/* The first items of [index, last], at most @nr of them, in order.  How many. */
unsigned int radix_next_many(const struct radix_tree *tree, unsigned long index,
			     unsigned long last, void **items, unsigned int nr);

/* @tag is 0 ... RADIX_TAGS - 1.  Tagging an index that holds nothing does nothing. */
void radix_tag_set(struct radix_tree *tree, unsigned long index, unsigned int tag);
void radix_tag_clear(struct radix_tree *tree, unsigned long index, unsigned int tag);

/* Does any item carry @tag? */
bool radix_tagged(const struct radix_tree *tree, unsigned int tag);

/* As radix_next, among the items that carry @tag. */
void *radix_next_tagged(const struct radix_tree *tree, unsigned long *index, unsigned int tag);

/* Insert without allocating.  0, -EEXIST, or -EAGAIN: @spare has too few, nothing changed. */
int radix_insert_spare(struct radix_tree *tree, unsigned long index, void *item,
		       struct radix_spare *spare);

/* Give back what is left in @spare. */
void radix_spare_free(const struct radix_tree *tree, struct radix_spare *spare);

#endif
