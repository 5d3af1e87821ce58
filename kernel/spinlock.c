// SPDX-License-Identifier: MIT
/*
 * Spinlocks: the contended wait, and what a debug build checks of every one.
 *
 * The fast path is inline in sync.h.  A debug build keeps, per hart, the list
 * of spinlocks held, and panics with the first of these:
 *
 *   order        a lock of a rank not above all that are held; equal ranks are
 *                fine in ascending order of address
 *   recursion    the hart waits for a lock that it holds
 *   ownership    unlocked by a hart that does not hold it
 *   interrupts   a lock that a handler has taken, held with interrupts on, or
 *                the other way round: sooner or later the two meet on one hart
 *   stuck        a lock waited for longer than any critical section lasts
 *   sleeping     with a spinlock held, with interrupts off, in a handler
 *
 * Always true: what an interrupt handler finds held below irq_base belongs to
 *              the code it interrupted; order is checked above it only.
 * Lock:        none: a hart's list is its own, and changed only where an
 *              interrupt that comes in between leaves it as it was.
 */
#include <kernel/sync.h>

#include <arch/time.h>
#include <kernel/sync_debug.h>
#include <kernel/task.h>

#define MAX_HELD        16
#define STUCK_NS        (60 * 1000000000ULL)
#define LOOK_NS         100000000UL     /* the most that counts of what lies between two looks */

/* Above the rank in spinlock.rank; changed by the holder. */
#define RANK_MASK       0xffU
#define USED_IN_IRQ     0x4000U
#define HELD_IRQS_ON    0x8000U

/* [o] own hart only */
static struct hart_locks {
	struct spinlock *held[MAX_HELD];
	unsigned int nr;
	unsigned int irq_base;          /* held before the handler began */
	bool in_irq;
	bool irq_user;                  /* the handler interrupted a program */
} __aligned(CACHE_LINE) hart_locks[NR_HARTS_MAX];

/* How long a lock has been waited for. */
struct watch {
	u64 last;               /* when it was looked at */
	u64 waited;             /* ns */
};

static unsigned int lock_rank(const struct spinlock *l)
{
	return l->rank & RANK_MASK;
}

/* Looked at in each turn of a loop: if much lies between two looks, the machine was stopped. */
static bool waited_too_long(struct watch *w)
{
	u64 now = time_ns();

	w->waited += min(now - w->last, LOOK_NS);
	w->last = now;
	return w->waited > STUCK_NS;
}

void spin_lock_slow(struct spinlock *l)
{
	struct watch w = { .last = DEBUG ? time_ns() : 0 };
	u32 expected;

	if (DEBUG && READ_ONCE(l->holder) == hart_id() + 1)
		panic("spinlock %p of rank %u: hart %u waits for itself", (void *)l, lock_rank(l),
		      hart_id());
	do {
		while (__atomic_load_n(&l->locked, __ATOMIC_RELAXED)) {
			cpu_relax();
			if (DEBUG && waited_too_long(&w))
				panic("spinlock %p of rank %u: held by hart %d for a minute",
				      (void *)l, lock_rank(l), READ_ONCE(l->holder) - 1);
		}
		expected = 0;
	} while (!__atomic_compare_exchange_n(&l->locked, &expected, 1, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
}

static void check_order(const struct hart_locks *h, const struct spinlock *l)
{
	for (unsigned int i = h->irq_base; i < h->nr; i++) {
		unsigned int rank = lock_rank(h->held[i]);

		if (rank > lock_rank(l) || (rank == lock_rank(l) && h->held[i] >= l))
			panic("spinlock %p of rank %u taken while holding %p of rank %u",
			      (void *)l, lock_rank(l), (void *)h->held[i], rank);
	}
}

static void check_interrupts(const struct hart_locks *h, struct spinlock *l)
{
	if (h->in_irq)
		l->rank |= USED_IN_IRQ;
	else if (!irqs_off())
		l->rank |= HELD_IRQS_ON;
	if ((l->rank & USED_IN_IRQ) && (l->rank & HELD_IRQS_ON))
		panic("spinlock %p of rank %u: taken by interrupts and held with interrupts on",
		      (void *)l, lock_rank(l));
}

void spin_debug_trylocked(struct spinlock *l)
{
	struct hart_locks *h = &hart_locks[hart_id()];
	unsigned int i;

	check_interrupts(h, l);
	l->holder = (u16)(hart_id() + 1);
	if (h->nr == MAX_HELD)
		panic("spinlock %p of rank %u: %d held already", (void *)l, lock_rank(l), MAX_HELD);
	/* The count first: an interrupt between the two uses and frees the slots above this one. */
	i = h->nr;
	WRITE_ONCE(h->nr, i + 1);
	barrier();
	h->held[i] = l;
}

void spin_debug_locked(struct spinlock *l)
{
	check_order(&hart_locks[hart_id()], l);
	spin_debug_trylocked(l);
}

void spin_debug_unlock(struct spinlock *l)
{
	struct hart_locks *h = &hart_locks[hart_id()];
	unsigned long flags = irq_save();
	unsigned int i = h->nr;

	while (i > 0 && h->held[i - 1] != l)
		i--;
	if (i == 0)
		panic("spinlock %p of rank %u: unlocked by hart %u, held by hart %d", (void *)l,
		      lock_rank(l), hart_id(), l->holder - 1);
	for (h->nr--; i <= h->nr; i++)
		h->held[i - 1] = h->held[i];
	l->holder = 0;
	irq_restore(flags);
}

bool spin_debug_held(const struct spinlock *l)
{
	return l->locked && l->holder == hart_id() + 1;
}

void irq_enter(bool user)
{
	struct hart_locks *h = &hart_locks[hart_id()];

	h->irq_user = user;
	if (DEBUG) {
		h->in_irq = true;
		h->irq_base = h->nr;
	}
}

void irq_exit(void)
{
	struct hart_locks *h = &hart_locks[hart_id()];

	if (DEBUG) {
		if (h->nr != h->irq_base)
			panic("interrupt: returns with spinlock %p held",
			      (void *)h->held[h->nr - 1]);
		h->in_irq = false;
		h->irq_base = 0;
	}
}

bool irq_from_user(void)
{
	return hart_locks[hart_id()].irq_user;
}

void might_sleep_check(void)
{
	const struct hart_locks *h;

	if (!DEBUG || !sched_ready)
		return;
	if (irqs_off())
		panic("sleeping with interrupts off");
	h = &hart_locks[hart_id()];
	if (h->nr)
		panic("sleeping with spinlock %p of rank %u held", (void *)h->held[h->nr - 1],
		      lock_rank(h->held[h->nr - 1]));
}

/* ------------------------------------------------ ranks of sleeping locks */

void sleep_lock_check(unsigned int rank, bool nested)
{
	const struct held_lock_list *held = &current->held;

	if (!sched_ready)
		return;
	might_sleep();
	for (unsigned int i = 0; i < held->nr; i++)
		if (held->rank[i] > rank || (held->rank[i] == rank && !nested))
			panic("sleeping lock of rank %u taken while holding one of rank %u", rank,
			      held->rank[i]);
}

void sleep_lock_push(unsigned int rank)
{
	struct held_lock_list *held = &current->held;

	if (!sched_ready)
		return;
	if (held->nr == ARRAY_SIZE(held->rank))
		panic("sleeping lock of rank %u: %u held already", rank, held->nr);
	held->rank[held->nr++] = (u16)rank;
}

void sleep_lock_pop(unsigned int rank)
{
	struct held_lock_list *held = &current->held;
	unsigned int i = held->nr;

	if (!sched_ready)
		return;
	while (i > 0 && held->rank[i - 1] != rank)
		i--;
	if (i == 0)
		panic("sleeping lock of rank %u released by a task that does not hold it", rank);
	for (held->nr--; i <= held->nr; i++)
		held->rank[i - 1] = held->rank[i];
}
