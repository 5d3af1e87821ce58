// SPDX-License-Identifier: MIT
/*
 * Between the steps of boot inside arch/riscv.
 */
#ifndef ARCH_RISCV_BOOT_H
#define ARCH_RISCV_BOOT_H

#include <arch/pte.h>
#include <arch/thread.h>
#include <kernel/entry.h>
#include <lib/types.h>

/* kernel.ld */
extern char _image_start[], _text_start[], _text_end[], _rodata_end[], _image_end[];
extern char boot_stack[], boot_stack_end[];
extern char _start[], hart_entry[], trap_entry[], thread_begin[], return_to_user[];

extern pte_t kernel_pgd_table[PT_ENTRIES], trampoline_pgd[PT_ENTRIES];
extern struct thread boot_thread;       /* until kernel_start has made task_structs */

/* early_map.c: linked address minus physical address of the image; one for all harts. */
extern unsigned long image_offset;
static inline paddr_t image_to_pa(const void *p) { return (unsigned long)p - image_offset; }

/* The window behind the image from which boot's tables come, and how far it is used. */
#define EARLY_WINDOW    (4UL << 20)     /* image and early tables together */
extern unsigned long early_brk;
void *early_alloc_page(void);           /* zeroed; linked address */

/* The device tree as early_map() mapped it. */
#define EARLY_FDT_WINDOW FIXMAP_START
#define EARLY_FDT_MAX   (4UL << 20)

/* direct_map.c */
void direct_map_init(const struct boot_info *bi, const void *fdt);
/* Take the early window's unused rest and the FDT window out of the tables. */
void early_unmap(void);

/* Does this hart set the accessed bit itself?  Asked once, before early_unmap(). */
bool early_sets_accessed(void);

/* memory.c: RAM and reserved ranges into @bi. */
void boot_memory(struct boot_info *bi, const void *fdt, paddr_t fdt_pa);
/* True when the firmware says: do not even map this page. */
bool boot_no_map(paddr_t start, paddr_t end);

/* harts.c */
void harts_init(const void *fdt, unsigned long boot_hartid);
/* isa.c: what this hart can do. */
void isa_init(const void *fdt);
extern bool have_sstc, have_zicboz;
extern unsigned int zicboz_block;
extern u64 isa_extensions;              /* as the bits of hwprobe's key 4 */
void isa_without_vector(void);          /* it turned out that harts differ in it */

/* vector.c: have they all as many registers?  Each hart, before it takes part. */
void vector_init_hart(void);

/* hwprobe.c: answers into @page, for the vDSO; then for each other hart as it starts. */
void hwprobe_init(u64 *page);
void hwprobe_init_hart(void);

extern u32 time_hz;                     /* of the time CSR */
static inline u64 read_time(void)
{
	u64 t;

	__asm__ volatile("csrr %0, time" : "=r"(t));
	return t;
}
void time_init(const void *fdt);
void time_init_hart(void);
void mmu_init_hart(void);
void vdso_init(void);

#endif
