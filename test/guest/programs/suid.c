// SPDX-License-Identifier: MIT
/*
 * suid: set-user-id and set-group-id programs, capabilities across ids and
 * exec, and what an ordinary user may not do.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/reboot.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define NOBODY 65534

static char self[4096];

struct who {
	int uid, euid, suid, gid, egid, sgid, secure, dumpable;
	unsigned long permitted, effective, inheritable, ambient;
};

static void caps(unsigned long *p, unsigned long *e, unsigned long *i)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	syscall(SYS_capget, &h, d);
	*p = d[0].permitted | (unsigned long)d[1].permitted << 32;
	*e = d[0].effective | (unsigned long)d[1].effective << 32;
	*i = d[0].inheritable | (unsigned long)d[1].inheritable << 32;
}

static int set_caps(unsigned long p, unsigned long e, unsigned long i)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ (unsigned)e, (unsigned)p, (unsigned)i },
		{ (unsigned)(e >> 32), (unsigned)(p >> 32), (unsigned)(i >> 32) },
	};

	return syscall(SYS_capset, &h, d);
}

static struct who whoami(void)
{
	struct who w;

	getresuid((uid_t *)&w.uid, (uid_t *)&w.euid, (uid_t *)&w.suid);
	getresgid((gid_t *)&w.gid, (gid_t *)&w.egid, (gid_t *)&w.sgid);
	w.secure = getauxval(AT_SECURE);
	w.dumpable = prctl(PR_GET_DUMPABLE);
	caps(&w.permitted, &w.effective, &w.inheritable);
	w.ambient = 0;
	for (int c = 0; c < 41; c++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1)
			w.ambient |= 1UL << c;
	return w;
}

/* Run @path as a child that has called @prepare; what it says of itself. */
static struct who run(const char *path, int (*prepare)(void))
{
	struct who w;
	int p[2], status;

	memset(&w, 0xff, sizeof(w));
	pipe(p);
	fflush(stdout);
	if (!fork()) {
		char fd[16];

		if (prepare && prepare())
			_exit(77);
		sprintf(fd, "%d", p[1]);
		execl(path, path, "whoami", fd, NULL);
		_exit(78);
	}
	close(p[1]);
	if (read(p[0], &w, sizeof(w)) != sizeof(w))
		printf("# no answer from %s\n", path);
	close(p[0]);
	wait(&status);
	if (status)
		printf("# status %x\n", status);
	return w;
}

static int be_nobody(void)
{
	return setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY);
}

static int be_nobody_for_ever(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || be_nobody();
}

static int no_root(void)
{
	return prctl(PR_SET_SECUREBITS, SECBIT_NOROOT);
}

static int inherit_kill(void)
{
	unsigned long kill = 1UL << CAP_KILL;

	if (prctl(PR_SET_KEEPCAPS, 1) || be_nobody())
		return 1;
	return set_caps(kill, kill, kill) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
}

static int bound(void)
{
	return prctl(PR_CAPBSET_DROP, CAP_SYS_TIME);
}

static void copy_self(const char *to, mode_t mode, uid_t uid, gid_t gid)
{
	char buf[65536];
	int in = open(self, O_RDONLY), out = open(to, O_CREAT | O_WRONLY | O_TRUNC, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			break;
	close(in);
	close(out);
	chown(to, uid, gid);
	chmod(to, mode);
}

#define ALL 0x1ffffffffffUL

static void programs(void)
{
	struct who w = run("./plain", NULL);

	ok(w.uid == 0 && w.permitted == ALL && w.effective == ALL && !w.secure && w.dumpable == 1,
	   "root stays root, with all capabilities");
	w = run("./plain", be_nobody);
	ok(w.uid == NOBODY && w.euid == NOBODY && !w.permitted && !w.effective && !w.secure && w.dumpable == 1,
	   "nobody stays nobody, with none");
	w = run("./root", be_nobody);
	ok(w.uid == NOBODY && w.euid == 0 && w.suid == 0 && w.permitted == ALL && w.effective == ALL,
	   "a set-user-id root program run by nobody is root");
	ok(w.secure == 1 && w.dumpable == 0, "it is told to be careful, and not to be looked into");
	w = run("./user", be_nobody);
	ok(w.uid == NOBODY && w.euid == 1000 && w.suid == 1000 && w.gid == NOBODY && w.egid == NOBODY &&
	   !w.permitted && w.secure == 1, "set-user-id to another user: no capabilities");
	w = run("./user", NULL);
	ok(w.uid == 0 && w.euid == 1000 && w.suid == 1000 && w.permitted == ALL && w.effective == 0 &&
	   w.secure == 1, "root running another's: permitted, not effective");
	w = run("./group", be_nobody);
	ok(w.euid == NOBODY && w.gid == NOBODY && w.egid == 1000 && w.sgid == 1000 && w.secure == 1,
	   "set-group-id");
	w = run("./both", be_nobody);
	ok(w.euid == 1000 && w.egid == 1000, "both");
	w = run("./mark", be_nobody);
	ok(w.egid == NOBODY && !w.secure, "S_ISGID without group execution is no set-group-id");
	w = run("./root", be_nobody_for_ever);
	ok(w.euid == NOBODY && !w.permitted && !w.secure, "no_new_privs: nothing gained");
	w = run("./script", be_nobody);
	ok(w.euid == NOBODY && !w.secure, "a script's set-user-id bit is ignored");
	w = run("./unreadable", be_nobody);
	ok(w.uid == NOBODY && w.dumpable == 0, "a program that may not be read is not looked into");
	w = run("./plain", no_root);
	ok(w.uid == 0 && !w.permitted && !w.effective, "SECBIT_NOROOT: root is nobody special");
	w = run("./root", NULL);
	ok(w.euid == 0 && w.permitted == ALL && !w.secure, "root running a set-user-id root program");
	w = run("./plain", inherit_kill);
	ok(w.permitted == 1UL << CAP_KILL && w.effective == w.permitted && w.ambient == w.permitted && !w.secure,
	   "ambient capabilities pass through exec");
	w = run("./user", inherit_kill);
	ok(w.euid == 1000 && !w.ambient && !w.permitted, "but not into a set-user-id program");
	w = run("./plain", bound);
	ok(w.permitted == (ALL & ~(1UL << CAP_SYS_TIME)), "the bounding set holds root back");

	mkdir("nosuid", 0755);
	fails(0, mount("none", "nosuid", "tmpfs", MS_NOSUID, NULL));
	copy_self("nosuid/root", 04755, 0, 0);
	w = run("./nosuid/root", be_nobody);
	ok(w.euid == NOBODY && !w.permitted && !w.secure, "a nosuid mount's bit is ignored");
	umount("nosuid");
	rmdir("nosuid");
}

/* In a child, for what cannot be taken back. */
static int in_child(int (*fn)(void))
{
	int status;

	fflush(stdout);
	if (!fork())
		_exit(fn());
	wait(&status);
	return status;
}

#define CHECK(n, cond) do { if (!(cond)) { printf("# line %d: %s\n", __LINE__, #cond); return n; } } while (0)

static int id_caps(void)
{
	unsigned long p, e, i;

	CHECK(1, !seteuid(1000));
	caps(&p, &e, &i);
	CHECK(2, p == ALL && e == 0);
	CHECK(3, prctl(PR_GET_DUMPABLE) == 0);
	CHECK(4, !seteuid(0));
	caps(&p, &e, &i);
	CHECK(5, p == ALL && e == ALL);
	setfsuid(1000);
	caps(&p, &e, &i);
	CHECK(6, e == (ALL & ~0x10800021fUL));
	setfsuid(0);
	caps(&p, &e, &i);
	CHECK(7, e == ALL);
	CHECK(8, prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1);
	CHECK(9, prctl(PR_GET_SECUREBITS) == SECBIT_KEEP_CAPS);
	CHECK(10, !setresuid(1000, 1000, 1000));
	caps(&p, &e, &i);
	CHECK(11, p == ALL && e == 0);
	CHECK(12, !set_caps(p, 1UL << CAP_SETUID, 0) && !setuid(0));
	caps(&p, &e, &i);
	CHECK(13, p == ALL && e == ALL);
	CHECK(14, !prctl(PR_SET_KEEPCAPS, 0) && !setuid(1000));
	caps(&p, &e, &i);
	CHECK(15, p == 0 && e == 0);
	CHECK(16, setuid(0) == -1 && errno == EPERM);
	return 0;
}

static int secure_bits(void)
{
	unsigned long p, e, i;

	CHECK(1, !prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED));
	CHECK(2, prctl(PR_SET_SECUREBITS, 0) == -1 && errno == EPERM);
	CHECK(3, !setuid(1000));
	caps(&p, &e, &i);
	CHECK(4, p == ALL && e == ALL);
	CHECK(5, !prctl(PR_SET_SECUREBITS, prctl(PR_GET_SECUREBITS) | SECBIT_KEEP_CAPS_LOCKED));
	CHECK(6, prctl(PR_SET_KEEPCAPS, 1) == -1 && errno == EPERM);
	CHECK(7, !set_caps(1, 1, 0) && prctl(PR_SET_SECUREBITS, 0x2c) == -1 && errno == EPERM);
	CHECK(8, set_caps(3, 1, 0) == -1 && errno == EPERM);
	CHECK(9, set_caps(0, 1, 0) == -1 && errno == EPERM);
	return 0;
}

#define DENIED(err, call) do {                                                                  \
	errno = 0;                                                                              \
	if ((call) != -1 || errno != (err)) {                                                   \
		printf("# line %d: %s: %s\n", __LINE__, #call, strerror(errno));                \
		bad++;                                                                          \
	}                                                                                       \
} while (0)

static pid_t victim;

static int as_nobody(void)
{
	int bad = 0, fd;
	struct timespec ts = { 1, 0 };
	struct timeval tv = { 1, 0 };
	struct rlimit rl;
	struct sched_param sp = { 1 };
	struct iovec v = { self, 8 };
	char name[64];

	if (be_nobody())
		return 200;
	DENIED(EPERM, kill(victim, SIGTERM));
	DENIED(EPERM, kill(1, 0));
	DENIED(EPERM, syscall(SYS_tgkill, victim, victim, SIGTERM));
	if (kill(-1, SIGTERM))
		bad++;          /* all, of those one may: none */
	DENIED(EPERM, setuid(0));
	DENIED(EPERM, setresuid(0, 0, 0));
	DENIED(EPERM, setregid(0, 0));
	DENIED(EPERM, setgroups(1, (gid_t[]){ 0 }));
	DENIED(EACCES, setpriority(PRIO_PROCESS, 0, -5));
	DENIED(EPERM, setpriority(PRIO_PROCESS, victim, 5));
	DENIED(EPERM, sched_setscheduler(0, SCHED_FIFO, &sp));
	DENIED(EPERM, mount("none", "/tmp", "tmpfs", 0, NULL));
	DENIED(EPERM, umount("/proc"));
	DENIED(EPERM, chroot("/"));
	DENIED(EPERM, mknod("sticky/dev", S_IFCHR | 0666, makedev(1, 3)));
	DENIED(EPERM, mknod("sticky/dev", S_IFBLK | 0666, makedev(254, 0)));
	DENIED(EPERM, sethostname("evil", 4));
	DENIED(EPERM, syscall(SYS_setdomainname, "evil", 4));
	DENIED(EPERM, syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, 0));
	DENIED(EPERM, clock_settime(CLOCK_REALTIME, &ts));
	DENIED(EPERM, settimeofday(&tv, NULL));
	DENIED(EPERM, prctl(PR_CAPBSET_DROP, CAP_KILL));
	DENIED(EPERM, syscall(SYS_process_vm_readv, victim, &v, 1L, &v, 1L, 0L));
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_max++;
	DENIED(EPERM, setrlimit(RLIMIT_NOFILE, &rl));
	DENIED(EPERM, prlimit(victim, RLIMIT_NOFILE, NULL, &rl));
	DENIED(EPERM, syscall(SYS_syslog, 5, NULL, 0));
	DENIED(EACCES, open("/etc/shadow", O_RDONLY) == -1 && errno == ENOENT ? (errno = EACCES, -1) : -1);
	DENIED(EACCES, open("secret", O_RDONLY));
	DENIED(EACCES, open("secret", O_WRONLY));
	DENIED(EACCES, open("/etc/passwd", O_WRONLY));
	DENIED(EACCES, open("/dev/vda", O_RDONLY));
	DENIED(EACCES, open("/dev/kmsg", O_WRONLY));
	DENIED(EACCES, open("/proc/sys/kernel/hostname", O_WRONLY) == -1 && errno == ENOENT ? (errno = EACCES, -1) :
	       -1);
	DENIED(EPERM, chmod("readable", 0777));
	DENIED(EPERM, chown("readable", NOBODY, NOBODY));
	DENIED(EPERM, utimensat(AT_FDCWD, "readable", (struct timespec[]){ { 1, 0 }, { 1, 0 } }, 0));
	DENIED(EACCES, utimensat(AT_FDCWD, "readable", NULL, 0));
	DENIED(EACCES, truncate("readable", 0));
	DENIED(EACCES, unlink("readable"));
	DENIED(EACCES, rename("readable", "mine"));
	DENIED(EACCES, mkdir("dir", 0755));
	DENIED(EACCES, chdir("closed"));
	DENIED(EPERM, unlink("sticky/roots"));
	DENIED(EPERM, rename("sticky/roots", "sticky/mine"));
	DENIED(EPERM, open("readable", O_RDONLY | O_NOATIME));
	sprintf(name, "/proc/%d/environ", victim);
	DENIED(EACCES, open(name, O_RDONLY));
	sprintf(name, "/proc/%d/maps", victim);
	fd = open(name, O_RDONLY);
	CHECK(150, fd == -1 || read(fd, name, 1) <= 0);
	sprintf(name, "/proc/%d/cwd", victim);
	char link[64];
	DENIED(EACCES, readlink(name, link, sizeof(link)));
	sprintf(name, "/proc/%d/fd", victim);
	CHECK(151, !opendir(name) && errno == EACCES);
	sprintf(name, "/proc/%d/oom_score_adj", victim);
	DENIED(EACCES, open(name, O_WRONLY));
	DENIED(EACCES, open("/proc/self/oom_score_adj", O_WRONLY));
	return bad;
}

/* What an ordinary user may do with what is his. */
static int own_things(void)
{
	struct stat st;
	int fd;

	if (be_nobody())
		return 200;
	CHECK(1, (fd = open("sticky/own", O_CREAT | O_RDWR, 06755)) >= 0);
	CHECK(2, !fstat(fd, &st) && st.st_uid == NOBODY && st.st_gid == NOBODY);
	CHECK(3, !fchmod(fd, 06755) && !fstat(fd, &st) && (st.st_mode & 07777) == 06755);
	CHECK(4, write(fd, "x", 1) == 1 && !fstat(fd, &st) && (st.st_mode & 07777) == 0755);
	CHECK(5, !fchmod(fd, 06755) && !fchown(fd, -1, NOBODY) && !fstat(fd, &st) && (st.st_mode & 07777) == 0755);
	CHECK(6, !fchmod(fd, 06755) && !ftruncate(fd, 0) && !fstat(fd, &st) && (st.st_mode & 07777) == 0755);
	CHECK(7, fchown(fd, 0, -1) == -1 && errno == EPERM);
	CHECK(8, fchown(fd, -1, 1000) == -1 && errno == EPERM);
	CHECK(9, !rename("sticky/own", "sticky/own2") && !unlink("sticky/own2"));
	CHECK(10, mkdir("sticky/d", 0777) == 0 && !chmod("sticky/d", 02775) && !stat("sticky/d", &st) &&
	      (st.st_mode & 07777) == 02775 && !rmdir("sticky/d"));
	CHECK(11, !mknod("sticky/fifo", S_IFIFO | 0600, 0) && !unlink("sticky/fifo"));
	CHECK(12, open("shared/f", O_CREAT | O_WRONLY, 02755) >= 0 && !stat("shared/f", &st) && st.st_gid == 1000);
	CHECK(13, !chmod("shared/f", 02755) && !stat("shared/f", &st) && !(st.st_mode & S_ISGID));
	CHECK(14, !mkdir("shared/d", 0755) && !stat("shared/d", &st) && st.st_gid == 1000 && (st.st_mode & S_ISGID));
	CHECK(15, !rmdir("shared/d") && !unlink("shared/f"));
	CHECK(16, setpriority(PRIO_PROCESS, 0, 5) == 0);
	return 0;
}

static int of_one_user(void)
{
	pid_t child;
	int status, p[2];
	char c;

	pipe(p);
	if (be_nobody())
		return 200;
	child = fork();
	if (!child) {
		execl("./root", "root", "wait", NULL);
		_exit(1);
	}
	struct timespec t = { 0, 200000000 };
	nanosleep(&t, NULL);
	char name[64];
	sprintf(name, "/proc/%d/auxv", child);
	CHECK(1, open(name, O_RDONLY) == -1 && errno == EACCES);
	sprintf(name, "/proc/%d/environ", child);
	CHECK(2, open(name, O_RDONLY) == -1 && errno == EACCES);
	struct iovec v = { &c, 1 };
	CHECK(3, syscall(SYS_process_vm_readv, child, &v, 1L, &v, 1L, 0L) == -1 && errno == EPERM);
	CHECK(4, kill(child, SIGTERM) == 0);
	CHECK(5, wait(&status) == child && WTERMSIG(status) == SIGTERM);
	return 0;
}

int main(int argc, char **argv)
{
	char dir[] = "/root/suidXXXXXX";
	int status;

	if (argc == 3 && !strcmp(argv[1], "whoami")) {
		struct who w = whoami();

		return write(atoi(argv[2]), &w, sizeof(w)) != sizeof(w);
	}
	if (argc == 2 && !strcmp(argv[1], "wait")) {
		pause();
		return 0;
	}
	tap_limit(100);
	readlink("/proc/self/exe", self, sizeof(self) - 1);
	chmod("/root", 0755);
	umask(022);
	ok(mkdtemp(dir) && !chdir(dir) && !chmod(".", 0755), "a directory");
	copy_self("plain", 0755, 0, 0);
	copy_self("root", 04755, 0, 0);
	copy_self("user", 04755, 1000, 1000);
	copy_self("group", 02755, 0, 1000);
	copy_self("both", 06755, 1000, 1000);
	copy_self("mark", 02745, 0, 1000);
	copy_self("unreadable", 0711, 0, 0);
	int fd = open("script", O_CREAT | O_WRONLY, 0755);
	dprintf(fd, "#!%s/plain whoami\n", dir);
	close(fd);
	fd = open("script", O_CREAT | O_WRONLY | O_TRUNC, 0755);
	dprintf(fd, "#!/bin/sh\nexec %s/plain \"$@\"\n", dir);
	close(fd);
	chmod("script", 04755);
	programs();

	status = in_child(id_caps);
	ok(status == 0, "capabilities follow ids (%x)", status);
	status = in_child(secure_bits);
	ok(status == 0, "secure bits, locked (%x)", status);
	close(open("secret", O_CREAT | O_WRONLY, 0600));
	close(open("readable", O_CREAT | O_WRONLY, 0644));
	mkdir("closed", 0700);
	mkdir("sticky", 0755);
	chmod("sticky", 01777);
	close(open("sticky/roots", O_CREAT | O_WRONLY, 0666));
	mkdir("shared", 0777);
	chown("shared", 0, 1000);
	chmod("shared", 02777);
	victim = fork();
	if (!victim) {
		pause();
		_exit(0);
	}
	status = in_child(as_nobody);
	ok(status == 0, "nobody harms nothing (%x)", status);
	ok(kill(victim, 0) == 0, "root's process lives");
	kill(victim, SIGKILL);
	wait(NULL);
	status = in_child(own_things);
	ok(status == 0, "what is one's own (%x)", status);
	status = in_child(of_one_user);
	ok(status == 0, "a set-user-id child may be killed, not looked into (%x)", status);
	chdir("/root");
	char cmd[100];
	sprintf(cmd, "rm -rf %s", dir);
	ok(system(cmd) == 0, "cleaned");
	return tap_done();
}
