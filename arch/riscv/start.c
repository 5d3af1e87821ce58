// SPDX-License-Identifier: MIT
/*
 * From the first line of C at linked addresses to kernel_start(): read the
 * device tree, map RAM, find out what the hart can do.
 */
#include "boot.h"
#include "sbi.h"

#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/mmu.h>
#include <kernel/entry.h>
#include <kernel/log.h>
#include <lib/fdt.h>

const void *machine_fdt;

static struct boot_info boot_info;

/* Bytes of device tree that early_map() made visible behind @fdt_pa. */
static size_t fdt_room(paddr_t fdt_pa)
{
	return EARLY_FDT_MAX - (fdt_pa & (PT_SPAN(1) - 1));
}

static void reserve_image(struct boot_info *bi)
{
	if (bi->nr_reserved == ARRAY_SIZE(bi->reserved))
		panic("memory: no room to reserve the kernel image");
	bi->reserved[bi->nr_reserved].start = image_to_pa(_image_start);
	bi->reserved[bi->nr_reserved++].end = image_to_pa((void *)early_brk);
}

/* The boot hart: paging on, interrupts off, on boot_stack. */
__noreturn void arch_start(unsigned long hartid, paddr_t fdt_pa)
{
	const void *fdt = (const void *)(EARLY_FDT_WINDOW + (fdt_pa & (PT_SPAN(1) - 1)));

	sbi_init();
	if (fdt_check(fdt, fdt_room(fdt_pa)) != 0)
		panic("no valid device tree at %#lx", fdt_pa);
	boot_memory(&boot_info, fdt, fdt_pa);
	direct_map_init(&boot_info, fdt);
	reserve_image(&boot_info);
	machine_fdt = fdt = pa_to_virt(fdt_pa);
	boot_info.fdt = fdt;
	boot_info.fdt_len = fdt_size(fdt);
	isa_init(fdt);
	vector_init_hart();
	mmu_init_hart();
	harts_init(fdt, hartid);
	time_init(fdt);
	time_init_hart();
	vdso_init();
	early_unmap();
	kernel_start(&boot_info);
}

/* Every other hart, on its idle thread. */
__noreturn void arch_start_hart(void)
{
	mmu_init_hart();
	time_init_hart();
	vector_init_hart();
	hwprobe_init_hart();
	kernel_start_hart(hart_id());
}
