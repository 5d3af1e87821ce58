// SPDX-License-Identifier: MIT
/*
 * A pipe's size: F_SETPIPE_SZ moves what is in the ring to one of more pages, or fewer.
 *
 * Lock: the pipe's, while the ring is exchanged.
 */
#include <kernel/fs/pipe.h>

#include <kernel/cred.h>
#include <kernel/fs/pipe_internal.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/slab.h>

unsigned int sysctl_pipe_max_size = 1048576;

long pipe_get_size(struct pipe *p)
{
	return (long)pipe_capacity(p);
}

/*
 * Lock held: the pages that hold bytes move to the front of @pages.  In a full
 * ring first and last byte may share a page: @spare takes the last ones then.
 */
static void move_ring(struct pipe *p, void **pages, unsigned long nr, void **spare)
{
	unsigned long first = p->tail & PAGE_MASK, span = p->head - first, i;

	for (i = 0; i < DIV_ROUND_UP(span, PAGE_SIZE); i++) {
		void **from = pipe_slot(p, first + i * PAGE_SIZE);

		if (i == p->nr_pages) {
			memcpy(*spare, pages[0], span & ~PAGE_MASK);
			pages[i] = *spare;
			*spare = NULL;
			break;
		}
		pages[i] = *from;
		*from = NULL;
	}
	for (i = 0; i < p->nr_pages; i++)
		if (p->pages[i])
			free_page_va(p->pages[i]);
	if (p->pages != p->inline_pages)
		kfree(p->pages);
	p->pages = pages;
	WRITE_ONCE(p->nr_pages, nr);
	WRITE_ONCE(p->head, span);
	WRITE_ONCE(p->tail, p->tail - first);
}

static long resize(struct pipe *p, void **pages, unsigned long nr, void **spare)
{
	long ret = -EBUSY;

	mutex_lock(&p->lock);
	if (p->head - (p->tail & PAGE_MASK) <= nr << PAGE_SHIFT) {
		move_ring(p, pages, nr, spare);
		ret = (long)pipe_capacity(p);
		pipe_wake(p);
	}
	mutex_unlock(&p->lock);
	return ret;
}

long pipe_set_size(struct pipe *p, unsigned long size)
{
	void **pages, *spare;
	unsigned long nr = 1;
	long ret = -ENOMEM;

	if (size > (1UL << 31))
		return -EINVAL;
	while ((nr << PAGE_SHIFT) < size)
		nr *= 2;
	if (size > sysctl_pipe_max_size && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL | GFP_NOWARN);
	spare = alloc_page_va(GFP_KERNEL);
	if (pages && spare)
		ret = resize(p, pages, nr, &spare);
	if (spare)
		free_page_va(spare);
	if (ret < 0)
		kfree(pages);
	return ret;
}
