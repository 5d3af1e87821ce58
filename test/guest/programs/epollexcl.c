// SPDX-License-Identifier: MIT
/*
 * epollexcl: several epolls watch one file with EPOLLEXCLUSIVE: one that is waited in hears of an
 * event, not one whose owner is elsewhere.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "tap.h"

static int heard;               /* atomic */

static int watch(int ep, int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static int watching(int fd, unsigned int events)
{
	int ep = epoll_create1(0);

	watch(ep, fd, events);
	return ep;
}

/* The same within a second: true. */
static int soon_heard(int n)
{
	for (int i = 0; i < 100 && __atomic_load_n(&heard, __ATOMIC_SEQ_CST) < n; i++)
		usleep(20000);
	return __atomic_load_n(&heard, __ATOMIC_SEQ_CST) >= n;
}

static void *waiter(void *ep)
{
	struct epoll_event ev;

	if (epoll_wait((int)(long)ep, &ev, 1, 10000) == 1)
		__atomic_fetch_add(&heard, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void start(pthread_t *t, int n, const int *ep, int eps)
{
	heard = 0;
	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, waiter, (void *)(long)ep[i % eps]);
	usleep(100000);
}

static void finish(pthread_t *t, int n)
{
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

/* Threads that wait in an epoll, beside one that polls it from without. */
static volatile int polling;

static void *poller(void *outer)
{
	struct epoll_event ev;

	while (polling)
		epoll_wait((int)(long)outer, &ev, 1, 0);
	return NULL;
}

static void beside_a_poller(void)
{
	pthread_t t, p;
	int e = eventfd(0, 0), inner = watching(e, EPOLLIN), outer = watching(inner, EPOLLIN), good = 0;

	polling = 1;
	pthread_create(&p, NULL, poller, (void *)(long)outer);
	eventfd_write(e, 1);
	for (int i = 0; i < 300; i++) {
		heard = 0;
		pthread_create(&t, NULL, waiter, (void *)(long)inner);
		pthread_join(t, NULL);
		good += heard;
		if (heard != 1)
			break;
	}
	polling = 0;
	pthread_join(p, NULL);
	ok(good == 300, "who looks from outside hides nothing (%d of 300)", good);
	close(outer);
	close(inner);
	close(e);
}

static void exclusive(const char *what, int rd, int wr)
{
	pthread_t t[2];
	int ep[2];

	ep[0] = watching(rd, EPOLLIN | EPOLLEXCLUSIVE);
	ep[1] = watching(rd, EPOLLIN | EPOLLEXCLUSIVE);
	for (int i = 0; i < 2; i++) {
		unsigned long v = 1;

		start(t, 1, &ep[i], 1);
		write(wr, &v, 8);
		ok(soon_heard(1), "%s: the one that waits hears, epoll %d", what, i + 1);
		finish(t, 1);
		read(rd, &v, 8);
	}
	start(t, 2, ep, 2);
	eventfd_write(wr, 1);
	soon_heard(1);
	usleep(200000);
	ok(heard == 1, "%s: when both wait one hears (%d)", what, heard);
	eventfd_write(wr, 1);
	ok(soon_heard(2), "%s: and the other of the next", what);
	finish(t, 2);
	close(ep[0]);
	close(ep[1]);
}

static void exclusive_forms(void)
{
	static const unsigned int bad[] = { EPOLLONESHOT, EPOLLRDHUP, EPOLLPRI, EPOLLRDNORM };
	int e = eventfd(0, 0), ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(watch(ep, e, EPOLLIN | EPOLLEXCLUSIVE | bad[i]) == -1 && errno == EINVAL,
		   "EPOLLEXCLUSIVE does not go with %#x", bad[i]);
	ok(!watch(ep, e, EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLEXCLUSIVE), "but with these");
	ok(epoll_ctl(ep, EPOLL_CTL_MOD, e, &ev) == -1 && errno == EINVAL, "and is not modified");
	close(ep);
	close(e);
}

int main(void)
{
	int s[2], p[2], e = eventfd(0, 0);

	tap_limit(120);
	exclusive_forms();
	exclusive("eventfd", e, e);
	pipe(p);
	exclusive("pipe", p[0], p[1]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	exclusive("socket", s[0], s[1]);
	beside_a_poller();
	return tap_done();
}
