// SPDX-License-Identifier: MIT
/*
 * The dentry cache: names and where they lead, so that a path is walked
 * without asking the file system.
 *
 *	parent <-ref- child <-ref- grandchild      d_lookup: hash(parent, name)
 *	inode  <-ref- positive dentry              inode->dentries: its names
 *
 * A dentry without references stays, on the lru list, until memory is wanted;
 * one that is not hashed goes at once.  Since a child references its parent,
 * only leaves are ever unused.
 *
 * Always true: a hashed dentry is in its parent's list of children, and so is
 *              every other one that is no root;
 *              parent, name, inode and hash of a dentry change only under
 *              dcache_lock; name and parent also need the directories' locks,
 *              so who holds one may read the names in it.
 * Lock: dcache_lock for all of it, and for the step from no reference to one.
 */
#include <kernel/fs/dentry.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <mm/slab.h>

struct spinlock dcache_lock = SPINLOCK_INIT(RANK_DCACHE);

static struct {
	struct hlist_head *hash;        /* [c] */
	unsigned int bits;              /* [c] */
	struct list_head lru;           /* oldest first; may hold some that are used again */
	unsigned long nr_lru;
	struct kmem_cache *cache;       /* [c] */
} dcache = {
	.lru = LIST_HEAD_INIT(dcache.lru),
};

void dentry_init(void)
{
	dcache.bits = 8;
	while (dcache.bits < 16 && (16UL << dcache.bits) < frames_total)
		dcache.bits++;
	dcache.hash = kvmalloc(sizeof(*dcache.hash) << dcache.bits, GFP_KERNEL | GFP_ZERO);
	dcache.cache = kmem_cache_create("dentry", sizeof(struct dentry), 0);
	if (!dcache.hash || !dcache.cache)
		panic("dentry_init: no memory for the dentry cache");
	kmem_cache_is_reclaimable(dcache.cache);
}

static inline struct hlist_head *chain_of(const struct dentry *parent, u32 hash)
{
	return &dcache.hash[hash_bits((u64)parent / 8 + hash, dcache.bits)];
}

static u32 name_hash(const char *name, size_t len)
{
	u32 hash = D_HASH_START;

	while (len--)
		hash = d_hash_byte(hash, (unsigned char)*name++);
	return hash;
}

/* ------------------------------------------------------------- birth */

static struct dentry *alloc(const char *name, size_t len)
{
	struct dentry *d = kmem_cache_alloc(dcache.cache, GFP_KERNEL);
	char *copy;

	if (!d)
		return NULL;
	copy = d->inline_name;
	if (len >= DNAME_INLINE) {
		copy = kmalloc(len + 1, GFP_KERNEL);
		if (!copy) {
			kmem_cache_free(dcache.cache, d);
			return NULL;
		}
	}
	memcpy(copy, name, len);
	copy[len] = '\0';
	d->name = copy;
	d->name_len = (u32)len;
	d->hash = name_hash(name, len);
	atomic_set(&d->refs, 1);
	d->flags = D_UNHASHED;
	d->inode = NULL;
	d->private_ = NULL;
	INIT_HLIST_NODE(&d->hash_node);
	INIT_LIST_HEAD(&d->children);
	INIT_LIST_HEAD(&d->sibling);
	INIT_LIST_HEAD(&d->lru);
	INIT_LIST_HEAD(&d->alias);
	return d;
}

struct dentry *d_alloc(struct dentry *parent, const char *name, size_t len)
{
	struct dentry *d = alloc(name, len);

	if (!d)
		return NULL;
	d->parent = dentry_get(parent);
	d->sb = parent->sb;
	spin_lock(&dcache_lock);
	list_add_tail(&d->sibling, &parent->children);
	spin_unlock(&dcache_lock);
	return d;
}

/* dcache_lock held.  Directories have their own lock rank from the moment a name leads to them. */
static void attach(struct dentry *d, struct inode *inode)
{
	if (!inode)
		return;
	if (S_ISDIR(inode->mode))
		inode->lock.rank = RANK_INODE_DIR;
	d->inode = inode;
	list_add(&d->alias, &inode->dentries);
}

struct dentry *d_alloc_root(struct inode *inode)
{
	struct dentry *d = alloc("/", 1);

	if (!d)
		return NULL;
	d->parent = d;
	d->sb = inode->sb;
	d->flags = 0;
	spin_lock(&dcache_lock);
	attach(d, inode);
	spin_unlock(&dcache_lock);
	return d;
}

void d_add(struct dentry *d, struct inode *inode)
{
	spin_lock(&dcache_lock);
	attach(d, inode);
	if (!(d->flags & D_NOCACHE)) {
		d->flags &= ~D_UNHASHED;
		hlist_add_head(&d->hash_node, chain_of(d->parent, d->hash));
	}
	spin_unlock(&dcache_lock);
}

void d_instantiate(struct dentry *d, struct inode *inode)
{
	spin_lock(&dcache_lock);
	attach(d, inode);
	spin_unlock(&dcache_lock);
}

/* ----------------------------------------------------------- look-up */

struct dentry *d_lookup_hash(struct dentry *parent, const char *name, size_t len, u32 hash)
{
	struct dentry *d;

	spin_lock(&dcache_lock);
	hlist_for_each_entry(d, chain_of(parent, hash), hash_node) {
		if (d->hash != hash || d->parent != parent || d->name_len != len ||
		    memcmp(d->name, name, len))
			continue;
		atomic_inc(&d->refs);
		spin_unlock(&dcache_lock);
		return d;
	}
	spin_unlock(&dcache_lock);
	return NULL;
}

struct dentry *d_lookup(struct dentry *parent, const char *name, size_t len)
{
	return d_lookup_hash(parent, name, len, name_hash(name, len));
}

struct dentry *d_parent_get(struct dentry *d)
{
	struct dentry *parent;

	spin_lock(&dcache_lock);
	parent = dentry_get(d->parent);
	spin_unlock(&dcache_lock);
	return parent;
}

bool d_is_ancestor(const struct dentry *ancestor, const struct dentry *d)
{
	bool found = false;

	spin_lock(&dcache_lock);
	for (;; d = d->parent) {
		if (d == ancestor) {
			found = true;
			break;
		}
		if (d == d->parent)
			break;
	}
	spin_unlock(&dcache_lock);
	return found;
}

/* ------------------------------------------------------------- death */

/* dcache_lock held. */
static void unhash(struct dentry *d)
{
	d->flags |= D_UNHASHED;
	hlist_del_init(&d->hash_node);
}

static void lru_del(struct dentry *d)
{
	if (!list_empty(&d->lru)) {
		list_del_init(&d->lru);
		dcache.nr_lru--;
	}
}

/* dcache_lock held, no references: take it out of every list. */
static void detach(struct dentry *d)
{
	unhash(d);
	lru_del(d);
	list_del_init(&d->sibling);
	list_del_init(&d->alias);
}

/* Of the inode (or NULL) that a dentry led to. */
static void let_go(struct inode *inode)
{
	if (inode)
		notify_gone(inode);
	inode_put(inode);
}

/* A detached one.  The parent, whose reference it held, or NULL. */
static struct dentry *destroy(struct dentry *d)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;

	let_go(d->inode);
	if (d->name != d->inline_name)
		kfree(d->name);
	kmem_cache_free(dcache.cache, d);
	return parent;
}

void dentry_put(struct dentry *d)
{
	while (d && !atomic_add_unless(&d->refs, -1, 1)) {
		spin_lock(&dcache_lock);
		if (!atomic_dec_and_test(&d->refs)) {
			spin_unlock(&dcache_lock);
			return;
		}
		if (!(d->flags & D_UNHASHED) && d->parent != d) {
			if (list_empty(&d->lru)) {
				list_add_tail(&d->lru, &dcache.lru);
				dcache.nr_lru++;
			}
			spin_unlock(&dcache_lock);
			return;
		}
		detach(d);
		spin_unlock(&dcache_lock);
		d = destroy(d);
	}
}

/*
 * @d is a directory whose last name goes: what is remembered of names in it,
 * all of them names that do not exist, would keep it, and its inode, alive.
 * One that somebody holds just now goes when he lets go of it.
 */
static void prune_children(struct dentry *d)
{
	struct dentry *child, *tmp;
	LIST_HEAD(victims);

	spin_lock(&dcache_lock);
	list_for_each_entry_safe(child, tmp, &d->children, sibling) {
		if (atomic_read(&child->refs)) {
			unhash(child);
			continue;
		}
		detach(child);
		list_add_tail(&child->lru, &victims);
	}
	spin_unlock(&dcache_lock);
	list_for_each_entry_safe(child, tmp, &victims, lru)
		dentry_put(destroy(child));
}

void d_delete(struct dentry *d)
{
	struct inode *inode = NULL;

	prune_children(d);
	spin_lock(&dcache_lock);
	if (atomic_read(&d->refs) == 1 && !(d->flags & D_UNHASHED) && list_empty(&d->children)) {
		inode = d->inode;
		d->inode = NULL;
		list_del_init(&d->alias);
	} else {
		unhash(d);
	}
	spin_unlock(&dcache_lock);
	let_go(inode);
}

/*
 * dcache_lock held: take up to @nr unused ones (of @sb, if not NULL) off the
 * lru list, detached, onto @out.  How many.
 */
static unsigned long isolate(unsigned long nr, const struct super_block *sb, struct list_head *out)
{
	struct dentry *d, *tmp;
	unsigned long taken = 0;

	list_for_each_entry_safe(d, tmp, &dcache.lru, lru) {
		if (taken == nr)
			break;
		if (sb && d->sb != sb)
			continue;
		lru_del(d);
		if (atomic_read(&d->refs))
			continue;
		detach(d);
		list_add_tail(&d->lru, out);
		taken++;
	}
	return taken;
}

static unsigned long shrink(unsigned long nr, const struct super_block *sb)
{
	struct dentry *d, *tmp;
	unsigned long taken;
	LIST_HEAD(victims);

	spin_lock(&dcache_lock);
	taken = isolate(nr, sb, &victims);
	spin_unlock(&dcache_lock);
	list_for_each_entry_safe(d, tmp, &victims, lru)
		dentry_put(destroy(d));
	return taken;
}

unsigned long dentry_shrink(unsigned long nr)
{
	unsigned long done = 0, n;

	do {
		n = shrink(min(nr - done, 64UL), NULL);
		done += n;
	} while (n && done < nr);
	return done;
}

void dentry_shrink_super(struct super_block *sb)
{
	while (shrink(64, sb))
		;
}

/* ------------------------------------------------------------ rename */

/* dcache_lock held. */
static void swap_names(struct dentry *a, struct dentry *b)
{
	char tmp[DNAME_INLINE];
	bool a_inline = a->name == a->inline_name, b_inline = b->name == b->inline_name;

	memcpy(tmp, a->inline_name, DNAME_INLINE);
	memcpy(a->inline_name, b->inline_name, DNAME_INLINE);
	memcpy(b->inline_name, tmp, DNAME_INLINE);
	swap_values(a->name, b->name);
	if (b_inline)
		a->name = a->inline_name;
	if (a_inline)
		b->name = b->inline_name;
	swap_values(a->name_len, b->name_len);
	swap_values(a->hash, b->hash);
}

/* dcache_lock held: places and names change hands, references of parents with them. */
static void swap_places(struct dentry *a, struct dentry *b)
{
	swap_names(a, b);
	swap_values(a->parent, b->parent);
	list_move_tail(&a->sibling, &a->parent->children);
	list_move_tail(&b->sibling, &b->parent->children);
}

static void rehash(struct dentry *d)
{
	hlist_del_init(&d->hash_node);
	d->flags &= ~D_UNHASHED;
	hlist_add_head(&d->hash_node, chain_of(d->parent, d->hash));
}

void d_move(struct dentry *d, struct dentry *target)
{
	prune_children(target);
	spin_lock(&dcache_lock);
	unhash(target);
	swap_places(d, target);
	rehash(d);
	spin_unlock(&dcache_lock);
}

void d_exchange(struct dentry *a, struct dentry *b)
{
	spin_lock(&dcache_lock);
	swap_places(a, b);
	rehash(a);
	rehash(b);
	spin_unlock(&dcache_lock);
}
