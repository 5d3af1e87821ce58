// SPDX-License-Identifier: MIT
/*
 * Making threads, switching between them, and FP registers when needed.
 *
 * FP: a program starts with FP off (sstatus.FS in its trapframe).  Its first
 * FP instruction traps; the trap loads thread.fp and turns FP on.  When a
 * thread is switched out with FS dirty, its registers are stored.  A hart
 * remembers whose registers it holds (fp_owner): the same thread coming back
 * with nobody in between finds them in place; any other starts with FP off
 * and loads at its next FP instruction.
 *
 * Vector registers, where a thread has used any (vector.c), go with those of
 * FP: both are in place or neither, so that a switch looks at one owner.
 */
#include <arch/thread.h>

#include "asm.h"
#include "boot.h"

#include <arch/cpu.h>
#include <arch/trapframe.h>
#include <arch/vector.h>
#include <lib/atomic.h>
#include <lib/bug.h>
#include <lib/string.h>

struct thread *thread_switch_context(struct thread *prev, struct thread *next);
void fp_store(struct fpstate *fp);
void fp_load(const struct fpstate *fp);
void vector_load(const struct vector_state *v);

/*
 * Registers are in place only if both agree: the hart says they are this
 * thread's, and the thread says they are on this hart (fp_used is hart + 1).
 */
#define FP_NOWHERE      (~0U)           /* thread.fp_used: used, in memory only */
static struct thread *fp_owner[NR_HARTS_MAX];   /* own hart only */

static void fp_enable(void)
{
	__asm__ volatile("csrs sstatus, %0" : : "r"((unsigned long)SR_FS_CLEAN));
}

static void fp_disable(void)
{
	__asm__ volatile("csrc sstatus, %0" : : "r"((unsigned long)SR_FS));
}

/* SR_SD is set where FP or vectors are dirty; where neither is, it may be left set. */
static void frame_set_fs(struct thread *t, unsigned long fs)
{
	struct trapframe *tf = thread_trapframe(t);

	tf->status = (tf->status & ~(unsigned long)SR_FS) | fs;
}

static bool fp_dirty(struct thread *t)
{
	return (thread_trapframe(t)->status & SR_FS) == SR_FS;
}

static __noinline void fp_save(struct thread *t)
{
	fp_enable();
	fp_store(&t->fp);
	fp_disable();
	frame_set_fs(t, SR_FS_CLEAN);
}

void thread_fp_save(struct thread *t)
{
	if (fp_dirty(t))
		fp_save(t);
}

void thread_fp_load(struct thread *t)
{
	t->fp_used = FP_NOWHERE;
	thread_trapframe(t)->status &= ~(unsigned long)(SR_FS | SR_VS);
}

static inline void fp_copy(struct fpstate *to, const struct fpstate *from)
{
	memcpy(to->f, from->f, sizeof(to->f));
	to->fcsr = from->fcsr;
}

void thread_fp_read(struct thread *t, struct fpstate *to)
{
	if (!(thread_trapframe(t)->status & SR_FS)) {
		fp_copy(to, &t->fp);
		return;
	}
	fp_enable();
	fp_store(to);
	fp_disable();
}

/* Registers that are in place are written at once, and are newer than t->fp then. */
void thread_fp_write(struct thread *t, const struct fpstate *from)
{
	if (!(thread_trapframe(t)->status & SR_FS)) {
		fp_copy(&t->fp, from);
		t->fp_used = FP_NOWHERE;
		return;
	}
	fp_enable();
	fp_load(from);
	fp_disable();
	frame_set_fs(t, SR_FS | SR_SD);
}

static void load_vectors(struct thread *t)
{
	__asm__ volatile("csrs sstatus, %0" : : "r"((unsigned long)SR_VS_CLEAN));
	vector_load(t->vector);
	__asm__ volatile("csrc sstatus, %0" : : "r"((unsigned long)SR_VS));
	thread_trapframe(t)->status |= SR_VS_CLEAN;
}

/*
 * An illegal instruction: a program's first FP or vector instruction since it came here, if it
 * has used any before.  False: all it has is on already, so the instruction itself is illegal,
 * or its first of vectors ever.
 */
bool thread_registers_trap(struct thread *t)
{
	unsigned long status = thread_trapframe(t)->status;
	bool vectors = t->vector && !(status & SR_VS) && READ_ONCE(have_vector);

	if (!(status & SR_FS)) {
		fp_enable();
		fp_load(&t->fp);
		fp_disable();
		fp_owner[t->hart] = t;
		t->fp_used = t->hart + 1;
		frame_set_fs(t, SR_FS_CLEAN);
	} else if (!vectors) {
		return false;
	}
	if (vectors)
		load_vectors(t);
	return true;
}

static __noinline void registers_save(struct thread *t)
{
	thread_fp_save(t);
	thread_vector_save(t);
	thread_trapframe(t)->status &= ~SR_SD;
}

struct thread *thread_switch(struct thread *prev, struct thread *next)
{
	if (prev->mm && unlikely(thread_trapframe(prev)->status & SR_SD))
		registers_save(prev);
	if (next->mm && next->fp_used &&
	    (fp_owner[next->hart] != next || next->fp_used != next->hart + 1))
		thread_trapframe(next)->status &= ~(unsigned long)(SR_FS | SR_VS);
	return thread_switch_context(prev, next);
}

static void thread_set_stack(struct thread *t, void *stack)
{
	t->kstack = (unsigned long)stack;
	t->kernel_sp = t->kstack + KSTACK_SIZE - sizeof(struct kstack_top);
	((struct kstack_top *)t->kernel_sp)->thread = t;
}

void thread_init_kernel(struct thread *t, void *stack, void (*fn)(void *), void *arg)
{
	thread_set_stack(t, stack);
	memset(thread_trapframe(t), 0, sizeof(struct trapframe));
	t->ctx.ra = (unsigned long)thread_begin;
	t->ctx.sp = t->kernel_sp;
	t->ctx.s[0] = (unsigned long)fn;
	t->ctx.s[1] = (unsigned long)arg;
}

void thread_init_fork(struct thread *t, void *stack, vaddr_t sp, bool set_tls, vaddr_t tls)
{
	struct thread *cur = current_thread();
	struct trapframe *tf;

	thread_fp_save(cur);
	thread_set_stack(t, stack);
	tf = thread_trapframe(t);
	*tf = *thread_trapframe(cur);
	tf->x[10] = 0;
	if (sp)
		tf_set_sp(tf, sp);
	if (set_tls)
		tf_set_tls(tf, tls);
	tf->status &= ~(SR_FS | SR_VS | SR_SD);
	t->vector = NULL;
	t->frame_extra = 0;
	t->vector_control = cur->vector_control;
	t->fp_used = cur->fp_used ? FP_NOWHERE : 0;
	if (cur->fp_used)
		t->fp = cur->fp;
	else
		memset(&t->fp, 0, sizeof(t->fp));
	t->ctx.ra = (unsigned long)thread_begin;
	t->ctx.sp = t->kernel_sp;
	t->ctx.s[0] = 0;
}

void thread_start_program(struct thread *t, vaddr_t pc, vaddr_t sp)
{
	struct trapframe *tf = thread_trapframe(t);

	thread_vector_free(t);
	thread_vector_exec(t);
	memset(tf, 0, sizeof(*tf));
	tf_set_pc(tf, pc);
	tf_set_sp(tf, sp);
	tf->status = SR_SPIE;
	tf_forget_syscall(tf);
	memset(&t->fp, 0, sizeof(t->fp));
	t->fp_used = 0;
}
