// SPDX-License-Identifier: MIT
/*
 * process_madvise and process_mrelease: one process sees to another's memory, by its pidfd.
 * What madvise does not know.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define PG 4096UL

static long process_madv(int pidfd, const struct iovec *v, size_t n, int advice, unsigned int flags)
{
	return syscall(SYS_process_madvise, pidfd, v, n, advice, flags);
}

static long mrelease(int pidfd, unsigned int flags)
{
	return syscall(SYS_process_mrelease, pidfd, flags);
}

/* A child that has @p's pages too, and waits to be killed. */
static pid_t sleeper(int *pidfd)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	*pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (*pidfd < 0)
		exit(2);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void advice(void)
{
	char *p = mmap(NULL, 8 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec two[2] = { { p, 2 * PG }, { p + 4 * PG, PG } }, hole[2], one = { p, PG };
	int fd, notpid = memfd_create("x", 0);
	pid_t pid;

	memset(p, 7, 8 * PG);
	munmap(p + 6 * PG, PG);
	pid = sleeper(&fd);

	ok(process_madv(fd, two, 2, MADV_COLD, 0) == (long)(3 * PG), "MADV_COLD: as many bytes as were advised");
	ok(process_madv(fd, two, 2, MADV_PAGEOUT, 0) == (long)(3 * PG), "MADV_PAGEOUT");
	ok(process_madv(fd, two, 2, MADV_WILLNEED, 0) == (long)(3 * PG), "MADV_WILLNEED");
	ok(process_madv(fd, two, 0, MADV_COLD, 0) == 0, "nothing is advised");
	fails(EINVAL, process_madv(fd, two, 2, MADV_COLD, 1));
	fails(EBADF, process_madv(-1, two, 2, MADV_COLD, 0));
	fails(EBADF, process_madv(notpid, two, 2, MADV_COLD, 0));
	fails(EINVAL, process_madv(fd, two, 1025, MADV_COLD, 0));
	fails(EFAULT, process_madv(fd, (void *)8, 2, MADV_COLD, 0));
	fails(EINVAL, process_madv(fd, two, 2, MADV_DONTNEED, 0));
	fails(EINVAL, process_madv(fd, two, 2, MADV_FREE, 0));
	fails(EINVAL, process_madv(fd, two, 2, 1000, 0));
	fails(EBADF, process_madv(-1, two, 2, 1000, 0));
	hole[0] = one;
	hole[1] = (struct iovec){ p + 5 * PG, 2 * PG };
	ok(process_madv(fd, hole, 2, MADV_COLD, 0) == (long)PG, "up to the piece that has a hole");
	fails(ENOMEM, process_madv(fd, hole + 1, 1, MADV_COLD, 0));
	hole[0] = (struct iovec){ p + 1, PG };
	fails(EINVAL, process_madv(fd, hole, 2, MADV_COLD, 0));
	hole[0] = (struct iovec){ p, -1UL };
	fails(EINVAL, process_madv(fd, hole, 2, MADV_COLD, 0));

	int status;
	pid_t user = fork();
	if (user == 0) {
		int bad = 0;

		if (setresuid(65534, 65534, 65534))
			_exit(2);
		bad |= process_madv(fd, two, 2, MADV_COLD, 0) != -1 || errno != EACCES;
		bad |= (process_madv(fd, two, 2, 1000, 0) != -1 || errno != EINVAL) << 1;
		_exit(bad);
	}
	waitpid(user, &status, 0);
	ok(status == 0, "another user's process may not be advised: EACCES (%x)", status);
	end(pid);
	fails(ESRCH, process_madv(fd, two, 2, MADV_COLD, 0));
	close(fd);

	fd = syscall(SYS_pidfd_open, getpid(), 0);
	ok(process_madv(fd, &one, 1, MADV_COLD, 0) == (long)PG, "one's own");
	fails(EINVAL, process_madv(fd, &one, 1, MADV_DONTNEED, 0));
	close(fd);
	close(notpid);
	ok(p[0] == 7 && p[4 * PG] == 7 && p[7 * PG] == 7, "no byte has changed");
}

static void unknown(void)
{
	char *p = mmap(NULL, 2 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fails(EINVAL, madvise(p, PG, 104));     /* 102, 103: guards.c */
	fails(EINVAL, madvise(p, PG, 26));
	fails(EINVAL, madvise(p, PG, 5));
	fails(EINVAL, madvise(p, PG, -1));
}

/* Killed, and not gone yet: its memory can be had at once.  Often it is faster. */
static int release_one(size_t size)
{
	int fd;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	long r, e;

	memset(p, 3, size);
	pid = sleeper(&fd);
	munmap(p, size);
	kill(pid, SIGKILL);
	r = mrelease(fd, 0);
	e = r ? errno : 0;
	waitpid(pid, NULL, 0);
	if (e)
		printf("# %ld\n", e);
	if (e && e != ESRCH)
		ok(0, "0, or gone already: %s", strerror(e));
	ok(mrelease(fd, 0) == -1 && errno == ESRCH, "when it has been waited for, it is gone");
	close(fd);
	return r == 0;
}

static void release(void)
{
	int fd, done = 0;
	pid_t pid = sleeper(&fd);

	fails(EINVAL, mrelease(fd, 0));
	fails(EINVAL, mrelease(fd, 1));
	fails(EBADF, mrelease(-1, 0));
	fails(EBADF, mrelease(0, 0));
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	fails(EINVAL, mrelease(fd, 0));
	kill(pid, SIGKILL);
	waitid(P_PID, pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	fails(ESRCH, mrelease(fd, 0));
	waitpid(pid, NULL, 0);
	close(fd);
	for (int i = 0; i < 10 && !done; i++)
		done = release_one(16 << 20);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		ok(done, "the memory of a process that is dying can be taken");
}

int main(void)
{
	tap_limit(60);
	advice();
	unknown();
	release();
	return tap_done();
}
