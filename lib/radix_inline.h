// SPDX-License-Identifier: MIT
/*
 * The look-up of a radix tree, for who comes so often that a call costs as much as the
 * walk: at the price of knowing what a node is.  radix.c makes the ordinary one of it.
 */
#ifndef LIB_RADIX_INLINE_H
#define LIB_RADIX_INLINE_H

#include <lib/radix.h>

struct radix_node {
	void *slot[RADIX_SLOTS];	/* items in a leaf (shift 0), else nodes */
	u64 map[RADIX_TAGS + 1];	/* slots with each tag; the last: those that are taken */
	struct radix_node *parent;
	u8 shift;			/* of the index bits that choose a slot here */
	u8 offset;			/* our slot in the parent */
};

static inline unsigned int radix_slot_of(const struct radix_node *node, unsigned long index)
{
	return (index >> node->shift) & (RADIX_SLOTS - 1);
}

/*
 * As radix_lookup(), also while others change the tree: each node and item that it comes to was
 * whole before it could be found.  Who looks without the lock sees to it that they are not freed.
 */
static __always_inline void *radix_lookup_inline(const struct radix_tree *tree, unsigned long index)
{
	const struct radix_node *node = READ_ONCE(tree->root);
	unsigned int shift;

	if (!node || index >> node->shift >> RADIX_BITS)
		return NULL;
	do {                            /* the last one is a leaf's, and no node */
		shift = node->shift;
		node = READ_ONCE(node->slot[radix_slot_of(node, index)]);
	} while (shift && node);
	return (void *)node;
}

/*
 * The slot of @index, or NULL where there is no leaf; those of the indices after it follow, up to
 * a multiple of RADIX_SLOTS.  Others may change the tree, as above; a slot is read once.
 */
static __always_inline void *const *radix_slot_inline(const struct radix_tree *tree,
						      unsigned long index)
{
	const struct radix_node *node = READ_ONCE(tree->root);

	if (!node || index >> node->shift >> RADIX_BITS)
		return NULL;
	while (node->shift) {
		node = READ_ONCE(node->slot[radix_slot_of(node, index)]);
		if (!node)
			return NULL;
	}
	return &node->slot[index % RADIX_SLOTS];
}

#endif
