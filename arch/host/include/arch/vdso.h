// SPDX-License-Identifier: MIT
/*
 * A vDSO of one code page and one data page, both empty frames.
 */
#ifndef ARCH_VDSO_H
#define ARCH_VDSO_H

#include <lib/types.h>

#define VDSO_DATA_PAGES 1
unsigned int vdso_nr_pages(void);
unsigned long vdso_pfn(unsigned int i);
unsigned long vdso_data_pfn(void);
unsigned long vdso_sigreturn_offset(void);
void vdso_set_clock(s64 realtime_offset_ns, s64 monotonic_offset_ns);

#endif
