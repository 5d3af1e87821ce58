// SPDX-License-Identifier: MIT
/*
 * The inode cache: one inode in memory for each object in use, and as many
 * unused ones as memory allows.
 *
 * An inode is found by (super block, number) through a hash.  When its last
 * reference goes it is evicted at once if it has no name left or is in no
 * hash; otherwise it moves to the lru list and waits for another user or for
 * the shrinker.  Whether it is dirty is write-back's business (mm/writeback.h):
 * its list holds no reference, so a dirty inode may be unused, and eviction
 * passes over it until it is clean.
 *
 * Always true: an inode on the lru list is hashed, has links and is not being
 *              freed;
 *              one with I_FREEING set gets no new reference, and stays in the
 *              hash until its blocks are free, so that a look-up of the same
 *              number waits for that.
 * Lock: icache.lock for hash, lru, and the step from no reference to one.
 */
#include <kernel/fs/inode.h>

#include <kernel/fs/file.h>
#include <kernel/fs/super.h>
#include <kernel/fs/xattr.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/reclaim.h>
#include <mm/shmem.h>
#include <mm/slab.h>
#include <mm/writeback.h>

static struct {
	struct spinlock lock;           /* RANK_ICACHE */
	struct hlist_head *hash;        /* [c] table; its chains: lock */
	unsigned int bits;              /* [c] */
	struct list_head lru;           /* oldest first */
	unsigned long nr_unused;
	struct wait_queue wq;           /* for I_NEW and I_FREEING to go */
	struct kmem_cache *cache;       /* [c] */
} icache = {
	.lock = SPINLOCK_INIT(RANK_ICACHE),
	.lru = LIST_HEAD_INIT(icache.lru),
	.wq = WAIT_QUEUE_INIT(icache.wq),
};

const struct address_space_operations default_aops = {
	.write_inode = inode_write_hook,
	.file_get = file_get_hook,
	.file_put = file_put_hook,
	.file_sync = file_sync_hook,
};

static unsigned long shrink_names(unsigned long nr, unsigned int gfp);
static struct shrinker names_shrinker = { .shrink = shrink_names };

void inode_init(void)
{
	icache.bits = 8;
	while (icache.bits < 15 && (32UL << icache.bits) < frames_total)
		icache.bits++;
	icache.hash = kvmalloc(sizeof(*icache.hash) << icache.bits, GFP_KERNEL | GFP_ZERO);
	icache.cache = kmem_cache_create("inode", sizeof(struct inode), 0);
	if (!icache.hash || !icache.cache)
		panic("inode_init: no memory for the inode cache");
	kmem_cache_is_reclaimable(icache.cache);
	shrinker_register(&names_shrinker);
}

struct inode *inode_alloc(struct super_block *sb)
{
	struct inode *inode = kmem_cache_alloc(icache.cache, GFP_KERNEL | GFP_ZERO);

	if (!inode)
		return NULL;
	address_space_init(&inode->data, inode, &default_aops);
	inode->data.wb_owner = sb;
	inode->mapping = &inode->data;
	inode->sb = sb;
	inode->nlink = 1;
	atomic_set(&inode->refs, 1);
	rwsem_init(&inode->lock, RANK_INODE);
	INIT_HLIST_NODE(&inode->hash);
	INIT_LIST_HEAD(&inode->sb_node);
	INIT_LIST_HEAD(&inode->lru);
	INIT_LIST_HEAD(&inode->dirty_node);
	INIT_LIST_HEAD(&inode->dentries);
	spin_lock(&sb->inode_list_lock);
	list_add_tail(&inode->sb_node, &sb->inodes);
	spin_unlock(&sb->inode_list_lock);
	return inode;
}

static struct hlist_head *chain_of(const struct super_block *sb, u64 ino)
{
	return &icache.hash[hash_bits((u64)sb / 8 + ino, icache.bits)];
}

/* icache.lock held.  One that lives before one that is being freed: numbers are used again. */
static struct inode *hash_find(const struct super_block *sb, u64 ino)
{
	struct inode *inode, *dying = NULL;

	hlist_for_each_entry(inode, chain_of(sb, ino), hash) {
		if (inode->ino != ino || inode->sb != sb)
			continue;
		if (!test_bit(I_FREEING, &inode->state))
			return inode;
		dying = inode;
	}
	return dying;
}

/* icache.lock held. */
static void lru_del(struct inode *inode)
{
	if (!list_empty(&inode->lru)) {
		list_del_init(&inode->lru);
		icache.nr_unused--;
	}
}

static bool hash_dying(const struct super_block *sb, u64 ino)
{
	struct inode *inode;
	bool dying;

	spin_lock(&icache.lock);
	inode = hash_find(sb, ino);
	dying = inode && test_bit(I_FREEING, &inode->state);
	spin_unlock(&icache.lock);
	return dying;
}

struct inode *inode_get_locked(struct super_block *sb, u64 ino)
{
	struct inode *inode, *fresh = NULL;

	for (;;) {
		spin_lock(&icache.lock);
		inode = hash_find(sb, ino);
		if (!inode && fresh) {
			fresh->ino = ino;
			set_bit(I_NEW, &fresh->state);
			hlist_add_head(&fresh->hash, chain_of(sb, ino));
			spin_unlock(&icache.lock);
			return fresh;
		}
		if (inode && !test_bit(I_FREEING, &inode->state)) {
			atomic_inc(&inode->refs);
			lru_del(inode);
			spin_unlock(&icache.lock);
			break;
		}
		spin_unlock(&icache.lock);
		if (inode) {
			wait_event(&icache.wq, !hash_dying(sb, ino));
			continue;
		}
		fresh = inode_alloc(sb);
		if (!fresh)
			return NULL;
	}
	if (fresh)
		inode_put(fresh);
	wait_event(&icache.wq, !test_bit(I_NEW, &inode->state));
	if (hlist_unhashed(&inode->hash)) {     /* whoever read it failed: try again ourselves */
		inode_put(inode);
		return inode_get_locked(sb, ino);
	}
	return inode;
}

void inode_unlock_new(struct inode *inode)
{
	clear_bit_unlock(I_NEW, &inode->state);
	wake_up_all(&icache.wq);
}

void inode_bad(struct inode *inode)
{
	spin_lock(&icache.lock);
	hlist_del_init(&inode->hash);
	set_bit(I_DELETED, &inode->state);
	spin_unlock(&icache.lock);
	inode_unlock_new(inode);
	inode_put(inode);
}

void inode_hash_insert(struct inode *inode)
{
	spin_lock(&icache.lock);
	hlist_add_head(&inode->hash, chain_of(inode->sb, inode->ino));
	spin_unlock(&icache.lock);
}

/* The pages, the file system's part, the memory.  I_FREEING is set; sleeps. */
static void evict(struct inode *inode)
{
	struct super_block *sb = inode->sb;

	if (inode->data.flags & AS_SWAPBACKED)
		shmem_truncate(&inode->data, 0, -1);
	else
		truncate_pages(&inode->data, 0, -1);
	address_space_destroy(&inode->data);
	if (unlikely(inode->xattrs))
		inode->i_op->xattr->forget(inode);
	if (sb->s_op && sb->s_op->evict)
		sb->s_op->evict(inode);
	spin_lock(&sb->inode_list_lock);
	list_del_init(&inode->sb_node);
	spin_unlock(&sb->inode_list_lock);
	spin_lock(&icache.lock);
	hlist_del_init(&inode->hash);
	spin_unlock(&icache.lock);
	wake_up_all(&icache.wq);
	kmem_cache_free(icache.cache, inode);
}

void inode_put(struct inode *inode)
{
	if (!inode || atomic_add_unless(&inode->refs, -1, 1))
		return;
	spin_lock(&icache.lock);
	if (!atomic_dec_and_test(&inode->refs)) {
		spin_unlock(&icache.lock);
		return;
	}
	if (inode->nlink && !hlist_unhashed(&inode->hash)) {
		list_add_tail(&inode->lru, &icache.lru);
		icache.nr_unused++;
		spin_unlock(&icache.lock);
		return;
	}
	set_bit(I_FREEING, &inode->state);
	spin_unlock(&icache.lock);
	evict(inode);
}

void inode_mark_dirty(struct inode *inode)
{
	if (!test_bit(I_FREEING, &inode->state) && inode->data.a_ops->write_inode)
		writeback_mark_inode(&inode->data);
}

int inode_write_hook(struct address_space *as, bool wait)
{
	struct inode *inode = as->host;
	const struct super_operations *op = inode->sb->s_op;

	return op && op->write_inode ? op->write_inode(inode, wait) : 0;
}

void inode_write_failed(struct address_space *as, int error)
{
	filemap_set_error(as, error);
	errseq_set(&as->host->sb->wb_error, error);
}

/*
 * icache.lock held: the oldest unused inode (of @sb, if not NULL) becomes ours to evict; or NULL.
 */
static struct inode *lru_take(struct super_block *sb, unsigned long *scan)
{
	struct inode *inode, *tmp;

	list_for_each_entry_safe(inode, tmp, &icache.lru, lru) {
		if (!*scan)
			return NULL;
		--*scan;
		if (sb && inode->sb != sb)
			continue;
		lru_del(inode);
		set_bit(I_FREEING, &inode->state);
		return inode;
	}
	return NULL;
}

/* Not to be evicted after all: dirty.  Back to the young end of the list. */
static void lru_return(struct inode *inode)
{
	spin_lock(&icache.lock);
	clear_bit(I_FREEING, &inode->state);
	list_add_tail(&inode->lru, &icache.lru);
	icache.nr_unused++;
	spin_unlock(&icache.lock);
	wake_up_all(&icache.wq);
}

unsigned long inode_shrink(unsigned long nr)
{
	/* each once */
	unsigned long freed = 0, scan = min(2 * nr, READ_ONCE(icache.nr_unused));
	struct inode *inode;

	while (freed < nr) {
		spin_lock(&icache.lock);
		inode = lru_take(NULL, &scan);
		spin_unlock(&icache.lock);
		if (!inode)
			break;
		if (address_space_busy(&inode->data)) {
			lru_return(inode);
			continue;
		}
		evict(inode);
		freed++;
	}
	return freed;
}

/* Names hold inodes: first some of them, then inodes. */
static unsigned long shrink_names(unsigned long nr, unsigned int gfp)
{
	unsigned long freed;

	if (!(gfp & GFP_FS))
		return 0;
	freed = dentry_shrink(nr);
	return freed + inode_shrink(nr);
}

unsigned long inode_evict_super(struct super_block *sb)
{
	struct inode *inode;
	unsigned long scan, busy = 0;

	for (;;) {
		scan = ~0UL;
		spin_lock(&icache.lock);
		inode = lru_take(sb, &scan);
		spin_unlock(&icache.lock);
		if (!inode)
			break;
		evict(inode);
	}
	spin_lock(&sb->inode_list_lock);
	list_for_each_entry(inode, &sb->inodes, sb_node)
		busy++;
	spin_unlock(&sb->inode_list_lock);
	return busy;
}

void inodes_unsettle(struct super_block *sb)
{
	struct inode *inode;

	WRITE_ONCE(sb->strictatime, true);
	smp_mb();
	spin_lock(&sb->inode_list_lock);
	list_for_each_entry(inode, &sb->inodes, sb_node)
		inode_unsettle(inode);
	spin_unlock(&sb->inode_list_lock);
}
