// SPDX-License-Identifier: MIT
/*
 * signals_deep: queued signals, waiting for them, masks of a call, the alternate stack's
 * corners, threads, group stops, and races between stop, continue and kill.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

#include "tap.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif
#define RT(n) (SIGRTMIN + (n))

static volatile int seen[64], values[64], nr_seen;
static volatile sig_atomic_t hits;

static void record(int sig, siginfo_t *info, void *context)
{
	if (nr_seen < 64) {
		seen[nr_seen] = sig;
		values[nr_seen++] = info->si_value.sival_int;
	}
	hits++;
}

static void catch(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = record, .sa_flags = SA_SIGINFO | flags };

	sigfillset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
	nr_seen = hits = 0;
}

static sigset_t set_of(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	if (sig)
		sigaddset(&s, sig);
	return s;
}

static void block(int how, int sig)
{
	sigset_t s = set_of(sig);

	pthread_sigmask(how, &s, NULL);
}

static void queued(void)
{
	struct rlimit old, few = { 4, 0 };
	int sent = 0;
	sigset_t s;

	catch(RT(1), 0);
	catch(RT(3), 0);
	catch(SIGUSR1, 0);
	sigemptyset(&s);
	sigaddset(&s, RT(1));
	sigaddset(&s, RT(3));
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	for (int i = 0; i < 3; i++) {
		sigqueue(getpid(), RT(3), (union sigval){ .sival_int = 30 + i });
		sigqueue(getpid(), RT(1), (union sigval){ .sival_int = 10 + i });
		sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = i });
	}
	sigprocmask(SIG_UNBLOCK, &s, NULL);
	/* Several at once: the frames stack up, so the handlers run last first. */
	ok(nr_seen == 7, "real-time signals queue, standard ones do not (%d)", nr_seen);
	int n1 = 0, n3 = 0, first1 = -1, first3 = -1;
	for (int i = 0; i < nr_seen; i++) {
		if (seen[i] == RT(1)) {
			n1++;
			first1 = first1 < 0 ? values[i] : first1;
		}
		if (seen[i] == RT(3)) {
			n3++;
			first3 = first3 < 0 ? values[i] : first3;
		}
	}
	ok(n1 == 3 && n3 == 3 && first1 == 12 - 2 && first3 == 30, "each in the order of sending");

	getrlimit(RLIMIT_SIGPENDING, &old);
	few.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_SIGPENDING, &few);
	block(SIG_BLOCK, RT(2));
	catch(RT(2), 0);
	while (sent < 100 && sigqueue(getpid(), RT(2), (union sigval){ 0 }) == 0)
		sent++;
	ok(sent >= 1 && sent <= 8 && errno == EAGAIN, "the queue has its limit");
	ok(kill(getpid(), RT(2)) == 0, "kill needs no place in it");
	setrlimit(RLIMIT_SIGPENDING, &old);
	signal(RT(2), SIG_IGN);
	sigpending(&s);
	ok(!sigismember(&s, RT(2)), "ignoring a signal forgets those that wait");
	block(SIG_UNBLOCK, RT(2));
}

static void waiting(void)
{
	struct timespec zero = { 0, 0 }, soon = { 0, 50000000 }, long_time = { 20, 0 };
	sigset_t s = set_of(SIGUSR2), none = set_of(0), usr1 = set_of(SIGUSR1);
	siginfo_t info;
	pid_t pid;

	block(SIG_BLOCK, SIGUSR2);
	ok(sigtimedwait(&s, &info, &zero) == -1 && errno == EAGAIN, "no signal, no waiting");
	ok(sigtimedwait(&s, &info, &soon) == -1 && errno == EAGAIN, "no signal in time");
	sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 77 });
	ok(sigtimedwait(&s, &info, &zero) == SIGUSR2 && info.si_value.sival_int == 77 &&
	   info.si_code == SI_QUEUE && info.si_pid == getpid(),
	   "one that waits is taken with its value");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		usleep(100000);
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	ok(sigtimedwait(&s, &info, &long_time) == SIGUSR2 && info.si_pid == pid,
	   "one that comes later wakes");
	waitpid(pid, NULL, 0);
	catch(SIGUSR1, 0);
	pid = fork();
	if (pid == 0) {
		usleep(100000);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	ok(sigtimedwait(&s, &info, &long_time) == -1 && errno == EINTR && hits == 1,
	   "another one interrupts");
	waitpid(pid, NULL, 0);
	/* SIGCHLD's default is to be ignored: waited for, it is not. */
	s = set_of(SIGCHLD);
	block(SIG_BLOCK, SIGCHLD);
	pid = fork();
	if (pid == 0)
		_exit(3);
	ok(sigtimedwait(&s, &info, &long_time) == SIGCHLD && info.si_pid == pid &&
	   info.si_status == 3,
	   "SIGCHLD can be waited for");
	waitpid(pid, NULL, 0);
	block(SIG_UNBLOCK, SIGCHLD);

	catch(SIGUSR1, SA_RESTART);
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	ok(hits == 0 && sigsuspend(&none) == -1 && errno == EINTR && hits == 1,
	   "sigsuspend opens, and returns");
	sigprocmask(SIG_SETMASK, NULL, &s);
	ok(sigismember(&s, SIGUSR1), "and the mask is as before");
	kill(getpid(), SIGUSR1);
	struct timespec t = { 5, 0 };
	ok(ppoll(NULL, 0, &t, &none) == -1 && errno == EINTR && hits == 2,
	   "ppoll's mask lets it in");
	kill(getpid(), SIGUSR1);
	ok(ppoll(NULL, 0, &soon, &usr1) == 0 && hits == 2, "or keeps it out");
	block(SIG_UNBLOCK, SIGUSR1);
	ok(hits == 3, "until it is opened");
	block(SIG_UNBLOCK, SIGUSR2);
}

static void restarting(void)
{
	struct timespec t = { 0, 300000000 }, start, end;
	pid_t pid;

	/* SIGCONT without a handler interrupts nothing: the sleep goes on to its end. */
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		usleep(50000);
		kill(getppid(), SIGSTOP);
		usleep(50000);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	ok(nanosleep(&t, NULL) == 0, "a sleep goes on over a stop");
	clock_gettime(CLOCK_MONOTONIC, &end);
	long ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
	ok(ms >= 299 && ms < 2000, "and ends when it would have (%ld ms)", ms);
	waitpid(pid, NULL, 0);
}

static volatile char *stack_seen;
static stack_t inside;

static void on_stack(int sig)
{
	char here;

	stack_seen = &here;
	sigaltstack(NULL, &inside);
	hits++;
}

static void overflow(int sig)
{
	volatile char big[4096];

	memset((char *)big, sig, sizeof(big));
	hits++;
	raise(SIGUSR1);
}

static void stacks(void)
{
	static char memory[65536];
	stack_t alt = { .ss_sp = memory, .ss_size = sizeof(memory) }, now;
	struct sigaction sa = { .sa_handler = on_stack, .sa_flags = SA_ONSTACK };
	int status;

	sigaltstack(&alt, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	ok(stack_seen > memory && stack_seen < memory + sizeof(memory),
	   "the handler is on the stack given");
	ok(inside.ss_flags == SS_ONSTACK, "and is told so");
	alt.ss_flags = (int)SS_AUTODISARM;
	ok(sigaltstack(&alt, NULL) == 0, "SS_AUTODISARM is known");
	raise(SIGUSR1);
	ok(inside.ss_flags & SS_DISABLE, "in the handler it is disarmed");
	sigaltstack(NULL, &now);
	ok(now.ss_sp == memory && (now.ss_flags & (int)SS_AUTODISARM),
	   "and afterwards armed again");
	alt.ss_flags = 0x40;
	fails(EINVAL, sigaltstack(&alt, NULL));
	fflush(stdout);
	if (fork() == 0) {
		struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		alt.ss_flags = 0;
		alt.ss_size = 8192;
		sigaltstack(&alt, NULL);
		sa.sa_handler = overflow;
		sa.sa_flags |= SA_NODEFER;
		sigaction(SIGUSR1, &sa, NULL);
		raise(SIGUSR1);
		_exit(0);
	}
	wait(&status);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
	   "a stack that runs out ends the program");
	alt.ss_flags = SS_DISABLE;
	sigaltstack(&alt, NULL);
}

static pthread_barrier_t barrier;
static volatile int which, stop;

static void on_thread(int sig)
{
	which = gettid();
	hits++;
}

static void *blocked_thread(void *arg)
{
	block(SIG_BLOCK, SIGUSR1);
	*(int *)arg = gettid();
	pthread_barrier_wait(&barrier);
	while (!stop)
		usleep(1000);
	return NULL;
}

static void *open_thread(void *arg)
{
	*(int *)arg = gettid();
	pthread_barrier_wait(&barrier);
	while (!stop)
		usleep(1000);
	return NULL;
}

static void threads(void)
{
	pthread_t a, b;
	int tid_a, tid_b;

	signal(SIGUSR1, on_thread);
	hits = 0;
	stop = 0;
	pthread_barrier_init(&barrier, NULL, 3);
	pthread_create(&a, NULL, blocked_thread, &tid_a);
	pthread_create(&b, NULL, open_thread, &tid_b);
	pthread_barrier_wait(&barrier);
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	for (int i = 0; i < 1000 && !hits; i++)
		usleep(1000);
	ok(hits == 1 && which == tid_b,
	   "a process' signal goes to the thread that does not block it");
	pthread_kill(b, SIGUSR1);
	for (int i = 0; i < 1000 && hits < 2; i++)
		usleep(1000);
	ok(hits == 2 && which == tid_b, "a thread's signal goes to that thread");
	pthread_kill(a, SIGUSR1);
	usleep(20000);
	ok(hits == 2, "one that it blocks waits, and no other takes it");
	stop = 1;
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	block(SIG_UNBLOCK, SIGUSR1);
	ok(hits == 2, "and goes with it");
	fails(ESRCH, syscall(SYS_tgkill, getpid(), tid_a, 0));
	fails(EINVAL, syscall(SYS_tgkill, -1, tid_a, 0));
}

static void *spin(void *arg)
{
	volatile int *counter = arg;

	for (;;)
		++*counter;
	return NULL;
}

/* A child of four threads, two of them never in the kernel. */
static pid_t busy_child(volatile int *counter)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_t t;

		for (int i = 0; i < 2; i++)
			pthread_create(&t, NULL, spin, (void *)&counter[i]);
		stop = 0;
		int tid;
		pthread_barrier_init(&barrier, NULL, 1);
		pthread_create(&t, NULL, open_thread, &tid);
		pause();
		_exit(0);
	}
	while (!counter[0] || !counter[1])
		usleep(1000);
	return pid;
}

static void group_stops(void)
{
	volatile int *counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, before, frozen = 1;
	pid_t pid = busy_child(counter);

	kill(pid, SIGSTOP);
	ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "all threads stop");
	before = counter[0] + counter[1];
	usleep(50000);
	frozen = before == counter[0] + counter[1];
	ok(frozen, "and none goes on");
	ok(waitpid(pid, &status, WUNTRACED | WNOHANG) == 0, "which is told once");
	kill(pid, SIGCONT);
	ok(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status), "SIGCONT is told");
	usleep(50000);
	ok(before != counter[0] + counter[1], "and all go on");
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGTERM);
	usleep(20000);
	ok(waitpid(pid, &status, WNOHANG) == 0, "a stopped process does not take SIGTERM");
	kill(pid, SIGKILL);
	ok(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL, "but SIGKILL");
	counter[0] = counter[1] = 0;
	pid = busy_child(counter);
	kill(pid, SIGTERM);
	ok(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGTERM,
	   "a fatal signal ends all threads");
}

static void *exec_thread(void *arg)
{
	char *argv[] = { arg, "exec-child", NULL };

	execv("/proc/self/exe", argv);
	execv(arg, argv);
	_exit(99);
}

static void exec_by_thread(char *self)
{
	volatile int *counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, spin, (void *)counter);
		pthread_create(&t, NULL, exec_thread, self);
		pause();
		_exit(98);
	}
	ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 42,
	   "exec by a thread keeps the process' number and ends the other threads");
}

/* Nothing may hang or be lost when stop, continue and kill race. */
static void races(void)
{
	int status, bad = 0;

	for (int round = 0; round < 200; round++) {
		pid_t pid = fork();

		if (pid == 0)
			for (;;)
				getppid();
		for (int i = 0; i < 5; i++) {
			kill(pid, i & 1 ? SIGCONT : SIGTSTP);
			if (i == 2)
				sched_yield();
		}
		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
		kill(pid, round & 1 ? SIGKILL : SIGTERM);
		do {
			bad += waitpid(pid, &status, WUNTRACED | WCONTINUED) != pid;
		} while (!bad && !WIFEXITED(status) && !WIFSIGNALED(status));
	}
	ok(!bad, "200 races of stop, continue and kill end");
}

static void *storm_thread(void *arg)
{
	pid_t me = getpid();

	while (!stop)
		syscall(SYS_tgkill, me, *(int *)arg, SIGUSR1);
	return NULL;
}

static void storm(void)
{
	pthread_t t[3];
	int tid = gettid();
	double x = 1;
	long sum = 0;

	signal(SIGUSR1, on_thread);
	hits = 0;
	stop = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, storm_thread, &tid);
	for (int i = 0; i < 300000 || hits < 1000; i++) {
		sum += i ^ (i >> 3);
		x = x * 0.5 + 1;
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	ok(hits >= 1000 && x == 2 && sum,
	   "a storm of signals leaves the program's registers alone");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return getpid() == gettid() ? 42 : 41;
	tap_limit(100);
	queued();
	waiting();
	restarting();
	stacks();
	threads();
	group_stops();
	exec_by_thread(argv[0]);
	races();
	storm();
	return tap_done();
}
