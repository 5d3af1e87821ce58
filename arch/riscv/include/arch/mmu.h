// SPDX-License-Identifier: MIT
/*
 * Address spaces and translation caches.
 *
 * mm owns the tables; this header installs them and forgets old
 * translations.  A flush reaches every hart that runs, or may still hold
 * translations of, the address space, and has taken effect on return.
 * Making an entry valid that was none needs no flush (a stale hart faults
 * once more and finds it done).
 */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <arch/page.h>
#include <arch/pte.h>
#include <lib/types.h>

/*
 * The machine's part of an mm_struct.  [a] atomic
 */
struct mmu_context {
	unsigned long harts;            /* [a] bit h: hart h has it loaded now */
	/* [a] bit h: hart h must flush the ASID before it uses it again */
	unsigned long stale;
	unsigned long asid;             /* [a] generation << 16 | ASID; 0: none yet */
	/* [a] bit h: hart h must fence.i before it runs user code */
	unsigned long icache_stale;
};

/* The set of harts that have it loaded.  One that takes it up later passes a full barrier first. */
static inline unsigned long mmu_harts(const struct mmu_context *ctx)
{
	return __atomic_load_n(&ctx->harts, __ATOMIC_SEQ_CST);
}

/* The root table of the kernel alone; the upper half of every other root equals its own. */
extern pte_t *kernel_pgd;

/* Prepare the context of a new address space. */
void mmu_context_init(struct mmu_context *ctx);

/* Copy the kernel half into a fresh, zeroed root table. */
void mmu_init_root(pte_t *root);

/*
 * Make @root the translation of this hart.  Called with interrupts off, from
 * the context switch; mmu_leave() of the one that was loaded follows.
 */
void mmu_switch(struct mmu_context *ctx, pte_t *root);

/* This hart has loaded another root: flushes of @old need not reach it at once any more. */
void mmu_leave(struct mmu_context *old);

/*
 * Forget the pages of [start, end) of the user half of @ctx on every hart that may use them.
 * Where tables go, tlb_flush_all().
 */
void tlb_flush_range(struct mmu_context *ctx, vaddr_t start, vaddr_t end);

/* Forget one page. */
void tlb_flush_page(struct mmu_context *ctx, vaddr_t va);

/* Forget one page on this hart only: after a spurious fault or a permission upgrade. */
void tlb_flush_page_local(struct mmu_context *ctx, vaddr_t va);

/* Forget everything of @ctx, page tables too, which may be freed then. */
void tlb_flush_all(struct mmu_context *ctx);

/* Forget [start, end) of the kernel half, on all harts. */
void tlb_flush_kernel(vaddr_t start, vaddr_t end);

/* Instructions were written into pages of @ctx: no hart executes stale ones afterwards. */
void icache_flush(struct mmu_context *ctx);

/* True when the hart does not set accessed and dirty itself, so that a fault must. */
extern bool mmu_software_ad;

/* True when every hart follows the entries of blocks (Svnapot). */
extern bool mmu_blocks;

#endif
