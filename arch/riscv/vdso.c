// SPDX-License-Identifier: MIT
/*
 * The kernel's side of the vDSO: which frames to map, where sigreturn is,
 * and the clock page.
 */
#include <arch/vdso.h>

#include "boot.h"
#include "vdso/data.h"

#include <kernel/log.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/string.h>

extern const char vdso_image[], vdso_image_end[];
extern char vdso_data_page[];
extern u64 time_mult;
extern unsigned int time_shift;
u64 time_boot_ticks(void);

static unsigned long sigreturn_offset;
static struct spinlock clock_lock = SPINLOCK_INIT(RANK_LEAF);   /* one writer of the clock page */

unsigned int vdso_nr_pages(void)
{
	return (vdso_image_end - vdso_image + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

unsigned long vdso_pfn(unsigned int i)
{
	return image_to_pa(vdso_image + i * PAGE_SIZE) >> PAGE_SHIFT;
}

unsigned long vdso_data_pfn(void)
{
	return image_to_pa(vdso_data_page) >> PAGE_SHIFT;
}

unsigned long vdso_sigreturn_offset(void)
{
	return sigreturn_offset;
}

/* li a7, 139; ecall: the only place where these two follow each other. */
static unsigned long find_sigreturn(void)
{
	static const u32 code[] = { 0x08b00893, 0x00000073 };

	for (const char *p = vdso_image; p + sizeof(code) <= vdso_image_end; p += 2)
		if (memcmp(p, code, sizeof(code)) == 0)
			return p - vdso_image;
	panic("vdso: no rt_sigreturn in the image");
}

void vdso_init(void)
{
	struct vdso_data *d = (struct vdso_data *)vdso_data_page;

	sigreturn_offset = find_sigreturn();
	d->mult = time_mult;
	d->shift = time_shift;
	d->boot_ticks = time_boot_ticks();
	hwprobe_init(d->hwprobe);
}

void vdso_set_clock(s64 realtime_offset_ns, s64 monotonic_offset_ns)
{
	struct vdso_data *d = (struct vdso_data *)vdso_data_page;
	unsigned long flags = spin_lock_irqsave(&clock_lock);

	WRITE_ONCE(d->seq, d->seq + 1);
	smp_wmb();      /* odd before the change */
	d->realtime_offset_ns = realtime_offset_ns;
	d->monotonic_offset_ns = monotonic_offset_ns;
	smp_wmb();      /* the change before even */
	WRITE_ONCE(d->seq, d->seq + 1);
	spin_unlock_irqrestore(&clock_lock, flags);
}
