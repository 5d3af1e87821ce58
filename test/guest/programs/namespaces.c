// SPDX-License-Identifier: MIT
/*
 * unshare(2) and setns(2): what a process stops sharing, what it may not, and the name space of
 * host names (uts_namespaces(7)).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "tap.h"

#define NS_GET_NSTYPE   0xb703
#define NSFS_MAGIC      0x6e736673

static int first;                       /* the name space this began in */

static const char *name_of(const char *link)
{
	static char text[2][64];
	static int turn;
	char *out = text[turn ^= 1];
	ssize_t n = readlink(link, out, 63);

	out[n < 0 ? 0 : n] = '\0';
	return out;
}

static const char *host(void)
{
	static struct utsname u;

	uname(&u);
	return u.nodename;
}

static int child_status(pid_t child)
{
	int status;

	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

#define IN_CHILD(body) ({                                       \
	pid_t child_ = fork();                                  \
	if (!child_) {                                          \
		body;                                           \
		_exit(0);                                       \
	}                                                       \
	child_status(child_);                                   \
})

#define CLONE(how, body) ({                                                   \
	struct clone_args args_ = { .flags = (how), .exit_signal = SIGCHLD }; \
	pid_t child_ = (pid_t)syscall(SYS_clone3, &args_, sizeof(args_));       \
	if (!child_) {                                                          \
		body;                                                           \
		_exit(0);                                                       \
	}                                                                       \
	child_ < 0 ? -errno : child_status(child_);                             \
})

static void *linger(void *arg)
{
	pause();
	return NULL;
}

/* A child on this memory: a table or a place in the tree is shared, but not by a thread. */
static int stack[16384] __attribute__((aligned(16)));

static int sharer(void *arg)
{
	pause();
	return 0;
}

static void apart(void)
{
	int fd, other, status;
	pid_t child;

	fails(0, unshare(0));
	fails(EINVAL, unshare(CLONE_VFORK));
	fails(EINVAL, unshare(CLONE_SETTLS));
	fails(EINVAL, unshare(1));
	fails(0, unshare(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM));
	fails(0, unshare(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM));

	child = clone(sharer, stack + 16384, CLONE_FILES | CLONE_FS | SIGCHLD, NULL);
	other = open("/dev/null", O_RDONLY);
	fails(0, unshare(CLONE_FILES));
	fd = open("/dev/null", O_RDONLY);
	char path[64];
	sprintf(path, "/proc/%d/fd/%d", child, fd);
	ok(access(path, F_OK) != 0, "CLONE_FILES: what is opened then is nobody else's");
	sprintf(path, "/proc/%d/fd/%d", child, other);
	ok(access(path, F_OK) == 0, "what was open is still both's");
	sprintf(path, "/proc/%d/cwd", child);
	if (chdir("/tmp"))
		printf("# chdir\n");
	ok(!strcmp(name_of(path), "/tmp"), "the directory is shared");
	fails(0, unshare(CLONE_FS));
	if (chdir("/"))
		printf("# chdir\n");
	ok(!strcmp(name_of(path), "/tmp"), "CLONE_FS: not any more");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	close(fd);
	close(other);
}

static void together(void)
{
	pthread_t t;
	pid_t child;

	child = clone(sharer, stack + 16384, CLONE_VM | SIGCHLD, NULL);
	fails(EINVAL, unshare(CLONE_VM));
	fails(0, unshare(CLONE_SIGHAND));
	kill(child, SIGKILL);
	child_status(child);
	child = clone(sharer, stack + 16384, CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL);
	fails(EINVAL, unshare(CLONE_SIGHAND));
	fails(0, unshare(CLONE_THREAD));
	kill(child, SIGKILL);
	child_status(child);
	ok(!IN_CHILD(
		pthread_create(&t, NULL, linger, NULL);
		if (!unshare(CLONE_THREAD) || errno != EINVAL)
			_exit(1);
		if (!unshare(CLONE_SIGHAND) || errno != EINVAL)
			_exit(2);
		if (!unshare(CLONE_VM) || errno != EINVAL)
			_exit(3);
		if (unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_NEWUTS))
			_exit(4)),
	   "one thread of many: EINVAL for what makes it a thread, success for the rest");
}

static void undo(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	struct sembuf up = { 0, 3, SEM_UNDO };

	semop(id, &up, 1);
	ok(semctl(id, 0, GETVAL) == 3 && !unshare(CLONE_SYSVSEM) && semctl(id, 0, GETVAL) == 0,
	   "CLONE_SYSVSEM: what semop promised to undo is undone");
	semctl(id, 0, IPC_RMID);
}

static void files(void)
{
	struct stat a, b;
	struct statfs fs;
	char c;
	int again = open("/proc/thread-self/ns/uts", O_RDONLY);

	ok(!strncmp(name_of("/proc/self/ns/uts"), "uts:[", 5), "/proc/PID/ns/uts says uts:[number]");
	ok(!fstat(first, &a) && !fstat(again, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev,
	   "two opens of it are one inode");
	ok(strtoul(name_of("/proc/self/ns/uts") + 5, NULL, 10) == a.st_ino, "whose number the link says");
	ok(S_ISREG(a.st_mode) && (a.st_mode & 0777) == 0444 && !a.st_size, "a file, 0444, empty");
	ok(!fstatfs(first, &fs) && fs.f_type == NSFS_MAGIC, "of nsfs");
	ok(ioctl(first, NS_GET_NSTYPE) == CLONE_NEWUTS, "NS_GET_NSTYPE");
	fails(ENOTTY, ioctl(first, 0xb7ff));
	fails(EINVAL, read(first, &c, 1));
	ok(open("/proc/self/ns/uts", O_RDWR) < 0, "it cannot be opened for writing");
	ok(!stat("/proc/self/ns", &a) && S_ISDIR(a.st_mode) && (a.st_mode & 0777) == 0511,
	   "/proc/PID/ns: 0511");
	ok(!lstat("/proc/self/ns/uts", &a) && S_ISLNK(a.st_mode), "with links");
	fails(ENOENT, open("/proc/self/ns/none", O_RDONLY));
	close(again);
}

static void names(void)
{
	char before[65], text[65] = "";
	const char *old = strdup(name_of("/proc/self/ns/uts"));
	int second, f;

	strcpy(before, host());
	ok(!IN_CHILD(
		if (unshare(CLONE_NEWUTS))
			_exit(1);
		if (strcmp(host(), before))
			_exit(2);
		if (sethostname("elsewhere", 9) || strcmp(host(), "elsewhere"))
			_exit(3);
		if (!strcmp(name_of("/proc/self/ns/uts"), old))
			_exit(4);
		if (IN_CHILD(if (strcmp(host(), "elsewhere")) _exit(1)))
			_exit(5);
		f = open("/proc/sys/kernel/hostname", O_RDWR);
		if (read(f, text, 64) < 0 || strcmp(text, "elsewhere\n"))
			_exit(6);
		if (pwrite(f, "third\n", 6, 0) != 6 || strcmp(host(), "third"))
			_exit(7)),
	   "unshare(CLONE_NEWUTS): a copy of the names, then one's own, and /proc/sys with them");
	ok(!strcmp(host(), before), "the others' names stay");
	ok(!CLONE(CLONE_NEWUTS,
		  if (strcmp(name_of("/proc/self/ns/uts"), old) == 0) _exit(1);
		  if (setdomainname("own", 3) || sethostname("own", 3)) _exit(2)),
	   "clone3(CLONE_NEWUTS)");
	ok(!strcmp(host(), before), "likewise");

	second = open("/proc/self/ns/uts", O_RDONLY);
	fails(0, unshare(CLONE_NEWUTS));
	sethostname("inner", 5);
	close(second);
	second = open("/proc/self/ns/uts", O_RDONLY);
	fails(EINVAL, setns(first, CLONE_NEWNET));
	fails(0, setns(first, CLONE_NEWUTS));
	ok(!strcmp(host(), before) && !strcmp(name_of("/proc/self/ns/uts"), old), "setns goes back");
	fails(0, setns(second, 0));
	ok(!strcmp(host(), "inner"), "a descriptor keeps a name space that no process is in");
	ok(!IN_CHILD(
		int me = (int)syscall(SYS_pidfd_open, getppid(), 0);
		if (setns(first, 0) || strcmp(host(), before))
			_exit(1);
		if (!setns(me, 0) || errno != EINVAL)
			_exit(2);
		if (!setns(me, CLONE_NEWUTS | CLONE_FILES) || errno != EINVAL)
			_exit(3);
		if (setns(me, CLONE_NEWUTS) || strcmp(host(), "inner"))
			_exit(4)),
	   "setns by a pidfd");
	setns(first, 0);
	close(second);
}

static void errors(void)
{
	int null = open("/dev/null", O_RDONLY), gone;
	pid_t child = fork();

	if (!child)
		pause();
	gone = (int)syscall(SYS_pidfd_open, child, 0);
	kill(child, SIGKILL);
	child_status(child);
	fails(ESRCH, setns(gone, CLONE_NEWUTS));
	fails(EBADF, setns(-1, 0));
	fails(EINVAL, setns(null, 0));
	fails(EINVAL, setns(null, CLONE_NEWUTS));
	ok(CLONE(CLONE_NEWNS | CLONE_FS, ) == -EINVAL, "clone3(CLONE_NEWNS | CLONE_FS): EINVAL");
	ok(!IN_CHILD(
		int init = (int)syscall(SYS_pidfd_open, 1, 0);
		char c;
		if (setresuid(1000, 1000, 1000))
			_exit(1);
		if (!unshare(CLONE_NEWUTS) || errno != EPERM)
			_exit(2);
		if (unshare(CLONE_FILES | CLONE_FS))
			_exit(3);
		if (!setns(first, 0) || errno != EPERM)
			_exit(4);
		if (!setns(init, CLONE_NEWUTS) || errno != EPERM)
			_exit(5);
		if (CLONE(CLONE_NEWUTS, ) != -EPERM)
			_exit(6);
		if (!sethostname("x", 1) || errno != EPERM)
			_exit(7);
		if (readlink("/proc/1/ns/uts", &c, 1) >= 0 || errno != EACCES)
			_exit(8);
		if (open("/proc/1/ns/uts", O_RDONLY) >= 0 || errno != EACCES)
			_exit(9)),
	   "without CAP_SYS_ADMIN nothing of it");
}

int main(void)
{
	first = open("/proc/self/ns/uts", O_RDONLY);
	apart();
	together();
	undo();
	files();
	names();
	errors();
	return tap_done();
}
