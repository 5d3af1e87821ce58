// SPDX-License-Identifier: MIT
/*
 * What /proc/PID/maps, smaps and numa_maps show of an address space.
 *
 * The reader holds mm's users.  Areas are copied out a few at a time, and the
 * next look goes on by address, so that no lock is held while text is made.
 */
#ifndef MM_SMAPS_H
#define MM_SMAPS_H

#include <lib/types.h>

struct address_space;
struct file;
struct mm_struct;

/* One area, as it was.  file is referenced until mm_area_put(). */
struct mm_area {
	vaddr_t start, end;
	unsigned long flags;            /* VM_ */
	pgoff_t pgoff;                  /* of a file; 0 without */
	struct file *file;
	struct address_space *mapping;  /* valid while file is held */
	bool has_anon;                  /* some page of it may be its own */
	char name[24];                  /* "[heap]", ...; or empty */
};

/*
 * The areas that end above @addr, ascending, at most @max of them.  How
 * many; go on with the last one's end.  -EINTR: killed.
 */
int mm_areas(struct mm_struct *mm, vaddr_t addr, struct mm_area *areas, unsigned int max);
void mm_area_put(struct mm_area *area);

/* In bytes. */
struct mm_area_stats {
	unsigned long rss;
	unsigned long pss_shifted;      /* proportional share << 12 */
	unsigned long pss_dirty_shifted;
	unsigned long pss_anon_shifted, pss_file_shifted, pss_shmem_shifted;
	unsigned long pss_locked_shifted;       /* for who knows the area's flags to fill in */
	unsigned long shared_clean, shared_dirty, private_clean, private_dirty;
	unsigned long referenced, anonymous, lazyfree, swap;
	unsigned long swap_pss_shifted;
	unsigned long huge;             /* mapped 2 MiB at once */
	unsigned long active, swapcache, writeback;
	int most_mapped;                /* PTEs that name the page that most do; not bytes */
};

/* Add up the pages of [start, end); pt_gather_stats(): with mm->lock held. */
void pt_gather_stats(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct mm_area_stats *st);
int mm_gather_stats(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct mm_area_stats *st);

/* An entry of /proc/PID/pagemap, in Linux's format, and two bits that programs do not get. */
#define PM_PRESENT      BIT(63)
#define PM_SWAPPED      BIT(62)
#define PM_FILE         BIT(61)         /* or of shared memory */
#define PM_HUGE         BIT(60)         /* mapped 2 MiB at once */
#define PM_TABLE        BIT(59)         /* something maps the 2 MiB around it */
#define PM_EXCLUSIVE    BIT(56)
#define PM_FRAME        (BIT(55) - 1)   /* or where in swap */
#define PM_OF_PROGRAMS  (PM_PRESENT | PM_SWAPPED | PM_FILE | PM_EXCLUSIVE)

/* One for each page from @addr on. */
int mm_pagemap(struct mm_struct *mm, vaddr_t addr, u64 *entries, unsigned int nr);

/*
 * /proc/PID/clear_refs: 1 all, 2 anonymous, 3 file pages; 4: soft-dirty bits, of which there are
 * none; 5: reset the peak of RSS.
 */
int mm_clear_refs(struct mm_struct *mm, int what);

#endif
