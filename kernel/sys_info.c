// SPDX-License-Identifier: MIT
/*
 * System calls that ask the system about itself: sysinfo, getrandom, the
 * machine's abilities.
 *
 * Lock: none of its own.
 */
#include <arch/cpu.h>
#include <arch/hwprobe.h>
#include <arch/mmu.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/swap.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/vmstat.h>

/* ------------------------------------------------ figures */

/* struct sysinfo of sysinfo(2), 64 bits. */
struct sysinfo {
	long uptime;
	unsigned long loads[3];
	unsigned long totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad;
	unsigned long totalhigh, freehigh;
	u32 mem_unit;
};

long sys_sysinfo(const unsigned long *a)
{
	struct sysinfo si;
	struct task_struct *t;
	unsigned long flags;

	memset(&si, 0, sizeof(si));
	si.uptime = (long)(clock_monotonic_ns() / NSEC_PER_SEC);
	sched_loadavg(si.loads);
	for (int i = 0; i < 3; i++)
		si.loads[i] <<= 5;      /* from 11 bits of fraction to 16 */
	si.mem_unit = 1;
	si.totalram = frames_total << PAGE_SHIFT;
	si.freeram = frames_free() << PAGE_SHIFT;
	si.totalswap = swap_total() << PAGE_SHIFT;
	si.freeswap = swap_unused() << PAGE_SHIFT;
	si.sharedram = vmstat_read(VMSTAT_nr_shmem) << PAGE_SHIFT;
	flags = spin_lock_irqsave(&tasklist_lock);
	list_for_each_entry(t, &all_tasks, task_node)
		si.procs++;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return put_user(si, a[0]);
}

/* ------------------------------------------------ random bytes */

#define GRND_NONBLOCK   1
#define GRND_RANDOM     2
#define GRND_INSECURE   4

long sys_getrandom(const unsigned long *a)
{
	vaddr_t to = a[0];
	size_t len = a[1], done = 0;
	unsigned int flags = (unsigned int)a[2];
	u8 buf[256];

	if (flags & ~(unsigned int)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	len = min(len, 0x7ffff000UL);
	while (done < len) {
		size_t n = min(len - done, sizeof(buf)), copied;

		get_random_bytes(buf, n);
		copied = copy_to_user_partial(to + done, buf, n);
		done += copied;
		if (copied < n) {
			memset(buf, 0, sizeof(buf));
			return done ? (long)done : -EFAULT;
		}
		if (signal_pending() && done < len)
			break;
	}
	memset(buf, 0, sizeof(buf));
	return (long)done;
}

/* ------------------------------------------------ the machine */

struct hwprobe_pair {
	s64 key;
	u64 value;
};

#define HWPROBE_WHICH_CPUS      1U

/*
 * Of the harts in the program's set those online.  None are an error, and all with WHICH_CPUS
 * (as many as the set has room for), or where no set is given.  -EFAULT, -EINVAL.
 */
static int hwprobe_harts(const unsigned long *a, bool which, unsigned long *set)
{
	size_t size = min(a[2], sizeof(*set));

	*set = 0;
	if (copy_from_user(set, a[3], size))
		return -EFAULT;
	*set &= harts_online;
	if (*set)
		return 0;
	if (!which && (a[2] || a[3]))
		return -EINVAL;
	*set = harts_online & (size < sizeof(*set) ? BIT(8 * size) - 1 : ~0UL);
	return 0;
}

/*
 * All harts answer alike, so the set of them matters only as an argument.  With WHICH_CPUS
 * the pairs have values, and the set becomes the harts that match each of them: all or none.
 */
long sys_riscv_hwprobe(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[4];
	bool which = flags == HWPROBE_WHICH_CPUS;
	struct hwprobe_pair p;
	unsigned long set;
	u64 value;
	int err;

	if ((flags && !which) || (which && !(a[2] && a[3])))
		return -EINVAL;
	err = hwprobe_harts(a, which, &set);
	if (err)
		return err;
	for (size_t i = 0; i < a[1]; i++) {
		vaddr_t at = a[0] + i * sizeof(p);
		bool known;

		if (fatal_signal_pending())
			return -EINTR;
		if (get_user(&p, at))
			return -EFAULT;
		known = hwprobe_value(p.key, &value);
		if (!hwprobe_matches(p.key, p.value))
			set = 0;
		if (which && known)
			continue;
		p = known ? (struct hwprobe_pair){ p.key, value } : (struct hwprobe_pair){ -1, 0 };
		if (put_user(p, at))
			return -EFAULT;
	}
	if (which && copy_to_user(a[3], &set, min(a[2], sizeof(set))))
		return -EFAULT;
	return 0;
}

#define FLUSH_LOCAL     1UL

long sys_riscv_flush_icache(const unsigned long *a)
{
	if (a[2] & ~FLUSH_LOCAL)
		return -EINVAL;
	icache_flush(&current->thread.mm->context);
	return 0;
}
