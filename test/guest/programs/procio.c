// SPDX-License-Identifier: MIT
/*
 * /proc/PID/io: which calls and bytes count, of the threads, and for whom it can be read
 * (proc_pid_io(5)).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tap.h"

struct io {
	unsigned long rchar, wchar, syscr, syscw, read_bytes, write_bytes, cancelled;
};

static long parse(const char *path, struct io *io)
{
	char text[512];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return sscanf(text, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\nread_bytes: %lu\n"
		      "write_bytes: %lu\ncancelled_write_bytes: %lu\n", &io->rchar, &io->wchar,
		      &io->syscr, &io->syscw, &io->read_bytes, &io->write_bytes,
		      &io->cancelled) == 7 ? n : 0;
}

static struct io last;
static long last_len;

/* Since the last look, which was a read itself and counted after what it said. */
static struct io since(void)
{
	struct io now, d;
	long len = parse("/proc/self/io", &now);

	d = (struct io){
		now.rchar - last.rchar - (unsigned long)last_len, now.wchar - last.wchar,
		now.syscr - last.syscr - 1, now.syscw - last.syscw,
		now.read_bytes - last.read_bytes, now.write_bytes - last.write_bytes,
		now.cancelled - last.cancelled,
	};
	last = now;
	last_len = len;
	return d;
}

/* Nothing else in between: what the call added. */
#define expect(call, r, rc, w, wc, name) do {                                                   \
	struct io d_;                                                                           \
	since();                                                                                \
	call;                                                                                   \
	d_ = since();                                                                           \
	if (!ok(d_.rchar == (r) && d_.syscr == (rc) && d_.wchar == (w) && d_.syscw == (wc),     \
		name))                                                                          \
		printf("# rchar %ld syscr %ld wchar %ld syscw %ld\n", (long)d_.rchar,            \
		       (long)d_.syscr, (long)d_.wchar, (long)d_.syscw);                         \
} while (0)

static char buf[65536], *volatile nowhere;

static void calls(void)
{
	int f = open("/tmp/procio.a", O_CREAT | O_TRUNC | O_RDWR, 0600), p[2], s[2], null, g;
	struct iovec two[2] = { { buf, 100 }, { buf + 100, 50 } };
	off_t off = 0;
	loff_t from = 0;

	null = open("/dev/null", O_RDWR);
	g = open("/tmp/procio.b", O_CREAT | O_TRUNC | O_RDWR, 0600);
	if (pipe(p) || socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		return;
#define DO(x) ((void)!(x))
	expect(DO(write(f, buf, 1000)), 0, 0, 1000, 1, "write");
	expect(DO(pwrite(f, buf, 500, 0)), 0, 0, 500, 1, "pwrite");
	expect(DO(writev(f, two, 2)), 0, 0, 150, 1, "writev");
	expect(DO(pread(f, buf, 700, 0)), 700, 1, 0, 0, "pread");
	expect(DO(pread(f, buf, 700, 1000000)), 0, 1, 0, 0, "at the end of the file the call counts");
	expect(lseek(f, 0, SEEK_SET), 0, 0, 0, 0, "lseek does not");
	expect(DO(readv(f, two, 2)), 150, 1, 0, 0, "readv");
	expect(DO(preadv2(f, two, 2, 0, 0)), 150, 1, 0, 0, "preadv2");
	expect(DO(write(null, buf, 4096)), 0, 0, 4096, 1, "a device counts");
	expect(DO(read(-1, buf, 10)), 0, 0, 0, 0, "no descriptor: nothing counts");
	expect(DO(write(f, nowhere, 10)), 0, 0, 0, 1, "a write that fails: the call does");
	expect(DO(read(p[1], buf, 10)), 0, 0, 0, 0, "not open for it: nothing counts");
	expect(DO(write(p[1], buf, 300)), 0, 0, 300, 1, "a pipe");
	expect(DO(read(p[0], buf, 300)), 300, 1, 0, 0, "and its end");
	expect(DO(send(s[0], buf, 200, 0)), 0, 0, 0, 0, "send does not count");
	expect(DO(write(s[0], buf, 200)), 0, 0, 200, 1, "write to a socket does");
	expect(DO(recv(s[1], buf, 100, 0)), 0, 0, 0, 0, "nor recv");
	expect(DO(read(s[1], buf, 300)), 300, 1, 0, 0, "but read");
	expect(DO(sendfile(null, f, &off, 1000)), 1000, 1, 1000, 1, "sendfile counts as both");
	expect(DO(copy_file_range(f, &from, g, NULL, 800, 0)), 800, 1, 800, 1,
	       "copy_file_range counts as both");
	from = 0;
	expect(DO(splice(f, &from, p[1], NULL, 600, 0)), 0, 0, 0, 0, "splice does not count");
	expect(DO(splice(p[0], NULL, null, NULL, 600, 0)), 0, 0, 0, 0, "either way");
	expect(DO(ftruncate(f, 10)), 0, 0, 0, 0, "nor ftruncate");
	close(f);
	close(g);
}

static void *reader(void *arg)
{
	int f = open("/dev/zero", O_RDONLY);

	for (int i = 0; i < 10; i++)
		DO(read(f, buf, 1000));
	close(f);
	return NULL;
}

static void threads(void)
{
	struct io mine, all;
	char path[64];
	pthread_t t;
	pid_t child;
	int status, f;

	since();
	pthread_create(&t, NULL, reader, NULL);
	pthread_join(t, NULL);
	mine = since();
	ok(mine.rchar >= 10000 && mine.syscr >= 10, "what a thread did that is gone still counts");
	sprintf(path, "/proc/self/task/%d/io", getpid());
	ok(parse(path, &mine) && parse("/proc/self/io", &all) && mine.rchar + 10000 <= all.rchar,
	   "task/TID/io: one thread's own");
	child = fork();
	if (!child) {
		parse("/proc/self/io", &all);
		_exit(all.rchar > 1000 || all.wchar);
	}
	waitpid(child, &status, 0);
	ok(!status, "a child begins with nothing");
	since();
	child = fork();
	if (!child) {
		f = open("/dev/zero", O_RDONLY);
		_exit(read(f, buf, 5000) != 5000);
	}
	waitpid(child, &status, 0);
	mine = since();
	ok(!status && mine.rchar == 5000 && mine.syscr == 1, "and is its parent's once waited for");
	sprintf(path, "/proc/%d/io", getpid());
	child = fork();
	if (!child) {
		if (setresuid(1000, 1000, 1000))
			_exit(2);
		_exit(open(path, O_RDONLY) >= 0 ? !read(open(path, O_RDONLY), buf, 1) :
		      errno != EACCES);
	}
	waitpid(child, &status, 0);
	ok(!status, "another user is refused");
}

/* A file system's own blocks, which become dirty with the file's, may count too. */
static void disk(const char *where)
{
	char name[100];
	struct io d;
	char *m;
	int f;

	sprintf(name, "%s/procio.d", where);
	f = open(name, O_CREAT | O_TRUNC | O_RDWR, 0600);
	since();
	for (int i = 0; i < 4; i++)
		DO(write(f, buf, sizeof(buf)));
	d = since();
	ok(d.write_bytes >= 4 * sizeof(buf) && d.write_bytes < 5 * sizeof(buf) && !d.cancelled,
	   "write_bytes: pages that became dirty");
	DO(pwrite(f, buf, 1000, 0));
	d = since();
	ok(!d.write_bytes, "a dirty page does so once");
	DO(ftruncate(f, 0));
	d = since();
	if (!ok(d.cancelled >= 4 * sizeof(buf) && d.cancelled < 5 * sizeof(buf),
		"cancelled_write_bytes: dirty pages that were cut off"))
		printf("# %lu\n", d.cancelled);
	DO(write(f, buf, sizeof(buf)));
	fsync(f);
	since();
	m = mmap(NULL, sizeof(buf), PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	m[0] = m[8192] = 1;
	d = since();
	if (!ok(d.write_bytes >= 8192 && d.write_bytes < 32768, "a store to a mapped page"))
		printf("# %lu\n", d.write_bytes);
	fsync(f);
	munmap(m, sizeof(buf));
	posix_fadvise(f, 0, 0, POSIX_FADV_DONTNEED);
	since();
	DO(pread(f, buf, 4096, 0));
	d = since();
	if (!ok(d.read_bytes >= 4096, "read_bytes: what came from the disk"))
		printf("# read_bytes %lu\n", d.read_bytes);
	DO(pread(f, buf, 4096, 0));
	d = since();
	ok(!d.read_bytes, "not what was in the cache");
	close(f);
	unlink(name);
	f = open("/dev/shm/procio.d", O_CREAT | O_TRUNC | O_RDWR, 0600);
	if (f < 0)
		f = memfd_create("procio", 0);
	since();
	DO(write(f, buf, sizeof(buf)));
	d = since();
	ok(!d.write_bytes && d.wchar == sizeof(buf), "memory is no disk");
	close(f);
}

int main(int argc, char **argv)
{
	calls();
	threads();
	disk(argc > 1 ? argv[1] : "/root");
	return tap_done();
}
