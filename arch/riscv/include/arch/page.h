// SPDX-License-Identifier: MIT
/*
 * Pages as the machine sees them: their size, where the user half ends, and
 * the direct map through which the kernel reaches every frame.
 */
#ifndef ARCH_PAGE_H
#define ARCH_PAGE_H

#include <lib/types.h>

#define PAGE_SHIFT      12
#define PAGE_SIZE       (1UL << PAGE_SHIFT)
#define PAGE_MASK       (~(PAGE_SIZE - 1))

/* The user half of Sv39: [0, USER_END).  RISC-V privileged 1.12, 4.4.1. */
#define USER_BITS       38
#define USER_END        (1UL << USER_BITS)

/*
 * The kernel half, root entries 256..511; the picture is in DESIGN.md 3.
 *
 *   ffffffc0_00000000  root 256        fixmap: device registers, early tables
 *   ffffffc0_40000000  root 257..258   vmalloc, guarded kernel stacks
 *   ffffffd0_00000000  root 320..447   direct map of RAM, 128 GiB at most
 *   ffffffff_80000000  root 510        the kernel image
 */
#define FIXMAP_START    0xffffffc000000000UL
#define FIXMAP_END      0xffffffc040000000UL
#define VMALLOC_START   0xffffffc040000000UL
#define VMALLOC_END     0xffffffc0c0000000UL
#define PAGE_OFFSET     0xffffffd000000000UL
#define DIRECT_MAP_SIZE (128UL << 30)
#define KERNEL_BASE     0xffffffff80000000UL

/* What to add to a physical address of RAM to reach it; set once at boot. */
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

/*
 * Copy @n bytes upwards, a multiple of 8 and not 0, to @dst from @src, both aligned to 8.  It is
 * not a call as others are: its caller keeps all registers but a0..a4, and need not save them.
 */
static __always_inline void copy_words(void *dst, const void *src, size_t n)
{
	register void *to __asm__("a0") = dst;
	register const void *from __asm__("a1") = src;
	register size_t len __asm__("a2") = n;

	__asm__ volatile("call copy_words_row"
			 : "+r"(to), "+r"(from), "+r"(len)
			 :
			 : "a3", "a4", "ra", "memory");
}

/* Copy one page; both page-aligned. */
static inline void page_copy(void *dst, const void *src)
{
	copy_words(dst, src, PAGE_SIZE);
}

#endif
