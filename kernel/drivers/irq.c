// SPDX-License-Identifier: MIT
/*
 * Interrupt numbers and their handlers.
 *
 * An entry is written once, before its interrupt is enabled, and never
 * changes: the handler's path takes no lock.  An interrupt that nobody asked
 * for is disabled again when it comes, so that it cannot come for ever.
 *
 * Lock: table_lock for registering.
 */
#include <kernel/drivers/irq.h>

#include <kernel/log.h>
#include <kernel/sync.h>
#include <lib/atomic.h>

struct irq_entry {
	void (*fn)(void *arg);          /* [c] once enabled */
	void *arg;
	const char *name;
};

static struct irq_entry table[NR_IRQS];
static u32 counts[NR_IRQS];                     /* by the hart it arrives at alone */
static const struct irq_chip *chip;             /* [c] */
static struct spinlock table_lock = SPINLOCK_INIT(RANK_LEAF);

void irq_set_chip(const struct irq_chip *c)
{
	smp_store_release(&chip, c);
}

int irq_request(unsigned int irq, void (*fn)(void *arg), void *arg, const char *name)
{
	struct irq_entry *e = &table[irq];
	unsigned long flags;

	if (!chip) {
		pr_err("%s: no PLIC, and no other interrupt controller is known (QEMU: aia=none)",
		       name);
		return -ENODEV;
	}
	if (irq >= NR_IRQS || irq >= chip->nr_irqs)
		return -EINVAL;
	flags = spin_lock_irqsave(&table_lock);
	if (e->fn) {
		spin_unlock_irqrestore(&table_lock, flags);
		return -EBUSY;
	}
	e->arg = arg;
	e->name = name;
	smp_store_release(&e->fn, fn);
	spin_unlock_irqrestore(&table_lock, flags);
	chip->enable(irq);
	return 0;
}

void irq_handle(unsigned int irq)
{
	void (*fn)(void *arg);

	if (irq >= NR_IRQS)
		return;
	WRITE_ONCE(counts[irq], counts[irq] + 1);
	fn = smp_load_acquire(&table[irq].fn);
	if (likely(fn)) {
		fn(table[irq].arg);
		return;
	}
	pr_warn("irq %u: nobody asked for it; disabled", irq);
	chip->disable(irq);
}

const char *irq_name(unsigned int irq)
{
	return irq < NR_IRQS && smp_load_acquire(&table[irq].fn) ? table[irq].name : NULL;
}

unsigned long irq_count(unsigned int irq, unsigned int hart)
{
	return irq_name(irq) && hart == chip->hart(irq) ? READ_ONCE(counts[irq]) : 0;
}

const char *irq_chip_name(void)
{
	return chip ? chip->name : "none";
}

unsigned long irq_total(void)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < NR_IRQS; i++)
		n += READ_ONCE(counts[i]);
	return n;
}
