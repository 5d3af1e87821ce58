// SPDX-License-Identifier: MIT
/*
 * riscv_hwprobe(2): keys and values of Linux's Documentation/arch/riscv/hwprobe.
 *
 * Programs ask through the vDSO (vdso/hwprobe.c), which has the answers in its
 * data page; only odd questions come to the kernel.
 */
#include <arch/hwprobe.h>

#include <arch/elf.h>
#include <arch/page.h>

enum {
	HWPROBE_BASE_BEHAVIOR = 3, HWPROBE_IMA_EXT_0 = 4, HWPROBE_CPUPERF_0 = 5,
	HWPROBE_HIGHEST_VIRT = 7, HWPROBE_MISALIGNED_SCALAR = 9
};
#define HWPROBE_BEHAVIOR_IMA    1UL
#define HWPROBE_EXT_FD          1UL
#define HWPROBE_EXT_C           2UL

bool hwprobe_value(s64 key, u64 *value)
{
	bool f_d = (elf_hwcap & BIT('f' - 'a')) && (elf_hwcap & BIT('d' - 'a'));

	switch (key) {
	case HWPROBE_BASE_BEHAVIOR:
		*value = HWPROBE_BEHAVIOR_IMA;
		return true;
	case HWPROBE_IMA_EXT_0:
		*value = (f_d ? HWPROBE_EXT_FD : 0) |
			 (elf_hwcap & BIT('c' - 'a') ? HWPROBE_EXT_C : 0);
		return true;
	case HWPROBE_CPUPERF_0:
	case HWPROBE_MISALIGNED_SCALAR:
		*value = 0;             /* unknown */
		return true;
	case HWPROBE_HIGHEST_VIRT:
		*value = USER_END - 1;
		return true;
	default:
		return false;
	}
}
