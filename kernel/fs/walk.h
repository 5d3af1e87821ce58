// SPDX-License-Identifier: MIT
/*
 * The state of one path walk, for those in kernel/fs who need more of it than
 * its end: the parent and the last name.
 */
#ifndef KERNEL_FS_WALK_H
#define KERNEL_FS_WALK_H

#include <kernel/fs/dentry.h>
#include <kernel/fs/namei.h>

#define WALK_MAX_LINKS  40

enum walk_last {
	LAST_NORM,      /* a name */
	LAST_DOT,       /* "." */
	LAST_DOTDOT,    /* ".." */
	LAST_ROOT,      /* nothing: the path was "/" (or "" with LOOKUP_EMPTY) */
};

struct walk_link;

struct walk {
	struct path path;       /* where it is; referenced */
	struct path root;       /* what "/" means; referenced */
	unsigned int flags;     /* LOOKUP_ */
	unsigned int links;     /* followed so far */
	unsigned int depth;     /* of rest[] */
	/* what is left of the names that links interrupted */
	const char *rest[WALK_MAX_LINKS];
	struct walk_link *bufs; /* their texts; freed at the end */

	/* The last component, once walk_parent() has returned. */
	enum walk_last type;
	const char *name;
	u32 len, hash;
	bool slash;             /* slashes follow it: it must be a directory */
};

/*
 * Begin at @dirfd, or at the root for an absolute name.  Whatever it returns, walk_end() follows.
 */
int walk_start(struct walk *w, int dirfd, const char *name, unsigned int flags);
/* Walk to the directory of the last component of @name. */
int walk_parent(struct walk *w, const char *name);
/*
 * Step to the last component.  0: w->path is it.  1: it was a link to follow;
 * call walk_parent(w, *next).  -errno.
 */
int walk_last(struct walk *w, bool follow, const char **next);
/* As walk_last for a dentry that the caller has looked up; takes its reference. */
int walk_into(struct walk *w, struct dentry *d, bool follow, const char **next);
/* All the way. */
int walk_all(struct walk *w, const char *name);
/* Drop what is left; w->path.mnt NULL: the caller took the path over. */
void walk_end(struct walk *w);

/*
 * The directory of @name's last component, and that component, for calls that
 * make or remove names.  0: walk_end() when done.
 */
int walk_for_change(struct walk *w, int dirfd, const char *name);

/*
 * The child @name of @dir: positive, negative or ERR_PTR; referenced.  @dir's lock not held / held
 * for writing.
 */
struct dentry *lookup_child(struct dentry *dir, const char *name, size_t len, u32 hash);
struct dentry *lookup_child_locked(struct dentry *dir, const char *name, size_t len);

/* May the current task make a name in @dir; remove @victim from it? */
int may_create(struct inode *dir, const struct dentry *child);
int may_delete(struct inode *dir, const struct dentry *victim, bool want_dir);

#endif
