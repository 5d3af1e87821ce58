// SPDX-License-Identifier: MIT
/*
 * An index of a large directory, in memory only: in which block a name may
 * be, and which block has room for one more.
 *
 *	slots[]    hash of the name → block         open addressing, one slot a name
 *	gap[]      tree of maxima over the blocks: the largest room below each node
 *
 * The disk keeps plain lists, which every kernel reads; a search of them by
 * each create would make filling a directory cost the square of its size.
 * The index is made by the first search of a directory of many blocks, kept up
 * by each change, and let go when memory is wanted, for it can be made again.
 * A slot says "perhaps": the block is searched for the name itself.
 *
 * Always true: an index has one slot for each name in the directory, and gap[]
 *              says of no block more or less than there is.
 * Lock: the directory's inode lock, for reading where it is only searched; the
 *       first one who makes it wins.  index_lock for the list of them all.
 */
#include <kernel/fs/ext2/dirindex.h>

#include <kernel/fs/dentry.h>
#include <kernel/fs/ext2/fs.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/reclaim.h>
#include <mm/slab.h>

#define MIN_BLOCKS      8U              /* of a directory worth an index */
#define FIRST_SLOTS     1024U
#define KEEP_NS         (1 * NSEC_PER_SEC)
#define INDEX_GFP       (GFP_NOIO | GFP_NOWARN)

struct slot {
	u32 hash;
	u32 block;                      /* + 1; 0: free */
};

struct ext2_dirindex {
	struct inode *dir;
	struct list_head node;          /* index_lock: in all_indexes */
	u64 used_ns;                    /* [a] when somebody asked for it */
	u32 nr, nr_slots;               /* a power of two */
	struct slot *slots;
	u32 leaves;                     /* a power of two: blocks that gap[] has room for */
	u16 *gap;                       /* node 1 is the root, leaves + n is block n */
};

static struct spinlock index_lock = SPINLOCK_INIT(RANK_ICACHE);
static LIST_HEAD(all_indexes);          /* index_lock; oldest first */

static struct ext2_dirindex *make_index(struct inode *dir);
static int read_block(struct ext2_dirindex *ix, struct inode *dir, u32 n);
static bool put_name(struct ext2_dirindex *ix, u32 hash, u32 n);
static bool grow_slots(struct ext2_dirindex *ix, u32 nr_slots);
static bool grow_gaps(struct ext2_dirindex *ix, u32 blocks);
static void set_gap(struct ext2_dirindex *ix, u32 n, u32 room);
static void free_index(struct ext2_dirindex *ix);

static u32 hash_of(const char *name, u32 len)
{
	u32 hash = D_HASH_START;

	while (len--)
		hash = d_hash_byte(hash, (unsigned char)*name++);
	return hash ^ hash >> 15;
}

struct ext2_dirindex *ext2_dirindex(struct inode *dir)
{
	struct ext2_inode *ei = ext2_inode(dir);
	struct ext2_dirindex *ix = smp_load_acquire(&ei->dirindex), *mine;

	if (likely(ix))
		WRITE_ONCE(ix->used_ns, time_ns());
	if (ix || inode_size(dir) >> ext2_sb(dir->sb)->geo.block_bits < MIN_BLOCKS)
		return ix;
	mine = make_index(dir);
	if (!mine)
		return NULL;
	spin_lock(&index_lock);
	ix = ei->dirindex;
	if (!ix) {
		list_add_tail(&mine->node, &all_indexes);
		smp_store_release(&ei->dirindex, mine);
		ix = mine;
		mine = NULL;
	}
	spin_unlock(&index_lock);
	free_index(mine);
	return ix;
}

/* NULL: no memory, or a block that cannot be read or is damaged, which a plain search will tell. */
static struct ext2_dirindex *make_index(struct inode *dir)
{
	u32 blocks = (u32)(inode_size(dir) >> ext2_sb(dir->sb)->geo.block_bits);
	struct ext2_dirindex *ix = kzalloc(sizeof(*ix), INDEX_GFP);
	bool ok;

	if (!ix)
		return NULL;
	ix->dir = dir;
	ix->used_ns = time_ns();
	ok = grow_slots(ix, FIRST_SLOTS) && grow_gaps(ix, blocks);
	for (u32 n = 0; ok && n < blocks; n++)
		ok = !read_block(ix, dir, n);
	if (ok)
		return ix;
	free_index(ix);
	return NULL;
}

static int read_block(struct ext2_dirindex *ix, struct inode *dir, u32 n)
{
	const struct ext2_geometry *geo = &ext2_sb(dir->sb)->geo;
	struct page *page = ext2_dir_block(dir, n);
	int rec = 0;

	if (IS_ERR_OR_NULL(page))
		return page ? (int)PTR_ERR(page) : 0;
	for (u32 off = 0; off < geo->block_size && rec >= 0; off += (u32)rec) {
		const struct ext2_dirent *e = (const void *)((char *)page_address(page) + off);

		rec = ext2_check_dirent(geo, page_address(page), off);
		if (rec >= 0 && e->inode && !put_name(ix, hash_of(e->name, e->name_len), n))
			rec = -ENOMEM;
	}
	if (rec >= 0)
		set_gap(ix, n, ext2_largest_room(geo, page_address(page)));
	put_page(page);
	return min(rec, 0);
}

static void free_index(struct ext2_dirindex *ix)
{
	if (!ix)
		return;
	kvfree(ix->slots);
	kvfree(ix->gap);
	kfree(ix);
}

/* index_lock held: it leads nowhere any more, and is the caller's. */
static struct ext2_dirindex *take_away(struct ext2_dirindex *ix)
{
	list_del(&ix->node);
	WRITE_ONCE(ext2_inode(ix->dir)->dirindex, NULL);
	return ix;
}

void ext2_dirindex_drop(struct inode *dir)
{
	struct ext2_dirindex *ix = NULL;

	if (!READ_ONCE(ext2_inode(dir)->dirindex))
		return;
	spin_lock(&index_lock);
	if (ext2_inode(dir)->dirindex)
		ix = take_away(ext2_inode(dir)->dirindex);
	spin_unlock(&index_lock);
	free_index(ix);
}

/*
 * Memory is wanted: those of directories that nobody is in.  One that is in
 * use would be made again at once, over and over.  Names freed.
 */
static unsigned long shrink_indexes(unsigned long nr, unsigned int gfp)
{
	unsigned long freed = 0;
	u64 now = time_ns();

	while (freed < nr) {
		struct ext2_dirindex *ix, *taken = NULL;

		spin_lock(&index_lock);
		list_for_each_entry(ix, &all_indexes, node) {
			struct inode *dir = ix->dir;

			if (READ_ONCE(ix->used_ns) + KEEP_NS > now ||
			    !down_write_trylock(&dir->lock))
				continue;
			taken = take_away(ix);
			up_write(&dir->lock);
			break;
		}
		spin_unlock(&index_lock);
		if (!taken)
			break;
		freed += taken->nr + 1;
		free_index(taken);
	}
	return freed;
}

static struct shrinker index_shrinker = { .shrink = shrink_indexes };

void ext2_dirindex_init(void)
{
	shrinker_register(&index_shrinker);
}

/* ------------------------------------------------ names */

u32 ext2_dirindex_find(const struct ext2_dirindex *ix, const char *name, u32 len, u32 *probe)
{
	u32 mask = ix->nr_slots - 1, hash = hash_of(name, len);

	for (;;) {
		const struct slot *s = &ix->slots[(hash + (*probe)++) & mask];

		if (!s->block)
			return EXT2_NO_BLOCK;
		if (s->hash == hash)
			return s->block - 1;
	}
}

/* False: no memory. */
static bool put_name(struct ext2_dirindex *ix, u32 hash, u32 n)
{
	u32 at = hash;

	if (ix->nr >= ix->nr_slots / 4 * 3 && !grow_slots(ix, ix->nr_slots * 2))
		return false;
	while (ix->slots[at & (ix->nr_slots - 1)].block)
		at++;
	ix->slots[at & (ix->nr_slots - 1)] = (struct slot){ hash, n + 1 };
	ix->nr++;
	return true;
}

static bool grow_slots(struct ext2_dirindex *ix, u32 nr_slots)
{
	struct slot *old = ix->slots;
	u32 nr_old = ix->nr_slots;

	ix->slots = kvmalloc(nr_slots * sizeof(*old), INDEX_GFP | GFP_ZERO);
	if (!ix->slots) {
		ix->slots = old;
		return false;
	}
	ix->nr_slots = nr_slots;
	ix->nr = 0;
	for (u32 i = 0; i < nr_old; i++)
		if (old[i].block)
			put_name(ix, old[i].hash, old[i].block - 1);
	kvfree(old);
	return true;
}

/* Those behind a freed slot that it kept from their place move up. */
static void close_up(struct ext2_dirindex *ix, u32 hole)
{
	u32 mask = ix->nr_slots - 1;

	for (u32 at = (hole + 1) & mask; ix->slots[at].block; at = (at + 1) & mask) {
		u32 home = ix->slots[at].hash & mask;

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		ix->slots[hole] = ix->slots[at];
		hole = at;
	}
	ix->slots[hole].block = 0;
	ix->nr--;
}

static void take_name(struct ext2_dirindex *ix, u32 hash, u32 n)
{
	u32 mask = ix->nr_slots - 1;

	for (u32 at = hash & mask; ix->slots[at].block; at = (at + 1) & mask)
		if (ix->slots[at].hash == hash && ix->slots[at].block == n + 1) {
			close_up(ix, at);
			return;
		}
}

void ext2_dirindex_changed(struct inode *dir, const char *name, u32 len, u32 n, struct page *page,
			   bool added)
{
	struct ext2_dirindex *ix = ext2_inode(dir)->dirindex;
	u32 hash = hash_of(name, len);

	if (!ix)
		return;
	if (!added)
		take_name(ix, hash, n);
	if ((added && !put_name(ix, hash, n)) || !grow_gaps(ix, n + 1)) {
		ext2_dirindex_drop(dir);
		return;
	}
	set_gap(ix, n, ext2_largest_room(&ext2_sb(dir->sb)->geo, page_address(page)));
}

/* ------------------------------------------------ room */

static bool grow_gaps(struct ext2_dirindex *ix, u32 blocks)
{
	u32 leaves = max(ix->leaves, MIN_BLOCKS), old_leaves = ix->leaves;
	u16 *old = ix->gap;

	if (blocks <= old_leaves)
		return true;
	while (leaves < blocks)
		leaves *= 2;
	ix->gap = kvmalloc(2 * leaves * sizeof(*old), INDEX_GFP | GFP_ZERO);
	if (!ix->gap) {
		ix->gap = old;
		return false;
	}
	ix->leaves = leaves;
	for (u32 n = 0; n < old_leaves; n++)
		if (old[old_leaves + n])
			set_gap(ix, n, old[old_leaves + n]);
	kvfree(old);
	return true;
}

static void set_gap(struct ext2_dirindex *ix, u32 n, u32 room)
{
	u32 at = ix->leaves + n;

	ix->gap[at] = (u16)room;
	while (at >>= 1)
		ix->gap[at] = max(ix->gap[2 * at], ix->gap[2 * at + 1]);
}

u32 ext2_dirindex_room(const struct ext2_dirindex *ix, u32 len)
{
	u32 need = EXT2_DIRENT_LEN(len), at = 1;

	if (ix->gap[1] < need)
		return EXT2_NO_BLOCK;
	while (at < ix->leaves)
		at = ix->gap[2 * at] >= need ? 2 * at : 2 * at + 1;
	return at - ix->leaves;
}
