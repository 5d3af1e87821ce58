// SPDX-License-Identifier: MIT
/*
 * Pages on a workstation: RAM is one array, and the direct map is where that
 * array lies in this process.
 *
 * Addresses of a simulated program are numbers: nothing here dereferences
 * them except through the page tables (arch/host.h).  The user half is as
 * large as Sv39's, so the same limits are tried.
 */
#ifndef ARCH_PAGE_H
#define ARCH_PAGE_H

#include <lib/types.h>

#define PAGE_SHIFT      12
#define PAGE_SIZE       (1UL << PAGE_SHIFT)
#define PAGE_MASK       (~(PAGE_SIZE - 1))

#define USER_BITS       38
#define USER_END        (1UL << USER_BITS)

/* Numbers only: the kernel half exists as tables, not as memory. */
#define FIXMAP_START    0xffffffc000000000UL
#define FIXMAP_END      0xffffffc040000000UL
#define VMALLOC_START   0xffffffc040000000UL
#define VMALLOC_END     0xffffffc0c0000000UL

#define DIRECT_MAP_SIZE (128UL << 30)

/* What to add to a physical address of the simulated RAM to reach it. */
extern unsigned long direct_map_offset;

static inline void *pa_to_virt(paddr_t pa)
{
	return (void *)(pa + direct_map_offset);
}

/* Only for addresses in the direct map. */
static inline paddr_t virt_to_pa(const void *va)
{
	return (unsigned long)va - direct_map_offset;
}

/* Fill one page with zeroes; @page is page-aligned, in the direct map. */
void page_zero(void *page);

/* Copy @n bytes, a multiple of 8 and not 0, to @dst from @src, both aligned to 8. */
void copy_words(void *dst, const void *src, size_t n);

/* Copy one page; both page-aligned. */
void page_copy(void *dst, const void *src);

#endif
