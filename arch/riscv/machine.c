// SPDX-License-Identifier: MIT
/*
 * The board: first console, device registers, power.
 */
#include <arch/machine.h>

#include "boot.h"
#include "sbi.h"

#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/time.h>
#include <kernel/log.h>
#include <kernel/sync.h>
#include <lib/fdt.h>
#include <mm/pagetable.h>

void early_puts(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			sbi_putchar('\r');
		sbi_putchar(s[i]);
	}
}

/* Device registers are mapped behind the device tree's window, and stay. */
static struct spinlock ioremap_lock = SPINLOCK_INIT(RANK_VMALLOC);
static vaddr_t ioremap_next = FIXMAP_START + (64UL << 20);      /* [ioremap_lock] */

static vaddr_t ioremap_reserve(size_t len)
{
	vaddr_t va = 0;

	spin_lock(&ioremap_lock);
	if (len <= FIXMAP_END - ioremap_next) {
		va = ioremap_next;
		ioremap_next += len;
	}
	spin_unlock(&ioremap_lock);
	return va;
}

void *ioremap(paddr_t pa, size_t len)
{
	paddr_t first = ALIGN_DOWN(pa, PAGE_SIZE);
	vaddr_t va;

	if (len == 0 || pa + len < pa)
		return NULL;
	len = ALIGN_UP(pa + len, PAGE_SIZE) - first;
	va = ioremap_reserve(len);
	if (!va)
		return NULL;
	for (size_t off = 0; off < len; off += PAGE_SIZE) {
		pte_t *pte = pt_walk_kernel(va + off, PT_ALLOC);

		if (!pte)
			return NULL;
		pte_set(pte, pte_make((first + off) >> PAGE_SHIFT,
				      pte_kernel_prot(VM_READ | VM_WRITE, true)));
	}
	tlb_flush_kernel(va, va + len);
	return (void *)(va + (pa - first));
}

/* QEMU's sifive_test device can carry an exit status; mapped at boot so that a panic can use it. */
static volatile u32 *power_regs;

void machine_power_init(void)
{
	int node = fdt_find_compatible(machine_fdt, -1, "sifive,test0");
	u64 pa, size;

	if (node >= 0 && fdt_reg(machine_fdt, node, 0, &pa, &size) == 0 && size >= 4)
		power_regs = ioremap(pa, 4);
}

/*
 * QEMU 10 leaves a moment after it was asked, with the status of whoever asked
 * last: the firmware, asked at once, would make it 0.
 */
#define POWEROFF_WAIT_NS        (10 * 1000000000UL)

void machine_poweroff(int status)
{
	u64 asked = time_ns();

	irq_disable();
	if (power_regs) {
		*power_regs = status ? (u32)(status & 0xffff) << 16 | 0x3333 : 0x5555;
		while (time_ns() - asked < POWEROFF_WAIT_NS)
			;
	}
	sbi_reset(false);
	machine_halt();
}

void machine_restart(void)
{
	irq_disable();
	sbi_reset(true);
	if (power_regs)
		*power_regs = 0x7777;
	machine_halt();
}

void machine_halt(void)
{
	irq_disable();
	__asm__ volatile("csrw sie, zero");
	for (;;)
		__asm__ volatile("wfi");
}

void cpu_idle(void)
{
	__asm__ volatile("wfi" : : : "memory");
}

/* No entropy source is architectural below Zkr, which is not for S-mode here. */
bool cpu_random_seed(u64 *seed)
{
	return false;
}
