// SPDX-License-Identifier: MIT
/*
 * cachestat(2): how much of a file is in memory, and how much was.
 *
 * Lock: none for longer than a look at some pages: the answer is of no one moment.
 */
#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/sync.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <mm/address_space.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/page.h>
#include <mm/shmem_away.h>
#include <mm/uaccess.h>
#include <mm/workingset.h>

struct cachestat_range {
	u64 off, len;
};

struct cachestat {
	u64 nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

/* As with mincore(2), what others read is not everybody's business. */
static bool may_ask(const struct file *f)
{
	return f->mode & FMODE_WRITE || inode_owner_or_capable(f->inode) ||
	       !inode_permission(f->inode, MAY_WRITE);
}

/* As on Linux, memory's own files have no dirty pages: there is nothing to write them to. */
static void count_cached(struct address_space *as, pgoff_t at, pgoff_t last, struct cachestat *cs)
{
	bool disk = !(as->flags & AS_SWAPBACKED);
	struct page *pages[16];
	unsigned int nr;

	while (at <= last && (nr = filemap_find_range(as, at, last, pages, ARRAY_SIZE(pages)))) {
		at = pages[nr - 1]->index + 1;
		cs->nr_cache += nr;
		while (nr--) {
			cs->nr_dirty += disk && page_test(pages[nr], PG_dirty);
			cs->nr_writeback += disk && page_test(pages[nr], PG_writeback);
			put_page(pages[nr]);
		}
		cond_resched();
	}
}

/*
 * No more pages are remembered than there are frames, so no more are asked for.  Unlike Linux,
 * what is in swap is never said to have been in use lately.
 */
static void count_evicted(struct address_space *as, pgoff_t at, pgoff_t last, struct cachestat *cs)
{
	pgoff_t end = min(DIV_ROUND_UP(as->size, PAGE_SIZE), at + frames_total);

	if (as->flags & AS_SWAPBACKED) {
		cs->nr_evicted = shmem_count_away(as, at, last);
		return;
	}
	for (; at < end && at <= last && !fatal_signal_pending(); at++) {
		int known = workingset_remembers(as, at);

		cs->nr_evicted += known > 0;
		cs->nr_recently_evicted += known > 1;
		if (at % 512 == 0)
			cond_resched();
	}
}

static int cachestat(const struct file *f, const struct cachestat_range *r, struct cachestat *cs,
		     unsigned int flags)
{
	struct address_space *as = f->inode->mapping;
	pgoff_t last = r->len ? (r->off + r->len - 1) >> PAGE_SHIFT : ~0UL;

	if (!may_ask(f))
		return -EPERM;
	if (flags)
		return -EINVAL;
	if (as) {
		count_cached(as, r->off >> PAGE_SHIFT, last, cs);
		count_evicted(as, r->off >> PAGE_SHIFT, last, cs);
	}
	return 0;
}

long sys_cachestat(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	struct cachestat cs = { 0 };
	struct cachestat_range range;
	int err;

	if (!r.file)
		return -EBADF;
	err = copy_from_user(&range, a[1], sizeof(range));
	if (!err)
		err = cachestat(r.file, &range, &cs, (unsigned int)a[3]);
	fdput(r);
	return err ? err : copy_to_user(a[2], &cs, sizeof(cs));
}
