// SPDX-License-Identifier: MIT
/*
 * epolls: many who wait in one epoll, or in an epoll of an epoll: how many are told of one event;
 * and what is an edge, and what is not.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "tap.h"

#define WAITERS         3
#define LIMIT_MS        4000

static int told;
static struct timespec began;

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* A call that ran into its limit looks once more, and would find the event then. */
static void tell_if_in_time(int n)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (n == 1 && (t.tv_sec - began.tv_sec) * 1000 + (t.tv_nsec - began.tv_nsec) / 1000000 <
		      LIMIT_MS - 1000)
		__atomic_fetch_add(&told, 1, __ATOMIC_SEQ_CST);
}

static void *wait_in(void *ep)
{
	struct epoll_event ev;

	tell_if_in_time(epoll_wait(*(int *)ep, &ev, 1, LIMIT_MS));
	return NULL;
}

static void *poll_it(void *ep)
{
	struct pollfd p = { *(int *)ep, POLLIN, 0 };

	tell_if_in_time(poll(&p, 1, LIMIT_MS));
	return NULL;
}

static void watch(int ep, int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		ok(0, "EPOLL_CTL_ADD");
}

/* Of the threads that are in @how with @ep, how many a byte in a pipe brings out. */
static int told_of_byte(void *(*how)(void *), int *ep, int to)
{
	pthread_t t[WAITERS];

	told = 0;
	clock_gettime(CLOCK_MONOTONIC, &began);
	for (int i = 0; i < WAITERS; i++)
		pthread_create(&t[i], NULL, how, ep);
	sleep_ms(300);
	write(to, "x", 1);
	for (int i = 0; i < WAITERS; i++)
		pthread_join(t[i], NULL);
	return told;
}

/* The same of an epoll that watches the pipe for @events, or, @outer, one that watches that. */
static void many(int want, void *(*how)(void *), unsigned int events, unsigned int outer,
		 const char *claim)
{
	int inner = epoll_create1(0), ep = outer ? epoll_create1(0) : inner, p[2], n;

	pipe(p);
	watch(inner, p[0], events);
	if (outer)
		watch(ep, inner, outer);
	n = told_of_byte(how, &ep, p[1]);
	ok(n == want, "%s: %d of %d threads", claim, n, WAITERS);
	close(p[0]);
	close(p[1]);
	close(inner);
	if (outer)
		close(ep);
}

static int ready(int ep)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, 0);
}

static void edges_of_pipes(int ep)
{
	char c[4];
	int p[2];

	pipe(p);
	watch(ep, p[0], EPOLLIN | EPOLLET);
	write(p[1], "ab", 2);
	ok(ready(ep) == 1, "an edge: bytes came");
	read(p[0], c, 1);
	ok(ready(ep) == 0, "none: some of them were read");
	write(p[1], "c", 1);
	ok(ready(ep) == 1, "an edge: one more byte came");
	close(p[0]);
	close(p[1]);
	pipe(p);
	watch(ep, p[1], EPOLLOUT | EPOLLET);
	ok(ready(ep) == 1, "an edge: a pipe that has room is watched");
	write(p[1], "ab", 2);
	read(p[0], c, 2);
	ok(ready(ep) == 0, "none: it had room all the time");
	close(p[0]);
	close(p[1]);
}

static void edges_of_sockets(int ep, int type)
{
	char c[8];
	int s[2];

	socketpair(AF_UNIX, type, 0, s);
	watch(ep, s[0], EPOLLIN | EPOLLET);
	write(s[1], "abc", 3);
	write(s[1], "abc", 3);
	ok(ready(ep) == 1, "an edge: two messages came");
	read(s[0], c, 1);
	ok(ready(ep) == 0, "none: some was read");
	read(s[0], c, 6);
	write(s[0], "abc", 3);
	ok(ready(ep) == 0, "none: the rest was, and something sent");
	close(s[0]);
	close(s[1]);
}

static void edges_of_counters(int ep)
{
	int e = eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK);
	unsigned long v;

	watch(ep, e, EPOLLIN | EPOLLET);
	ok(ready(ep) == 1, "an edge: a semaphore that is up is watched");
	read(e, &v, 8);
	ok(ready(ep) == 0, "none: it was taken, and is still up");
	v = 1;
	write(e, &v, 8);
	ok(ready(ep) == 1, "an edge: it was given");
	close(e);
	e = eventfd(0, EFD_NONBLOCK);
	watch(ep, e, EPOLLOUT | EPOLLET);
	ok(ready(ep) == 1, "an edge: a counter that may grow is watched");
	write(e, &v, 8);
	ok(ready(ep) == 0, "none: it grew, and still may");
	read(e, &v, 8);
	ok(ready(ep) == 1, "an edge: it was read");
	close(e);
}

int main(void)
{
	int ep;

	tap_limit(120);
	many(WAITERS, wait_in, EPOLLIN, 0, "level: whoever waits");
	many(1, wait_in, EPOLLIN | EPOLLET, 0, "edge: one");
	many(1, wait_in, EPOLLIN | EPOLLONESHOT, 0, "one shot: one");
	many(WAITERS, poll_it, EPOLLIN, 0, "level: whoever polls the epoll");
	many(WAITERS, wait_in, EPOLLIN, EPOLLIN, "level of a level: whoever waits in the outer");
	many(1, wait_in, EPOLLIN, EPOLLIN | EPOLLET, "edge of a level: one");
	many(WAITERS, poll_it, EPOLLIN, EPOLLIN, "level of a level: whoever polls the outer");

	ep = epoll_create1(0);
	edges_of_pipes(ep);
	edges_of_sockets(ep, SOCK_STREAM);
	edges_of_sockets(ep, SOCK_DGRAM);
	edges_of_counters(ep);
	return tap_done();
}
