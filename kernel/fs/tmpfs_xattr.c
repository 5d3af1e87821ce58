// SPDX-License-Identifier: MIT
/*
 * Extended attributes of what lives in memory: a list under the inode, the
 * last by name first, which is how Linux lists them.
 *
 * A tmpfs counts them against nr_inodes, as Linux does: each is 40 bytes, its
 * name and its value, of which an inode would be 1 KiB.
 *
 * Lock: the inode's.
 */
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/fs/tmpfs.h>
#include <kernel/fs/tmpfs_internal.h>
#include <kernel/fs/xattr.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>

#define XATTR_SPACE     40U             /* of one without name and value */

/* [c] constant, but the link: the inode's lock */
struct tmpfs_xattr {
	struct tmpfs_xattr *next;
	u32 size;                       /* [c] of the value, which is behind the name's NUL */
	u32 space;                      /* [c] what it counts */
	struct xattr_name name;         /* [c] of data[] */
	char data[];
};

/* The link to the attribute, or to where it would be: *found. */
static struct tmpfs_xattr **find(struct inode *inode, const struct xattr_name *n, bool *found)
{
	struct tmpfs_xattr **link = &inode->xattrs;
	int order = -1;

	for (; *link; link = &(*link)->next) {
		order = (int)(*link)->name.class - (int)n->class;
		if (!order)
			order = strcmp((*link)->name.suffix, n->suffix);
		if (order <= 0)
			break;
	}
	*found = *link && !order;
	return link;
}

static struct tmpfs_xattr *make(const struct xattr_name *n, const void *value, size_t size)
{
	struct tmpfs_xattr *x = kvmalloc(sizeof(*x) + n->len + 1 + size, GFP_KERNEL);

	if (!x)
		return NULL;
	x->size = (u32)size;
	x->space = (u32)(XATTR_SPACE + xattr_name_len(n) + size);
	x->name = (struct xattr_name){ n->class, x->data, n->len };
	memcpy(x->data, n->suffix, n->len + 1);
	memcpy(x->data + n->len + 1, value, size);
	return x;
}

static int replace(struct inode *inode, struct tmpfs_xattr **link, bool found,
		   struct tmpfs_xattr *new)
{
	struct tmpfs *fs = inode->sb->private_;         /* NULL: a memfd */
	struct tmpfs_xattr *old = found ? *link : NULL;

	if (new && !tmpfs_charge(fs, new->space)) {
		kvfree(new);
		return -ENOSPC;
	}
	if (new)
		new->next = old ? old->next : *link;
	*link = new ? new : old->next;
	if (old)
		tmpfs_uncharge(fs, old->space);
	kvfree(old);
	inode_set_times_now(inode, ATTR_CTIME);
	return 0;
}

static int tmpfs_xattr_set(struct inode *inode, const struct xattr_name *n, const void *value,
			   size_t size, int flags)
{
	struct tmpfs_xattr *new = NULL, **link;
	bool found;

	link = find(inode, n, &found);
	if (found && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!found && (flags & XATTR_REPLACE))
		return -ENODATA;
	if (value) {
		new = make(n, value, size);
		if (!new)
			return -ENOMEM;
	}
	return replace(inode, link, found, new);
}

static ssize_t tmpfs_xattr_get(struct inode *inode, const struct xattr_name *n, void *value,
			       size_t size)
{
	bool found;
	const struct tmpfs_xattr *x = *find(inode, n, &found);

	if (!found)
		return -ENODATA;
	if (size && x->size > size)
		return -ERANGE;
	if (size)
		memcpy(value, x->data + x->name.len + 1, x->size);
	return x->size;
}

static int tmpfs_xattr_list(struct inode *inode, struct xattr_list *list)
{
	for (const struct tmpfs_xattr *x = inode->xattrs; x; x = x->next)
		xattr_list_add(list, x->name.class, x->name.suffix, x->name.len);
	return 0;
}

static void tmpfs_xattr_forget(struct inode *inode)
{
	struct tmpfs *fs = inode->sb->private_;

	while (inode->xattrs) {
		struct tmpfs_xattr *x = inode->xattrs;

		inode->xattrs = x->next;
		tmpfs_uncharge(fs, x->space);
		kvfree(x);
	}
}

const struct xattr_operations tmpfs_xattr_ops = {
	.get = tmpfs_xattr_get,
	.set = tmpfs_xattr_set,
	.list = tmpfs_xattr_list,
	.forget = tmpfs_xattr_forget,
};
