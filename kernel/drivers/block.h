// SPDX-License-Identifier: MIT
/*
 * Block devices: bios in, completions out.
 */
#ifndef KERNEL_DRIVERS_BLOCK_H
#define KERNEL_DRIVERS_BLOCK_H

#include <kernel/sync.h>
#include <lib/list.h>
#include <lib/types.h>

struct address_space;
struct block_device;
struct inode;
struct page;

#define SECTOR_SHIFT    9
#define SECTOR_SIZE     512U
#define BIO_MAX_VECS    64

enum bio_op { BIO_READ, BIO_WRITE, BIO_FLUSH, BIO_DISCARD };

struct bio_vec {
	struct page *page;
	u32 offset, len;        /* bytes, multiples of 512 */
};

/* One request.  The submitter owns it until end_io is called (from interrupt context). */
struct bio {
	struct block_device *bdev;
	enum bio_op op;
	u64 sector;             /* first one */
	unsigned int nr_vecs;
	int error;              /* 0 or -EIO, ... */
	void (*end_io)(struct bio *bio);
	void *private_;
	u64 nr_sectors;         /* BIO_DISCARD: how many; else counted from the vecs */
	struct list_head node;  /* driver's queue */
	/* driver: what is not in a request yet; and bytes of that vec that are */
	unsigned int next_vec;
	unsigned int next_off;
	unsigned int parts;     /* driver: requests under way for it */
	unsigned int max_vecs;
	struct bio_vec vecs[];
};

/*
 * GFP flags of mm/frames.h; a reserve makes small ones succeed while writing out.  NULL without
 * GFP_WAIT only.
 */
struct bio *bio_alloc(struct block_device *bdev, enum bio_op op, u64 sector, unsigned int max_vecs,
		      unsigned int gfp);
/* False when full: submit it and start another. */
bool bio_add(struct bio *bio, struct page *page, unsigned int offset, unsigned int len);
void bio_free(struct bio *bio);
/*
 * Never sleeps for the I/O; may sleep for a free slot.  Out-of-range and read-only fail through
 * end_io.
 */
void bio_submit(struct bio *bio);
/* Submit and wait (uninterruptible): 0 or -EIO. */
int bio_submit_wait(struct bio *bio);

struct block_device_ops {
	/* Take the request or queue it inside the driver; complete it later with bio_done(). */
	void (*submit)(struct block_device *bdev, struct bio *bio);
};

struct block_device {
	char name[16];                  /* [c] "vda" */
	u64 dev;                        /* [c] MKDEV */
	u64 nr_sectors;                 /* [c] */
	bool read_only;                 /* [c] */
	bool can_flush, can_discard;    /* [c] */
	const struct block_device_ops *ops;     /* [c] */
	void *driver;                   /* [c] */
	struct inode *inode;            /* its page cache: the device's own bytes */
	struct block_device *whole;     /* partition of; NULL for a disk */
	u64 start_sector;               /* partition's first */
	struct list_head node;          /* all devices */
	/* [a] */
	struct { u64 reads, sectors_read, writes, sectors_written, flushes, errors; } stat;
	unsigned int in_flight;         /* [a] */
	void *holder;                   /* mounted or swap: who has it exclusively */
};

void bio_done(struct bio *bio, int error);      /* by drivers; interrupt context is fine */
int block_device_add(struct block_device *bdev);
struct block_device *block_device_find(const char *name);       /* "vda" or "/dev/vda" */
struct block_device *block_device_by_dev(u64 dev);
struct block_device *block_device_next(struct block_device *prev);      /* NULL starts */
int block_device_flush(struct block_device *bdev);      /* 0, -EIO; sleeps */

/*
 * Page @index of the device's own cache, up to date, with a reference; ERR_PTR(-EIO, -ENOMEM,
 * -EINTR).  Sleeps.
 */
struct page *bdev_read_page(struct block_device *bdev, u64 index);
/*
 * What is dirty there goes to the disk and all that is not in use is forgotten: somebody else
 * takes over.  Sleeps.
 */
int bdev_flush_cache(struct block_device *bdev);

/* Pages that lie side by side on the disk become one bio. */
struct bio_run {
	struct block_device *bdev;
	enum bio_op op;
	unsigned int gfp;               /* with GFP_WAIT: adding never fails */
	/* NULL: bio_end_read_pages or bio_end_write_pages.  It expects one vec a page. */
	void (*end_io)(struct bio *bio);
	struct bio *bio;                /* being filled, or NULL */
	u64 next;                       /* the sector that would continue it */
};
/* @left: pages still to come, this one included. */
void bio_run_add(struct bio_run *run, u64 sector, struct page *page, unsigned int len,
		 unsigned int left);
/* what is gathered; at the end, and before waiting */
void bio_run_submit(struct bio_run *run);

/* end_io: PG_uptodate or PG_error, unlock; free the bio. */
void bio_end_read_pages(struct bio *bio);
/* end_io: an error goes to the page's mapping; page_end_writeback(); free the bio. */
void bio_end_write_pages(struct bio *bio);

int bdev_init_cache(struct block_device *bdev); /* block_device_add(): its inode.  -ENOMEM */

#endif
