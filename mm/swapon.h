// SPDX-License-Identifier: MIT
/*
 * Swap areas for those who have a disk: kernel/fs turns a device or a file
 * into a struct swap_device and hands it over; what becomes of its pages is
 * mm's.
 */
#ifndef MM_SWAPON_H
#define MM_SWAPON_H

#include <lib/types.h>

struct page;
struct swap_device;

/* swapon(2) */
#define SWAP_FLAG_PRIO_MASK     0x7fff
#define SWAP_FLAG_PREFER        0x8000
#define SWAP_FLAG_DISCARD       0x10000
#define SWAP_FLAG_DISCARD_ONCE  0x20000
#define SWAP_FLAG_DISCARD_PAGES 0x40000
#define SWAP_FLAGS_VALID        0x7ffff

struct swap_device_ops {
	/*
	 * Start moving @nr pages that lie side by side on the disk from @sector on.
	 * Each ends with swap_read_done() or swap_write_done(), perhaps in an
	 * interrupt, perhaps before this returns.  Sleeps, but a write never for
	 * memory that only writing can free.
	 */
	void (*submit)(struct swap_device *dev, bool write, u64 sector, struct page **pages,
		       unsigned int nr);
	/* The sectors hold nothing any more; only where dev->can_discard.  Sleeps. */
	void (*discard)(struct swap_device *dev, u64 sector, u64 nr_sectors);
	/* The area is off: the device is the caller's again.  Sleeps. */
	void (*release)(struct swap_device *dev);
};

/* Pages [page, page + nr) lie from @sector on. */
struct swap_extent {
	unsigned long page, nr;
	u64 sector;
};

/* [c] all, once handed over */
struct swap_device {
	const struct swap_device_ops *ops;
	void *owner;                    /* to know it again */
	const char *path;               /* for /proc/swaps */
	bool is_file;                   /* a swap file, not a whole device */
	bool can_discard;
	unsigned long nr_pages;         /* how large it is */
	struct swap_extent *extents;    /* ascending, without gaps, from page 0; kvmalloc */
	unsigned int nr_extents;
};

/*
 * Use @dev, whose first page is @header.  0: mm's until ops->release();
 * -EINVAL (not a swap area, or a damaged one), -ENOMEM, -EPERM (too many).  Sleeps.
 */
int swap_on(struct swap_device *dev, const void *header, unsigned int flags);

/*
 * Bring everything back that is on @owner's area, and let go of it.  -EINVAL:
 * no such area; -ENOMEM: it does not fit into memory; -EINTR; -EIO: some of it
 * cannot be read.  On failure it is in use as before.  Sleeps for long.
 */
int swap_off(const void *owner);

/* From the device: @page has come, or was written.  From interrupts too. */
void swap_read_done(struct page *page, int err);
void swap_write_done(struct page *page, int err);

struct swap_figures {
	char path[256];
	bool is_file;
	unsigned long pages, used;
	int prio;
};
/* Of the @i-th area there can be; false: it does not exist. */
bool swap_figures(unsigned int i, struct swap_figures *f);

#endif
