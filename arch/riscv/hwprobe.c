// SPDX-License-Identifier: MIT
/*
 * riscv_hwprobe(2): keys and values of Linux's Documentation/arch/riscv/hwprobe.
 *
 * Programs ask through the vDSO (vdso/hwprobe.c), which has the answers in its
 * data page; only odd questions come to the kernel.
 *
 * How fast misaligned accesses are is measured as the machine starts, on the hart
 * that does so: how often a block is copied in a microsecond or so, by bytes and by
 * doublewords that are all misaligned.  The best of a few tries counts, since QEMU
 * translates during the first and may be interrupted by its host in any.
 */
#include <arch/hwprobe.h>

#include "boot.h"
#include "sbi.h"

#include <arch/page.h>
#include <lib/atomic.h>

enum {
	KEY_MVENDORID, KEY_MARCHID, KEY_MIMPID, KEY_BASE_BEHAVIOR, KEY_IMA_EXT_0, KEY_CPUPERF_0,
	KEY_ZICBOZ_BLOCK_SIZE, KEY_HIGHEST_VIRT_ADDRESS, KEY_TIME_CSR_FREQ, KEY_MISALIGNED_SCALAR,
	NR_KEYS
};
_Static_assert(NR_KEYS == HWPROBE_KEYS, "HWPROBE_KEYS");

#define BEHAVIOR_IMA    1

enum { MISALIGNED_SLOW = 2, MISALIGNED_FAST = 3, MISALIGNED_UNSUPPORTED = 4 };

static u64 *values;             /* [a] of each key; in the vDSO's data page */

static unsigned int misaligned_speed(void);
static bool misaligned_works(const u8 *at);
static unsigned int copies(void (*copy)(u8 *to, const u8 *from), u8 *block);
static void copy_by_bytes(u8 *to, const u8 *from);
static void copy_by_words(u8 *to, const u8 *from);

void hwprobe_init(u64 *page)
{
	values = page;
	for (unsigned int i = KEY_MVENDORID; i <= KEY_MIMPID; i++)
		values[i] = sbi_machine_id(i);
	values[KEY_BASE_BEHAVIOR] = BEHAVIOR_IMA;
	values[KEY_CPUPERF_0] = values[KEY_MISALIGNED_SCALAR] = misaligned_speed();
	values[KEY_ZICBOZ_BLOCK_SIZE] = zicboz_block;
	values[KEY_HIGHEST_VIRT_ADDRESS] = USER_END;    /* the end, on Linux too */
	values[KEY_TIME_CSR_FREQ] = time_hz;
	hwprobe_init_hart();
}

/* Let programs use Zicboz; harts that are not of one make have -1 for it. */
void hwprobe_init_hart(void)
{
	if (have_zicboz)
		__asm__ volatile("csrs 0x10a, %0" : : "r"(1UL << 7));  /* senvcfg.CBZE */
	WRITE_ONCE(values[KEY_IMA_EXT_0], isa_extensions);
	for (unsigned int i = KEY_MVENDORID; i <= KEY_MIMPID; i++)
		if (sbi_machine_id(i) != values[i])
			WRITE_ONCE(values[i], ~0UL);
}

bool hwprobe_value(s64 key, u64 *value)
{
	if ((u64)key >= NR_KEYS)
		return false;
	*value = READ_ONCE(values[key]);
	return true;
}

bool hwprobe_matches(s64 key, u64 wanted)
{
	bool bits = key >= KEY_BASE_BEHAVIOR && key <= KEY_CPUPERF_0;
	u64 value;

	return hwprobe_value(key, &value) && (bits ? value & wanted : value) == wanted;
}

/* ------------------------------------------------ misaligned accesses */

#define COPIED  256     /* bytes of a block */

static unsigned int misaligned_speed(void)
{
	u64 room[2 * COPIED / 8 + 1];
	u8 *block = (u8 *)room + 1;
	unsigned int bytes = 0, words = 0;

	if (!misaligned_works(block))
		return MISALIGNED_UNSUPPORTED;
	for (int i = 0; i < 3; i++) {
		bytes = max(bytes, copies(copy_by_bytes, block));
		words = max(words, copies(copy_by_words, block));
	}
	return words > bytes ? MISALIGNED_FAST : MISALIGNED_SLOW;
}

/* The firmware emulates what the hart cannot do, unless it leaves that to us: we do not. */
static bool misaligned_works(const u8 *at)
{
	unsigned long vector, works = 0, word;

	__asm__ volatile("la %0, 1f\n\t"
			 "csrrw %0, stvec, %0\n\t"
			 "ld %2, (%3)\n\t"
			 "sd %2, (%3)\n\t"
			 "li %1, 1\n\t"
			 ".balign 4\n"
			 "1: csrw stvec, %0"
			 : "=&r"(vector), "+&r"(works), "=&r"(word) : "r"(at) : "memory");
	return works;
}

/* How often @copy is done in a microsecond, or in eight ticks where that is longer. */
static unsigned int copies(void (*copy)(u8 *to, const u8 *from), u8 *block)
{
	u64 ticks = max(8U, time_hz >> 20), first = read_time(), start;
	unsigned int n = 0;

	do
		start = read_time();
	while (start == first);
	do {
		copy(block + COPIED, block);
		n++;
	} while (read_time() - start < ticks);
	return n;
}

#define MOVE(load, store, at) load " t0, " #at "(%1)\n\t" store " t0, " #at "(%0)\n\t"

static void copy_by_bytes(u8 *to, const u8 *from)
{
	for (const u8 *end = from + COPIED; from < end; from += 8, to += 8)
		__asm__ volatile(MOVE("lb", "sb", 0) MOVE("lb", "sb", 1)
				 MOVE("lb", "sb", 2) MOVE("lb", "sb", 3)
				 MOVE("lb", "sb", 4) MOVE("lb", "sb", 5)
				 MOVE("lb", "sb", 6) MOVE("lb", "sb", 7)
				 : : "r"(to), "r"(from) : "t0", "memory");
}

static void copy_by_words(u8 *to, const u8 *from)
{
	for (const u8 *end = from + COPIED; from < end; from += 64, to += 64)
		__asm__ volatile(MOVE("ld", "sd", 0) MOVE("ld", "sd", 8)
				 MOVE("ld", "sd", 16) MOVE("ld", "sd", 24)
				 MOVE("ld", "sd", 32) MOVE("ld", "sd", 40)
				 MOVE("ld", "sd", 48) MOVE("ld", "sd", 56)
				 : : "r"(to), "r"(from) : "t0", "memory");
}
