// SPDX-License-Identifier: MIT
/*
 * riscv_hwprobe(2) without entering the kernel, as on Linux: the dynamic
 * linker asks at each start, and tools that watch system calls (strace -c)
 * do not expect to see it.
 */
#include <arch/hwprobe.h>

#include "data.h"

extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

enum { SYS_HWPROBE = 258 };

struct hwprobe_pair { s64 key; u64 value; };

static long ask_kernel(struct hwprobe_pair *pairs, u64 nr, u64 set_size, const unsigned long *set,
		       unsigned int flags)
{
	register long a0 __asm__("a0") = (long)pairs;
	register long a1 __asm__("a1") = (long)nr;
	register long a2 __asm__("a2") = (long)set_size;
	register long a3 __asm__("a3") = (long)set;
	register long a4 __asm__("a4") = (long)flags;
	register long a7 __asm__("a7") = SYS_HWPROBE;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7)
			 : "memory");
	return a0;
}

/* @set names harts, all of which are alike: as on Linux it is then not looked at. */
int __vdso_riscv_hwprobe(struct hwprobe_pair *pairs, u64 nr, u64 set_size,
			 const unsigned long *set, unsigned int flags)
{
	const struct vdso_data *d = &vdso_data;

	if (flags)
		return (int)ask_kernel(pairs, nr, set_size, set, flags);
	for (; nr; nr--, pairs++) {
		bool known = (u64)pairs->key < HWPROBE_KEYS;

		pairs->value = known ? d->hwprobe[pairs->key] : 0;
		if (!known)
			pairs->key = -1;
	}
	return 0;
}
