// SPDX-License-Identifier: MIT
/*
 * sockets_msg: AF_UNIX datagrams and packets, control messages, descriptors in
 * flight, and many messages in one call.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

static char buf[300000], back[300000];

static short ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static socklen_t name_to(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path + 1, name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}

static int named(int type, const char *name)
{
	struct sockaddr_un a;
	socklen_t n = name_to(&a, name);
	int s = socket(AF_UNIX, type, 0);

	return bind(s, (void *)&a, n) ? -1 : s;
}

static int connect_to(int s, const char *name)
{
	struct sockaddr_un a;
	socklen_t n = name_to(&a, name);

	return connect(s, (void *)&a, n);
}

static ssize_t send_to(int s, const char *name, const char *text, int flags)
{
	struct sockaddr_un a;
	socklen_t n = name_to(&a, name);

	return sendto(s, text, strlen(text), flags, (void *)&a, n);
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = -3;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* -------------------------------------------------------------- datagrams */

static void datagrams(void)
{
	int a = named(SOCK_DGRAM, "a"), b = named(SOCK_DGRAM | SOCK_NONBLOCK, "b"), c, n, i;
	struct sockaddr_un from;
	socklen_t len = sizeof(from);

	ok(ready(a, POLLIN | POLLOUT) == POLLOUT, "a datagram socket alone can be written");
	fails(ENOTCONN, send(a, "x", 1, 0));
	fails(EAGAIN, recv(b, back, 1, 0));
	fails(ECONNREFUSED, send_to(a, "nobody", "x", 0));
	ok(send_to(a, "b", "one", 0) == 3 && send_to(a, "b", "two!", 0) == 4, "two messages");
	ok(!ioctl(b, FIONREAD, &n) && n == 3, "FIONREAD is the next one");
	ok(recvfrom(b, back, 100, MSG_PEEK, (void *)&from, &len) == 3 && len == 4 &&
	   from.sun_path[1] == 'a', "its sender has a name");
	ok(recv(b, back, 2, 0) == 2 && recv(b, back, 2, MSG_TRUNC) == 4, "the rest of each is lost");
	fails(EAGAIN, recv(b, back, 1, 0));
	ok(send_to(a, "b", "", 0) == 0 && ready(b, POLLIN) == POLLIN && recv(b, back, 9, 0) == 0,
	   "an empty message is one");
	ok(write(a, "", 0) == -1 && errno == ENOTCONN, "written to nobody, too");
	fails(0, connect_to(a, "b"));
	ok(send(a, "c", 1, 0) == 1 && recv(b, back, 9, 0) == 1, "connected");
	ok(send_to(a, "a", "s", 0) == -1 && errno == EPERM, "its own peer is another");
	c = socket(AF_UNIX, SOCK_DGRAM, 0);
	fails(EPERM, send_to(c, "a", "x", 0));
	fails(EPERM, connect_to(c, "a"));
	ok(send_to(c, "b", "anon", 0) == 4, "from one without a name");
	len = sizeof(from);
	ok(recvfrom(b, back, 9, 0, (void *)&from, &len) == 4 && len == 0, "which has length 0");
	fails(EMSGSIZE, send(a, buf, 212992, 0));
	memset(buf, 'q', sizeof(buf));
	ok(send(a, buf, 200000, 0) == 200000 && recv(b, back, sizeof(back), 0) == 200000 &&
	   !memcmp(buf, back, 200000), "a long one");
	for (i = 0; send(a, "x", 1, MSG_DONTWAIT) == 1; i++)
		;
	ok(i == 11 && errno == EAGAIN, "11 fit (%d)", i);
	ok(ready(a, POLLOUT) == 0, "then there is no room");
	struct epoll_event e = { .events = EPOLLOUT | EPOLLET }, got;
	int ep = epoll_create1(0);
	epoll_ctl(ep, EPOLL_CTL_ADD, a, &e);
	ok(epoll_wait(ep, &got, 1, 0) == 0, "for epoll neither");
	recv(b, back, 9, 0);
	ok(ready(a, POLLOUT) == POLLOUT, "one taken: room");
	ok(epoll_wait(ep, &got, 1, 1000) == 1, "epoll is told");
	close(ep);
	send(a, "x", 1, 0);
	if (!fork()) {
		struct timespec t = { 0, 100000000 };

		nanosleep(&t, NULL);
		_exit(recv(b, back, 9, 0) != 1);
	}
	ok(send(a, "x", 1, 0) == 1, "one who waits for room gets it");
	wait(NULL);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	fails(0, connect(a, &none, sizeof(none)));
	fails(ENOTCONN, send(a, "x", 1, 0));
	connect_to(a, "b");
	close(b);
	fails(ECONNREFUSED, send(a, "x", 1, 0));
	fails(ENOTCONN, send(a, "x", 1, 0));
	b = named(SOCK_DGRAM, "b");
	connect_to(b, "a");
	connect_to(a, "b");
	fails(0, connect(b, &none, sizeof(none)));
	fails(EAGAIN, recv(a, back, 1, MSG_DONTWAIT));
	connect_to(b, "a");
	send(a, "lost", 4, 0);
	fails(0, connect(b, &none, sizeof(none)));
	ok(recv(a, back, 1, MSG_DONTWAIT) == -1 && errno == ECONNRESET, "left by its peer");
	fails(0, shutdown(a, SHUT_RD));
	ok(recv(a, back, 1, 0) == 0, "shut for reading: the end");
	fails(EAGAIN, recv(a, back, 1, MSG_DONTWAIT));
	fails(EPIPE, send_to(b, "a", "x", 0));
	close(a);
	close(b);
	close(c);
	int p[2];
	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	for (i = 0; send(p[0], "x", 1, MSG_DONTWAIT) == 1; i++)
		;
	ok(i > 100 && errno == EAGAIN, "a pair is bounded by bytes");
	close(p[1]);
	fails(ECONNREFUSED, send(p[0], "x", 1, 0));
	close(p[0]);
}

static void packets(void)
{
	struct iovec v = { back, 3 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	int p[2], s, c, a;

	signal(SIGPIPE, SIG_DFL);
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p);
	ok(send(p[0], "packet", 6, 0) == 6 && send(p[0], "", 0, 0) == 0 && send(p[0], "z", 1, 0) == 1,
	   "packets");
	ok(recvmsg(p[1], &m, 0) == 3 && (m.msg_flags & MSG_TRUNC), "cut, and told so");
	ok(recv(p[1], back, 9, 0) == 0 && recv(p[1], back, 9, 0) == 1, "an empty one between");
	fails(EOPNOTSUPP, send(p[0], "x", 1, MSG_OOB));
	close(p[1]);
	ok(recv(p[0], back, 1, 0) == 0, "closed: the end");
	fails(EPIPE, send(p[0], "x", 1, 0));
	close(p[0]);
	s = named(SOCK_SEQPACKET, "seq");
	listen(s, 3);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(ECONNREFUSED, connect_to(c, "seq"));
	close(c);
	c = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	fails(ENOTCONN, recv(c, back, 1, 0));
	fails(ENOTCONN, send(c, "x", 1, 0));
	fails(0, connect_to(c, "seq"));
	a = accept(s, NULL, NULL);
	ok(send(c, "hi", 2, MSG_EOR) == 2 && recv(a, back, 9, 0) == 2, "accepted");
	ok(send_to(c, "nobody", "x", 0) == 1 && recv(a, back, 9, 0) == 1, "a name is not looked at");
	close(a);
	close(c);
	close(s);
}

/* ------------------------------------------------------------- control messages */

union control {
	struct cmsghdr h;
	char room[2048];
};

static ssize_t send_fds(int s, const int *fds, int nr, const char *text)
{
	struct iovec v = { (void *)text, strlen(text) };
	union control c = { .h = { CMSG_LEN(nr * 4), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
			    .msg_controllen = CMSG_SPACE(nr * 4) };

	memcpy(CMSG_DATA(&c.h), fds, nr * 4);
	return sendmsg(s, &m, 0);
}

static struct msghdr got;
static union control ctl;

static ssize_t recv_ctl(int s, size_t len, size_t room, int flags)
{
	static struct iovec v;

	v = (struct iovec){ back, len };
	memset(&ctl, 0, sizeof(ctl));
	got = (struct msghdr){ .msg_iov = &v, .msg_iovlen = 1, .msg_control = room ? &ctl : NULL,
			       .msg_controllen = room };
	return recvmsg(s, &got, flags);
}

static int *the_fds(int *nr)
{
	*nr = got.msg_controllen ? (int)(ctl.h.cmsg_len - CMSG_LEN(0)) / 4 : 0;
	return (int *)CMSG_DATA(&ctl.h);
}

static void rights(int type)
{
	int p[2], pipefd[2], many[260], nr, before;
	struct rlimit rl, low;
	char c;

	socketpair(AF_UNIX, type, 0, p);
	pipe(pipefd);
	before = count_fds();
	ok(send_fds(p[0], &pipefd[1], 1, "fd") == 2, "a descriptor is sent");
	ok(recv_ctl(p[1], 9, 200, 0) == 2 && *the_fds(&nr) > 2 && nr == 1 && !got.msg_flags &&
	   got.msg_controllen == CMSG_SPACE(4) && ctl.h.cmsg_len == CMSG_LEN(4) &&
	   ctl.h.cmsg_type == SCM_RIGHTS, "and received");
	ok(fcntl(*the_fds(&nr), F_GETFD) == 0 && write(*the_fds(&nr), "p", 1) == 1 &&
	   read(pipefd[0], &c, 1) == 1, "it is the same pipe");
	close(*the_fds(&nr));
	send_fds(p[0], pipefd, 2, "two");
	ok(recv_ctl(p[1], 9, 200, MSG_CMSG_CLOEXEC) == 3 && the_fds(&nr) && nr == 2 &&
	   (fcntl(the_fds(&nr)[1], F_GETFD) & FD_CLOEXEC) && (got.msg_flags & MSG_CMSG_CLOEXEC),
	   "two, close-on-exec");
	close(the_fds(&nr)[0]);
	close(the_fds(&nr)[1]);
	send_fds(p[0], pipefd, 2, "cut");
	ok(recv_ctl(p[1], 9, CMSG_LEN(4), 0) == 3 && the_fds(&nr) && nr == 1 &&
	   (got.msg_flags & MSG_CTRUNC), "room for one: MSG_CTRUNC");
	close(the_fds(&nr)[0]);
	send_fds(p[0], pipefd, 2, "none");
	ok(recv_ctl(p[1], 9, 0, 0) == 4 && (got.msg_flags & MSG_CTRUNC), "room for none");
	send_fds(p[0], pipefd, 2, "read");
	ok(read(p[1], back, 9) == 4, "read takes no descriptors");
	ok(count_fds() == before, "and leaves none");
	send_fds(p[0], pipefd, 1, "peek");
	ok(recv_ctl(p[1], 9, 200, MSG_PEEK) == 4 && the_fds(&nr) && nr == 1, "peeked");
	close(the_fds(&nr)[0]);
	ok(recv_ctl(p[1], 9, 200, 0) == 4 && the_fds(&nr) && nr == 1, "and taken");
	close(the_fds(&nr)[0]);
	if (type == SOCK_STREAM) {
		send(p[0], "aa", 2, 0);
		send_fds(p[0], pipefd, 1, "bb");
		send(p[0], "cc", 2, 0);
		ok(recv_ctl(p[1], 9, 200, 0) == 4 && the_fds(&nr) && nr == 1,
		   "a stream's read stops behind descriptors");
		close(the_fds(&nr)[0]);
		ok(recv(p[1], back, 9, 0) == 2, "the rest");
	}
	many[0] = 999;
	fails(EBADF, send_fds(p[0], many, 1, "x"));
	for (int i = 0; i < 254; i++)
		many[i] = pipefd[0];
	fails(EINVAL, send_fds(p[0], many, 254, "x"));
	ok(send_fds(p[0], many, 253, "x") == 1 && recv(p[1], back, 9, 0) == 1, "253 are allowed");

	getrlimit(RLIMIT_NOFILE, &rl);
	low = rl;
	low.rlim_cur = count_fds() + 1;
	send_fds(p[0], many, 5, "x");
	setrlimit(RLIMIT_NOFILE, &low);
	ok(recv_ctl(p[1], 9, 200, 0) == 1 && the_fds(&nr) && nr < 5 && (got.msg_flags & MSG_CTRUNC),
	   "no room for descriptors: MSG_CTRUNC");
	for (int i = 0; i < nr; i++)
		close(the_fds(&nr)[i]);
	setrlimit(RLIMIT_NOFILE, &rl);

	int d[2];
	pipe(d);
	send_fds(p[0], &d[1], 1, "x");
	close(d[1]);
	ok(ready(d[0], POLLIN) == 0, "a descriptor in flight holds its pipe open");
	close(p[0]);
	close(p[1]);
	ok(read(d[0], &c, 1) == 0, "until its sockets go");
	close(d[0]);
	close(pipefd[0]);
	close(pipefd[1]);
	ok(count_fds() == before - 4, "nothing is left");
}

static void bad_control(void)
{
	struct iovec v = { "x", 1 };
	union control c;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c };
	int p[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	c.h = (struct cmsghdr){ 15, SOL_SOCKET, SCM_RIGHTS };
	m.msg_controllen = 24;
	fails(EINVAL, sendmsg(p[0], &m, 0));
	c.h.cmsg_len = 40;
	fails(EINVAL, sendmsg(p[0], &m, 0));
	c.h = (struct cmsghdr){ 20, SOL_SOCKET, 77 };
	fails(EINVAL, sendmsg(p[0], &m, 0));
	c.h = (struct cmsghdr){ 20, SOL_SOCKET, SCM_CREDENTIALS };
	fails(EINVAL, sendmsg(p[0], &m, 0));
	c.h = (struct cmsghdr){ 20, 12345, 77 };
	fails(0, sendmsg(p[0], &m, 0) - 1);
	m.msg_controllen = 8;
	fails(0, sendmsg(p[0], &m, 0) - 1);
	m.msg_controllen = 1 << 24;
	fails(ENOBUFS, sendmsg(p[0], &m, 0));
	m.msg_controllen = 0;
	m.msg_iovlen = 1025;
	fails(EMSGSIZE, sendmsg(p[0], &m, 0));
	m.msg_iovlen = 0;
	fails(0, sendmsg(p[0], &m, 0));
	m.msg_name = &c;
	m.msg_namelen = -1;
	fails(EINVAL, sendmsg(p[0], &m, 0));
	close(p[0]);
	close(p[1]);
}

static struct ucred *the_cred(void)
{
	return (struct ucred *)CMSG_DATA(&ctl.h);
}

static ssize_t send_cred(int s, pid_t pid, uid_t uid)
{
	struct ucred u = { pid, uid, getgid() };
	struct iovec v = { "cred", 4 };
	union control c = { .h = { CMSG_LEN(sizeof(u)), SOL_SOCKET, SCM_CREDENTIALS } };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
			    .msg_controllen = CMSG_SPACE(sizeof(u)) };

	memcpy(CMSG_DATA(&c.h), &u, sizeof(u));
	return sendmsg(s, &m, 0);
}

static void credentials(int type)
{
	int p[2], on = 1, status;

	socketpair(AF_UNIX, type, 0, p);
	send(p[0], "a", 1, 0);
	setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	ok(recv_ctl(p[1], 1, 200, 0) == 1 && ctl.h.cmsg_type == SCM_CREDENTIALS &&
	   the_cred()->pid == 0 && the_cred()->uid == 65534, "sent before it was asked for: nobody");
	send(p[0], "b", 1, 0);
	ok(recv_ctl(p[1], 1, 200, 0) == 1 && ctl.h.cmsg_len == CMSG_LEN(12) &&
	   the_cred()->pid == getpid() && the_cred()->uid == getuid(), "who sent it");
	ok(send_cred(p[0], getppid(), 1234) == 4 && recv_ctl(p[1], 9, 200, 0) == 4 &&
	   the_cred()->pid == getppid() && the_cred()->uid == 1234, "root may say so of others");
	fails(ESRCH, send_cred(p[0], 4000000, 0));
	if (!fork()) {
		if (setuid(65534))
			_exit(9);
		if (send_cred(p[0], getpid(), 0) != -1 || errno != EPERM)
			_exit(1);
		if (send_cred(p[0], getppid(), 65534) != -1 || errno != EPERM)
			_exit(2);
		_exit(send_cred(p[0], getpid(), 65534) != 4);
	}
	wait(&status);
	ok(status == 0, "others only of themselves (%x)", status);
	ok(recv_ctl(p[1], 9, 200, 0) == 4 && the_cred()->uid == 65534, "and it arrives");
	if (type == SOCK_STREAM) {
		send(p[0], "p", 1, 0);
		if (!fork())
			_exit(send(p[0], "c", 1, 0) != 1);
		wait(NULL);
		ok(recv_ctl(p[1], 9, 200, 0) == 1 && recv_ctl(p[1], 9, 200, 0) == 1,
		   "bytes of two senders are not glued");
	}
	int d = dup(0);
	send_fds(p[0], &d, 1, "both");
	struct cmsghdr *second;
	ok(recv_ctl(p[1], 9, 200, 0) == 4 && ctl.h.cmsg_type == SCM_CREDENTIALS &&
	   (second = CMSG_NXTHDR(&got, &ctl.h)) && second->cmsg_type == SCM_RIGHTS &&
	   !close(*(int *)CMSG_DATA(second)), "identity and descriptors");
	close(d);
	close(p[0]);
	close(p[1]);
}

/* --------------------------------------------------------------- the collector */

/* The pipe's writing end lies in a heap of sockets that only name each other. */
static int cycle(int kind)
{
	int p[2], q[2], w[2], l, c;
	char b;

	pipe(w);
	if (kind == 0) {                /* in itself */
		socketpair(AF_UNIX, SOCK_STREAM, 0, p);
		send_fds(p[0], (int[]){ p[1], w[1] }, 2, "x");
		send_fds(p[1], (int[]){ p[0], w[1] }, 2, "x");
	} else if (kind == 1) {         /* crosswise */
		socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
		socketpair(AF_UNIX, SOCK_STREAM, 0, q);
		send_fds(p[0], (int[]){ q[0], q[1] }, 2, "x");
		send_fds(q[0], (int[]){ p[0], p[1], w[1] }, 3, "x");
		close(q[0]);
		close(q[1]);
	} else {                        /* a listener in its own embryo */
		l = named(SOCK_STREAM, "embryo");
		listen(l, 3);
		c = socket(AF_UNIX, SOCK_STREAM, 0);
		connect_to(c, "embryo");
		send_fds(c, (int[]){ l, w[1] }, 2, "x");
		p[0] = l;
		p[1] = c;
	}
	close(w[1]);
	close(p[0]);
	close(p[1]);
	close(socket(AF_UNIX, SOCK_DGRAM, 0));  /* one that goes lets the collector look */
	for (int i = 0; i < 50 && ready(w[0], POLLIN) == 0; i++) {
		struct timespec t = { 0, 20000000 };

		nanosleep(&t, NULL);
	}
	c = ready(w[0], POLLIN) & POLLHUP && read(w[0], &b, 1) == 0;
	close(w[0]);
	return c;
}

static void collector(void)
{
	int p[2], q[2], nr;

	for (int kind = 0; kind < 3; kind++)
		ok(cycle(kind), "sockets that only name each other go (%d)", kind);
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	socketpair(AF_UNIX, SOCK_STREAM, 0, q);
	send_fds(p[0], q, 2, "q");
	send_fds(q[0], (int[]){ q[1] }, 1, "self");
	close(q[0]);
	close(q[1]);
	close(socket(AF_UNIX, SOCK_DGRAM, 0));
	ok(recv_ctl(p[1], 9, 200, 0) == 1 && the_fds(&nr) && nr == 2, "what can be reached stays");
	q[0] = the_fds(&nr)[0];
	q[1] = the_fds(&nr)[1];
	ok(recv_ctl(q[1], 9, 200, 0) == 4 && the_fds(&nr) && nr == 1, "with all that it carries");
	close(the_fds(&nr)[0]);
	close(q[0]);
	close(q[1]);

	/* A chain: each in the queue of the next. */
	int was = count_fds();
	socketpair(AF_UNIX, SOCK_STREAM, 0, q);
	for (int i = 0; i < 3000; i++) {
		int n[2];

		socketpair(AF_UNIX, SOCK_STREAM, 0, n);
		if (send_fds(n[0], q, 2, "c") != 1)
			break;
		close(q[0]);
		close(q[1]);
		q[0] = n[0];
		q[1] = n[1];
	}
	close(q[0]);
	close(q[1]);
	ok(count_fds() == was, "a chain of 3,000 is let go");
	close(p[0]);
	close(p[1]);
}

static void in_flight_limit(void)
{
	int status;

	fflush(stdout);
	if (!fork()) {
		struct rlimit low = { 40, 40 };
		int p[2], fds[20], sent = 0;

		setrlimit(RLIMIT_NOFILE, &low);
		if (setgid(65534) || setuid(65534))
			_exit(9);
		socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
		for (int i = 0; i < 20; i++)
			fds[i] = 0;
		while (send_fds(p[0], fds, 20, "x") == 1 && sent < 10)
			sent++;
		_exit(errno == ETOOMANYREFS && sent == 3 ? 0 : sent + 20);
	}
	wait(&status);
	ok(status == 0, "a user has no more in flight than may be open (%x)", status);
}

/* -------------------------------------------------------------------- many */

static void many(void)
{
	char text[4][8] = { "one", "two", "three", "four" };
	struct mmsghdr m[4];
	struct iovec v[4];
	struct timespec ts = { 0, 100000000 };
	int p[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	memset(m, 0, sizeof(m));
	for (int i = 0; i < 4; i++) {
		v[i] = (struct iovec){ text[i], strlen(text[i]) };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	ok(sendmmsg(p[0], m, 4, 0) == 4 && m[2].msg_len == 5, "sendmmsg");
	for (int i = 0; i < 4; i++)
		v[i] = (struct iovec){ back + 100 * i, 100 };
	ok(recvmmsg(p[1], m, 4, MSG_DONTWAIT, NULL) == 4 && m[3].msg_len == 4 &&
	   !memcmp(back + 200, "three", 5), "recvmmsg");
	fails(EAGAIN, recvmmsg(p[1], m, 4, MSG_DONTWAIT, NULL));
	send(p[0], "x", 1, 0);
	ok(recvmmsg(p[1], m, 4, MSG_WAITFORONE, NULL) == 1, "MSG_WAITFORONE");
	send(p[0], "x", 1, 0);
	send(p[0], "y", 1, 0);
	ts = (struct timespec){ 5, 0 };
	ok(recvmmsg(p[1], m, 2, 0, &ts) == 2 && ts.tv_sec < 5, "what is left of the time");
	ts.tv_nsec = -1;
	fails(EINVAL, recvmmsg(p[1], m, 2, 0, &ts));
	close(p[1]);
	fails(ECONNREFUSED, sendmmsg(p[0], m, 2, MSG_NOSIGNAL));
	close(p[0]);
}

static void proc_lists_them(void)
{
	char line[200] = "", *found = NULL;
	int s = named(SOCK_STREAM, "listed");
	FILE *f;
	struct stat st;

	listen(s, 1);
	fstat(s, &st);
	f = fopen("/proc/net/unix", "r");
	ok(f && fgets(line, sizeof(line), f) && !strncmp(line, "Num       RefCount Protocol Flags", 33),
	   "/proc/net/unix");
	while (f && fgets(line, sizeof(line), f) && !found)
		found = strstr(line, "@listed");
	unsigned long refs, proto, flags, type, state, ino = 0;
	ok(found && sscanf(line, "%*[^:]: %lx %lx %lx %lx %lx %lu", &refs, &proto, &flags, &type, &state,
			   &ino) == 6, "lists a listener");
	f ? fclose(f) : 0;
	ok(ino == st.st_ino && flags == 0x10000 && type == 1 && state == 1, "with its inode and state");
	close(s);
}

int main(void)
{
	tap_limit(100);
	datagrams();
	packets();
	rights(SOCK_STREAM);
	rights(SOCK_DGRAM);
	rights(SOCK_SEQPACKET);
	bad_control();
	credentials(SOCK_STREAM);
	credentials(SOCK_DGRAM);
	collector();
	in_flight_limit();
	many();
	proc_lists_them();
	return tap_done();
}
