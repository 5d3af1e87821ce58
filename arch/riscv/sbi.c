// SPDX-License-Identifier: MIT
/*
 * The firmware, by the SBI specification 2.0 (1.0 where noted).
 */
#include "sbi.h"

#include <arch/cpu.h>

enum {
	EXT_BASE = 0x10,
	EXT_TIMER = 0x54494d45,
	EXT_IPI = 0x735049,
	EXT_RFENCE = 0x52464e43,
	EXT_HSM = 0x48534d,
	EXT_SRST = 0x53525354,
	EXT_DBCN = 0x4442434e,
	LEGACY_PUTCHAR = 1,
	LEGACY_SHUTDOWN = 8,
};

static bool have_dbcn, have_srst;

struct sbi_result sbi_call(unsigned long ext, unsigned long fn, unsigned long arg0,
			   unsigned long arg1, unsigned long arg2, unsigned long arg3,
			   unsigned long arg4)
{
	register unsigned long a0 __asm__("a0") = arg0;
	register unsigned long a1 __asm__("a1") = arg1;
	register unsigned long a2 __asm__("a2") = arg2;
	register unsigned long a3 __asm__("a3") = arg3;
	register unsigned long a4 __asm__("a4") = arg4;
	register unsigned long a6 __asm__("a6") = fn;
	register unsigned long a7 __asm__("a7") = ext;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_result){ a0, a1 };
}

static bool sbi_probe(unsigned long ext)
{
	struct sbi_result r = sbi_call(EXT_BASE, 3, ext, 0, 0, 0, 0);

	return r.error == 0 && r.value != 0;
}

void sbi_init(void)
{
	have_dbcn = sbi_probe(EXT_DBCN);
	have_srst = sbi_probe(EXT_SRST);
}

unsigned long sbi_machine_id(unsigned int which)
{
	return sbi_call(EXT_BASE, 4 + which, 0, 0, 0, 0, 0).value;
}

/* The legacy call is there before sbi_init() has looked for the newer one. */
void sbi_putchar(char c)
{
	if (have_dbcn)
		sbi_call(EXT_DBCN, 2, (u8)c, 0, 0, 0, 0);
	else
		sbi_call(LEGACY_PUTCHAR, 0, (u8)c, 0, 0, 0, 0);
}

void sbi_set_timer(u64 ticks)
{
	sbi_call(EXT_TIMER, 0, ticks, 0, 0, 0, 0);
}

void sbi_send_ipi(unsigned long mask, unsigned long base)
{
	sbi_call(EXT_IPI, 0, mask, base, 0, 0, 0);
}

void sbi_remote_fence_i(unsigned long mask, unsigned long base)
{
	sbi_call(EXT_RFENCE, 0, mask, base, 0, 0, 0);
}

void sbi_remote_sfence(unsigned long mask, unsigned long base, vaddr_t start, size_t size,
		       unsigned long asid)
{
	if (asid == ~0UL)
		sbi_call(EXT_RFENCE, 1, mask, base, start, size, 0);
	else
		sbi_call(EXT_RFENCE, 2, mask, base, start, size, asid);
}

long sbi_hart_start(unsigned long hartid, paddr_t entry, unsigned long arg)
{
	return sbi_call(EXT_HSM, 0, hartid, entry, arg, 0, 0).error;
}

void sbi_reset(bool restart)
{
	if (have_srst)
		sbi_call(EXT_SRST, 0, restart ? 1 : 0, 0, 0, 0, 0);
	sbi_call(LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0);
}
