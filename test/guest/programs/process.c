// SPDX-License-Identifier: MIT
/*
 * The life of processes: fork, vfork, clone, wait in all its forms, groups and
 * sessions, orphans, exec out of a thread, limits, priorities, timers.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t seen[65], code_of[65], overruns;

static void note(int sig, siginfo_t *info, void *uc)
{
	seen[sig]++;
	code_of[sig] = info->si_code;
	if (info->si_code == SI_TIMER)
		overruns += info->si_overrun;
}

static void catch(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
	seen[sig] = 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void nap(double s)
{
	struct timespec ts = { (time_t)s, (long)((s - (double)(time_t)s) * 1e9) };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static void test_wait(void)
{
	siginfo_t info;
	struct rusage ru;
	int status, pid;

	fails(ECHILD, wait(NULL));
	fails(ECHILD, waitid(P_ALL, 0, &info, WEXITED));
	fails(EINVAL, waitid(P_ALL, 0, &info, 0));
	fails(EINVAL, waitpid(-1, &status, 0x100));

	pid = fork();
	if (!pid)
		_exit(7);
	ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7,
	   "exit status reaches waitpid");

	pid = fork();
	if (!pid)
		for (;;)
			pause();
	ok(waitpid(pid, &status, WNOHANG) == 0, "WNOHANG with a live child: 0");
	memset(&info, 1, sizeof(info));
	ok(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0,
	   "waitid WNOHANG with a live child: si_pid 0");
	kill(pid, SIGKILL);
	ok(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_KILLED &&
		   info.si_status == SIGKILL && info.si_pid == pid && info.si_signo == SIGCHLD,
	   "waitid tells of a kill");
	ok(wait4(pid, &status, 0, &ru) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	   "WNOWAIT left the child to wait4");
	fails(ECHILD, waitpid(pid, NULL, 0));

	pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		nap(0.1);
		_exit(3);
	}
	ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP,
	   "WUNTRACED tells of a stop");
	ok(waitpid(pid, &status, WUNTRACED | WNOHANG) == 0, "a stop is told once");
	kill(pid, SIGCONT);
	ok(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status), "WCONTINUED tells of SIGCONT");
	ok(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3, "and then of the end");
}

static void test_sigchld(void)
{
	int status, pid;

	catch(SIGCHLD, 0);
	pid = fork();
	if (!pid)
		_exit(0);
	while (!seen[SIGCHLD])
		nap(0.001);
	ok(code_of[SIGCHLD] == CLD_EXITED, "SIGCHLD says CLD_EXITED");
	waitpid(pid, &status, 0);
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (!pid)
		_exit(0);
	fails(ECHILD, waitpid(pid, &status, 0));
	signal(SIGCHLD, SIG_DFL);
}

static void test_groups(void)
{
	int up[2], status, pid, mid;

	fails(EINVAL, setpgid(0, -1));
	fails(ESRCH, setpgid(99999, 0));
	fails(ESRCH, getpgid(99999));
	pid = fork();
	if (!pid) {
		int good = setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid();

		good &= setsid() == -1 && errno == EPERM;
		good &= setpgid(0, 0) == -1 && errno == EPERM;
		_exit(!good);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "setsid makes a session and a group, once");
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	ok(setpgid(pid, pid) == 0 && getpgid(pid) == pid, "setpgid of a child");
	ok(kill(-pid, SIGTERM) == 0 && waitpid(-pid, &status, 0) == pid, "kill and wait by group");
	fails(ESRCH, kill(-pid, 0));

	/* An orphan goes to the subreaper. */
	(void)!pipe(up);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	mid = fork();
	if (!mid) {
		pid = fork();
		if (!pid) {
			char c;

			close(up[1]);
			(void)!read(up[0], &c, 1);
			nap(0.02);
			_exit(getppid() == (int)syscall(SYS_getppid) ? 9 : 1);
		}
		(void)!write(up[1], "x", 1);
		_exit(0);
	}
	waitpid(mid, &status, 0);
	pid = wait(&status);
	ok(pid > 0 && WEXITSTATUS(status) == 9, "an orphan is waited for by the subreaper");
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(up[0]);
	close(up[1]);
}

/* A group that is orphaned while one of it is stopped gets SIGHUP and SIGCONT. */
static void test_orphaned_group(void)
{
	int up[2], status, pid;
	char c = 0;

	(void)!pipe(up);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (!pid) {
		setsid();
		if (!fork()) {
			setpgid(0, 0);
			catch(SIGHUP, 0);
			raise(SIGSTOP);
			c = seen[SIGHUP] ? 'h' : 'n';
			(void)!write(up[1], &c, 1);
			_exit(0);
		}
		waitpid(-1, &status, WUNTRACED);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	close(up[1]);
	ok(read(up[0], &c, 1) == 1 && c == 'h', "a stopped orphaned group gets SIGHUP and SIGCONT");
	wait(&status);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(up[0]);
}

static int shared_word;
static char stack[65536] __attribute__((aligned(16)));

static int clone_fn(void *arg)
{
	shared_word = 42;
	return 5;
}

/* In a group that was orphaned before, a child's end hangs nobody up. */
static void test_group_orphaned_before(void)
{
	int status, pid = fork();

	if (!pid) {
		int stopped;

		setsid();
		stopped = fork();
		if (!stopped)
			for (;;)
				pause();
		kill(stopped, SIGSTOP);
		waitpid(stopped, &status, WUNTRACED);
		if (!fork())
			_exit(0);
		wait(&status);
		kill(stopped, SIGKILL);
		wait(&status);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 7,
	   "a child's end does not hang up a group that was orphaned before");
}

static void test_clone(void)
{
	int status, pid, ptid = 0;

	fails(EINVAL, syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0));
	fails(EINVAL, syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0));
	fails(EINVAL, syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
	shared_word = 0;
	pid = clone(clone_fn, stack + sizeof(stack), CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD, NULL,
		    &ptid);
	ok(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 5 && shared_word == 42 && ptid == pid,
	   "CLONE_VM shares memory, CLONE_PARENT_SETTID tells the pid");
	pid = clone(clone_fn, stack + sizeof(stack), 0, NULL);
	fails(ECHILD, waitpid(pid, &status, 0));
	ok(waitpid(pid, &status, __WCLONE) == pid, "__WCLONE waits for a child without SIGCHLD");
	shared_word = 0;
	pid = vfork();
	if (!pid) {
		nap(0.02);
		shared_word = 1;
		_exit(0);
	}
	ok(shared_word == 1, "vfork returns after the child's _exit");
	waitpid(pid, &status, 0);
	struct { uint64_t flags, pidfd, ctid, ptid, sig, stack, size, tls; } ca = { .sig = SIGCHLD };
	pid = (int)syscall(SYS_clone3, &ca, sizeof(ca));
	if (!pid)
		_exit(11);
	ok(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 11, "clone3 forks");
	fails(EINVAL, syscall(SYS_clone3, &ca, 8));
}

static const char *self;

static void *exec_me(void *arg)
{
	char *argv[] = { "process", arg, NULL };

	execv(self, argv);
	_exit(99);
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void test_thread_exec(void)
{
	int status, pid = fork();

	if (!pid) {
		pthread_t t;

		for (int i = 0; i < 5; i++)
			pthread_create(&t, NULL, sleeper, NULL);
		pthread_create(&t, NULL, exec_me, "exec-child");
		sleeper(NULL);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 21,
	   "exec by a thread ends the others and keeps the pid (status %#x)", status);
	pid = fork();
	if (!pid) {
		pthread_t t;

		pthread_create(&t, NULL, exec_me, "exec-child");
		pthread_exit(NULL);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 21, "also when the leader is gone (status %#x)",
	   status);
	pid = fork();
	if (!pid) {
		pthread_t t;

		for (int i = 0; i < 5; i++)
			pthread_create(&t, NULL, sleeper, NULL);
		nap(0.01);
		exit(13);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 13, "exit takes all threads along");
}

static void test_timers(void)
{
	struct itimerval it = { { 0, 10000 }, { 0, 10000 } }, old;
	struct itimerspec its = { { 0, 5000000 }, { 0, 5000000 } }, cur;
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	double t = now();
	timer_t id;

	catch(SIGALRM, 0);
	setitimer(ITIMER_REAL, &it, NULL);
	while (seen[SIGALRM] < 5)
		pause();
	t = now() - t;
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, &old);
	ok(t > 0.045 && t < 1.5, "5 ticks of 10 ms take 50 ms (%.3f)", t);
	ok(old.it_interval.tv_usec == 10000, "setitimer tells the old interval");
	getitimer(ITIMER_REAL, &old);
	ok(!old.it_value.tv_sec && !old.it_value.tv_usec, "a stopped timer has no value");

	catch(SIGVTALRM, 0);
	it.it_value.tv_usec = 50000;
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	t = now();
	while (!seen[SIGVTALRM] && now() - t < 10)
		;
	ok(seen[SIGVTALRM] == 1, "ITIMER_VIRTUAL fires by CPU time");

	catch(SIGUSR1, 0);
	ok(timer_create(CLOCK_MONOTONIC, &ev, &id) == 0, "timer_create");
	timer_settime(id, 0, &its, NULL);
	t = now();
	while (seen[SIGUSR1] < 5 && now() - t < 5)
		pause();
	ok(seen[SIGUSR1] >= 5 && code_of[SIGUSR1] == SI_TIMER, "a POSIX timer signals with SI_TIMER");
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	nap(0.1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	ok(timer_getoverrun(id) > 5, "a blocked timer signal counts overruns (%d)", timer_getoverrun(id));
	timer_gettime(id, &cur);
	ok(cur.it_interval.tv_nsec == 5000000 && cur.it_value.tv_nsec <= 5000000, "timer_gettime");
	ok(timer_delete(id) == 0, "timer_delete");
	fails(EINVAL, timer_delete(id));
	t = now();
	nap(0.05);
	t = now() - t;
	ok(t >= 0.05 && t < 1, "nanosleep sleeps 50 ms (%.3f)", t);
	struct timespec ts = { 0, 1000000000 };
	fails(EINVAL, nanosleep(&ts, NULL));
	ts.tv_nsec = 0;
	ts.tv_sec = 1;
	ok(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == 0, "a moment in the past is no sleep");
	it.it_value.tv_usec = 20000;
	setitimer(ITIMER_REAL, &it, NULL);
	ts.tv_sec = 5;
	struct timespec left;
	ok(nanosleep(&ts, &left) == -1 && errno == EINTR && left.tv_sec == 4, "a signal interrupts nanosleep");
	fails(EINVAL, clock_gettime(77, &ts));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	ok(ts.tv_sec * 1000000000L + ts.tv_nsec > 40000000, "process CPU time counts");
	struct rusage ru;
	getrusage(RUSAGE_SELF, &ru);
	ok(ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec > 30000 && ru.ru_maxrss > 0 && ru.ru_minflt > 0,
	   "getrusage");
	struct tms tm;
	ok(times(&tm) > 0 && tm.tms_utime > 0, "times");
}

static volatile sig_atomic_t xcpu;

static void on_xcpu(int sig)
{
	(void)sig;
	xcpu++;
}

/* 0: SIGXCPU came once, and the limit is a second later now. */
static int limit_is_raised(void)
{
	struct rlimit r = { 1, 60 };

	signal(SIGXCPU, on_xcpu);
	setrlimit(RLIMIT_CPU, &r);
	while (!xcpu)
		;
	getrlimit(RLIMIT_CPU, &r);
	return !(xcpu == 1 && r.rlim_cur == 2 && r.rlim_max == 60);
}

static void test_cpu_limit(void)
{
	int status, pid = fork();

	if (!pid) {
		struct rlimit r = { 1, 2 };

		setrlimit(RLIMIT_CPU, &r);
		for (;;)
			;
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU, "RLIMIT_CPU ends a busy process");
	if (!(pid = fork()))
		_exit(limit_is_raised());
	waitpid(pid, &status, 0);
	ok(status == 0, "SIGXCPU moves RLIMIT_CPU's soft limit by a second");
}

static void test_identity(void)
{
	int status, pid = fork();

	if (!pid) {
		gid_t groups[] = { 30, 10, 20 }, got[8];
		int good = 1;

		good &= setgroups(3, groups) == 0;
		good &= getgroups(8, got) == 3 && got[0] == 10 && got[2] == 30;
		good &= setresgid(100, 100, 100) == 0;
		good &= setresuid(1000, 1000, 1000) == 0;
		good &= getuid() == 1000 && geteuid() == 1000 && getegid() == 100;
		good &= setuid(0) == -1 && errno == EPERM;
		good &= setresuid(-1, 1000, -1) == 0;
		good &= kill(1, 0) == -1 && errno == EPERM;
		good &= setpriority(PRIO_PROCESS, 0, -5) == -1 && errno == EACCES;
		_exit(!good);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "ids, groups and what they forbid");
}

static void test_scheduling(void)
{
	struct sched_param p = { 0 };
	struct timespec ts;
	cpu_set_t set;

	fails(0, setpriority(PRIO_PROCESS, 0, 5));
	ok(getpriority(PRIO_PROCESS, 0) == 5, "getpriority");
	setpriority(PRIO_PROCESS, 0, 0);
	ok(sched_getscheduler(0) == SCHED_OTHER, "SCHED_OTHER at first");
	p.sched_priority = 10;
	fails(0, sched_setscheduler(0, SCHED_FIFO, &p));
	ok(sched_getparam(0, &p) == 0 && p.sched_priority == 10, "sched_getparam");
	p.sched_priority = 0;
	fails(EINVAL, sched_setscheduler(0, SCHED_FIFO, &p));
	fails(0, sched_setscheduler(0, SCHED_OTHER, &p));
	fails(0, sched_rr_get_interval(0, &ts));
	ok(sched_get_priority_max(SCHED_RR) == 99 && sched_get_priority_min(SCHED_FIFO) == 1, "1..99");
	ok(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) >= 1, "sched_getaffinity");
	int n = CPU_COUNT(&set);
	CPU_ZERO(&set);
	CPU_SET(n - 1, &set);
	fails(0, sched_setaffinity(0, sizeof(set), &set));
	sched_yield();
	ok(sched_getcpu() == n - 1, "sched_setaffinity moves at once (%d)", sched_getcpu());
	memset(&set, 0xff, sizeof(set));
	fails(0, sched_setaffinity(0, sizeof(set), &set));
	CPU_ZERO(&set);
	fails(EINVAL, sched_setaffinity(0, sizeof(set), &set));
}

/* All harts busy for the same time: equal shares; nice 10 gets less. */
static void test_fairness(void)
{
	enum { N = 6 };
	atomic_long *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int pids[N], status;
	cpu_set_t set;
	long least = 0, most = 0;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	for (int i = 0; i < N; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			sched_setaffinity(0, sizeof(set), &set);
			if (i == N - 1)
				setpriority(PRIO_PROCESS, 0, 10);
			for (;;)
				count[i]++;
		}
	}
	nap(1.0);
	for (int i = 0; i < N; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < N; i++)
		waitpid(pids[i], &status, 0);
	for (int i = 0; i < N - 1; i++) {
		least = i && least < count[i] ? least : count[i];
		most = most > count[i] ? most : count[i];
	}
	ok(most < least * 2, "equals share a hart equally (%ld..%ld)", least, most);
	ok(count[N - 1] < least / 2 && count[N - 1] > 0, "nice 10 gets less (%ld)", (long)count[N - 1]);
}

static long futex(int *word, int op, int val, const struct timespec *ts, int *word2, int val3)
{
	return syscall(SYS_futex, word, op, val, ts, word2, val3);
}

static int word, word2;

static void *waits(void *arg)
{
	while (word == 0)
		futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

static void *requeued(void *arg)
{
	return (void *)futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void test_futex(void)
{
	struct timespec ts = { 0, 20000000 };
	pthread_t t[4];
	double t0 = now();
	long n;

	fails(EAGAIN, futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
	fails(ETIMEDOUT, futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0));
	ok(now() - t0 >= 0.02, "after the time given");
	fails(EINVAL, futex((int *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0));
	fails(EFAULT, futex((int *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
	fails(EINVAL, futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
	fails(ENOSYS, futex(&word, 99, 0, NULL, NULL, 0));
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, waits, NULL);
	nap(0.02);
	word = 1;
	futex(&word, FUTEX_WAKE_PRIVATE, 4, NULL, NULL, 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ok(1, "four waiters woke");
	word = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, requeued, NULL);
	nap(0.05);
	n = futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)2L, &word2, 0);
	ok(n == 3, "one woken and two moved (%ld)", n);
	fails(EAGAIN, futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)2L, &word2, 5));
	ok(futex(&word2, FUTEX_WAKE, 9, NULL, NULL, 0) == 2, "the two wake from there");
	word2 = 5;
	n = futex(&word, FUTEX_WAKE_OP, 1, (void *)1L, &word2,
		  FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 5));
	ok(n == 1 && word2 == 6, "FUTEX_WAKE_OP adds, compares and wakes (%ld, %d)", n, word2);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);

	/* Between processes, through a shared page. */
	int *sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status;
	int pid = fork();
	if (!pid) {
		while (*sh == 0)
			futex(sh, FUTEX_WAIT, 0, NULL, NULL, 0);
		_exit(0);
	}
	nap(0.02);
	*sh = 1;
	n = futex(sh, FUTEX_WAKE, 1, NULL, NULL, 0);
	waitpid(pid, &status, 0);
	ok(n == 1 && status == 0, "a shared futex wakes another process");
	pthread_mutexattr_t ma;
	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
	pthread_mutex_t *m = (void *)(sh + 64);
	pthread_mutex_init(m, &ma);
	pid = fork();
	if (!pid) {
		pthread_mutex_lock(m);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(pthread_mutex_lock(m) == EOWNERDEAD, "a robust mutex tells that its owner died");
}

static void test_pipe_switch(void)
{
	int a[2], b[2], status;
	char c = 0;

	(void)!pipe(a);
	(void)!pipe(b);
	int pid = fork();
	if (!pid) {
		for (int i = 0; i < 2000; i++)
			if (read(a[0], &c, 1) != 1 || write(b[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 2000; i++)
		if (write(a[1], &c, 1) != 1 || read(b[0], &c, 1) != 1)
			break;
	waitpid(pid, &status, 0);
	ok(status == 0, "2000 round trips through two pipes");
}

static void test_many(void)
{
	int good = 1, status;

	for (int i = 0; i < 200; i++) {
		int pid = fork();

		if (!pid)
			_exit(i & 0x7f);
		good &= waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == (i & 0x7f);
	}
	ok(good, "200 children one after the other");
	for (int i = 0; i < 100; i++)
		if (!fork())
			_exit(0);
	int n = 0;
	while (wait(&status) > 0)
		n++;
	ok(n == 100, "100 children at once (%d)", n);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return getpid() == (int)syscall(SYS_gettid) ? 21 : 22;
	setvbuf(stdout, NULL, _IONBF, 0);
	test_wait();
	test_sigchld();
	test_groups();
	test_orphaned_group();
	test_group_orphaned_before();
	test_clone();
	self = argv[0];
	test_thread_exec();
	test_futex();
	test_identity();
	test_scheduling();
	test_pipe_switch();
	test_many();
	test_timers();
	test_fairness();
	test_cpu_limit();
	return tap_done();
}
