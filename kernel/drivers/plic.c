// SPDX-License-Identifier: MIT
/*
 * PLIC: the platform-level interrupt controller (RISC-V PLIC 1.0.0).
 *
 *	sources ──priority──► context (one a hart and mode) ──threshold──► hart
 *	                      enable bits; claim / complete
 *
 * Every source goes to one hart: with several enabled all of them would trap
 * and one would win.  Sources are dealt out to the harts that run, in turn, as
 * drivers ask for them, so that two busy devices do not keep one hart from its
 * work.  Which context is whose comes from "interrupts-extended": entry i names
 * the hart's own interrupt controller and the cause it raises there; cause 9 is
 * ours.
 *
 * Firmware shuts the context of a hart that starts (OpenSBI: threshold 7), so a
 * context is opened when its hart is online and gets a source, and not before.
 *
 * Always true: a context whose hart we do not run lets nothing through;
 *              a source that was asked for is enabled in one context.
 * Lock: plic.lock for the read-modify-write of enable bits.
 */
#include <kernel/drivers/driver.h>

#include <arch/cpu.h>
#include <arch/io.h>
#include <kernel/drivers/irq.h>
#include <kernel/entry.h>
#include <kernel/log.h>
#include <kernel/sync.h>
#include <lib/fdt.h>

#define CAUSE_EXTERNAL  9U              /* "interrupts-extended": to the kernel's mode */
#define NO_CONTEXT      (~0U)
#define BOOT_HART       0U              /* logical: the one that is always there */
#define MAX_CONTEXTS    15872U
#define MAX_SOURCES     1024U

/* Registers, byte offsets (PLIC 1.0.0, chapter 3). */
#define PRIORITY(irq)           (4UL * (irq))
#define ENABLE(ctx, irq)        (0x2000UL + 0x80UL * (ctx) + 4UL * ((irq) / 32))
#define THRESHOLD(ctx)          (0x200000UL + 0x1000UL * (ctx))
#define CLAIM(ctx)              (0x200004UL + 0x1000UL * (ctx))

static struct {
	char *regs;                     /* [c] NULL: none found */
	u64 size;                       /* [c] */
	unsigned int context[NR_HARTS_MAX];     /* [c] of each hart; or NO_CONTEXT */
	u8 hart[NR_IRQS];               /* [lock] where a source goes; fixed once it is enabled */
	unsigned int last;              /* [lock] the hart that got the last one */
	struct spinlock lock;           /* RANK_DRIVER, irqsave */
} plic = { .lock = SPINLOCK_INIT(RANK_DRIVER) };

static unsigned int find_contexts(const void *fdt, int node);
static void silence(const void *fdt, int node);

static bool takes_part(unsigned int hart)
{
	return READ_ONCE(harts_online) & BIT(hart) && plic.context[hart] != NO_CONTEXT;
}

/* The one after the last that got a source, at first BOOT_HART; the same again if it is alone. */
static unsigned int next_hart(void)
{
	unsigned int h = plic.last;

	do
		h = (h + 1) % nr_harts;
	while (h != plic.last && !takes_part(h));
	return plic.last = h;
}

/* plic.lock held. */
static void set_enable(unsigned int irq, bool on)
{
	char *reg = plic.regs + ENABLE(plic.context[plic.hart[irq]], irq);
	u32 v = io_read32(reg), bit = 1U << irq % 32;

	io_write32(reg, on ? v | bit : v & ~bit);
}

static void plic_enable(unsigned int irq)
{
	unsigned long flags = spin_lock_irqsave(&plic.lock);

	plic.hart[irq] = (u8)next_hart();
	io_write32(plic.regs + THRESHOLD(plic.context[plic.hart[irq]]), 0);
	io_write32(plic.regs + PRIORITY(irq), 1);
	set_enable(irq, true);
	spin_unlock_irqrestore(&plic.lock, flags);
}

/* From the handler of @irq, which nobody asked for: it is enabled where we are, if anywhere. */
static void plic_disable(unsigned int irq)
{
	unsigned long flags = spin_lock_irqsave(&plic.lock);

	plic.hart[irq] = (u8)hart_id();
	set_enable(irq, false);
	spin_unlock_irqrestore(&plic.lock, flags);
}

static unsigned int plic_hart(unsigned int irq)
{
	return READ_ONCE(plic.hart[irq]);
}

static struct irq_chip plic_chip = {
	.name = "PLIC",
	.enable = plic_enable,
	.disable = plic_disable,
	.hart = plic_hart,
};

int plic_probe(const void *fdt, int node)
{
	unsigned int last;
	u32 sources;
	u64 pa;

	if (plic.regs)
		return -EBUSY;
	if (fdt_prop_u32(fdt, node, "riscv,ndev", &sources) ||
	    fdt_reg(fdt, node, 0, &pa, &plic.size))
		return -EINVAL;
	last = find_contexts(fdt, node);
	if (last == NO_CONTEXT)
		return -ENOENT;
	plic.regs = driver_map(fdt, node, 0, CLAIM(last) + 4);
	if (!plic.regs)
		return -ENOMEM;
	plic_chip.nr_irqs = min(sources + 1, min(MAX_SOURCES, (unsigned int)NR_IRQS));
	silence(fdt, node);
	irq_set_chip(&plic_chip);
	return 0;
}

/* The hart id of the cpu whose own interrupt controller has this phandle. */
static int hart_of_phandle(const void *fdt, u32 phandle, u64 *hwid)
{
	int cpu = fdt_find_phandle(fdt, phandle);

	cpu = cpu < 0 ? cpu : fdt_parent(fdt, cpu);
	return cpu < 0 ? cpu : fdt_prop_u64(fdt, cpu, "reg", hwid);
}

/* The logical number of the hart that has this id, or NR_HARTS_MAX. */
static unsigned int hart_of_hwid(u64 hwid)
{
	for (unsigned int h = 0; h < nr_harts; h++)
		if (hart_hwid(h) == hwid)
			return h;
	return NR_HARTS_MAX;
}

/* Fill plic.context.  The highest of them, or NO_CONTEXT: the hart that booted has none. */
static unsigned int find_contexts(const void *fdt, int node)
{
	unsigned int last = NO_CONTEXT, h;
	u32 phandle, cause;
	u64 id;

	for (h = 0; h < NR_HARTS_MAX; h++)
		plic.context[h] = NO_CONTEXT;
	for (unsigned int i = 0; i < MAX_CONTEXTS && plic.size >= CLAIM(i) + 4; i++) {
		if (fdt_prop_cell(fdt, node, "interrupts-extended", 2 * i, &phandle) ||
		    fdt_prop_cell(fdt, node, "interrupts-extended", 2 * i + 1, &cause))
			break;
		if (cause != CAUSE_EXTERNAL || hart_of_phandle(fdt, phandle, &id))
			continue;
		h = hart_of_hwid(id);
		if (h < NR_HARTS_MAX) {
			plic.context[h] = i;
			last = i;
		}
	}
	return plic.context[BOOT_HART] == NO_CONTEXT ? NO_CONTEXT : last;
}

/* What firmware or the kernel before us left enabled for our mode goes. */
static void silence(const void *fdt, int node)
{
	u32 cause;

	for (unsigned int ctx = 0;
	     !fdt_prop_cell(fdt, node, "interrupts-extended", 2 * ctx + 1, &cause); ctx++) {
		if (cause != CAUSE_EXTERNAL || plic.size < CLAIM(ctx) + 4)
			continue;
		for (unsigned int irq = 0; irq < plic_chip.nr_irqs; irq += 32)
			io_write32(plic.regs + ENABLE(ctx, irq), 0);
	}
}

void entry_external_irq(void)
{
	unsigned int context = plic.context[hart_id()];
	u32 irq;

	if (!plic.regs || context == NO_CONTEXT)
		return;
	while ((irq = io_read32(plic.regs + CLAIM(context)))) {
		irq_handle(irq);
		io_write32(plic.regs + CLAIM(context), irq);
	}
}
