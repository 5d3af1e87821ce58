// SPDX-License-Identifier: MIT
/*
 * taskfiles: /proc/PID/syscall, the call a task sleeps in; loginuid and sessionid, as whom somebody logged
 * in; timerslack_ns, and what prctl(2) says of it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tap.h"

#define NOBODY 65534

static char text[256];

static const char *look(int pid, const char *file)
{
	char path[64];
	int fd;
	ssize_t n;

	sprintf(path, "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		n = snprintf(text, sizeof(text), "%s", strerrorname_np(errno));
	text[n] = 0;
	close(fd);
	return text;
}

static int is(int pid, const char *file, const char *want)
{
	if (!strcmp(look(pid, file), want))
		return 1;
	printf("# %s: %s\n", file, text);
	return 0;
}

static int put(int pid, const char *file, const char *what)
{
	char path[64];
	int fd, ret;

	sprintf(path, "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY);
	ret = fd < 0 ? -1 : (int)write(fd, what, strlen(what));
	ret = ret < 0 ? errno : 0;
	close(fd);
	return ret;
}

/* Wait until its state is @want. */
static void until(int pid, char want)
{
	do {
		usleep(10000);
		look(pid, "stat");
	} while (text[0] && *(strrchr(text, ')') + 2) != want);
}

/* ---- syscall ---- */

static void calls(void)
{
	int p[2], st, pid, other = 1;
	unsigned long v[9];
	char want[100], here;
	cpu_set_t set;

	ok(sscanf(look(getpid(), "syscall"), "%lu %lx %lx %lx %lx %lx %lx %lx %lx", v, v + 1, v + 2, v + 3, v + 4,
		  v + 5, v + 6, v + 7, v + 8) == 9 && v[0] == SYS_read && v[2] == (unsigned long)text &&
	   v[3] == sizeof(text) - 1, "its own call is the read: %s", text);
	ok(v[7] > (unsigned long)&here - 100000 && v[7] < (unsigned long)&here + 1000, "with its stack");
	ok(labs((long)v[8] - (long)calls) < 0x1000000, "and its place");
	pipe(p);
	pid = fork();
	if (!pid)
		_exit(syscall(SYS_read, p[0], 0x1234L, 0x55L, 4L, 0L, 0x666L) != 0);
	until(pid, 'S');
	sprintf(want, "%d 0x%x 0x1234 0x55 0x4 0x0 0x666 0x", SYS_read, p[0]);
	ok(!strncmp(look(pid, "syscall"), want, strlen(want)), "a read that sleeps: %s", text);
	kill(pid, SIGSTOP);
	until(pid, 'T');
	close(p[1]);
	kill(pid, SIGKILL);
	until(pid, 'Z');
	ok(is(pid, "syscall", "-1 0x0 0x0\n"), "none is left when it has ended");
	wait(&st);
	pid = fork();
	if (!pid) {
		CPU_ZERO(&set);
		CPU_SET(1, &set);
		sched_setaffinity(0, sizeof(set), &set);
		for (;;)
			;
	}
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	usleep(100000);
	for (int i = 0; i < 20; i++)
		other &= !strcmp(look(pid, "syscall"), "running\n");
	ok(other, "it runs: %s", text);
	kill(pid, SIGKILL);
	wait(&st);
	if (!fork()) {
		setuid(NOBODY);
		_exit(!is(1, "syscall", "EACCES"));
	}
	wait(&st);
	ok(st == 0, "not for everybody");
}

/* ---- loginuid ---- */

static void child_of_login(const char *session)
{
	int fd = open("/proc/self/loginuid", O_WRONLY), st;

	if (!fork())
		_exit(!is(getpid(), "loginuid", "1000") || !is(getpid(), "sessionid", session));
	wait(&st);
	ok(st == 0, "a child inherits both");
	ok(put(getppid(), "loginuid", "1000") == EPERM, "of another nobody says it");
	ok(put(getpid(), "loginuid", "-1") == EINVAL && put(getpid(), "loginuid", "1x") == EINVAL, "no number");
	ok(put(getpid(), "loginuid", "4294967296") == ERANGE, "too large");
	ok(put(getpid(), "loginuid", "1001") == 0 && is(getpid(), "loginuid", "1001") &&
	   strcmp(look(getpid(), "sessionid"), session), "root says it again: another session");
	ok(put(getpid(), "loginuid", "4294967295\n") == 0 && is(getpid(), "loginuid", "4294967295") &&
	   is(getpid(), "sessionid", "4294967295"), "undone");
	setuid(NOBODY);
	ok(write(fd, "7", 1) == 1 && is(getpid(), "loginuid", "7"), "who has not logged in may say so");
	ok(write(fd, "8", 1) == -1 && errno == EPERM, "but once");
	fflush(stdout);
}

static void login(void)
{
	char session[32], path[64];
	int pid, st;

	ok(is(getpid(), "loginuid", "4294967295") && is(getpid(), "sessionid", "4294967295"), "nobody has logged in");
	pid = fork();
	if (!pid) {
		ok(put(getpid(), "loginuid", "1000") == 0 && is(getpid(), "loginuid", "1000"), "user 1000 has");
		strcpy(session, look(getpid(), "sessionid"));
		ok(atoi(session) > 0, "in session %s", session);
		sprintf(path, "task/%d/loginuid", getpid());
		ok(is(getpid(), path, "1000"), "the thread says so, too");
		child_of_login(session);
		printf("# %d\n", tap_count);
		_exit(tap_failed ? 255 : tap_count);
	}
	waitpid(pid, &st, 0);
	tap_count = WEXITSTATUS(st) == 255 ? 1000 : WEXITSTATUS(st);
	ok(WEXITSTATUS(st) != 255 && is(getpid(), "loginuid", "4294967295"), "the parent has not");
}

/* ---- timerslack_ns ---- */

static void policy(int which, int priority)
{
	struct sched_param sp = { .sched_priority = priority };

	sched_setscheduler(0, which, &sp);
}

static void slack(void)
{
	int me = getpid(), pid, st;

	prctl(PR_SET_TIMERSLACK, 7000);
	ok(is(me, "timerslack_ns", "7000\n"), "what prctl says");
	ok(put(me, "timerslack_ns", "9000\n") == 0 && prctl(PR_GET_TIMERSLACK) == 9000, "what is written");
	ok(put(me, "timerslack_ns", "x") == EINVAL, "no number");
	pid = fork();
	if (!pid) {
		int bad = prctl(PR_GET_TIMERSLACK) != 9000;

		prctl(PR_SET_TIMERSLACK, 3);
		prctl(PR_SET_TIMERSLACK, 0);
		bad |= prctl(PR_GET_TIMERSLACK) != 9000;
		put(getpid(), "timerslack_ns", "4");
		put(getpid(), "timerslack_ns", "0");
		bad |= prctl(PR_GET_TIMERSLACK) != 9000;
		_exit(bad);
	}
	waitpid(pid, &st, 0);
	ok(st == 0, "0 is what it was born with");
	prctl(PR_SET_TIMERSLACK, 0);
	ok(is(me, "timerslack_ns", "50000\n"), "as here: 50 us");
	prctl(PR_SET_TIMERSLACK, -1L);
	ok(is(me, "timerslack_ns", "18446744073709551615\n"), "-1 is the most");
	prctl(PR_SET_TIMERSLACK, 6000);
	policy(SCHED_FIFO, 1);
	ok(prctl(PR_GET_TIMERSLACK) == 0, "real time has none");
	prctl(PR_SET_TIMERSLACK, 6000);
	ok(put(me, "timerslack_ns", "6000") == 0 && is(me, "timerslack_ns", "0\n"), "and gets none");
	policy(SCHED_OTHER, 0);
	ok(prctl(PR_GET_TIMERSLACK) == 50000, "afterwards it is as at birth");
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	ok(put(pid, "timerslack_ns", "800") == 0 && is(pid, "timerslack_ns", "800\n"), "root sets another's");
	if (!fork()) {
		setuid(NOBODY);
		_exit(!is(pid, "timerslack_ns", "EPERM") || put(pid, "timerslack_ns", "9") != EPERM ||
		      !is(getpid(), "timerslack_ns", "50000\n"));
	}
	wait(&st);
	ok(st == 0, "nobody only his own");
	kill(pid, SIGKILL);
	wait(&st);
}

int main(void)
{
	tap_limit(30);
	calls();
	login();
	slack();
	return tap_done();
}
