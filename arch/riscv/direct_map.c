// SPDX-License-Identifier: MIT
/*
 * The direct map: all RAM at PAGE_OFFSET, by the largest leaves that fit.
 *
 * A leaf of 1 GiB or 2 MiB is used where the whole of it is RAM of one
 * permission.  Where the kernel's text and rodata lie it is read-only (W^X
 * holds for this second view too), and where the firmware said no-map it is
 * not mapped at all: there the leaves are 4 KiB.
 */
#include "boot.h"

#include <arch/mmu.h>

unsigned long direct_map_offset;
pte_t *kernel_pgd;

static const struct boot_info *map;

enum piece { PIECE_NONE, PIECE_RO, PIECE_RW, PIECE_MIXED };

static bool overlaps(paddr_t a, paddr_t a_end, paddr_t b, paddr_t b_end)
{
	return a < b_end && b < a_end;
}

/* What [pa, end) is, as far as RAM goes. */
static enum piece ram_piece(paddr_t pa, paddr_t end)
{
	enum piece p = PIECE_NONE;

	for (unsigned int i = 0; i < map->nr_ram; i++) {
		if (map->ram[i].start <= pa && end <= map->ram[i].end)
			return PIECE_RW;
		if (overlaps(pa, end, map->ram[i].start, map->ram[i].end))
			p = PIECE_MIXED;
	}
	return p;
}

static enum piece classify(paddr_t pa, paddr_t end)
{
	enum piece p = ram_piece(pa, end);
	paddr_t ro = image_to_pa(_text_start), ro_end = image_to_pa(_rodata_end);

	if (p != PIECE_RW)
		return p;
	if (boot_no_map(pa, end))
		return end - pa == PAGE_SIZE ? PIECE_NONE : PIECE_MIXED;
	if (ro <= pa && end <= ro_end)
		return PIECE_RO;
	return overlaps(pa, end, ro, ro_end) ? PIECE_MIXED : PIECE_RW;
}

static pte_t *early_table(pte_t *entry)
{
	if (pte_none(*entry))
		*entry = pte_make_table(image_to_pa(early_alloc_page()) >> PAGE_SHIFT);
	return (pte_t *)((pte_pfn(*entry) << PAGE_SHIFT) + image_offset);
}

/* Fill @table, which maps from @pa on at @level, as far as there is RAM. */
static void map_level(pte_t *table, int level, paddr_t start, paddr_t end)
{
	for (paddr_t pa = ALIGN_DOWN(start, PT_SPAN(level)); pa < end; pa += PT_SPAN(level)) {
		pte_t *e = &table[pt_index((vaddr_t)pa_to_virt(pa), level)];
		enum piece p = classify(pa, pa + PT_SPAN(level));

		if (p == PIECE_NONE || (pte_present(*e) && !pte_table(*e)))
			continue;
		if (p == PIECE_MIXED && level > 0)
			map_level(early_table(e), level - 1, max(pa, start),
				  min(pa + PT_SPAN(level), end));
		else if (p != PIECE_MIXED)
			*e = pte_make(pa >> PAGE_SHIFT,
				      pte_kernel_prot(p == PIECE_RO ? VM_READ : VM_READ | VM_WRITE,
						      false));
	}
}

void direct_map_init(const struct boot_info *bi, const void *fdt)
{
	paddr_t base = ~0UL;

	map = bi;
	early_brk = (unsigned long)_image_end;
	for (unsigned int i = 0; i < bi->nr_ram; i++)
		base = min(base, bi->ram[i].start);
	direct_map_offset = PAGE_OFFSET - ALIGN_DOWN(base, PT_SPAN(2));
	for (unsigned int i = 0; i < bi->nr_ram; i++)
		map_level(kernel_pgd_table, PT_ROOT_LEVEL, bi->ram[i].start, bi->ram[i].end);
	kernel_pgd = pa_to_virt(image_to_pa(kernel_pgd_table));
	__asm__ volatile("sfence.vma" : : : "memory");
}
