// SPDX-License-Identifier: MIT
/*
 * Harts: which there are, starting them, and reaching them.
 *
 * Logical hart 0 is the one that booted, whatever its id.  A supervisor
 * cannot interrupt another hart itself on this machine, so kicks and remote
 * fences go through the firmware; the fences run there in machine mode and
 * need no answer from the other hart's kernel.
 */
#include "asm.h"
#include "boot.h"
#include "sbi.h"

#include <arch/cpu.h>
#include <arch/machine.h>
#include <kernel/log.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/fdt.h>

unsigned int nr_harts = 1;
unsigned long harts_online = 1;

static unsigned long hwid[NR_HARTS_MAX];        /* [c] logical → the machine's hart id */

/* What hart_entry reads: linked addresses, but root is physical. */
struct hart_boot {
	struct thread *thread;
	paddr_t root;
	unsigned long stack;
	unsigned long offset;
	unsigned long hwid;             /* + 1; 0: not to be started yet */
};
struct hart_boot hart_boots[NR_HARTS_MAX];      /* boot.S looks harts up by hwid */

_Static_assert(offsetof(struct hart_boot, thread) == HB_THREAD, "HB_THREAD");
_Static_assert(offsetof(struct hart_boot, root) == HB_ROOT, "HB_ROOT");
_Static_assert(offsetof(struct hart_boot, stack) == HB_STACK, "HB_STACK");
_Static_assert(offsetof(struct hart_boot, offset) == HB_OFFSET, "HB_OFFSET");
_Static_assert(offsetof(struct hart_boot, hwid) == HB_HWID, "HB_HWID");
_Static_assert(sizeof(struct hart_boot) == HB_SIZE, "HB_SIZE");
_Static_assert(NR_HARTS_MAX == NR_HARTS_BOOT, "NR_HARTS_BOOT");

/* One function call at a time travels to other harts. */
static struct spinlock call_lock = SPINLOCK_INIT(RANK_LEAF);
static void (*call_fn)(void *arg);      /* [call_lock] */
static void *call_arg;                  /* [call_lock] */
static unsigned long call_pending;      /* [a] harts that have not run it yet */
static unsigned long stop_request;      /* [a] harts that shall stop for good */

unsigned long hart_hwid(unsigned int h)
{
	return hwid[h];
}

void harts_init(const void *fdt, unsigned long boot_hartid)
{
	int node = -1;
	u64 id;

	hwid[0] = boot_hartid;
	while ((node = fdt_find_device_type(fdt, node, "cpu")) >= 0) {
		if (!fdt_is_available(fdt, node) || fdt_prop_u64(fdt, node, "reg", &id) != 0 ||
		    id == boot_hartid)
			continue;
		if (nr_harts == NR_HARTS_MAX) {
			pr_warn("harts: only the first %d are used", NR_HARTS_MAX);
			return;
		}
		hwid[nr_harts++] = id;
	}
}

int hart_start(unsigned int h, struct thread *idle)
{
	struct hart_boot *b = &hart_boots[h];
	long error;

	idle->hart = h;
	b->thread = idle;
	b->root = image_to_pa(kernel_pgd_table);
	b->stack = idle->kernel_sp;
	b->offset = image_offset;
	smp_store_release(&b->hwid, hwid[h] + 1); /* the record before the hart that reads it */
	smp_mb();
	error = sbi_hart_start(hwid[h], image_to_pa(hart_entry), image_to_pa(b));
	return error ? -EIO : 0;
}

/* Call @fn for runs of @harts as the firmware takes them: a mask from a base. */
static void for_each_hw_mask(unsigned long harts,
			     void (*fn)(unsigned long mask, unsigned long base, void *arg),
			     void *arg)
{
	while (harts) {
		unsigned long base = hwid[__builtin_ctzl(harts)], mask = 0, rest = 0;

		for (unsigned long m = harts; m; m &= m - 1)
			base = min(base, hwid[__builtin_ctzl(m)]);
		for (unsigned long m = harts; m; m &= m - 1) {
			unsigned int h = __builtin_ctzl(m);

			if (hwid[h] - base < 64)
				mask |= BIT(hwid[h] - base);
			else
				rest |= BIT(h);
		}
		fn(mask, base, arg);
		harts = rest;
	}
}

struct fence {
	vaddr_t start;
	size_t size;
	unsigned long asid;
};

static void do_sfence(unsigned long mask, unsigned long base, void *arg)
{
	const struct fence *f = arg;

	sbi_remote_sfence(mask, base, f->start, f->size, f->asid);
}

void harts_remote_sfence(unsigned long harts, vaddr_t start, size_t size, unsigned long asid)
{
	struct fence f = { start, size, asid };

	for_each_hw_mask(harts, do_sfence, &f);
}

static void do_fence_i(unsigned long mask, unsigned long base, void *arg)
{
	sbi_remote_fence_i(mask, base);
}

void harts_remote_fence_i(unsigned long harts)
{
	for_each_hw_mask(harts, do_fence_i, NULL);
}

static void do_ipi(unsigned long mask, unsigned long base, void *arg)
{
	sbi_send_ipi(mask, base);
}

void ipi_reschedule(unsigned int h)
{
	for_each_hw_mask(BIT(h), do_ipi, NULL);
}

/* Run what another hart asked for; also while waiting for one's own call to be taken. */
static void call_poll(void)
{
	unsigned long me = BIT(hart_id());

	if (__atomic_load_n(&call_pending, __ATOMIC_ACQUIRE) & me) {
		call_fn(call_arg);
		__atomic_fetch_and(&call_pending, ~me, __ATOMIC_RELEASE);
	}
}

void ipi_call(unsigned long harts, void (*fn)(void *arg), void *arg)
{
	unsigned long flags = irq_save();

	harts &= harts_online & ~BIT(hart_id());
	if (!harts) {
		irq_restore(flags);
		return;
	}

	while (!spin_trylock(&call_lock)) {
		call_poll();    /* the holder may be waiting for this hart */
		cpu_relax();
	}
	call_fn = fn;
	call_arg = arg;
	__atomic_store_n(&call_pending, harts, __ATOMIC_SEQ_CST);
	for_each_hw_mask(harts, do_ipi, NULL);
	while (__atomic_load_n(&call_pending, __ATOMIC_ACQUIRE))
		cpu_relax();
	spin_unlock(&call_lock);
	irq_restore(flags);
}

void ipi_stop_others(void)
{
	unsigned long others = harts_online & ~BIT(hart_id());

	if (!others)
		return;
	__atomic_store_n(&stop_request, others, __ATOMIC_SEQ_CST);
	for_each_hw_mask(others, do_ipi, NULL);
}

/* A software interrupt arrived.  Interrupts off. */
void ipi_handle(void)
{
	__asm__ volatile("csrci sip, 2" : : : "memory");        /* SSIP */
	smp_mb();       /* cleared before we look, so that a later kick is not lost */
	if (__atomic_load_n(&stop_request, __ATOMIC_ACQUIRE) & BIT(hart_id()))
		machine_halt();
	call_poll();
}
