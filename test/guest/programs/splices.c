// SPDX-License-Identifier: MIT
/*
 * splices: splice, tee, vmsplice and sendfile between files, pipes, sockets and terminals.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

static char buf[300000], back[300000];

static ssize_t read_all(int fd, size_t want)
{
	size_t got = 0;
	ssize_t n;

	memset(back, 0, want);
	while (got < want && (n = read(fd, back + got, want - got)) > 0)
		got += n;
	return got;
}

static void files(int f)
{
	int p[2], out = open("out", O_CREAT | O_RDWR | O_TRUNC, 0644);
	loff_t off = 100;
	ssize_t n;

	pipe(p);
	ok(splice(f, &off, p[1], NULL, 5000, 0) == 5000 && off == 5100 && lseek(f, 0, SEEK_CUR) == 0 &&
	   read_all(p[0], 5000) == 5000 && !memcmp(back, buf + 100, 5000), "a file's bytes at an offset");
	n = splice(f, NULL, p[1], NULL, 3000, 0);
	ok(n == 3000 && lseek(f, 0, SEEK_CUR) == 3000, "at its own");
	off = 7;
	ok(splice(p[0], NULL, out, &off, 2000, 0) == 2000 && off == 2007, "pipe to file at an offset");
	ok(splice(p[0], NULL, out, NULL, 9999, 0) == 1000 && lseek(out, 0, SEEK_CUR) == 1000, "what there is");
	ok(pread(out, back, 1993, 14) == 1993 && !memcmp(back + 986, buf + 993, 1007), "the bytes");
	ok(splice(f, NULL, p[1], NULL, sizeof(buf), SPLICE_F_NONBLOCK) > 4000, "a pipe takes what fits");
	while ((n = splice(f, NULL, p[1], NULL, sizeof(buf), SPLICE_F_NONBLOCK)) > 0)
		;
	fails(EAGAIN, splice(f, NULL, p[1], NULL, 1, SPLICE_F_NONBLOCK));
	close(p[1]);
	lseek(out, 0, SEEK_SET);
	size_t total = 0;
	while ((n = splice(p[0], NULL, out, NULL, sizeof(buf), 0)) > 0)
		total += n;
	ok(n == 0 && total > 60000, "all of a full pipe, then the end (%zu)", total);
	ok(pread(out, back, total, 0) == (ssize_t)total && !memcmp(back, buf + 3000, total), "in order");
	close(p[0]);
	pipe(p);
	lseek(f, 0, SEEK_END);
	ok(splice(f, NULL, p[1], NULL, 10, 0) == 0, "the end of the file");
	fails(EAGAIN, splice(p[0], NULL, out, NULL, 10, SPLICE_F_NONBLOCK));
	fails(EINVAL, splice(f, NULL, out, NULL, 10, 0));
	fails(EINVAL, splice(p[0], NULL, p[1], NULL, 10, 0));
	fails(EINVAL, splice(f, NULL, p[1], NULL, 10, 0x100));
	off = 0;
	fails(ESPIPE, splice(p[0], &off, out, NULL, 10, 0));
	fails(EBADF, splice(p[1], NULL, out, NULL, 10, 0));
	fails(EBADF, splice(f, NULL, p[0], NULL, 10, 0));
	fails(EBADF, splice(999, NULL, p[1], NULL, 10, 0));
	fails(0, splice(999, NULL, p[1], NULL, 0, 0));
	off = -1;
	fails(EINVAL, splice(f, &off, p[1], NULL, 10, 0));
	int ap = open("out", O_WRONLY | O_APPEND);
	write(p[1], "x", 1);
	fails(EINVAL, splice(p[0], NULL, ap, NULL, 1, 0));
	close(ap);
	signal(SIGPIPE, SIG_IGN);
	close(p[0]);
	lseek(f, 0, SEEK_SET);
	fails(EPIPE, splice(f, NULL, p[1], NULL, 10, 0));
	close(p[1]);
	close(out);
}

static void pipes(void)
{
	int a[2], b[2];
	ssize_t n;

	pipe(a);
	pipe(b);
	write(a[1], buf, 10000);
	ok(tee(a[0], b[1], 6000, 0) == 6000 && read_all(b[0], 6000) == 6000 && !memcmp(back, buf, 6000),
	   "tee copies");
	ok(read_all(a[0], 10000) == 10000 && !memcmp(back, buf, 10000), "and leaves");
	write(a[1], buf, 10000);
	ok(splice(a[0], NULL, b[1], NULL, 7000, 0) == 7000 && read_all(b[0], 7000) == 7000 &&
	   !memcmp(back, buf, 7000) && read_all(a[0], 3000) == 3000 && !memcmp(back, buf + 7000, 3000),
	   "pipe to pipe moves");
	fails(EAGAIN, tee(a[0], b[1], 10, SPLICE_F_NONBLOCK));
	fails(EAGAIN, splice(a[0], NULL, b[1], NULL, 10, SPLICE_F_NONBLOCK));
	fails(EINVAL, tee(a[0], a[1], 10, 0));
	fails(EBADF, tee(a[1], b[1], 10, 0));
	fails(0, tee(a[0], b[1], 0, 0));
	if (!fork()) {
		struct timespec t = { 0, 100000000 };

		nanosleep(&t, NULL);
		_exit(write(a[1], "late", 4) != 4);
	}
	ok(splice(a[0], NULL, b[1], NULL, 100, 0) == 4 && read_all(b[0], 4) == 4, "one waits for bytes");
	wait(NULL);
	close(a[1]);
	fails(0, splice(a[0], NULL, b[1], NULL, 100, 0));
	fails(0, tee(a[0], b[1], 100, 0));
	close(a[0]);
	pipe(a);
	struct iovec v[2] = { { buf, 3000 }, { buf + 50000, 4000 } };
	ok(vmsplice(a[1], v, 2, 0) == 7000 && read_all(a[0], 7000) == 7000 && !memcmp(back + 3000, buf + 50000, 4000),
	   "vmsplice into a pipe");
	write(a[1], buf, 5000);
	memset(back, 0, 5000);
	v[0] = (struct iovec){ back, 2000 };
	v[1] = (struct iovec){ back + 2000, 4000 };
	ok(vmsplice(a[0], v, 2, 0) == 5000 && !memcmp(back, buf, 5000), "and out of one");
	v[0] = (struct iovec){ buf, sizeof(buf) };
	n = vmsplice(a[1], v, 1, SPLICE_F_NONBLOCK);
	ok(n > 4000 && n <= 65536, "what fits, when one must not wait (%zd)", n);
	while (n > 0)
		n = vmsplice(a[1], v, 1, SPLICE_F_NONBLOCK);
	fails(EAGAIN, vmsplice(a[1], v, 1, SPLICE_F_NONBLOCK));
	fails(EBADF, vmsplice(999, v, 1, 0));
	int f = open("out", O_RDWR);
	fails(EBADF, vmsplice(f, v, 1, 0));
	fails(EINVAL, vmsplice(a[1], v, 1, 0x100));
	close(f);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

static void sockets(int f)
{
	int p[2], s[2];
	ssize_t n, total = 0, got = 0;

	pipe(p);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	write(p[1], buf, 5000);
	ok(splice(p[0], NULL, s[0], NULL, 5000, 0) == 5000 && read_all(s[1], 5000) == 5000 &&
	   !memcmp(back, buf, 5000), "pipe to socket");
	write(s[0], buf, 3000);
	ok(splice(s[1], NULL, p[1], NULL, 9000, 0) == 3000 && read_all(p[0], 3000) == 3000 &&
	   !memcmp(back, buf, 3000), "socket to pipe");
	fcntl(s[0], F_SETFL, O_NONBLOCK);
	lseek(f, 0, SEEK_SET);
	for (;;) {
		n = splice(f, NULL, p[1], NULL, 4096, 0);
		if (n <= 0)
			break;
		total += n;
		n = splice(p[0], NULL, s[0], NULL, 4096, 0);
		if (n < 0)
			break;
	}
	ok(n == -1 && errno == EAGAIN, "a full socket is EAGAIN");
	fcntl(s[1], F_SETFL, O_NONBLOCK);
	while ((n = read(s[1], back + got, sizeof(back) - got)) > 0)
		got += n;
	while ((n = splice(p[0], NULL, s[0], NULL, 4096, SPLICE_F_NONBLOCK)) > 0)
		;
	while ((n = read(s[1], back + got, sizeof(back) - got)) > 0)
		got += n;
	ok(got == total && !memcmp(back, buf, got), "and what did not fit is still in the pipe");
	close(s[1]);
	fcntl(s[0], F_SETFL, 0);
	write(p[1], "x", 1);
	fails(EPIPE, splice(p[0], NULL, s[0], NULL, 1, 0));
	ok(read(p[0], back, 9) == 1, "the byte was not lost");
	close(s[0]);
	int null = open("/dev/null", O_WRONLY), zero = open("/dev/zero", O_RDONLY);
	ok(splice(zero, NULL, p[1], NULL, 1000, 0) == 1000 && splice(p[0], NULL, null, NULL, 5000, 0) == 1000,
	   "/dev/zero to /dev/null");
	int proc = open("/proc/version", O_RDONLY);
	ok(splice(proc, NULL, p[1], NULL, 4, 0) == 4 && read(p[0], back, 9) == 4 && !memcmp(back, "Linu", 4),
	   "out of /proc");
	close(proc);
	off_t off = 5;
	ok(sendfile(p[1], f, &off, 1000) == 1000 && off == 1005 && read_all(p[0], 1000) == 1000 &&
	   !memcmp(back, buf + 5, 1000), "sendfile to a pipe");
	fails(EINVAL, sendfile(null, p[0], NULL, 10));
	close(null);
	close(zero);
	close(p[0]);
	close(p[1]);
}

static void on_alarm(int sig)
{
}

/* Linux looks for a signal between two buffers of the pipe, a moment that none is seen to hit. */
static void amid_signals(void)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0 } };
	int p[2], null = open("/dev/null", O_WRONLY), cut = 0;

	pipe(p);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 2000; i++) {
		ssize_t in = 0, out;

		while (in < 65536)
			in += write(p[1], buf, (size_t)(65536 - in));
		out = splice(p[0], NULL, null, NULL, 65536, 0);
		cut += out < 65536;
		if (out < 65536)
			read_all(p[0], (size_t)(65536 - out));
	}
	setitimer(ITIMER_REAL, &never, NULL);
	printf("# %d of 2000 cut\n", cut);
	ok(cut < 20, "splice of a full pipe to /dev/null is not cut short by a signal");
	close(p[0]);
	close(p[1]);
	close(null);
}

int main(void)
{
	char dir[] = "/tmp/spliceXXXXXX";
	int f;

	tap_limit(60);
	ok(mkdtemp(dir) && !chdir(dir), "a directory");
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + i / 251);
	f = open("in", O_CREAT | O_RDWR | O_TRUNC, 0644);
	ok(write(f, buf, sizeof(buf)) == sizeof(buf) && lseek(f, 0, SEEK_SET) == 0, "a file");
	files(f);
	pipes();
	sockets(f);
	close(f);
	unlink("in");
	unlink("out");
	ok(!chdir("/") && !rmdir(dir), "nothing is left");
	amid_signals();
	return tap_done();
}
