// SPDX-License-Identifier: MIT
/*
 * sockstress SECONDS SEED: many threads make, connect, fill, pass and close
 * sockets that they take from one another.  It ends, and leaves nothing.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define THREADS 8
#define SLOTS   64

static int slots[SLOTS];
static volatile int stop;
static unsigned int seed;
static unsigned long ops;

static unsigned int rnd(unsigned int *r)
{
	*r ^= *r << 13;
	*r ^= *r >> 17;
	*r ^= *r << 5;
	return *r;
}

/* What was there; the caller closes it, or puts it elsewhere. */
static int swap_in(unsigned int *r, int fd)
{
	return __atomic_exchange_n(&slots[rnd(r) % SLOTS], fd, __ATOMIC_SEQ_CST);
}

static void keep(unsigned int *r, int fd)
{
	int old = fd >= 0 ? swap_in(r, fd) : -1;

	if (old >= 0)
		close(old);
}

static int borrow(unsigned int *r)
{
	return __atomic_load_n(&slots[rnd(r) % SLOTS], __ATOMIC_SEQ_CST);
}

static socklen_t some_name(unsigned int *r, struct sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	return offsetof(struct sockaddr_un, sun_path) +
	       (rnd(r) % 2 ? 1 + sprintf(a->sun_path + 1, "s%u", rnd(r) % 6) :
			     1 + sprintf(a->sun_path, "/tmp/ss/%u", rnd(r) % 6));
}

static int some_type(unsigned int *r)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	return types[rnd(r) % 3] | SOCK_NONBLOCK;
}

static void send_some(unsigned int *r)
{
	static char text[40000];
	union { struct cmsghdr h; char room[128]; } c = { .h = { 0, SOL_SOCKET, SCM_RIGHTS } };
	int nr = rnd(r) % 4, s = borrow(r);
	struct iovec v = { text, rnd(r) % 16 ? rnd(r) % 300 : rnd(r) % sizeof(text) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	for (int i = 0; i < nr; i++)
		((int *)CMSG_DATA(&c.h))[i] = borrow(r);
	if (nr) {
		c.h.cmsg_len = CMSG_LEN(nr * 4);
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE(nr * 4);
	}
	sendmsg(s, &m, MSG_NOSIGNAL | (rnd(r) % 8 ? MSG_DONTWAIT : 0));
}

static void recv_some(unsigned int *r)
{
	char text[5000];
	union { struct cmsghdr h; char room[128]; } c;
	struct iovec v = { text, 1 + rnd(r) % sizeof(text) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };

	if (recvmsg(borrow(r), &m, MSG_DONTWAIT | (rnd(r) % 4 ? 0 : MSG_PEEK)) < 0)
		return;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
		for (int i = 0; h->cmsg_type == SCM_RIGHTS && i < (int)(h->cmsg_len - CMSG_LEN(0)) / 4; i++)
			keep(r, ((int *)CMSG_DATA(h))[i]);
}

static void connect_some(unsigned int *r)
{
	struct sockaddr_un a;
	int s = socket(AF_UNIX, some_type(r), 0);
	socklen_t n = some_name(r, &a);

	if (rnd(r) % 3 == 0) {
		if (a.sun_path[0])
			unlink(a.sun_path);
		bind(s, (void *)&a, n);
		listen(s, rnd(r) % 4);
	} else {
		connect(s, (void *)&a, n);
	}
	keep(r, s);
}

static void look(unsigned int *r)
{
	struct pollfd p[3] = { { borrow(r), POLLIN | POLLOUT }, { borrow(r), POLLIN }, { borrow(r), POLLOUT } };

	poll(p, 3, 0);
	int ep = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | (rnd(r) % 2 ? EPOLLET : 0) };
	for (int i = 0; i < 3; i++)
		if (p[i].fd >= 0)
			epoll_ctl(ep, EPOLL_CTL_ADD, p[i].fd, &e);
	epoll_wait(ep, &e, 1, 0);
	close(ep);
}

static void *worker(void *arg)
{
	unsigned int r = seed * 2654435761u + (unsigned int)(long)arg * 40503u + 1;
	int p[2];

	while (!stop) {
		switch (rnd(&r) % 12) {
		case 0:
			if (!socketpair(AF_UNIX, some_type(&r), 0, p)) {
				keep(&r, p[0]);
				keep(&r, p[1]);
			}
			break;
		case 1:
		case 2:
			connect_some(&r);
			break;
		case 3:
			keep(&r, accept4(borrow(&r), NULL, NULL, SOCK_NONBLOCK));
			break;
		case 4:
			shutdown(borrow(&r), rnd(&r) % 3);
			break;
		case 5: {
			int old = swap_in(&r, -1);

			if (old >= 0)
				close(old);
			break;
		}
		case 6:
		case 7:
		case 8:
			send_some(&r);
			break;
		case 9:
		case 10:
			recv_some(&r);
			break;
		default:
			look(&r);
		}
		__atomic_fetch_add(&ops, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int sockets_left(void)
{
	FILE *f = fopen("/proc/net/unix", "r");
	char line[300];
	int n = -1;

	while (f && fgets(line, sizeof(line), f))
		n++;
	f ? fclose(f) : 0;
	return n;
}

static int one_process(int seconds)
{
	pthread_t t[THREADS];

	memset(slots, 0xff, sizeof(slots));
	signal(SIGPIPE, SIG_IGN);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, worker, (void *)i);
	sleep(seconds);
	stop = 1;
	/* One that waits to send is let go by closing what it waits for. */
	for (int round = 0; round < 100; round++) {
		for (int fd = 3; fd < 1024; fd++)
			shutdown(fd, SHUT_RDWR);
		usleep(1000);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("# %lu operations\n", ops);
	return ops < 100;
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 3, before = sockets_left(), status, left;

	seed = argc > 2 ? atoi(argv[2]) : 1;
	tap_limit(seconds + 60);
	system("mkdir -p /tmp/ss");
	fflush(stdout);
	if (!fork())
		exit(one_process(seconds));
	wait(&status);
	ok(status == 0, "all threads come to an end (%x)", status);
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	for (int i = 0; i < 100 && (left = sockets_left()) > before; i++)
		usleep(20000);
	ok(left <= before, "no socket is left of %d before: %d", before, left);
	system("rm -rf /tmp/ss");
	return tap_done();
}
