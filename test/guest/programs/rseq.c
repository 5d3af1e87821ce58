// SPDX-License-Identifier: MIT
/*
 * Restartable sequences: registering, knowing the hart, being aborted by a
 * signal, by another thread's turn and by a move; and not when nothing came between.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#define SIG 0x5afe5afe

struct area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t rseq_cs;
	uint32_t flags, node_id, mm_cid, pad;
} __attribute__((aligned(32)));

static struct area area = { .cpu_id = (uint32_t)-1 }, other;

static long rseq(void *at, uint32_t len, int flags, uint32_t sig)
{
	return syscall(SYS_rseq, at, len, flags, sig);
}

/* Spin in a sequence until *flag; 0: it came to its end, 1: it was aborted. */
#define SEQUENCE(name, sig)                                                     \
	static long name(struct area *at, volatile int *flag)                   \
	{                                                                       \
		long aborted = 0;                                               \
		__asm__ volatile(".pushsection .data\n"                         \
				 ".balign 32\n"                                 \
				 "3: .long 0, 0\n"                              \
				 ".quad 1f, 2f - 1f, 4f\n"                      \
				 ".popsection\n"                                \
				 "la t0, 3b\n"                                  \
				 "sd t0, 8(%1)\n"                               \
				 "1: lw t1, 0(%2)\n"                            \
				 "beqz t1, 1b\n"                                \
				 "2: j 5f\n"                                    \
				 ".balign 4\n"                                  \
				 ".long " sig "\n"                              \
				 "4: li %0, 1\n"                                \
				 "5:\n"                                         \
				 : "+r"(aborted)                                \
				 : "r"(at), "r"(flag)                           \
				 : "t0", "t1", "memory");                       \
		return aborted;                                                 \
	}
SEQUENCE(spin, "0x5afe5afe")
SEQUENCE(spin_bad, "0x12345678")

static volatile int flag;

static void on_signal(int sig)
{
	flag = 1;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int getcpu_raw(void)
{
	unsigned int cpu = 99;

	syscall(SYS_getcpu, &cpu, NULL, NULL);
	return (int)cpu;
}

static void test_register(void)
{
	fails(EINVAL, rseq(&area, 32, 2, SIG));
	fails(EINVAL, rseq(&area, 31, 0, SIG));
	fails(EINVAL, rseq((char *)&area + 8, 32, 0, SIG));
	fails(EFAULT, rseq((void *)-64L, 32, 0, SIG));
	fails(EINVAL, rseq(&area, 32, 1, SIG));
	fails(0, rseq(&area, 32, 0, SIG));
	ok((int)area.cpu_id >= 0 && area.cpu_id == area.cpu_id_start, "a registered area knows its hart at once");
	fails(EBUSY, rseq(&area, 32, 0, SIG));
	fails(EPERM, rseq(&area, 32, 0, SIG + 1));
	fails(EINVAL, rseq(&other, 32, 0, SIG));
	fails(EINVAL, rseq(&area, 64, 0, SIG));
	fails(EPERM, rseq(&area, 32, 1, SIG + 1));
	fails(EINVAL, rseq(&other, 32, 1, SIG));
	fails(0, rseq(&area, 32, 1, SIG));
	ok(area.cpu_id == (uint32_t)-1 && area.cpu_id_start == 0, "unregistered: no hart");
	fails(EINVAL, rseq(&area, 32, 1, SIG));
	fails(0, rseq(&area, 32, 0, SIG));
}

static void test_harts(void)
{
	int good = 1, n = (int)sysconf(_SC_NPROCESSORS_ONLN);

	for (int i = 0; i < 50; i++) {
		pin(i % n);
		good &= (int)area.cpu_id == i % n && (int)area.cpu_id == getcpu_raw() && area.node_id == 0;
	}
	ok(good, "after each move the area says where it runs");
}

static void test_abort(void)
{
	struct itimerval tv = { { 0, 0 }, { 0, 20000 } };
	int status;

	flag = 1;
	int commits = 0;
	for (int i = 0; i < 100; i++)
		commits += spin(&area, &flag) == 0;
	ok(commits > 90, "a sequence that nothing interrupts comes to its end");
	signal(SIGALRM, on_signal);
	flag = 0;
	setitimer(ITIMER_REAL, &tv, NULL);
	ok(spin(&area, &flag) == 1 && flag == 1, "a signal aborts it, and the handler has run");
	ok(area.rseq_cs == 0, "the area is in no sequence then");

	pid_t pid = fork();
	if (!pid) {
		signal(SIGALRM, on_signal);
		flag = 0;
		setitimer(ITIMER_REAL, &tv, NULL);
		spin_bad(&area, &flag);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "abort code without the signature: SIGSEGV");
}

static void *compete(void *arg)
{
	pin(0);
	for (volatile int *stop = arg; !*stop;)
		;
	return NULL;
}

static void test_preempt(void)
{
	volatile int never = 0, stop = 0;
	pthread_t th;
	int aborts = 0;

	pin(0);
	pthread_create(&th, NULL, compete, (void *)&stop);
	for (int i = 0; i < 20; i++)
		aborts += (int)spin(&area, &never);
	ok(aborts == 20, "another thread's turn aborts it");
	stop = 1;
	pthread_join(th, NULL);
}

static void *own(void *arg)
{
	struct area mine = { .cpu_id = (uint32_t)-1 };
	long ret = rseq(&mine, 32, 0, SIG);

	*(int *)arg = ret == 0 && (int)mine.cpu_id == getcpu_raw() && !rseq(&mine, 32, 1, SIG);
	return NULL;
}

static void test_inherit(char *self)
{
	int good = 0, status;
	pthread_t th;
	pid_t pid;

	pthread_create(&th, NULL, own, &good);
	pthread_join(th, NULL);
	ok(good, "a thread has no area until it registers one");
	pid = fork();
	if (!pid)
		_exit(rseq(&area, 32, 0, SIG) == -1 && errno == EBUSY &&
		      (int)area.cpu_id == getcpu_raw() ? 0 : 1);
	waitpid(pid, &status, 0);
	ok(status == 0, "a child of fork has its parent's");
	pid = fork();
	if (!pid) {
		execl(self, self, "fresh", NULL);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "a new program has none");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return rseq(&area, 32, 0, SIG) != 0;
	if (!getenv("GLIBC_TUNABLES")) {
		setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
		execv("/proc/self/exe", argv);
	}
	tap_limit(60);
	test_register();
	test_harts();
	tap_limit(0);
	test_abort();
	tap_limit(60);
	signal(SIGALRM, SIG_DFL);
	test_preempt();
	test_inherit(argv[0]);
	return tap_done();
}
