// SPDX-License-Identifier: MIT
/*
 * error_order DIR: where more than one thing is wrong, which of them a call tells.
 *
 * A line for each call: what it answers for each kind of descriptor (none, a file open
 * for reading, one for writing, a pipe's two ends, a directory, a path), first with an address
 * in a hole, then with one of the kernel's.  An error is its number, all else +.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tap.h"

#define KINDS   7

static int fds[KINDS], rd, wr, full[2];
static void *const bad[] = { (void *)0x10, (void *)0xffffffc000000000UL };

/* One call, for each kind and address: @fd and @p in @args. */
#define TRY(...) do { \
	printf("%s:", #__VA_ARGS__); \
	for (int b = 0; b < 2; b++) { \
		for (int k = 0; k < KINDS; k++) { \
			int fd = fds[k]; \
			void *p = bad[b]; \
			struct iovec v = { p, 4 }, much = { p, SIZE_MAX }; \
			long r; \
			(void)fd, (void)p, (void)v, (void)much; \
			r = syscall(__VA_ARGS__); \
			if (r < 0) \
				printf(" %d", errno); \
			else \
				printf(" +"); \
		} \
		printf(b ? "\n" : " |"); \
	} \
} while (0)

static void one_buffer(void)
{
	TRY(SYS_write, fd, p, 4);
	TRY(SYS_pread64, fd, p, 4, 0);
	TRY(SYS_pread64, fd, p, 4, -1L);
	TRY(SYS_pwrite64, fd, p, 4, 0);
	TRY(SYS_pwrite64, fd, p, 0, -1L);
	TRY(SYS_pread64, fd, 0L, __LONG_MAX__, 0);
	TRY(SYS_pread64, fd, p, 0L, 0);
	TRY(SYS_getdents64, fd, p, 4);
	TRY(SYS_getdents64, fd, p, 4096);
}

static void many_buffers(void)
{
	TRY(SYS_readv, fd, p, 1);
	TRY(SYS_readv, fd, p, -1);
	TRY(SYS_readv, fd, p, 1L << 32);
	TRY(SYS_writev, fd, p, 1);
	TRY(SYS_writev, fd, &v, 1);
	TRY(SYS_writev, fd, &much, 1);
	TRY(SYS_preadv, fd, p, 1, 0L, 0L);
	TRY(SYS_preadv, fd, p, 1, -1L, -1L);
	TRY(SYS_preadv, fd, &v, 1, 0L, 0L);
	TRY(SYS_preadv, fd, &much, 1, 0L, 0L);
	TRY(SYS_pwritev, fd, p, 1, 0L, 0L);
	TRY(SYS_preadv2, fd, p, 1, 0L, 0L, 0x1000);
	TRY(SYS_preadv2, fd, &v, 1, 0L, 0L, 0x1000);
}

static void two_files(void)
{
	TRY(SYS_sendfile, fd, rd, p, 4);
	TRY(SYS_sendfile, fd, -1, p, 4);
	TRY(SYS_splice, fd, p, full[1], 0L, 4, 0);
	TRY(SYS_copy_file_range, fd, p, wr, 0L, 4, 0);
	TRY(SYS_copy_file_range, fd, p, wr, 0L, 4, 1);
	TRY(SYS_copy_file_range, fd, 0L, wr, 0L, 4, 1);
	TRY(SYS_vmsplice, fd, p, 1, 0);
	TRY(SYS_splice, fd, p, full[1], 0L, 4, 1L << 32);
	TRY(SYS_tee, fd, full[1], 1, 0x100);
	TRY(SYS_vmsplice, fd, p, 1, 1L << 32);
	TRY(SYS_dup3, fd, fd, 0);
	TRY(SYS_dup3, fd, fd, 1L << 32);
	TRY(SYS_flock, fd, 32);
}

static void of_a_file(void)
{
	TRY(SYS_fstat, fd, p);
	TRY(SYS_fstatfs, fd, p);
	TRY(SYS_statx, fd, "", 0x1000, 0, p);
	TRY(SYS_statx, fd, "", 0x1000, 0x80000000, p);
	TRY(SYS_ioctl, fd, FIONREAD, p);
	TRY(SYS_ioctl, fd, 0x5401, p);
	TRY(SYS_fcntl, fd, F_GETLK, p);
	TRY(SYS_fcntl, fd, F_SETLK, p);
	TRY(SYS_fgetxattr, fd, p, 0L, 0);
	TRY(SYS_fsetxattr, fd, p, p, 1, 0);
	TRY(SYS_flistxattr, fd, p, 4);
	TRY(SYS_utimensat, fd, 0L, p, 0);
	TRY(SYS_fchownat, fd, p, 0, 0, 1L << 32);
	TRY(SYS_faccessat2, fd, p, 0, 1L << 32);
	TRY(SYS_openat, fd, p, 0);
	TRY(SYS_openat, fd, "x", 0);
	TRY(SYS_fallocate, fd, 0, -1L, 1L);
	TRY(SYS_ftruncate, fd, -1L);
	TRY(SYS_fadvise64, fd, 0L, -1L, 0);
	TRY(SYS_lseek, fd, 0L, 9);
	TRY(SYS_sync_file_range, fd, -1L, 0L, 0);
	TRY(SYS_mmap, 0L, 4096, 1, 2, fd, 1L);
	TRY(SYS_mmap, 0L, 0L, 1, 2, fd, 0L);
}

static void of_another_kind(void)
{
	TRY(SYS_sendto, fd, p, 4, 0, p, 4);
	TRY(SYS_bind, fd, p, 4);
	TRY(SYS_connect, fd, p, 4);
	TRY(SYS_connect, fd, p, 1000);
	TRY(SYS_accept4, fd, p, p, 1);
	TRY(SYS_getsockopt, fd, 1, 1, p, p);
	TRY(SYS_epoll_ctl, fd, 1, rd, p);
	TRY(SYS_epoll_ctl, fd, 2, rd, p);
	TRY(SYS_epoll_pwait, fd, p, 1, 0, 0L, 8);
	TRY(SYS_epoll_pwait, fd, p, 0, 0, 0L, 8);
	TRY(SYS_inotify_add_watch, fd, p, 1);
	TRY(SYS_timerfd_settime, fd, 0, p, p);
	TRY(SYS_timerfd_settime, fd, 1L << 32, p, p);
	TRY(SYS_signalfd4, fd, p, 8, 0);
}

/* Of no descriptor. */
static void of_a_process(void)
{
	TRY(SYS_setrlimit, 999, p);
	TRY(SYS_prlimit64, 0, 999, p, 0L);
	TRY(SYS_prlimit64, 1 << 30, 999, 0L, p);
	TRY(SYS_sched_getaffinity, 1 << 30, 3L, p);
	TRY(SYS_sched_getaffinity, 1 << 30, 1L << 61, p);
	TRY(SYS_timer_create, 999, p, p);
	TRY(SYS_waitid, 0, 0, p, 0, 0L);
	TRY(SYS_waitid, 0, 0, p, 4, p);
	TRY(SYS_waitid, 0, 0, 0L, 4, p);
	TRY(SYS_epoll_create1, 1);
	TRY(SYS_mprotect, 0L, -1L, 1L << 32);
	TRY(SYS_mprotect, 0L, 4096L, 1L << 32);
	TRY(SYS_semtimedop, -1, p, 1, p);
	TRY(SYS_semtimedop, -1, p, 1 << 20, 0L);
	TRY(SYS_semtimedop, -1, p, 1, 0L);
	TRY(SYS_semtimedop, -1, p, 0, 0L);
	TRY(SYS_getrandom, p, 1, 1L << 32);
	TRY(SYS_rt_sigpending, p, 0L);
	TRY(SYS_openat, AT_FDCWD, "f", O_PATH | O_TMPFILE | O_CREAT);
}

/* Of the entries before a hole in the buffer none is lost, and none told twice. */
static void list_to_a_hole(void)
{
	char *map = mmap(NULL, 2 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *buf = map + 4096 - 100, name[16];
	int dir, listed = 0;
	long n;

	mprotect(map, 4096, PROT_READ | PROT_WRITE);
	mkdir("many", 0700);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	dir = open("many", O_RDONLY);
	while ((n = syscall(SYS_getdents64, dir, buf, 2 * 4096L)) > 0)
		for (long at = 0; at < n; at += *(unsigned short *)(void *)(buf + at + 16))
			listed++;
	printf("%d listed, then %ld; ", listed, n);
	lseek(dir, 0, SEEK_SET);
	n = syscall(SYS_getdents64, dir, map + 4096, 4096L);
	printf("into a hole: %ld %d, at %ld\n", n, errno, (long)lseek(dir, 0, SEEK_CUR));
}

int main(int argc, char **argv)
{
	int ends[2];

	tap_limit(60);
	if (argc < 2 || chdir(argv[1]) || pipe(ends) || pipe(full))
		return 2;
	mkdir("d", 0700);
	wr = open("f", O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (write(wr, "some bytes", 10) != 10)
		return 2;
	rd = open("f", O_RDONLY);
	memcpy(fds, (int[KINDS]){ -1, rd, wr, ends[0], ends[1], open("d", O_RDONLY),
				  open("f", O_PATH) }, sizeof(fds));
	one_buffer();
	many_buffers();
	two_files();
	of_a_file();
	of_another_kind();
	of_a_process();
	list_to_a_hole();
	return 0;
}
