// SPDX-License-Identifier: MIT
/*
 * A simulated machine with the lower half of mm/ running, and what mm/ expects of
 * kernel/: threads that never run, and nobody to kill unless a test says so.
 *
 * Included once by a program, after harness.h.
 */
#ifndef TEST_MM_WORLD_H
#define TEST_MM_WORLD_H

#include <arch/host.h>
#include <kernel/entry.h>
#include <mm/commit.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/oom.h>
#include <mm/pt_alloc.h>
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <mm/writeback.h>

static bool (*world_oom)(unsigned int gfp);

bool oom_kill(unsigned int gfp, unsigned int order, unsigned long starts)
{
	return world_oom && world_oom(gfp);
}

void page_dirtied_hook(long bytes)
{
}

static bool world_privileged;

bool commit_may_use_reserve(void)
{
	return world_privileged;
}

struct task_struct *kthread_run(void (*fn)(void *), void *arg, const char *name)
{
	return NULL;
}

/* A machine of @ram bytes, with frames, slabs and an empty page cache. */
static inline void world(size_t ram, unsigned int harts)
{
	static struct boot_info bi;

	frames_fail = NULL;
	memset(vmstat_harts, 0, sizeof(vmstat_harts));
	host_machine(ram, harts, &bi);
	frames_init(&bi);
	slab_init();
	filemap_init();
}

/* Frames that are neither free nor kept by a cache. */
static inline long world_frames_in_use(void)
{
	for (unsigned int h = 0; h < nr_harts; h++) {
		host_run_as(&host_task0, h);
		pt_cache_drain();
	}
	host_run_as(&host_task0, 0);
	slab_shrink();
	return frames_total - frames_free();
}

#endif
