// SPDX-License-Identifier: MIT
/*
 * What the harts can do, by the device tree: the list riscv,isa-extensions, or
 * where a hart has none the older string riscv,isa.
 *
 * Only what all harts have counts.  Whether a hart sets accessed and dirty
 * bits itself (Svadu) or leaves them to us (Svade) is named there too, but not
 * by all harts: the boot hart is tried as well.
 */
#include "boot.h"

#include <arch/elf.h>
#include <arch/machine.h>
#include <arch/mmu.h>
#include <arch/vector.h>
#include <kernel/log.h>
#include <lib/fdt.h>
#include <lib/printf.h>
#include <lib/string.h>

bool have_sstc, have_zicboz;
unsigned int zicboz_block;
bool mmu_software_ad, mmu_blocks;
unsigned long elf_hwcap;
u64 isa_extensions;
const char *cpu_isa_string = "rv64imac";
const char *cpu_mmu_string = "sv39";

#define LETTER(c)       (1UL << ((c) - 'a'))

/* Programs are told of IMAFDCV only: nothing else has state that is saved for them. */
#define HWCAP_KNOWN     (LETTER('i') | LETTER('m') | LETTER('a') | LETTER('f') | LETTER('d') | \
			 LETTER('c') | LETTER('v'))

/* Extensions, as the bits of riscv_hwprobe's key 4, and behind those our own. */
enum {
	ISA_FD = 0, ISA_C = 1, ISA_V = 2, ISA_ZICBOZ = 6, ISA_ZVBB = 17, ISA_ZVKB = 19,
	ISA_ZVE32X = 37, ISA_ZVE32F, ISA_ZVE64X, ISA_ZVE64F, ISA_ZVE64D, ISA_ZCA = 43, ISA_ZCD = 45,
	ISA_OWN = 56, ISA_SSTC = ISA_OWN, ISA_SVADE, ISA_SVADU, ISA_SVNAPOT
};

static const struct { char name[12]; u8 bit; } known[] = {
	{ "zba", 3 }, { "zbb", 4 }, { "zbs", 5 }, { "zicboz", ISA_ZICBOZ }, { "zbc", 7 },
	{ "zbkb", 8 }, { "zbkc", 9 }, { "zbkx", 10 }, { "zknd", 11 }, { "zkne", 12 },
	{ "zknh", 13 }, { "zksed", 14 }, { "zksh", 15 }, { "zkt", 16 }, { "zvbb", ISA_ZVBB },
	{ "zvbc", 18 }, { "zvkb", ISA_ZVKB }, { "zvkg", 20 }, { "zvkned", 21 }, { "zvknha", 22 },
	{ "zvknhb", 23 }, { "zvksed", 24 }, { "zvksh", 25 }, { "zvkt", 26 }, { "zfh", 27 },
	{ "zfhmin", 28 }, { "zihintntl", 29 }, { "zvfh", 30 }, { "zvfhmin", 31 }, { "zfa", 32 },
	{ "zacas", 34 }, { "zicond", 35 }, { "zihintpause", 36 }, { "zve32x", ISA_ZVE32X },
	{ "zve32f", ISA_ZVE32F }, { "zve64x", ISA_ZVE64X }, { "zve64f", ISA_ZVE64F },
	{ "zve64d", ISA_ZVE64D }, { "zimop", 42 }, { "zca", ISA_ZCA }, { "zcb", 44 },
	{ "zcd", ISA_ZCD }, { "zcmop", 47 }, { "zawrs", 48 },
	{ "sstc", ISA_SSTC }, { "svade", ISA_SVADE }, { "svadu", ISA_SVADU },
	{ "svnapot", ISA_SVNAPOT },
};

/* Bits that say something of vectors: V, Zv* */
#define VECTOR_NAMES    (BIT(ISA_V) | (BIT(27) - BIT(ISA_ZVBB)) | 3UL << 30 | \
			 (BIT(42) - BIT(ISA_ZVE32X)))

struct isa {
	unsigned long letters;          /* LETTER() */
	u64 names;                      /* BIT() of known */
	u32 zicboz_block;               /* bytes; 0: none */
};

static const char *read_hart(const void *fdt, int node, struct isa *isa);
static const char *read_list(struct isa *isa, const char *list, int len);
static void write_line(char *line, size_t size, const struct isa *isa, const char *list, int len);
static void read_string(struct isa *isa, const char *s);
static void add_name(struct isa *isa, const char *name, size_t len);
static u64 with_implied(const struct isa *isa);

void isa_init(const void *fdt)
{
	struct isa all = { ~0UL, ~0UL, 0 }, isa;
	const char *first = NULL, *text;
	unsigned long any = 0;
	int node = -1;

	while ((node = fdt_find_device_type(fdt, node, "cpu")) >= 0) {
		text = fdt_is_available(fdt, node) ? read_hart(fdt, node, &isa) : NULL;
		if (!text)
			continue;
		if (!first) {
			first = cpu_isa_string = text;
			all.zicboz_block = isa.zicboz_block;
		}
		all.letters &= isa.letters;
		all.names &= isa.names;
		any |= isa.names;
		if (isa.zicboz_block != all.zicboz_block)
			all.names &= ~BIT(ISA_ZICBOZ);
	}
	if (!first)
		all.names = 0;
	elf_hwcap = all.letters & HWCAP_KNOWN;
	have_sstc = all.names & BIT(ISA_SSTC);
	have_zicboz = all.names & BIT(ISA_ZICBOZ);
	zicboz_block = have_zicboz ? all.zicboz_block : 0;
	isa_extensions = all.names & (BIT(ISA_OWN) - 1);
	have_vector = all.names & BIT(ISA_ZVE32X);
	if (!have_vector)
		isa_without_vector();
	mmu_blocks = all.names & BIT(ISA_SVNAPOT);
	mmu_software_ad = ((any & BIT(ISA_SVADE)) && !(all.names & BIT(ISA_SVADU))) ||
			  !early_sets_accessed();
}

void isa_without_vector(void)
{
	elf_hwcap &= ~LETTER('v');
	isa_extensions &= ~VECTOR_NAMES;
}

static bool has_letters(const struct isa *isa, unsigned long letters)
{
	return (isa->letters & letters) == letters;
}

/* The hart's ISA in one string; NULL: the tree says nothing of it. */
static const char *read_hart(const void *fdt, int node, struct isa *isa)
{
	const char *base = fdt_prop_string(fdt, node, "riscv,isa-base"), *list, *text;
	u32 block = 0;
	int len;

	*isa = (struct isa){ 0 };
	list = fdt_prop(fdt, node, "riscv,isa-extensions", &len);
	if (base && list && strncmp(base, "rv64i", 5) == 0) {
		text = read_list(isa, list, len);
	} else {
		text = fdt_prop_string(fdt, node, "riscv,isa");
		if (!text)
			return NULL;
		read_string(isa, text);
	}
	if (isa->letters & LETTER('g'))
		isa->letters |= LETTER('i') | LETTER('m') | LETTER('a') | LETTER('f') | LETTER('d');
	isa->names = with_implied(isa);
	if (fdt_prop_u32(fdt, node, "riscv,cboz-block-size", &block) == 0 && block >= 8 &&
	    block <= PAGE_SIZE && (block & (block - 1)) == 0)
		isa->zicboz_block = block;
	else
		isa->names &= ~BIT(ISA_ZICBOZ);
	return text;
}

/* "i", "m", "zba", "sstc".  Returns the line of the first hart that has such a list. */
static const char *read_list(struct isa *isa, const char *list, int len)
{
	static char line[512];

	isa->letters = LETTER('i');
	for (const char *s = NULL; (s = fdt_stringlist_next(list, len, s));)
		add_name(isa, s, strlen(s));
	if (!line[0])
		write_line(line, sizeof(line), isa, list, len);
	return line;
}

/* "rv64im_zba_sstc": as many whole names as there is room for. */
static void write_line(char *line, size_t size, const struct isa *isa, const char *list, int len)
{
	size_t used = strscpy(line, "rv64", size), n;

	for (const char *c = "imafdqlcbkjtpvnh"; *c; c++)
		if (isa->letters & LETTER(*c))
			line[used++] = *c;
	for (const char *s = NULL; (s = fdt_stringlist_next(list, len, s)); used += n) {
		n = strlen(s) > 1 ? strlen(s) + 1 : 0;
		if (n >= size - used)
			break;
		if (n)
			snprintf(line + used, size - used, "_%s", s);
	}
	line[used] = '\0';
}

/* "rv64imafdc_zba_sstc" */
static void read_string(struct isa *isa, const char *s)
{
	if (strncmp(s, "rv64", 4) != 0)
		return;
	for (s += 4; *s >= 'a' && *s <= 'z'; s++)
		add_name(isa, s, 1);
	while ((s = strchr(s, '_'))) {
		const char *name = ++s;

		while (*s && *s != '_')
			s++;
		add_name(isa, name, s - name);
	}
}

static void add_name(struct isa *isa, const char *name, size_t len)
{
	if (len == 1 && *name >= 'a' && *name <= 'z')
		isa->letters |= LETTER(*name);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (len < sizeof(known[i].name) && known[i].name[len] == '\0' &&
		    memcmp(known[i].name, name, len) == 0)
			isa->names |= BIT(known[i].bit);
}

/* What has something larger has its parts. */
static u64 with_implied(const struct isa *isa)
{
	u64 names = isa->names;

	if (has_letters(isa, LETTER('f') | LETTER('d')))
		names |= BIT(ISA_FD);
	if (has_letters(isa, LETTER('c')))
		names |= BIT(ISA_C) | BIT(ISA_ZCA);
	if (has_letters(isa, LETTER('c') | LETTER('d')))
		names |= BIT(ISA_ZCD);
	if (has_letters(isa, LETTER('v')))
		names |= BIT(ISA_V) | BIT(ISA_ZVE64D);
	if (names & BIT(ISA_ZVE64D))
		names |= BIT(ISA_ZVE64F);
	if (names & BIT(ISA_ZVE64F))
		names |= BIT(ISA_ZVE64X) | BIT(ISA_ZVE32F);
	if (names & (BIT(ISA_ZVE64X) | BIT(ISA_ZVE32F)))
		names |= BIT(ISA_ZVE32X);
	if (names & BIT(ISA_ZVBB))
		names |= BIT(ISA_ZVKB);
	return names;
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
