// SPDX-License-Identifier: MIT
/*
 * Reading, writing and running pages, and the signals that come of it.
 */
#define _GNU_SOURCE
#include "mmdiff.h"

#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	tell("%s%d%s", sig == SIGSEGV ? "S" : sig == SIGBUS ? "B" : "I",
	     sig == SIGILL ? 0 : si->si_code, rel((unsigned long)si->si_addr));
	_longjmp(back, 1);
}

void read_page(volatile unsigned char *p)
{
	volatile uint64_t h = 0;

	if (!_setjmp(back)) {
		for (unsigned int i = 0; i < PG; i += 8)
			h = (h ^ *(volatile uint64_t *)(p + i)) * 0x100000001b3ULL;
		tell("%08x", (uint32_t)(h >> 16));
	}
	tell(" ");
}

void write_page(volatile unsigned char *p, uint32_t r)
{
	if (!_setjmp(back)) {
		p[mmop_write_at(r)] = mmop_write_byte(r);
		tell("w");
	}
	tell(" ");
}

static void exec_page(unsigned long p)
{
	if (!_setjmp(back))
		((void (*)(void))p)();
	tell(" ");
}

void catch_faults(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
}

void do_touch(const struct mmop *op)
{
	unsigned long addr = mmop_address(op, &place);

	tell("%s %s %u: ", mmop_name[op->kind], rel(addr), op->pages);
	for (unsigned int i = 0; i < op->pages; i++, addr += PG) {
		if (op->kind == OP_READ)
			read_page((unsigned char *)addr);
		else if (op->kind == OP_WRITE)
			write_page((unsigned char *)addr, op->r[0] + i);
		else
			exec_page(addr);
	}
	tell("\n");
}
