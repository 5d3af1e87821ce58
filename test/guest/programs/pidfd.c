// SPDX-License-Identifier: MIT
/*
 * Descriptors for processes: opening, polling, signalling, waiting, taking another's files.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <linux/sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PIDFD_THREAD_   O_EXCL
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int open_pidfd(int pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static int send_sig(int fd, int sig, siginfo_t *info, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, info, flags);
}

static int getfd(int fd, int target, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_getfd, fd, target, flags);
}

static int ready(int fd, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout) == 1 ? p.revents : 0;
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

static void test_open(void)
{
	pid_t pid = sleeper();
	int fd = open_pidfd(pid, 0), fd2;
	char link[64], path[64];
	ssize_t n;

	ok(fd >= 0, "pidfd_open of a child");
	ok(fcntl(fd, F_GETFD) == FD_CLOEXEC, "it closes on exec");
	fails(EINVAL, open_pidfd(pid, 1));
	fails(EINVAL, open_pidfd(0, 0));
	fails(EINVAL, open_pidfd(-1, 0));
	fails(ESRCH, open_pidfd(4194300, 0));
	fd2 = open_pidfd(pid, O_NONBLOCK);
	ok(fd2 >= 0 && (fcntl(fd2, F_GETFL) & O_NONBLOCK), "PIDFD_NONBLOCK is O_NONBLOCK");
	close(fd2);
	fails(EINVAL, read(fd, path, 4));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	ok(!strcmp(link, "anon_inode:[pidfd]"), "its link says what it is");
	ok(!ready(fd, 0), "a living process is not ready");
	ok(!send_sig(fd, 0, NULL, 0), "signal 0 only asks");
	ok(!send_sig(fd, SIGKILL, NULL, 0), "SIGKILL through it");
	ok(ready(fd, 5000) == POLLIN, "an ended process is readable");
	ok(!send_sig(fd, SIGTERM, NULL, 0), "a zombie can be signalled");
	waitpid(pid, NULL, 0);
	ok(ready(fd, 0) == (POLLIN | POLLHUP), "a reaped one is hung up too");
	fails(ESRCH, send_sig(fd, SIGTERM, NULL, 0));
	fails(ESRCH, getfd(fd, 0, 0));
	close(fd);
}

static int show_fdinfo(int fd)
{
	char path[64], text[512], *at;
	int info, n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY);
	n = (int)read(info, text, sizeof(text) - 1);
	close(info);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, "\nPid:\t");
	return at ? atoi(at + 6) : -2;
}

static void test_wait(void)
{
	pid_t pid = sleeper();
	int fd = open_pidfd(pid, 0), nb = open_pidfd(pid, O_NONBLOCK), other = open_pidfd(getpid(), 0);
	siginfo_t si = { 0 };

	ok(show_fdinfo(fd) == pid, "fdinfo names the process");
	ok(waitid(P_PIDFD, (id_t)fd, &si, WEXITED | WNOHANG) == 0 && !si.si_pid,
	   "waitid(P_PIDFD, WNOHANG) of a living child: nothing yet");
	fails(EAGAIN, waitid(P_PIDFD, (id_t)nb, &si, WEXITED));
	fails(ECHILD, waitid(P_PIDFD, (id_t)other, &si, WEXITED));
	fails(EBADF, waitid(P_PIDFD, 999, &si, WEXITED));
	fails(EBADF, waitid(P_PIDFD, 1, &si, WEXITED));
	fails(EINVAL, waitid(P_PIDFD, (id_t)-1, &si, WEXITED));
	kill(pid, SIGKILL);
	ok(waitid(P_PIDFD, (id_t)fd, &si, WEXITED | WNOWAIT) == 0 && si.si_pid == pid &&
	   si.si_code == CLD_KILLED && si.si_status == SIGKILL, "waitid(P_PIDFD) tells of its end");
	ok(waitid(P_PIDFD, (id_t)fd, &si, WEXITED) == 0 && si.si_pid == pid, "and reaps it");
	fails(ECHILD, waitid(P_PIDFD, (id_t)fd, &si, WEXITED));
	ok(show_fdinfo(fd) == -1, "fdinfo of a reaped process: -1");
	close(fd);
	close(nb);
	close(other);
}

static volatile sig_atomic_t got_code, got_value, got_tid;

static void note(int sig, siginfo_t *si, void *uc)
{
	got_code = si->si_code;
	got_value = si->si_value.sival_int;
	got_tid = (int)syscall(SYS_gettid);
}

static void *thread_main(void *arg)
{
	int *p = arg;

	p[0] = (int)syscall(SYS_gettid);
	write(p[1], "x", 1);
	while (!got_tid)
		usleep(1000);
	return NULL;
}

static void test_signals(void)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	siginfo_t si = { 0 };
	pid_t pid = sleeper();
	int self = open_pidfd(getpid(), 0), child = open_pidfd(pid, 0), pipes[2], arg[2], tfd, dir;
	char c;
	pthread_t th;

	sigaction(SIGUSR1, &sa, NULL);
	si.si_signo = SIGUSR1;
	si.si_code = SI_QUEUE;
	si.si_value.sival_int = 42;
	ok(!send_sig(self, SIGUSR1, &si, 0) && got_code == SI_QUEUE && got_value == 42,
	   "siginfo arrives as it was sent");
	fails(EINVAL, send_sig(self, SIGUSR2, &si, 0));
	fails(EINVAL, send_sig(self, 65, NULL, 0));
	fails(EINVAL, send_sig(self, SIGUSR1, NULL, 3));
	fails(EINVAL, send_sig(self, SIGUSR1, NULL, 8));
	fails(EFAULT, send_sig(self, SIGUSR1, (void *)8, 0));
	fails(EBADF, send_sig(0, 0, NULL, 0));
	fails(EBADF, send_sig(999, 0, NULL, 0));
	si.si_code = SI_USER;
	fails(EPERM, send_sig(child, SIGUSR1, &si, 0));
	ok(!send_sig(self, SIGUSR1, &si, 0) && got_code == SI_USER, "to oneself any code");
	ok(!send_sig(self, SIGUSR1, NULL, 0) && got_code == SI_USER, "without siginfo: SI_USER");

	dir = open("/proc/self", O_RDONLY | O_DIRECTORY);
	got_code = 77;
	ok(!send_sig(dir, SIGUSR1, NULL, 0) && got_code == SI_USER, "/proc/PID is as good as a pidfd");
	fails(EBADF, waitid(P_PIDFD, (id_t)dir, &si, WEXITED));
	close(dir);

	got_tid = 0;
	ok(pipe(pipes) == 0, "a pipe");
	arg[1] = pipes[1];
	pthread_create(&th, NULL, thread_main, arg);
	ok(read(pipes[0], &c, 1) == 1, "a thread runs");
	fails(EINVAL, open_pidfd(arg[0], 0));
	tfd = open_pidfd(arg[0], PIDFD_THREAD_);
	ok(tfd >= 0, "PIDFD_THREAD opens a thread");
	ok(!ready(tfd, 0), "which lives");
	ok(!send_sig(tfd, SIGUSR1, NULL, 0), "a signal to it");
	pthread_join(th, NULL);
	ok(got_tid == arg[0] && got_code == SI_TKILL, "only the thread takes it, with SI_TKILL");
	ok(ready(tfd, 5000) == (POLLIN | POLLHUP), "a thread that is gone is hung up");
	close(tfd);

	setpgid(pid, pid);
	ok(!send_sig(child, SIGKILL, NULL, 4), "to the process' group");
	waitpid(pid, NULL, 0);
	fails(ESRCH, send_sig(child, 0, NULL, 4));
	close(self);
	close(child);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_getfd(void)
{
	int p[2], q[2], fd, taken;
	char c = 0;
	pid_t pid;

	ok(pipe(p) == 0 && pipe(q) == 0, "pipes");
	pid = fork();
	if (!pid) {
		int r[2];

		if (pipe(r) || dup2(r[1], 200) < 0)
			_exit(1);
		write(q[1], "r", 1);
		if (read(r[0], &c, 1) == 1 && c == 'z')
			_exit(7);
		_exit(1);
	}
	ok(read(q[0], &c, 1) == 1, "the child is ready");
	fd = open_pidfd(pid, 0);
	fails(EINVAL, getfd(fd, 200, 1));
	fails(EBADF, getfd(fd, 201, 0));
	fails(EBADF, getfd(0, 200, 0));
	taken = getfd(fd, 200, 0);
	ok(taken >= 0 && fcntl(taken, F_GETFD) == FD_CLOEXEC, "a file of the child, close-on-exec");
	ok(write(taken, "z", 1) == 1, "is the same open file");
	int status = 0;
	ok(waitpid(pid, &status, 0) == pid && status == 7 << 8, "the child reads what was written");
	close(taken);
	close(fd);

	pid = sleeper();
	fd = open_pidfd(pid, 0);
	pid_t asker = fork();
	if (!asker) {
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(3);
		errno = 0;
		_exit(getfd(fd, 0, 0) == -1 && errno == EPERM && send_sig(fd, SIGTERM, NULL, 0) == -1 &&
		      errno == EPERM ? 0 : 1);
	}
	ok(waitpid(asker, &status, 0) == asker && status == 0,
	   "another user may neither take files nor signal: EPERM");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
}

static pid_t clone_with_pidfd(uint64_t flags, int *pidfd)
{
	struct clone_args args = { .flags = flags | CLONE_PIDFD, .pidfd = (uintptr_t)pidfd,
				   .exit_signal = SIGCHLD };

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static void test_clone(void)
{
	int fd = -1, status;
	siginfo_t si = { 0 };
	struct clone_args bad = { .flags = CLONE_PIDFD, .pidfd = 8, .exit_signal = SIGCHLD };
	pid_t pid = clone_with_pidfd(0, &fd);

	if (!pid)
		_exit(5);
	ok(pid > 0 && fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "clone3 with CLONE_PIDFD");
	ok(ready(fd, 5000) == POLLIN, "its descriptor becomes readable");
	ok(!waitid(P_PIDFD, (id_t)fd, &si, WEXITED) && si.si_pid == pid && si.si_status == 5,
	   "and can be waited for");
	close(fd);
	fails(EFAULT, syscall(SYS_clone3, &bad, sizeof(bad)));
	bad.pidfd = bad.parent_tid = (uintptr_t)&fd;
	bad.flags = CLONE_PIDFD | CLONE_PARENT_SETTID;
	fails(EINVAL, syscall(SYS_clone3, &bad, sizeof(bad)));
	fd = -1;
	pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
	if (!pid)
		_exit(6);
	ok(pid > 0 && fd >= 0, "clone(2) gives the descriptor where parent_tid points");
	ok(waitpid(pid, &status, 0) == pid && status == 6 << 8, "its child ends");
	close(fd);
	fails(EINVAL, syscall(SYS_clone, CLONE_PIDFD | 0x400000 | SIGCHLD, 0, &fd, 0, 0));
	pid = clone_with_pidfd(CLONE_VFORK | CLONE_VM, &fd);
	if (!pid)
		_exit(9);
	ok(pid > 0 && ready(fd, 5000) == POLLIN, "with CLONE_VFORK it is there, too");
	waitpid(pid, NULL, 0);
	close(fd);
}

static void test_epoll_many(void)
{
	int ep = epoll_create1(0), fds[20], good = 1;
	pid_t pids[20];
	struct epoll_event ev = { .events = EPOLLIN };

	for (int i = 0; i < 20; i++) {
		pids[i] = sleeper();
		fds[i] = open_pidfd(pids[i], 0);
		ev.data.u32 = (uint32_t)i;
		epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev);
	}
	ok(epoll_wait(ep, &ev, 1, 0) == 0, "twenty living children: epoll has nothing");
	for (int i = 19; i >= 0; i--) {
		kill(pids[i], SIGKILL);
		good &= epoll_wait(ep, &ev, 1, 5000) == 1 && ev.data.u32 == (uint32_t)i;
		waitpid(pids[i], NULL, 0);
		close(fds[i]);
	}
	ok(good, "epoll tells of each child's end, one after the other");
	close(ep);
}

static void *exec_thread(void *arg)
{
	execl("/bin/sleep", "sleep", "0.3", NULL);
	_exit(1);
}

static void test_exec_by_thread(void)
{
	int fd, status;
	pid_t pid = fork();

	if (!pid) {
		pthread_t th;

		usleep(100000);
		pthread_create(&th, NULL, exec_thread, NULL);
		for (;;)
			pause();
	}
	fd = open_pidfd(pid, 0);
	usleep(250000);
	ok(!ready(fd, 0), "an exec by another thread does not end the process");
	ok(!send_sig(fd, 0, NULL, 0), "and the descriptor still names it");
	ok(ready(fd, 5000) == POLLIN, "until it ends");
	ok(waitpid(pid, &status, 0) == pid && !status, "with the status of the new program");
	close(fd);
}

int main(void)
{
	tap_limit(60);
	test_open();
	test_wait();
	test_signals();
	test_getfd();
	test_clone();
	test_epoll_many();
	test_exec_by_thread();
	return tap_done();
}
