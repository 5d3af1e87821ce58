// SPDX-License-Identifier: MIT
/*
 * Numbers and structs of socket(7) as programs pass them (asm-generic).
 */
#ifndef KERNEL_NET_SOCKET_H
#define KERNEL_NET_SOCKET_H

#include <lib/types.h>

#define AF_UNSPEC       0
#define AF_UNIX         1
#define AF_MAX          46

#define SOCK_STREAM     1
#define SOCK_DGRAM      2
#define SOCK_RAW        3
#define SOCK_SEQPACKET  5
#define SOCK_MAX        11
#define SOCK_TYPE_MASK  0xf
#define SOCK_CLOEXEC    02000000
#define SOCK_NONBLOCK   04000

#define MSG_OOB         0x1
#define MSG_PEEK        0x2
#define MSG_CTRUNC      0x8
#define MSG_TRUNC       0x20
#define MSG_DONTWAIT    0x40
#define MSG_EOR         0x80
#define MSG_WAITALL     0x100
#define MSG_ERRQUEUE    0x2000
#define MSG_NOSIGNAL    0x4000
#define MSG_WAITFORONE  0x10000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SOL_SOCKET      1
#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2
#define SCM_MAX_FD      253
#define SCM_BUFFER_MAX  131072          /* of one sendmsg's control messages */

#define SHUT_RD         1               /* how + 1, as bits */
#define SHUT_WR         2
#define SHUT_RDWR       3

#define SOMAXCONN       4096

enum {
	SO_DEBUG = 1, SO_REUSEADDR, SO_TYPE, SO_ERROR, SO_DONTROUTE, SO_BROADCAST, SO_SNDBUF,
	SO_RCVBUF, SO_KEEPALIVE, SO_OOBINLINE, SO_NO_CHECK, SO_PRIORITY, SO_LINGER, SO_BSDCOMPAT,
	SO_REUSEPORT, SO_PASSCRED, SO_PEERCRED, SO_RCVLOWAT, SO_SNDLOWAT, SO_RCVTIMEO, SO_SNDTIMEO,
	SO_PEERNAME = 28, SO_TIMESTAMP, SO_ACCEPTCONN, SO_PEERSEC, SO_SNDBUFFORCE, SO_RCVBUFFORCE,
	SO_PASSSEC, SO_TIMESTAMPNS, SO_MARK, SO_TIMESTAMPING, SO_PROTOCOL, SO_DOMAIN,
	SO_PEERGROUPS = 59, SO_TIMESTAMP_NEW = 63, SO_TIMESTAMPNS_NEW, SO_RCVTIMEO_NEW = 66,
	SO_SNDTIMEO_NEW,
};

#define UNIX_PATH_MAX   108
#define UNIX_PATH_OFF   2               /* offsetof(struct sockaddr_un, path) */
#define SOCKADDR_MAX    128

/* One byte longer than a program's: a path may fill it without a NUL. */
struct sockaddr_un {
	u16 family;
	char path[UNIX_PATH_MAX + 1];
};

struct ucred {
	int pid;
	u32 uid, gid;
};

struct user_msghdr {
	vaddr_t name;
	int namelen;
	vaddr_t iov;
	size_t iovlen;
	vaddr_t control;
	size_t controllen;
	unsigned int flags;
};
_Static_assert(sizeof(struct user_msghdr) == 56, "struct msghdr is 56 bytes");

struct user_mmsghdr {
	struct user_msghdr hdr;
	unsigned int len;
};
_Static_assert(sizeof(struct user_mmsghdr) == 64, "struct mmsghdr is 64 bytes");

struct user_cmsghdr {
	size_t len;
	int level, type;
};

#define CMSG_ALIGN(n)   (((n) + 7) & ~7UL)
#define CMSG_LEN(n)     (sizeof(struct user_cmsghdr) + (n))

#endif
