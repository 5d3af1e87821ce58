// SPDX-License-Identifier: MIT
/*
 * What only the workstation has: making the machine, and being its processor.
 *
 * host_access() does what a load or store does: it looks in the translation
 * cache, walks the tables as the MMU would, sets accessed and dirty, calls
 * handle_mm_fault() where the hart would trap, and copies.
 */
#ifndef ARCH_HOST_H
#define ARCH_HOST_H

#include <kernel/entry.h>
#include <lib/types.h>
#include <mm/fault.h>

struct mm_struct;

/* The part of a task that mm and the locks see. */
#include <arch/thread.h>
#include <kernel/sync.h>

struct task_struct {
	struct thread thread;
	enum task_state state;
	bool signal, fatal;             /* what signal_pending() and fatal_signal_pending() say */
};

/*
 * A machine of @ram_bytes (a multiple of the page size), all of it free, with
 * @harts harts; fills @bi for frames_init().  May be called again: the old
 * machine and all it held are gone.
 */
void host_machine(size_t ram_bytes, unsigned int harts, struct boot_info *bi);

/* The task that runs at first, and the way to be another or on another hart. */
extern struct task_struct host_task0;
void host_run_as(struct task_struct *t, unsigned int hart);

/*
 * Called by schedule() while the current task sleeps: let time pass (finish a
 * simulated disk request, ...); false: nothing will ever happen, which is a
 * deadlock and panics.
 */
extern bool (*host_idle)(void);

/*
 * One access of @len bytes at @va, page by page.  FAULT_DONE, or what the
 * fault handler said at the first byte that could not be reached.
 * FAULT_EXEC reads.
 */
enum fault_result host_access(struct mm_struct *mm, vaddr_t va, enum fault_access access,
			      void *buf, size_t len);

/* What the MMU would find now, without faulting or changing anything; NULL: no access. */
const u8 *host_peek(struct mm_struct *mm, vaddr_t va, enum fault_access access);

/*
 * The translation cache agrees with the tables of @mm: no entry for a page
 * that is gone, none that allows more than the table does.  Panics if not.
 */
void host_tlb_check(struct mm_struct *mm);

/* Locks held now (spinning, sleeping); both are 0 between operations. */
unsigned int host_spinlocks_held(void);
unsigned int host_sleeping_locks_held(void);

/* Traps taken by host_access so far. */
extern unsigned long host_faults;

#endif
