// SPDX-License-Identifier: MIT
/*
 * futex(2) beyond wait and wake: many words at once, the newer calls, locks
 * with priority inheritance, their owners' death, and condition variables with them.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define LOCK_PI2 13
#define U32 2
#define PRIV 128

struct waitv {
	uint64_t val, addr;
	uint32_t flags, reserved;
};

static long futex(void *a, int op, uint32_t v, const struct timespec *ts, void *b, uint32_t v3)
{
	return syscall(SYS_futex, a, op, v, ts, b, v3);
}

static long waitv(void *w, unsigned int n, unsigned int flags, struct timespec *ts, int clock)
{
	return syscall(449, w, n, flags, ts, clock);
}

static long wake2(void *a, unsigned long mask, int n, unsigned int flags)
{
	return syscall(454, a, mask, n, flags);
}

static long wait2(void *a, unsigned long v, unsigned long mask, unsigned int flags, struct timespec *ts, int clock)
{
	return syscall(455, a, v, mask, flags, ts, clock);
}

static long requeue2(void *w, unsigned int flags, int nw, int nr)
{
	return syscall(456, w, flags, nw, nr);
}

static int gettid_(void)
{
	return (int)syscall(SYS_gettid);
}

static void nap(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static struct timespec in_ms(int clock, int ms)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += (long)ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

/* ------------------------------------------------ many words, newer calls */

static _Atomic uint32_t words[8];
static _Atomic int result = -99;

static void *wait_for_any(void *arg)
{
	struct waitv w[8];

	for (int i = 0; i < 8; i++)
		w[i] = (struct waitv){ 0, (uintptr_t)&words[i], U32 | PRIV, 0 };
	result = (int)waitv(w, 8, 0, NULL, 0);
	return NULL;
}

static void test_waitv(void)
{
	struct waitv w[2] = { { 0, (uintptr_t)&words[0], U32 | PRIV, 0 }, { 0, (uintptr_t)&words[1], U32 | PRIV, 0 } };
	struct timespec ts = in_ms(CLOCK_MONOTONIC, 30);
	pthread_t th;

	fails(EINVAL, waitv(w, 0, 0, NULL, 0));
	fails(EINVAL, waitv(w, 129, 0, NULL, 0));
	fails(EINVAL, waitv(w, 2, 1, NULL, 0));
	fails(EINVAL, waitv(NULL, 2, 0, NULL, 0));
	fails(EFAULT, waitv((void *)8, 2, 0, NULL, 0));
	fails(EINVAL, waitv(w, 2, 0, &ts, CLOCK_BOOTTIME));
	fails(ETIMEDOUT, waitv(w, 2, 0, &ts, CLOCK_MONOTONIC));
	ts = in_ms(CLOCK_REALTIME, 30);
	fails(ETIMEDOUT, waitv(w, 2, 0, &ts, CLOCK_REALTIME));
	w[1].val = 1;
	fails(EAGAIN, waitv(w, 2, 0, NULL, 0));
	w[1].val = 0;
	w[1].reserved = 1;
	fails(EINVAL, waitv(w, 2, 0, NULL, 0));
	w[1].reserved = 0;
	w[1].flags = 1;
	fails(EINVAL, waitv(w, 2, 0, NULL, 0));
	w[1].flags = U32 | 4;
	fails(EINVAL, waitv(w, 2, 0, NULL, 0));
	w[1].flags = U32;
	w[1].addr += 2;
	fails(EINVAL, waitv(w, 2, 0, NULL, 0));

	int good = 1;
	for (int i = 0; i < 8; i++) {
		result = -99;
		pthread_create(&th, NULL, wait_for_any, NULL);
		while (futex(&words[i], FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0) != 1)
			nap(1);
		pthread_join(th, NULL);
		good &= result == i;
	}
	ok(good, "futex_waitv says which of the words was woken");
}

static void *wait_bit(void *arg)
{
	result = (int)wait2(&words[0], 0, 4, U32 | PRIV, NULL, 0);
	return NULL;
}

static void test_futex2(void)
{
	struct timespec ts = in_ms(CLOCK_MONOTONIC, 30);
	struct waitv w[2] = { { 0, (uintptr_t)&words[0], U32 | PRIV, 0 }, { 0, (uintptr_t)&words[1], U32 | PRIV, 0 } };
	pthread_t th;

	fails(EINVAL, wait2(&words[0], 0, 1, 0, NULL, 0));
	fails(EINVAL, wait2(&words[0], 0, 0, U32, NULL, 0));
	fails(EINVAL, wait2(&words[0], 1UL << 32, 1, U32, NULL, 0));
	fails(EINVAL, wait2(&words[0], 0, 1UL << 32, U32, NULL, 0));
	fails(EAGAIN, wait2(&words[0], 7, 1, U32, NULL, 0));
	fails(ETIMEDOUT, wait2(&words[0], 0, 1, U32, &ts, CLOCK_MONOTONIC));
	fails(EINVAL, wait2(&words[0], 0, 1, U32, &ts, 2));
	fails(EINVAL, wake2(&words[0], 1, 1, 0));
	fails(EINVAL, wake2(&words[0], 0, 1, U32));
	ok(wake2(&words[0], 1, 0, U32 | PRIV) == 0, "futex_wake of nobody wakes nobody");
	fails(EINVAL, requeue2(w, 1, 1, 1));
	fails(EINVAL, requeue2(NULL, 0, 1, 1));
	w[0].val = 5;
	fails(EAGAIN, requeue2(w, 0, 1, 1));
	w[0].val = 0;

	result = -99;
	pthread_create(&th, NULL, wait_bit, NULL);
	nap(50);
	ok(wake2(&words[0], 3, 9, U32 | PRIV) == 0, "other bits wake nobody");
	ok(requeue2(w, 0, 0, 9) == 1, "futex_requeue moves the waiter");
	ok(wake2(&words[0], ~0U, 9, U32 | PRIV) == 0 && wake2(&words[1], 4, 9, U32 | PRIV) == 1,
	   "it is woken where it was moved to, by its bit");
	pthread_join(th, NULL);
	ok(result == 0, "and its futex_wait succeeds");
	ts = in_ms(CLOCK_REALTIME, 10);
	fails(ENOSYS, futex(&words[0], FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 0));
	fails(ENOSYS, futex(&words[0], 14, 0, NULL, NULL, 0));
}

/* ------------------------------------------------ priority inheritance */

static _Atomic uint32_t pi, pi2;

static void test_pi_errors(void)
{
	struct timespec ts = { 0, 0 };
	uint32_t me = (uint32_t)gettid_();
	int status;

	pi = 0;
	fails(0, futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	ok(pi == me, "a lock's word is its owner's number");
	fails(EDEADLK, futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	fails(EDEADLK, futex(&pi, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	fails(0, futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	ok(pi == 0, "unlocked: 0");
	fails(EPERM, futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	fails(0, futex(&pi, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	fails(0, futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	pi = 0x3ffffff0;
	fails(ESRCH, futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	pi = 0;
	fails(EINVAL, futex((char *)&pi + 1, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	fails(EFAULT, futex((void *)8, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	pi = 0x40000000;
	fails(0, futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	ok(pi == (me | 0x40000000), "that an owner died stays known");
	fails(0, futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	pid_t pid = fork();
	if (!pid)
		pause();
	pi = (uint32_t)pid;
	ts = in_ms(CLOCK_REALTIME, 30);
	fails(ETIMEDOUT, futex(&pi, FUTEX_LOCK_PI, 0, &ts, NULL, 0));
	ok(pi == ((uint32_t)pid | FUTEX_WAITERS), "it has been waited for");
	ts = in_ms(CLOCK_MONOTONIC, 30);
	fails(ETIMEDOUT, futex(&pi, LOCK_PI2, 0, &ts, NULL, 0));
	ts = in_ms(CLOCK_REALTIME, 30);
	fails(ETIMEDOUT, futex(&pi, LOCK_PI2 | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 0));
	fails(ENOSYS, futex(&pi, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 0));
	fails(EAGAIN, futex(&pi, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	fails(EPERM, futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static pthread_mutex_t pi_mutex, pi_robust;
static long counter;

static void make_mutexes(void)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&pi_mutex, &a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&pi_robust, &a);
}

static void *count(void *arg)
{
	for (int i = 0; i < 400; i++) {
		pthread_mutex_lock(&pi_mutex);
		counter++;
		if (i % 64 == 0)
			sched_yield();
		pthread_mutex_unlock(&pi_mutex);
	}
	return NULL;
}

static void *die_holding(void *arg)
{
	pthread_mutex_lock(&pi_robust);
	nap(*(int *)arg);
	return NULL;
}

static void test_pi_mutex(void)
{
	pthread_t th[8];
	int fast = 0, slow = 100, ret;

	for (int i = 0; i < 8; i++)
		pthread_create(&th[i], NULL, count, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(th[i], NULL);
	ok(counter == 3200, "eight threads count under one lock: %ld", counter);

	pthread_create(&th[0], NULL, die_holding, &fast);
	pthread_join(th[0], NULL);
	ret = pthread_mutex_lock(&pi_robust);
	ok(ret == EOWNERDEAD, "a robust lock whose owner has died says so: %s", strerror(ret));
	pthread_mutex_consistent(&pi_robust);
	pthread_mutex_unlock(&pi_robust);
	pthread_create(&th[0], NULL, die_holding, &slow);
	nap(30);
	ret = pthread_mutex_lock(&pi_robust);
	ok(ret == EOWNERDEAD, "and to one who waits when it dies: %s", strerror(ret));
	pthread_join(th[0], NULL);
	pthread_mutex_consistent(&pi_robust);
	ok(pthread_mutex_unlock(&pi_robust) == 0 && pthread_mutex_lock(&pi_robust) == 0, "mended, it is a lock again");
	pthread_mutex_unlock(&pi_robust);
}

static void *hold_and_want(void *arg)
{
	futex(&pi2, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	nap(50);
	result = futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0) ? errno : 0;
	if (!result)
		futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	futex(&pi2, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return NULL;
}

static void *die_raw(void *arg)
{
	futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	nap(100);
	return NULL;
}

static void test_chains(void)
{
	pthread_t th;

	pi = pi2 = 0;
	futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	pthread_create(&th, NULL, hold_and_want, NULL);
	nap(150);
	fails(EDEADLK, futex(&pi2, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	pthread_join(th, NULL);
	ok(result == 0 && pi == 0, "two threads, two locks, each wants the other's: one hears of it");

	pthread_create(&th, NULL, die_raw, NULL);
	nap(30);
	fails(0, futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	ok((pi & FUTEX_TID_MASK) == (uint32_t)gettid_() && (pi & FUTEX_OWNER_DIED),
	   "an owner outside any robust list that ends hands its lock over");
	pthread_join(th, NULL);
	fails(0, futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

static _Atomic int mid_runs, high_done;

static void be(int prio)
{
	struct sched_param p = { prio };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_setscheduler(0, prio ? SCHED_FIFO : SCHED_OTHER, &p);
}

static void *low(void *arg)
{
	be(1);
	futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	result = 1;
	while (!mid_runs)
		nap(5);
	for (volatile int i = 0; i < 5000000; i++)
		;
	futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return NULL;
}

static void *mid(void *arg)
{
	struct timespec used;

	be(5);
	nap(100);
	mid_runs = 1;
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	while (!high_done && used.tv_sec < 3);
	mid_runs = 2;
	return NULL;
}

static void *high(void *arg)
{
	be(10);
	while (result != 1)
		nap(10);
	futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	high_done = 1 + mid_runs;
	futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return NULL;
}

static void test_inheritance(void)
{
	pthread_t th[3];

	result = 0;
	pi = 0;
	pthread_create(&th[0], NULL, low, NULL);
	while (result != 1)
		nap(1);
	pthread_create(&th[1], NULL, mid, NULL);
	pthread_create(&th[2], NULL, high, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(th[i], NULL);
	ok(high_done == 2, "a thread in the middle does not keep the holder from letting the urgent one go on");
}

/* ------------------------------------------------ condition variables */

static _Atomic uint32_t cond;
static _Atomic int waiting, through, failed;

static void *wait_cond(void *arg)
{
	waiting++;
	if (futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &pi, 0)) {
		failed++;
		return NULL;
	}
	if ((pi & FUTEX_TID_MASK) != (uint32_t)gettid_())
		failed++;
	through++;
	nap(5);
	if (futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0))
		failed++;
	return NULL;
}

static void broadcast(const char *claim, int hold)
{
	pthread_t th[5];
	long moved;

	cond = pi = 0;
	waiting = through = failed = 0;
	for (int i = 0; i < 5; i++)
		pthread_create(&th[i], NULL, wait_cond, NULL);
	while (waiting < 5)
		nap(1);
	nap(100);
	if (hold)
		futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	moved = futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &pi, 0);
	if (hold) {
		nap(50);
		failed += through;
		futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	}
	for (int i = 0; i < 5; i++)
		pthread_join(th[i], NULL);
	ok(moved == 5 && through == 5 && !failed, "%s: %ld moved, %d through, %d failed", claim, moved,
	   through, failed);
}

static void *plain_wait(void *arg)
{
	futex(&cond, FUTEX_WAIT, 0, NULL, NULL, 0);
	return NULL;
}

static void test_cond(void)
{
	struct timespec ts = in_ms(CLOCK_MONOTONIC, 30);
	pthread_t th;

	cond = pi = 0;
	fails(EINVAL, futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &cond, 0));
	fails(EAGAIN, futex(&cond, FUTEX_WAIT_REQUEUE_PI, 1, NULL, &pi, 0));
	fails(ETIMEDOUT, futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, &ts, &pi, 0));
	fails(EINVAL, futex(&cond, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &pi, 0));
	fails(EAGAIN, futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &pi, 3));
	ok(futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &pi, 0) == 0, "nobody to move");
	pthread_create(&th, NULL, plain_wait, NULL);
	nap(50);
	fails(EINVAL, futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &pi, 0));
	futex(&cond, FUTEX_WAKE, 1, NULL, NULL, 0);
	pthread_join(th, NULL);
	broadcast("waiters get the free lock one after the other", 0);
	broadcast("waiters wait for the broadcaster's lock", 1);
}

int main(void)
{
	tap_limit(100);
	make_mutexes();
	test_waitv();
	test_futex2();
	test_pi_errors();
	test_pi_mutex();
	test_chains();
	test_inheritance();
	test_cond();
	return tap_done();
}
