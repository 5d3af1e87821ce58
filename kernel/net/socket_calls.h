// SPDX-License-Identifier: MIT
/*
 * What the decoding of socket calls shares.
 */
#ifndef KERNEL_NET_SOCKET_CALLS_H
#define KERNEL_NET_SOCKET_CALLS_H

#include <kernel/fs/file.h>
#include <kernel/net/unix.h>

/* The socket @fd for the length of a call: 0 (fdput(*r) follows), -EBADF, -ENOTSOCK. */
int socket_get(int fd, struct fd_ref *r, struct unix_sock **u);
/* A program's address of @len bytes; longer than ours is cut, for @len tells.  -EINVAL, -EFAULT. */
int socket_name_in(struct sockaddr_un *name, vaddr_t addr, int len);
/* @size bytes of @name, cut to the int at @len, which becomes @size. */
int socket_name_out(const struct sockaddr_un *name, int size, vaddr_t addr, vaddr_t len);

#endif
