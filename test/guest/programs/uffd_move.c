// SPDX-License-Identifier: MIT
/*
 * userfaultfd: UFFDIO_MOVE, pages that change their place without being copied.
 */
#define _GNU_SOURCE
#include "uffd.h"

#include <sys/wait.h>

static void move(void)
{
	int fd = u_new(U_FEATURE_MOVE), other = u_new(0), status;
	char *p = area(8), *s = area(8), *sh;
	struct toucher *t;
	pid_t pid;

	sh = mmap(NULL, 2 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u_register(fd, p, 8 * PG, MISSING);
	for (int i = 0; i < 8; i++)
		*(uint64_t *)(s + i * PG) = 100 + i;
	t = touch_begin(p, 0, 0);
	ok(u_fault(fd, p, 0), "a fault");
	gives(0, u_move(fd, p, s, PG, 0));
	gives(PG, u_done);
	gives(100, touch_end(t));
	gives(0, peek(s));
	gives(-EEXIST, u_move(fd, p, s + PG, PG, 0));
	gives(-EEXIST, u_done);
	madvise(s, PG, MADV_DONTNEED);
	gives(-ENOENT, u_move(fd, p + PG, s, PG, 0));
	gives(-ENOENT, u_done);
	gives(0, u_move(fd, p + PG, s, PG, 2));
	gives(PG, u_done);
	gives(-EAGAIN, u_move(fd, p + PG, s + 7 * PG, 2 * PG, 0) == -EINVAL ? -EAGAIN : 0);
	gives(-EINVAL, u_done);
	gives(0, peek(s));
	gives(0, u_move(fd, p + PG, s, PG, 0));
	gives(0, peek(p + PG));
	gives(0, poke(p + PG, 5));
	madvise(s + 3 * PG, PG, MADV_DONTNEED);
	gives(-EAGAIN, u_move(fd, p + 2 * PG, s + 2 * PG, 3 * PG, 0));
	gives(PG, u_done);
	gives(102, peek(p + 2 * PG));
	gives(-EINVAL, u_move(fd, p + 3 * PG, s + 4 * PG, PG, 4));
	gives(77, u_done);
	gives(-EINVAL, u_move(fd, p + 3 * PG, s + 4 * PG, 0, 0));
	gives(-EINVAL, u_move(fd, p + 3 * PG, s + 4 * PG + 1, PG, 0));
	gives(-EFAULT, RESULT(ioctl(fd, U_IOC_MOVE, 8)));
	gives(-EINVAL, u_move(other, p + 3 * PG, s + 4 * PG, PG, 0));
	gives(-EINVAL, u_move(fd, s, p, PG, 0));
	gives(-EINVAL, u_move(fd, p + 3 * PG, sh, PG, 0));
	mprotect(s + 4 * PG, PG, PROT_READ);
	gives(-EINVAL, u_move(fd, p + 3 * PG, s + 4 * PG, PG, 0));
	mprotect(s + 4 * PG, PG, RW);
	mlock(s + 5 * PG, PG);
	gives(-EINVAL, u_move(fd, p + 3 * PG, s + 5 * PG, PG, 0));
	munlock(s + 5 * PG, PG);
	gives(-ENOENT, u_move(fd, p + 3 * PG, (void *)0x70000000, PG, 0));
	gives(-ENOENT, u_done);
	pid = fork();
	if (!pid) {
		status = u_move(fd, p + 3 * PG, s + 4 * PG, PG, 0) == -EINVAL;
		pause();
		_exit(status);
	}
	usleep(20000);
	gives(-EBUSY, u_move(fd, p + 3 * PG, s + 4 * PG, PG, 0));
	gives(-EBUSY, u_done);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	gives(0, poke(s + 4 * PG, 7));
	gives(0, u_move(fd, p + 3 * PG, s + 4 * PG, PG, 0));
	gives(7, peek(p + 3 * PG));
	gives(0, u_move(fd, p + 4 * PG, p + 3 * PG, PG, 1));
	gives(7, peek(p + 4 * PG));
	t = touch_begin(p + 3 * PG, 0, 0);
	ok(u_fault(fd, p + 3 * PG, 0), "what was moved out of a registered area is missing there");
	gives(0, u_zero(fd, p + 3 * PG, PG, 0));
	gives(0, touch_end(t));
	close(fd);
	close(other);
	munmap(p, 8 * PG);
	munmap(s, 8 * PG);
}

int main(void)
{
	tap_limit(60);
	catch_faults();
	move();
	return tap_done();
}
