// SPDX-License-Identifier: MIT
/*
 * Vector registers: who may use them, and where they are when they are not in
 * a hart.
 *
 * A program starts with vectors off (sstatus.VS in its trapframe) and without
 * memory for them.  Its first vector instruction traps; then it gets the
 * memory, and the instruction runs again and traps to thread.c, which loads
 * them with the FP registers, as after each switch.  Unlike those they are
 * not inherited by fork: a system call may destroy them, and here it need not.
 *
 * Always true: VS on -> FS on, and t->vector is there;
 *              a state has the size of vector_bytes, which is that of all
 *              harts where have_vector is true.
 * Lock:        none; a thread's own, or of one that is stopped.
 */
#include <arch/vector.h>

#include "asm.h"
#include "boot.h"

#include <arch/elf.h>
#include <arch/signal.h>
#include <arch/trapframe.h>
#include <kernel/entry.h>
#include <kernel/signal_types.h>
#include <lib/atomic.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define RECORD_MAGIC    0x53465457U
#define RECORD_SIZE     (sizeof(struct vector_state) + vector_bytes)

/* prctl(2): what is now, what is after exec, and whether that one's exec asks it too. */
enum { PR_RISCV_V_SET_CONTROL = 69, PR_RISCV_V_GET_CONTROL = 70 };
enum { CONTROL_DEFAULT, CONTROL_OFF, CONTROL_ON, CONTROL_NOW = 3 };
#define CONTROL_NEXT(c) ((c) >> 2 & 3)
#define CONTROL_INHERIT 16U
#define CONTROL_MASK    31U

bool have_vector;
size_t vector_bytes;
bool vector_default_allow = true;

void vector_store(struct vector_state *v);
static bool is_vector(u32 insn);
static long set_control(struct thread *t, unsigned long arg);

static void vector_enable(void)
{
	__asm__ volatile("csrs sstatus, %0" : : "r"((unsigned long)SR_VS_CLEAN));
}

static void vector_disable(void)
{
	__asm__ volatile("csrc sstatus, %0" : : "r"((unsigned long)SR_VS));
}

/* After isa_init(), which says have_vector; and on each other hart before it takes part. */
void vector_init_hart(void)
{
	unsigned long status, bytes = 0;

	if (!have_vector)
		return;
	vector_enable();
	__asm__ volatile("csrr %0, sstatus" : "=r"(status));
	if (status & SR_VS)
		__asm__ volatile("csrr %0, 0xc22" : "=r"(bytes));       /* vlenb */
	vector_disable();
	bytes *= 32;
	if (!vector_bytes)
		vector_bytes = bytes;
	if (!bytes || bytes != vector_bytes) {
		WRITE_ONCE(have_vector, false);
		isa_without_vector();
	}
}

bool vector_first_use(struct trapframe *tf, u32 insn)
{
	struct thread *t = current_thread();
	struct vector_state *v;

	if (t->vector || !READ_ONCE(have_vector) || (t->vector_control & 3) != CONTROL_ON)
		return false;
	if (!insn && get_user(&insn, tf_pc(tf)))
		return false;
	if (!is_vector(insn))
		return false;
	v = kvmalloc(RECORD_SIZE + 8, GFP_KERNEL | GFP_ZERO);
	if (v) {
		v->magic = RECORD_MAGIC;
		v->size = (u32)RECORD_SIZE;
		v->vlenb = vector_bytes / 32;
		t->vector = v;
		t->frame_extra = (unsigned int)RECORD_SIZE + 8;
	} else {
		entry_user_exception(tf, SIGBUS, SI_KERNEL, 0);
	}
	return true;
}

/* Arithmetic, loads and stores but those of FP, and its CSRs. */
static bool is_vector(u32 insn)
{
	unsigned int csr = insn >> 20, width = insn >> 12 & 7;

	switch (insn & 0x7f) {
	case 0x57:
		return true;
	case 0x07:
	case 0x27:
		return width == 0 || width >= 5;
	case 0x73:
		return width && ((csr >= 8 && csr <= 15) || (csr >= 0xc20 && csr <= 0xc22));
	default:
		return false;
	}
}

void thread_vector_save(struct thread *t)
{
	struct trapframe *tf = thread_trapframe(t);

	if ((tf->status & SR_VS) != SR_VS)
		return;
	vector_enable();
	vector_store(t->vector);
	vector_disable();
	tf->status ^= SR_VS ^ SR_VS_CLEAN;
}

struct vector_state *thread_vector(struct thread *t)
{
	if (t == current_thread())
		thread_vector_save(t);
	return t->vector;
}

void thread_vector_changed(struct thread *t)
{
	t->vector->vlenb = vector_bytes / 32;
	thread_trapframe(t)->status &= ~(unsigned long)SR_VS;
}

void thread_vector_free(struct thread *t)
{
	struct vector_state *v = t->vector;

	if (v) {
		thread_trapframe(t)->status &= ~(unsigned long)SR_VS;
		t->vector = NULL;
		t->frame_extra = 0;
		kvfree(v);
	}
}

/* ------------------------------------------------ the signal frame */

unsigned int signal_frame_max(void)
{
	return SIGNAL_FRAME_SIZE + (vector_bytes ? (unsigned int)RECORD_SIZE + 8 : 0);
}

int vector_frame_push(vaddr_t at)
{
	struct vector_state *v = thread_vector(current_thread());

	v->at = at + sizeof(*v);
	return copy_to_user(at, v, RECORD_SIZE + 8);
}

int vector_frame_pop(vaddr_t at)
{
	struct vector_state head, *v = current_thread()->vector;
	u64 end;

	if (get_user(&head, at) || !v || head.magic != v->magic || head.size != v->size ||
	    get_user(&end, at + head.size) || end)
		return -EFAULT;
	*v = head;
	thread_vector_changed(current_thread());
	return copy_from_user(v->regs, head.at, vector_bytes);
}

/* ------------------------------------------------ who may */

void thread_vector_exec(struct thread *t)
{
	unsigned int control = t->vector_control, now = CONTROL_NEXT(control);

	if (!now)
		now = READ_ONCE(vector_default_allow) ? CONTROL_ON : CONTROL_OFF;
	t->vector_control = control & CONTROL_INHERIT ? (control & ~3U) | now : now;
}

long machine_prctl(int request, unsigned long arg)
{
	struct thread *t = current_thread();

	if (!have_vector)
		return -EINVAL;
	if (request == PR_RISCV_V_GET_CONTROL)
		return t->vector_control;
	return request == PR_RISCV_V_SET_CONTROL ? set_control(t, arg) : -EINVAL;
}

static long set_control(struct thread *t, unsigned long arg)
{
	unsigned int now = arg & 3, before = t->vector_control & 3;

	if ((arg & ~(unsigned long)CONTROL_MASK) || now == CONTROL_NOW)
		return -EINVAL;
	if (now == CONTROL_OFF && before != CONTROL_OFF)
		return -EPERM;          /* what it has it keeps */
	if (CONTROL_NEXT(arg) == 3)
		return -EINVAL;
	t->vector_control = (unsigned int)arg | (now ? 0 : before);
	return 0;
}
