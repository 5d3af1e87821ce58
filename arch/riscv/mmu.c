// SPDX-License-Identifier: MIT
/*
 * Address spaces on the harts: ASIDs and flushes.
 *
 * A context keeps its ASID for a generation; when all are given out the next
 * generation begins and each hart forgets everything once, when it next
 * switches.  What runs at that moment goes on with its ASID: such numbers are
 * reserved, so that nobody else gets them, and their contexts keep them.  A
 * flush reaches at once the harts that have the context loaded
 * (context.harts); for all others it leaves a bit in context.stale, which a
 * hart looks at after it has set its bit in harts.  One of the two sees the
 * other, in both:
 *
 *      flush:      stale |= others; fence; read harts → call those
 *      switch:     harts |= me;     fence; read stale → flush the ASID
 *
 * In the kernel a hart reaches nothing through the user half (mm/uaccess.c), be
 * it in a system call or idle with the address space of who was here last: a flush
 * of pages, or of instructions, leaves it a note as well, which it heeds on the way
 * to a program (trap.S).  Its word is swapped both ways, so one of the two sees the
 * other here too.  Where tables go it is called all the same, since hardware may
 * walk them for nothing.
 *
 *      flush:      old = user_half[h] |= NOTE → once more, then call h, if old is a thread
 *      to user:    old = swap(user_half[me], thread) → flush the ASID if old is NOTE
 *      to kernel:  swap(user_half[me], 0)
 *
 *      generation: generation++;    fence; read active → reserve those
 *      switch:     active = ASID;   fence; read generation → new: ask for an ASID
 *
 * Always true: while a hart has a context loaded, context.asid is what is in
 *              its satp, but for the generation.
 * Lock: asid_lock guards the allocator only.
 */
#include <arch/mmu.h>

#include "boot.h"
#include "sbi.h"

#include <arch/cpu.h>
#include <kernel/log.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/vmstat.h>

#define ASID_SHIFT      16
#define SATP_MODE       (8UL << 60)
#define SATP_ASID_SHIFT 44
#define ASID_BITS_MIN   8               /* most ASIDs are free when all harts have one */
#define FLUSH_PAGES_MAX 8               /* more pages than this: the whole ASID */

unsigned long mmu_asid_bits;
_Static_assert(BIT(ASID_BITS_MIN) > 2 * NR_HARTS_MAX, "each hart reserves an ASID");

static struct spinlock asid_lock = SPINLOCK_INIT(RANK_LEAF);
static unsigned long asid_generation = 1;       /* [asid_lock], read freely */
static unsigned long asid_next = 1;             /* [asid_lock] 0 belongs to kernel_pgd */
static unsigned long hart_must_flush; /* [a] bit h: a generation began since h last flushed all */
/* [a] the context.asid that hart h loads or has loaded */
static unsigned long asid_active[NR_HARTS_MAX];
/* [asid_lock] what it had loaded when the generation began */
static unsigned long asid_reserved[NR_HARTS_MAX];

/* user_half: the thread that uses it, 0 in the kernel; or NOTE to forget it first */
struct hart_local hart_locals[NR_HARTS_MAX];
#define NOTE            1UL
#define NOTE_PATIENCE   2000    /* looks at the word of a hart in a program before it is called */

extern unsigned long hart_hwid(unsigned int h);
void harts_remote_sfence(unsigned long harts, vaddr_t start, size_t size, unsigned long asid);
void harts_remote_fence_i(unsigned long harts);

pteprot_t pte_kernel_prot(unsigned long vm_flags, bool io)
{
	unsigned long v = PTE_V | PTE_G | PTE_A | PTE_R;

	if (vm_flags & VM_WRITE)
		v |= PTE_W | PTE_D;
	if (vm_flags & VM_EXEC)
		v |= PTE_X;
	return (pteprot_t){ v }; /* device memory: the platform's PMAs say so, not the entry */
}

static inline void sfence_all(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
}

static inline void sfence_asid(unsigned long asid)
{
	__asm__ volatile("sfence.vma zero, %0" : : "r"(asid) : "memory");
}

static inline void sfence_page(vaddr_t va, unsigned long asid)
{
	__asm__ volatile("sfence.vma %0, %1" : : "r"(va), "r"(asid) : "memory");
}

static unsigned long asid_of(const struct mmu_context *ctx)
{
	return READ_ONCE(ctx->asid) & (BIT(ASID_SHIFT) - 1);
}

static unsigned long asid_loaded(void)
{
	unsigned long v;

	__asm__ volatile("csrr %0, satp" : "=r"(v));
	return v >> SATP_ASID_SHIFT & (BIT(ASID_SHIFT) - 1);
}

static void satp_write(unsigned long asid, const pte_t *root)
{
	unsigned long v = SATP_MODE | asid << SATP_ASID_SHIFT | virt_to_pa(root) >> PAGE_SHIFT;

	__asm__ volatile("csrw satp, %0" : : "r"(v) : "memory");
}

/* Each hart: on its own kernel_pgd, with nothing remembered from boot; how many ASID bits. */
void mmu_init_hart(void)
{
	unsigned long v =
		SATP_MODE | 0xffffUL << SATP_ASID_SHIFT | virt_to_pa(kernel_pgd) >> PAGE_SHIFT;

	__asm__ volatile("csrw satp, %0; csrr %0, satp" : "+r"(v) : : "memory");
	mmu_asid_bits = (unsigned int)__builtin_popcountl(v >> SATP_ASID_SHIFT & 0xffff);
	satp_write(0, kernel_pgd);
	sfence_all();
	__asm__ volatile("fence.i" : : : "memory");
	current_thread()->hart_local = &hart_locals[hart_id()];
}

void mmu_context_init(struct mmu_context *ctx)
{
	memset(ctx, 0, sizeof(*ctx));
}

void mmu_init_root(pte_t *root)
{
	memcpy(root + PT_ENTRIES / 2, kernel_pgd + PT_ENTRIES / 2, PAGE_SIZE / 2);
}

static bool asid_is_reserved(unsigned long number)
{
	for (unsigned int h = 0; h < nr_harts; h++)
		if ((asid_reserved[h] & (BIT(ASID_SHIFT) - 1)) == number)
			return true;
	return false;
}

/* The context had it when this generation began, on some hart: it is @now in this one. */
static bool asid_keep(unsigned long was, unsigned long now)
{
	bool kept = false;

	for (unsigned int h = 0; h < nr_harts; h++)
		if (asid_reserved[h] == was) {
			asid_reserved[h] = now;
			kept = true;
		}
	return kept;
}

/*
 * All are given out.  A hart whose active one is of an older generation has not
 * switched in the one that ends: what was reserved for it stays so.  The order to
 * forget comes last, before anybody has a number of the new one: a hart that obeyed
 * it sooner might fill its TLB under a number that it has left when it is looked at.
 */
static void asid_next_generation(void)
{
	unsigned long ending = asid_generation;

	WRITE_ONCE(asid_generation, ending + 1);
	smp_mb();
	for (unsigned int h = 0; h < nr_harts; h++) {
		unsigned long active = READ_ONCE(asid_active[h]);

		if (active >> ASID_SHIFT == ending)
			asid_reserved[h] = active;
	}
	__atomic_store_n(&hart_must_flush, ~0UL, __ATOMIC_SEQ_CST);
	asid_next = 1;
}

/* One that nobody has: there are more than harts, so that a generation holds some. */
static unsigned long asid_take(void)
{
	for (;;) {
		if (asid_next >> mmu_asid_bits)
			asid_next_generation();
		if (!asid_is_reserved(asid_next))
			return asid_next++;
		asid_next++;
	}
}

/* Give @ctx an ASID of this generation, unless another hart just did: what to load here. */
static __noinline unsigned long asid_assign(struct mmu_context *ctx)
{
	unsigned long flags = spin_lock_irqsave(&asid_lock), was = ctx->asid, asid = was;

	if (was >> ASID_SHIFT != asid_generation) {
		asid = asid_generation << ASID_SHIFT | (was & (BIT(ASID_SHIFT) - 1));
		if (!was || !asid_keep(was, asid)) {
			asid = asid_take();
			asid |= asid_generation << ASID_SHIFT;
		}
		smp_store_release(&ctx->asid, asid);    /* hart_must_flush before */
	}
	WRITE_ONCE(asid_active[hart_id()], asid);
	spin_unlock_irqrestore(&asid_lock, flags);
	return asid;
}

/*
 * With too few ASID bits (0 is allowed) every switch flushes: a generation
 * would begin each time, or all be reserved, so do it without the allocator.
 */
static void switch_without_asid(pte_t *root)
{
	satp_write(0, root);
	sfence_all();
}

/* Flushes that did not reach this hart while it ran nothing of @ctx. */
static inline void heed_note(struct mmu_context *ctx, unsigned long asid)
{
	unsigned long me = BIT(hart_id());

	if (unlikely(READ_ONCE(ctx->stale) & me)) {
		__atomic_fetch_and(&ctx->stale, ~me, __ATOMIC_SEQ_CST);
		sfence_asid(asid);
	}
}

/* All that this hart was told to forget: of older generations, of @ctx, of its instructions. */
static __noinline void forget(struct mmu_context *ctx, unsigned long asid)
{
	unsigned long me = BIT(hart_id());

	if (READ_ONCE(hart_must_flush) & me) {
		__atomic_fetch_and(&hart_must_flush, ~me, __ATOMIC_SEQ_CST);
		sfence_all();
	}
	heed_note(ctx, asid);
	if (READ_ONCE(ctx->icache_stale) & me) {
		__atomic_fetch_and(&ctx->icache_stale, ~me, __ATOMIC_SEQ_CST);
		__asm__ volatile("fence.i" : : : "memory");
	}
}

static __always_inline void load(struct mmu_context *ctx, pte_t *root, unsigned long asid)
{
	unsigned long number = asid & (BIT(ASID_SHIFT) - 1);

	satp_write(number, root);
	if (unlikely((READ_ONCE(hart_must_flush) | READ_ONCE(ctx->stale) |
		      READ_ONCE(ctx->icache_stale)) & BIT(hart_id())))
		forget(ctx, number);
}

static __noinline void load_anew(struct mmu_context *ctx, pte_t *root)
{
	load(ctx, root, asid_assign(ctx));
}

void mmu_switch(struct mmu_context *ctx, pte_t *root)
{
	unsigned long asid = READ_ONCE(ctx->asid);

	WRITE_ONCE(asid_active[hart_id()], asid);
	__atomic_fetch_or(&ctx->harts, BIT(hart_id()), __ATOMIC_SEQ_CST); /* a fence for both */
	if (unlikely(mmu_asid_bits < ASID_BITS_MIN))
		switch_without_asid(root);
	else if (unlikely(asid >> ASID_SHIFT != READ_ONCE(asid_generation)))
		load_anew(ctx, root);
	else
		load(ctx, root, asid);
}

void mmu_leave(struct mmu_context *old)
{
	__atomic_fetch_and(&old->harts, ~BIT(hart_id()), __ATOMIC_RELEASE);
}

static void flush_local(struct mmu_context *ctx, vaddr_t start, vaddr_t end)
{
	unsigned long asid = asid_of(ctx);

	assert(!DEBUG || mmu_asid_bits < ASID_BITS_MIN || asid_loaded() == asid);
	if (end - start > FLUSH_PAGES_MAX * PAGE_SIZE) {
		sfence_asid(asid);
		return;
	}
	for (vaddr_t va = start; va < end; va += PAGE_SIZE)
		sfence_page(va, asid);
}

/*
 * A note for hart @h, which need not be called then.  While it runs a program it would lose
 * the note; but who faults is in the kernel in a moment, and a call takes both harts longer.
 */
static bool leave_note(unsigned int h)
{
	unsigned long *word = &hart_locals[h].user_half;

	for (unsigned int looks = NOTE_PATIENCE; looks; looks--)
		if (!(READ_ONCE(*word) & ~NOTE) &&
		    !(__atomic_fetch_or(word, NOTE, __ATOMIC_SEQ_CST) & ~NOTE))
			return true;
	return false;
}

/* Of @harts those that run a program and go on with it; to the others a note. */
static unsigned long harts_in_user(unsigned long harts)
{
	unsigned long in_user = 0;

	for (unsigned long m = harts; m; m &= m - 1) {
		unsigned int h = __builtin_ctzl(m);

		if (!leave_note(h))
			in_user |= BIT(h);
	}
	return in_user;
}

/*
 * The other harts: those that run it now, and a note for those that may come back to
 * it.  @tables: all that have it loaded.
 */
static __noinline void flush_others(struct mmu_context *ctx, vaddr_t start, vaddr_t end,
				    bool tables)
{
	unsigned long me = BIT(hart_id()), others;

	__atomic_fetch_or(&ctx->stale, harts_online & ~me, __ATOMIC_SEQ_CST);
	others = __atomic_load_n(&ctx->harts, __ATOMIC_SEQ_CST) & ~me;
	if (!tables)
		others = harts_in_user(others);
	if (!others)
		return;
	vmstat_inc(VMSTAT_tlb_flush_remote);
	harts_remote_sfence(others, start,
			    end - start > FLUSH_PAGES_MAX * PAGE_SIZE ? ~0UL : end - start,
			    asid_of(ctx));
}

static void flush(struct mmu_context *ctx, vaddr_t start, vaddr_t end, bool tables)
{
	unsigned long flags = irq_save();

	if (READ_ONCE(ctx->harts) & BIT(hart_id()))
		flush_local(ctx, start, end);
	else
		__atomic_fetch_or(&ctx->stale, BIT(hart_id()), __ATOMIC_SEQ_CST);
	if (nr_harts > 1)
		flush_others(ctx, start, end, tables);
	irq_restore(flags);
}

void tlb_flush_range(struct mmu_context *ctx, vaddr_t start, vaddr_t end)
{
	flush(ctx, start, end, false);
}

void tlb_flush_page(struct mmu_context *ctx, vaddr_t va)
{
	tlb_flush_range(ctx, va, va + PAGE_SIZE);
}

void tlb_flush_page_local(struct mmu_context *ctx, vaddr_t va)
{
	sfence_page(va, asid_of(ctx));
}

void tlb_flush_all(struct mmu_context *ctx)
{
	flush(ctx, 0, USER_END, true);
}

void tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
	unsigned long flags = irq_save();
	unsigned long others = harts_online & ~BIT(hart_id());

	if (end - start > FLUSH_PAGES_MAX * PAGE_SIZE)
		sfence_all();
	else
		for (vaddr_t va = start; va < end; va += PAGE_SIZE)
			__asm__ volatile("sfence.vma %0" : : "r"(va) : "memory");
	if (others)
		harts_remote_sfence(others, start, end - start, ~0UL);
	irq_restore(flags);
}

void icache_flush(struct mmu_context *ctx)
{
	unsigned long flags = irq_save();
	unsigned long me = BIT(hart_id()), others;

	__asm__ volatile("fence.i" : : : "memory");
	if (nr_harts > 1) {
		__atomic_fetch_or(&ctx->icache_stale, harts_online & ~me, __ATOMIC_SEQ_CST);
		others = harts_in_user(__atomic_load_n(&ctx->harts, __ATOMIC_SEQ_CST) & ~me);
		if (others)
			harts_remote_fence_i(others);
	}
	irq_restore(flags);
}
