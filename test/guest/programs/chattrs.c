// SPDX-License-Identifier: MIT
/*
 * chattrs: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS: what chattr(1) sets, who may, and what it forbids. `chattrs
 * keep` leaves files with flags for another reader.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tap.h"

#define FILE_ "chattr/file"
#define DIR_ "chattr/dir"

static int flags_of(const char *path)
{
	int fd = open(path, O_RDONLY), v = -1;

	if (ioctl(fd, FS_IOC_GETFLAGS, &v))
		v = -1;
	close(fd);
	return v;
}

static int set(const char *path, int v)
{
	int fd = open(path, O_RDONLY), err = ioctl(fd, FS_IOC_SETFLAGS, &v), e = errno;

	close(fd);
	errno = e;
	return err;
}

static void make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0666);

	if (write(fd, "text", 4) != 4)
		perror(path);
	close(fd);
}

static void stored(void)
{
	struct stat a, b;
	int p[2], v;

	ok(flags_of(FILE_) == 0 && flags_of("chattr") == 0, "no flags");
	stat(FILE_, &a);
	usleep(20000);
	fails(0, set(FILE_, FS_NODUMP_FL | FS_NOATIME_FL | FS_SECRM_FL | FS_UNRM_FL));
	ok(flags_of(FILE_) == (FS_NODUMP_FL | FS_NOATIME_FL | FS_SECRM_FL | FS_UNRM_FL), "four");
	stat(FILE_, &b);
	ok(b.st_ctim.tv_sec * 1000000000L + b.st_ctim.tv_nsec > a.st_ctim.tv_sec * 1000000000L + a.st_ctim.tv_nsec &&
	   b.st_mtime == a.st_mtime, "a change of the inode");
	fails(0, set(FILE_, 0));
	ok(flags_of(FILE_) == 0, "none again");
	v = 0;
	fails(EFAULT, ioctl(open(FILE_, O_RDONLY), FS_IOC_GETFLAGS, 8));
	fails(EFAULT, ioctl(open(FILE_, O_RDONLY), FS_IOC_SETFLAGS, 8));
	fails(EBADF, ioctl(open(FILE_, O_PATH), FS_IOC_GETFLAGS, &v));
	pipe(p);
	fails(ENOTTY, ioctl(p[0], FS_IOC_GETFLAGS, &v));
	fails(ENOTTY, ioctl(p[0], FS_IOC_SETFLAGS, &v));
	fails(0, set(DIR_, FS_NODUMP_FL | FS_NOATIME_FL | FS_UNRM_FL));
	make(DIR_ "/child");
	mkdir(DIR_ "/sub", 0777);
	ok(flags_of(DIR_ "/child") == (FS_NODUMP_FL | FS_NOATIME_FL | FS_UNRM_FL) &&
	   flags_of(DIR_ "/sub") == (FS_NODUMP_FL | FS_NOATIME_FL | FS_UNRM_FL), "what is made in a directory has its");
	unlink(DIR_ "/child");
	rmdir(DIR_ "/sub");
	fails(0, set(DIR_, 0));
}

/* In a child without powers: what each of these settings gives. */
static int as_nobody(int fd, const int *flags, const int *want, int nr)
{
	int st;

	if (!fork()) {
		setuid(65534);
		for (int i = 0; i < nr; i++)
			if ((ioctl(fd, FS_IOC_SETFLAGS, flags + i) ? errno : 0) != want[i])
				_exit(i + 1);
		_exit(0);
	}
	wait(&st);
	return st;
}

static void rights(void)
{
	static const int some[] = { FS_NODUMP_FL, FS_NODUMP_FL | FS_IMMUTABLE_FL, FS_APPEND_FL, 0 };
	static const int beside[] = { 0, FS_IMMUTABLE_FL | FS_NODUMP_FL, FS_IMMUTABLE_FL };
	int fd = open(FILE_, O_RDONLY);

	chmod(FILE_, 0666);
	ok(as_nobody(fd, some, (int[]){ EPERM, EPERM, EPERM, EPERM }, 4) == 0, "not who may only write it");
	chown(FILE_, 65534, 65534);
	ok(as_nobody(fd, some, (int[]){ 0, EPERM, EPERM, 0 }, 4) == 0, "the owner sets what is no power");
	set(FILE_, FS_IMMUTABLE_FL);
	ok(as_nobody(fd, beside, (int[]){ EPERM, EPERM, 0 }, 3) == 0, "and nothing beside +i");
	fails(EPERM, set(FILE_, FS_IMMUTABLE_FL | FS_NODUMP_FL));
	set(FILE_, 0);
	chown(FILE_, 0, 0);
	close(fd);
}

static void fixed_in_common(void)
{
	struct timeval tv[2] = { { 1, 0 }, { 1, 0 } };

	fails(EPERM, unlink(FILE_));
	fails(EPERM, rename(FILE_, "chattr/other"));
	fails(EPERM, rename("chattr/victim", FILE_));
	fails(EPERM, link(FILE_, "chattr/other"));
	fails(EPERM, chmod(FILE_, 0600));
	fails(EPERM, chown(FILE_, 1, 1));
	fails(EPERM, utimes(FILE_, tv));
	fails(EPERM, truncate(FILE_, 1));
	fails(EPERM, setxattr(FILE_, "user.a", "b", 1, 0));
	fails(EPERM, open(FILE_, O_WRONLY));
	fails(EPERM, open(FILE_, O_RDWR));
	fails(EPERM, open(FILE_, O_RDONLY | O_TRUNC));
	fails(EPERM, open(FILE_, O_WRONLY | O_APPEND | O_TRUNC));
}

static void immutable(void)
{
	int before = open(FILE_, O_RDWR);

	make("chattr/victim");
	fails(0, set(FILE_, FS_IMMUTABLE_FL));
	fixed_in_common();
	fails(EPERM, open(FILE_, O_WRONLY | O_APPEND));
	fails(EPERM, access(FILE_, W_OK));
	fails(EPERM, utimes(FILE_, NULL));
	fails(EPERM, fallocate(before, FALLOC_FL_KEEP_SIZE, 0, 10));
	fails(EPERM, ftruncate(before, 1));
	ok(open(FILE_, O_RDONLY) >= 0 && flags_of(FILE_) == FS_IMMUTABLE_FL, "it can be read");
	fails(0, set(FILE_, 0));
	fails(0, set(DIR_, FS_IMMUTABLE_FL));
	fails(EPERM, open(DIR_ "/new", O_CREAT | O_WRONLY, 0666));
	fails(EPERM, mkdir(DIR_ "/new", 0777));
	fails(EPERM, unlink(DIR_ "/old"));
	fails(EPERM, rename(DIR_ "/old", "chattr/old"));
	fails(EPERM, link(FILE_, DIR_ "/new"));
	fails(EPERM, symlink("a", DIR_ "/new"));
	int fd = open(DIR_ "/old", O_WRONLY);
	ok(write(fd, "x", 1) == 1, "what is in it can be written");
	fails(0, set(DIR_, 0));
	close(before);
	close(fd);
}

static void append_only(void)
{
	int fd, before = open(FILE_, O_RDWR);

	fails(0, set(FILE_, FS_APPEND_FL));
	fixed_in_common();
	fails(0, utimes(FILE_, NULL));
	fd = open(FILE_, O_RDWR | O_APPEND);
	ok(fd >= 0 && write(fd, "more", 4) == 4 && lseek(fd, 0, SEEK_END) == 8, "it grows");
	fails(EPERM, fcntl(fd, F_SETFL, 0));
	fails(0, fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	fails(EPERM, ftruncate(fd, 2));
	fails(EPERM, fcntl(before, F_SETFL, O_APPEND));
	fails(EPERM, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4));
	ok(mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES,
	   "no shared mapping of a writer");
	ok(mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) != MAP_FAILED, "a private one");
	fails(0, set(FILE_, 0));
	fails(0, set(DIR_, FS_APPEND_FL));
	make(DIR_ "/new");
	ok(flags_of(DIR_ "/new") == 0, "in such a directory names are made");
	fails(EPERM, unlink(DIR_ "/new"));
	fails(EPERM, rename(DIR_ "/new", DIR_ "/newer"));
	fails(0, set(DIR_, 0));
	fails(0, unlink(DIR_ "/new"));
	close(fd);
	close(before);
}

static long atime_after_read(void)
{
	struct timeval tv[2] = { { 1000, 0 }, { 2000, 0 } };
	struct stat st;
	char c;
	int fd;

	utimes(FILE_, tv);
	fd = open(FILE_, O_RDONLY);
	ok(read(fd, &c, 1) == 1, "read");
	fstat(fd, &st);
	close(fd);
	return st.st_atime;
}

static void atimes(void)
{
	ok(atime_after_read() > 1000, "a read moves atime");
	set(FILE_, FS_NOATIME_FL);
	ok(atime_after_read() == 1000, "not with +A");
	set(FILE_, 0);
	ok(atime_after_read() > 1000, "again without");
}

int main(int argc, char **argv)
{
	tap_limit(30);
	mkdir("chattr", 0777);
	mkdir(DIR_, 0777);
	make(FILE_);
	make(DIR_ "/old");
	if (argc > 1) {
		ok(!set(FILE_, FS_IMMUTABLE_FL | FS_NODUMP_FL) && !set(DIR_, FS_APPEND_FL | FS_NOATIME_FL), "left");
		sync();
		return tap_done();
	}
	stored();
	rights();
	immutable();
	append_only();
	atimes();
	return tap_done();
}
