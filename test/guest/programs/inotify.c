// SPDX-License-Identifier: MIT
/*
 * inotify: which events, in which order, with which names, cookies and limits.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tap.h"

#define FOLDER  "/tmp/inotifytest"

static int fd;
static unsigned int last_cookie, cookies;

static void append(char *out, unsigned int mask)
{
	static const struct { unsigned int bit; const char *name; } names[] = {
		{ IN_ACCESS, "access" }, { IN_MODIFY, "modify" }, { IN_ATTRIB, "attrib" },
		{ IN_CLOSE_WRITE, "close_write" }, { IN_CLOSE_NOWRITE, "close" },
		{ IN_OPEN, "open" }, { IN_MOVED_FROM, "from" }, { IN_MOVED_TO, "to" },
		{ IN_CREATE, "create" }, { IN_DELETE, "delete" }, { IN_DELETE_SELF, "delete_self" },
		{ IN_MOVE_SELF, "move_self" }, { IN_UNMOUNT, "unmount" },
		{ IN_Q_OVERFLOW, "overflow" }, { IN_IGNORED, "ignored" }, { IN_ISDIR, "dir" },
	};
	const char *plus = "";

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (mask & names[i].bit) {
			strcat(strcat(out, plus), names[i].name);
			plus = "+";
		}
}

/* All that there is, as text: "wd:mask[:name] ...". */
static const char *events(void)
{
	static char out[16384];
	char buf[65536] __attribute__((aligned(8)));
	ssize_t n, at;

	out[0] = '\0';
	cookies = 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n;) {
			struct inotify_event *e = (void *)(buf + at);

			if (strlen(out) > sizeof(out) - 400)
				return out;
			sprintf(out + strlen(out), "%s%d:", out[0] ? " " : "", e->wd);
			append(out, e->mask);
			if (e->len)
				strcat(strcat(out, ":"), e->name);
			if (e->cookie) {
				cookies += !cookies || e->cookie == last_cookie;
				last_cookie = e->cookie;
			}
			at += (ssize_t)sizeof(*e) + e->len;
		}
	}
	return out;
}

static void expect(const char *want, const char *claim)
{
	const char *got = events();

	if (!ok(!strcmp(got, want), "%s", claim))
		printf("# got  %s\n# want %s\n", got, want);
}

static void make(const char *name, const char *text)
{
	int f = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (write(f, text, strlen(text)) < 0)
		printf("# write: %s\n", strerror(errno));
	close(f);
}

static void touch_all(const char *name)
{
	char c;
	int f = open(name, O_RDWR);

	if (read(f, &c, 1) < 0 || write(f, "y", 1) < 0)
		printf("# %s\n", strerror(errno));
	close(f);
}

static void fresh(void)
{
	if (fd)
		close(fd);
	if (system("rm -rf " FOLDER "; mkdir " FOLDER) || chdir(FOLDER))
		printf("# no folder\n");
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static void errors(void)
{
	int other = open("/dev/null", O_RDONLY), wd;
	char small[20];

	fresh();
	fails(EINVAL, inotify_init1(1));
	fails(EBADF, inotify_add_watch(-1, ".", IN_OPEN));
	fails(EINVAL, inotify_add_watch(other, ".", IN_OPEN));
	fails(EINVAL, inotify_add_watch(fd, ".", 0));
	fails(EINVAL, inotify_add_watch(fd, ".", 0x10000));
	fails(EINVAL, inotify_add_watch(fd, ".", IN_OPEN | IN_MASK_ADD | 0x10000000));
	fails(ENOENT, inotify_add_watch(fd, "nothing", IN_OPEN));
	fails(EFAULT, inotify_add_watch(fd, (char *)8, IN_OPEN));
	make("file", "x");
	fails(ENOTDIR, inotify_add_watch(fd, "file", IN_OPEN | IN_ONLYDIR));
	fails(EINVAL, inotify_rm_watch(fd, 1));
	fails(EBADF, inotify_rm_watch(-1, 1));
	fails(EINVAL, inotify_rm_watch(other, 1));
	fails(EAGAIN, read(fd, small, sizeof(small)));
	wd = inotify_add_watch(fd, "file", IN_OPEN);
	ok(wd == 1, "the first watch is 1");
	ok(inotify_add_watch(fd, "file", IN_ACCESS) == wd, "the same file has the same watch");
	fails(EEXIST, inotify_add_watch(fd, "file", IN_OPEN | 0x10000000));
	ok(inotify_add_watch(fd, ".", IN_OPEN) == 2, "another has the next");
	fails(0, inotify_rm_watch(fd, 2));
	ok(inotify_add_watch(fd, ".", IN_OPEN) == 3, "numbers are not used again");
	expect("2:ignored", "a removed watch says so");
	close(open("file", O_RDONLY));
	fails(EINVAL, read(fd, small, sizeof(small)));
	expect("3:open:file", "an event that does not fit stays; the changed watch is silent");
	fails(EBADF, write(fd, "x", 1));
	close(other);
	if (fork() == 0) {
		chmod("file", 0);
		if (setuid(1000))
			_exit(1);
		_exit(inotify_add_watch(fd, "file", IN_OPEN) == -1 && errno == EACCES ? 0 : 1);
	}
	ok(wait(&wd) > 0 && wd == 0, "a file that may not be read may not be watched");
}

static void in_a_directory(void)
{
	struct stat st;
	DIR *d;

	fresh();
	inotify_add_watch(fd, ".", IN_ALL_EVENTS);
	make("a", "x");
	expect("1:create:a 1:open:a 1:modify:a 1:close_write:a", "a file made and written");
	make("a", "y");
	expect("1:open:a 1:modify:a 1:close_write:a", "an old one cut and written, told once");
	touch_all("a");
	expect("1:open:a 1:access:a 1:modify:a 1:close_write:a", "a file read and written");
	close(open("a", O_RDONLY));
	expect("1:open:a 1:close:a", "one only opened");
	chmod("a", 0600);
	if (chown("a", 1, 1))
		printf("# chown\n");
	utimensat(AT_FDCWD, "a", NULL, 0);
	expect("1:attrib:a", "mode, owner and times: one event, being the same");
	if (truncate("a", 100))
		printf("# truncate\n");
	expect("1:modify:a", "truncate");
	stat("a", &st);
	access("a", R_OK);
	expect("", "stat and access say nothing");
	mkdir("d", 0755);
	expect("1:create+dir:d", "mkdir");
	make("d/inner", "x");
	expect("", "what happens deeper is not told");
	d = opendir("d");
	readdir(d);
	closedir(d);
	expect("1:open+dir:d 1:access+dir:d 1:close+dir:d", "a directory in it is listed");
	if (symlink("a", "s") || mkfifo("p", 0600) || link("a", "h"))
		printf("# make\n");
	expect("1:create:s 1:create:p 1:create:h", "symlink, mkfifo, link");
	unlink("s");
	unlink("p");
	unlink("h");
	unlink("d/inner");
	rmdir("d");
	expect("1:delete:s 1:delete:p 1:delete:h 1:delete+dir:d", "unlink and rmdir");
	d = opendir(".");
	while (readdir(d))
		;
	closedir(d);
	expect("1:open+dir 1:access+dir 1:close+dir", "the directory itself, without a name");
	close(open("a", O_PATH));
	expect("", "O_PATH opens nothing");
}

static void renames(void)
{
	fresh();
	mkdir("one", 0755);
	mkdir("two", 0755);
	make("one/a", "x");
	make("two/b", "x");
	inotify_add_watch(fd, "one", IN_ALL_EVENTS);
	inotify_add_watch(fd, "two", IN_ALL_EVENTS);
	inotify_add_watch(fd, "one/a", IN_ALL_EVENTS);
	inotify_add_watch(fd, "two/b", IN_ALL_EVENTS);
	rename("one/a", "one/c");
	expect("1:from:a 1:to:c 3:move_self", "rename in one directory");
	ok(cookies == 2, "both halves have one cookie");
	rename("one/c", "two/b");
	expect("1:from:c 2:to:b 4:attrib 3:move_self 4:delete_self 4:ignored",
	       "rename to another, over a file that goes");
	ok(cookies == 2, "again");
	make("one/e", "x");
	events();
	renameat2(AT_FDCWD, "one/e", AT_FDCWD, "two/b", RENAME_EXCHANGE);
	expect("1:from:e 2:to:b 2:from:b 1:to:e 3:move_self", "an exchange is two renames");
	mkdir("one/sub", 0755);
	events();
	rename("one/sub", "two/sub");
	expect("1:from+dir:sub 2:to+dir:sub", "a directory moves");
	if (link("two/b", "two/same"))
		printf("# link\n");
	events();
	rename("two/b", "two/same");
	expect("", "two names of one file: nothing happens");
}

static void self(void)
{
	int f;

	fresh();
	make("a", "x");
	inotify_add_watch(fd, "a", IN_ALL_EVENTS);
	inotify_add_watch(fd, ".", IN_ALL_EVENTS);
	touch_all("a");
	expect("2:open:a 1:open 2:access:a 1:access 2:modify:a 1:modify 2:close_write:a 1:close_write",
	       "the directory hears first, then the file");
	if (link("a", "b"))
		printf("# link\n");
	expect("1:attrib 2:create:b", "link changes the count");
	unlink("b");
	expect("1:attrib 2:delete:b", "unlink too");
	unlink("a");
	expect("1:attrib 1:delete_self 1:ignored 2:delete:a", "the last name takes the watch along");
	make("c", "x");
	events();
	inotify_add_watch(fd, "c", IN_ALL_EVENTS);
	f = open("c", O_RDONLY);
	events();
	unlink("c");
	expect("3:attrib 2:delete:c", "a file that is open lives on");
	close(f);
	expect("2:close:c 3:close 3:delete_self 3:ignored", "until it is closed");
	mkdir("d", 0755);
	inotify_add_watch(fd, "d", IN_ALL_EVENTS);
	events();
	rmdir("d");
	expect("4:delete_self 4:ignored 2:delete+dir:d", "a directory");
	f = open("e", O_CREAT | O_RDWR, 0600);
	inotify_add_watch(fd, ".", IN_MODIFY | IN_EXCL_UNLINK);
	unlink("e");
	events();
	if (write(f, "x", 1) != 1)
		printf("# write\n");
	expect("", "IN_EXCL_UNLINK: nothing of what has no name");
	close(f);
}

static void masks(void)
{
	fresh();
	make("a", "x");
	inotify_add_watch(fd, "a", IN_OPEN);
	inotify_add_watch(fd, "a", IN_ACCESS | IN_MASK_ADD);
	touch_all("a");
	expect("1:open 1:access", "IN_MASK_ADD adds");
	inotify_add_watch(fd, "a", IN_MODIFY);
	touch_all("a");
	expect("1:modify", "without it the mask is replaced");
	inotify_add_watch(fd, "a", IN_OPEN | IN_ONESHOT);
	touch_all("a");
	touch_all("a");
	expect("1:open 1:ignored", "IN_ONESHOT hears one event");
	if (symlink("a", "s"))
		printf("# symlink\n");
	inotify_add_watch(fd, "s", IN_ATTRIB | IN_DONT_FOLLOW);
	chmod("a", 0600);
	expect("", "IN_DONT_FOLLOW watches the link");
	lchown("s", 1, 1);
	expect("2:attrib", "itself");
}

static void set(const char *file, long value, long *old)
{
	FILE *f = fopen(file, "r+");
	long was = -1;

	if (!f || fscanf(f, "%ld", &was) != 1)
		printf("# %s: %s\n", file, strerror(errno));
	if (old)
		*old = was;
	if (f && value >= 0) {
		rewind(f);
		fprintf(f, "%ld\n", value);
	}
	if (f)
		fclose(f);
}

#define PROC "/proc/sys/fs/inotify/"

static void limits(void)
{
	long queued, instances, watches;
	const char *got;
	int many[200], n, bytes;
	struct pollfd p;

	fresh();
	set(PROC "max_queued_events", -1, &queued);
	set(PROC "max_user_instances", -1, &instances);
	set(PROC "max_user_watches", -1, &watches);
	ok(queued == 16384 && instances == 128 && watches >= 8192, "the limits as they begin");
	set(PROC "max_queued_events", 4, NULL);
	close(fd);
	fd = inotify_init1(IN_NONBLOCK);
	inotify_add_watch(fd, ".", IN_CREATE);
	p = (struct pollfd){ fd, POLLIN, 0 };
	ok(poll(&p, 1, 0) == 0, "poll: nothing yet");
	for (n = 0; n < 8; n++)
		mkdir((char[]){ 'a' + n, 0 }, 0755);
	ok(poll(&p, 1, 0) == 1 && p.revents == POLLIN, "poll: something");
	ok(ioctl(fd, FIONREAD, &bytes) == 0 && bytes == 4 * 32 + 16, "FIONREAD counts the bytes");
	got = events();
	ok(!strcmp(got, "1:create+dir:a 1:create+dir:b 1:create+dir:c 1:create+dir:d -1:overflow"),
	   "more events than the queue holds: IN_Q_OVERFLOW, once");
	if (strstr(got, "overflow") == NULL)
		printf("# got %s\n", got);
	mkdir("z", 0755);
	expect("1:create+dir:z", "then it goes on");
	set(PROC "max_queued_events", queued, NULL);
	set(PROC "max_user_watches", 3, NULL);
	inotify_add_watch(fd, "a", IN_OPEN);
	inotify_add_watch(fd, "b", IN_OPEN);
	fails(ENOSPC, inotify_add_watch(fd, "c", IN_OPEN));
	fails(0, inotify_rm_watch(fd, 1));
	ok(inotify_add_watch(fd, "c", IN_OPEN) > 0, "one removed makes room for one");
	set(PROC "max_user_watches", watches, NULL);
	set(PROC "max_user_instances", 10, NULL);
	for (n = 0; n < 200; n++) {
		many[n] = inotify_init();
		if (many[n] < 0)
			break;
	}
	ok(n == 9 && errno == EMFILE, "the tenth descriptor is the last");
	while (n-- > 0)
		close(many[n]);
	set(PROC "max_user_instances", instances, NULL);
	ok(close(inotify_init()) == 0, "closed ones do not count");
}

static void *writer(void *arg)
{
	usleep(100000);
	mkdir("late", 0755);
	return arg;
}

static void handler(int sig)
{
}

static void sleeping(void)
{
	struct sigaction sa = { .sa_handler = handler };
	char buf[512];
	pthread_t t;
	int other, f;

	fresh();
	other = inotify_init();
	inotify_add_watch(other, ".", IN_CREATE);
	pthread_create(&t, NULL, writer, NULL);
	ok(read(other, buf, sizeof(buf)) == 32, "read waits for an event");
	pthread_join(t, NULL);
	sigaction(SIGALRM, &sa, NULL);
	ualarm(50000, 0);
	fails(EINTR, read(other, buf, sizeof(buf)));
	tap_limit(120);
	close(other);
	mkdir("m", 0755);
	if (mount("none", "m", "tmpfs", 0, NULL))
		printf("# mount: %s\n", strerror(errno));
	make("m/x", "x");
	inotify_add_watch(fd, "m/x", IN_OPEN);
	f = umount("m");
	expect("1:unmount 1:ignored", "a watch does not keep a file system mounted, and hears of its end");
	ok(f == 0, "which umount says too");
	f = open("q", O_CREAT | O_RDWR, 0644);
	inotify_add_watch(fd, "q", IN_MODIFY);
	if (posix_fallocate(f, 0, 100) || fchmod(f, 0600))
		printf("# fallocate\n");
	expect("2:modify", "fallocate modifies");
	close(f);
}

static void *stir(void *arg)
{
	char name[32];

	sprintf(name, "t%ld", (long)arg);
	for (int i = 0; i < 300; i++) {
		make(name, "x");
		rename(name, "shared");
		unlink("shared");
	}
	return NULL;
}

static void *watches(void *arg)
{
	int in = inotify_init1(IN_NONBLOCK);
	char buf[4096];

	for (int i = 0; i < 300; i++) {
		int wd = inotify_add_watch(in, "shared", IN_ALL_EVENTS | (i & 1 ? IN_ONESHOT : 0));

		inotify_add_watch(in, ".", IN_ALL_EVENTS);
		while (read(in, buf, sizeof(buf)) > 0)
			;
		inotify_rm_watch(in, wd);
		if (i % 50 == 49) {
			close(in);
			in = inotify_init1(IN_NONBLOCK);
		}
	}
	close(in);
	return NULL;
}

static void race(void)
{
	pthread_t t[6];

	fresh();
	for (long i = 0; i < 6; i++)
		pthread_create(&t[i], NULL, i < 3 ? stir : watches, (void *)i);
	for (int i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
	ok(1, "files come and go while they are watched and no longer watched");
}

int main(void)
{
	tap_limit(120);
	errors();
	in_a_directory();
	renames();
	self();
	masks();
	limits();
	sleeping();
	race();
	return tap_done();
}
