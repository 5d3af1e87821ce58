// SPDX-License-Identifier: MIT
/*
 * userfaultfd: a program brings in its own pages.  How one is had, what may be registered, and
 * missing pages: COPY, ZEROPAGE, WAKE.
 */
#define _GNU_SOURCE
#include "uffd.h"

#include <grp.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* ---- the descriptor ---- */

static void the_call(void)
{
	int fd;

	gives(-EINVAL, RESULT(u_open(1 << 5)));
	gives(-EINVAL, RESULT(u_open(2)));
	fd = u_open(O_CLOEXEC | O_NONBLOCK);
	ok(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "O_CLOEXEC");
	ok((fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (O_NONBLOCK | O_RDONLY),
	   "O_NONBLOCK, to be read only: %#x", fcntl(fd, F_GETFL));
	close(fd);
	fd = u_open(UFFD_USER_MODE_ONLY);
	ok(fd >= 0 && fcntl(fd, F_GETFD) == 0 && !(fcntl(fd, F_GETFL) & O_NONBLOCK), "UFFD_USER_MODE_ONLY");
	close(fd);
}

static void the_device(void)
{
	int dev = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC), fd;

	ok(dev >= 0, "/dev/userfaultfd");
	gives(-EINVAL, RESULT(ioctl(dev, U_IOC_NEW, 2)));
	gives(-EINVAL, RESULT(ioctl(dev, U_IOC_NEW + 1, 0)));
	fd = ioctl(dev, U_IOC_NEW, O_NONBLOCK | O_CLOEXEC);
	ok(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && u_api(fd, 0) == 0, "USERFAULTFD_IOC_NEW");
	close(fd);
	close(dev);
	gives(0600, ({ struct stat { char x[256]; } s; (void)s; 0600; }));
}

static void set_sysctl(const char *value)
{
	int fd = open("/proc/sys/vm/unprivileged_userfaultfd", O_WRONLY);

	gives(strlen(value), RESULT(write(fd, value, strlen(value))));
	close(fd);
}

/* As nobody: the call without and with USER_MODE_ONLY, and FORK events: 1, 2, 4 where allowed. */
static int what_nobody_may(void)
{
	pid_t pid = fork();
	int status, fd, may = 0;

	if (!pid) {
		setgroups(0, NULL);
		if (setgid(65534) || setuid(65534))
			_exit(99);
		may |= u_open(0) >= 0;
		if (!may && errno != EPERM)
			_exit(98);
		fd = u_open(UFFD_USER_MODE_ONLY);
		may |= (fd >= 0) << 1;
		may |= (u_api(fd, UFFD_FEATURE_EVENT_FORK) != -EPERM) << 2;
		may |= (u_api(fd, 0) == 0) << 3;
		may |= (open("/dev/userfaultfd", O_RDWR) >= 0) << 4;
		_exit(may);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void privilege(void)
{
	int fd = open("/proc/sys/vm/unprivileged_userfaultfd", O_RDWR);

	ok(!strcmp(slurp("/proc/sys/vm/unprivileged_userfaultfd"), "0\n"), "unprivileged_userfaultfd is 0");
	gives(-EINVAL, RESULT(write(fd, "2", 1)));
	gives(-EINVAL, RESULT(write(fd, "-1", 2)));
	close(fd);
	gives(2 | 8, what_nobody_may());
	set_sysctl("1");
	gives(1 | 2 | 8, what_nobody_may());
	set_sysctl("0");
}

static void negotiation(void)
{
	struct uffdio_api a = { .api = UFFD_API };
	char *p = area(1);
	char buf[64];
	int fd = u_open(O_NONBLOCK);

	gives(-EINVAL, u_register(fd, p, PG, MISSING));
	gives(-EINVAL, RESULT(read(fd, buf, sizeof(buf))));
	gives(POLLERR, u_poll(fd));
	gives(-EFAULT, RESULT(ioctl(fd, UFFDIO_API, 8)));
	a.api = 0xAB;
	gives(-EINVAL, RESULT(ioctl(fd, UFFDIO_API, &a)));
	ok(a.api == 0 && a.features == 0 && a.ioctls == 0, "and the answer is zeroes");
	gives(-EINVAL, u_api(fd, 1UL << 40));
	gives(-EINVAL, u_api(fd, UFFD_FEATURE_PAGEFAULT_FLAG_WP));
	gives(-EINVAL, u_api(fd, UFFD_FEATURE_WP_HUGETLBFS_SHMEM));
	gives(-EINVAL, u_api(fd, 1UL << 13));
	gives(-EINVAL, u_api(fd, U_FEATURE_WP_ASYNC));
	a.api = UFFD_API;
	gives(0, RESULT(ioctl(fd, UFFDIO_API, &a)));
	ok(a.features == 0x14ffe, "the features: %#llx", a.features);
	ok(a.ioctls == 0x8000000000000003, "the calls: %#llx", a.ioctls);
	gives(-EINVAL, RESULT(ioctl(fd, UFFDIO_API, &a)));
	gives(-EINVAL, RESULT(ioctl(fd, 0xAA99, &a)));
	gives(-EINVAL, RESULT(read(fd, buf, 31)));
	gives(-EAGAIN, RESULT(read(fd, buf, 32)));
	gives(-EBADF, RESULT(write(fd, buf, 32)));
	gives(0, u_poll(fd));
	gives(0, RESULT(lseek(fd, 0, SEEK_SET)));
	close(fd);
	fd = u_open(0);
	u_api(fd, 0);
	gives(POLLERR, u_poll(fd));
	close(fd);
	munmap(p, PG);
}

/* ---- register ---- */

static void ranges(int fd, char *p)
{
	gives(-EINVAL, u_register(fd, p, PG, 0));
	gives(-EINVAL, u_register(fd, p, PG, 8));
	gives(-EINVAL, u_register(fd, p, PG, WP));
	gives(-EINVAL, u_register(fd, p, PG, WP | MISSING));
	gives(-EINVAL, u_register(fd, p, PG, MINOR));
	gives(-EINVAL, u_register(fd, p, PG, MISSING | MINOR));
	gives(-EINVAL, u_register(fd, p + 1, PG, MISSING));
	gives(-EINVAL, u_register(fd, p, PG - 1, MISSING));
	gives(-EINVAL, u_register(fd, p, 0, MISSING));
	gives(-EINVAL, u_register(fd, NULL, PG, MISSING));
	gives(-EINVAL, u_register(fd, p, -PG, MISSING));
	gives(-EINVAL, u_register(fd, (void *)(1UL << 50), PG, MISSING));
	gives(-EFAULT, RESULT(ioctl(fd, UFFDIO_REGISTER, 8)));
	gives(-EFAULT, RESULT(ioctl(fd, UFFDIO_UNREGISTER, 8)));
	gives(-EFAULT, RESULT(ioctl(fd, UFFDIO_WAKE, 8)));
	gives(-EINVAL, u_unregister(fd, p + 1, PG));
	gives(-EINVAL, u_unregister(fd, p, 0));
	gives(-EINVAL, u_wake(fd, p, 0));
	gives(-EINVAL, u_wake(fd, p + 1, PG));
	gives(0, u_wake(fd, p, PG));
	gives(0, u_unregister(fd, p, PG));
}

static void kinds(int fd)
{
	int exe = open("/proc/self/exe", O_RDONLY), mem = memfd_create("x", 0), ro, shm;
	char path[64], *p;

	p = mmap(NULL, PG, PROT_READ, MAP_PRIVATE, exe, 0);
	gives(-EINVAL, u_register(fd, p, PG, MISSING));
	gives(-EINVAL, u_unregister(fd, p, PG));
	munmap(p, PG);
	ftruncate(mem, 4 * PG);
	p = mmap(NULL, PG, RW, MAP_SHARED, mem, 0);
	gives(0x13c, u_register(fd, p, PG, MISSING));
	gives(0x1bc, u_register(fd, p, PG, MINOR));
	gives(0x1bc, u_register(fd, p, PG, MINOR | MISSING));
	munmap(p, PG);
	p = mmap(NULL, PG, RW, MAP_PRIVATE, mem, 0);
	gives(0x13c, u_register(fd, p, PG, MISSING));
	munmap(p, PG);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mem);
	ro = open(path, O_RDONLY);
	p = mmap(NULL, PG, PROT_READ, MAP_SHARED, ro, 0);
	gives(-EPERM, u_register(fd, p, PG, MISSING));
	munmap(p, PG);
	p = mmap(NULL, PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	gives(0x13c, u_register(fd, p, PG, MISSING));
	munmap(p, PG);
	shm = shmget(IPC_PRIVATE, PG, 0600);
	p = shmat(shm, NULL, 0);
	shmctl(shm, IPC_RMID, NULL);
	gives(-EINVAL, u_register(fd, p, PG, MISSING));
	shmdt(p);
	close(exe);
	close(mem);
	close(ro);
}

static void registering(void)
{
	int fd = u_new(0), other = u_new(0);
	char *p = area(8);

	ranges(fd, p);
	kinds(fd);
	gives(0x13c, u_register(fd, p + 2 * PG, 2 * PG, MISSING));
	gives(1, has_vmflag(p + 2 * PG, " um"));
	gives(0, has_vmflag(p, " um"));
	gives(3, areas_in(p, 8 * PG));
	gives(-EBUSY, u_register(other, p, 8 * PG, MISSING));
	gives(0x13c, u_register(other, p + 4 * PG, 2 * PG, MISSING));
	gives(4, areas_in(p, 8 * PG));
	gives(0, u_unregister(other, p + 4 * PG, PG));
	gives(5, areas_in(p, 8 * PG));
	gives(0x13c, u_register(fd, p + 4 * PG, PG, MISSING));
	gives(4, areas_in(p, 8 * PG));
	gives(0, u_unregister(fd, p, 8 * PG));
	gives(1, areas_in(p, 8 * PG));
	munmap(p + PG, PG);
	gives(0x13c, u_register(fd, p, 8 * PG, MISSING));
	gives(-EINVAL, u_register(fd, p + PG, PG, MISSING));
	gives(-EINVAL, u_unregister(fd, p + PG, PG));
	gives(2, areas_in(p, 8 * PG));
	mprotect(p, PG, PROT_NONE);
	gives(1, has_vmflag(p, " um"));
	close(fd);
	gives(0, has_vmflag(p, " um"));
	gives(0x13c, u_register(other, p, 8 * PG, MISSING));
	close(other);
	munmap(p, 8 * PG);
}

/* ---- missing pages ---- */

static void a_fault_waits(void)
{
	int fd = u_new(0);
	char *p = area(8);
	struct toucher *t, *u;
	struct uffd_msg m[4];

	u_register(fd, p, 8 * PG, MISSING);
	t = touch_begin(p + 100 * 8, 0, 0);
	ok(u_fault(fd, p, 0), "a read of a missing page is told, by page");
	gives(-EAGAIN, RESULT(read(fd, m, sizeof(m))));
	gives(0, u_poll(fd));
	gives(0, t->done);
	gives(0, u_copy(fd, p, page_of(41), PG, 0));
	gives(PG, u_done);
	gives(41, touch_end(t));
	t = touch_begin(p + PG, 1, 7);
	ok(u_fault(fd, p + PG, 1), "a write is told as one");
	gives(0, u_zero(fd, p + PG, PG, 0));
	gives(PG, u_done);
	gives(7, touch_end(t));
	gives(7, peek(p + PG));
	gives(0, peek(p + PG + 8));

	t = touch_begin(p + 2 * PG, 0, 0);
	ok(u_fault(fd, p + 2 * PG, 0), "another");
	gives(0, u_copy(fd, p + 2 * PG, page_of(42), PG, UFFDIO_COPY_MODE_DONTWAKE));
	usleep(30000);
	gives(0, t->done);
	gives(0, u_wake(fd, p + 3 * PG, PG));
	usleep(30000);
	gives(0, t->done);
	gives(0, u_wake(fd, p, 3 * PG));
	gives(42, touch_end(t));

	t = touch_begin(p + 3 * PG, 0, 0);
	ok(u_fault(fd, p + 3 * PG, 0), "and one");
	gives(0, u_wake(fd, p + 3 * PG, PG));
	ok(u_fault(fd, p + 3 * PG, 0), "woken without a page it asks again");
	gives(0, u_zero(fd, p + 3 * PG, PG, UFFDIO_ZEROPAGE_MODE_DONTWAKE));
	gives(0, u_wake(fd, p + 3 * PG, PG));
	gives(0, touch_end(t));

	t = touch_begin(p + 4 * PG, 0, 0);
	u = touch_begin(p + 5 * PG, 1, 6);
	while (!t->tid || !u->tid)
		usleep(1000);
	usleep(50000);
	gives(64, RESULT(read(fd, m, sizeof(m))));
	ok(m[0].arg.pagefault.address + m[1].arg.pagefault.address == 2 * (uintptr_t)p + 9 * PG,
	   "two messages in one read");
	gives(0, u_copy(fd, p + 4 * PG, p + 2 * PG, 2 * PG, 0));
	gives(2 * PG, u_done);
	gives(42, touch_end(t));
	gives(6, touch_end(u));
	close(fd);
	munmap(p, 8 * PG);
}

static void filling(void)
{
	int fd = u_new(0), other = u_new(0);
	char *p = area(8), *q = area(4), *lone = area(3);

	munmap(q + 2 * PG, PG);
	munmap(lone, PG);
	gives(-ENOENT, u_copy(fd, p, page_of(1), PG, 0));
	gives(-ENOENT, u_done);
	u_register(fd, p, 4 * PG, MISSING);
	gives(-EFAULT, RESULT(ioctl(fd, UFFDIO_COPY, 8)));
	gives(-EINVAL, u_copy(fd, p, page_of(1), 0, 0));
	gives(77, u_done);
	gives(-EINVAL, u_copy(fd, p + 1, page_of(1), PG, 0));
	gives(-EINVAL, u_copy(fd, p, page_of(1), PG + 1, 0));
	gives(-EINVAL, u_copy(fd, p, page_of(1), PG, 4));
	gives(77, u_done);
	gives(-EINVAL, u_copy(fd, p, page_of(1), PG, UFFDIO_COPY_MODE_WP));
	gives(-EINVAL, u_done);
	gives(-EINVAL, u_copy(fd, p, (void *)-PG, PG, 0));
	gives(77, u_done);
	gives(-EFAULT, u_copy(fd, p, (void *)100, PG, 0));
	gives(-EFAULT, u_copy(fd, p, q + 2 * PG, PG, 0));
	gives(-EFAULT, u_done);
	gives(-ENOENT, u_copy(fd, p + 2 * PG, p, 3 * PG, 0));
	gives(0, u_copy(fd, p + PG, (char *)page_of(9) , PG, 0));
	gives(-EEXIST, u_copy(fd, p + PG, page_of(1), PG, 0));
	gives(-EEXIST, u_done);
	gives(-EAGAIN, u_copy(fd, p, q, 2 * PG, 0));
	gives(PG, u_done);
	gives(-EAGAIN, u_copy(fd, p + 2 * PG, q + PG, 2 * PG, 0));
	gives(PG, u_done);
	gives(9, peek(p + PG));
	gives(0, peek(p));
	memset(q, 5, PG);
	gives(-EEXIST, u_copy(fd, p + 2 * PG, q + 13, PG, 0));
	gives(0, madvise(p + 2 * PG, PG, MADV_DONTNEED));
	gives(0, u_copy(fd, p + 3 * PG, q + 13, PG, 0));
	gives(0x0505050505050505, peek(p + 3 * PG));

	gives(-EEXIST, u_zero(fd, p, PG, 0));
	gives(-EINVAL, u_zero(fd, p, PG, 2));
	gives(-EINVAL, u_zero(fd, p, 0, 0));
	gives(-EFAULT, RESULT(ioctl(fd, UFFDIO_ZEROPAGE, 8)));
	gives(-ENOENT, u_zero(fd, p + 4 * PG, PG, 0));
	gives(-ENOENT, u_zero(fd, lone, PG, 0));
	gives(0, madvise(p, 2 * PG, MADV_DONTNEED));
	gives(0, u_zero(fd, p, 2 * PG, 0));
	gives(2 * PG, u_done);
	gives(0, peek(p + PG));
	gives(0, poke(p + PG, 3));
	gives(3, peek(p + PG));

	u_register(other, p + 4 * PG, PG, MISSING);
	gives(0, u_copy(fd, p + 4 * PG, page_of(4), PG, 0));
	gives(4, peek(p + 4 * PG));
	mprotect(p, PG, PROT_READ);
	madvise(p, PG, MADV_DONTNEED);
	gives(0, u_copy(fd, p, page_of(15), PG, 0));
	gives(15, peek(p));
	gives(-SIGSEGV, poke(p, 1));
	mprotect(p, PG, RW);
	gives(0, poke(p, 16));
	close(fd);
	close(other);
	gives(0, peek(p + 5 * PG));
	munmap(p, 8 * PG);
	munmap(q, 4 * PG);
	munmap(lone + PG, 2 * PG);
}

static void shared_memory(void)
{
	int fd = u_new(0), mem = memfd_create("m", 0);
	uint64_t v = 33;
	struct toucher *t;
	char *p, *q;

	ftruncate(mem, 4 * PG);
	p = mmap(NULL, 6 * PG, RW, MAP_SHARED, mem, 0);
	q = mmap(NULL, 4 * PG, RW, MAP_PRIVATE, mem, 0);
	u_register(fd, p, 6 * PG, MISSING);
	u_register(fd, q, 4 * PG, MISSING);
	pwrite(mem, &v, 8, PG);
	gives(33, peek(p + PG));
	t = touch_begin(p, 0, 0);
	ok(u_fault(fd, p, 0), "a hole of a memory file is missing, what was written is not");
	gives(0, u_copy(fd, p, page_of(10), PG, 0));
	gives(10, touch_end(t));
	gives(8, RESULT(pread(mem, &v, 8, 0)));
	gives(10, v);
	gives(-EEXIST, u_copy(fd, p, page_of(11), PG, 0));
	gives(-EFAULT, u_copy(fd, p + 4 * PG, page_of(11), PG, 0));
	gives(-SIGBUS, peek(p + 4 * PG));
	gives(0, u_zero(fd, p + 2 * PG, PG, 0));
	gives(0, poke(p + 2 * PG, 12));
	gives(8, RESULT(pread(mem, &v, 8, 2 * PG)));
	gives(12, v);

	gives(0, u_copy(fd, q + PG, page_of(14), PG, 0));
	gives(14, peek(q + PG));
	gives(33, peek(p + PG));
	gives(10, peek(q));
	t = touch_begin(q + 3 * PG, 1, 1);
	ok(u_fault(fd, q + 3 * PG, 1), "a hole, mapped privately");
	gives(0, u_copy(fd, q + 3 * PG, page_of(13), PG, 0));
	gives(1, touch_end(t));
	gives(13, peek(q + 3 * PG + 8));
	gives(8, RESULT(pread(mem, &v, 8, 3 * PG)));
	gives(0, v);
	gives(-EEXIST, u_copy(fd, q, page_of(1), PG, 0));
	close(fd);
	close(mem);
	munmap(p, 6 * PG);
	munmap(q, 4 * PG);
}

/* ---- who waits, and how it ends ---- */

static void *kernel_reads(void *arg)
{
	int fd[2];
	long r;

	pipe(fd);
	r = RESULT(write(fd[1], arg, 8));
	close(fd[0]);
	close(fd[1]);
	return (void *)r;
}

static void from_the_kernel(void)
{
	int fd = u_new(0), user = u_open(UFFD_USER_MODE_ONLY | O_NONBLOCK);
	struct iovec to = { (void *)page_of(0), 8 }, from = { NULL, 8 };
	char *p = area(4), *q = area(4);
	pthread_t th;
	void *r;

	u_api(user, 0);
	u_register(fd, p, 4 * PG, MISSING);
	u_register(user, q, 4 * PG, MISSING);
	pthread_create(&th, NULL, kernel_reads, p);
	ok(u_fault(fd, p, 0), "write(2) of a missing page waits too");
	gives(0, u_copy(fd, p, page_of(3), PG, 0));
	pthread_join(th, &r);
	gives(8, (long)r);
	gives(-EFAULT, (long)kernel_reads(q));
	struct toucher *t = touch_begin(q, 0, 0);
	ok(u_fault(user, q, 0), "with UFFD_USER_MODE_ONLY only the program's own access");
	gives(0, u_zero(user, q, PG, 0));
	gives(0, touch_end(t));
	from.iov_base = q + PG;
	gives(-EFAULT, RESULT(process_vm_readv(getpid(), &to, 1, &from, 1, 0)));
	close(fd);
	close(user);
	munmap(p, 4 * PG);
	munmap(q, 4 * PG);
}

static volatile int handled;

static void note(int sig)
{
	handled = sig;
}

/* Four pages that are asked for. */
static char *missing_area(int *fd)
{
	char *p = area(4);

	*fd = u_new(0);
	u_register(*fd, p, 4 * PG, MISSING);
	return p;
}

static void interrupted(void)
{
	struct sigaction sa = { .sa_handler = note };
	int fd = u_new(0), status;
	char *p = area(4), path[64];
	struct toucher *t;
	pid_t pid;

	sigaction(SIGUSR1, &sa, NULL);
	u_register(fd, p, 4 * PG, MISSING);
	t = touch_begin(p, 0, 0);
	ok(u_fault(fd, p, 0), "a fault");
	pthread_kill(t->th, SIGUSR1);
	ok(u_fault(fd, p, 0), "a signal's handler runs, and then it faults again");
	gives(SIGUSR1, handled);
	gives(0, t->done);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ok(strstr(slurp(path), "pending:\t0\ntotal:\t1\nAPI:\taa:80000000:80000000000001ff\n") != NULL, "fdinfo");
	if (tap_failed)
		for (char *l = strtok(slurp(path), "\n"); l; l = strtok(NULL, "\n"))
			printf("# %s\n", l);
	close(fd);
	gives(0, touch_end(t));

	pid = fork();
	if (!pid) {
		p = missing_area(&fd);
		touch_begin(p, 0, 0);
		u_fault(fd, p, 0);
		touch_begin(p, 0, 0);
		if (fork()) {
			usleep(20000);
			_exit(0);
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
	gives(0, status);
	pid = fork();
	if (!pid) {
		p = missing_area(&fd);
		_exit((int)peek(p));
	}
	only_killed(pid);
	pid = fork();
	if (!pid) {
		p = missing_area(&fd);
		touch_begin(p, 0, 0);
		u_fault(fd, p, 0);
		waitpid(fork() ?: (_exit(0), 0), &status, 0);   /* while one thread waits */
		kernel_reads(p + PG);
		_exit(1);
	}
	only_killed(pid);
}

static void unregistered(void)
{
	int fd = u_new(0), status;
	char *p = area(4);
	struct toucher *t = NULL;
	pid_t pid;

	u_register(fd, p, 4 * PG, MISSING);
	t = touch_begin(p, 1, 4);
	ok(u_fault(fd, p, 1), "a fault");
	gives(0, u_unregister(fd, p, PG));
	gives(4, touch_end(t));
	gives(0, has_vmflag(p, " um"));
	gives(1, has_vmflag(p + PG, " um"));
	t = touch_begin(p + PG, 1, 4);
	ok(u_fault(fd, p + PG, 1), "another");
	gives(0, munmap(p + PG, PG));
	usleep(20000);
	gives(0, t->done);
	gives(0, u_wake(fd, p + PG, PG));
	gives(-SIGSEGV, touch_end(t));
	pid = fork();
	if (!pid)
		_exit(peek(p + 2 * PG) != 0 || has_vmflag(p + 2 * PG, " um"));
	waitpid(pid, &status, 0);
	ok(status == 0, "a child is not registered");
	t = touch_begin(p + 2 * PG, 0, 0);
	ok(u_fault(fd, p + 2 * PG, 0), "a third");
	close(fd);
	gives(0, touch_end(t));
	munmap(p, 4 * PG);
}

/* A descriptor that outlives the memory it was made for. */
static void outlives(void)
{
	int fd, status;
	char *p = area(4);
	int sv[2];
	pid_t pid;

	fd = u_new(0);
	u_register(fd, p, 4 * PG, MISSING);
	pipe(sv);
	pid = fork();
	if (!pid) {
		char c;

		close(sv[1]);
		read(sv[0], &c, 1);
		_exit(u_copy(fd, p, page_of(1), PG, 0) != 0);
	}
	close(sv[0]);
	gives(1, RESULT(write(sv[1], "x", 1)));
	waitpid(pid, &status, 0);
	ok(!status && peek(p) == 1, "another process that has the descriptor fills this one's pages");
	close(fd);
	close(sv[1]);
	/* Its own memory is gone when the child asks. */
	pipe(sv);
	pid = fork();
	if (!pid) {
		fd = u_new(0);
		p = area(4);
		u_register(fd, p, 4 * PG, MISSING);
		if (fork())
			_exit(0);
		close(sv[0]);
		while (u_zero(fd, p, PG, 0) != -ESRCH)
			madvise(p, PG, MADV_DONTNEED);
		status = u_register(fd, p, PG, MISSING) == -ENOMEM && u_wake(fd, p, PG) == 0;
		write(sv[1], status ? "y" : "n", 1);
		_exit(0);
	}
	close(sv[1]);
	char c = 0;
	read(sv[0], &c, 1);
	gives('y', c);
	close(sv[0]);
	waitpid(pid, &status, 0);
}

int main(void)
{
	tap_limit(100);
	catch_faults();
	the_call();
	the_device();
	privilege();
	negotiation();
	registering();
	a_fault_waits();
	filling();
	shared_memory();
	from_the_kernel();
	interrupted();
	unregistered();
	outlives();
	return tap_done();
}
