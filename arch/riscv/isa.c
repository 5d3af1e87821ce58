// SPDX-License-Identifier: MIT
/*
 * What the harts can do, read from the device tree's riscv,isa string.
 *
 * Only what all harts have counts.  Whether a hart sets accessed and dirty
 * bits itself (Svadu) is named there too; a hart that names neither Svadu
 * nor Svade is taken to set them, as QEMU's and most hardware do, and is
 * found out by the first fault otherwise (the fault path sets the bits in
 * any case).
 */
#include "boot.h"

#include <arch/elf.h>
#include <arch/machine.h>
#include <arch/mmu.h>
#include <kernel/log.h>
#include <lib/fdt.h>
#include <lib/string.h>

bool have_sstc, have_zicboz;
unsigned int zicboz_block;
bool mmu_software_ad, mmu_blocks;
unsigned long elf_hwcap;
const char *cpu_isa_string = "rv64imac";
const char *cpu_mmu_string = "sv39";

/* Is the multi-letter extension @name in "rv64imafdc_zba_sstc"? */
static bool isa_has(const char *isa, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strchr(isa, '_'); p; p = strchr(p + 1, '_'))
		if (strncmp(p + 1, name, n) == 0 && (p[1 + n] == '_' || p[1 + n] == '\0'))
			return true;
	return false;
}

static unsigned long single_letters(const char *isa)
{
	unsigned long caps = 0;

	if (strncmp(isa, "rv64", 4) != 0)
		return 0;
	for (const char *p = isa + 4; *p >= 'a' && *p <= 'z'; p++)
		caps |= 1UL << (*p - 'a');
	if (caps & (1UL << ('g' - 'a')))
		caps |= 1UL << ('i' - 'a') | 1UL << ('m' - 'a') | 1UL << ('a' - 'a') |
			1UL << ('f' - 'a') | 1UL << ('d' - 'a');
	return caps;
}

/* Programs are told of IMAFDC only: nothing else has state that is saved for them. */
#define HWCAP_KNOWN (1UL << ('i' - 'a') | 1UL << ('m' - 'a') | 1UL << ('a' - 'a') |       \
		     1UL << ('f' - 'a') | 1UL << ('d' - 'a') | 1UL << ('c' - 'a'))

void isa_init(const void *fdt)
{
	int node = -1;
	bool first = true, svade = false, svadu = true;
	const char *isa;
	u32 block = 0;

	elf_hwcap = HWCAP_KNOWN;
	have_sstc = have_zicboz = mmu_blocks = true;
	while ((node = fdt_find_device_type(fdt, node, "cpu")) >= 0) {
		isa = fdt_prop_string(fdt, node, "riscv,isa");
		if (!isa || !fdt_is_available(fdt, node))
			continue;
		if (first)
			cpu_isa_string = isa;
		first = false;
		elf_hwcap &= single_letters(isa);
		have_sstc &= isa_has(isa, "sstc");
		have_zicboz &= isa_has(isa, "zicboz") &&
			       fdt_prop_u32(fdt, node, "riscv,cboz-block-size", &block) == 0;
		mmu_blocks &= isa_has(isa, "svnapot");
		svade |= isa_has(isa, "svade");
		svadu &= isa_has(isa, "svadu");
	}
	if (first)
		have_sstc = have_zicboz = mmu_blocks = false;
	zicboz_block = have_zicboz ? block : 0;
	mmu_software_ad = svade && !svadu;
}

/* The float ABI in e_flags needs the registers; RVE programs have half the file. */
bool elf_flags_ok(u32 e_flags)
{
	bool fp = elf_hwcap & 1UL << ('d' - 'a');

	if (e_flags & 0x8)              /* EF_RISCV_RVE */
		return false;
	return (e_flags & 0x6) == 0 || ((e_flags & 0x6) != 0x6 && fp);
}

void machine_print(void)
{
	extern unsigned long mmu_asid_bits;

	/* The string last: a line of the log has room for the first 300 letters of it. */
	pr_info("riscv: %s, %lu ASID bits, timer by %s, accessed/dirty by %s%s%s, %s",
		cpu_mmu_string, mmu_asid_bits, have_sstc ? "Sstc" : "SBI",
		mmu_software_ad ? "software" : "hardware", have_zicboz ? ", Zicboz" : "",
		mmu_blocks ? ", pages of 64 KiB" : "", cpu_isa_string);
}
