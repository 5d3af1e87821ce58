// SPDX-License-Identifier: MIT
/*
 * efault: a bad pointer in every argument of every call that takes one.
 *
 * Five kinds: no area, the kernel half, not canonical, PROT_NONE, and a
 * structure that begins on a good page and ends in a hole.  Calls that fill
 * or read a structure must say EFAULT; nothing else may happen.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tap.h"

#define PAGE 4096UL

static char *edge;      /* the last byte of a good page is edge[-1], edge[0] is in a hole */
static char *none;      /* a page of PROT_NONE */
static int file, pipes[2];

struct call {
	const char *name;
	long nr;
	long arg[6];
	int small;      /* two good bytes may be enough for it, or are misaligned */
};

#define BAD 0x7eadbeefL         /* stands for the pointer under test */
#define PATH ((long)"/etc/passwd")

static long good_buffer[512] __attribute__((aligned(4096)));
#define GOOD ((long)good_buffer)

/* Calls whose BAD argument the kernel reads or writes as a whole. */
static struct call calls[] = {
	{ "openat path", SYS_openat, { AT_FDCWD, BAD, O_RDONLY } },
	{ "mkdirat path", SYS_mkdirat, { AT_FDCWD, BAD, 0700 } },
	{ "unlinkat path", SYS_unlinkat, { AT_FDCWD, BAD, 0 } },
	{ "symlinkat target", SYS_symlinkat, { BAD, AT_FDCWD, PATH } },
	{ "symlinkat path", SYS_symlinkat, { PATH, AT_FDCWD, BAD } },
	{ "linkat old", SYS_linkat, { AT_FDCWD, BAD, AT_FDCWD, PATH, 0 } },
	{ "linkat new", SYS_linkat, { AT_FDCWD, PATH, AT_FDCWD, BAD, 0 } },
	{ "renameat2 old", SYS_renameat2, { AT_FDCWD, BAD, AT_FDCWD, PATH, 0 } },
	{ "renameat2 new", SYS_renameat2, { AT_FDCWD, PATH, AT_FDCWD, BAD, 0 } },
	{ "faccessat path", SYS_faccessat, { AT_FDCWD, BAD, 0 } },
	{ "fchmodat path", SYS_fchmodat, { AT_FDCWD, BAD, 0600 } },
	{ "fchownat path", SYS_fchownat, { AT_FDCWD, BAD, 0, 0, 0 } },
	{ "truncate path", SYS_truncate, { BAD, 0 } },
	{ "chdir path", SYS_chdir, { BAD } },
	{ "statfs path", SYS_statfs, { BAD, GOOD } },
	{ "statfs buffer", SYS_statfs, { PATH, BAD } },
	{ "fstatfs buffer", SYS_fstatfs, { -3, BAD } },
	{ "newfstatat path", SYS_newfstatat, { AT_FDCWD, BAD, GOOD, 0 } },
	{ "newfstatat buffer", SYS_newfstatat, { AT_FDCWD, PATH, BAD, 0 } },
	{ "fstat buffer", SYS_fstat, { -3, BAD } },
	{ "statx buffer", SYS_statx, { AT_FDCWD, PATH, 0, 0x7ff, BAD } },
	{ "readlinkat path", SYS_readlinkat, { AT_FDCWD, BAD, GOOD, 100 } },
	{ "readlinkat buffer", SYS_readlinkat, { AT_FDCWD, (long)"/proc/self/exe", BAD, 100 } },
	{ "utimensat times", SYS_utimensat, { AT_FDCWD, PATH, BAD, 0 } },
	{ "getcwd buffer", SYS_getcwd, { BAD, 100 }, 1 },
	{ "read buffer", SYS_read, { -3, BAD, 100 }, 1 },
	{ "pread64 buffer", SYS_pread64, { -3, BAD, 100, 0 }, 1 },
	{ "write buffer to a pipe", SYS_write, { -4, BAD, 100 }, 1 },
	{ "readv vector", SYS_readv, { -3, BAD, 2 } },
	{ "writev vector", SYS_writev, { -4, BAD, 2 } },
	{ "getdents64 buffer", SYS_getdents64, { -5, BAD, 1024 } },
	{ "pipe2", SYS_pipe2, { BAD, 0 } },
	{ "ppoll fds", SYS_ppoll, { BAD, 2, 0, 0, 0 } },
	{ "ppoll timeout", SYS_ppoll, { 0, 0, BAD, 0, 0 } },
	{ "pselect6 set", SYS_pselect6, { 64, BAD, 0, 0, 0, 0 } },
	{ "pselect6 timeout", SYS_pselect6, { 0, 0, 0, 0, BAD, 0 } },
	{ "ioctl TCGETS buffer", SYS_ioctl, { -6, 0x5401, BAD } },
	{ "ioctl TIOCGWINSZ buffer", SYS_ioctl, { -6, 0x5413, BAD } },
	{ "ioctl TIOCGPGRP buffer", SYS_ioctl, { -6, 0x540f, BAD } },
	{ "ioctl FIONREAD buffer", SYS_ioctl, { -7, 0x541b, BAD } },
	{ "fcntl F_GETLK buffer", SYS_fcntl, { -3, F_GETLK, BAD } },
	{ "execve path", SYS_execve, { BAD, 0, 0 } },
	{ "execve argv", SYS_execve, { (long)"/bin/true", BAD, 0 } },
	{ "execve envp", SYS_execve, { (long)"/bin/true", 0, BAD } },
	{ "wait4 status", SYS_wait4, { -8, BAD, 0, 0 } },
	{ "rt_sigaction new", SYS_rt_sigaction, { SIGUSR1, BAD, 0, 8 } },
	{ "rt_sigaction old", SYS_rt_sigaction, { SIGUSR1, 0, BAD, 8 } },
	{ "rt_sigprocmask new", SYS_rt_sigprocmask, { SIG_BLOCK, BAD, 0, 8 } },
	{ "rt_sigprocmask old", SYS_rt_sigprocmask, { SIG_BLOCK, 0, BAD, 8 } },
	{ "rt_sigpending", SYS_rt_sigpending, { BAD, 8 } },
	{ "rt_sigsuspend", SYS_rt_sigsuspend, { BAD, 8 } },
	{ "sigaltstack new", SYS_sigaltstack, { BAD, 0 } },
	{ "sigaltstack old", SYS_sigaltstack, { 0, BAD } },
	{ "nanosleep", SYS_nanosleep, { BAD, 0 } },
	{ "clock_gettime", SYS_clock_gettime, { 0, BAD } },
	{ "clock_getres", SYS_clock_getres, { 0, BAD } },
	{ "clock_nanosleep", SYS_clock_nanosleep, { 1, 0, BAD, 0 } },
	{ "gettimeofday", SYS_gettimeofday, { BAD, 0 } },
	{ "uname", SYS_uname, { BAD } },
	{ "sysinfo", SYS_sysinfo, { BAD } },
	{ "times", SYS_times, { BAD } },
	{ "getrusage", SYS_getrusage, { 0, BAD } },
	{ "prlimit64 new", SYS_prlimit64, { 0, 7, BAD, 0 } },
	{ "prlimit64 old", SYS_prlimit64, { 0, 7, 0, BAD } },
	{ "getrandom", SYS_getrandom, { BAD, 100, 0 }, 1 },
	{ "futex WAIT", SYS_futex, { BAD, 0 /* WAIT */, 0, 0 }, 1 },
	{ "futex WAIT timeout", SYS_futex, { GOOD, 0, 0, BAD } },
	{ "sched_getaffinity", SYS_sched_getaffinity, { 0, 1024, BAD } },
	{ "sched_getparam", SYS_sched_getparam, { 0, BAD } },
	{ "setgroups list", SYS_setgroups, { 1, BAD } },
	{ "getresuid", SYS_getresuid, { BAD, GOOD, GOOD } },
	{ "getitimer", SYS_getitimer, { 0, BAD } },
	{ "sethostname", SYS_sethostname, { BAD, 20 } },
	{ "mincore vector", SYS_mincore, { GOOD, PAGE, BAD }, 1 },
	{ "mount target", SYS_mount, { PATH, BAD, PATH, 0, 0 } },
};

static int child_to_wait(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

/* Arguments that stand for something made here: -3 a file, -4 a pipe's end, ... */
static long argument(long arg, long bad)
{
	switch (arg) {
	case BAD: return bad;
	case -3: return file;
	case -4: return pipes[1];
	case -5: return open("/etc", O_RDONLY | O_DIRECTORY);
	case -6: return 0;
	case -7: return pipes[0];
	case -8: return child_to_wait();
	}
	return arg;
}

static int is_efault(struct call *c, long bad)
{
	long a[6], got;
	int err;

	for (int i = 0; i < 6; i++)
		a[i] = argument(c->arg[i], bad);
	errno = 0;
	got = syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	err = errno;
	if (c->arg[0] == -5)
		close(a[0]);
	if (c->arg[0] == -8)
		waitpid(a[0], NULL, 0);
	if (got == -1 && err == EFAULT)
		return 1;
	printf("# %s(%#lx): %ld %s\n", c->name, bad, got, strerror(err));
	return 0;
}

/* A string that runs into the hole has no end; a structure lacks its last byte. */
static int ends_in_hole(struct call *c)
{
	memset(edge - 64, 'x', 64);
	/* Two bytes: too small for any structure here; a string of two that has no end. */
	return is_efault(c, (long)edge - 2);
}

static void every_call(void)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		struct call *c = &calls[i];
		int good = is_efault(c, 64);

		good &= is_efault(c, (long)0xffffffc000002000UL);
		good &= is_efault(c, (long)0xffffffffffffff00UL);
		good &= is_efault(c, (long)0x4000000000UL);
		good &= is_efault(c, (long)0x4141414141414140UL);
		good &= is_efault(c, (long)none);
		ok(good, "%s: EFAULT for a pointer to nowhere", c->name);
		if (!c->small)
			ok(ends_in_hole(c), "%s: EFAULT for one that ends in a hole", c->name);
	}
}

/* A transfer that has begun says how far it came. */
static void partial(void)
{
	struct iovec iov[2] = { { good_buffer, 8 }, { none, 8 } };
	long n;

	lseek(file, 0, SEEK_SET);
	n = read(file, edge - 10, 100);
	ok(n == 10 || (n == -1 && errno == EFAULT), "read into a hole stops there (%ld)", n);
	lseek(file, 0, SEEK_SET);
	n = readv(file, iov, 2);
	ok(n == 8, "readv gives what the good part took (%ld)", n);
	n = write(pipes[1], edge - 10, 100);
	ok(n == -1 ? errno == EFAULT : n == 10, "write from a hole stops there (%ld)", n);
	fails(EFAULT, write(pipes[1], edge, 1));
	ok(write(open("/dev/null", O_WRONLY), none, 8) == 8, "/dev/null looks at nothing");
	fails(EFAULT, read(open("/dev/zero", O_RDONLY), none, 8));
}

static void writes_to_text(void)
{
	fails(EFAULT, read(file, (void *)&writes_to_text, 8));
	fails(EFAULT, read(file, (void *)"rodata", 6));
	fails(EFAULT, syscall(SYS_clock_gettime, 0, &writes_to_text));
}

static void strings_too_long(void)
{
	size_t len = 3 << 20;
	char *s = malloc(len), *argv[] = { "true", s, NULL };
	char **many = malloc((1 << 20) * sizeof(*many));

	memset(s, 'a', len - 1);
	s[len - 1] = 0;
	fails(ENAMETOOLONG, open(s, O_RDONLY));
	fails(E2BIG, execv("/bin/true", argv));
	for (int i = 0; i < (1 << 20) - 1; i++)
		many[i] = "argument";
	many[(1 << 20) - 1] = NULL;
	fails(E2BIG, execv("/bin/true", many));
	free(s);
	free(many);
}

int main(void)
{
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	tap_limit(110);
	signal(SIGPIPE, SIG_IGN);
	edge = p + PAGE;
	munmap(edge, PAGE);
	none = p + 2 * PAGE;
	mprotect(none, PAGE, PROT_NONE);
	file = open("/etc/passwd", O_RDONLY);
	if (pipe(pipes))
		return 99;
	every_call();
	partial();
	writes_to_text();
	strings_too_long();
	return tap_done();
}
