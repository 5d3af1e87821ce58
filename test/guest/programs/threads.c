// SPDX-License-Identifier: MIT
/*
 * threads: pthreads over clone and futex, each hart on the same memory.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define THREADS 8
#define ROUNDS 500
#define PAGE 4096UL

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static long counter, turns;
static __thread long own;
static char *shared;

static void *count(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
		own++;
	}
	return (void *)own;
}

static void *take_turns(void *arg)
{
	long me = (long)arg;

	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&mutex);
		while (turns % 2 != me)
			pthread_cond_wait(&cond, &mutex);
		turns++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

/* All threads fault the same fresh pages in at once; one frame must win. */
static void *race_to_touch(void *arg)
{
	long me = (long)arg, wrong = 0;

	pthread_barrier_wait(&barrier);
	for (int p = 0; p < 128; p++)
		shared[p * PAGE + me] = me + 1;
	pthread_barrier_wait(&barrier);
	for (int p = 0; p < 128; p++)
		for (int t = 0; t < THREADS; t++)
			wrong += shared[p * PAGE + t] != t + 1;
	return (void *)wrong;
}

static void *map_and_unmap(void *arg)
{
	long wrong = 0;

	for (int i = 0; i < 25; i++) {
		char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);

		if (p == MAP_FAILED)
			return (void *)1;
		for (int n = 0; n < 8; n++)
			wrong += p[n * PAGE] != 0;
		memset(p, (long)arg + 1, 8 * PAGE);
		mprotect(p + PAGE, PAGE, PROT_READ);
		wrong += p[PAGE] != (long)arg + 1;
		munmap(p, 8 * PAGE);
	}
	return (void *)wrong;
}

static long all(void *(*run)(void *))
{
	pthread_t t[THREADS];
	long sum = 0;

	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, run, (void *)i))
			return -1;
	for (int i = 0; i < THREADS; i++) {
		void *got;

		pthread_join(t[i], &got);
		sum += (long)got;
	}
	return sum;
}

static volatile sig_atomic_t signals;

static void on_usr1(int sig)
{
	signals++;
}

static void *wait_for_signal(void *arg)
{
	while (!signals)
		usleep(1000);
	return NULL;
}

static void *spin(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void exits(void)
{
	pthread_t t;
	int status;

	fflush(stdout);
	if (fork() == 0) {
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, spin, NULL);
		exit(17);
	}
	wait(&status);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 17, "exit ends all threads");
	if (fork() == 0) {
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, spin, NULL);
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	wait(&status);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "exec ends all other threads");
	if (fork() == 0) {
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, spin, NULL);
		*(volatile int *)8 = 0;
	}
	wait(&status);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "a fatal signal ends all threads");
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	struct timespec soon;
	cpu_set_t set;
	pthread_t a, b;
	int err;

	tap_limit(280);
	ok(all(count) == (long)THREADS * ROUNDS, "thread-local counters");
	ok(counter == (long)THREADS * ROUNDS, "a mutex lets one in at a time");
	pthread_create(&a, NULL, take_turns, (void *)0);
	pthread_create(&b, NULL, take_turns, (void *)1);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	ok(turns == 200, "a condition variable hands over");
	shared = mmap(NULL, 128 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_barrier_init(&barrier, NULL, THREADS);
	ok(all(race_to_touch) == 0, "pages touched by all at once keep every byte");
	ok(all(map_and_unmap) == 0, "threads map and unmap at once");

	sigaction(SIGUSR1, &sa, NULL);
	pthread_create(&a, NULL, wait_for_signal, NULL);
	ok(pthread_kill(a, SIGUSR1) == 0 && pthread_join(a, NULL) == 0 && signals == 1,
	   "a signal reaches one thread");
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 50000000;
	soon.tv_sec += soon.tv_nsec / 1000000000;
	soon.tv_nsec %= 1000000000;
	pthread_mutex_lock(&mutex);
	while ((err = pthread_cond_timedwait(&cond, &mutex, &soon)) == 0)
		;
	ok(err == ETIMEDOUT, "a timed wait ends in time");
	pthread_mutex_unlock(&mutex);
	CPU_ZERO(&set);
	ok(sched_getaffinity(0, sizeof(set), &set) == 0 &&
	   CPU_COUNT(&set) == sysconf(_SC_NPROCESSORS_ONLN), "sched_getaffinity counts the harts");
	ok(syscall(SYS_gettid) == getpid(), "the first thread's tid is the pid");
	exits();
	return tap_done();
}
