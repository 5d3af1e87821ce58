// SPDX-License-Identifier: MIT
/*
 * ready: poll, select, epoll, and the descriptors made for them: eventfd and
 * timerfd.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static volatile int alarms;
static void on_alarm(int sig)
{
	alarms++;
}

static void catch_alarm(void)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &sa, NULL);
}

static void polling(void)
{
	struct pollfd p[3];
	int a[2], b[2], i, status;
	long t;
	sigset_t mask, empty;
	struct timespec ts = { 5, 0 };

	pipe(a);
	pipe(b);
	p[0] = (struct pollfd){ a[0], POLLIN, 0x55 };
	p[1] = (struct pollfd){ b[0], POLLIN, 0 };
	p[2] = (struct pollfd){ -1, POLLIN, 0x55 };
	ok(poll(p, 3, 0) == 0 && p[0].revents == 0 && p[2].revents == 0, "nothing ready");
	t = now_ms();
	ok(poll(p, 2, 100) == 0, "a timeout");
	t = now_ms() - t;
	ok(t >= 99 && t < 2000, "of 100 ms (%ld)", t);
	if (!fork()) {
		usleep(50000);
		write(b[1], "x", 1);
		_exit(0);
	}
	ok(poll(p, 2, 5000) == 1 && p[1].revents == POLLIN && p[0].revents == 0,
	   "woken by the second");
	wait(&status);
	p[0].fd = 99;
	ok(poll(p, 1, 1000) == 1 && p[0].revents == POLLNVAL, "POLLNVAL");
	t = now_ms();
	ok(poll(NULL, 0, 50) == 0 && now_ms() - t >= 49, "poll of nothing sleeps");
	fails(EFAULT, syscall(SYS_ppoll, 8, 1, NULL, NULL, 0));
	p[0] = (struct pollfd){ a[0], POLLIN, 0 };
	catch_alarm();
	alarm(1);
	fails(EINTR, poll(p, 1, 5000));
	/* ppoll: the signal is let through only while it waits */
	sigemptyset(&empty);
	sigemptyset(&mask);
	sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	alarms = 0;
	raise(SIGALRM);
	ok(alarms == 0, "blocked");
	fails(EINTR, ppoll(p, 1, &ts, &empty));
	ok(alarms == 1, "ppoll lets it through");
	sigprocmask(SIG_BLOCK, NULL, &mask);
	ok(sigismember(&mask, SIGALRM), "and the mask is back");
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static void many_polls(void)
{
	static int fd[150][2];
	static struct pollfd p[300];
	int i, good = 1;

	for (i = 0; i < 150; i++) {
		if (pipe(fd[i]))
			good = 0;
		p[2 * i] = (struct pollfd){ fd[i][0], POLLIN, 0 };
		p[2 * i + 1] = (struct pollfd){ fd[i][1], POLLIN, 0 };
	}
	if (!fork()) {
		usleep(30000);
		write(fd[149][1], "x", 1);
		_exit(0);
	}
	ok(good && poll(p, 300, 5000) == 1 && p[298].revents == POLLIN, "poll of 300");
	wait(NULL);
	for (i = 0; i < 150; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
}

static void selecting(void)
{
	fd_set r, w, e;
	int p[2], n;
	struct timeval tv = { 0, 100000 };
	long t = now_ms();

	pipe(p);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(p[0], &r);
	ok(select(p[0] + 1, &r, NULL, NULL, &tv) == 0 && now_ms() - t >= 99, "select times out");
	ok(!FD_ISSET(p[0], &r), "with empty sets");
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	FD_SET(p[1], &e);
	ok(select(p[1] + 1, &r, &w, &e, NULL) == 1 && FD_ISSET(p[1], &w) && !FD_ISSET(p[0], &r),
	   "one can be written");
	write(p[1], "x", 1);
	FD_SET(p[0], &r);
	n = select(p[1] + 1, &r, &w, NULL, NULL);
	ok(n == 2 && FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w), "both ready count two");
	FD_SET(200, &r);
	fails(EBADF, select(201, &r, NULL, NULL, NULL));
	fails(EINVAL, select(-1, NULL, NULL, NULL, NULL));
	tv = (struct timeval){ 0, -1 };
	fails(EINVAL, select(0, NULL, NULL, NULL, &tv));
	close(p[0]);
	close(p[1]);
}

static void events(void)
{
	int e = eventfd(3, EFD_NONBLOCK), s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	unsigned long v;
	struct pollfd p = { e, POLLIN | POLLOUT, 0 };

	ok(read(e, &v, 8) == 8 && v == 3, "an eventfd is read whole");
	fails(EAGAIN, read(e, &v, 8));
	ok(poll(&p, 1, 0) == 1 && p.revents == POLLOUT, "empty: writable only");
	v = 5;
	ok(write(e, &v, 8) == 8 && write(e, &v, 8) == 8 && read(e, &v, 8) == 8 && v == 10,
	   "writes add");
	fails(EINVAL, read(e, &v, 4));
	v = ~0UL;
	fails(EINVAL, write(e, &v, 8));
	v = ~0UL - 1;
	ok(write(e, &v, 8) == 8, "up to the largest");
	v = 1;
	fails(EAGAIN, write(e, &v, 8));
	ok(poll(&p, 1, 0) == 1 && p.revents == POLLIN, "full: readable only");
	ok(read(s, &v, 8) == 8 && v == 1 && read(s, &v, 8) == 8 && v == 1,
	   "a semaphore gives ones");
	fails(EAGAIN, read(s, &v, 8));
	fails(EINVAL, eventfd(0, 0x1000));
	ok(lseek(e, 7, SEEK_SET) == 0, "seeking moves nothing");
	fails(ESPIPE, pread(e, &v, 8, 0));
	close(e);
	close(s);
}

static void timers(void)
{
	int t = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec it = { { 0, 20000000 }, { 0, 50000000 } }, old;
	struct timespec now;
	unsigned long n;
	long start = now_ms();

	fails(EINVAL, timerfd_create(55, 0));
	fails(0, timerfd_settime(t, 0, &it, NULL));
	ok(read(t, &n, 8) == 8 && n >= 1 && now_ms() - start >= 49, "first after 50 ms");
	usleep(100000);
	ok(read(t, &n, 8) == 8 && n >= 4 && n < 100, "then each 20 ms (%lu)", n);
	ok(timerfd_gettime(t, &old) == 0 && old.it_interval.tv_nsec == 20000000 &&
	   old.it_value.tv_nsec <= 20000000,
	   "gettime");
	it = (struct itimerspec){ { 0, 0 }, { 0, 0 } };
	ok(timerfd_settime(t, 0, &it, &old) == 0 && old.it_interval.tv_nsec == 20000000,
	   "disarmed, old told");
	fcntl(t, F_SETFL, O_NONBLOCK);
	fails(EAGAIN, read(t, &n, 8));
	clock_gettime(CLOCK_MONOTONIC, &now);
	it.it_value = (struct timespec){ now.tv_sec - 1, now.tv_nsec };
	fails(0, timerfd_settime(t, TFD_TIMER_ABSTIME, &it, NULL));
	usleep(20000);
	ok(read(t, &n, 8) == 8 && n == 1, "an absolute time that is past fires at once");
	it.it_value.tv_nsec = 2000000000;
	fails(EINVAL, timerfd_settime(t, 0, &it, NULL));
	fails(EINVAL, timerfd_settime(0, 0, &(struct itimerspec){ 0 }, NULL));
	it = (struct itimerspec){ { 0, 1 }, { 0, 1 } };
	timerfd_settime(t, 0, &it, NULL);
	usleep(20000);
	ok(read(t, &n, 8) == 8 && n > 1000000, "an interval of 1 ns counts, and stops no hart");
	close(t);
}

static volatile int replaced;
static int changing;

static void *replace_files(void *arg)
{
	for (long i = 0; i < 2000; i++) {
		int fd = eventfd(i & 1, 0);

		dup2(fd, changing);
		close(fd);
	}
	replaced = 1;
	return NULL;
}

/* What a poll waits for stays, though its descriptor becomes another file, and that is closed. */
static void poll_what_changes(void)
{
	struct pollfd p = { .events = POLLIN };
	pthread_t t;

	p.fd = changing = eventfd(0, 0);
	pthread_create(&t, NULL, replace_files, NULL);
	while (!replaced)
		poll(&p, 1, 1);
	pthread_join(t, NULL);
	ok(poll(&p, 1, 0) == 1, "a descriptor that changes while it is polled");
	close(changing);
}

static int add(int ep, int op, int fd, unsigned int events, unsigned long data)
{
	struct epoll_event ev = { .events = events, .data.u64 = data };

	return epoll_ctl(ep, op, fd, &ev);
}

static void epolls(void)
{
	struct epoll_event ev[8];
	int ep = epoll_create1(EPOLL_CLOEXEC), p[2], q[2], file, d, n;
	char c;
	long t;

	pipe(p);
	pipe(q);
	fails(EINVAL, epoll_create1(1));
	fails(0, add(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 7));
	fails(EEXIST, add(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 7));
	fails(ENOENT, add(ep, EPOLL_CTL_MOD, q[0], EPOLLIN, 7));
	fails(ENOENT, add(ep, EPOLL_CTL_DEL, q[0], 0, 0));
	fails(EBADF, add(ep, EPOLL_CTL_ADD, 99, EPOLLIN, 0));
	fails(EINVAL, add(ep, EPOLL_CTL_ADD, ep, EPOLLIN, 0));
	fails(EINVAL, add(ep, 9, p[0], EPOLLIN, 0));
	file = open("/etc/passwd", O_RDONLY);
	fails(EPERM, add(ep, EPOLL_CTL_ADD, file, EPOLLIN, 0));
	close(file);
	fails(EINVAL, epoll_wait(ep, ev, 0, 0));
	fails(EINVAL, epoll_wait(p[0], ev, 8, 0));
	ok(epoll_wait(ep, ev, 8, 0) == 0, "nothing yet");
	t = now_ms();
	ok(epoll_wait(ep, ev, 8, 60) == 0 && now_ms() - t >= 59, "a timeout");
	write(p[1], "ab", 2);
	ok(epoll_wait(ep, ev, 8, 1000) == 1 && ev[0].events == EPOLLIN && ev[0].data.u64 == 7,
	   "ready, with its data");
	ok(epoll_wait(ep, ev, 8, 0) == 1, "level: told again");
	fails(0, add(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 8));
	ok(epoll_wait(ep, ev, 8, 0) == 1 && ev[0].data.u64 == 8, "edge: told once");
	ok(epoll_wait(ep, ev, 8, 0) == 0, "edge: not again");
	write(p[1], "c", 1);
	ok(epoll_wait(ep, ev, 8, 0) == 1, "edge: new bytes are news");
	fails(0, add(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 9));
	ok(epoll_wait(ep, ev, 8, 0) == 1, "one shot");
	write(p[1], "c", 1);
	ok(epoll_wait(ep, ev, 8, 0) == 0, "one shot: then silence");
	fails(0, add(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 9));
	ok(epoll_wait(ep, ev, 8, 0) == 1, "until armed again");
	fails(0, add(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 1));
	fails(0, add(ep, EPOLL_CTL_ADD, q[0], EPOLLIN, 2));
	if (!fork()) {
		usleep(50000);
		write(q[1], "x", 1);
		_exit(0);
	}
	while (read(p[0], &c, 1) == 1 && epoll_wait(ep, ev, 8, 0) == 1)
		;
	n = epoll_wait(ep, ev, 8, 5000);
	ok(n == 1 && ev[0].data.u64 == 2, "woken by another process");
	wait(NULL);
	close(q[1]);
	ok(epoll_wait(ep, ev, 8, 0) == 1 && (ev[0].events & EPOLLHUP), "EPOLLHUP needs no asking");
	d = dup(q[0]);
	close(q[0]);
	ok(epoll_wait(ep, ev, 8, 0) == 1, "a dup keeps the file watched");
	close(d);
	ok(epoll_wait(ep, ev, 8, 0) == 0, "the last close takes it out");
	fails(0, add(ep, EPOLL_CTL_DEL, p[0], 0, 0));
	write(p[1], "x", 1);
	ok(epoll_wait(ep, ev, 8, 0) == 0, "deleted");
	close(p[0]);
	close(p[1]);
	close(ep);
}

static void nested(void)
{
	int outer = epoll_create1(0), inner = epoll_create1(0), p[2];
	struct epoll_event ev[2];
	struct pollfd pf = { outer, POLLIN, 0 };

	pipe(p);
	fails(0, add(inner, EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
	fails(0, add(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 2));
	ok(poll(&pf, 1, 0) == 0, "nothing");
	if (!fork()) {
		usleep(30000);
		write(p[1], "x", 1);
		_exit(0);
	}
	ok(poll(&pf, 1, 5000) == 1 && pf.revents == POLLIN,
	   "poll of an epoll of an epoll of a pipe");
	ok(epoll_wait(outer, ev, 2, 0) == 1 && ev[0].data.u64 == 2, "the outer tells of the inner");
	ok(epoll_wait(inner, ev, 2, 0) == 1 && ev[0].data.u64 == 1, "the inner of the pipe");
	fails(ELOOP, add(inner, EPOLL_CTL_ADD, outer, EPOLLIN, 3));
	wait(NULL);
	close(p[0]);
	close(p[1]);
	close(inner);
	close(outer);
}

static int shared_pipe[2];

static void *closer(void *arg)
{
	usleep(50000);
	write(shared_pipe[1], "x", 1);
	return NULL;
}

static void threads(void)
{
	pthread_t t;
	struct pollfd p;
	fd_set r;

	pipe(shared_pipe);
	p = (struct pollfd){ shared_pipe[0], POLLIN, 0 };
	pthread_create(&t, NULL, closer, NULL);
	ok(poll(&p, 1, 5000) == 1, "poll with a shared table");
	pthread_join(t, NULL);
	FD_ZERO(&r);
	FD_SET(shared_pipe[0], &r);
	ok(select(shared_pipe[0] + 1, &r, NULL, NULL, NULL) == 1, "select too");
}

int main(void)
{
	tap_limit(60);
	polling();
	tap_limit(60);
	many_polls();
	selecting();
	events();
	timers();
	epolls();
	nested();
	threads();
	poll_what_changes();
	return tap_done();
}
