// SPDX-License-Identifier: MIT
/*
 * fileio: open files and descriptors: positions, vectors, truncation, dup,
 * fcntl, locks, sendfile, access modes, limits.  Argument: a directory.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tap.h"

#define LARGEFILE 0100000       /* the C library hides it */

static char buf[1 << 16], buf2[1 << 16];

static off_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : st.st_size;
}

static void positions(void)
{
	int fd = open("pos", O_RDWR | O_CREAT | O_TRUNC, 0644), fd2;

	ok(write(fd, "0123456789", 10) == 10 && lseek(fd, 0, SEEK_CUR) == 10,
	   "write moves the position");
	ok(lseek(fd, -3, SEEK_END) == 7 && read(fd, buf, 10) == 3 && !memcmp(buf, "789", 3),
	   "SEEK_END");
	ok(lseek(fd, 2, SEEK_SET) == 2 && lseek(fd, 3, SEEK_CUR) == 5, "SEEK_SET, SEEK_CUR");
	fails(EINVAL, lseek(fd, -1, SEEK_SET));
	fails(EINVAL, lseek(fd, 0, 77));
	ok(lseek(fd, 0, SEEK_CUR) == 5, "a failed seek moves nothing");
	ok(pread(fd, buf, 3, 1) == 3 && !memcmp(buf, "123", 3) && lseek(fd, 0, SEEK_CUR) == 5,
	   "pread leaves it");
	ok(pwrite(fd, "ab", 2, 8) == 2 && lseek(fd, 0, SEEK_CUR) == 5, "pwrite too");
	fails(EINVAL, pread(fd, buf, 1, -1));
	ok(lseek(fd, 100, SEEK_SET) == 100 && read(fd, buf, 5) == 0,
	   "beyond the end there is nothing");
	ok(write(fd, "end", 3) == 3 && size_of(fd) == 103, "writing there leaves a hole");
	ok(pread(fd, buf, 100, 3) == 100 && !memcmp(buf, "34567ab", 7) && buf[7] == 0 &&
	   buf[96] == 0 && buf[97] == 'e', "of zeroes");
	ok(lseek(fd, 0, SEEK_DATA) == 0 && lseek(fd, 0, SEEK_HOLE) <= 103, "SEEK_DATA, SEEK_HOLE");
	fails(ENXIO, lseek(fd, 200, SEEK_DATA));
	fd2 = dup(fd);
	ok(lseek(fd, 42, SEEK_SET) == 42 && lseek(fd2, 0, SEEK_CUR) == 42,
	   "dup shares the position");
	close(fd2);
	fd2 = open("pos", O_RDONLY);
	ok(lseek(fd2, 0, SEEK_CUR) == 0, "open does not");
	fails(EBADF, write(fd2, "x", 1));
	close(fd2);
	fd2 = open("pos", O_WRONLY | O_APPEND);
	fails(EBADF, read(fd2, buf, 1));
	ok(lseek(fd2, 0, SEEK_SET) == 0 && write(fd2, "app", 3) == 3 && size_of(fd2) == 106,
	   "O_APPEND");
	ok(pwrite(fd2, "X", 1, 0) == 1 && size_of(fd2) == 107,
	   "pwrite of O_APPEND appends, as Linux does");
	close(fd2);
	close(fd);
	fd = open("pos", O_RDWR | O_TRUNC);
	ok(size_of(fd) == 0, "O_TRUNC");
	close(fd);
	unlink("pos");
}

static void vectors(void)
{
	struct iovec v[3] = { { buf, 3 }, { buf + 100, 0 }, { buf + 200, 4 } };
	int fd = open("vec", O_RDWR | O_CREAT, 0644);

	memcpy(buf, "abc", 3);
	memcpy(buf + 200, "defg", 4);
	ok(writev(fd, v, 3) == 7 && pread(fd, buf2, 10, 0) == 7 && !memcmp(buf2, "abcdefg", 7),
	   "writev");
	ok(preadv(fd, v, 3, 1) == 6 && !memcmp(buf, "bcd", 3) && !memcmp(buf + 200, "efg", 3),
	   "preadv");
	ok(pwritev(fd, v, 1, 5) == 3 && size_of(fd) == 8, "pwritev");
	ok(preadv2(fd, v, 1, 0, 0) == 3 && preadv2(fd, v, 1, -1, 0) == 1,
	   "preadv2 with and without an offset");
	fails(EOPNOTSUPP, preadv2(fd, v, 1, 0, 0x4000));
	fails(EINVAL, syscall(SYS_readv, fd, v, -1));
	ok(readv(fd, v, 0) == 0, "no vectors");
	v[0].iov_base = (void *)8;
	lseek(fd, 0, SEEK_SET);
	fails(EFAULT, readv(fd, v, 1));
	ok(lseek(fd, 0, SEEK_CUR) == 0, "a failed read moves nothing");
	close(fd);
	unlink("vec");
}

static void truncating(void)
{
	int fd = open("trunc", O_RDWR | O_CREAT, 0644), ro;
	struct stat st;

	memset(buf, 'x', sizeof(buf));
	write(fd, buf, 10000);
	fails(0, ftruncate(fd, 5000));
	ok(size_of(fd) == 5000, "shorter");
	fails(0, ftruncate(fd, 9000));
	ok(pread(fd, buf2, 9000, 0) == 9000 && buf2[4999] == 'x' && buf2[5000] == 0 &&
	   buf2[8999] == 0, "longer: zeroes");
	fails(0, truncate("trunc", 1));
	ok(size_of(fd) == 1, "by name");
	fails(EINVAL, ftruncate(fd, -1));
	fails(EINVAL, truncate("trunc", -1));
	fails(EISDIR, truncate(".", 0));
	fails(ENOENT, truncate("missing", 0));
	ro = open("trunc", O_RDONLY);
	fails(EINVAL, ftruncate(ro, 0));
	close(ro);
	fails(EBADF, ftruncate(99, 0));
	fails(0, fchmod(fd, 06755));
	ok(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 06755, "fchmod");
	fails(0, fchown(fd, 5, 6));
	ok(fstat(fd, &st) == 0 && st.st_uid == 5 && st.st_gid == 6 && (st.st_mode & 07777) == 0755,
	   "fchown");
	fails(EBADF, fallocate(99, 0, 0, 10));
	fails(EINVAL, fallocate(fd, 0, 0, 0));
	if (fallocate(fd, 0, 0, 20000) == 0)
		ok(size_of(fd) == 20000, "fallocate extends");
	close(fd);
	unlink("trunc");
}

static void descriptors(void)
{
	int fd = open("fd", O_RDWR | O_CREAT, 0644), i, n, last;
	struct rlimit rl;

	ok(fcntl(fd, F_GETFD) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
	   fcntl(fd, F_GETFD) == 1, "F_SETFD");
	ok((fcntl(fd, F_GETFL) & ~LARGEFILE) == O_RDWR, "F_GETFL");
	ok(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK) == 0 &&
	   (fcntl(fd, F_GETFL) & ~LARGEFILE) == (O_RDWR | O_APPEND | O_NONBLOCK), "F_SETFL");
	i = fcntl(fd, F_DUPFD, 50);
	ok(i == 50 && fcntl(i, F_GETFD) == 0,
	   "F_DUPFD gives the lowest from there, without close-on-exec");
	n = fcntl(fd, F_DUPFD_CLOEXEC, 50);
	ok(n == 51 && fcntl(n, F_GETFD) == 1, "F_DUPFD_CLOEXEC with it");
	fails(EINVAL, fcntl(fd, F_DUPFD, 1 << 30));
	fails(EINVAL, fcntl(fd, 9999));
	fails(EBADF, fcntl(99, F_GETFD));
	ok(dup2(fd, 60) == 60 && dup2(fd, fd) == fd, "dup2");
	fails(EBADF, dup2(99, 60));
	fails(EINVAL, dup3(fd, fd, 0));
	fails(EINVAL, dup3(fd, 61, 5));
	fails(EBADF, dup2(fd, -1));
	ok(dup3(fd, 62, O_CLOEXEC) == 62 && fcntl(62, F_GETFD) == 1, "dup3");
	fails(0, close(60));
	fails(EBADF, close(60));
	fails(EBADF, close(-1));
	dup2(fd, 100); dup2(fd, 101); dup2(fd, 103);
	fails(0, syscall(SYS_close_range, 100, 102, 0));
	ok(fcntl(100, F_GETFD) == -1 && fcntl(101, F_GETFD) == -1 && fcntl(103, F_GETFD) == 0,
	   "close_range");
	fails(0, syscall(SYS_close_range, 103, ~0U, CLOSE_RANGE_CLOEXEC));
	ok(fcntl(103, F_GETFD) == 1, "close_range marks");
	fails(EINVAL, syscall(SYS_close_range, 10, 9, 0));
	close(103);
	getrlimit(RLIMIT_NOFILE, &rl);
	ok(dup2(fd, 1000) == 1000, "a descriptor of 1000 grows the table");
	close(1000);
	rl.rlim_cur = 80;
	setrlimit(RLIMIT_NOFILE, &rl);
	fails(EBADF, dup2(fd, 80));
	for (n = 0, last = -1; (i = dup(fd)) >= 0; n++)
		last = i;
	ok(errno == EMFILE && last == 79, "EMFILE at the limit (%d)", last);
	fails(EMFILE, open("fd", O_RDONLY));
	for (i = fd + 1; i < 80; i++)
		close(i);
	rl.rlim_cur = 1024;
	setrlimit(RLIMIT_NOFILE, &rl);
	n = ioctl(fd, FIONREAD, &i);
	ok(n == 0 && i == 0, "FIONREAD of a file");
	fails(ENOTTY, ioctl(fd, TIOCGWINSZ, buf));
	fails(0, ioctl(fd, FIOCLEX));
	ok(fcntl(fd, F_GETFD) == 1, "FIOCLEX");
	close(fd);
	unlink("fd");
}

static void limits(void)
{
	struct rlimit rl = { 1000, RLIM_INFINITY };
	int fd = open("lim", O_RDWR | O_CREAT, 0644), status;

	fflush(stdout);
	if (!fork()) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &rl);
		status = write(fd, buf, 2000) == 1000 ? 0 : 1;
		status |= write(fd, buf, 1) == -1 && errno == EFBIG ? 0 : 2;
		status |= ftruncate(fd, 2000) == -1 && errno == EFBIG ? 0 : 4;
		_exit(status);
	}
	wait(&status);
	ok(status == 0, "RLIMIT_FSIZE cuts, then EFBIG (%x)", status);
	if (!fork()) {
		setrlimit(RLIMIT_FSIZE, &rl);
		lseek(fd, 0, SEEK_END);
		write(fd, buf, 1);
		_exit(0);
	}
	wait(&status);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ, "SIGXFSZ kills");
	close(fd);
	unlink("lim");
}

static void copying(void)
{
	int a = open("src", O_RDWR | O_CREAT, 0644), b = open("dst", O_RDWR | O_CREAT, 0644);
	int p[2], i;
	off_t off = 100, off2 = 5;

	for (i = 0; i < (int)sizeof(buf); i++)
		buf[i] = (char)(i * 7);
	write(a, buf, sizeof(buf));
	ok(sendfile(b, a, &off, 1000) == 1000 && off == 1100 && lseek(b, 0, SEEK_CUR) == 1000,
	   "sendfile from an offset");
	ok(pread(b, buf2, 1000, 0) == 1000 && !memcmp(buf2, buf + 100, 1000), "the right bytes");
	ok(lseek(a, 0, SEEK_CUR) == (off_t)sizeof(buf), "and leaves the position");
	lseek(a, 0, SEEK_SET);
	ok(sendfile(b, a, NULL, 1 << 20) == (ssize_t)sizeof(buf), "to the end");
	pipe(p);
	lseek(a, 10, SEEK_SET);
	ok(sendfile(p[1], a, NULL, 500) == 500 && read(p[0], buf2, 1000) == 500 &&
	   !memcmp(buf2, buf + 10, 500),
	   "sendfile into a pipe");
	fails(EBADF, sendfile(99, a, NULL, 1));
	off = 200;
	ok(copy_file_range(a, &off, b, &off2, 300, 0) == 300 && off == 500 && off2 == 305,
	   "copy_file_range");
	ok(pread(b, buf2, 300, 5) == 300 && !memcmp(buf2, buf + 200, 300), "copies");
	off = 10; off2 = 20;
	fails(EINVAL, copy_file_range(a, &off, a, &off2, 300, 0));
	fails(EINVAL, copy_file_range(a, NULL, b, NULL, 10, 1));
	off = 1 << 20;
	ok(copy_file_range(a, &off, b, NULL, 10, 0) == 0, "nothing beyond the end");
	close(a); close(b); close(p[0]); close(p[1]);
	unlink("src"); unlink("dst");
}

static int lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock fl = {
		.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = len,
	};

	return fcntl(fd, cmd, &fl);
}

static int in_child(int (*fn)(int), int fd)
{
	int status;

	fflush(stdout);
	if (!fork())
		_exit(fn(fd));
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int child_locks(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0 };
	int bad = 0;

	bad |= !(lock(fd, F_SETLK, F_WRLCK, 5, 1) == -1 && errno == EAGAIN);
	bad |= !(lock(fd, F_SETLK, F_RDLCK, 5, 1) == -1) << 1;
	bad |= (lock(fd, F_SETLK, F_WRLCK, 20, 10) != 0) << 2;
	bad |= !(fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type == F_WRLCK && fl.l_start == 0 &&
		 fl.l_len == 10 &&
		 fl.l_pid == getppid()) << 3;
	return bad;
}

static int child_rest(int fd)
{
	int bad = 0;

	bad |= (lock(fd, F_SETLK, F_WRLCK, 4, 2) != 0);         /* the hole in the middle */
	bad |= !(lock(fd, F_SETLK, F_WRLCK, 0, 1) == -1) << 1;
	bad |= !(lock(fd, F_SETLK, F_WRLCK, 9, 1) == -1) << 2;
	return bad;
}

static int child_all(int fd)
{
	return lock(fd, F_SETLK, F_WRLCK, 0, 0) != 0;
}

static int child_flock(int fd)
{
	int own = open("locks", O_RDWR), bad;

	bad = !(flock(own, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	bad |= (flock(fd, LOCK_EX | LOCK_NB) != 0) << 1;        /* the same open file: it is ours */
	return bad;
}

static void locking(void)
{
	int fd = open("locks", O_RDWR | O_CREAT, 0644), fd2, p[2], status;
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char c;

	fails(0, lock(fd, F_SETLK, F_WRLCK, 0, 10));
	ok(in_child(child_locks, fd) == 0, "a record lock keeps another process out");
	fails(0, lock(fd, F_SETLK, F_UNLCK, 4, 2));
	ok(in_child(child_rest, fd) == 0, "unlocking the middle splits");
	fd2 = open("locks", O_RDONLY);
	fails(EBADF, lock(fd2, F_SETLK, F_WRLCK, 0, 1));
	close(fd2);
	ok(in_child(child_all, fd) == 0, "closing any descriptor of the file drops them all");
	fails(EINVAL, lock(fd, F_SETLK, 77, 0, 1));
	fails(EINVAL, lock(fd, F_SETLK, F_WRLCK, -1, 1));
	pipe(p);
	fflush(stdout);
	if (!fork()) {
		lock(fd, F_SETLK, F_WRLCK, 0, 0);
		write(p[1], "x", 1);
		usleep(100000);
		_exit(0);
	}
	read(p[0], &c, 1);
	fails(0, lock(fd, F_SETLKW, F_WRLCK, 0, 0));
	wait(&status);
	fails(0, lock(fd, F_SETLK, F_UNLCK, 0, 0));
	fails(0, fcntl(fd, F_OFD_SETLK, &fl));
	fd2 = open("locks", O_RDWR);
	fails(EAGAIN, fcntl(fd2, F_OFD_SETLK, &fl));
	close(fd);
	fails(0, fcntl(fd2, F_OFD_SETLK, &fl));
	close(fd2);
	fd = open("locks", O_RDWR);
	fails(0, flock(fd, LOCK_EX));
	ok(in_child(child_flock, fd) == 0, "flock belongs to the open file");
	fails(0, flock(fd, LOCK_UN));
	fails(EINVAL, flock(fd, 77));
	fails(EBADF, flock(99, LOCK_EX));
	close(fd); close(p[0]); close(p[1]);
	unlink("locks");
}

/* Two processes that wait for each other's lock: one is told. */
static void deadlock(void)
{
	int fd = open("dead", O_RDWR | O_CREAT, 0644), p[2], status;
	char c;

	pipe(p);
	lock(fd, F_SETLK, F_WRLCK, 0, 1);
	fflush(stdout);
	if (!fork()) {
		lock(fd, F_SETLK, F_WRLCK, 1, 1);
		write(p[1], "x", 1);
		_exit(lock(fd, F_SETLKW, F_WRLCK, 0, 1) != 0);
	}
	read(p[0], &c, 1);
	usleep(100000);
	fails(EDEADLK, lock(fd, F_SETLKW, F_WRLCK, 1, 1));
	lock(fd, F_SETLK, F_UNLCK, 0, 0);
	wait(&status);
	ok(status == 0, "the other goes on");
	close(fd); close(p[0]); close(p[1]);
	unlink("dead");
}

static void running(void)
{
	int fd, status;
	char name[] = "prog";

	fd = open("/proc/self/exe", O_RDONLY);
	int out = open(name, O_CREAT | O_WRONLY, 0755);
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		write(out, buf, (size_t)n);
	close(fd);
	fflush(stdout);
	if (!fork()) {
		execl(name, name, "sleep", NULL);
		_exit(errno);
	}
	wait(&status);
	ok(WEXITSTATUS(status) == ETXTBSY, "a file open for writing cannot be run (%x)", status);
	close(out);
	pid_t pid = fork();
	if (!pid) {
		execl(name, name, "sleep", NULL);
		_exit(1);
	}
	usleep(300000);
	fails(ETXTBSY, open(name, O_WRONLY));
	fails(ETXTBSY, truncate(name, 0));
	fails(0, close(open(name, O_RDONLY)));
	kill(pid, SIGKILL);
	wait(&status);
	fails(0, close(open(name, O_WRONLY)));
	unlink(name);
}

static void others(void)
{
	struct statfs sf;
	struct stat st;
	int fd = open("o", O_RDWR | O_CREAT, 0644);

	fails(0, fsync(fd));
	fails(0, fdatasync(fd));
	fails(0, syncfs(fd));
	fails(EBADF, fsync(99));
	fails(0, fstatfs(fd, &sf));
	ok(sf.f_namelen == 255 && sf.f_bsize > 0, "statfs");
	fails(0, posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
	fails(0, readahead(fd, 0, 4096));
	fails(0, sync_file_range(fd, 0, 0, 7));
	fails(EINVAL, sync_file_range(fd, 0, 0, 8));
	ok(fgetxattr(fd, "user.x", buf, 10) == -1 && (errno == EOPNOTSUPP || errno == ENODATA),
	   "no attributes");
	fails(ENOENT, getxattr("missing", "user.x", buf, 10));
	fails(EBADF, flistxattr(99, buf, 10));
	close(fd);
	unlink("o");
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd >= 0) {
		ok(fstat(fd, &st) == 0 && st.st_nlink == 0 && write(fd, "t", 1) == 1,
		   "O_TMPFILE has no name");
		sprintf(buf, "/proc/self/fd/%d", fd);
		fails(0, linkat(AT_FDCWD, buf, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
		ok(stat("named", &st) == 0 && st.st_size == 1 && st.st_nlink == 1,
		   "until it gets one");
		close(fd);
		unlink("named");
	}
	fd = memfd_create("mem", MFD_CLOEXEC);
	ok(fd >= 0 && ftruncate(fd, 5000) == 0 && size_of(fd) == 5000 &&
	   pwrite(fd, "m", 1, 4999) == 1, "memfd");
	sprintf(buf, "/proc/self/fd/%d", fd);
	ok(readlink(buf, buf2, sizeof(buf2)) == 20 && !memcmp(buf2, "/memfd:mem (deleted)", 20),
	   "and its name");
	char *m = mmap(NULL, 5000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok(m != MAP_FAILED && m[4999] == 'm' && (m[0] = 'q') && pread(fd, buf, 1, 0) == 1 &&
	   buf[0] == 'q', "maps");
	munmap(m, 5000);
	close(fd);
	fails(EINVAL, memfd_create("x", 0x800));
	fd = open("/dev/null", O_RDWR);
	ok(read(fd, buf, 10) == 0 && write(fd, buf, 10) == 10, "/dev/null");
	close(fd);
	fd = open("/dev/zero", O_RDWR);
	memset(buf, 1, 100);
	ok(read(fd, buf, 100) == 100 && buf[0] == 0 && buf[99] == 0, "/dev/zero");
	close(fd);
	fd = open("/dev/full", O_RDWR);
	fails(ENOSPC, write(fd, buf, 1));
	ok(read(fd, buf, 1) == 1, "/dev/full reads zeroes");
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	ok(read(fd, buf, 64) == 64 && read(fd, buf2, 64) == 64 && memcmp(buf, buf2, 64),
	   "/dev/urandom");
	close(fd);
}

/* The area is the last that knows the file: its end releases it. */
static void mapped(void)
{
	int fd = open("map", O_RDWR | O_CREAT, 0644), status;
	char *m, c = 0;

	fails(0, ftruncate(fd, 8192));
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok(m != MAP_FAILED && (m[5000] = 'z'), "mapped");
	close(fd);
	fd = open("map", O_RDONLY);
	ok(pread(fd, &c, 1, 5000) == 1 && c == 'z', "what is stored is read");
	close(fd);
	fails(0, unlink("map"));
	fflush(stdout);
	if (!fork())
		_exit(m[5000] != 'z');          /* exit lets go of the child's */
	wait(&status);
	ok(status == 0 && m[5000] == 'z', "without a name, in two processes");
	fails(0, munmap(m, 8192));
	fails(ENOENT, open("map", O_RDONLY));
}

static int shared;
static void *writer(void *arg)
{
	char line[8];
	int i;

	for (i = 0; i < 500; i++) {
		sprintf(line, "%c%05d\n", *(char *)arg, i);
		if (write(shared, line, 7) != 7)
			return (void *)1;
	}
	return NULL;
}

/* Threads that share a position: no byte is lost or written over. */
static void sharing(void)
{
	pthread_t t[4];
	void *r, *bad = NULL;
	int i, next[4] = { 0 }, good = 1;

	shared = open("shared", O_RDWR | O_CREAT, 0644);
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, writer, "ABCD" + i);
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		bad = bad ? bad : r;
	}
	ok(!bad && size_of(shared) == 14000 && pread(shared, buf, 14000, 0) == 14000,
	   "2,000 lines by four threads");
	for (i = 0; i < 2000; i++) {
		int who = buf[7 * i] - 'A';

		good &= who >= 0 && who < 4 && atoi(buf + 7 * i + 1) == next[who]++;
	}
	ok(good, "each whole and in its order");
	close(shared);
	unlink("shared");
}

int main(int argc, char **argv)
{
	char dir[200];

	if (argc > 1 && !strcmp(argv[1], "sleep")) {
		sleep(20);
		return 0;
	}
	tap_limit(100);
	snprintf(dir, sizeof(dir), "%s/fileio.%d", argc > 1 ? argv[1] : "/tmp", getpid());
	if (mkdir(dir, 0755) || chdir(dir)) {
		perror(dir);
		return 2;
	}
	positions();
	vectors();
	truncating();
	descriptors();
	limits();
	copying();
	locking();
	deadlock();
	running();
	others();
	mapped();
	sharing();
	chdir("/");
	fails(0, rmdir(dir));
	return tap_done();
}
