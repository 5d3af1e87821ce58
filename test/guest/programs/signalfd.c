// SPDX-License-Identifier: MIT
/*
 * signalfd: signals read from a descriptor, in every form they arrive in.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static int make(int fd, int sig1, int sig2, int flags)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig1);
	if (sig2)
		sigaddset(&set, sig2);
	return signalfd(fd, &set, flags);
}

static int ready(int fd, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, timeout) == 1 ? p.revents : 0;
}

static void block_all(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void test_create(void)
{
	sigset_t set;
	int fd;

	sigfillset(&set);
	fails(EINVAL, syscall(SYS_signalfd4, -1, &set, 4, 0));
	fails(EINVAL, syscall(SYS_signalfd4, -1, &set, 8, 1));
	fails(EFAULT, syscall(SYS_signalfd4, -1, 8, 8, 0));
	fails(EBADF, syscall(SYS_signalfd4, 999, &set, 8, 0));
	fails(EINVAL, syscall(SYS_signalfd4, 0, &set, 8, 0));
	fd = make(-1, SIGUSR1, 0, SFD_CLOEXEC | SFD_NONBLOCK);
	ok(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_NONBLOCK),
	   "SFD_CLOEXEC and SFD_NONBLOCK");
	close(fd);
}

static void test_kinds(void)
{
	struct signalfd_siginfo si[4];
	int fd = make(-1, SIGUSR1, SIGRTMIN, SFD_NONBLOCK), status;
	union sigval v = { .sival_int = 1234 };
	char text[512], path[64];
	pid_t pid;
	ssize_t n;

	fails(EAGAIN, read(fd, si, sizeof(si)));
	fails(EINVAL, read(fd, si, 127));
	fails(EINVAL, write(fd, si, 128));
	ok(!ready(fd, 0), "nothing waits");
	kill(getpid(), SIGUSR1);
	ok(ready(fd, 0) == POLLIN, "readable once a signal waits");
	ok(read(fd, si, sizeof(si)) == 128 && si[0].ssi_signo == SIGUSR1 && si[0].ssi_code == SI_USER &&
	   si[0].ssi_pid == (uint32_t)getpid() && si[0].ssi_uid == getuid(), "kill(2): who sent it");
	ok(!ready(fd, 0), "what was read waits no longer");
	sigqueue(getpid(), SIGRTMIN, v);
	v.sival_int = 5678;
	sigqueue(getpid(), SIGRTMIN, v);
	kill(getpid(), SIGUSR1);
	ok(read(fd, si, sizeof(si)) == 3 * 128 && si[0].ssi_signo == SIGUSR1 && si[1].ssi_int == 1234 &&
	   si[1].ssi_code == SI_QUEUE && si[2].ssi_int == 5678,
	   "one read takes several, the lowest number first, queued ones in order");

	ok(make(fd, SIGCHLD, SIGALRM, 0) == fd, "the mask of a descriptor can be changed");
	pid = fork();
	if (!pid)
		_exit(3);
	ok(ready(fd, 5000) == POLLIN && read(fd, si, sizeof(si)) == 128 && si[0].ssi_signo == SIGCHLD &&
	   si[0].ssi_code == CLD_EXITED && si[0].ssi_status == 3 && si[0].ssi_pid == (uint32_t)pid,
	   "SIGCHLD tells who ended, and how");
	waitpid(pid, &status, 0);

	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM, .sigev_value = { 77 } };
	struct itimerspec its = { .it_value = { 0, 1000000 } };
	timer_t timer;
	timer_create(CLOCK_MONOTONIC, &ev, &timer);
	timer_settime(timer, 0, &its, NULL);
	ok(ready(fd, 5000) == POLLIN && read(fd, si, sizeof(si)) == 128 && si[0].ssi_code == SI_TIMER &&
	   si[0].ssi_int == 77, "a timer's value arrives");
	timer_delete(timer);

	make(fd, SIGUSR1, 0, 0);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	int info = open(path, O_RDONLY);
	n = read(info, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	close(info);
	ok(strstr(text, "sigmask:\t0000000000000200\n") != NULL, "fdinfo shows the mask");
	close(fd);
}

static void *send_later(void *arg)
{
	usleep(100000);
	kill(getpid(), *(int *)arg);
	return NULL;
}

static volatile sig_atomic_t handled;

static void note(int sig)
{
	handled = sig;
}

static void test_blocking(void)
{
	struct signalfd_siginfo si;
	int fd = make(-1, SIGUSR2, 0, 0), sig = SIGUSR2, intr = SIGINT;
	struct sigaction sa = { .sa_handler = note };
	sigset_t set;
	pthread_t th;

	pthread_create(&th, NULL, send_later, &sig);
	ok(read(fd, &si, sizeof(si)) == 128 && si.ssi_signo == SIGUSR2, "read waits for the signal");
	pthread_join(th, NULL);
	pthread_create(&th, NULL, send_later, &sig);
	ok(ready(fd, 5000) == POLLIN, "poll waits for it");
	ok(read(fd, &si, sizeof(si)) == 128, "and it is there");
	pthread_join(th, NULL);

	sigaction(SIGINT, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	pthread_create(&th, NULL, send_later, &intr);
	ok(read(fd, &si, sizeof(si)) == -1 && errno == EINTR && handled == SIGINT,
	   "another signal's handler interrupts the read");
	pthread_join(th, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	close(fd);
}

static void test_thread_directed(void)
{
	struct signalfd_siginfo si;
	int fd = make(-1, SIGUSR1, 0, SFD_NONBLOCK);
	pid_t pid;
	int status;

	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
	ok(read(fd, &si, sizeof(si)) == 128 && si.ssi_code == SI_TKILL, "a thread reads what was sent to it");
	kill(getpid(), SIGUSR1);
	pid = fork();
	if (!pid)
		_exit(read(fd, &si, sizeof(si)) == -1 && errno == EAGAIN && !ready(fd, 0) ? 0 : 1);
	waitpid(pid, &status, 0);
	ok(status == 0, "a child that inherited the descriptor reads its own signals, not the parent's");
	ok(read(fd, &si, sizeof(si)) == 128, "which still wait for the parent");
	close(fd);
}

static void test_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN }, out;
	struct signalfd_siginfo si;
	int ep = epoll_create1(0), good = 1, sig = SIGUSR1;
	pthread_t th;

	for (int i = 0; i < 50; i++) {
		int fd = make(-1, SIGUSR1, 0, SFD_NONBLOCK);

		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		if (i % 10 == 0)
			pthread_create(&th, NULL, send_later, &sig);
		else
			kill(getpid(), SIGUSR1);
		good &= epoll_wait(ep, &out, 1, 5000) == 1;
		if (i % 10 == 0)
			pthread_join(th, NULL);
		good &= read(fd, &si, sizeof(si)) == 128;
		good &= epoll_wait(ep, &out, 1, 0) == 0;
		close(fd);
	}
	ok(good, "epoll tells of signals");
	close(ep);
}

/* A descriptor that outlives processes which polled it, and whose queue hung in their handlers. */
static void test_outlive(void)
{
	int fd = make(-1, SIGUSR1, 0, SFD_NONBLOCK), ep, good = 1, status;
	struct epoll_event ev = { .events = EPOLLIN };
	struct signalfd_siginfo si;

	for (int i = 0; i < 30; i++) {
		ep = epoll_create1(0);
		pid_t pid = fork();
		if (!pid) {
			epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		if (i % 2) {
			good &= epoll_wait(ep, &ev, 1, 0) == 0;
			kill(getpid(), SIGUSR1);
			good &= ready(fd, 0) == POLLIN && read(fd, &si, sizeof(si)) == 128;
		}
		close(ep);
	}
	ok(good, "thirty children that polled it and went away left nothing behind");
	close(fd);
}

int main(void)
{
	tap_limit(60);
	test_create();
	block_all();
	test_kinds();
	test_blocking();
	test_thread_directed();
	test_epoll();
	test_outlive();
	return tap_done();
}
