// SPDX-License-Identifier: MIT
/*
 * The radix tree of the page cache.
 *
 * An index is read six bits at a time, highest first; the tree is only as high as
 * its largest index needs.  Each node keeps four maps of its 64 slots: which are
 * taken, and which carry (a leaf) or lead to (an inner node) each tag.  "Taken" is
 * treated as one more tag, so that searching, and emptying a node, is one code for
 * all four.
 *
 *	height 2:	root  [0][1][2] ...            index / 64
 *			       |     \
 *			     leaf    leaf  [0][1] ...  index % 64 -> item
 *
 * Always true: no node is empty; the root is as low as it can be; a bit in a map
 * is set exactly if a bit in the map below is.
 */
#include <lib/radix.h>

#include <lib/atomic.h>
#include <lib/bug.h>
#include <lib/errno.h>
#include <lib/radix_inline.h>
#include <lib/string.h>

#define TAKEN	 RADIX_TAGS	/* the map of taken slots */
#define NR_MAPS	 (RADIX_TAGS + 1)

const size_t radix_node_size = sizeof(struct radix_node);

_Static_assert(RADIX_SLOTS == 64, "a map is one u64");

/* The levels that @index needs. */
static unsigned int levels_for(unsigned long index)
{
	unsigned int levels = 1;

	while (index >>= RADIX_BITS)
		levels++;
	return levels;
}

/* The leaf on the way to @index; NULL: there is none. */
static struct radix_node *find_leaf(const struct radix_tree *tree, unsigned long index)
{
	struct radix_node *node = tree->root;

	if (!node || index >> node->shift >= RADIX_SLOTS)
		return NULL;
	while (node && node->shift)
		node = node->slot[radix_slot_of(node, index)];
	return node;
}

void *radix_lookup(const struct radix_tree *tree, unsigned long index)
{
	return radix_lookup_inline(tree, index);
}

/* ---- insertion ---- */

static struct radix_node *take_spare(struct radix_spare *spare, unsigned int shift)
{
	struct radix_node *node = spare->node[--spare->nr];

	memset(node, 0, sizeof(*node));
	node->shift = shift;
	return node;
}

/* Who looks without a lock may come to @child at once, and looks at its slots and shift. */
static void attach(struct radix_node *parent, unsigned int offset, struct radix_node *child)
{
	smp_store_release(&parent->slot[offset], child);
	child->parent = parent;
	child->offset = offset;
	for (unsigned int m = 0; m < NR_MAPS; m++)
		if (child->map[m])
			parent->map[m] |= BIT(offset);
}

/* How many new nodes the path to @index takes now. */
static unsigned int missing_nodes(const struct radix_tree *tree, unsigned long index)
{
	const struct radix_node *node = tree->root;
	unsigned int levels = levels_for(index);

	if (!node)
		return levels;
	if (levels > tree->height)
		return (levels - tree->height) + (levels - 1);
	while (node->shift) {
		const struct radix_node *child = node->slot[radix_slot_of(node, index)];

		if (!child)
			return node->shift / RADIX_BITS;
		node = child;
	}
	return 0;
}

/* Put roots above the root until @index fits. */
static void grow_root(struct radix_tree *tree, unsigned long index, struct radix_spare *spare)
{
	unsigned int levels = levels_for(index);

	struct radix_node *top;

	if (!tree->root) {
		top = take_spare(spare, (levels - 1) * RADIX_BITS);
		smp_store_release(&tree->root, top);
		tree->height = levels;
	}
	while (tree->height < levels) {
		top = take_spare(spare, tree->height * RADIX_BITS);
		attach(top, 0, tree->root);
		smp_store_release(&tree->root, top);
		tree->height++;
	}
}

/* The leaf for @index, made out of @spare, which holds missing_nodes() at least. */
static struct radix_node *make_leaf(struct radix_tree *tree, unsigned long index,
				    struct radix_spare *spare)
{
	struct radix_node *node, *child;

	grow_root(tree, index, spare);
	for (node = tree->root; node->shift; node = child) {
		unsigned int offset = radix_slot_of(node, index);

		child = node->slot[offset];
		if (!child) {
			child = take_spare(spare, node->shift - RADIX_BITS);
			attach(node, offset, child);
		}
	}
	return node;
}

/* Set bit @offset of @node's map @m, and in the nodes above what follows from it. */
static void map_set(struct radix_node *node, unsigned int offset, unsigned int m)
{
	for (; node && !(node->map[m] & BIT(offset)); node = node->parent) {
		node->map[m] |= BIT(offset);
		offset = node->offset;
	}
}

static void map_clear(struct radix_node *node, unsigned int offset, unsigned int m)
{
	for (; node; node = node->parent) {
		node->map[m] &= ~BIT(offset);
		if (node->map[m])
			break;
		offset = node->offset;
	}
}

static void **insert_from(struct radix_tree *tree, unsigned long index, void *item,
			  struct radix_spare *spare)
{
	struct radix_node *leaf = make_leaf(tree, index, spare);
	unsigned int offset = index % RADIX_SLOTS;

	smp_store_release(&leaf->slot[offset], item);
	map_set(leaf, offset, TAKEN);
	return &leaf->slot[offset];
}

static int fill_spare(const struct radix_tree *tree, unsigned int nr, struct radix_spare *spare)
{
	while (spare->nr < nr) {
		void *node = tree->ops->alloc();

		if (!node)
			return -ENOMEM;
		spare->node[spare->nr++] = node;
	}
	return 0;
}

void **radix_insert_slot(struct radix_tree *tree, unsigned long index, void *item)
{
	struct radix_node *leaf = find_leaf(tree, index);
	struct radix_spare spare;
	void **slot;

	assert(item);
	if (leaf) {
		slot = &leaf->slot[index % RADIX_SLOTS];
		if (!*slot) {
			smp_store_release(slot, item);
			map_set(leaf, index % RADIX_SLOTS, TAKEN);
		}
		return slot;
	}

	spare.nr = 0;
	if (fill_spare(tree, missing_nodes(tree, index), &spare)) {
		radix_spare_free(tree, &spare);
		return NULL;
	}
	return insert_from(tree, index, item, &spare);
}

int radix_insert(struct radix_tree *tree, unsigned long index, void *item)
{
	void **slot;

	if (radix_lookup(tree, index))
		return -EEXIST;
	slot = radix_insert_slot(tree, index, item);
	return slot ? 0 : -ENOMEM;
}

int radix_insert_spare(struct radix_tree *tree, unsigned long index, void *item,
		       struct radix_spare *spare)
{
	assert(item);
	if (radix_lookup(tree, index))
		return -EEXIST;
	if (missing_nodes(tree, index) > spare->nr)
		return -EAGAIN;
	insert_from(tree, index, item, spare);
	return 0;
}

void radix_spare_free(const struct radix_tree *tree, struct radix_spare *spare)
{
	while (spare->nr)
		tree->ops->free(spare->node[--spare->nr]);
}

/* ---- removal ---- */

static inline void keep_for_later(struct radix_spare *gone, struct radix_node *node)
{
	gone->node[gone->nr++] = node;
}

/* Take out @node, which is empty, and each node above that becomes so. */
static void remove_empty(struct radix_tree *tree, struct radix_node *node, struct radix_spare *gone)
{
	while (node && !node->map[TAKEN]) {
		struct radix_node *parent = node->parent;

		if (parent) {
			WRITE_ONCE(parent->slot[node->offset], NULL);
		} else {
			WRITE_ONCE(tree->root, NULL);
			tree->height = 0;
		}
		keep_for_later(gone, node);
		node = parent;
	}
}

/* A root that leads to slot 0 only is not needed. */
static void shrink_root(struct radix_tree *tree, struct radix_spare *gone)
{
	while (tree->root && tree->root->shift && tree->root->map[TAKEN] == BIT(0)) {
		struct radix_node *top = tree->root, *next = top->slot[0];

		next->parent = NULL;
		WRITE_ONCE(tree->root, next);
		tree->height--;
		keep_for_later(gone, top);
	}
}

/* What goes is a path to the leaf and a path of roots: RADIX_SPARES at most, as of an insertion. */
void *radix_delete_spare(struct radix_tree *tree, unsigned long index, struct radix_spare *gone)
{
	struct radix_node *leaf = find_leaf(tree, index);
	unsigned int offset = index % RADIX_SLOTS;
	void *item;

	gone->nr = 0;
	if (!leaf || !leaf->slot[offset])
		return NULL;
	item = leaf->slot[offset];
	WRITE_ONCE(leaf->slot[offset], NULL);
	for (unsigned int m = 0; m < NR_MAPS; m++)
		if (leaf->map[m] & BIT(offset))
			map_clear(leaf, offset, m);
	remove_empty(tree, leaf, gone);
	shrink_root(tree, gone);
	return item;
}

void *radix_delete(struct radix_tree *tree, unsigned long index)
{
	struct radix_spare gone;
	void *item = radix_delete_spare(tree, index, &gone);

	radix_spare_free(tree, &gone);
	return item;
}

/* ---- tags and searches ---- */

void radix_tag_set(struct radix_tree *tree, unsigned long index, unsigned int tag)
{
	struct radix_node *leaf = find_leaf(tree, index);

	assert(tag < RADIX_TAGS);
	if (leaf && leaf->slot[index % RADIX_SLOTS])
		map_set(leaf, index % RADIX_SLOTS, tag);
}

void radix_tag_clear(struct radix_tree *tree, unsigned long index, unsigned int tag)
{
	struct radix_node *leaf = find_leaf(tree, index);

	assert(tag < RADIX_TAGS);
	if (leaf && leaf->map[tag] & BIT(index % RADIX_SLOTS))
		map_clear(leaf, index % RADIX_SLOTS, tag);
}

bool radix_tagged(const struct radix_tree *tree, unsigned int tag)
{
	assert(tag < RADIX_TAGS);
	return tree->root && tree->root->map[tag];
}

/* The lowest bit of @map at or behind @offset; RADIX_SLOTS: none. */
static unsigned int map_next(u64 map, unsigned int offset)
{
	map = offset < RADIX_SLOTS ? map & (~0UL << offset) : 0;
	return map ? (unsigned int)__builtin_ctzl(map) : RADIX_SLOTS;
}

/* @index with slot @offset of @node chosen: as it stands if it is there, else the lowest. */
static unsigned long step_to(const struct radix_node *node, unsigned long index,
			     unsigned int offset)
{
	if (offset == radix_slot_of(node, index))
		return index;
	index = index >> node->shift & ~(RADIX_SLOTS - 1);
	return (index | offset) << node->shift;
}

/*
 * Down towards *@index.  Where the map has nothing in the slot wanted, on to the
 * next slot that has; where the node has no more, up and one slot further.
 */
static void *next_in_map(const struct radix_tree *tree, unsigned long *index, unsigned int m)
{
	const struct radix_node *node = tree->root;
	unsigned long at = *index;
	unsigned int offset;

	if (!node || at >> node->shift >= RADIX_SLOTS)
		return NULL;
	offset = radix_slot_of(node, at);
	for (;;) {
		offset = map_next(node->map[m], offset);
		if (offset < RADIX_SLOTS) {
			at = step_to(node, at, offset);
			if (!node->shift)
				break;
			node = node->slot[offset];
			offset = radix_slot_of(node, at);
		} else {
			if (!node->parent)
				return NULL;
			offset = node->offset + 1;
			node = node->parent;
		}
	}
	*index = at;
	return node->slot[offset];
}

void *radix_next(const struct radix_tree *tree, unsigned long *index)
{
	return next_in_map(tree, index, TAKEN);
}

/* One descent for each leaf; in a leaf the slots themselves say what is there. */
unsigned int radix_next_many(const struct radix_tree *tree, unsigned long index,
			     unsigned long last, void **items, unsigned int nr)
{
	unsigned int found = 0;

	while (found < nr && radix_next(tree, &index) && index <= last) {
		void **slot = find_leaf(tree, index)->slot + index % RADIX_SLOTS;
		unsigned long end = min(last, index | (RADIX_SLOTS - 1));

		for (void **past = slot + (end - index) + 1; slot != past && found < nr; slot++)
			if (*slot)
				items[found++] = *slot;
		if (end == last)
			break;
		index = end + 1;
	}
	return found;
}

void *radix_next_tagged(const struct radix_tree *tree, unsigned long *index, unsigned int tag)
{
	assert(tag < RADIX_TAGS);
	return next_in_map(tree, index, tag);
}
