// SPDX-License-Identifier: MIT
/*
 * F_NOTIFY of fcntl(2): which changes in a directory raise a signal, how often, to whom, and
 * when that ends; and the owner and the signal of an open file.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tap.h"

#define FOLDER  "/tmp/dnotifytest"

static int dir;
static siginfo_t info;

/* How many of @sig were sent since the last look; the last one's siginfo in info. */
static int count(int sig)
{
	const struct timespec none = { 0 };
	sigset_t set;
	int n = 0;

	sigemptyset(&set);
	sigaddset(&set, sig);
	while (sigtimedwait(&set, &info, &none) == sig)
		n++;
	return n;
}

static int told(void) { return count(SIGRTMIN); }

static void make(const char *name)
{
	int f = open(name, O_CREAT | O_WRONLY | O_EXCL, 0644);

	if (f < 0)
		printf("# %s: %s\n", name, strerror(errno));
	close(f);
}

static void change(const char *name)
{
	int f = open(name, O_WRONLY);

	if (write(f, "x", 1) != 1)
		printf("# %s: %s\n", name, strerror(errno));
	close(f);
}

static void look(const char *name)
{
	char c;
	int f = open(name, O_RDONLY);

	if (read(f, &c, 1) < 0)
		printf("# %s: %s\n", name, strerror(errno));
	close(f);
}

/* A folder with file a, open anew, with a queued signal for each event. */
static void fresh(void)
{
	if (dir)
		close(dir);
	if (system("rm -rf " FOLDER "; mkdir -p " FOLDER "/sub") || chdir(FOLDER))
		printf("# no folder\n");
	make("a");
	change("a");
	dir = open(".", O_RDONLY | O_DIRECTORY);
	fcntl(dir, F_SETSIG, SIGRTMIN);
	told();
}

/* Which of these raise a signal under @mask, as letters. */
static const char *what(unsigned int mask)
{
	static char out[16];
	char *p = memset(out, 0, sizeof(out));

	fresh();
	fcntl(dir, F_NOTIFY, mask | DN_MULTISHOT);
#define STEP(letter, action) do {                                       \
		action;                                                 \
		for (int n = told(); n > 0 && p < out + 15; n--)        \
			*p++ = letter;                                  \
	} while (0)
	STEP('r', look("a"));
	STEP('w', change("a"));
	STEP('c', make("b"));
	STEP('n', rename("b", "c"));
	STEP('o', rename("c", "sub/c"));
	STEP('i', rename("sub/c", "d"));
	STEP('u', unlink("d"));
	STEP('m', chmod("a", 0600));
	STEP('d', mkdir("e", 0700));
	STEP('D', rmdir("e"));
	STEP('s', chmod(".", 0711));
	STEP('x', make("sub/deep"));
	STEP('t', if (truncate("a", 0)) printf("# truncate\n"));
	return out;
}

static void sees(unsigned int mask, const char *want, const char *name)
{
	const char *got = what(mask);

	if (!ok(!strcmp(got, want), "%s tells of %s", name, want))
		printf("# got %s\n", got);
}

static void kinds(void)
{
	sees(DN_ACCESS, "r", "DN_ACCESS");
	sees(DN_MODIFY, "wt", "DN_MODIFY");
	sees(DN_CREATE, "cnid", "DN_CREATE");
	sees(DN_DELETE, "nouD", "DN_DELETE");
	sees(DN_RENAME, "n", "DN_RENAME");
	sees(DN_ATTRIB, "ms", "DN_ATTRIB");
}

static void errors(void)
{
	int file, path;

	fresh();
	file = open("a", O_RDWR);
	path = open(".", O_PATH);
	fails(ENOTDIR, fcntl(file, F_NOTIFY, DN_CREATE));
	fails(EBADF, fcntl(path, F_NOTIFY, DN_CREATE));
	fails(EBADF, fcntl(-1, F_NOTIFY, DN_CREATE));
	ok(!fcntl(file, F_NOTIFY, 0), "nothing to ask for is no error, of a file either");
	ok(!fcntl(dir, F_NOTIFY, 0x100), "a bit that means nothing is none");
	fails(EINVAL, fcntl(dir, F_SETSIG, 65));
	fails(EINVAL, fcntl(dir, F_SETSIG, -1));
	fails(EBADF, fcntl(path, F_SETSIG, 1));
	close(file);
	close(path);
}

static void once(void)
{
	fresh();
	fcntl(dir, F_SETSIG, 0);
	ok(!fcntl(dir, F_NOTIFY, DN_CREATE), "F_NOTIFY on a directory");
	make("1");
	ok(count(SIGIO) == 1 && info.si_code == SI_KERNEL, "SIGIO by the kernel");
	make("2");
	ok(!count(SIGIO), "once");
	ok(fcntl(dir, F_GETOWN) == getpid(), "the process that asked is the owner");
	fcntl(dir, F_NOTIFY, DN_CREATE);
	fcntl(dir, F_NOTIFY, DN_DELETE);
	unlink("1");
	ok(count(SIGIO) == 1, "what is asked for adds up");
	fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	make("3");
	count(SIGIO);
	make("4");
	ok(count(SIGIO) == 1, "DN_MULTISHOT: again and again");
	fcntl(dir, F_NOTIFY, DN_MULTISHOT);
	make("5");
	ok(!count(SIGIO), "until nothing is asked for");
}

static void sigs(void)
{
	int other;

	fresh();
	ok(fcntl(dir, F_GETSIG) == SIGRTMIN, "F_GETSIG is what F_SETSIG said");
	fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	make("1");
	make("2");
	ok(told() == 2, "a real-time signal counts");
	ok(info.si_fd == dir && info.si_code == POLL_MSG &&
	   info.si_band == (POLLIN | POLLRDNORM | POLLMSG), "si_fd, si_code, si_band");
	other = dup(dir);
	fcntl(other, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	make("3");
	ok(told() == 1 && info.si_fd == other, "the same open file asks by its other descriptor");
	fcntl(dir, F_SETSIG, SIGUSR1);
	make("4");
	ok(count(SIGUSR1) == 1 && info.si_code == POLL_MSG, "another signal from now on");
	fcntl(dir, F_SETSIG, SIGTRAP);
	make("5");
	ok(count(SIGTRAP) == 1 && info.si_code == SI_SIGIO, "one with codes of its own says SI_SIGIO");
	close(other);
	make("6");
	ok(!count(SIGTRAP), "any descriptor of it that is closed ends it");
	ok(fcntl(dir, F_GETSIG) == SIGTRAP, "the open file keeps its signal");
}

static void two(void)
{
	int second;

	fresh();
	second = open(".", O_RDONLY);
	fcntl(second, F_SETSIG, SIGRTMIN + 1);
	fcntl(second, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	fcntl(dir, F_NOTIFY, DN_CREATE);
	make("1");
	make("2");
	ok(told() == 1 && count(SIGRTMIN + 1) == 2, "two opens of a directory ask apart");
	close(second);
	make("3");
	ok(!count(SIGRTMIN + 1), "and end apart");
}

static void processes(void)
{
	int go[2], status;
	char c;
	pid_t child;

	fresh();
	if (pipe(go))
		return;
	fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	child = fork();
	if (!child) {
		close(dir);
		make("1");
		_exit(told());
	}
	waitpid(child, &status, 0);
	ok(!WEXITSTATUS(status) && told() == 1, "who asked is told, whoever did it");
	make("2");
	ok(told() == 1, "a child that closes its descriptor ends nothing");

	child = fork();
	if (!child) {
		if (read(go[0], &c, 1) != 1)
			_exit(99);
		_exit(told());
	}
	ok(!fcntl(dir, F_SETOWN, child) && fcntl(dir, F_GETOWN) == child, "F_SETOWN names a process");
	make("3");
	ok(!told() && write(go[1], "x", 1) == 1, "another owner, and this process hears nothing");
	waitpid(child, &status, 0);
	ok(WEXITSTATUS(status) == 1, "but that one");
	make("4");
	ok(!told() && fcntl(dir, F_GETOWN) == 0, "an owner that is gone is none");

	child = fork();
	if (!child) {
		fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
		_exit(0);
	}
	waitpid(child, &status, 0);
	make("5");
	ok(!told(), "the end of the process that asked ends it");
}

static void owners(void)
{
	struct f_owner_ex own = { F_OWNER_TID, 0 };
	int status;
	pid_t child;

	fresh();
	fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	ok(!fcntl(dir, F_GETOWN_EX, &own) && own.type == F_OWNER_PID && own.pid == getpid(),
	   "F_GETOWN_EX: a process");
	own = (struct f_owner_ex){ F_OWNER_TID, gettid() };
	ok(!fcntl(dir, F_SETOWN_EX, &own), "F_SETOWN_EX: a thread");
	make("1");
	ok(told() == 1, "which is told");
	own.pid = -1;
	ok(!fcntl(dir, F_GETOWN_EX, &own) && own.type == F_OWNER_TID && own.pid == gettid(),
	   "F_GETOWN_EX says so");
	setpgid(0, 0);
	ok(!fcntl(dir, F_SETOWN, -getpgrp()) && fcntl(dir, F_GETOWN) == -getpgrp(),
	   "F_SETOWN: a group");
	make("2");
	ok(told() == 1, "which is told");
	own.type = 3;
	fails(EINVAL, fcntl(dir, F_SETOWN_EX, &own));
	fails(ESRCH, fcntl(dir, F_SETOWN, 4000000));
	fails(EINVAL, fcntl(dir, F_SETOWN, (int)0x80000000));
	ok(fcntl(dir, F_GETOWN) == -getpgrp(), "an error changes no owner");
	ok(!fcntl(dir, F_SETOWN, 0) && !fcntl(dir, F_GETOWN), "F_SETOWN 0: nobody");
	make("3");
	ok(!told(), "who is not told");

	/* An ordinary user's file signals root's process as little as kill(2) would. */
	fresh();
	chmod(".", 0777);
	child = fork();
	if (!child) {
		int mine;

		if (setresuid(1000, 1000, 1000))
			_exit(9);
		mine = open(".", O_RDONLY);
		fcntl(mine, F_SETSIG, SIGRTMIN);
		fcntl(mine, F_SETOWN, getppid());
		fcntl(mine, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
		make("1");
		_exit(fcntl(mine, F_GETOWN) == getppid() ? told() : 8);
	}
	waitpid(child, &status, 0);
	ok(!WEXITSTATUS(status) && !told(), "a user's file tells no process of root's");
}

int main(void)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGINT);
	sigprocmask(SIG_SETMASK, &all, NULL);
	errors();
	once();
	kinds();
	sigs();
	two();
	processes();
	owners();
	return tap_done();
}
