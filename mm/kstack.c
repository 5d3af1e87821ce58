// SPDX-License-Identifier: MIT
/*
 * Kernel stacks: mapped in the vmalloc range so that running off the lower end
 * faults instead of writing into somebody's data.
 *
 *	slot i   | guard, never mapped | stack: KSTACK_SIZE |   slot i + 1 ...
 *
 * Mapping a stack costs four frames and unmapping it a flush of every hart, so a
 * freed one stays mapped: each hart keeps a few for the next fork, and a common
 * pool a few more.  A kept stack's lowest word links it to the next.
 *
 * A frame of a stack is not where the direct map arithmetic says: no buffer for
 * a device may be on a stack.
 *
 * Always true:  a slot whose bit is set is mapped, or being mapped or unmapped.
 * Lock:         interrupts off for the hart's own; kstacks.lock for the pool and
 *               the bits.
 */
#include <mm/kstack.h>

#include <arch/cpu.h>
#include <kernel/sync.h>
#include <lib/bitmap.h>
#include <mm/frames.h>
#include <mm/reclaim.h>
#include <mm/vmalloc.h>
#include <mm/vmap.h>
#include <mm/vmstat.h>

#define HART_KEEPS      4
#define POOL_KEEPS      8
#define STACK_PAGES     (KSTACK_SIZE / PAGE_SIZE)

struct kept {
	unsigned long *first;   /* linked through the lowest word */
	unsigned int nr;
};

static struct kept hart_stacks[NR_HARTS_MAX];
static struct {
	struct spinlock lock;           /* RANK_VMALLOC, irqsave: the pool and the bits */
	struct kept pool;
	unsigned long hint;             /* no slot below is free */
	DECLARE_BITMAP(used, KSTACKS_MAX);
} kstacks = { .lock = SPINLOCK_INIT(RANK_VMALLOC) };

static void *stack_map(void);
static void pool_trim(unsigned int keep);
static unsigned long kstack_shrink(unsigned long nr, unsigned int gfp);

static struct shrinker kstack_shrinker = { .shrink = kstack_shrink };

void kstack_init(void)
{
	shrinker_register(&kstack_shrinker);
}

static void kept_push(struct kept *k, unsigned long *stack)
{
	*stack = (unsigned long)k->first;
	k->first = stack;
	k->nr++;
}

static void *kept_pop(struct kept *k)
{
	unsigned long *stack = k->first;

	if (stack) {
		k->first = (unsigned long *)*stack;
		k->nr--;
	}
	return stack;
}

void *kstack_alloc(void)
{
	unsigned long flags = irq_save();
	void *stack = kept_pop(&hart_stacks[hart_id()]);

	if (!stack) {
		spin_lock(&kstacks.lock);
		stack = kept_pop(&kstacks.pool);
		spin_unlock(&kstacks.lock);
	}
	irq_restore(flags);
	if (!stack)
		stack = stack_map();
	if (stack)
		vmstat_add(VMSTAT_nr_kernel_stack, KSTACK_SIZE / KiB);
	return stack;
}

/*
 * Does not sleep.  Where interrupts are off the pool may grow past what it
 * should keep: the next free elsewhere, or reclaim, trims it.
 */
void kstack_free(void *stack)
{
	unsigned long flags = irq_save();
	struct kept *mine = &hart_stacks[hart_id()];
	bool trim = false;

	if (mine->nr < HART_KEEPS) {
		kept_push(mine, stack);
	} else {
		spin_lock(&kstacks.lock);
		kept_push(&kstacks.pool, stack);
		trim = kstacks.pool.nr > POOL_KEEPS;
		spin_unlock(&kstacks.lock);
	}
	irq_restore(flags);
	vmstat_add(VMSTAT_nr_kernel_stack, -(long)(KSTACK_SIZE / KiB));
	if (trim && !irqs_off())
		pool_trim(POOL_KEEPS);
}

/* ---- slots ---- */

static vaddr_t slot_stack(unsigned long slot)
{
	return VMALLOC_BLOCKS_END + slot * KSTACK_SLOT + PAGE_SIZE;
}

static unsigned long slot_take(void)
{
	unsigned long flags = spin_lock_irqsave(&kstacks.lock);
	unsigned long slot = bitmap_find_next_zero(kstacks.used, KSTACKS_MAX, kstacks.hint);

	if (slot < KSTACKS_MAX)
		bitmap_set(kstacks.used, slot);
	kstacks.hint = slot;
	spin_unlock_irqrestore(&kstacks.lock, flags);
	return slot;
}

static void slot_give(unsigned long slot)
{
	unsigned long flags = spin_lock_irqsave(&kstacks.lock);

	bitmap_clear(kstacks.used, slot);
	kstacks.hint = min(kstacks.hint, slot);
	spin_unlock_irqrestore(&kstacks.lock, flags);
}

static void *stack_map(void)
{
	unsigned long slot = slot_take();

	if (slot == KSTACKS_MAX)
		return NULL;
	if (vmap_frames(slot_stack(slot), STACK_PAGES, GFP_KERNEL)) {
		slot_give(slot);
		return NULL;
	}
	return (void *)slot_stack(slot);
}

static void stack_unmap(void *stack)
{
	vunmap_frames((vaddr_t)stack, STACK_PAGES);
	slot_give(((vaddr_t)stack - VMALLOC_BLOCKS_END) / KSTACK_SLOT);
}

/* Unmap the pool's stacks beyond @keep. */
static void pool_trim(unsigned int keep)
{
	for (;;) {
		unsigned long flags = spin_lock_irqsave(&kstacks.lock);
		void *stack = kstacks.pool.nr > keep ? kept_pop(&kstacks.pool) : NULL;

		spin_unlock_irqrestore(&kstacks.lock, flags);
		if (!stack)
			return;
		stack_unmap(stack);
	}
}

static unsigned long kstack_shrink(unsigned long nr, unsigned int gfp)
{
	unsigned int had = READ_ONCE(kstacks.pool.nr);

	pool_trim(0);
	return had * STACK_PAGES;
}
