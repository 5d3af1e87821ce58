// SPDX-License-Identifier: MIT
/*
 * Address spaces and the simulated translation cache (mmu.c): one for all
 * simulated harts.  It keeps what it once walked until it is told to forget,
 * so a flush that mm owes and does not make is seen by the next access.
 */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <arch/page.h>
#include <arch/pte.h>
#include <lib/types.h>

struct mmu_context {
	unsigned long harts;            /* harts that run it */
	unsigned long id;               /* names it in the translation cache */
	unsigned long flushes;          /* how often it was flushed, in any way */
	unsigned long icache_flushes;
};

static inline unsigned long mmu_harts(const struct mmu_context *ctx) { return ctx->harts; }

extern pte_t *kernel_pgd;

void mmu_context_init(struct mmu_context *ctx);
void mmu_init_root(pte_t *root);
void mmu_switch(struct mmu_context *ctx, pte_t *root);

void tlb_flush_range(struct mmu_context *ctx, vaddr_t start, vaddr_t end);
void tlb_flush_page(struct mmu_context *ctx, vaddr_t va);
void tlb_flush_page_local(struct mmu_context *ctx, vaddr_t va);
void tlb_flush_all(struct mmu_context *ctx);
void tlb_flush_kernel(vaddr_t start, vaddr_t end);
void icache_flush(struct mmu_context *ctx);

/* Settable by a test: accessed and dirty bits are the kernel's business. */
extern bool mmu_software_ad;

/* The same: the machine knows blocks (Svnapot). */
extern bool mmu_blocks;

#endif
