// SPDX-License-Identifier: MIT
/*
 * names: paths, links, directories and who may do what to them, with the
 * errno that Linux gives for each wrong way.  Argument: a directory to work
 * in (else a fresh one in /tmp); run as root.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tap.h"

static int creat_file(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0644);

	if (fd < 0)
		return -1;
	if (*text && write(fd, text, strlen(text)) < 0) {
		close(fd);
		return -1;
	}
	return close(fd);
}

static ino_t ino(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_ino;
}

static nlink_t links(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_nlink;
}

static int exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static void paths(void)
{
	static char longname[300], longpath[5000];
	struct stat st;
	int i;

	fails(0, creat_file("file", "hello"));
	fails(0, mkdir("dir", 0755));
	fails(0, creat_file("dir/x", ""));
	fails(ENOENT, open("", O_RDONLY));
	fails(ENOENT, open("missing", O_RDONLY));
	fails(ENOENT, open("missing/x", O_RDONLY));
	fails(ENOTDIR, open("file/x", O_RDONLY));
	fails(ENOTDIR, open("file/", O_RDONLY));
	fails(ENOTDIR, open("file/.", O_RDONLY));
	fails(ENOTDIR, open("file/..", O_RDONLY));
	fails(0, stat("dir/../dir/./x", &st));
	fails(0, stat("dir//x", &st));
	fails(0, stat("dir/", &st));
	fails(0, stat("/../../..", &st));
	fails(ENOENT, stat("missing/../file", &st));
	fails(ENOTDIR, stat("file/../file", &st));
	memset(longname, 'n', 256);
	fails(ENAMETOOLONG, creat_file(longname, ""));
	longname[255] = 0;
	fails(0, creat_file(longname, ""));
	fails(0, unlink(longname));
	for (i = 0; i < 4095; i++)
		longpath[i] = i % 2 ? '/' : '.';
	longpath[4094] = 0;
	fails(0, stat(longpath, &st));
	memset(longpath, '/', 4096);
	fails(ENAMETOOLONG, stat(longpath, &st));
	fails(EISDIR, open("dir", O_WRONLY));
	fails(EISDIR, open("dir", O_RDWR));
	fails(EISDIR, open("dir", O_RDONLY | O_CREAT, 0600));
	fails(EISDIR, open("new/", O_WRONLY | O_CREAT, 0600));
	fails(EISDIR, open("file/", O_WRONLY | O_CREAT, 0600));
	fails(EEXIST, open("file", O_WRONLY | O_CREAT | O_EXCL, 0600));
	fails(EEXIST, open("dir", O_WRONLY | O_CREAT | O_EXCL, 0600));
	fails(ENOTDIR, open("file", O_RDONLY | O_DIRECTORY));
	fails(EINVAL, open("dir", O_RDONLY | O_DIRECTORY | O_CREAT, 0600));
	fails(EISDIR, open(".", O_WRONLY | O_CREAT, 0600));
	fails(EBADF, openat(99, "file", O_RDONLY));
	fails(0, close(openat(99, "/", O_RDONLY)));
	i = open("file", O_RDONLY);
	fails(ENOTDIR, openat(i, "x", O_RDONLY));
	close(i);
	fails(EFAULT, open((char *)1, O_RDONLY));
}

static void symlinks(void)
{
	char buf[100], name[20], target[20];
	struct stat st;
	int i, fd;

	fails(0, symlink("file", "link"));
	fails(0, symlink("dir", "dlink"));
	fails(0, symlink("nowhere", "dangling"));
	fails(0, symlink("loop", "loop"));
	fails(EEXIST, symlink("x", "link"));
	fails(EEXIST, symlink("x", "dir"));
	fails(ENOENT, symlink("", "empty"));
	fails(ENOENT, symlink("x", "newlink/"));
	ok(readlink("link", buf, sizeof(buf)) == 4 && !memcmp(buf, "file", 4),
	   "readlink gives the text");
	ok(readlink("link", buf, 2) == 2, "readlink cuts");
	fails(EINVAL, readlink("file", buf, sizeof(buf)));
	fails(EINVAL, readlink("link", buf, 0));
	fails(ENOENT, readlink("missing", buf, 10));
	fails(0, lstat("link", &st));
	ok(S_ISLNK(st.st_mode) && st.st_size == 4 && (st.st_mode & 0777) == 0777,
	   "a link has its size and 0777");
	fails(0, stat("link", &st));
	ok(S_ISREG(st.st_mode), "stat follows");
	fails(ENOENT, stat("dangling", &st));
	fails(ELOOP, stat("loop", &st));
	fails(ELOOP, open("loop", O_RDONLY));
	fails(ELOOP, open("link", O_RDONLY | O_NOFOLLOW));
	fails(ENOTDIR, open("dlink", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
	fails(0, close(open("dlink/", O_RDONLY | O_NOFOLLOW)));
	fails(0, lstat("dlink/", &st));
	ok(S_ISDIR(st.st_mode), "lstat of link/ is the directory");
	fails(ENOTDIR, lstat("link/", &st));
	fails(EEXIST, open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
	fails(0, close(open("dangling", O_WRONLY | O_CREAT, 0600)));
	ok(exists("nowhere"), "O_CREAT through a dangling link makes its target");
	fails(EEXIST, mkdir("dangling", 0755));
	fails(0, unlink("nowhere"));
	fails(EEXIST, mkdir("dlink", 0755));
	fails(ENOTDIR, rmdir("dlink"));
	fails(ENOTDIR, rmdir("dlink/"));
	fails(ENOTDIR, unlink("link/"));
	symlink("file", "l0");
	for (i = 1; i <= 40; i++) {
		sprintf(name, "l%d", i);
		sprintf(target, "l%d", i - 1);
		symlink(target, name);
	}
	fails(0, stat("l39", &st));
	fails(ELOOP, stat("l40", &st));
	for (i = 0; i <= 40; i++) {
		sprintf(name, "l%d", i);
		unlink(name);
	}
	symlink("dir/../dir/./x", "deep");
	fails(0, stat("deep", &st));
	fd = open("link", O_PATH | O_NOFOLLOW);
	ok(fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode),
	   "O_PATH | O_NOFOLLOW opens a link itself");
	ok(readlinkat(fd, "", buf, sizeof(buf)) == 4, "readlinkat of its descriptor");
	fails(EBADF, read(fd, buf, 1));
	fails(EBADF, fchmod(fd, 0600));
	close(fd);
	unlink("deep");
}

static void making(void)
{
	struct stat st;
	mode_t old = umask(027);

	fails(0, mkdir("m", 0777));
	ok(stat("m", &st) == 0 && (st.st_mode & 07777) == 0750 && st.st_nlink == 2,
	   "umask takes bits; two links");
	fails(0, mkdir("m/sub/", 0777));
	ok(links("m") == 3, "a subdirectory is a link of its parent");
	umask(old);
	fails(EEXIST, mkdir("m", 0777));
	fails(EEXIST, mkdir("m/", 0777));
	fails(EEXIST, mkdir(".", 0777));
	fails(EEXIST, mkdir("..", 0777));
	fails(EEXIST, mkdir("/", 0777));
	fails(ENOENT, mkdir("missing/x", 0777));
	fails(ENOTDIR, mkdir("file/x", 0777));
	fails(0, mknod("fifo", S_IFIFO | 0600, 0));
	fails(0, mknod("null", S_IFCHR | 0600, 0x103));
	ok(stat("null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x103,
	   "a device node has its number");
	fails(0, close(open("null", O_RDWR)));
	fails(0, mknod("nodev", S_IFCHR | 0600, 0xfe0fe));
	fails(ENXIO, open("nodev", O_RDWR));
	fails(EPERM, mknod("d2", S_IFDIR | 0600, 0));
	fails(0, mknod("plain", 0600, 0));
	ok(stat("plain", &st) == 0 && S_ISREG(st.st_mode), "mknod without a type makes a file");
	fails(EINVAL, mknod("bad", S_IFLNK | 0600, 0));
	fails(0, mknod("sock", S_IFSOCK | 0600, 0));
	fails(ENXIO, open("sock", O_RDONLY));
	fails(ENOENT, mknod("bad/", S_IFIFO | 0600, 0));
	unlink("fifo"); unlink("null"); unlink("nodev"); unlink("plain"); unlink("sock");
}

static void removing(void)
{
	int fd;
	char c;
	struct stat st;

	fails(ENOTEMPTY, rmdir("m"));
	fails(EINVAL, rmdir("m/."));
	fails(ENOTEMPTY, rmdir("m/sub/.."));
	fails(EBUSY, rmdir("/"));
	fails(ENOENT, rmdir("missing"));
	fails(ENOTDIR, rmdir("file"));
	fails(0, rmdir("m/sub/"));
	fails(0, rmdir("m"));
	fails(EISDIR, unlink("dir"));
	fails(EISDIR, unlink("dir/"));
	fails(ENOENT, unlink("missing"));
	fails(ENOENT, unlink("missing/"));
	fails(ENOTDIR, unlink("file/"));
	fails(EISDIR, unlink("."));
	fails(EISDIR, unlink("/"));
	fails(EINVAL, unlinkat(AT_FDCWD, "file", 0x8000));
	creat_file("open", "data");
	fd = open("open", O_RDWR);
	fails(0, unlink("open"));
	ok(!exists("open") && fstat(fd, &st) == 0 && st.st_nlink == 0,
	   "an unlinked file lives while open");
	ok(pread(fd, &c, 1, 1) == 1 && c == 'a', "and has its bytes");
	close(fd);
	mkdir("gone", 0755);
	fd = open("gone", O_RDONLY);
	fails(0, rmdir("gone"));
	fails(ENOENT, openat(fd, "x", O_CREAT | O_RDWR, 0600));
	fails(ENOENT, mkdirat(fd, "x", 0700));
	close(fd);
}

static void linking(void)
{
	ino_t i = ino("file");

	fails(0, link("file", "hard"));
	ok(ino("hard") == i && links("file") == 2, "two names, one inode");
	fails(EEXIST, link("file", "hard"));
	fails(EPERM, link("dir", "hard2"));
	fails(ENOENT, link("missing", "hard2"));
	fails(ENOENT, link("file", "hard2/"));
	fails(EXDEV, link("/proc/version", "hard2"));
	fails(0, link("link", "hardlink"));
	ok(ino("hardlink") == ino("link"), "link does not follow");
	fails(0, linkat(AT_FDCWD, "link", AT_FDCWD, "hard3", AT_SYMLINK_FOLLOW));
	ok(ino("hard3") == i, "linkat follows when told");
	fails(EINVAL, linkat(AT_FDCWD, "file", AT_FDCWD, "hard4", 0x40));
	unlink("hard"); unlink("hard3"); unlink("hardlink");
	ok(links("file") == 1, "one link left");
}

static void renaming(void)
{
	ino_t a, b;

	creat_file("a", "a");
	creat_file("b", "b");
	a = ino("a");
	fails(0, rename("a", "b"));
	ok(!exists("a") && ino("b") == a, "rename replaces");
	fails(ENOENT, rename("a", "c"));
	fails(ENOENT, rename("b", "missing/c"));
	mkdir("d1", 0755);
	mkdir("d2", 0755);
	mkdir("d1/in", 0755);
	fails(EISDIR, rename("b", "d1"));
	fails(ENOTDIR, rename("d1", "b"));
	fails(ENOTEMPTY, rename("d2", "d1"));
	fails(EINVAL, rename("d1", "d1/in/x"));
	fails(EINVAL, rename("d1", "d1/x"));
	fails(ENOTEMPTY, rename("d1/in", "d1"));
	fails(EBUSY, rename("d1/.", "d3"));
	fails(EBUSY, rename("d1", "d2/.."));
	fails(ENOTDIR, rename("b", "c/"));
	fails(ENOTDIR, rename("b/", "c"));
	fails(0, rename("d1", "d3/"));
	fails(0, rename("d3", "d2"));
	ok(exists("d2/in") && !exists("d3"), "a directory replaces an empty one");
	mkdir("d4", 0755);
	fails(0, rename("d2/in", "d4/in"));
	ok(links("d2") == 2 && links("d4") == 3, "links of the parents follow");
	fails(0, rename("b", "d4/in/b"));
	fails(0, rename("d4/in/b", "b"));
	link("b", "b2");
	fails(0, rename("b", "b2"));
	ok(exists("b") && exists("b2"), "two names of one file: nothing happens");
	fails(EEXIST, renameat2(AT_FDCWD, "b", AT_FDCWD, "file", RENAME_NOREPLACE));
	fails(0, renameat2(AT_FDCWD, "b2", AT_FDCWD, "b3", RENAME_NOREPLACE));
	b = ino("b");
	fails(0, renameat2(AT_FDCWD, "b", AT_FDCWD, "d4", RENAME_EXCHANGE));
	ok(ino("d4") == b && exists("b/in"), "exchange");
	fails(ENOENT, renameat2(AT_FDCWD, "b", AT_FDCWD, "none", RENAME_EXCHANGE));
	fails(EINVAL, renameat2(AT_FDCWD, "b", AT_FDCWD, "d4", RENAME_EXCHANGE | RENAME_NOREPLACE));
	fails(EXDEV, rename("file", "/proc/x"));
	rmdir("b/in"); rmdir("b"); unlink("d4"); unlink("b3"); rmdir("d2");
}

static void listing(void)
{
	DIR *d;
	struct dirent *e;
	int n = 0, i, dots = 0, sum = 0, fd;
	char name[300];
	long pos = -1;

	mkdir("many", 0755);
	for (i = 0; i < 1000; i++) {
		sprintf(name, "many/entry-%d-with-a-name", i);
		creat_file(name, "");
	}
	d = opendir("many");
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.') {
			dots++;
			ok(e->d_type == DT_DIR, "%s is a directory", e->d_name);
			continue;
		}
		sum += atoi(e->d_name + 6);
		if (++n == 500)
			pos = telldir(d);
	}
	ok(n == 1000 && dots == 2 && sum == 999 * 1000 / 2,
	   "readdir gives each name once (%d, %d, %d)", n, dots, sum);
	seekdir(d, pos);
	for (n = 0; readdir(d); n++)
		;
	ok(n == 500 || n == 501 || n == 502, "seekdir goes back to where telldir was (%d)", n);
	rewinddir(d);
	for (n = 0; (e = readdir(d)); n++) {
		if (e->d_name[0] != '.') {
			sprintf(name, "many/%s", e->d_name);
			unlink(name);
		}
	}
	ok(n == 1002, "removing while reading misses none (%d)", n);
	closedir(d);
	fails(0, rmdir("many"));
	fd = open("dir", O_RDONLY);
	fails(EINVAL, syscall(SYS_getdents64, fd, name, 8));
	fails(EISDIR, read(fd, name, 1));
	close(fd);
	fd = open("file", O_RDONLY);
	fails(ENOTDIR, syscall(SYS_getdents64, fd, name, 40));
	close(fd);
}

static int child(void (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int before = tap_failed;

		fn();
		fflush(stdout);
		_exit(tap_failed != before);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int quiet_fails;

static void expect(int want, int got, int line)
{
	int e = got == -1 ? errno : 0;

	if (e != want) {
		printf("# line %d: %s instead of %s\n", line, strerror(e), strerror(want));
		quiet_fails++;
	}
}
#define E(want, call) do { errno = 0; expect(want, call, __LINE__); } while (0)

static void as_user(void)
{
	struct stat st;

	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(9);
	E(EACCES, open("p600", O_RDONLY));
	E(0, open("p644", O_RDONLY));
	E(EACCES, open("p644", O_WRONLY));
	E(0, open("p666", O_RDWR));
	E(EACCES, open("d700/x", O_RDONLY));
	E(EACCES, stat("d700/x", &st));
	E(0, stat("d711/x", &st));
	E(EACCES, open("d711", O_RDONLY));
	E(EACCES, open("p644new", O_CREAT | O_WRONLY, 0600));
	E(EACCES, unlink("p666"));
	E(EACCES, rename("p666", "p667"));
	E(EACCES, mkdir("d755/x", 0700));
	E(0, open("d777/mine", O_CREAT | O_RDWR, 0600));
	E(EPERM, unlink("d777/theirs"));
	E(EPERM, rename("d777/theirs", "d777/x"));
	E(0, unlink("d777/mine"));
	E(EPERM, chmod("p666", 0777));
	E(EPERM, chown("p666", 1000, 1000));
	E(EACCES, truncate("p644", 0));
	E(EACCES, access("p600", R_OK));
	E(0, access("p644", R_OK));
	E(EACCES, access("p644", X_OK));
	E(0, access("p600", F_OK));
	E(EACCES, chdir("d700"));
	E(EPERM, mknod("d777/dev", S_IFCHR | 0600, 0x103));
	E(0, mkfifo("d777/f", 0600));
	E(0, unlink("d777/f"));
	E(EPERM, chroot("d777"));
	E(EPERM, mount("none", "d777", "tmpfs", 0, NULL));
	E(EPERM, umount("d777"));
	E(EPERM, utimensat(AT_FDCWD, "p666", (struct timespec[2]){ { 1, 0 }, { 1, 0 } }, 0));
	E(0, utimensat(AT_FDCWD, "p666", NULL, 0));
	E(EACCES, utimensat(AT_FDCWD, "p644", NULL, 0));
	E(EPERM, open("p644", O_RDONLY | O_NOATIME));
	_exit(quiet_fails != 0);
}

static void permissions(void)
{
	struct stat st;

	umask(0);
	close(open("p600", O_CREAT | O_WRONLY, 0600));
	close(open("p644", O_CREAT | O_WRONLY, 0644));
	close(open("p666", O_CREAT | O_WRONLY, 0666));
	mkdir("d700", 0700);
	mkdir("d711", 0711);
	mkdir("d755", 0755);
	mkdir("d777", 01777);
	creat_file("d700/x", "");
	creat_file("d711/x", "");
	creat_file("d777/theirs", "");
	ok(child(as_user) == 0, "a user is kept to his rights");
	fails(EACCES, access("p644", X_OK));
	fails(0, access("p600", R_OK | W_OK));
	fails(EINVAL, access("p600", 8));
	fails(0, chmod("p644", 04755));
	fails(0, chown("p644", 1000, -1));
	ok(stat("p644", &st) == 0 && st.st_uid == 1000 && st.st_gid == 0 &&
	   (st.st_mode & 07777) == 0755,
	   "chown takes set-user-id away (%o)", st.st_mode);
	mkdir("setgid", 02755);
	fails(0, chown("setgid", -1, 77));
	fails(0, chmod("setgid", 02755));
	mkdir("setgid/sub", 0755);
	ok(stat("setgid/sub", &st) == 0 && st.st_gid == 77 && (st.st_mode & S_ISGID),
	   "a set-gid directory passes on");
	rmdir("setgid/sub"); rmdir("setgid");
	unlink("p600"); unlink("p644"); unlink("p666");
	unlink("d700/x"); unlink("d711/x"); unlink("d777/theirs");
	rmdir("d700"); rmdir("d711"); rmdir("d755"); rmdir("d777");
	umask(022);
}

static void times(void)
{
	struct timespec t[2] = { { 1000000000, 111 }, { 1100000000, 222 } };
	struct stat st;

	fails(0, utimensat(AT_FDCWD, "file", t, 0));
	stat("file", &st);
	ok(st.st_atim.tv_sec == 1000000000 && st.st_mtim.tv_sec == 1100000000, "times are set");
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	fails(0, utimensat(AT_FDCWD, "file", t, 0));
	stat("file", &st);
	ok(st.st_atim.tv_sec == 1000000000 && st.st_mtim.tv_sec > 1100000000,
	   "UTIME_OMIT, UTIME_NOW");
	t[0].tv_nsec = 2000000000;
	fails(EINVAL, utimensat(AT_FDCWD, "file", t, 0));
	fails(0, utimensat(AT_FDCWD, "link", NULL, AT_SYMLINK_NOFOLLOW));
}

static void cwd(void)
{
	char a[300], b[300];
	int fd;

	ok(getcwd(a, sizeof(a)) != NULL, "getcwd");
	fails(0, chdir("dir"));
	ok(getcwd(b, sizeof(b)) && !strncmp(a, b, strlen(a)) && !strcmp(b + strlen(a), "/dir"),
	   "getcwd below: %s", b);
	ok(syscall(SYS_getcwd, b, 3) == -1 && errno == ERANGE, "getcwd into too little: ERANGE");
	fails(0, chdir(".."));
	fails(ENOTDIR, chdir("file"));
	fails(ENOENT, chdir("missing"));
	fd = open("dir", O_PATH);
	fails(0, fchdir(fd));
	close(fd);
	fails(0, chdir(a));
	fd = open("file", O_RDONLY);
	fails(ENOTDIR, fchdir(fd));
	close(fd);
	mkdir("away", 0755);
	chdir("away");
	rmdir("../away");
	fails(ENOENT, syscall(SYS_getcwd, b, sizeof(b)));
	fails(ENOENT, open("x", O_CREAT | O_RDWR, 0600));
	fails(0, close(open("..", O_RDONLY)));
	chdir(a);
}

static long openat2_(const char *name, unsigned long flags, unsigned long resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how));
}

static void restricted(void)
{
	fails(0, close(openat2_("dir/x", O_RDONLY, RESOLVE_BENEATH)));
	fails(0, close(openat2_("dir/../file", O_RDONLY, RESOLVE_BENEATH)));
	fails(EXDEV, openat2_("../x", O_RDONLY, RESOLVE_BENEATH));
	fails(EXDEV, openat2_("/", O_RDONLY, RESOLVE_BENEATH));
	fails(ELOOP, openat2_("link", O_RDONLY, RESOLVE_NO_SYMLINKS));
	fails(ELOOP, openat2_("dlink/x", O_RDONLY, RESOLVE_NO_SYMLINKS));
	fails(0, close(openat2_("/../file", O_RDONLY, RESOLVE_IN_ROOT)));
	fails(ELOOP, openat2_("/proc/self/exe", O_RDONLY, RESOLVE_NO_MAGICLINKS));
	fails(EXDEV, openat2_("/proc/version", O_RDONLY, RESOLVE_NO_XDEV));
	fails(EINVAL, openat2_("file", O_RDONLY, 0x1000));
	fails(EINVAL, openat2_("file", O_RDONLY | 0x40000000, 0));
}

static void mounts(void)
{
	struct statfs sf;
	struct stat st, st2;

	mkdir("mnt", 0755);
	mkdir("mnt2", 0755);
	stat("mnt", &st2);
	fails(ENODEV, mount("none", "mnt", "nosuchfs", 0, NULL));
	fails(ENOENT, mount("none", "missing", "tmpfs", 0, NULL));
	fails(0, mount("none", "mnt", "tmpfs", 0, "size=1m,mode=700"));
	fails(0, stat("mnt", &st));
	ok((st.st_mode & 07777) == 0700 && st.st_dev != st2.st_dev, "the mounted root shows");
	fails(0, statfs("mnt", &sf));
	ok(sf.f_type == 0x01021994 && sf.f_blocks * sf.f_bsize == 1 << 20,
	   "statfs of a tmpfs of 1 MiB");
	fails(0, creat_file("mnt/in", "text"));
	ok(ino("mnt/in") && close(open("mnt/in", O_RDONLY)) == 0, "and opens");
	fails(EBUSY, rmdir("mnt"));
	fails(EBUSY, rename("mnt", "mnt3"));
	fails(EXDEV, link("mnt/in", "out"));
	fails(EXDEV, rename("mnt/in", "out"));
	fails(0, stat("mnt/..", &st));
	ok(st.st_ino == ino("."), "mnt/.. is outside");
	fails(0, mount("mnt", "mnt2", NULL, MS_BIND, NULL));
	ok(ino("mnt2/in") == ino("mnt/in"), "a bind mount shows the same");
	fails(0, mount(NULL, "mnt", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	fails(EROFS, creat_file("mnt/new", ""));
	fails(EROFS, unlink("mnt/in"));
	fails(EROFS, mkdir("mnt/x", 0755));
	fails(EROFS, open("mnt/in", O_RDWR));
	fails(EROFS, chmod("mnt/in", 0600));
	fails(EROFS, access("mnt/in", W_OK));
	fails(0, close(open("mnt/in", O_RDONLY)));
	fails(0, mount(NULL, "mnt", NULL, MS_REMOUNT, NULL));
	fails(0, creat_file("mnt/new", ""));
	chdir("mnt");
	fails(EBUSY, umount("../mnt"));
	chdir("..");
	fails(0, umount("mnt"));
	ok(!exists("mnt/in") && exists("mnt2/in"), "umount of one leaves the other");
	fails(0, umount2("mnt2", MNT_DETACH));
	fails(EINVAL, umount("mnt"));
	fails(EINVAL, umount2("mnt", 0x100));
	rmdir("mnt"); rmdir("mnt2");
}

int main(int argc, char **argv)
{
	char dir[200];

	tap_limit(100);
	snprintf(dir, sizeof(dir), "%s/names.%d", argc > 1 ? argv[1] : "/tmp", getpid());
	if (mkdir(dir, 0755) || chdir(dir)) {
		perror(dir);
		return 2;
	}
	umask(022);
	paths();
	symlinks();
	making();
	removing();
	linking();
	renaming();
	listing();
	permissions();
	times();
	cwd();
	restricted();
	mounts();
	unlink("link"); unlink("dlink"); unlink("dangling"); unlink("loop");
	unlink("file"); unlink("dir/x");
	fails(0, rmdir("dir"));
	chdir("/");
	fails(0, rmdir(dir));
	return tap_done();
}
