// SPDX-License-Identifier: MIT
/*
 * userfaultfd beyond missing pages: minor faults, and pages that are poisoned.
 */
#define _GNU_SOURCE
#include "uffd.h"

#include <sys/wait.h>

/* ---- CONTINUE ---- */

static void minor(void)
{
	int fd = u_new(UFFD_FEATURE_MINOR_SHMEM), mem = memfd_create("m", 0);
	char *p, *q, *own;
	struct toucher *t;
	struct uffd_msg m;

	ftruncate(mem, 8 * PG);
	p = mmap(NULL, 10 * PG, RW, MAP_SHARED, mem, 0);
	q = mmap(NULL, 8 * PG, RW, MAP_SHARED, mem, 0);
	own = mmap(NULL, 8 * PG, RW, MAP_PRIVATE, mem, 0);
	gives(0x1bc, u_register(fd, p, 10 * PG, MINOR));
	gives(1, has_vmflag(p, " ui"));
	*(uint64_t *)q = 5;
	t = touch_begin(p, 1, 6);
	ok(u_next(fd, &m) && m.event == UFFD_EVENT_PAGEFAULT && m.arg.pagefault.address == (uintptr_t)p &&
	   m.arg.pagefault.flags == (UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_MINOR),
	   "a page that is there, but not mapped: a minor fault, %#llx", m.arg.pagefault.flags);
	*(uint64_t *)(q + 8) = 9;
	gives(0, u_continue(fd, p, PG, 0));
	gives(PG, u_done);
	gives(6, touch_end(t));
	ok(*(uint64_t *)(p + 8) == 9 && *(uint64_t *)q == 6, "CONTINUE maps the page itself");
	gives(-EEXIST, u_continue(fd, p, PG, 0));
	gives(-EEXIST, u_done);
	gives(-EFAULT, u_continue(fd, p + PG, PG, 0));
	gives(0, peek(p + PG));
	gives(0, u_poll(fd));
	gives(-EINVAL, u_continue(fd, p + 8 * PG, PG, 0));
	gives(-SIGBUS, peek(p + 8 * PG));
	q[2 * PG] = q[3 * PG] = 1;
	gives(-EAGAIN, u_continue(fd, p + 2 * PG, 4 * PG, 0));
	gives(2 * PG, u_done);
	gives(1, peek(p + 3 * PG));
	gives(-EINVAL, u_continue(fd, p, PG, 4));
	gives(77, u_done);
	gives(-EINVAL, u_continue(fd, p, PG, 2));
	gives(-EINVAL, u_done);
	gives(-EINVAL, u_continue(fd, p, 0, 0));
	gives(-EFAULT, RESULT(ioctl(fd, UFFDIO_CONTINUE, 8)));
	gives(0, madvise(p, PG, MADV_DONTNEED));
	t = touch_begin(p, 0, 0);
	ok(u_next(fd, &m) && m.arg.pagefault.flags == UFFD_PAGEFAULT_FLAG_MINOR, "a minor read");
	gives(0, u_continue(fd, p, PG, UFFDIO_CONTINUE_MODE_DONTWAKE));
	usleep(20000);
	gives(0, t->done);
	gives(0, u_wake(fd, p, PG));
	gives(6, touch_end(t));

	gives(0x1bc, u_register(fd, own, 8 * PG, MINOR | MISSING));
	ok(has_vmflag(own, " um") == 1 && has_vmflag(own, " ui") == 1, "both at once");
	t = touch_begin(own, 0, 0);
	ok(u_next(fd, &m) && m.arg.pagefault.flags == UFFD_PAGEFAULT_FLAG_MINOR, "of a private mapping");
	gives(0, u_continue(fd, own, PG, 0));
	gives(6, touch_end(t));
	gives(0, poke(own, 8));
	ok(peek(q) == 6 && peek(own) == 8, "what CONTINUE mapped privately is copied when written");
	t = touch_begin(own + 4 * PG, 0, 0);
	ok(u_next(fd, &m) && m.arg.pagefault.flags == 0, "a hole is missing");
	gives(0, u_copy(fd, own + 4 * PG, page_of(3), PG, 0));
	gives(3, touch_end(t));
	gives(0x13c, u_register(fd, own, 8 * PG, MISSING));
	gives(1, has_vmflag(own, " ui"));
	own = area(1);
	u_register(fd, own, PG, MISSING);
	gives(-EINVAL, u_continue(fd, own, PG, 0));
	gives(-EINVAL, u_done);
	close(fd);
	close(mem);
	munmap(p, 10 * PG);
	munmap(q, 8 * PG);
}

/* ---- POISON ---- */

static void poison(void)
{
	int fd = u_new(U_FEATURE_POISON), mem = memfd_create("m", 0), status, pipes[2];
	char *p = area(8), *q;
	struct toucher *t;
	pid_t pid;

	ftruncate(mem, 2 * PG);
	q = mmap(NULL, 4 * PG, RW, MAP_SHARED, mem, 0);
	u_register(fd, p, 8 * PG, MISSING);
	u_register(fd, q, 4 * PG, MISSING);
	t = touch_begin(p, 0, 0);
	ok(u_fault(fd, p, 0), "a fault");
	gives(0, u_poison(fd, p, PG, 0));
	gives(PG, u_done);
	gives(-SIGBUS, touch_end(t));
	gives(-SIGBUS, poke(p, 1));
	gives(-SIGBUS, peek(p));
	gives(0, u_poll(fd));
	gives(-EEXIST, u_poison(fd, p, PG, 0));
	gives(-EEXIST, u_done);
	gives(-EINVAL, u_poison(fd, p, PG, 2));
	gives(77, u_done);
	gives(-EINVAL, u_poison(fd, p, 0, 0));
	gives(-EFAULT, RESULT(ioctl(fd, U_IOC_POISON, 8)));
	gives(-EEXIST, u_zero(fd, p, PG, 0));
	pipe(pipes);
	gives(-EFAULT, RESULT(write(pipes[1], p, 8)));
	pid = fork();
	if (!pid)
		_exit(-peek(p));
	waitpid(pid, &status, 0);
	gives(SIGBUS, WEXITSTATUS(status));
	gives(0, mprotect(p, PG, PROT_READ));
	gives(-SIGBUS, peek(p));
	gives(0, mprotect(p, PG, RW));
	gives(0, madvise(p, PG, MADV_PAGEOUT));
	gives(0, madvise(p, PG, MADV_WILLNEED));
	gives(-SIGBUS, peek(p));
	ok(strstr(slurp("/proc/self/status"), "VmSwap:\t       0 kB") != NULL, "it is not counted as swapped");
	gives(0, u_copy(fd, p, page_of(2), PG, 0));
	gives(2, peek(p));
	gives(0, u_poison(fd, p + PG, 2 * PG, 0));
	gives(0, madvise(p + PG, 2 * PG, MADV_FREE));
	t = touch_begin(p + PG, 0, 0);
	ok(u_fault(fd, p + PG, 0), "MADV_FREE takes it away");
	gives(0, u_zero(fd, p + PG, PG, 0));
	gives(0, touch_end(t));
	gives(0, u_poison(fd, p + 2 * PG, 2 * PG, 0));
	gives(0, madvise(p + 2 * PG, PG, MADV_DONTNEED));
	t = touch_begin(p + 2 * PG, 0, 0);
	ok(u_fault(fd, p + 2 * PG, 0), "MADV_DONTNEED too");
	gives(0, u_zero(fd, p + 2 * PG, PG, 0));
	gives(0, touch_end(t));
	gives(-SIGBUS, peek(p + 3 * PG));

	gives(0, u_poison(fd, q, PG, 0));
	gives(-SIGBUS, peek(q));
	gives(-EFAULT, u_poison(fd, q + 2 * PG, PG, 0));
	ftruncate(mem, 0);
	ftruncate(mem, 2 * PG);
	t = touch_begin(q, 0, 0);
	ok(u_fault(fd, q, 0), "truncation takes it from shared memory");
	gives(0, u_zero(fd, q, PG, 0));
	gives(0, touch_end(t));
	close(fd);
	gives(-SIGBUS, peek(p + 3 * PG));
	gives(0, munmap(p, 8 * PG));
	munmap(q, 4 * PG);
}

int main(void)
{
	tap_limit(60);
	catch_faults();
	minor();
	poison();
	return tap_done();
}
