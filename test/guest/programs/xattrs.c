// SPDX-License-Identifier: MIT
/*
 * Extended attributes: xattr(7) and its twelve calls, in a folder of a file system that has them.
 *
 * usage: xattrs DIR              every claim, in a folder of DIR's
 *        xattrs fill DIR         files with many attributes, for look() after another boot
 *        xattrs look DIR         they are as fill left them
 *        xattrs race DIR         several processes at the same files
 *        xattrs get FILE NAME    the value, or the error; set FILE NAME VALUE, rm FILE NAME, ls FILE
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tap.h"

#define NOBODY  65534
#define TMPFS   0x01021994

static char buf[70000], folder[256];
static int on_tmpfs;
static char *volatile bad = (char *)8;    /* where nothing is */

static void make(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_EXCL, 0644);

	if (fd < 0)
		printf("# %s: %s\n", name, strerror(errno));
	close(fd);
}

/* Is the value of @name exactly @want? */
static int has(const char *file, const char *name, const char *want)
{
	ssize_t n = lgetxattr(file, name, buf, sizeof(buf));

	return n == (ssize_t)strlen(want) && !memcmp(buf, want, (size_t)n);
}

/* The names of @file, in order, with spaces between; or the error. */
static const char *names(const char *file)
{
	static char out[70000];
	ssize_t n = llistxattr(file, buf, sizeof(buf));
	char *p = out;

	if (n < 0)
		return strerror(errno);
	*p = '\0';
	for (char *s = buf; s < buf + n; s += strlen(s) + 1)
		p += sprintf(p, "%s%s", p == out ? "" : " ", s);
	return out;
}

static int list_is(const char *file, const char *want)
{
	const char *got = names(file);
	int same = !strcmp(got, want);

	if (!same)
		printf("# %s: \"%s\"\n", file, got);
	return same;
}

/* In a child without rights: what @call gave, 0 or its errno. */
#define AS_NOBODY(call)                                                         \
	({                                                                      \
		int st_ = 0;                                                    \
		if (!fork()) {                                                  \
			if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || \
			    setresuid(NOBODY, NOBODY, NOBODY))                  \
				_exit(255);                                     \
			_exit((call) == -1 ? errno : 0);                        \
		}                                                               \
		wait(&st_);                                                     \
		WEXITSTATUS(st_);                                               \
	})

#define nobody(want, call)                                                      \
	do {                                                                    \
		int e_ = AS_NOBODY(call);                                       \
		if (!ok(e_ == (want), "as nobody, %s: %s", #call,               \
			(want) ? strerror(want) : "succeeds"))                  \
			printf("# %s\n", strerror(e_));                         \
	} while (0)

static void values(void)
{
	make("f");
	ok(list_is("f", ""), "a new file has none");
	fails(ENODATA, getxattr("f", "user.a", buf, 10));
	fails(0, setxattr("f", "user.a", "one", 3, 0));
	ok(has("f", "user.a", "one"), "a value is read as it was set");
	ok(getxattr("f", "user.a", NULL, 0) == 3, "size 0 asks for the size");
	ok(getxattr("f", "user.a", bad, 0) == 3, "and touches nothing");
	fails(ERANGE, getxattr("f", "user.a", buf, 2));
	fails(EFAULT, getxattr("f", "user.a", bad, 100));
	fails(0, setxattr("f", "user.a", "longer than before", 18, 0));
	ok(has("f", "user.a", "longer than before"), "a longer value replaces it");
	fails(0, setxattr("f", "user.a", "s", 1, 0));
	ok(has("f", "user.a", "s"), "and a shorter one");
	fails(0, setxattr("f", "user.empty", NULL, 0, 0));
	ok(getxattr("f", "user.empty", buf, 10) == 0, "a value may be empty");
	fails(0, setxattr("f", "user.nul", "a\0b", 3, 0));
	ok(getxattr("f", "user.nul", buf, 10) == 3 && !memcmp(buf, "a\0b", 3), "or hold zeroes");
	fails(0, removexattr("f", "user.empty"));
	fails(ENODATA, removexattr("f", "user.empty"));
	fails(ENODATA, getxattr("f", "user.empty", buf, 10));
	fails(0, removexattr("f", "user.nul"));
	fails(0, removexattr("f", "user.a"));
	ok(list_is("f", ""), "all removed");
}

static void flags(void)
{
	fails(EINVAL, setxattr("f", "user.a", "x", 1, 4));
	fails(ENODATA, setxattr("f", "user.a", "x", 1, XATTR_REPLACE));
	fails(0, setxattr("f", "user.a", "x", 1, XATTR_CREATE));
	fails(EEXIST, setxattr("f", "user.a", "y", 1, XATTR_CREATE));
	fails(EEXIST, setxattr("f", "user.a", "x", 1, XATTR_CREATE));
	fails(0, setxattr("f", "user.a", "z", 1, XATTR_REPLACE));
	ok(has("f", "user.a", "z"), "replaced");
	fails(EEXIST, setxattr("f", "user.a", "y", 1, XATTR_CREATE | XATTR_REPLACE));
	fails(ENODATA, setxattr("f", "user.b", "y", 1, XATTR_CREATE | XATTR_REPLACE));
	fails(0, removexattr("f", "user.a"));
}

static void name_lengths(void)
{
	char name[300];

	memset(name, 'n', sizeof(name));
	memcpy(name, "user.", 5);
	name[256] = '\0';
	fails(ERANGE, setxattr("f", name, "x", 1, 0));
	fails(ERANGE, getxattr("f", name, buf, 10));
	fails(ERANGE, removexattr("f", name));
	name[255] = '\0';
	fails(0, setxattr("f", name, "x", 1, 0));
	ok(has("f", name, "x") && list_is("f", name), "a name of 255 bytes");
	fails(0, removexattr("f", name));
	fails(ERANGE, setxattr("f", "", "x", 1, 0));
	fails(ERANGE, getxattr("f", "", buf, 10));
	fails(ERANGE, removexattr("f", ""));
	fails(EFAULT, setxattr("f", bad, "x", 1, 0));
	fails(EFAULT, getxattr("f", bad, buf, 10));
	fails(EFAULT, removexattr("f", bad));
	fails(EFAULT, setxattr("f", "user.a", bad, 5, 0));
	fails(E2BIG, setxattr("f", "user.a", buf, 65537, 0));
	fails(EFAULT, setxattr("f", "user.a", bad, 65536, 0));
}

static void classes(void)
{
	fails(EOPNOTSUPP, setxattr("f", "a", "x", 1, 0));
	fails(EOPNOTSUPP, getxattr("f", "a", buf, 10));
	fails(EOPNOTSUPP, removexattr("f", "a"));
	fails(EOPNOTSUPP, setxattr("f", "usr.a", "x", 1, 0));
	fails(EOPNOTSUPP, setxattr("f", "user", "x", 1, 0));
	fails(EOPNOTSUPP, setxattr("f", "system.x", "x", 1, 0));
	fails(EOPNOTSUPP, getxattr("f", "system.x", buf, 10));
	fails(EINVAL, setxattr("f", "user.", "x", 1, 0));
	fails(EINVAL, getxattr("f", "user.", buf, 10));
	fails(EINVAL, removexattr("f", "user."));
	fails(EINVAL, setxattr("f", "trusted.", "x", 1, 0));
	fails(0, setxattr("f", "user.u", "1", 1, 0));
	fails(0, setxattr("f", "trusted.t", "2", 1, 0));
	fails(0, setxattr("f", "security.s", "3", 1, 0));
	fails(0, setxattr("f", "user..", "4", 1, 0));
	ok(has("f", "user.u", "1") && has("f", "trusted.t", "2") && has("f", "security.s", "3") &&
	   has("f", "user..", "4"), "one of each class");
	fails(ENODATA, getxattr("f", "user.t", buf, 10));
	fails(ENODATA, getxattr("f", "trusted.u", buf, 10));
	fails(ENODATA, getxattr("f", "security.u", buf, 10));
	if (on_tmpfs)
		ok(list_is("f", "user.u user.. trusted.t security.s"), "the last by name first");
	else
		ok(list_is("f", "user.u trusted.t security.s user.."), "in the order of making");
	ok(listxattr("f", NULL, 0) == 35, "their names with a NUL each");
	ok(listxattr("f", buf, 35) == 35, "fit exactly");
	fails(ERANGE, listxattr("f", buf, 34));
	fails(EFAULT, listxattr("f", bad, 100));
}

static void rights(void)
{
	nobody(EACCES, setxattr("f", "user.u", "x", 1, 0));
	nobody(EACCES, removexattr("f", "user.u"));
	nobody(0, getxattr("f", "user.u", buf, 10));
	nobody(EPERM, setxattr("f", "trusted.t", "x", 1, 0));
	nobody(EPERM, removexattr("f", "trusted.t"));
	nobody(ENODATA, getxattr("f", "trusted.t", buf, 10));
	nobody(EPERM, setxattr("f", "security.s", "x", 1, 0));
	nobody(EPERM, removexattr("f", "security.s"));
	nobody(0, getxattr("f", "security.s", buf, 10));
	nobody(EACCES, setxattr("f", "nothing", "x", 1, 0));
	nobody(EPERM, setxattr("f", "security.capability",
			       "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0));
	nobody(EPERM, removexattr("f", "security.capability"));
	ok(AS_NOBODY(strstr(names("f"), "trusted") || !strstr(names("f"), "user.u") ? -1 : 0) == 0,
	   "trusted. is hidden from others, user. is not");
	chmod("f", 0600);
	nobody(EACCES, getxattr("f", "user.u", buf, 10));
	nobody(EACCES, getxattr("f", "user.none", buf, 10));
	nobody(0, listxattr("f", buf, 100));
	nobody(0, getxattr("f", "security.s", buf, 10));
	chmod("f", 0602);
	nobody(0, setxattr("f", "user.u", "w", 1, 0));
	nobody(EACCES, getxattr("f", "user.u", buf, 10));
	chmod("f", 0644);
	ok(has("f", "user.u", "w"), "who may write the file, may set");
	fails(0, removexattr("f", "trusted.t"));
	fails(0, removexattr("f", "security.s"));
	fails(0, removexattr("f", "user.u"));
	fails(0, removexattr("f", "user.."));

	mkdir("d", 0777);
	chmod("d", 0777);
	nobody(0, setxattr("d", "user.a", "x", 1, 0));
	chmod("d", 01777);
	nobody(EPERM, setxattr("d", "user.a", "y", 1, 0));
	nobody(EPERM, removexattr("d", "user.a"));
	nobody(0, getxattr("d", "user.a", buf, 10));
	fails(0, setxattr("d", "user.a", "z", 1, 0));
	ok(has("d", "user.a", "z"), "a sticky directory's owner may");
	fails(0, removexattr("d", "user.a"));
}

static void kinds(void)
{
	static const char *const special[] = { "link", "fifo", "null" };

	symlink("f", "link");
	mkfifo("fifo", 0666);
	mknod("null", S_IFCHR | 0666, makedev(1, 3));
	for (int i = 0; i < 3; i++) {
		const char *s = special[i];

		ok(lsetxattr(s, "user.a", "x", 1, 0) == -1 && errno == EPERM, "%s: no user.", s);
		ok(lgetxattr(s, "user.a", buf, 9) == -1 && errno == ENODATA, "%s: nor is one read", s);
		ok(lremovexattr(s, "user.a") == -1 && errno == EPERM, "%s: nor removed", s);
		ok(!lsetxattr(s, "trusted.a", s, 4, 0) && has(s, "trusted.a", s) &&
		   list_is(s, "trusted.a"), "%s: but trusted.", s);
		ok(!lremovexattr(s, "trusted.a") && list_is(s, ""), "%s: and it goes", s);
	}
	fails(0, setxattr("link", "user.a", "through", 7, 0));
	ok(has("f", "user.a", "through") && list_is("link", ""), "a link is followed");
	ok(getxattr("link", "user.a", buf, 10) == 7, "and for reading");
	ok(listxattr("link", buf, 10) == 7, "and for listing");
	fails(0, lsetxattr("link", "trusted.own", "x", 1, 0));
	ok(readlink("link", buf, 10) == 1 && *buf == 'f', "a link's text stays");
	fails(0, removexattr("link", "user.a"));
	ok(list_is("f", "") && list_is("link", "trusted.own"), "and for removing");
	fails(ENOENT, setxattr("missing", "user.a", "x", 1, 0));
	fails(EINVAL, setxattr("missing", "", bad, 1, 9));
	fails(ENOENT, getxattr("missing", "", buf, 10));
	fails(ERANGE, removexattr("missing", ""));
	fails(ENOENT, listxattr("missing", buf, 10));
	fails(ENOENT, removexattr("missing", "user.a"));
	fails(ENOTDIR, getxattr("f/x", "user.a", buf, 10));
}

static void descriptors(void)
{
	int fd = open("f", O_RDONLY), dead = open("f", O_PATH);

	fails(0, fsetxattr(fd, "user.fd", "x", 1, 0));
	ok(fgetxattr(fd, "user.fd", buf, 10) == 1, "read through a descriptor");
	ok(flistxattr(fd, buf, 100) == 8, "listed through a descriptor");
	fails(EBADF, fsetxattr(dead, "user.fd", "x", 1, 0));
	fails(EBADF, fgetxattr(dead, "user.fd", buf, 10));
	fails(EBADF, flistxattr(dead, buf, 10));
	fails(EBADF, fremovexattr(dead, "user.fd"));
	fails(EBADF, fsetxattr(-1, "", bad, 1, 9));
	fails(EBADF, fgetxattr(99, "user.fd", buf, 10));
	fails(EBADF, flistxattr(99, buf, 10));
	fails(EBADF, fremovexattr(99, "user.fd"));
	unlink("gone");
	link("f", "gone");
	ok(has("gone", "user.fd", "x"), "they are the inode's, whatever its name");
	rename("gone", "moved");
	ok(has("moved", "user.fd", "x"), "and stay when it moves");
	unlink("moved");
	fails(0, fremovexattr(fd, "user.fd"));
	close(fd);
	close(dead);
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	fails(0, fsetxattr(fd, "user.t", "tmp", 3, 0));
	ok(fgetxattr(fd, "user.t", buf, 10) == 3, "a file without a name has them");
	snprintf(buf, 100, "/proc/self/fd/%d", fd);
	linkat(AT_FDCWD, buf, AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
	ok(has("named", "user.t", "tmp"), "and keeps them when it gets one");
	close(fd);
	unlink("named");
}

static struct timespec ctime_of(const char *file)
{
	struct stat st;

	stat(file, &st);
	return st.st_ctim;
}

static int moved(const char *file, struct timespec t)
{
	struct timespec now = ctime_of(file);

	return now.tv_sec != t.tv_sec || now.tv_nsec != t.tv_nsec;
}

static void times(void)
{
	struct timespec t = ctime_of("f");

	usleep(20000);
	setxattr("f", "user.a", "x", 1, 0);
	ok(moved("f", t), "setting moves ctime");
	t = ctime_of("f");
	usleep(20000);
	getxattr("f", "user.a", buf, 10);
	listxattr("f", buf, 100);
	setxattr("f", "user.a", "x", 1, XATTR_CREATE);
	ok(!moved("f", t), "neither reading nor failing does");
	removexattr("f", "user.a");
	ok(moved("f", t), "removing does");
}

/* The events since the last look: a letter each; capital: of the directory, with its name. */
static const char *heard(int in, int dir_wd)
{
	static char out[32];
	struct pollfd p = { in, POLLIN, 0 };
	char *to = out;
	ssize_t n = poll(&p, 1, 0) > 0 ? read(in, buf, sizeof(buf)) : 0;

	for (char *s = buf; s < buf + n && to < out + 30;) {
		struct inotify_event *e = (void *)s;

		*to++ = (char)((e->mask & IN_ATTRIB ? 'a' : 'x') - (e->wd == dir_wd ? 32 : 0));
		s += sizeof(*e) + e->len;
	}
	*to = '\0';
	return out;
}

static void events(void)
{
	int in = inotify_init1(IN_NONBLOCK), dir = inotify_add_watch(in, ".", IN_ALL_EVENTS), fd;

	inotify_add_watch(in, "f", IN_ALL_EVENTS);
	setxattr("f", "user.a", "x", 1, 0);
	ok(!strcmp(heard(in, dir), "Aa"), "setting is IN_ATTRIB");
	setxattr("f", "user.a", "x", 1, XATTR_CREATE);
	setxattr("f", "user.b", "x", 1, XATTR_REPLACE);
	removexattr("f", "user.b");
	getxattr("f", "user.a", buf, 10);
	listxattr("f", buf, 10);
	ok(!strcmp(heard(in, dir), ""), "failing or reading is nothing");
	removexattr("f", "user.a");
	ok(!strcmp(heard(in, dir), "Aa"), "removing is IN_ATTRIB");
	fd = open("f", O_RDONLY);
	heard(in, dir);
	fsetxattr(fd, "user.a", "x", 1, 0);
	fremovexattr(fd, "user.a");
	ok(!strcmp(heard(in, dir), "AaAa"), "through a descriptor too");
	close(fd);
	close(in);
}

static int set_size(const char *name, size_t size)
{
	memset(buf, *name, size);
	return setxattr("f", name, buf, size, 0);
}

static int size_is(const char *name, size_t size)
{
	ssize_t n = getxattr("f", name, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++)
		if (buf[i] != *name)
			return 0;
	return n == (ssize_t)size;
}

static void many(void)
{
	char name[32];
	int wrong = 0, n = on_tmpfs ? 1000 : 100;

	for (int i = 0; i < n; i++) {
		sprintf(name, "user.attribute%d", i * 7919 % n);
		wrong += setxattr("f", name, name, strlen(name) - (size_t)i % 9, 0) != 0;
	}
	ok(!wrong, "%d attributes", n);
	for (int i = 0; i < n; i++) {
		sprintf(name, "user.attribute%d", i * 7919 % n);
		wrong += getxattr("f", name, buf, 40) != (ssize_t)strlen(name) - i % 9 ||
		       memcmp(buf, name, strlen(name) - (size_t)i % 9);
	}
	ok(!wrong, "each as it was set");
	for (int i = 0; i < n; i += 2) {
		sprintf(name, "user.attribute%d", i);
		wrong += removexattr("f", name) != 0;
	}
	for (int i = 0; i < n; i++) {
		sprintf(name, "user.attribute%d", i);
		wrong += (getxattr("f", name, buf, 40) >= 0) != i % 2;
	}
	ok(!wrong, "every other removed, the rest is there");
	for (int i = 1; i < n; i += 2) {
		sprintf(name, "user.attribute%d", i);
		wrong += removexattr("f", name) != 0;
	}
	ok(!wrong && list_is("f", ""), "and all of them");
}

static void sizes(void)
{
	/* Over every size, so that each way in and out of the inode's own room is taken. */
	int wrong = 0;

	for (size_t i = 0; i < 200; i++)
		wrong += set_size("user.a", i) || !size_is("user.a", i);
	for (size_t i = 200; i-- > 0;)
		wrong += set_size("user.a", i) || !size_is("user.a", i);
	ok(!wrong, "a value of 0 to 200 bytes, growing and shrinking");
	set_size("user.b", 30);
	for (size_t i = 0; i < 200; i++)
		wrong += set_size("user.a", i) || !size_is("user.a", i) || !size_is("user.b", 30);
	ok(!wrong, "another stays as it is");
	removexattr("f", "user.b");
	if (on_tmpfs) {
		fails(0, set_size("user.a", 65536));
		ok(size_is("user.a", 65536), "64 KiB");
		fails(ERANGE, getxattr("f", "user.a", buf, 65535));
	} else {
		fails(0, set_size("user.a", 3000));
		ok(size_is("user.a", 3000), "3,000 bytes");
		fails(ENOSPC, set_size("user.a", 4096));
		fails(ENOSPC, set_size("user.b", 2000));
		fails(ENOSPC, set_size("user.c", 65536));
		ok(size_is("user.a", 3000) && list_is("f", "user.a"), "too much changes nothing");
		fails(0, set_size("user.b", 50));
		fails(0, set_size("user.a", 20));
		ok(size_is("user.a", 20) && size_is("user.b", 50), "both");
		removexattr("f", "user.b");
	}
	fails(0, removexattr("f", "user.a"));
	ok(list_is("f", ""), "none is left");
}

/* What i_blocks says of it. */
static long blocks_of(const char *file)
{
	struct stat st;

	lstat(file, &st);
	return (long)st.st_blocks;
}

static void blocks(void)
{
	struct statfs before, after;

	if (on_tmpfs)
		return;
	statfs(".", &before);
	set_size("user.a", 10);
	ok(blocks_of("f") == 0, "a short one lies in the inode");
	set_size("user.a", 500);
	ok(blocks_of("f") == before.f_bsize / 512, "a long one in a block, which st_blocks counts");
	statfs(".", &after);
	ok(before.f_bfree - after.f_bfree == 1, "one block less is free");
	set_size("user.a", 5);
	ok(blocks_of("f") == 0, "no longer when it is short again");
	set_size("user.a", 500);
	removexattr("f", "user.a");
	ok(blocks_of("f") == 0, "nor when it is gone");
	set_size("user.a", 500);
	unlink("f");
	make("f");
	ok(list_is("f", ""), "a file made anew has none");
	statfs(".", &after);
	ok(before.f_bfree == after.f_bfree, "all blocks are free again");
	symlink("f", "short");
	memset(buf, 'l', 100);
	buf[100] = '\0';
	symlink(buf, "long");
	mkfifo("pipe", 0600);
	for (int i = 0; i < 3; i++) {
		const char *name = i == 0 ? "short" : i == 1 ? "long" : "pipe";
		long had = blocks_of(name);

		memset(buf, 'v', 500);
		ok(!lsetxattr(name, "trusted.a", buf, 500, 0) &&
		   blocks_of(name) == had + before.f_bsize / 512, "%s: a block of its own", name);
		ok(lgetxattr(name, "trusted.a", buf, 600) == 500, "%s: and read", name);
	}
	ok(readlink("short", buf, 200) == 1 && *buf == 'f' &&
	   readlink("long", buf, 200) == 100 && buf[99] == 'l', "links lead where they did");
	unlink("short");
	unlink("long");
	unlink("pipe");
	statfs(".", &after);
	ok(before.f_bfree == after.f_bfree, "and they go with all they had");
}

static void limits(void)
{
	struct statfs st;
	char where[300], name[40];
	int i;

	if (!on_tmpfs)
		return;
	snprintf(where, sizeof(where), "%s/small", folder);
	mkdir(where, 0755);
	if (mount("small", where, "tmpfs", 0, "nr_inodes=20"))
		printf("# mount: %s\n", strerror(errno));
	if (chdir(where))
		printf("# chdir: %s\n", strerror(errno));
	make("f");
	statfs(".", &st);
	ok(st.f_ffree == 18, "of 20 inodes 18 are free");
	for (i = 0; i < 100; i++) {
		sprintf(name, "user.%d", i);
		if (setxattr("f", name, buf, 1024 - 40 - strlen(name), 0))
			break;
	}
	ok(i == 18 && errno == ENOSPC, "each attribute of 1 KiB takes one");
	statfs(".", &st);
	ok(st.f_ffree == 0, "none is left");
	fails(ENOSPC, open("g", O_CREAT | O_WRONLY, 0600));
	fails(0, removexattr("f", "user.3"));
	fails(0, setxattr("f", "user.x", "x", 1, 0));
	unlink("f");
	statfs(".", &st);
	ok(st.f_ffree == 19, "they go with their file");
	if (chdir(folder) || umount(where) || rmdir(where))
		printf("# umount: %s\n", strerror(errno));
}

static void read_only(void)
{
	char where[300], file[320];

	snprintf(where, sizeof(where), "%s/ro", folder);
	snprintf(file, sizeof(file), "%s/f", where);
	mkdir(where, 0755);
	setxattr("f", "user.a", "x", 1, 0);
	if (mount(folder, where, NULL, MS_BIND, NULL) ||
	    mount(NULL, where, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL))
		printf("# mount: %s\n", strerror(errno));
	fails(EROFS, setxattr(file, "user.a", "x", 1, 0));
	fails(EINVAL, setxattr(file, "", "x", 1, 9));
	fails(ERANGE, setxattr(file, "", "x", 1, 0));
	fails(EROFS, removexattr(file, "user.a"));
	fails(ERANGE, removexattr(file, ""));
	ok(has(file, "user.a", "x") && list_is(file, "user.a"), "they can still be read");
	umount(where);
	rmdir(where);
	removexattr("f", "user.a");
}

/* A socket of @type says its protocol, through the descriptor and by its path in /proc, and nothing else. */
static void protocol(int type, const char *want)
{
	static const char name[] = "system.sockprotoname";
	int fd = socket(AF_UNIX, type, 0), size = (int)strlen(want) + 1;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(buf, 'x', 100);
	ok(fgetxattr(fd, name, buf, 100) == size && !strcmp(buf, want), "a socket of type %d is %s", type, want);
	memset(buf, 'x', 100);
	ok(getxattr(path, name, buf, (size_t)size) == size && !strcmp(buf, want), "also by path");
	ok(fgetxattr(fd, name, NULL, 0) == size, "size 0 asks for the size");
	fails(ERANGE, fgetxattr(fd, name, buf, (size_t)size - 1));
	ok(flistxattr(fd, buf, 100) == sizeof(name) && !strcmp(buf, name), "it is listed");
	fails(ERANGE, flistxattr(fd, buf, sizeof(name) - 1));
	fails(EOPNOTSUPP, fsetxattr(fd, name, "x", 1, 0));
	fails(EOPNOTSUPP, fremovexattr(fd, name));
	fails(EOPNOTSUPP, fgetxattr(fd, "system.x", buf, 10));
	fails(EOPNOTSUPP, fgetxattr(fd, "system.", buf, 10));
	fails(EOPNOTSUPP, fsetxattr(fd, "security.a", "x", 1, 0));
	close(fd);
}

static void sockets(void)
{
	int two[2];

	protocol(SOCK_STREAM, "UNIX-STREAM");
	protocol(SOCK_DGRAM, "UNIX");
	protocol(SOCK_SEQPACKET, "UNIX");
	socketpair(AF_UNIX, SOCK_STREAM, 0, two);
	ok(fgetxattr(two[1], "system.sockprotoname", buf, 100) == 12, "both of a pair");
	close(two[0]);
	close(two[1]);
}

/* On @file, reading @name is the error @get, setting and removing it @change, and nothing is listed. */
static int refuses(const char *file, const char *name, int get, int change)
{
	return getxattr(file, name, buf, 10) == -1 && errno == get &&
	       setxattr(file, name, "x", 1, 0) == -1 && errno == change &&
	       removexattr(file, name) == -1 && errno == change && !listxattr(file, buf, 10);
}

/* @plain: of a kind that could have user. */
static void stores_none(const char *file, int plain)
{
	ok(refuses(file, "trusted.a", EOPNOTSUPP, EOPNOTSUPP), "%s: no trusted.", file);
	ok(refuses(file, "security.a", EOPNOTSUPP, EOPNOTSUPP), "%s: no security.", file);
	ok(plain ? refuses(file, "user.a", EOPNOTSUPP, EOPNOTSUPP) :
	   refuses(file, "user.a", ENODATA, EPERM), "%s: no user.", file);
}

/* Files of other kinds, wherever we are. */
static void elsewhere(void)
{
	int fds[2], fd;

	fails(EOPNOTSUPP, setxattr("/proc/version", "user.a", "x", 1, 0));
	fails(EOPNOTSUPP, getxattr("/proc/version", "user.a", buf, 10));
	fails(EOPNOTSUPP, getxattr("/proc/version", "security.a", buf, 10));
	fails(EOPNOTSUPP, setxattr("/proc/version", "trusted.a", "x", 1, 0));
	ok(listxattr("/proc/version", buf, 10) == 0, "/proc: nothing to list");
	fails(EPERM, setxattr("/dev/null", "user.a", "x", 1, 0));
	fails(ENODATA, getxattr("/dev/null", "user.a", buf, 10));
	fails(0, setxattr("/dev/null", "trusted.a", "x", 1, 0));
	ok(getxattr("/dev/null", "trusted.a", buf, 10) == 1, "/dev is a tmpfs");
	fails(0, removexattr("/dev/null", "trusted.a"));
	if (!pipe(fds)) {
		fails(EPERM, fsetxattr(fds[0], "user.a", "x", 1, 0));
		fails(ENODATA, fgetxattr(fds[0], "user.a", buf, 10));
		fails(EOPNOTSUPP, fsetxattr(fds[0], "trusted.a", "x", 1, 0));
		fails(EOPNOTSUPP, fgetxattr(fds[0], "trusted.a", buf, 10));
		ok(flistxattr(fds[0], buf, 10) == 0, "a pipe: nothing to list");
	}
	stores_none("/proc", 1);
	stores_none("/proc/self/fd", 1);
	stores_none("/proc/sys/kernel/hostname", 1);
	stores_none("/dev/pts", 1);
	fd = posix_openpt(O_RDWR | O_NOCTTY);
	stores_none(ptsname(fd), 0);
	close(fd);
	stores_none("/dev/pts/ptmx", 0);
	fd = eventfd(0, 0);
	fails(EOPNOTSUPP, fsetxattr(fd, "trusted.a", "x", 1, 0));
	fails(EOPNOTSUPP, fsetxattr(fd, "security.a", "x", 1, 0));
	fails(EPERM, fsetxattr(fd, "user.a", "x", 1, 0));
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(EPERM, fsetxattr(fd, "user.a", "x", 1, 0));
	fails(EOPNOTSUPP, fgetxattr(fd, "trusted.a", buf, 10));
	fails(EOPNOTSUPP, fsetxattr(fd, "trusted.a", "x", 1, 0));
	close(fd);
	sockets();
	fd = memfd_create("m", 0);
	fails(0, fsetxattr(fd, "user.a", "x", 1, 0));
	ok(fgetxattr(fd, "user.a", buf, 10) == 1 && flistxattr(fd, buf, 10) == 7, "a memfd has them");
	close(fd);
}

/* -------------------------------------------------------------- many at once */

/* One process: every value it meets must be of one letter, as many as that letter says. */
static int racer(unsigned int seed)
{
	static const char *const files[] = { "r0", "r1", "r2" };
	char name[] = "user.x";

	for (int i = 0; i < 3000; i++) {
		const char *f = files[rand_r(&seed) % 3];
		size_t size = (size_t)(rand_r(&seed) % 20);
		ssize_t n;

		name[5] = (char)('a' + rand_r(&seed) % 5);
		switch (rand_r(&seed) % 8) {
		case 0: case 1: case 2:
			memset(buf, 'A' + (int)size, size * 30);
			if (setxattr(f, name, buf, size * 30, 0) && errno != ENOSPC && errno != ENOENT)
				return printf("# set: %s\n", strerror(errno));
			break;
		case 3:
			if (removexattr(f, name) && errno != ENODATA && errno != ENOENT)
				return printf("# remove: %s\n", strerror(errno));
			break;
		case 4:
			n = listxattr(f, buf, 1000);
			if (n < 0 ? errno != ENOENT : n % 7)
				return printf("# list: %zd, %s\n", n, strerror(errno));
			break;
		case 5:
			if (rand_r(&seed) % 8 == 0) {
				unlink(f);
				close(open(f, O_CREAT | O_RDONLY, 0600));
			}
			break;
		default:
			n = getxattr(f, name, buf, 1000);
			if (n < 0 && errno != ENODATA && errno != ENOENT)
				return printf("# get: %s\n", strerror(errno));
			for (ssize_t k = 0; k < n; k++)
				if (buf[k] != 'A' + n / 30)
					return printf("# byte %zd of %zd: %c\n", k, n, buf[k]);
		}
	}
	return 0;
}

static int race(void)
{
	int st, wrong = 0;

	for (unsigned int i = 0; i < 4; i++)
		if (!fork()) {
			alarm(100);
			_exit(!!racer(i + 1));
		}
	while (wait(&st) > 0)
		wrong += st != 0;
	return wrong;
}

/* ------------------------------------------------------------- over a boot */

/* File i of those that stay: how long its attribute j is, -1: it has none. */
static int planned(int i, int j)
{
	return (i * 13 + j * 31) % 5 ? (i * 17 + j * 71) % (i % 3 ? 150 : 20) : -1;
}

static int fill(void)
{
	char file[16], name[16];

	for (int i = 0; i < 60; i++) {
		sprintf(file, "kept%d", i);
		if (i % 4)
			make(file);
		else
			mkdir(file, 0755);
		for (int j = 0; j < 12; j++) {
			sprintf(name, "user.%c%d", 'a' + j, i);
			memset(buf, 'A' + j, 200);
			if (setxattr(file, name, buf, 100, 0) || (planned(i, j) < 0 ?
			    removexattr(file, name) :
			    setxattr(file, name, buf, (size_t)planned(i, j), 0)))
				return printf("# %s %s: %s\n", file, name, strerror(errno));
		}
	}
	for (int i = 0; i < 40; i++) {
		sprintf(file, "gone%d", i);
		make(file);
		memset(buf, 'g', 900);
		if (setxattr(file, "user.g", buf, i % 2 ? 900 : 10, 0))
			return printf("# %s: %s\n", file, strerror(errno));
	}
	for (int i = 0; i < 40; i++) {
		sprintf(file, "gone%d", i);
		unlink(file);
	}
	return 0;
}

static int look(void)
{
	char file[16], name[16];
	int wrong = 0;

	for (int i = 0; i < 60; i++) {
		sprintf(file, "kept%d", i);
		for (int j = 0; j < 12; j++) {
			ssize_t n;

			sprintf(name, "user.%c%d", 'a' + j, i);
			n = getxattr(file, name, buf, sizeof(buf));
			if (n != planned(i, j) || (n < 0 && errno != ENODATA))
				wrong += printf("# %s %s: %zd, not %d\n", file, name, n, planned(i, j));
			for (int k = 0; k < n; k++)
				wrong += buf[k] != 'A' + j;
		}
	}
	return wrong;
}

/* One call on one file, for the shell. */
static int tool(char **argv)
{
	const char *name = argv[3];
	ssize_t n = 0;

	if (!strcmp(argv[1], "get"))
		n = getxattr(argv[2], name, buf, sizeof(buf));
	else if (!strcmp(argv[1], "set"))
		n = setxattr(argv[2], name, argv[4], strlen(argv[4]), 0);
	else if (!strcmp(argv[1], "rm"))
		n = removexattr(argv[2], name);
	if (n < 0)
		printf("%s\n", strerrorname_np(errno));
	else if (!strcmp(argv[1], "get"))
		printf("%.*s\n", (int)n, buf);
	else if (!strcmp(argv[1], "ls"))
		printf("%s\n", names(argv[2]));
	return n < 0;
}

int main(int argc, char **argv)
{
	struct statfs st;

	tap_limit(100);
	if (argc > 2 && strcmp(argv[1], "fill") && strcmp(argv[1], "look") && strcmp(argv[1], "race"))
		return tool(argv);
	if (argc > 2) {
		mkdir(argv[2], 0755);
		if (chdir(argv[2]))
			return 2;
		ok(!(*argv[1] == 'f' ? fill() : *argv[1] == 'l' ? look() : race()), "%s", argv[1]);
		return tap_done();
	}
	snprintf(folder, sizeof(folder), "%s/xattrs.dir", argc > 1 ? argv[1] : "/tmp");
	mkdir(folder, 0755);
	if (chdir(folder) || statfs(".", &st))
		return 2;
	on_tmpfs = st.f_type == TMPFS;
	umask(0);
	values();
	flags();
	name_lengths();
	classes();
	rights();
	kinds();
	descriptors();
	times();
	events();
	many();
	sizes();
	blocks();
	limits();
	read_only();
	elsewhere();
	if (chdir("/"))
		return 2;
	snprintf(buf, sizeof(buf), "rm -r %s", folder);
	ok(!system(buf), "the folder goes");
	return tap_done();
}
