// SPDX-License-Identifier: MIT
/*
 * sockets: AF_UNIX: making, naming, connecting, streams, shutdown, poll, epoll, options.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define SIOCOUTQ 0x5411

static char buf[1 << 18], back[1 << 18];
static volatile int pipes;
static void *volatile bad = (void *)8;

static void on_pipe(int sig)
{
	pipes++;
}

static short ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static socklen_t name_to(struct sockaddr_un *a, const char *path)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (*path == '@') {
		memcpy(a->sun_path + 1, path + 1, strlen(path) - 1);
		return offsetof(struct sockaddr_un, sun_path) + strlen(path);
	}
	strcpy(a->sun_path, path);
	return offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
}

static int bind_to(int fd, const char *path)
{
	struct sockaddr_un a;
	socklen_t n = name_to(&a, path);

	return bind(fd, (void *)&a, n);
}

static int connect_to(int fd, const char *path)
{
	struct sockaddr_un a;
	socklen_t n = name_to(&a, path);

	return connect(fd, (void *)&a, n);
}

static void kinds(void)
{
	int p[2];
	char link[64] = "", want[64];
	struct stat st;
	int s;

	fails(EINVAL, socket(AF_UNIX, 12, 0));
	fails(ESOCKTNOSUPPORT, socket(AF_UNIX, SOCK_RDM, 0));
	fails(ESOCKTNOSUPPORT, socket(AF_UNIX, 0, 0));
	fails(EPROTONOSUPPORT, socket(AF_UNIX, SOCK_STREAM, 7));
	fails(EAFNOSUPPORT, socket(-1, SOCK_STREAM, 0));
	fails(EAFNOSUPPORT, socket(46, SOCK_STREAM, 0));
	fails(EAFNOSUPPORT, socket(0, SOCK_STREAM, 0));
	fails(EAFNOSUPPORT, socket(AF_APPLETALK, SOCK_STREAM, 0));
	fails(EINVAL, socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
	fails(EAFNOSUPPORT, socketpair(AF_APPLETALK, SOCK_STREAM, 0, p));
	fails(EFAULT, socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)bad));
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, AF_UNIX);
	ok(s >= 0 && fcntl(s, F_GETFD) == FD_CLOEXEC && fcntl(s, F_GETFL) == (O_RDWR | O_NONBLOCK),
	   "flags of a new socket");
	ok(!fstat(s, &st) && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0777 && !st.st_size,
	   "fstat sees a socket");
	sprintf(want, "/proc/self/fd/%d", s);
	ok(readlink(want, link, sizeof(link) - 1) > 0, "it has a link in /proc");
	fails(ENXIO, open(want, O_RDWR));
	sprintf(want, "socket:[%lu]", (unsigned long)st.st_ino);
	ok(!strcmp(link, want), "that names its inode");
	fails(ESPIPE, lseek(s, 0, SEEK_SET));
	fails(ENOTTY, ioctl(s, 0x5401, buf));
	fails(ESPIPE, pread(s, buf, 1, 0));
	fails(EINVAL, ftruncate(s, 0));
	fails(EINVAL, fsync(s));
	ok(ready(s, POLLIN | POLLOUT) == (POLLOUT | POLLHUP), "alone: to be written, and hung up");
	fails(ENOTCONN, send(s, "x", 1, 0));
	fails(EINVAL, recv(s, buf, 1, 0));
	fails(EINVAL, read(s, buf, 1));
	fails(ENOTCONN, write(s, "x", 1));
	fails(EINVAL, accept(s, NULL, NULL));
	fails(EINVAL, listen(s, 1));
	close(s);
	s = socket(AF_UNIX, SOCK_RAW, 0);
	int type = 0;
	socklen_t n = sizeof(type);
	ok(!getsockopt(s, SOL_SOCKET, SO_TYPE, &type, &n) && type == SOCK_DGRAM && n == 4,
	   "SOCK_RAW is a datagram socket");
	fails(EOPNOTSUPP, listen(s, 1));
	fails(EOPNOTSUPP, accept(s, NULL, NULL));
	close(s);
	fails(EBADF, bind(s, (void *)buf, 2));
	fails(EBADF, send(s, "x", 1, 0));
	fails(ENOTSOCK, send(1, "x", 1, 0));
	fails(ENOTSOCK, listen(1, 1));
	fails(ENOTSOCK, getsockname(1, (void *)buf, &n));
}

static void names(void)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0), t = socket(AF_UNIX, SOCK_STREAM, 0);
	int d = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un a, b;
	struct stat st;
	socklen_t n;

	n = sizeof(a);
	ok(!getsockname(s, (void *)&a, &n) && n == 2 && a.sun_family == AF_UNIX, "no name: 2 bytes");
	n = sizeof(a);
	fails(ENOTCONN, getpeername(s, (void *)&a, &n));
	name_to(&a, "sock");
	fails(EINVAL, bind(s, (void *)&a, 1));
	fails(EINVAL, bind(s, (void *)&a, 111));
	fails(EINVAL, bind(s, (void *)&a, 129));
	fails(EINVAL, bind(s, (void *)&a, -1));
	fails(EFAULT, bind(s, bad, 20));
	a.sun_family = AF_INET;
	fails(EINVAL, bind(s, (void *)&a, 20));
	fails(ENOENT, bind_to(s, "no/sock"));
	fails(ENOENT, connect_to(s, "sock"));
	umask(027);
	fails(0, bind_to(s, "sock"));
	umask(022);
	ok(!stat("sock", &st) && S_ISSOCK(st.st_mode) && (st.st_mode & 07777) == 0750,
	   "bind makes a socket's inode, with umask");
	fails(EADDRINUSE, bind_to(t, "sock"));
	fails(EADDRINUSE, bind_to(s, "sock"));
	fails(EINVAL, bind_to(s, "sock2"));
	fails(EINVAL, bind_to(s, "@abs"));
	ok(access("sock2", F_OK) == -1, "a second bind leaves nothing behind");
	fails(ENXIO, open("sock", O_RDWR));
	n = sizeof(a);
	ok(!getsockname(s, (void *)&a, &n) && n == 2 + 5 && !strcmp(a.sun_path, "sock"), "its name");
	n = 4;
	memset(&a, 'x', sizeof(a));
	ok(!getsockname(s, (void *)&a, &n) && n == 7 && a.sun_path[1] == 'o' && a.sun_path[2] == 'x',
	   "cut to what there is room for, with its whole length");
	n = -1;
	fails(EINVAL, getsockname(s, (void *)&a, &n));
	fails(ECONNREFUSED, connect_to(t, "sock"));
	fails(EPROTOTYPE, connect_to(d, "sock"));
	fails(0, listen(s, 5));
	fails(EPROTOTYPE, connect_to(d, "sock"));
	fails(0, rename("sock", "sock3"));
	fails(0, symlink("sock3", "sock4"));
	fails(0, connect_to(t, "sock4"));
	n = sizeof(a);
	ok(!getpeername(t, (void *)&a, &n) && n == 7 && !strcmp(a.sun_path, "sock"),
	   "found by its new name, known by the old one");
	close(s);
	close(t);
	t = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(ECONNREFUSED, connect_to(t, "sock3"));
	fails(EADDRINUSE, bind_to(t, "sock3"));
	unlink("sock3");
	unlink("sock4");
	fails(0, close(open("plain", O_CREAT | O_WRONLY, 0644)));
	fails(ECONNREFUSED, connect_to(t, "plain"));
	fails(EADDRINUSE, bind_to(t, "plain"));
	unlink("plain");

	memset(&a, 'p', sizeof(a));
	a.sun_family = AF_UNIX;
	fails(0, bind(t, (void *)&a, sizeof(a)));
	n = 111;
	ok(!getsockname(t, (void *)buf, &n) && n == 111, "a path of 108 bytes has its NUL behind");
	memcpy(buf, a.sun_path, 108);
	buf[108] = 0;
	fails(0, unlink(buf));

	s = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(0, bind_to(s, "@one"));
	close(t);
	t = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(EADDRINUSE, bind_to(t, "@one"));
	fails(0, bind_to(d, "@one"));
	n = name_to(&a, "@one");
	fails(0, bind(t, (void *)&a, n + 1));
	fails(ECONNREFUSED, connect_to(t, "@two"));
	fails(0, listen(s, 1));
	fails(0, connect_to(t, "@one"));
	n = sizeof(b);
	ok(!getpeername(t, (void *)&b, &n) && n == 6 && !memcmp(b.sun_path, "\0one", 4),
	   "an abstract name is its bytes");
	close(s);
	close(t);
	close(d);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(0, bind_to(s, "@one"));
	close(s);

	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	a.sun_family = AF_UNIX;
	fails(0, bind(s, (void *)&a, 2));
	n = sizeof(b);
	int five = !getsockname(s, (void *)&b, &n) && n == 8 && !b.sun_path[0];
	for (int i = 1; i < 6; i++)
		five = five && strchr("0123456789abcdef", b.sun_path[i]);
	ok(five, "autobind gives five digits");
	fails(0, bind(s, (void *)&a, 2));
	close(s);
}

static void streams(void)
{
	int p[2], n, fl;
	ssize_t sent = 0, got = 0, r;

	fails(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p));
	fails(EAGAIN, recv(p[0], buf, 1, 0));
	fails(EAGAIN, read(p[0], buf, 1));
	ok(ready(p[0], POLLIN | POLLOUT) == POLLOUT, "an empty pair can be written");
	ok(send(p[0], "hello", 5, 0) == 5 && write(p[0], " world", 6) == 6, "send and write");
	ok(!ioctl(p[1], FIONREAD, &n) && n == 11, "FIONREAD is all that is there");
	ok(!ioctl(p[0], SIOCOUTQ, &n) && n > 11, "SIOCOUTQ is what it costs");
	ok(recv(p[1], back, 100, MSG_PEEK) == 11 && !memcmp(back, "hello world", 11), "peek sees all");
	ok(recv(p[1], back, 3, MSG_PEEK) == 3 && recv(p[1], back, 3, 0) == 3, "in part");
	ok(recv(p[1], back, 100, 0) == 8 && !memcmp(back, "lo world", 8), "writes are glued together");
	ok(!ioctl(p[0], SIOCOUTQ, &n) && n == 0, "then it costs nothing");
	ok(send(p[0], "", 0, 0) == 0 && ready(p[1], POLLIN) == 0, "no bytes are no message");
	ok(read(p[1], back, 0) == 0, "reading none does not block");
	fails(EISCONN, sendto(p[0], "x", 1, 0, (void *)buf, 2));
	fails(EFAULT, send(p[0], bad, 1, 0));
	send(p[0], "abc", 3, 0);
	fails(EFAULT, recv(p[1], bad, 1, 0));
	ok(recv(p[1], back, 9, 0) == 3, "a bad address loses nothing");
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + i / 251);
	while ((r = send(p[0], buf + sent, sizeof(buf) - sent, 0)) > 0)
		sent += r;
	ok(r == -1 && errno == EAGAIN && sent > 100000 && sent < (ssize_t)sizeof(buf),
	   "a full buffer is EAGAIN");
	ok(ready(p[0], POLLOUT) == 0, "and not writable");
	while ((r = recv(p[1], back + got, 1000, 0)) > 0)
		got += r;
	ok(got == sent && !memcmp(buf, back, got), "what was sent arrives");
	ok(ready(p[0], POLLOUT) == POLLOUT, "and there is room again");
	fl = fcntl(p[0], F_GETFL);
	fcntl(p[0], F_SETFL, fl & ~O_NONBLOCK);
	fcntl(p[1], F_SETFL, fl & ~O_NONBLOCK);
	fails(EAGAIN, recv(p[1], back, 1, MSG_DONTWAIT));
	if (!fork()) {
		close(p[1]);
		for (int i = 0; i < 40; i++)
			if (write(p[0], buf, sizeof(buf)) != sizeof(buf))
				_exit(1);
		_exit(0);
	}
	close(p[0]);
	for (n = 0, got = 0; n < 40 && got == 0; n++) {
		r = recv(p[1], back, sizeof(back), MSG_WAITALL);
		got = r != sizeof(back) || memcmp(buf, back, sizeof(back));
	}
	ok(!got, "40 buffers through a blocking pair, MSG_WAITALL");
	ok(recv(p[1], back, 10, MSG_WAITALL) == 0, "then the end");
	ok(wait(&n) > 0 && n == 0, "the writer is content");
	close(p[1]);
}

static void ends(void)
{
	int p[2], err;
	socklen_t n = sizeof(err);

	signal(SIGPIPE, on_pipe);
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	send(p[0], "last", 4, 0);
	close(p[0]);
	ok(ready(p[1], POLLIN | POLLRDHUP | POLLOUT) == (POLLIN | POLLRDHUP | POLLHUP | POLLOUT),
	   "closed: to be read, and hung up");
	ok(recv(p[1], back, 9, 0) == 4 && recv(p[1], back, 9, 0) == 0, "what was sent, then the end");
	pipes = 0;
	fails(EPIPE, send(p[1], "x", 1, MSG_NOSIGNAL));
	ok(pipes == 0, "no signal if none is wanted");
	fails(EPIPE, send(p[1], "x", 1, 0));
	fails(EPIPE, write(p[1], "x", 1));
	ok(pipes == 2, "SIGPIPE else");
	close(p[1]);

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	send(p[1], "unread", 6, 0);
	close(p[0]);
	ok((ready(p[1], POLLIN) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP), "bytes were lost");
	ok(!getsockopt(p[1], SOL_SOCKET, SO_ERROR, &err, &n) && err == ECONNRESET, "ECONNRESET");
	ok(recv(p[1], back, 1, 0) == 0, "told once");
	close(p[1]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	send(p[1], "unread", 6, 0);
	close(p[0]);
	fails(ECONNRESET, recv(p[1], back, 1, 0));
	ok(recv(p[1], back, 1, 0) == 0, "then the end");
	close(p[1]);

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	fails(EINVAL, shutdown(p[0], 3));
	fails(0, shutdown(p[0], SHUT_WR));
	ok(recv(p[1], back, 1, 0) == 0, "shut for writing: the other reads the end");
	ok(ready(p[1], POLLIN | POLLRDHUP | POLLOUT) == (POLLIN | POLLRDHUP | POLLOUT), "half of it");
	fails(EPIPE, send(p[0], "x", 1, MSG_NOSIGNAL));
	ok(send(p[1], "back", 4, 0) == 4 && recv(p[0], back, 9, 0) == 4, "the other way is open");
	fails(0, shutdown(p[0], SHUT_RD));
	fails(EPIPE, send(p[1], "x", 1, MSG_NOSIGNAL));
	ok(recv(p[0], back, 9, 0) == 0, "shut for reading: the end");
	ok(ready(p[0], POLLOUT) == (POLLOUT | POLLHUP), "both ways: hung up");
	fails(0, shutdown(p[0], SHUT_RDWR));
	close(p[0]);
	close(p[1]);

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	if (!fork()) {
		struct timespec t = { 0, 100000000 };
		int full = 0;

		close(p[0]);
		while (full < 50000 && !ioctl(p[1], FIONREAD, &full))
			nanosleep(&t, NULL);
		nanosleep(&t, NULL);
		_exit(0);
	}
	close(p[1]);
	pipes = 0;
	memset(buf, 0, sizeof(buf));
	ssize_t r = send(p[0], buf, sizeof(buf), 0);
	ok(r > 0 && r < (ssize_t)sizeof(buf) && pipes == 0, "a writer whose reader goes tells how far it came");
	wait(NULL);
	close(p[0]);
	signal(SIGPIPE, SIG_DFL);
}

static void listeners(void)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c[4], a, fl;
	struct sockaddr_un name;
	struct ucred cred;
	socklen_t n;
	int val;

	bind_to(s, "@listen");
	fails(0, listen(s, 1));
	n = sizeof(val);
	ok(!getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, &val, &n) && val == 1, "SO_ACCEPTCONN");
	ok(ready(s, POLLIN | POLLOUT) == 0, "nobody came");
	fcntl(s, F_SETFL, O_NONBLOCK);
	fails(EAGAIN, accept(s, NULL, NULL));
	fails(EINVAL, accept4(s, NULL, NULL, 1));
	fails(ENOTCONN, send(s, "x", 1, 0));
	fails(EINVAL, recv(s, buf, 1, 0));
	fails(EINVAL, ioctl(s, FIONREAD, &val));
	for (int i = 0; i < 4; i++)
		c[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	fails(0, connect_to(c[0], "@listen"));
	fails(EISCONN, connect_to(c[0], "@listen"));
	fails(EINVAL, listen(c[0], 1));
	ok(ready(s, POLLIN) == POLLIN, "one came");
	fails(0, connect_to(c[1], "@listen"));
	fails(EAGAIN, connect_to(c[2], "@listen"));
	fails(0, listen(s, 5));
	fails(0, connect_to(c[2], "@listen"));
	fails(EINVAL, connect_to(s, "@listen"));
	ok(send(c[0], "early", 5, 0) == 5, "a client may write before it is accepted");
	n = sizeof(name);
	a = accept4(s, (void *)&name, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ok(a >= 0 && n == 2 && name.sun_family == AF_UNIX, "a client without a name");
	ok(fcntl(a, F_GETFD) == FD_CLOEXEC && fcntl(a, F_GETFL) == (O_RDWR | O_NONBLOCK), "accept4's flags");
	ok(recv(a, back, 9, 0) == 5, "what was sent early");
	n = sizeof(name);
	ok(!getsockname(a, (void *)&name, &n) && n == 9, "the accepted one has the listener's name");
	n = sizeof(cred);
	ok(!getsockopt(a, SOL_SOCKET, SO_PEERCRED, &cred, &n) && cred.pid == getpid() &&
	   cred.uid == geteuid() && cred.gid == getegid(), "SO_PEERCRED of a client");
	n = sizeof(cred);
	ok(!getsockopt(c[0], SOL_SOCKET, SO_PEERCRED, &cred, &n) && cred.pid == getpid(), "of a listener");
	n = sizeof(cred);
	ok(!getsockopt(c[3], SOL_SOCKET, SO_PEERCRED, &cred, &n) && cred.pid == 0 &&
	   cred.uid == (uid_t)-1, "of nobody");
	close(a);
	ok(recv(c[0], back, 1, 0) == 0, "closed");
	close(c[1]);
	n = sizeof(name);
	a = accept(s, (void *)&name, &n);
	ok(a >= 0 && !(fcntl(a, F_GETFL) & O_NONBLOCK) && recv(a, back, 1, 0) == 0,
	   "a client that went is accepted, and at its end");
	close(a);
	close(s);
	fails(ECONNRESET, recv(c[2], back, 1, 0));
	close(c[2]);

	s = socket(AF_UNIX, SOCK_STREAM, 0);
	bind_to(s, "@wait");
	listen(s, 0);
	fl = fcntl(c[3], F_GETFL);
	fcntl(c[3], F_SETFL, fl & ~O_NONBLOCK);
	connect_to(c[3], "@wait");
	if (!fork()) {
		int late = socket(AF_UNIX, SOCK_STREAM, 0);

		_exit(connect_to(late, "@wait") || send(late, "late", 4, 0) != 4);
	}
	struct timespec t = { 0, 100000000 };
	nanosleep(&t, NULL);
	a = accept(s, NULL, NULL);
	close(a);
	a = accept(s, NULL, NULL);
	ok(recv(a, back, 9, 0) == 4, "one who waits for the backlog gets in");
	wait(&val);
	ok(val == 0, "and does not notice");
	fails(0, shutdown(s, SHUT_RD));
	fails(EINVAL, accept(s, NULL, NULL));
	close(c[3]);
	c[3] = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(ECONNREFUSED, connect_to(c[3], "@wait"));
	close(c[3]);
	close(c[0]);
	close(a);
	close(s);
}

static void timeouts(void)
{
	struct timeval tv = { 0, 200000 }, out;
	struct timespec t0, t1;
	socklen_t n = sizeof(out);
	int p[2];
	long ms;

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	fails(0, setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	ok(!getsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &out, &n) && n == 16 && out.tv_sec == 0 &&
	   out.tv_usec >= 200000 && out.tv_usec < 210000, "SO_RCVTIMEO is kept");
	clock_gettime(CLOCK_MONOTONIC, &t0);
	fails(EAGAIN, recv(p[0], back, 1, 0));
	clock_gettime(CLOCK_MONOTONIC, &t1);
	ms = (t1.tv_sec - t0.tv_sec) * 1000 + (t1.tv_nsec - t0.tv_nsec) / 1000000;
	ok(ms >= 190 && ms < 5000, "after its time");
	fails(0, setsockopt(p[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	ssize_t r = send(p[0], buf, sizeof(buf), 0);
	ok(r > 0 && r < (ssize_t)sizeof(buf), "SO_SNDTIMEO: as much as went in time");
	fails(EAGAIN, send(p[0], buf, sizeof(buf), 0));
	tv.tv_usec = 1000000;
	fails(EDOM, setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	fails(EINVAL, setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, 8));
	close(p[0]);
	close(p[1]);
}

static void options(void)
{
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0), val;
	struct linger l = { 1, 7 };
	socklen_t n = sizeof(val);

	ok(!getsockopt(s, SOL_SOCKET, SO_DOMAIN, &val, &n) && val == AF_UNIX, "SO_DOMAIN");
	ok(!getsockopt(s, SOL_SOCKET, SO_PROTOCOL, &val, &n) && val == 0, "SO_PROTOCOL");
	ok(!getsockopt(s, SOL_SOCKET, SO_TYPE, &val, &n) && val == SOCK_SEQPACKET, "SO_TYPE");
	ok(!getsockopt(s, SOL_SOCKET, SO_ERROR, &val, &n) && val == 0, "SO_ERROR");
	ok(!getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, &val, &n) && val == 0, "not SO_ACCEPTCONN");
	ok(!getsockopt(s, SOL_SOCKET, SO_SNDBUF, &val, &n) && val == 212992, "SO_SNDBUF");
	ok(!getsockopt(s, SOL_SOCKET, SO_RCVBUF, &val, &n) && val == 212992, "SO_RCVBUF");
	val = 10000;
	fails(0, setsockopt(s, SOL_SOCKET, SO_SNDBUF, &val, sizeof(val)));
	ok(!getsockopt(s, SOL_SOCKET, SO_SNDBUF, &val, &n) && val == 20000, "doubled");
	val = 1;
	fails(0, setsockopt(s, SOL_SOCKET, SO_SNDBUF, &val, sizeof(val)));
	ok(!getsockopt(s, SOL_SOCKET, SO_SNDBUF, &val, &n) && val == 4608, "at least so much");
	val = 1 << 30;
	fails(0, setsockopt(s, SOL_SOCKET, SO_RCVBUF, &val, sizeof(val)));
	ok(!getsockopt(s, SOL_SOCKET, SO_RCVBUF, &val, &n) && val == 425984, "at most so much");
	static const int flags[] = { SO_REUSEADDR, SO_BROADCAST, SO_KEEPALIVE, SO_DONTROUTE,
				     SO_OOBINLINE, SO_PASSCRED };
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int on = 5, got = 7;

		ok(!setsockopt(s, SOL_SOCKET, flags[i], &on, sizeof(on)) &&
		   !getsockopt(s, SOL_SOCKET, flags[i], &got, &n) && got == 1, "option %d is kept", flags[i]);
	}
	fails(0, setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	n = sizeof(l);
	memset(&l, 0, sizeof(l));
	ok(!getsockopt(s, SOL_SOCKET, SO_LINGER, &l, &n) && l.l_onoff == 1 && l.l_linger == 7, "SO_LINGER");
	fails(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_TYPE, &val, sizeof(val)));
	fails(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_ERROR, &val, sizeof(val)));
	fails(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, 99, &val, sizeof(val)));
	fails(ENOPROTOOPT, getsockopt(s, SOL_SOCKET, 99, &val, &n));
	fails(EOPNOTSUPP, setsockopt(s, 6, 1, &val, sizeof(val)));
	fails(EOPNOTSUPP, getsockopt(s, 6, 1, &val, &n));
	fails(EINVAL, setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &val, 3));
	fails(EFAULT, setsockopt(s, SOL_SOCKET, SO_REUSEADDR, bad, 4));
	n = 2;
	val = -1;
	ok(!getsockopt(s, SOL_SOCKET, SO_DOMAIN, &val, &n) && n == 2 && val == (int)0xffff0001, "in part");
	close(s);
}

static void epolls(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET | EPOLLRDHUP }, got[4];
	int p[2], ep = epoll_create1(0);

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
	e.data.fd = p[0];
	fails(0, epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
	ok(epoll_wait(ep, got, 4, 0) == 0, "nothing to read");
	send(p[1], "abc", 3, 0);
	ok(epoll_wait(ep, got, 4, 100) == 1 && got[0].events == EPOLLIN, "an edge");
	ok(epoll_wait(ep, got, 4, 0) == 0, "told once");
	recv(p[0], back, 1, 0);
	ok(epoll_wait(ep, got, 4, 0) == 0, "reading a part is no edge");
	send(p[1], "d", 1, 0);
	ok(epoll_wait(ep, got, 4, 100) == 1, "more bytes are one");
	send(p[0], "mine", 4, 0);
	recv(p[1], back, 9, 0);
	ok(epoll_wait(ep, got, 4, 0) == 0, "room to write is none for one who reads");
	e.events = EPOLLIN | EPOLLOUT | EPOLLET;
	epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e);
	ok(epoll_wait(ep, got, 4, 0) == 1 && got[0].events == (EPOLLIN | EPOLLOUT), "both");
	shutdown(p[1], SHUT_WR);
	e.events = EPOLLIN | EPOLLRDHUP;
	epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e);
	ok(epoll_wait(ep, got, 4, 0) == 1 && got[0].events == (EPOLLIN | EPOLLRDHUP), "half closed");
	close(p[1]);
	ok(epoll_wait(ep, got, 4, 0) == 1 && got[0].events == (EPOLLIN | EPOLLRDHUP | EPOLLHUP), "closed");
	close(p[0]);
	ok(epoll_wait(ep, got, 4, 0) == 0, "gone");
	close(ep);
}

static void *send_later(void *arg)
{
	struct timespec t = { 0, 50000000 };

	nanosleep(&t, NULL);
	send(*(int *)arg, "x", 1, 0);
	return NULL;
}

static void waiting(void)
{
	pthread_t t;
	int p[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	pthread_create(&t, NULL, send_later, &p[1]);
	struct pollfd pf = { .fd = p[0], .events = POLLIN };
	ok(poll(&pf, 1, 5000) == 1 && pf.revents == POLLIN, "poll is woken");
	pthread_join(t, NULL);
	recv(p[0], back, 1, 0);
	pthread_create(&t, NULL, send_later, &p[1]);
	ok(recv(p[0], back, 1, 0) == 1, "recv is woken");
	pthread_join(t, NULL);
	int f = open("/proc/self/exe", O_RDONLY);
	ok(sendfile(p[1], f, NULL, 5000) == 5000 && recv(p[0], back, sizeof(back), 0) == 5000 &&
	   !memcmp(back + 1, "ELF", 3), "sendfile to a socket");
	close(f);
	close(p[0]);
	close(p[1]);
}

static void permissions(void)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0), status;

	chmod(".", 0777);
	bind_to(s, "perm");
	listen(s, 5);
	chmod("perm", 0755);
	if (!fork()) {
		int c = socket(AF_UNIX, SOCK_STREAM, 0);

		if (setgid(65534) || setuid(65534))
			_exit(9);
		if (connect_to(c, "perm") != -1 || errno != EACCES)
			_exit(1);
		_exit(0);
	}
	wait(&status);
	ok(status == 0, "connect needs the right to write (%x)", status);
	chmod("perm", 0722);
	if (!fork()) {
		int c = socket(AF_UNIX, SOCK_STREAM, 0);

		if (setgid(65534) || setuid(65534))
			_exit(9);
		_exit(connect_to(c, "perm") != 0);
	}
	wait(&status);
	ok(status == 0, "and no other");
	struct ucred cred;
	socklen_t n = sizeof(cred);
	int a = accept(s, NULL, NULL);
	ok(!getsockopt(a, SOL_SOCKET, SO_PEERCRED, &cred, &n) && cred.uid == 65534, "who it was");
	close(a);
	close(s);
	unlink("perm");
}

int main(void)
{
	char dir[] = "/tmp/sockXXXXXX";

	tap_limit(100);
	ok(mkdtemp(dir) && !chdir(dir), "a directory");
	kinds();
	names();
	streams();
	ends();
	listeners();
	timeouts();
	options();
	epolls();
	waiting();
	permissions();
	ok(!chdir("/") && !rmdir(dir), "nothing is left");
	return tap_done();
}
