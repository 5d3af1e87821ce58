// SPDX-License-Identifier: MIT
/*
 * dentry: one name in one directory, and the cache of them.
 *
 * A dentry with an inode is positive; without, it remembers that the name
 * does not exist.  Parents are referenced by their children, so a path can
 * always be printed.
 */
#ifndef KERNEL_FS_DENTRY_H
#define KERNEL_FS_DENTRY_H

#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/types.h>

struct inode;
struct mount;
struct super_block;

#define DNAME_INLINE    32
#define NAME_MAX        255
#define PATH_MAX        4096

/* [d] dcache lock  [a] atomic  [c] constant */
struct dentry {
	atomic_t refs;                  /* [a] */
	unsigned int flags;             /* [d] D_ */
	struct inode *inode;            /* [d] NULL: negative */
	struct dentry *parent;          /* [d] itself for a root */
	struct super_block *sb;         /* [c] */
	u32 hash;                       /* [d] */
	u32 name_len;                   /* [d] */
	const char *name;               /* [d] with NUL; inline_name or allocated */
	struct hlist_node hash_node;    /* [d] */
	struct list_head children;      /* [d] */
	struct list_head sibling;       /* [d] */
	struct list_head lru;           /* [d] */
	struct list_head alias;         /* [d] in inode->dentries */
	void *private_;                 /* [c] the file system's */
	char inline_name[DNAME_INLINE];
};

#define D_MOUNTPOINT    0x1     /* a mount covers it (in some mount) */
#define D_UNHASHED      0x2     /* not found by look-ups: deleted, or never was */
#define D_NOCACHE       0x4     /* ask the file system each time (procfs) */

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

static inline struct dentry *dentry_get(struct dentry *d) { atomic_inc(&d->refs); return d; }
void dentry_put(struct dentry *d);      /* NULL is fine; sleeps when the last one drops an inode */
void path_get(const struct path *p);
void path_put(struct path *p);

/* A new dentry with a reference, not hashed.  NULL: no memory. */
struct dentry *d_alloc(struct dentry *parent, const char *name, size_t len);
struct dentry *d_alloc_root(struct inode *inode);       /* takes the inode's reference */
/* with a reference or NULL */
struct dentry *d_lookup(struct dentry *parent, const char *name, size_t len);
/* lookup's answer: hash it, with @inode (reference passes) or negative (NULL). */
void d_add(struct dentry *d, struct inode *inode);
/* A negative dentry becomes positive: create.  Takes the inode's reference. */
void d_instantiate(struct dentry *d, struct inode *inode);
void d_delete(struct dentry *d);        /* after unlink: negative, or unhashed while in use */
/* rename: d takes target's place and name */
void d_move(struct dentry *d, struct dentry *target);
void d_exchange(struct dentry *a, struct dentry *b);

/*
 * The absolute path as seen from @root, into the end of @buf: a pointer into
 * it or ERR_PTR(-ENAMETOOLONG).  " (deleted)" is appended for a dead one.
 */
char *d_path(const struct path *path, const struct path *root, char *buf, size_t size);

unsigned long dentry_shrink(unsigned long nr);
void dentry_shrink_super(struct super_block *sb);       /* all unused ones of @sb */
void dentry_init(void);

/* The hash of a name, a byte at a time: path walk computes it while it looks for the slash. */
#define D_HASH_START    0x811c9dc5U
static inline u32 d_hash_byte(u32 hash, unsigned char c) { return (hash ^ c) * 0x01000193U; }
struct dentry *d_lookup_hash(struct dentry *parent, const char *name, size_t len, u32 hash);

/* The parent with a reference. */
struct dentry *d_parent_get(struct dentry *d);
/* Is @ancestor @d or above it in the same file system? */
bool d_is_ancestor(const struct dentry *ancestor, const struct dentry *d);
static inline bool d_unhashed(const struct dentry *d) { return READ_ONCE(d->flags) & D_UNHASHED; }
/* Unhashed because it was removed, not because it is never cached. */
static inline bool d_deleted(const struct dentry *d)
{
	return (READ_ONCE(d->flags) & (D_UNHASHED | D_NOCACHE)) == D_UNHASHED;
}

extern struct spinlock dcache_lock;     /* RANK_DCACHE */

#endif
