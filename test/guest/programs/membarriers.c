// SPDX-License-Identifier: MIT
/*
 * membarrier: what must be registered, who inherits that, and that it is a barrier.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define SYNC_CORE               MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE
#define REGISTER_SYNC_CORE      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
#ifndef MEMBARRIER_CMD_FLAG_CPU
#define MEMBARRIER_CMD_FLAG_CPU 1
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ 128
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ 256
#endif
#define RSEQ                    MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ
#define REGISTER_RSEQ           MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ
#define ROUNDS                  300     /* or 5 seconds, on a busy host */
#define OVER                    1000000
#define GET_REGISTRATIONS       512

static long barrier(int cmd, unsigned int flags, int cpu)
{
	return syscall(SYS_membarrier, cmd, flags, cpu);
}

static void before(void)
{
	ok(barrier(MEMBARRIER_CMD_QUERY, 0, 0) == 1023, "all commands are there");
	fails(EINVAL, barrier(MEMBARRIER_CMD_QUERY, 1, 0));
	fails(EINVAL, barrier(1024, 0, 0));
	fails(EINVAL, barrier(3, 0, 0));
	fails(EINVAL, barrier(-1, 0, 0));
	ok(barrier(GET_REGISTRATIONS, 0, 0) == 0, "nothing is registered");
	fails(EPERM, barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	fails(EPERM, barrier(SYNC_CORE, 0, 0));
	fails(EPERM, barrier(RSEQ, 0, 0));
	fails(EPERM, barrier(RSEQ, MEMBARRIER_CMD_FLAG_CPU, 0));
	fails(EINVAL, barrier(RSEQ, 2, 0));
	fails(EINVAL, barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_FLAG_CPU, 0));
	fails(EINVAL, barrier(REGISTER_RSEQ, MEMBARRIER_CMD_FLAG_CPU, 0));
	fails(0, barrier(MEMBARRIER_CMD_GLOBAL, 0, 0));
	fails(0, barrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0));
}

static void registered(void)
{
	int status;

	fails(0, barrier(REGISTER_SYNC_CORE, 0, 0));
	fails(0, barrier(SYNC_CORE, 0, 0));
	fails(EPERM, barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	ok(barrier(GET_REGISTRATIONS, 0, 0) ==
	   (REGISTER_SYNC_CORE | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
	   "one that is private counts as two: %ld", barrier(GET_REGISTRATIONS, 0, 0));
	fails(0, barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	fails(0, barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	fails(0, barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	fails(0, barrier(REGISTER_RSEQ, 0, 0));
	fails(0, barrier(RSEQ, 0, 0));
	fails(0, barrier(RSEQ, MEMBARRIER_CMD_FLAG_CPU, 0));
	fails(0, barrier(RSEQ, MEMBARRIER_CMD_FLAG_CPU, 100000));
	fails(0, barrier(RSEQ, MEMBARRIER_CMD_FLAG_CPU, -1));
	fails(0, barrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0));
	ok(barrier(GET_REGISTRATIONS, 0, 0) == (4 | 16 | 64 | 256), "what is registered can be asked");
	if (fork() == 0)
		_exit(barrier(GET_REGISTRATIONS, 0, 0) == (4 | 16 | 64 | 256) &&
		      !barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) ? 0 : 1);
	wait(&status);
	ok(status == 0, "a child has it too");
	if (fork() == 0) {
		execl("/proc/self/exe", "membarriers", "exec", NULL);
		_exit(9);
	}
	wait(&status);
	ok(status == 0, "a new program does not");
}

/*
 * Store, fence, load on both sides (Dekker): never do both read 0.  This side's fence is the
 * system call, and the other's only tells the compiler.
 */
static atomic_int x, y, round_;
static int other_read;

static void *light(void *arg)
{
	for (int i = 1, now; i <= ROUNDS; i++) {
		while ((now = atomic_load(&round_)) != i)
			if (now == OVER)
				return NULL;
		atomic_store_explicit(&x, 1, memory_order_relaxed);
		atomic_signal_fence(memory_order_seq_cst);
		other_read = atomic_load_explicit(&y, memory_order_relaxed);
		atomic_store(&round_, -i);
	}
	return NULL;
}

static void orders(int cmd)
{
	pthread_t t;
	time_t start = time(NULL);
	int both = 0;

	atomic_store(&round_, 0);
	pthread_create(&t, NULL, light, NULL);
	for (int i = 1; i <= ROUNDS && time(NULL) - start < 5; i++) {
		atomic_store(&x, 0);
		atomic_store(&y, 0);
		atomic_store(&round_, i);
		atomic_store_explicit(&y, 1, memory_order_relaxed);
		if (barrier(cmd, 0, 0))
			both++;
		int read = atomic_load_explicit(&x, memory_order_relaxed);
		while (atomic_load(&round_) != -i)
			;
		both += !read && !other_read;
	}
	atomic_store(&round_, OVER);
	pthread_join(t, NULL);
	ok(both == 0, "command %d is a barrier for both sides", cmd);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return barrier(GET_REGISTRATIONS, 0, 0) == 0 &&
		       barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == -1 ? 0 : 1;
	tap_limit(60);
	before();
	registered();
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		orders(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
		orders(SYNC_CORE);
		orders(RSEQ);
	}
	return tap_done();
}
