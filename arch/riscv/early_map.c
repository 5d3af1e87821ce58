// SPDX-License-Identifier: MIT
/*
 * The first page tables, made while paging is off.
 *
 * Called from _start at physical addresses: everything here is reached
 * pc-relative, so no pointer in initialised data, no jump table.  What it
 * builds is just enough to go on at linked addresses: the image with its
 * permissions, a window behind it for more tables, and the device tree.
 * direct_map.c does the rest.
 *
 *   kernel_pgd      510 → image_l1 → image_l0[2]    text R-X, rodata R--, data RW-
 *                   256 → fixmap_l1                 device tree, read-only
 *                   257, 258 → vmalloc_l1[2]        empty; kept so that every root has them
 *   trampoline_pgd  510 → image_l1, and the image's own gigabyte as it lies
 */
#include "boot.h"
#include "sbi.h"

#include <lib/bug.h>
#include <lib/string.h>

#define IMAGE_TABLES    (EARLY_WINDOW >> 21)

static pte_t image_l1[PT_ENTRIES] __aligned(4096);
static pte_t image_l0[IMAGE_TABLES * PT_ENTRIES] __aligned(4096);
static pte_t fixmap_l1[PT_ENTRIES] __aligned(4096);
static pte_t vmalloc_l1[2 * PT_ENTRIES] __aligned(4096);

/* The linked address of _start, as data: code would compute it pc-relative. */
static const volatile unsigned long link_start = (unsigned long)_start;

unsigned long image_offset;
struct thread boot_thread;

#define KERNEL_LEAF (PTE_V | PTE_G | PTE_A | PTE_D)

static pte_t leaf(unsigned long pa, unsigned long rwx)
{
	return (pte_t){ pa >> PAGE_SHIFT << PTE_PFN_SHIFT | KERNEL_LEAF | rwx };
}

static pte_t table(const void *pa)
{
	return pte_make_table((unsigned long)pa >> PAGE_SHIFT);
}

static unsigned long image_rwx(unsigned long pa)
{
	if (pa < (unsigned long)_text_end)
		return PTE_R | PTE_X;
	if (pa < (unsigned long)_rodata_end)
		return PTE_R;
	return PTE_R | PTE_W;
}

static void map_image(void)
{
	unsigned long pa = (unsigned long)_image_start, va = link_start;

	for (unsigned int i = 0; i < IMAGE_TABLES; i++)
		image_l1[pt_index(va + i * PT_SPAN(1), 1)] = table(&image_l0[i * PT_ENTRIES]);
	for (unsigned int i = 0; i < IMAGE_TABLES * PT_ENTRIES; i++)
		image_l0[i] = leaf(pa + i * PAGE_SIZE, image_rwx(pa + i * PAGE_SIZE));
}

static void map_fdt(unsigned long fdt_pa)
{
	unsigned long pa = ALIGN_DOWN(fdt_pa, PT_SPAN(1));

	for (unsigned long off = 0; off < EARLY_FDT_MAX; off += PT_SPAN(1))
		fixmap_l1[pt_index(EARLY_FDT_WINDOW + off, 1)] = leaf(pa + off, PTE_R);
}

/* @fdt_pa as the firmware gave it.  Returns linked minus physical address. */
unsigned long early_map(unsigned long fdt_pa)
{
	unsigned long va = link_start, here = (unsigned long)_start;

	map_image();
	map_fdt(fdt_pa);
	kernel_pgd_table[pt_index(va, 2)] = table(image_l1);
	kernel_pgd_table[pt_index(FIXMAP_START, 2)] = table(fixmap_l1);
	kernel_pgd_table[pt_index(VMALLOC_START, 2)] = table(vmalloc_l1);
	kernel_pgd_table[pt_index(VMALLOC_START, 2) + 1] = table(vmalloc_l1 + PT_ENTRIES);
	trampoline_pgd[pt_index(va, 2)] = table(image_l1);
	trampoline_pgd[pt_index(here, 2)] =
		leaf(ALIGN_DOWN(here, PT_SPAN(2)), PTE_R | PTE_W | PTE_X);
	image_offset = va - here;
	boot_thread.kstack = (unsigned long)boot_stack + image_offset;
	return image_offset;
}

static void early_print(const char *s)
{
	while (*s)
		sbi_putchar(*s++);
}

static void early_print_hex(unsigned long v)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		sbi_putchar((v >> shift & 15) + ((v >> shift & 15) < 10 ? '0' : 'a' - 10));
}

/* From early_trap, paging on or off: the console is the firmware's. */
void early_trap_report(unsigned long cause, unsigned long epc, unsigned long tval)
{
	early_print("\nfaultline: a trap before the kernel was up: cause ");
	early_print_hex(cause);
	early_print(", pc ");
	early_print_hex(epc);
	early_print(", value ");
	early_print_hex(tval);
	early_print("\n");
}

/* From paging_on. */
void early_no_sv39(void)
{
	early_print("\nfaultline: this hart has no Sv39, by which programs' memory is mapped\n");
}

/* direct_map.c goes on with these. */
unsigned long early_brk;

void *early_alloc_page(void)
{
	unsigned long va = early_brk;

	if (va + PAGE_SIZE > (unsigned long)_image_start + EARLY_WINDOW)
		panic("early tables: more than %lu KiB needed", EARLY_WINDOW >> 10);
	early_brk += PAGE_SIZE;
	memset((void *)va, 0, PAGE_SIZE);
	return (void *)va;
}

/*
 * Does the hart set the accessed bit itself?  Tried on the device tree's read-only view,
 * which nobody reads any more, by a load that faults otherwise.  Interrupts off.
 */
bool early_sets_accessed(void)
{
	pte_t *e = &fixmap_l1[pt_index(EARLY_FDT_WINDOW, 1)];
	unsigned long vector, faults;

	*e = pte_mkold(*e);
	__asm__ volatile(
		"sfence.vma\n"
		"li %[faults], 1\n"
		"lla %[vector], 1f\n"
		"csrrw %[vector], stvec, %[vector]\n"
		"lb zero, (%[view])\n"
		"li %[faults], 0\n"
		".balign 4\n"
		"1: csrw stvec, %[vector]"
		: [faults] "=&r"(faults), [vector] "=&r"(vector)
		: [view] "r"(EARLY_FDT_WINDOW) : "memory");
	return !faults;
}

/* After boot: the window's rest and the device tree's read-only view go. */
void early_unmap(void)
{
	unsigned long base = (unsigned long)_image_start;

	for (unsigned long i = (early_brk - base) >> PAGE_SHIFT; i < IMAGE_TABLES * PT_ENTRIES; i++)
		image_l0[i] = NO_PTE;
	for (unsigned long off = 0; off < EARLY_FDT_MAX; off += PT_SPAN(1))
		fixmap_l1[pt_index(EARLY_FDT_WINDOW + off, 1)] = NO_PTE;
	__asm__ volatile("sfence.vma" : : : "memory");
}
