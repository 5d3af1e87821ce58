// SPDX-License-Identifier: MIT
/*
 * Counters by Linux's names, one set a hart, added up when read
 * (/proc/vmstat).  Events only grow; NR_ ones go up and down.
 */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

#include <arch/cpu.h>
#include <arch/thread.h>
#include <lib/types.h>

#define VMSTAT_LIST(X) \
	X(nr_anon_pages) X(nr_mapped) X(nr_file_pages) X(nr_dirty) X(nr_writeback) \
	X(nr_shmem) X(nr_page_table_pages) X(nr_kernel_stack) X(nr_slab_reclaimable) \
	X(nr_slab_unreclaimable) \
	X(nr_inactive_file) X(nr_active_file) X(nr_inactive_anon) X(nr_active_anon) \
	X(nr_swapcached) X(nr_written) X(nr_vmscan_write) \
	X(pgpgin) X(pgpgout) X(pswpin) X(pswpout) X(pgalloc_normal) X(pgfree) \
	X(pgfault) X(pgmajfault) X(pgscan_kswapd) X(pgscan_direct) X(pgsteal_kswapd) \
	X(pgsteal_direct) X(pgscan_anon) X(pgscan_file) X(pgsteal_anon) X(pgsteal_file) \
	X(pgrefill) X(pgrotated) X(slabs_scanned) X(pageoutrun) \
	X(workingset_refault_file) X(workingset_refault_anon) \
	X(workingset_activate_file) X(workingset_restore_file) \
	X(pgactivate) X(pgdeactivate) X(allocstall_normal) X(oom_kill) X(pgreuse) X(pgcow) \
	X(pgzeroed_ahead) X(pgzero) X(faultaround) X(drop_pagecache) X(drop_slab) \
	X(tlb_flush_remote) \
	X(nr_anon_transparent_hugepages) X(thp_fault_alloc) X(thp_fault_fallback) \
	X(thp_collapse_alloc) X(thp_split_pmd) X(napot_fault_alloc) X(napot_split) \
	X(pt_shared) X(pt_unshared)

enum vmstat_item {
#define X(name) VMSTAT_##name,
	VMSTAT_LIST(X)
#undef X
	NR_VMSTAT
};

struct vmstat_hart {
	long v[NR_VMSTAT];      /* [a] by its own hart, interrupts included */
} __aligned(CACHE_LINE);

extern struct vmstat_hart vmstat_harts[NR_HARTS_MAX];

/*
 * pgpgin and pgpgout count KiB / sectors as Linux does: callers add 512-byte sectors; the reader
 * divides.
 */
static inline void vmstat_add(enum vmstat_item i, long n)
{
	__atomic_fetch_add(&vmstat_harts[current_thread()->hart].v[i], n, __ATOMIC_RELAXED);
}
static inline void vmstat_inc(enum vmstat_item i) { vmstat_add(i, 1); }

/* The sum over harts; never below zero. */
unsigned long vmstat_read(enum vmstat_item i);
extern const char *const vmstat_names[NR_VMSTAT];

#endif
