// SPDX-License-Identifier: MIT
/*
 * A machine made of an array: RAM, harts that take turns, a clock that moves
 * only when somebody sleeps.
 *
 * Frame 0 of the array is at RAM_BASE, as far from 0 as on a real board, so
 * that a frame number used as an address, or the other way round, shows.
 *
 * Lock: none; one host thread is all there is.
 */
#include <arch/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <arch/machine.h>
#include <arch/mmu.h>
#include <arch/time.h>
#include <arch/vdso.h>
#include <lib/bug.h>
#include <mm/mm.h>

#define RAM_BASE        0x80000000UL

unsigned long direct_map_offset;
unsigned int nr_harts;
unsigned long harts_online;
unsigned int host_hart;
struct hart_local hart_locals[NR_HARTS_MAX];
unsigned long host_irqs_off;
u64 host_now_ns;
const void *machine_fdt;

struct task_struct host_task0;
struct thread *host_current = &host_task0.thread;

void host_mmu_reset(void);
void host_sync_reset(void);

void host_machine(size_t ram_bytes, unsigned int harts, struct boot_info *bi)
{
	static void *ram;
	static size_t ram_size;

	if (ram)
		munmap(ram, ram_size);
	ram = mmap(NULL, ram_bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram == MAP_FAILED)
		panic("host_machine: no memory for %zu bytes of RAM", ram_bytes);
	ram_size = ram_bytes;
	direct_map_offset = (unsigned long)ram - RAM_BASE;
	nr_harts = harts;
	harts_online = harts < 64 ? BIT(harts) - 1 : ~0UL;
	host_irqs_off = 0;
	memset(&host_task0, 0, sizeof(host_task0));
	host_run_as(&host_task0, 0);
	host_mmu_reset();
	host_sync_reset();

	memset(bi, 0, sizeof(*bi));
	bi->nr_ram = 1;
	bi->ram[0].start = RAM_BASE;
	bi->ram[0].end = RAM_BASE + ram_bytes;
}

bool mlock_unlimited(void)
{
	return false;
}

void host_run_as(struct task_struct *t, unsigned int hart)
{
	host_current = &t->thread;
	t->thread.hart = hart;
	host_hart = hart;
}

void page_zero(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

void copy_words(void *dst, const void *src, size_t n)
{
	assert(n && !(((unsigned long)dst | (unsigned long)src | n) % sizeof(u64)));
	memcpy(dst, src, n);
}

void page_copy(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}

/* ---- cpu.h: nobody to interrupt ---- */

void cpu_idle(void)
{
}

void ipi_reschedule(unsigned int h)
{
}

/* The others do it in turn, here. */
void ipi_call(unsigned long harts, void (*fn)(void *arg), void *arg)
{
	unsigned int self = host_hart, h;

	for (h = 0; h < nr_harts; h++) {
		if (h == self || !(harts >> h & 1))
			continue;
		host_hart = host_current->hart = h;
		fn(arg);
	}
	host_hart = host_current->hart = self;
}

void ipi_stop_others(void)
{
}

bool cpu_random_seed(u64 *seed)
{
	return false;
}

/* ---- machine.h, time.h, vdso.h ---- */

void early_puts(const char *s, size_t len)
{
	fwrite(s, 1, len, stderr);
}

void machine_poweroff(int status)
{
	exit(status);
}

void machine_restart(void)
{
	exit(0);
}

void machine_halt(void)
{
	abort();
}

void backtrace_print(void)
{
}

int symbol_format(char *buf, size_t size, unsigned long addr)
{
	return snprintf(buf, size, "%#lx", addr);
}

void timer_arm(u64 deadline_ns)
{
}

u64 cpu_instret(void)
{
	return 0;
}

bool cpu_instret_counts(void)
{
	return false;
}

bool rtc_read_ns(u64 *ns)
{
	return false;
}
