// SPDX-License-Identifier: MIT
/*
 * A socket's one extended attribute: system.sockprotoname, the protocol's name, by
 * which lsof(8) tells sockets apart that no table in /proc/net names.
 *
 * The names are those of Linux' protocols, of which SOCK_DGRAM and SOCK_SEQPACKET share one.
 * The inode keeps a pointer to its own, for it may outlive the socket.
 *
 * Lock: none; nothing of it changes.
 */
#include <kernel/net/unix.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/xattr.h>
#include <kernel/net/socket.h>
#include <lib/string.h>

#define SUFFIX  "sockprotoname"

static ssize_t unix_xattr_get(struct inode *inode, const struct xattr_name *n, void *value,
			      size_t size)
{
	const char *name = inode->private_;
	size_t len = strlen(name) + 1;

	if (strcmp(n->suffix, SUFFIX))
		return -EOPNOTSUPP;
	if (size && size < len)
		return -ERANGE;
	if (size)
		memcpy(value, name, len);
	return (ssize_t)len;
}

static int unix_xattr_set(struct inode *inode, const struct xattr_name *n, const void *value,
			  size_t size, int flags)
{
	return -EOPNOTSUPP;
}

static int unix_xattr_list(struct inode *inode, struct xattr_list *list)
{
	xattr_list_add(list, XATTR_SYSTEM, SUFFIX, sizeof(SUFFIX) - 1);
	return 0;
}

static const struct xattr_operations xattr_ops = {
	.system = true,
	.get = unix_xattr_get,
	.set = unix_xattr_set,
	.list = unix_xattr_list,
};

static const struct inode_operations iops = { .xattr = &xattr_ops };

void unix_init_inode(struct inode *inode, int type)
{
	inode->private_ = type == SOCK_STREAM ? "UNIX-STREAM" : "UNIX";
	inode->i_op = &iops;
}
