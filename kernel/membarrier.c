// SPDX-License-Identifier: MIT
/*
 * membarrier(2): every thread that runs has passed a full barrier.
 *
 * So that a fast path may do without one: who takes the slow path makes all
 * others order what they did.  Each hart where one may run is interrupted and passes
 * a barrier; one that takes up our address space later passes one when it says so.
 *
 * A process registers for what it will ask.  To the kernel that is only a mark in
 * its mm_struct, since it costs nothing here; but programs find out by it whether
 * libraries have registered, and without it are told -EPERM as on Linux.
 *
 * Lock: none; mm->membarrier is atomic.
 */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/mm.h>

enum {
	MEMBARRIER_CMD_QUERY = 0,
	MEMBARRIER_CMD_GLOBAL = 1 << 0,
	MEMBARRIER_CMD_GLOBAL_EXPEDITED = 1 << 1,
	MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 1 << 2,
	MEMBARRIER_CMD_PRIVATE_EXPEDITED = 1 << 3,
	MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 1 << 4,
	MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 5,
	MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 6,
	MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 1 << 7,
	MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 1 << 8,
	MEMBARRIER_CMD_GET_REGISTRATIONS = 1 << 9,
};

#define MEMBARRIER_CMD_FLAG_CPU 1U
#define ALL_COMMANDS            ((MEMBARRIER_CMD_GET_REGISTRATIONS << 1) - 1)
/* In mm->membarrier: REGISTER_ commands that were given; and that this one was by itself. */
#define PRIVATE_READY           1U

static long do_register(struct mm_struct *mm, int cmd);
static bool registered(const struct mm_struct *mm, int cmd);
static long private_barrier(struct mm_struct *mm, int cmd, int cpu);
static void barrier_everywhere(void);

long sys_membarrier(const unsigned long *a)
{
	struct mm_struct *mm = current->thread.mm;
	unsigned int flags = (unsigned int)a[1];
	int cmd = (int)a[0];

	if (flags && (cmd != MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ ||
		      flags != MEMBARRIER_CMD_FLAG_CPU))
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return ALL_COMMANDS;
	case MEMBARRIER_CMD_GET_REGISTRATIONS:
		return READ_ONCE(mm->membarrier) & ~PRIVATE_READY;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
		return do_register(mm, cmd);
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		barrier_everywhere();
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
		if (!registered(mm, cmd))
			return -EPERM;
		return private_barrier(mm, cmd, flags ? (int)a[2] : -1);
	default:
		return -EINVAL;
	}
}

/* As Linux tells it, a special private registration shows the plain one too, but is not it. */
static long do_register(struct mm_struct *mm, int cmd)
{
	unsigned int bits = (unsigned int)cmd;

	if (cmd == MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
		bits |= PRIVATE_READY;
	else if (cmd != MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED)
		bits |= MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
	__atomic_fetch_or(&mm->membarrier, bits, __ATOMIC_SEQ_CST);
	return 0;
}

static bool registered(const struct mm_struct *mm, int cmd)
{
	unsigned int want = cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED ? PRIVATE_READY :
								      (unsigned int)cmd << 1;

	return READ_ONCE(mm->membarrier) & want;
}

/* ---- the barrier ---- */

static void barrier_here(void *arg)
{
	smp_mb();
}

static void barrier_everywhere(void)
{
	smp_mb();
	ipi_call_others(barrier_here, NULL);
	smp_mb();
}

struct restart {
	struct mm_struct *mm;
	int cpu;                        /* -1: all */
};

/* A thread of ours that runs here leaves its restartable sequence, on its way back. */
static void restart_here(void *arg)
{
	const struct restart *r = arg;

	smp_mb();
	if (current->thread.mm == r->mm && current->rseq &&
	    (r->cpu < 0 || r->cpu == (int)current->thread.hart))
		__atomic_fetch_or(&current->thread.work, WORK_NOTIFY, __ATOMIC_SEQ_CST);
}

/* A process of one thread has nobody to order but itself. */
static long private_barrier(struct mm_struct *mm, int cmd, int cpu)
{
	struct restart r = { mm, cpu };

	if (cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)
		icache_flush(&mm->context);
	smp_mb();
	if (nr_harts == 1 || atomic_read(&mm->users) == 1)
		return 0;
	if (cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ)
		ipi_call(mmu_harts(&mm->context), restart_here, &r);
	else
		ipi_call(mmu_harts(&mm->context), barrier_here, NULL);
	smp_mb();
	return 0;
}
