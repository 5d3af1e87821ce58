// SPDX-License-Identifier: MIT
/*
 * The vDSO: a small shared object in every address space, with rt_sigreturn
 * and the clock calls, and in front of it a read-only page of clock data.
 */
#ifndef ARCH_VDSO_H
#define ARCH_VDSO_H

#include <lib/types.h>

/* The pages to map, in order: data page first (VM_READ), then code (VM_READ | VM_EXEC). */
#define VDSO_DATA_PAGES 1
unsigned int vdso_nr_pages(void);               /* code pages only */
unsigned long vdso_pfn(unsigned int i);         /* frame of code page @i */
unsigned long vdso_data_pfn(void);

/* Offset of __vdso_rt_sigreturn in the code. */
unsigned long vdso_sigreturn_offset(void);

/*
 * Tell programs the wall clock: CLOCK_REALTIME minus CLOCK_MONOTONIC, and CLOCK_MONOTONIC at
 * time_ns() = 0.
 */
void vdso_set_clock(s64 realtime_offset_ns, s64 monotonic_offset_ns);

#endif
