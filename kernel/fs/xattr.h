// SPDX-License-Identifier: MIT
/*
 * Extended attributes, as the system calls and the file systems see them.
 */
#ifndef KERNEL_FS_XATTR_H
#define KERNEL_FS_XATTR_H

#include <lib/types.h>

struct inode;

#define XATTR_CREATE    1
#define XATTR_REPLACE   2
#define XATTR_NAME_MAX  255U
#define XATTR_SIZE_MAX  65536U
#define XATTR_LIST_MAX  65536U

/* By what is before the dot.  The first three are stored; in the order of their words. */
enum xattr_class { XATTR_SECURITY, XATTR_TRUSTED, XATTR_USER, XATTR_STORED, XATTR_SYSTEM,
		   XATTR_OTHER };

struct xattr_name {
	/* Where a file system sees it below XATTR_STORED, or XATTR_SYSTEM where it has those. */
	enum xattr_class class;
	const char *suffix;             /* what is behind the dot, not empty, with its NUL */
	size_t len;                     /* of suffix */
};

/* Where names are gathered: how many bytes they need is counted beyond the end, too. */
struct xattr_list {
	char *buf;
	size_t size, used;
};
/* Add one, if the current task may see it. */
void xattr_list_add(struct xattr_list *l, enum xattr_class class, const char *suffix, size_t len);
/* Length of the whole name, without NUL. */
size_t xattr_name_len(const struct xattr_name *n);

/* What a file system that stores them has.  Rights, names and lengths were checked.  All sleep. */
struct xattr_operations {
	bool system;            /* knows only names of system., and may refuse those: -EOPNOTSUPP */
	/*
	 * The value's length; the value into @value unless @size is 0.  Inode lock held for
	 * reading.  -ENODATA, -ERANGE, -EIO, -EUCLEAN, -ENOMEM.
	 */
	ssize_t (*get)(struct inode *inode, const struct xattr_name *n, void *value, size_t size);
	/*
	 * All or nothing; @value NULL: remove it.  @flags: XATTR_CREATE (-EEXIST) and XATTR_REPLACE
	 * (-ENODATA).  Moves ctime.  Inode lock held for writing.  -ENOSPC, -EIO, -EUCLEAN,
	 * -ENOMEM.
	 */
	int (*set)(struct inode *inode, const struct xattr_name *n, const void *value, size_t size,
		   int flags);
	/* Inode lock held for reading.  0, -EIO, -EUCLEAN, -ENOMEM. */
	int (*list)(struct inode *inode, struct xattr_list *list);
	/* The inode goes, nobody else has it: free inode->xattrs.  NULL where those stay unused. */
	void (*forget)(struct inode *inode);
};

#endif
