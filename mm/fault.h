// SPDX-License-Identifier: MIT
/*
 * A page fault: the question, and what its steps answer.
 *
 * What a fault holds, in one word: the area.  It is inside f->vma's gate
 * (vma_lock.h), so the area does not change and does not go, and neither do the
 * page tables below it.  It does not hold mm->lock, and must not ask for it.
 */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include <arch/pte.h>
#include <kernel/entry.h>
#include <lib/types.h>

struct mm_struct;
struct page;
struct userfault;
struct vm_area_struct;

enum fault_result {
	FAULT_DONE,     /* the PTE allows the access: return to the program */
	FAULT_RETRY,    /* slept, the area was left: look everything up again */
	FAULT_MAPERR,   /* no area here: SIGSEGV, SEGV_MAPERR */
	FAULT_ACCERR,   /* the area forbids it: SIGSEGV, SEGV_ACCERR */
	FAULT_BUS,      /* past the end of the file, or the disk failed: SIGBUS */
	FAULT_OOM,      /* no frame even after reclaim */
	FAULT_KILLED,   /* a fatal signal came while waiting; or a handler is to run first */
	FAULT_ASK,      /* the program brings the page in itself: userfault_wait() */
};

/*
 * The question, filled in from top to bottom.  Everything found dies when
 * the area is left.
 */
struct fault {
	struct mm_struct *mm;
	vaddr_t addr;                   /* page-aligned */
	vaddr_t exact;                  /* as trapped */
	enum fault_access access;
	bool force;                     /* for a debugger: VM_MAYREAD, VM_MAYWRITE are enough */
	bool major;                     /* with FAULT_RETRY: waited for the disk */
	/* with FAULT_RETRY: FAULT_DONE, FAULT_ASK, or why looking again is useless */
	enum fault_result verdict;
	struct vm_area_struct *vma;     /* fault_lookup */
	pte_t *pte;                     /* fault_resolve: level-0 entry */
	struct page *table;             /* the table page of pte; its ptl guards *pte */
	pte_t orig;                     /* *pte as it was */
	/* with FAULT_ASK: userfault_ask() */
	struct userfault *asked;        /* referenced */
	unsigned long asked_wakes;      /* as they were when the page was missing */
	bool asked_minor;
};

/*
 * Make @addr accessible for @access in @mm.  Sleeps; no lock held.
 * Counts pgfault/pgmajfault.  Never FAULT_RETRY.  @major becomes true if it waited for the disk,
 * and is else left as it was.  NULL: it is the kernel that wants it, and waits for the program's
 * own answer (userfault.h) as such.
 */
enum fault_result handle_mm_fault(struct mm_struct *mm, vaddr_t addr, enum fault_access access,
				  bool *major);

/*
 * Where programs' own faults go: handle_mm_fault(), or what measures it (faultcost.c).
 * @major is not NULL.
 */
extern enum fault_result (*handle_user_fault)(struct mm_struct *mm, vaddr_t addr,
					      enum fault_access access, bool *major);

/* As handle_mm_fault() for a debugger's access, which a private area's permissions do not stop. */
enum fault_result handle_mm_fault_force(struct mm_struct *mm, vaddr_t addr,
					enum fault_access access);

/* Leave the area: before a long wait, after which FAULT_RETRY is the answer. */
void fault_leave(struct fault *f);

/* Leave the area and ask the driver loop to start over. */
enum fault_result fault_retry(struct fault *f);

/*
 * Install @page (its reference passes to the PTE) for f->addr if the entry
 * still is f->orig, with the area's permission; anonymous or cached as the
 * page says.  FAULT_DONE also when another hart was faster (the page is put).
 */
enum fault_result fault_install(struct fault *f, struct page *page, bool writable);

/*
 * With the entry's table locked, where the entry is f->orig no more: another hart was faster.
 * Unlocks, puts @page, and is FAULT_DONE.
 */
enum fault_result fault_lost(struct fault *f, struct page *page);

/* A line for the log about a fault that kills: "area 55550000-55560000 r-xp file" or "no area". */
int fault_describe(struct mm_struct *mm, vaddr_t addr, char *buf, size_t len);

#endif
