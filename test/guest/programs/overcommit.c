// SPDX-License-Identifier: MIT
/*
 * What is promised: the three modes of overcommit, and what counts in mode 2.
 *
 * Run as root on a machine that does little else: mode 2's limit is set a little
 * above what is committed already.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "figures.h"
#include "tap.h"

#define MIB (1L << 20)
#define RW (PROT_READ | PROT_WRITE)

static void set(const char *name, long value)
{
	char path[64], text[32];
	int fd, n = snprintf(text, sizeof(text), "%ld\n", value);

	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, text, n) != n) {
		perror(path);
		exit(99);
	}
	close(fd);
}

static void *map(long len, int prot, int flags)
{
	void *p = mmap(NULL, len, prot, MAP_ANONYMOUS | flags, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* What maps, counts by so many KiB; give or take what others do meanwhile. */
static int counts(long kib, long len, int prot, int flags)
{
	long before = meminfo("Committed_AS:"), delta;
	void *p = map(len, prot, flags);

	if (!p)
		return 0;
	delta = meminfo("Committed_AS:") - before;
	munmap(p, len);
	return labs(delta - kib) < 1024 && labs(meminfo("Committed_AS:") - before) < 1024;
}

static void guess(void)
{
	long all = (meminfo("MemTotal:") + meminfo("SwapTotal:")) << 10;
	void *p, *q;

	set("overcommit_memory", 0);
	ok(!map(all + 64 * MIB, RW, MAP_PRIVATE), "mode 0: more than all there is at once is refused");
	ok(map(all + 64 * MIB, RW, MAP_PRIVATE | MAP_NORESERVE) != NULL, "but not with MAP_NORESERVE");
	p = map(all * 3 / 4, RW, MAP_PRIVATE);
	q = map(all * 3 / 4, RW, MAP_PRIVATE);
	ok(p && q, "and a sum is not looked at");
	munmap(p, all * 3 / 4);
	munmap(q, all * 3 / 4);
	ok(counts(32 << 10, 32 * MIB, RW, MAP_PRIVATE), "a private writable area counts whole");
	ok(counts(32 << 10, 32 * MIB, RW, MAP_SHARED), "so does a shared one");
	ok(counts(0, 32 * MIB, RW, MAP_PRIVATE | MAP_NORESERVE), "not with MAP_NORESERVE");
	ok(counts(0, 32 * MIB, RW, MAP_SHARED | MAP_NORESERVE), "nor then a shared one");
	ok(counts(0, 32 * MIB, PROT_READ, MAP_PRIVATE), "nor what cannot be written");
}

/* Memory whose size says nothing about how much of it there will be: each page counts. */
static void page_by_page(int fd, const char *what)
{
	long before = meminfo("Committed_AS:");
	char *p;

	ok(ftruncate(fd, 64 * MIB) == 0 && grown(before, 0), "%s counts by nothing when it is made", what);
	p = mmap(NULL, 64 * MIB, RW, MAP_SHARED, fd, 0);
	ok(grown(before, 0), "nor when it is mapped");
	memset(p, 1, 8 * MIB);
	ok(grown(before, 8 << 10), "but by its pages as they are touched");
	for (long at = 8 * MIB; at < 16 * MIB; at += 64 << 10)
		if (pwrite(fd, p, 64 << 10, at) != 64 << 10)
			exit(97);
	ok(grown(before, 16 << 10), "or written");
	ok(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4 * MIB) == 0 &&
	   grown(before, 12 << 10), "less by a hole");
	ok(ftruncate(fd, 8 * MIB) == 0 && grown(before, 4 << 10), "and by what is cut off");
	close(fd);
	ok(grown(before, 4 << 10), "not when it is closed while it is mapped");
	munmap(p, 64 * MIB);
	ok(grown(before, 0), "but when it is gone");
}

static void shared_pages(void)
{
	long before = meminfo("Committed_AS:");
	int fd = open("/tmp/overcommit", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *p = map(32 * MIB, RW, MAP_SHARED | MAP_NORESERVE);

	memset(p, 1, 8 * MIB);
	ok(grown(before, 8 << 10), "a shared area with MAP_NORESERVE counts by its pages");
	munmap(p, 32 * MIB);
	ok(grown(before, 0), "and not when it is gone");
	page_by_page(memfd_create("overcommit", 0), "a memfd");
	unlink("/tmp/overcommit");
	page_by_page(fd, "a file of tmpfs");
}

static void always(void)
{
	void *p;

	set("overcommit_memory", 1);
	p = map(1L << 36, RW, MAP_PRIVATE);

	ok(p != NULL, "mode 1: 64 GiB are promised to anybody");
	munmap(p, 1L << 36);
}

static int fork_result(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (!pid)
		_exit(0);
	waitpid(pid, &status, 0);
	return 0;
}

static void deep(volatile char *above, long left)
{
	volatile char here[64 << 10];

	memset((void *)here, 1, sizeof(here));
	if (left > 0)
		deep(here, left - (long)sizeof(here));
	above[0] = here[1];
}

/* The signal that a child died of which took so much stack. */
static int stack_signal(long bytes)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		char c;

		deep(&c, bytes);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The signal that a child died of which touched so much of @fd. */
static int touch_signal(int fd, long bytes)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		memset(mmap(NULL, bytes, RW, MAP_SHARED, fd, 0), 1, bytes);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* MiB that can be written to @fd; errno tells why it was no more. */
static long fill(int fd)
{
	static char buf[1 << 20];
	long done = 0, n;

	errno = 0;
	while (done < 128 * MIB && (n = pwrite(fd, buf, sizeof(buf), done)) > 0)
		done += n;
	return done;
}

/* With 64 MiB to be had. */
static void never_by_pages(void)
{
	int fd = memfd_create("overcommit", 0), other = memfd_create("overcommit", 0);
	long done;

	if (ftruncate(fd, 128 * MIB))
		exit(96);
	done = fill(other);
	ok(done > 40 * MIB && done < 70 * MIB && errno == ENOSPC,
	   "writing to a memfd is ENOSPC when no more is to be had: %ld MiB", done / MIB);
	ok(ftruncate(other, done - 6 * MIB) == 0 && touch_signal(fd, 16 * MIB) == SIGBUS,
	   "and touching one is SIGBUS");
	close(other);
	ok(touch_signal(fd, 16 * MIB) == 0, "until there is again");
	close(fd);
}

/* With 64 MiB to be had, of which a large process leaves 40: a 32nd of its size or user_reserve_kbytes. */
static void reserve_for_others(void)
{
	int fd = memfd_create("overcommit", 0), id;
	void *size = map(2048 * MIB, PROT_READ, MAP_PRIVATE);
	long done;

	set("user_reserve_kbytes", 40 << 10);
	ok(!map(30 * MIB, RW, MAP_PRIVATE), "of 64 MiB a large process leaves 40 to others");
	ok(!map(30 * MIB, RW, MAP_SHARED), "when it maps them shared too");
	id = shmget(IPC_PRIVATE, 30 * MIB, 0600);
	ok(id == -1 && errno == ENOMEM, "or asks for a segment");
	done = fill(fd);
	ok(done > 10 * MIB && done < 30 * MIB && errno == ENOSPC, "or writes to a memfd: %ld MiB", done / MIB);
	munmap(size, 2048 * MIB);
	done = fill(fd);
	ok(done > 40 * MIB && done < 70 * MIB, "a small one has them: %ld MiB", done / MIB);
	close(fd);
	id = shmget(IPC_PRIVATE, 30 * MIB, 0600);
	ok(id >= 0 && shmctl(id, IPC_RMID, NULL) == 0, "and a segment");
	set("user_reserve_kbytes", 0);
}

static void never(void)
{
	long kbytes = meminfo("Committed_AS:") + (64 << 10) - meminfo("SwapTotal:");
	void *p, *q;

	set("user_reserve_kbytes", 0);
	set("overcommit_kbytes", kbytes);
	set("overcommit_memory", 2);
	ok(labs(meminfo("CommitLimit:") - kbytes - meminfo("SwapTotal:")) < 8,
	   "mode 2: CommitLimit is overcommit_kbytes and swap");
	never_by_pages();
	reserve_for_others();
	p = map(40 * MIB, RW, MAP_PRIVATE);
	ok(p != NULL, "40 of 64 MiB are had");
	errno = 0;
	ok(!map(40 * MIB, RW, MAP_PRIVATE) && errno == ENOMEM, "40 more are ENOMEM");
	ok(!map(40 * MIB, RW, MAP_PRIVATE | MAP_NORESERVE), "whatever MAP_NORESERVE says");
	ok(!map(40 * MIB, RW, MAP_SHARED), "shared ones too");
	q = map(40 * MIB, PROT_READ, MAP_PRIVATE);
	ok(q != NULL, "40 MiB that cannot be written are had");
	errno = 0;
	ok(mprotect(q, 40 * MIB, RW) == -1 && errno == ENOMEM, "and not made writable");
	ok(fork_result() == ENOMEM, "fork of what would not fit twice is ENOMEM");
	munmap(p, 40 * MIB);
	ok(fork_result() == 0, "when it is unmapped fork succeeds");
	p = map(50 * MIB, RW, MAP_PRIVATE);
	ok(p && madvise(p, 50 * MIB, MADV_DONTFORK) == 0 && fork_result() == 0,
	   "an area that is not for the child does not count there");
	ok(stack_signal(1 * MIB) == 0, "a stack grows while there is room");
	ok(stack_signal(7 * MIB) == 0, "to 7 MiB here");
	q = map(10 * MIB, RW, MAP_PRIVATE);
	ok(q && madvise(q, 10 * MIB, MADV_DONTFORK) == 0, "10 more");
	ok(stack_signal(7 * MIB) == SIGSEGV, "and is SIGSEGV when there is not");
	munmap(p, 50 * MIB);
	set("overcommit_memory", 0);
	set("overcommit_ratio", 50);
}

int main(void)
{
	if (fork() == 0) {
		guess();
		shared_pages();
		always();
		never();
		_exit(tap_done());
	}
	int status;

	wait(&status);
	set("overcommit_memory", 0);
	set("overcommit_ratio", 50);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}
