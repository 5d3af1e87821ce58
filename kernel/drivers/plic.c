// SPDX-License-Identifier: MIT
/*
 * PLIC: the platform-level interrupt controller (RISC-V PLIC 1.0.0).
 *
 *	sources ──priority──► context (one a hart and mode) ──threshold──► hart
 *	                      enable bits; claim / complete
 *
 * Every source goes to one hart, the one that booted: with several enabled
 * all of them would trap and one would win.  Which context is whose comes from
 * "interrupts-extended": entry i names the hart's own interrupt controller and
 * the cause it raises there; cause 9 is ours.
 *
 * Always true: a context whose hart we do not run lets nothing through.
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
#define BOOT_HART       0U              /* logical: whatever hart this task runs on now */
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
	unsigned int context;           /* [c] of the hart that takes the interrupts */
	struct spinlock lock;           /* RANK_DRIVER, irqsave */
} plic = { .lock = SPINLOCK_INIT(RANK_DRIVER) };

static int find_context(const void *fdt, int node, u64 hwid, unsigned int *context);
static void silence(const void *fdt, int node);

static void plic_set_enable(unsigned int irq, bool on)
{
	char *reg = plic.regs + ENABLE(plic.context, irq);
	unsigned long flags = spin_lock_irqsave(&plic.lock);
	u32 v = io_read32(reg), bit = 1U << irq % 32;

	io_write32(reg, on ? v | bit : v & ~bit);
	spin_unlock_irqrestore(&plic.lock, flags);
}

static void plic_enable(unsigned int irq)
{
	io_write32(plic.regs + PRIORITY(irq), 1);
	plic_set_enable(irq, true);
}

static void plic_disable(unsigned int irq)
{
	plic_set_enable(irq, false);
}

static struct irq_chip plic_chip = {
	.name = "PLIC",
	.enable = plic_enable,
	.disable = plic_disable,
};

int plic_probe(const void *fdt, int node)
{
	u32 sources;
	u64 pa;
	int err;

	if (plic.regs)
		return -EBUSY;
	if (fdt_prop_u32(fdt, node, "riscv,ndev", &sources) ||
	    fdt_reg(fdt, node, 0, &pa, &plic.size))
		return -EINVAL;
	err = find_context(fdt, node, hart_hwid(BOOT_HART), &plic.context);
	if (err)
		return err;
	if (plic.size < CLAIM(plic.context) + 4)
		return -EINVAL;
	plic_chip.hart = BOOT_HART;
	plic.regs = driver_map(fdt, node, 0, CLAIM(plic.context) + 4);
	if (!plic.regs)
		return -ENOMEM;
	plic_chip.nr_irqs = min(sources + 1, min(MAX_SOURCES, (unsigned int)NR_IRQS));
	silence(fdt, node);
	io_write32(plic.regs + THRESHOLD(plic.context), 0);
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

static int find_context(const void *fdt, int node, u64 hwid, unsigned int *context)
{
	u32 phandle, cause;
	u64 id;

	for (unsigned int i = 0; i < MAX_CONTEXTS; i++) {
		if (fdt_prop_cell(fdt, node, "interrupts-extended", 2 * i, &phandle) ||
		    fdt_prop_cell(fdt, node, "interrupts-extended", 2 * i + 1, &cause))
			return -ENOENT;
		if (cause == CAUSE_EXTERNAL && !hart_of_phandle(fdt, phandle, &id) && id == hwid) {
			*context = i;
			return 0;
		}
	}
	return -ENOENT;
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
	u32 irq;

	if (!plic.regs || hart_id() != plic_chip.hart)
		return;
	while ((irq = io_read32(plic.regs + CLAIM(plic.context)))) {
		irq_handle(irq);
		io_write32(plic.regs + CLAIM(plic.context), irq);
	}
}
