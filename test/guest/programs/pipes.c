// SPDX-License-Identifier: MIT
/*
 * pipes: pipes and fifos: order, atomicity, blocking, signals, sizes, ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tap.h"

static char big[1 << 20], back[1 << 20];
static volatile int sigpipes, alarms;

static void on_signal(int sig)
{
	if (sig == SIGPIPE)
		sigpipes++;
	else
		alarms++;
}

static short ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static void basics(void)
{
	int p[2], n;
	struct stat st, st2;
	char c;

	fails(0, pipe2(p, O_NONBLOCK));
	fails(EAGAIN, read(p[0], &c, 1));
	fails(EBADF, write(p[0], "x", 1));
	fails(EBADF, read(p[1], &c, 1));
	fails(ESPIPE, lseek(p[0], 0, SEEK_CUR));
	fails(ESPIPE, pread(p[0], &c, 1, 0));
	fails(ESPIPE, pwrite(p[1], "x", 1, 0));
	fails(EINVAL, ftruncate(p[1], 0));
	fails(EINVAL, fsync(p[0]));
	ok(ready(p[0], POLLIN) == 0 && ready(p[1], POLLOUT) == POLLOUT,
	   "an empty pipe can be written");
	ok(write(p[1], "hello", 5) == 5, "write");
	ok(ioctl(p[0], FIONREAD, &n) == 0 && n == 5, "FIONREAD");
	ok(ready(p[0], POLLIN) == POLLIN, "and read");
	ok(read(p[0], back, 3) == 3 && read(p[0], back + 3, 10) == 2 && !memcmp(back, "hello", 5),
	   "in pieces");
	ok(read(p[0], back, 0) == 0 && write(p[1], back, 0) == 0, "no bytes are no bytes");
	ok(fstat(p[0], &st) == 0 && S_ISFIFO(st.st_mode) && fstat(p[1], &st2) == 0 &&
	   st.st_ino == st2.st_ino,
	   "both ends are one fifo");
	ok(fcntl(p[0], F_GETFL) == (O_RDONLY | O_NONBLOCK) &&
	   fcntl(p[1], F_GETFL) == (O_WRONLY | O_NONBLOCK), "flags");
	fails(EINVAL, pipe2(p, 0x1));
	fails(EFAULT, syscall(SYS_pipe2, 8, 0));
	close(p[1]);
	ok(read(p[0], &c, 1) == 0 && ready(p[0], POLLIN) == POLLHUP,
	   "no writer: end of file, POLLHUP");
	close(p[0]);
}

static void full(void)
{
	int p[2];
	long n;

	pipe2(p, O_NONBLOCK);
	n = write(p[1], big, sizeof(big));
	ok(n == 65536, "64 KiB fit (%ld)", n);
	fails(EAGAIN, write(p[1], "x", 1));
	ok(ready(p[1], POLLOUT) == 0, "full");
	ok(read(p[0], back, 100) == 100, "read 100");
	fails(EAGAIN, write(p[1], big, 4096));
	ok(read(p[0], back, 3996) == 3996, "read the rest of a page");
	ok(write(p[1], big, 4096) == 4096, "a page fits again");
	close(p[0]);
	close(p[1]);
}

/* Bytes through a pipe with odd sizes keep their order. */
static void stream(void)
{
	int p[2], status, good = 1;
	long got = 0, n, want = 0;
	unsigned int seed = 1;
	unsigned char next = 0;

	pipe(p);
	if (!fork()) {
		unsigned char v = 0;
		int i;

		close(p[0]);
		for (i = 0; i < 400; i++) {
			long len = seed % 9000 + 1, j;

			seed = seed * 1103515245 + 12345;
			for (j = 0; j < len; j++)
				big[j] = (char)v++;
			if (write(p[1], big, (size_t)len) != len)
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	for (int i = 0; i < 400; i++) {
		want += seed % 9000 + 1;
		seed = seed * 1103515245 + 12345;
	}
	while ((n = read(p[0], back, (size_t)(seed % 7777 + 1))) > 0) {
		for (long j = 0; j < n; j++)
			good &= (unsigned char)back[j] == next++;
		got += n;
		seed = seed * 1103515245 + 12345;
	}
	wait(&status);
	ok(good && got == want && status == 0, "%ld bytes in order", got);
	close(p[0]);
}

/* Writes of PIPE_BUF bytes from four processes never mix. */
static void atomic(void)
{
	int p[2], i, good = 1, blocks = 0, have = 0;
	long n;

	pipe(p);
	for (i = 0; i < 4; i++) {
		if (!fork()) {
			memset(big, 'a' + i, 4096);
			for (int j = 0; j < 50; j++)
				if (write(p[1], big, 4096) != 4096)
					_exit(1);
			_exit(0);
		}
	}
	close(p[1]);
	while ((n = read(p[0], back + have, 4096 - (size_t)have)) > 0) {
		have += n;
		if (have < 4096)
			continue;
		for (i = 1; i < 4096; i++)
			good &= back[i] == back[0];
		blocks++;
		have = 0;
	}
	while (wait(NULL) > 0)
		;
	ok(good && blocks == 200, "4 KiB writes are atomic (%d)", blocks);
	close(p[0]);
}

/* A signal each millisecond, which ends a sleep in read or write. */
static void be_disturbed(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct itimerval each = { { 0, 1000 }, { 0, 1000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
}

/* The bytes that @end of the pipe gave or took; writers come to an end by themselves. */
static long use_end(int end, int writes, unsigned int seed, long longest)
{
	long all = 0, n = 1;

	for (int i = 0; n && (!writes || i < 150); i++) {
		size_t len = seed / 16 % (unsigned long)longest + 1;

		seed = seed * 1103515245 + 12345;
		n = writes ? write(end, big, len) : read(end, back, len);
		if (n < 0 && errno != EINTR)
			_exit(1);
		all += n > 0 ? n : 0;
	}
	return all;
}

/* Six writers, whose writes are whole or in pieces, and four readers; half of them disturbed. */
static void crowd(void)
{
	long *moved = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int p[2], status, good = 1;

	pipe(p);
	for (int i = 0; i < 10; i++) {
		int writes = i < 6;

		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(p[!writes]);
		if (i % 2)
			be_disturbed();
		__atomic_fetch_add(&moved[writes],
				   use_end(p[writes], writes, (unsigned int)i + 1, i < 3 ? 4096 : 20000),
				   __ATOMIC_SEQ_CST);
		_exit(0);
	}
	close(p[0]);
	close(p[1]);
	while (wait(&status) > 0)
		good &= status == 0;
	ok(good && moved[0] > 1000000 && moved[0] == moved[1], "a crowd loses no byte (%ld)", moved[0]);
	munmap(moved, 4096);
}

static void broken(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int p[2], status;

	sigaction(SIGPIPE, &sa, NULL);
	pipe(p);
	close(p[0]);
	fails(EPIPE, write(p[1], "x", 1));
	ok(sigpipes == 1, "SIGPIPE came");
	ok(ready(p[1], POLLOUT) == (POLLOUT | POLLERR), "POLLERR without a reader");
	close(p[1]);
	signal(SIGPIPE, SIG_DFL);
	if (!fork()) {
		pipe(p);
		close(p[0]);
		write(p[1], "x", 1);
		_exit(0);
	}
	wait(&status);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "and kills by default");
}

static void interrupted(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int p[2], n;
	char c;

	pipe(p);
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	fails(EINTR, read(p[0], &c, 1));
	sa.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	if (!fork()) {
		sleep(2);
		write(p[1], "y", 1);
		_exit(0);
	}
	ok(read(p[0], &c, 1) == 1 && c == 'y' && alarms == 2, "SA_RESTART goes on reading");
	wait(NULL);
	sa.sa_flags = 0;
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	n = (int)write(p[1], big, 100000);
	ok(n == 65536, "an interrupted write tells how far it came (%d)", n);
	close(p[0]);
	close(p[1]);
	tap_limit(60);
}

static void sizes(void)
{
	int p[2];
	long n;

	pipe2(p, O_NONBLOCK);
	ok(fcntl(p[0], F_GETPIPE_SZ) == 65536, "64 KiB");
	ok(write(p[1], "0123456789", 10) == 10 && read(p[0], back, 5) == 5, "some in it");
	ok(fcntl(p[1], F_SETPIPE_SZ, 200000) == 262144, "grows, rounded up");
	n = write(p[1], big, sizeof(big));
	ok(n >= 262144 - 4096 && n < 262144, "and holds as much (%ld)", n);
	fails(EBUSY, fcntl(p[1], F_SETPIPE_SZ, 4096));
	ok(read(p[0], back, 5) == 5 && !memcmp(back, "56789", 5), "bytes survive the growing");
	fails(EINVAL, fcntl(p[1], F_SETPIPE_SZ, -1));
	fails(EBADF, fcntl(0x7fff, F_GETPIPE_SZ));
	while (read(p[0], back, sizeof(back)) > 0)
		;
	ok(fcntl(p[1], F_SETPIPE_SZ, 1) == 4096, "one page is the least");
	ok(write(p[1], big, 5000) == 4096, "and takes a page");
	close(p[0]);
	close(p[1]);
}

static void vectors(void)
{
	struct iovec w[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } }, r[2] = { { back, 1 },
		{ back + 10, 10 } };
	int p[2];

	pipe(p);
	ok(writev(p[1], w, 3) == 5, "writev");
	ok(readv(p[0], r, 2) == 5 && back[0] == 'a' && !memcmp(back + 10, "bcde", 4), "readv");
	fails(EINVAL, syscall(SYS_readv, p[0], r, 1025));
	w[1].iov_len = (size_t)-1;
	fails(EINVAL, writev(p[1], w, 3));
	close(p[0]);
	close(p[1]);
}

static void fifos(void)
{
	char name[50];
	int r, w, status;
	char c;

	sprintf(name, "/tmp/fifo.%d", getpid());
	fails(0, mkfifo(name, 0600));
	fails(ENXIO, open(name, O_WRONLY | O_NONBLOCK));
	r = open(name, O_RDONLY | O_NONBLOCK);
	ok(r >= 0, "a reader that does not wait");
	ok(read(r, &c, 1) == 0, "no writer yet: end of file");
	ok(ready(r, POLLIN) == 0, "but no POLLHUP before the first writer");
	w = open(name, O_WRONLY | O_NONBLOCK);
	ok(w >= 0, "now a writer can open");
	fails(EAGAIN, read(r, &c, 1));
	ok(write(w, "z", 1) == 1 && read(r, &c, 1) == 1 && c == 'z', "a byte");
	close(w);
	ok(ready(r, POLLIN) == POLLHUP, "POLLHUP once the writer left");
	close(r);
	if (!fork()) {
		w = open(name, O_WRONLY);
		_exit(write(w, "hi", 2) != 2);
	}
	r = open(name, O_RDONLY);
	ok(read(r, back, 10) == 2, "open waits for the other side");
	wait(&status);
	ok(status == 0 && read(r, back, 10) == 0, "and the end comes when it goes");
	close(r);
	r = open(name, O_RDWR);
	ok(write(r, "q", 1) == 1 && read(r, &c, 1) == 1, "read-write never waits");
	close(r);
	alarm(1);
	fails(EINTR, open(name, O_RDONLY));
	tap_limit(60);
	unlink(name);
}

int main(void)
{
	tap_limit(60);
	basics();
	full();
	stream();
	atomic();
	crowd();
	broken();
	interrupted();
	sizes();
	vectors();
	fifos();
	return tap_done();
}
