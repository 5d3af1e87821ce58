// SPDX-License-Identifier: MIT
/*
 * process_vm_readv and process_vm_writev; and what each limit of memory forbids.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define PG      4096UL
#define ANON    (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW      (PROT_READ | PROT_WRITE)

static void *volatile nowhere = (void *)8;

static long rd(pid_t pid, struct iovec *l, size_t nl, struct iovec *r, size_t nr, unsigned long flags)
{
	return syscall(SYS_process_vm_readv, pid, l, nl, r, nr, flags);
}

static long wr(pid_t pid, struct iovec *l, size_t nl, struct iovec *r, size_t nr, unsigned long flags)
{
	return syscall(SYS_process_vm_writev, pid, l, nl, r, nr, flags);
}

static void copying(void)
{
	char *p = mmap((void *)0x1000000000, 4 * PG, RW, ANON | MAP_FIXED, -1, 0), buf[3 * PG];
	struct iovec l[3] = { { buf, 10 }, { buf + 10, 0 }, { buf + 10, PG } };
	struct iovec r[3] = { { p, 5 }, { p + PG - 5, 10 }, { p + 2 * PG, PG } };
	struct iovec hole = { p + 3 * PG - 100, 200 }, one = { buf, sizeof(buf) }, bad = { nowhere, 100 };
	struct iovec neg = { buf, -1UL };
	pid_t pid;
	int status;

	munmap(p + 3 * PG, PG);
	memset(p, 'p', 3 * PG);
	pid = fork();
	if (pid == 0) {
		memset(p, 'c', 3 * PG);
		raise(SIGSTOP);
		_exit(p[0] == 'w' && p[PG] == 'w' && p[2 * PG] == 'c' ? 0 : 1);
	}
	waitpid(pid, &status, WUNTRACED);
	memset(buf, 0, sizeof(buf));
	ok(rd(pid, l, 3, r, 3, 0) == (long)PG + 10 && buf[0] == 'c' && buf[PG + 9] == 'c' && !buf[PG + 10],
	   "as much as both lists hold");
	ok(rd(pid, &one, 1, &hole, 1, 0) == 100, "up to a hole there");
	fails(EFAULT, rd(pid, &one, 1, &bad, 1, 0));
	fails(EFAULT, rd(pid, &bad, 1, r, 1, 0));
	ok(rd(pid, l, 0, r, 3, 0) == 0 && rd(pid, l, 3, r, 0, 0) == 0, "nothing");
	fails(EINVAL, rd(pid, l, 3, r, 3, 1));
	fails(EINVAL, rd(pid, l, 1025, r, 1, 0));
	fails(EINVAL, rd(pid, l, 1, r, 1025, 0));
	fails(EINVAL, rd(pid, &neg, 1, r, 1, 0));
	fails(EFAULT, rd(pid, nowhere, 1, r, 1, 0));
	fails(EFAULT, rd(pid, l, 1, nowhere, 1, 0));
	fails(ESRCH, rd(99999, l, 1, r, 1, 0));
	fails(ESRCH, rd(0, l, 1, r, 1, 0));
	fails(ESRCH, rd(-1, l, 1, r, 1, 0));
	memset(buf, 'w', sizeof(buf));
	r[1].iov_base = p + PG;
	ok(wr(pid, &one, 1, r, 2, 0) == 15, "writing");
	mprotect(p, PG, PROT_READ);
	fails(EFAULT, wr(getpid(), &one, 1, r, 1, 0));
	ok(rd(getpid(), &one, 1, r, 1, 0) == 5 && buf[0] == 'p', "one's own");
	if (fork() == 0) {
		if (setresuid(65534, 65534, 65534))
			_exit(9);
		_exit(rd(pid, l, 1, r, 1, 0) != -1 || errno != EPERM || wr(pid, l, 1, r, 1, 0) != -1 || errno != EPERM);
	}
	wait(&status);
	ok(status == 0, "another user's may not be: EPERM");
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	ok(status == 0, "it has found what was written");
	fails(ESRCH, rd(pid, l, 1, r, 1, 0));
	munmap(p, 4 * PG);
}

/* ---- limits ---- */

static void limit(int what, unsigned long cur)
{
	struct rlimit r;

	getrlimit(what, &r);
	r.rlim_cur = cur;
	if (setrlimit(what, &r))
		_exit(98);
}

static unsigned long field(const char *name)
{
	char line[256];
	unsigned long kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			kib = strtoul(line + strlen(name), NULL, 10);
	fclose(f);
	return kib * 1024;
}

/* @fn in a child: its bits are what went wrong. */
static void child(int (*fn)(void), const char *claim)
{
	int status;

	if (fork() == 0)
		_exit(fn());
	wait(&status);
	ok(status == 0, "%s (%x)", claim, status);
}

static void *map(size_t pages, int prot, int flags)
{
	return mmap(NULL, pages * PG, prot, flags | MAP_ANONYMOUS, -1, 0);
}

static int by_as(void)
{
	char *p = map(4, RW, MAP_PRIVATE);
	int bad = 0;

	limit(RLIMIT_AS, field("VmSize:") + 8 * PG);
	bad |= map(9, PROT_NONE, MAP_PRIVATE) != MAP_FAILED || errno != ENOMEM;
	bad |= (map(8, PROT_NONE, MAP_PRIVATE) == MAP_FAILED) << 1;
	bad |= (map(1, RW, MAP_SHARED) != MAP_FAILED || errno != ENOMEM) << 2;
	bad |= (mremap(p, 4 * PG, 5 * PG, MREMAP_MAYMOVE) != MAP_FAILED || errno != ENOMEM) << 3;
	bad |= (mmap(p, 4 * PG, RW, ANON | MAP_FIXED, -1, 0) != p) << 4;
	bad |= (syscall(SYS_brk, syscall(SYS_brk, 0) + 4 * PG) != syscall(SYS_brk, 0)) << 5;
	munmap(p, PG);
	bad |= (map(1, RW, MAP_PRIVATE) == MAP_FAILED) << 6;
	return bad;
}

static int by_data(void)
{
	char *p = map(4, PROT_READ, MAP_PRIVATE);
	int bad = 0;

	limit(RLIMIT_DATA, field("VmData:") + 4 * PG);
	bad |= map(5, RW, MAP_PRIVATE) != MAP_FAILED || errno != ENOMEM;
	bad |= (map(100, PROT_READ, MAP_PRIVATE) == MAP_FAILED) << 1;
	bad |= (map(100, RW, MAP_SHARED) == MAP_FAILED) << 2;
	bad |= (mprotect(p, 4 * PG, RW) != 0) << 3;
	bad |= (map(1, RW, MAP_PRIVATE) != MAP_FAILED || errno != ENOMEM) << 4;
	p = map(1, PROT_READ, MAP_PRIVATE);
	bad |= (mprotect(p, PG, RW) != -1 || errno != ENOMEM) << 5;
	return bad;
}

/* Each call takes a page of stack. */
static int deep(int n)
{
	volatile char page[PG];

	page[0] = n;
	return n ? deep(n - 1) + page[0] : 0;
}

static int by_stack(void)
{
	limit(RLIMIT_STACK, 64 * PG);
	signal(SIGSEGV, SIG_DFL);
	deep(20);
	if (fork() == 0) {
		limit(RLIMIT_CORE, 0);
		deep(100);
		_exit(0);
	}
	int status;
	wait(&status);
	return !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static int by_fsize(void)
{
	int fd = open("/root/procvm", O_RDWR | O_CREAT | O_TRUNC, 0600), bad = 0;
	int mem = memfd_create("x", 0);

	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, 10);
	bad |= pwrite(fd, "0123456789abc", 13, 0) != 10;
	bad |= (pwrite(fd, "a", 1, 10) != -1 || errno != EFBIG) << 1;
	bad |= (ftruncate(fd, 11) != -1 || errno != EFBIG) << 2;
	bad |= (ftruncate(fd, 10) != 0) << 3;
	bad |= (fallocate(mem, 0, 0, 11) != -1 || errno != EFBIG) << 4;
	bad |= (ftruncate(mem, 11) != -1 || errno != EFBIG) << 5;
	bad |= (pwrite(mem, "0123456789abc", 13, 0) != 10) << 6;
	unlink("/root/procvm");
	if (bad)
		return bad;
	signal(SIGXFSZ, SIG_DFL);
	if (fork() == 0) {
		limit(RLIMIT_CORE, 0);
		_exit(pwrite(mem, "a", 1, 10) == 99);
	}
	wait(&bad);
	return !(WIFSIGNALED(bad) && WTERMSIG(bad) == SIGXFSZ);
}

static int by_nproc(void)
{
	int bad = 0, status;

	if (setresuid(64321, 64321, 64321))
		return 99;
	limit(RLIMIT_NPROC, 2);
	pid_t pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			_exit(0);
		_exit(pid == -1 && errno == EAGAIN ? 0 : 1);
	}
	if (pid < 0)
		return 97;
	wait(&status);
	bad |= status != 0;
	pid = fork();
	if (pid == 0)
		_exit(0);
	bad |= (pid < 0) << 1;
	wait(&status);
	return bad;
}

static int by_nofile(void)
{
	int bad = 0, to[2];

	limit(RLIMIT_NOFILE, 5);
	for (int i = 3; i < 20; i++)
		close(i);
	bad |= dup(0) != 3 || dup(0) != 4;
	bad |= (dup(0) != -1 || errno != EMFILE) << 1;
	bad |= (open("/", O_RDONLY) != -1 || errno != EMFILE) << 2;
	bad |= (dup2(0, 5) != -1 || errno != EBADF) << 3;
	bad |= (fcntl(0, F_DUPFD, 5) != -1 || errno != EINVAL) << 4;
	close(4);
	bad |= (pipe(to) != -1 || errno != EMFILE) << 5;
	bad |= (memfd_create("x", 0) != 4) << 6;
	return bad;
}

/* A limit may be lowered by anybody, and raised by few. */
static int rights(void)
{
	struct rlimit r = { 100, 50 }, old;
	int bad = 0;

	bad |= setrlimit(RLIMIT_AS, &r) != -1 || errno != EINVAL;
	r = (struct rlimit){ 1 << 30, 1 << 30 };
	if (setrlimit(RLIMIT_AS, &r) || setresuid(65534, 65534, 65534))
		return 99;
	r.rlim_max++;
	bad |= (setrlimit(RLIMIT_AS, &r) != -1 || errno != EPERM) << 1;
	r.rlim_max = r.rlim_cur = 1 << 29;
	bad |= (setrlimit(RLIMIT_AS, &r) != 0) << 2;
	bad |= (prlimit(getppid(), RLIMIT_AS, NULL, &old) != -1 || errno != EPERM) << 3;
	bad |= (prlimit(0, 99, NULL, &old) != -1 || errno != EINVAL) << 4;
	bad |= (prlimit(99999, RLIMIT_AS, NULL, &old) != -1 || errno != ESRCH) << 5;
	bad |= (prlimit(0, RLIMIT_AS, nowhere, &old) != -1 || errno != EFAULT) << 6;
	return bad;
}

/* ---- growing down ---- */

static int grows(void)
{
	char *p = mmap((void *)0x1100000000, 4 * PG, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
	volatile char *v = p;

	if (p == MAP_FAILED)
		return 1;
	v[-1] = 1;                              /* a page further */
	v[-40L * (long)PG] = 2;                 /* and many at once */
	if (mprotect(p + 3 * PG, PG, PROT_READ | PROT_GROWSDOWN))
		return 2;                       /* from the area's start on */
	mmap(p - 1000 * PG, PG, RW, ANON | MAP_FIXED, -1, 0);
	limit(RLIMIT_CORE, 0);
	signal(SIGSEGV, SIG_DFL);
	if (fork() == 0) {
		v[-900L * (long)PG] = 1;        /* within 256 pages of a neighbour it ends */
		_exit(0);
	}
	int status;
	wait(&status);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? 0 : 4;
}

int main(void)
{
	tap_limit(60);
	copying();
	child(by_as, "RLIMIT_AS");
	child(by_data, "RLIMIT_DATA");
	child(by_stack, "RLIMIT_STACK");
	child(by_fsize, "RLIMIT_FSIZE");
	child(by_nproc, "RLIMIT_NPROC");
	child(by_nofile, "RLIMIT_NOFILE");
	child(rights, "who may change a limit");
	child(grows, "MAP_GROWSDOWN");
	return tap_done();
}
