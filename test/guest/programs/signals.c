// SPDX-License-Identifier: MIT
/*
 * signals: delivery, masks, the frame with its FP state, and what a shell needs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

#include "tap.h"

static volatile sig_atomic_t count, last_pid, last_code, order[8], nr_order;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	count++;
	last_pid = info->si_pid;
	last_code = info->si_code;
	if (nr_order < 8)
		order[nr_order++] = sig;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
	count = nr_order = 0;
}

static void basics(void)
{
	sigset_t set, old, pending;

	handle(SIGUSR1, 0);
	ok(kill(getpid(), SIGUSR1) == 0 && count == 1 && last_pid == getpid() && last_code == SI_USER,
	   "kill runs the handler before it returns");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	sigpending(&pending);
	ok(count == 1 && sigismember(&pending, SIGUSR1), "a blocked signal waits");
	sigprocmask(SIG_SETMASK, &old, NULL);
	ok(count == 2, "unblocked, it comes, once");
	signal(SIGUSR1, SIG_IGN);
	ok(kill(getpid(), SIGUSR1) == 0, "an ignored signal does nothing");
	fails(EINVAL, kill(getpid(), 65));
	fails(ESRCH, kill(999999, 0));
	fails(EINVAL, sigaction(SIGKILL, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL));
}

static void on_nested(int sig)
{
	count++;
	if (count < 3)
		raise(sig);
	count += 10;
}

static void nesting(void)
{
	struct sigaction sa = { .sa_handler = on_nested, .sa_flags = SA_NODEFER };

	count = 0;
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR2);
	ok(count == 33, "SA_NODEFER nests");
	sa.sa_flags = SA_RESETHAND;
	sigaction(SIGUSR2, &sa, NULL);
	sigaction(SIGUSR2, NULL, &sa);
	ok(sa.sa_flags & SA_RESETHAND, "sigaction gives the flags back");
}

static void on_fp(int sig)
{
	volatile double x = 1.0;

	for (int i = 0; i < 100; i++)
		x = x * 1.5 + i;
	count++;
}

/* FP registers and every integer register are as before the handler. */
static void registers(void)
{
	double f[8] = { 1.25, 2.5, 3.75, 4.5, 5.25, 6.125, 7.0625, 8.5 }, g[8];
	long s = 0x1122334455667788, t = 0;

	signal(SIGUSR1, on_fp);
	count = 0;
	__asm__ volatile(
		"fld fs0, 0(%2)\n fld fs1, 8(%2)\n fld ft0, 16(%2)\n fld ft8, 24(%2)\n"
		"fld fa0, 32(%2)\n fld fa7, 40(%2)\n fld fs11, 48(%2)\n fld ft11, 56(%2)\n"
		"mv s5, %4\n mv t6, %4\n"
		"mv a0, %5\n li a1, 10\n li a7, 129\n ecall\n"
		"fsd fs0, 0(%3)\n fsd fs1, 8(%3)\n fsd ft0, 16(%3)\n fsd ft8, 24(%3)\n"
		"fsd fa0, 32(%3)\n fsd fa7, 40(%3)\n fsd fs11, 48(%3)\n fsd ft11, 56(%3)\n"
		"sub %0, s5, t6\n add %1, s5, zero\n"
		: "=&r"(t), "=&r"(s)
		: "r"(f), "r"(g), "r"(s), "r"((long)getpid())
		: "memory", "s5", "t6", "a0", "a1", "a7", "fs0", "fs1", "ft0", "ft8", "fa0", "fa7",
		  "fs11", "ft11");
	ok(count == 1 && !memcmp(f, g, sizeof(f)), "FP registers survive a handler that uses them");
	ok(t == 0 && s == 0x1122334455667788, "integer registers survive it");
}

static void interrupted(void)
{
	int p[2];
	char byte;
	struct timespec long_time = { 100, 0 }, left;

	if (pipe(p))
		return;
	handle(SIGALRM, 0);
	ualarm(50000, 0);
	fails(EINTR, read(p[0], &byte, 1));
	handle(SIGALRM, SA_RESTART);
	ualarm(50000, 0);
	if (fork() == 0) {
		usleep(200000);
		_exit(write(p[1], "x", 1) != 1);
	}
	ok(read(p[0], &byte, 1) == 1 && count == 1, "SA_RESTART goes on reading");
	wait(NULL);
	handle(SIGALRM, SA_RESTART);
	ualarm(50000, 0);
	ok(nanosleep(&long_time, &left) == -1 && errno == EINTR && left.tv_sec == 99,
	   "a sleep is cut short and says what is left");
	handle(SIGALRM, 0);
	ualarm(50000, 0);
	ok(pause() == -1 && errno == EINTR, "pause ends");
}

static void children(void)
{
	siginfo_t info;
	int status;
	pid_t pid;

	handle(SIGCHLD, SA_RESTART);
	pid = fork();
	if (pid == 0)
		_exit(5);
	waitpid(pid, &status, 0);
	ok(count == 1 && last_pid == pid && last_code == CLD_EXITED && WEXITSTATUS(status) == 5,
	   "SIGCHLD says who and how");
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	   WSTOPSIG(status) == SIGSTOP, "a stopped child is reported");
	kill(pid, SIGCONT);
	ok(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status), "and a continued one");
	ok(waitpid(pid, &status, WNOHANG) == 0, "WNOHANG does not wait");
	kill(pid, SIGTERM);
	ok(waitid(P_PID, pid, &info, WEXITED) == 0 && info.si_code == CLD_KILLED &&
	   info.si_status == SIGTERM, "waitid says which signal killed it");
	fails(ECHILD, waitpid(pid, &status, 0));
	signal(SIGCHLD, SIG_IGN);
	if (fork() == 0)
		_exit(0);
	fails(ECHILD, wait(&status));
	signal(SIGCHLD, SIG_DFL);
}

static void alternate_stack(void)
{
	static char stack[32768];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) }, now;

	ok(sigaltstack(&alt, NULL) == 0 && sigaltstack(NULL, &now) == 0 && now.ss_sp == stack &&
	   now.ss_size == sizeof(stack), "sigaltstack is kept");
	handle(SIGUSR1, SA_ONSTACK);
	raise(SIGUSR1);
	ok(count == 1, "a handler runs on it");
	alt.ss_size = 100;
	fails(ENOMEM, sigaltstack(&alt, NULL));
}

static void exec_resets(void)
{
	int status;

	fflush(stdout);
	handle(SIGUSR1, 0);
	signal(SIGUSR2, SIG_IGN);
	if (fork() == 0) {
		execl("/bin/sh", "sh", "-c", "kill -USR2 $$; kill -USR1 $$; exit 0", NULL);
		_exit(1);
	}
	wait(&status);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1,
	   "exec makes handlers default and leaves ignored ones ignored");
}

int main(void)
{
	tap_limit(60);
	basics();
	nesting();
	registers();
	interrupted();
	children();
	alternate_stack();
	exec_resets();
	return tap_done();
}
