// SPDX-License-Identifier: MIT
/*
 * A glance: looking at what others change and free, without a lock.
 *
 *	g = glance_begin();
 *	p = what the structure leads to;        may be out of date, is not freed
 *	glance_end(g);
 *
 * Who takes a thing out of the structure calls glance_wait() before it gives
 * the memory away: it returns when every glance that began before is over.
 * One writes before it looks at the other, on both sides:
 *
 *	glance:  looking = 1;       fence; read the structure
 *	remover: take it out;       fence; read looking → wait until it is 0
 *
 * so either the glance does not find the thing, or the remover sees the
 * glance.  Three structures are read so: the tree of areas (vma_lock.c), page
 * tables (uaccess.c) and the page cache (filemap_rw.c, filemap_fault.c).
 *
 * In a glance nothing sleeps and none begins; a spinlock may be taken whose
 * holders never wait for glances.  It costs two stores and a fence, and no
 * cache line that another hart writes.
 */
#ifndef MM_GLANCE_H
#define MM_GLANCE_H

#include <arch/cpu.h>
#include <lib/atomic.h>
#include <lib/bug.h>
#include <lib/types.h>

static __always_inline struct hart_local *glance_begin(void)
{
	struct hart_local *g = this_hart();

	assert(!DEBUG || !g->looking);
	WRITE_ONCE(g->looking, true);
	smp_mb();
	return g;
}

static __always_inline void glance_end(struct hart_local *g)
{
	smp_store_release(&g->looking, false);
}

/*
 * Wait until no other hart is in a glance that began before.  Holds the hart
 * for as long as a glance takes; no spinlock held.
 */
void glance_wait_others(void);
static inline void glance_wait(void)
{
	if (nr_harts > 1)
		glance_wait_others();
}

#endif
