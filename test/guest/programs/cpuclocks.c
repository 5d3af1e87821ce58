// SPDX-License-Identifier: MIT
/*
 * Timers and sleeps on CPU-time clocks: whose time, who is told, and when the measured is gone.
 *
 * Claims are about CPU time only.  burn() uses some of this thread's; how long that takes is the
 * machine's affair.  A machine that stood still makes CPU time leap: what is compared is read
 * before and after.  The system calls are made directly: the library has opinions of its own.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define MS 1000000L

enum { PROF, VIRT, SCHED, FD };
#define PROCESS(pid, which)     ((int)(~(unsigned int)(pid) << 3 | (which)))
#define THREAD(tid, which)      (PROCESS(tid, which) | 4)
#define NOBODY  4194300         /* above every pid */
#define BAD     ((void *)-1L)

#define create(clock, ev, id)           syscall(SYS_timer_create, clock, ev, id)
#define settime(id, flags, new, old)    syscall(SYS_timer_settime, id, flags, new, old)
#define gettime(id, cur)                syscall(SYS_timer_gettime, id, cur)
#define overrun(id)                     syscall(SYS_timer_getoverrun, id)
#define delete(id)                      syscall(SYS_timer_delete, id)
#define nsleep(clock, flags, ts, left)  syscall(SYS_clock_nanosleep, clock, flags, ts, left)

static int now_tid(void)
{
	return (int)syscall(SYS_gettid);
}

static long clock_now(int clock)
{
	struct timespec ts = { -1, 0 };

	syscall(SYS_clock_gettime, clock, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static void burn(long ns)
{
	long end = clock_now(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (clock_now(CLOCK_THREAD_CPUTIME_ID) < end)
		for (volatile int i = 0; i < 10000; i++)
			;
}

static struct timespec ts_of(long ns)
{
	return (struct timespec){ ns / (1000 * MS), ns % (1000 * MS) };
}

static long set(int id, int flags, long value, long interval)
{
	struct itimerspec it = { ts_of(interval), ts_of(value) };

	return settime(id, flags, &it, NULL);
}

static long left(int id, long *interval)
{
	struct itimerspec it = { { 7, 7 }, { 7, 7 } };

	if (gettime(id, &it))
		return -errno;
	if (interval)
		*interval = it.it_interval.tv_sec * 1000 * MS + it.it_interval.tv_nsec;
	return it.it_value.tv_sec * 1000 * MS + it.it_value.tv_nsec;
}

/* A timer of @clock, by SIGUSR1 to @tid (0: the process; -1: to nobody); -1: errno. */
static int timer_on(int clock, int tid)
{
	struct sigevent ev = { .sigev_notify = tid < 0 ? SIGEV_NONE : tid ? 4 : SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1 };
	int id = -1;

	((int *)&ev)[4] = tid;          /* sigev_notify_thread_id */
	return create(clock, &ev, &id) ? -1 : id;
}

/* A SIGUSR1 that waits for us, taken; -1: none. */
static int taken(siginfo_t *info)
{
	struct timespec none = { 0, 0 };
	siginfo_t other;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigtimedwait(&set, info ? info : &other, &none);
}

/* Use time until the signal is there; not for ever. */
static int burn_until_taken(void)
{
	long end = clock_now(CLOCK_THREAD_CPUTIME_ID) + 20000 * MS;

	while (clock_now(CLOCK_THREAD_CPUTIME_ID) < end) {
		burn(MS);
		if (taken(NULL) == SIGUSR1)
			return 1;
	}
	return 0;
}

/* Set @id to 10 s and let @use() go by: is what is left 10 s less what @clock went on? */
static int measures(int id, int clock, void (*use)(long), long ns)
{
	long t[4], rest;

	t[0] = clock_now(clock);
	set(id, 0, 10000 * MS, 0);
	t[1] = clock_now(clock);
	use(ns);
	t[2] = clock_now(clock);
	rest = left(id, NULL);
	t[3] = clock_now(clock);
	printf("# %ld left, %ld used\n", rest, t[3] - t[0]);
	return rest <= 10000 * MS - (t[2] - t[1]) && rest >= 10000 * MS - (t[3] - t[0]);
}

/* ------------------------------------------------ a thread that does as it is told */

static pthread_barrier_t told, done;
static struct worker {
	pthread_t thread;
	int tid;
	long work;              /* ns to burn; 0: look for the signal; -1: end */
	int signal;
} worker;

static void *work(void *arg)
{
	struct worker *w = arg;

	w->tid = now_tid();
	pthread_barrier_wait(&done);
	for (;;) {
		pthread_barrier_wait(&told);
		if (w->work < 0)
			return NULL;
		if (w->work)
			burn(w->work);
		else
			w->signal = taken(NULL);
		pthread_barrier_wait(&done);
	}
}

static void worker_start(void)
{
	pthread_barrier_init(&told, NULL, 2);
	pthread_barrier_init(&done, NULL, 2);
	pthread_create(&worker.thread, NULL, work, &worker);
	pthread_barrier_wait(&done);
}

static void worker_does(long ns)
{
	worker.work = ns;
	pthread_barrier_wait(&told);
	pthread_barrier_wait(&done);
}

static int worker_has_signal(void)
{
	worker_does(0);
	return worker.signal == SIGUSR1;
}

/* Until the kernel knows it no more. */
static void worker_ends(void)
{
	worker.work = -1;
	pthread_barrier_wait(&told);
	pthread_join(worker.thread, NULL);
	while (!syscall(SYS_tgkill, getpid(), worker.tid, 0))
		sched_yield();
}

/* A child that burns CPU for ever, or waits. */
static pid_t child(int busy)
{
	pid_t pid = fork();

	while (!pid) {
		if (!busy)
			pause();
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* ------------------------------------------------ whose time, who is told */

static void test_whose(void)
{
	int id;

	worker_start();
	id = timer_on(CLOCK_THREAD_CPUTIME_ID, worker.tid);
	ok(id >= 0, "a timer of our CPU time that tells another thread");
	ok(measures(id, CLOCK_THREAD_CPUTIME_ID, worker_does, 300 * MS),
	   "it does not count that thread's time");
	ok(measures(id, CLOCK_THREAD_CPUTIME_ID, burn, 100 * MS), "it counts ours");
	set(id, 0, 100 * MS, 0);
	burn(150 * MS);
	ok(left(id, NULL) == 0, "our own expires it");
	ok(worker_has_signal(), "the other thread is told");
	ok(taken(NULL) == -1, "and not we");
	delete(id);

	id = timer_on(THREAD(worker.tid, SCHED), now_tid());
	ok(id >= 0, "a timer of another thread's CPU time that tells us");
	ok(measures(id, THREAD(worker.tid, SCHED), burn, 300 * MS), "it does not count ours");
	ok(measures(id, THREAD(worker.tid, SCHED), worker_does, 100 * MS), "it counts that thread's");
	set(id, 0, 100 * MS, 0);
	worker_does(150 * MS);
	ok(left(id, NULL) == 0 && taken(NULL) == SIGUSR1, "that thread's expires it");
	delete(id);

	id = timer_on(PROCESS(getpid(), SCHED), 0);
	ok(id >= 0, "a timer of our process by its number");
	ok(measures(id, CLOCK_PROCESS_CPUTIME_ID, worker_does, 100 * MS), "it counts all of it");
	set(id, 0, 200 * MS, 0);
	worker_does(120 * MS);
	burn(120 * MS);
	ok(left(id, NULL) == 0 && taken(NULL) == SIGUSR1, "both threads' time counts");
	delete(id);

	fails(EINVAL, create(PROCESS(worker.tid, SCHED), NULL, &id));
	worker_ends();
}

static void test_ids(void)
{
	static const struct { int clock; const char *name; } good[] = {
		{ CLOCK_PROCESS_CPUTIME_ID, "CLOCK_PROCESS_CPUTIME_ID" },
		{ CLOCK_THREAD_CPUTIME_ID, "CLOCK_THREAD_CPUTIME_ID" },
		{ PROCESS(0, SCHED), "process 0" }, { THREAD(0, SCHED), "thread 0" },
		{ PROCESS(0, PROF), "process 0, user and system" },
		{ PROCESS(0, VIRT), "process 0, user" },
		{ THREAD(0, PROF), "thread 0, user and system" },
		{ THREAD(0, VIRT), "thread 0, user" },
	};
	struct timespec ts;
	int id;
	pid_t pid;

	for (unsigned int i = 0; i < sizeof(good) / sizeof(*good); i++) {
		id = timer_on(good[i].clock, 0);
		set(id, 0, 30 * MS, 0);
		ok(burn_until_taken(), "a timer of %s expires", good[i].name);
		delete(id);
	}
	pid = child(0);
	id = -77;
	fails(EINVAL, create(THREAD(pid, SCHED), NULL, &id));
	ok(id != -77, "the number is written before that is seen");
	end(pid);
	fails(EINVAL, create(PROCESS(pid, SCHED), NULL, &id));
	fails(EINVAL, create(PROCESS(NOBODY, SCHED), NULL, &id));
	fails(EINVAL, create(THREAD(NOBODY, SCHED), NULL, &id));
	fails(EINVAL, create(THREAD(0, FD), NULL, &id));
	fails(EINVAL, create(THREAD(getpid(), FD), NULL, &id));
	fails(EOPNOTSUPP, create(PROCESS(0, FD), NULL, &id));
	fails(EOPNOTSUPP, create(CLOCK_MONOTONIC_RAW, NULL, &id));
	fails(EOPNOTSUPP, create(CLOCK_MONOTONIC_COARSE, NULL, &id));
	fails(EOPNOTSUPP, create(CLOCK_REALTIME_COARSE, NULL, &id));
	fails(EINVAL, create(10, NULL, &id));
	fails(EINVAL, create(77, NULL, BAD));
	fails(EFAULT, create(PROCESS(0, SCHED), NULL, BAD));
	fails(EFAULT, create(PROCESS(NOBODY, SCHED), NULL, BAD));
	fails(EFAULT, create(PROCESS(NOBODY, SCHED), BAD, &id));
	fails(EINVAL, syscall(SYS_clock_gettime, PROCESS(0, FD), &ts));
	fails(EINVAL, syscall(SYS_clock_gettime, THREAD(0, FD), &ts));
	fails(0, syscall(SYS_clock_gettime, PROCESS(0, VIRT), &ts));
	ok(clock_now(PROCESS(0, VIRT)) <= clock_now(PROCESS(0, PROF)), "user time is part of all");
}

/* ------------------------------------------------ who is gone */

static void gone(int id, const char *who)
{
	struct itimerspec it = { { 0, MS }, { 0, MS } }, old = { { 7, 7 }, { 7, 7 } };
	long interval = -1, rest = left(id, &interval);

	ok(rest == 0 && interval == 0, "%s: nothing is left, nothing is set (%ld %ld)", who, rest,
	   interval);
	fails(ESRCH, settime(id, 0, &it, &old));
	ok(old.it_value.tv_sec == 7, "%s: the old setting is not told", who);
	fails(ESRCH, set(id, 0, 0, 0));
	ok(overrun(id) == 0, "%s: no overruns", who);
	ok(taken(NULL) == -1, "%s: no signal", who);
	fails(0, delete(id));
	fails(EINVAL, delete(id));
}

static void test_gone(void)
{
	long interval = -1, rest;
	siginfo_t info;
	int id, idle;
	pid_t pid;

	worker_start();
	id = timer_on(THREAD(worker.tid, SCHED), 0);
	idle = timer_on(THREAD(worker.tid, SCHED), -1);
	set(id, 0, 1000 * MS, 100 * MS);
	worker_does(10 * MS);
	worker_ends();
	gone(id, "a thread that ended");
	gone(idle, "a thread that ended, its timer not set");

	pid = child(1);
	id = timer_on(PROCESS(pid, SCHED), 0);
	ok(id >= 0, "a timer of another process' CPU time");
	set(id, 0, 50 * MS, 0);
	while (clock_now(PROCESS(pid, SCHED)) < 200 * MS)
		usleep(1000);
	ok(left(id, NULL) == 0 && taken(&info) == SIGUSR1 && info.si_code == SI_TIMER,
	   "that process' time expires it");
	set(id, 0, 1000000 * MS, 20 * MS);
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	rest = left(id, &interval);
	ok(rest > 0 && interval == 20 * MS, "a zombie still has its time (%ld)", rest);
	fails(0, set(id, 0, 1000000 * MS, 0));
	end(pid);
	gone(id, "a process that was waited for");

	/* Many, so that what is lost shows. */
	for (int i = 0; i < 300; i++) {
		worker_start();
		id = timer_on(THREAD(worker.tid, SCHED), i % 3 ? worker.tid : 0);
		set(id, 0, i % 2 ? MS : 1000 * MS, MS);
		if (i % 4 == 0)
			delete(id);
		worker_ends();
		if (i % 4)
			delete(id);
	}
	while (taken(NULL) == SIGUSR1)
		;
	ok(1, "300 measured threads come and go");

	/* Owner and measured end in either order, at once, with the tick at work. */
	for (int i = 0; i < 30; i++) {
		pid_t busy = child(1), owner = fork();

		if (!owner) {
			sigset_t set_;

			for (int n = 0; n < 8; n++)
				if (set(timer_on(PROCESS(busy, SCHED), 0), 0, MS, MS))
					_exit(1);       /* or we wait for ever */
			sigemptyset(&set_);
			sigaddset(&set_, SIGUSR1);
			for (int n = 0; n < 3; n++)
				sigwaitinfo(&set_, NULL);
			_exit(0);
		}
		if (i % 2)
			waitpid(owner, NULL, 0);
		else
			usleep(20000);
		end(i % 2 ? busy : owner);
		end(i % 2 ? owner : busy);
	}
	ok(1, "30 owners and measured processes end in either order");
}

/* An exec by a thread that is not the first: its process goes on under the same number. */
static void *exec_again(void *arg)
{
	execl("/proc/self/exe", "cpuclocks", "burn", NULL);
	_exit(1);
}

static void test_exec(void)
{
	pid_t pid = fork();
	int id;

	if (!pid) {
		pthread_t t;

		pthread_create(&t, NULL, exec_again, NULL);
		for (;;)
			pause();
	}
	id = timer_on(PROCESS(pid, SCHED), 0);
	set(id, 0, 100 * MS, 0);
	while (clock_now(PROCESS(pid, SCHED)) < 300 * MS)
		usleep(1000);
	ok(left(id, NULL) == 0 && taken(NULL) == SIGUSR1,
	   "a process is measured on when a thread of it has executed a program");
	end(pid);
	delete(id);
}

/* ------------------------------------------------ values */

/* Not set any more, and told of nothing. */
static void quiet(int id)
{
	set(id, 0, 0, 0);
	while (taken(NULL) == SIGUSR1)
		;
}

static void test_values(void)
{
	struct itimerspec it, old;
	siginfo_t info;
	long interval, rest, before, n;
	int id = timer_on(CLOCK_THREAD_CPUTIME_ID, 0);

	ok(left(id, &interval) == 0 && interval == 0, "a new timer is not set");
	set(id, 0, 0, 5 * MS);
	ok(left(id, &interval) == 0 && interval == 0, "an interval without a value is none");
	ok(measures(id, CLOCK_THREAD_CPUTIME_ID, burn, 50 * MS), "what is left shrinks as time is used");
	it = (struct itimerspec){ { 0, 0 }, { 0, 0 } };
	settime(id, 0, &it, &old);
	ok(old.it_value.tv_sec > 4 && old.it_value.tv_sec < 10 && left(id, NULL) == 0,
	   "settime tells it and stops the timer");

	set(id, TIMER_ABSTIME, clock_now(CLOCK_THREAD_CPUTIME_ID) + 10000 * MS, 0);
	rest = left(id, NULL);
	ok(rest > 5000 * MS && rest <= 10000 * MS, "a moment of the clock (%ld)", rest);
	set(id, TIMER_ABSTIME, 1, 0);
	ok(taken(&info) == SIGUSR1 && info.si_overrun == 0, "one that is past expires at once");
	ok(left(id, NULL) == 0, "and once");
	set(id, TIMER_ABSTIME, clock_now(CLOCK_THREAD_CPUTIME_ID) - 50 * MS, 5 * MS);
	ok(taken(&info) == SIGUSR1 && info.si_overrun >= 10 && info.si_overrun < 1000,
	   "with what was missed since (%d)", info.si_overrun);
	rest = left(id, &interval);
	ok(rest > 0 && rest <= 5 * MS && interval == 5 * MS, "and goes on (%ld)", rest);

	quiet(id);
	before = clock_now(CLOCK_THREAD_CPUTIME_ID);
	set(id, 0, 10 * MS, 10 * MS);
	burn(400 * MS);
	left(id, NULL);
	ok(taken(&info) == SIGUSR1, "expiries of an interval make one signal");
	n = (clock_now(CLOCK_THREAD_CPUTIME_ID) - before) / (10 * MS) - 1;
	ok(info.si_overrun <= n && info.si_overrun >= n - 5, "the rest is counted (%d of %ld)",
	   info.si_overrun, n);
	ok(overrun(id) == info.si_overrun, "timer_getoverrun tells the same");

	quiet(id);
	before = clock_now(CLOCK_THREAD_CPUTIME_ID);
	set(id, 0, MS, MS);
	burn(400 * MS);
	left(id, NULL);
	taken(&info);
	n = (clock_now(CLOCK_THREAD_CPUTIME_ID) - before) / MS - 1;
	ok(info.si_overrun <= n && info.si_overrun >= n - 20,
	   "also those between two ticks (%d of %ld)", info.si_overrun, n);
	quiet(id);
	ok(overrun(id) == 0, "settime forgets them");
	delete(id);

	id = timer_on(CLOCK_THREAD_CPUTIME_ID, -1);
	set(id, 0, 20 * MS, 0);
	burn(60 * MS);
	ok(left(id, NULL) == 0, "SIGEV_NONE: nothing is left of one that expired");
	set(id, TIMER_ABSTIME, 1, 0);
	ok(left(id, NULL) == 0, "nor of one in the past");
	set(id, 0, 20 * MS, 20 * MS);
	burn(50 * MS);
	rest = left(id, NULL);
	ok(rest > 0 && rest <= 20 * MS, "with an interval there is a next time (%ld)", rest);
	ok(taken(NULL) == -1, "nobody is told");
	delete(id);
}

/* ------------------------------------------------ sleeping */

static void nothing(int sig)
{
}

static void *use_time(void *arg)
{
	while (__atomic_load_n((int *)arg, __ATOMIC_RELAXED) == 0)
		;
	return NULL;
}

static struct { pthread_t who, by; int enough; } soon;

/* Again and again: the first may come before it sleeps. */
static void *interrupt(void *arg)
{
	while (!__atomic_load_n(&soon.enough, __ATOMIC_RELAXED)) {
		burn(50 * MS);
		pthread_kill(soon.who, SIGUSR2);
	}
	return NULL;
}

static int interrupted_sleep(int flags, const struct timespec *ts, struct timespec *rest)
{
	int ret, err;

	soon.who = pthread_self();
	soon.enough = 0;
	pthread_create(&soon.by, NULL, interrupt, NULL);
	ret = (int)nsleep(CLOCK_PROCESS_CPUTIME_ID, flags, ts, rest);
	err = errno;
	__atomic_store_n(&soon.enough, 1, __ATOMIC_RELAXED);
	pthread_join(soon.by, NULL);
	errno = err;
	return ret;
}

static void test_sleep(void)
{
	struct timespec ts = { 0, 50 * MS }, bad = { 0, 1000 * MS }, past = { 0, 1 };
	struct timespec rest = { 7, 7 };
	struct sigaction sa = { .sa_handler = nothing };
	int stop = 0, me = now_tid();
	pthread_t t;
	pid_t pid;
	long start;

	fails(EINVAL, nsleep(77, 0, BAD, NULL));
	fails(EINVAL, nsleep(10, 0, BAD, NULL));
	fails(EOPNOTSUPP, nsleep(CLOCK_THREAD_CPUTIME_ID, 0, BAD, NULL));
	fails(EOPNOTSUPP, nsleep(CLOCK_MONOTONIC_RAW, 0, BAD, NULL));
	fails(EOPNOTSUPP, nsleep(PROCESS(0, FD), 0, BAD, NULL));
	fails(EFAULT, nsleep(PROCESS(NOBODY, SCHED), 0, BAD, NULL));
	fails(EINVAL, nsleep(PROCESS(NOBODY, SCHED), 0, &ts, NULL));
	fails(EFAULT, nsleep(THREAD(0, SCHED), 0, BAD, NULL));
	fails(EINVAL, nsleep(THREAD(0, SCHED), 0, &ts, NULL));
	fails(EINVAL, nsleep(THREAD(me, SCHED), 0, &ts, NULL));
	fails(EINVAL, nsleep(THREAD(0, FD), 0, &ts, NULL));
	fails(EFAULT, nsleep(THREAD(0, FD), 0, BAD, NULL));
	fails(EINVAL, nsleep(CLOCK_PROCESS_CPUTIME_ID, 0, &bad, NULL));
	fails(0, nsleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &past, NULL));

	worker_start();
	fails(EINVAL, nsleep(PROCESS(worker.tid, SCHED), 0, &ts, NULL));
	pthread_create(&t, NULL, use_time, &stop);
	start = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	fails(0, nsleep(CLOCK_PROCESS_CPUTIME_ID, 0, &ts, NULL));
	ok(clock_now(CLOCK_PROCESS_CPUTIME_ID) - start >= 50 * MS, "a sleep by our process' time");
	stop = 1;
	pthread_join(t, NULL);

	worker.work = 200 * MS;
	start = clock_now(THREAD(worker.tid, SCHED));
	pthread_barrier_wait(&told);
	fails(0, nsleep(THREAD(worker.tid, SCHED), 0, &ts, NULL));
	ok(clock_now(THREAD(worker.tid, SCHED)) - start >= 50 * MS, "by another thread's");
	pthread_barrier_wait(&done);
	worker_ends();

	pid = child(1);
	start = clock_now(PROCESS(pid, SCHED));
	fails(0, nsleep(PROCESS(pid, SCHED), 0, &ts, NULL));
	ok(clock_now(PROCESS(pid, SCHED)) - start >= 50 * MS, "by another process'");
	end(pid);

	sigaction(SIGUSR2, &sa, NULL);
	ts = ts_of(1000000 * MS);
	fails(EINTR, interrupted_sleep(0, &ts, &rest));
	ok(rest.tv_sec > 900 && rest.tv_sec < 1000, "a signal ends it, and what is left is told (%ld)",
	   (long)rest.tv_sec);
	rest = (struct timespec){ 7, 7 };
	fails(EINTR, interrupted_sleep(TIMER_ABSTIME, &ts, &rest));
	ok(rest.tv_sec == 7, "not that of a moment");
	fails(EFAULT, interrupted_sleep(0, &ts, BAD));
}

int main(int argc, char **argv)
{
	sigset_t set_;
	int rounds = argc > 1 ? atoi(argv[1]) : 1;

	if (argc > 1 && !strcmp(argv[1], "burn"))
		for (;;)
			;
	sigemptyset(&set_);
	sigaddset(&set_, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set_, NULL);
	while (rounds-- > 0) {
		test_whose();
		test_ids();
		test_values();
		test_sleep();
		test_gone();
		test_exec();
	}
	return tap_done();
}
