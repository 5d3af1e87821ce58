// SPDX-License-Identifier: MIT
/*
 * A block device's own page cache: its bytes as one file (/dev/vda), and the
 * helpers that any file system uses to move cached pages to and from a disk.
 *
 * A file system on the device keeps pages of its own; the two caches do not
 * see each other.  bdev_flush_cache() is what hands a device over.
 *
 * Lock: the page lock and PG_writeback, as mm/address_space.h says.
 */
#include <kernel/drivers/block.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/slab.h>

#define SECTORS_PER_PAGE (PAGE_SIZE / SECTOR_SIZE)

static int bdev_readpage(struct address_space *as, struct page *page);
static void bdev_readpages(struct address_space *as, struct page **pages, unsigned int nr);
static int bdev_writepage(struct address_space *as, struct page *page);
static int bdev_writepages(struct address_space *as, struct page **pages, unsigned int nr);

static const struct address_space_operations bdev_aops = {
	.readpage = bdev_readpage,
	.readpages = bdev_readpages,
	.writepage = bdev_writepage,
	.writepages = bdev_writepages,
	.file_get = file_get_hook,
	.file_put = file_put_hook,
	.file_sync = file_sync_hook,
};

static struct file_system_type bdev_type = { .name = "bdev" };
static struct super_block bdev_super = {
	.type = &bdev_type,
	.blocksize = PAGE_SIZE,
	.max_bytes = (u64)1 << 62,
	.inode_list_lock = SPINLOCK_INIT(RANK_LEAF),
	.inodes = LIST_HEAD_INIT(bdev_super.inodes),
	.dirty_inodes = LIST_HEAD_INIT(bdev_super.dirty_inodes),
};

int bdev_init_cache(struct block_device *bdev)
{
	struct inode *inode = inode_alloc(&bdev_super);

	if (!inode)
		return -ENOMEM;
	inode->mode = S_IFBLK | 0600;
	inode->rdev = bdev->dev;
	inode->private_ = bdev;
	inode->data.a_ops = &bdev_aops;
	inode->data.flags |= AS_METADATA;
	inode_set_size(inode, bdev->nr_sectors << SECTOR_SHIFT);
	bdev->inode = inode;
	return 0;
}

struct page *bdev_read_page(struct block_device *bdev, u64 index)
{
	if (index >= DIV_ROUND_UP(bdev->nr_sectors, SECTORS_PER_PAGE))
		return ERR_PTR(-EIO);
	return filemap_read_page(bdev->inode->mapping, index, NULL);
}

int bdev_flush_cache(struct block_device *bdev)
{
	struct address_space *as = bdev->inode->mapping;
	u32 seq = errseq_now(&as->wb_error);

	filemap_write_range(as, 0, -1);
	filemap_wait_range(as, 0, -1);
	invalidate_pages(as, 0, ~0UL);
	return errseq_since(&as->wb_error, seq);
}

/* Bytes of the page that exist on the device; less than a page only at its end. */
static unsigned int page_bytes(struct block_device *bdev, pgoff_t index)
{
	u64 first = (u64)index * SECTORS_PER_PAGE;

	if (first >= bdev->nr_sectors)
		return 0;
	return min((u64)SECTORS_PER_PAGE, bdev->nr_sectors - first) * SECTOR_SIZE;
}

static void bdev_readpages(struct address_space *as, struct page **pages, unsigned int nr)
{
	struct block_device *bdev = as->host->private_;
	struct bio_run run = { .bdev = bdev, .op = BIO_READ, .gfp = GFP_NOFS };

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int len = page_bytes(bdev, pages[i]->index);
		char *data = page_address(pages[i]);

		memset(data + len, 0, PAGE_SIZE - len);
		if (len) {
			bio_run_add(&run, pages[i]->index * SECTORS_PER_PAGE, pages[i], len,
				    nr - i);
			continue;
		}
		page_set(pages[i], PG_uptodate);
		unlock_page(pages[i]);
	}
	bio_run_submit(&run);
}

static int bdev_readpage(struct address_space *as, struct page *page)
{
	bdev_readpages(as, &page, 1);
	return 0;
}

static int bdev_writepages(struct address_space *as, struct page **pages, unsigned int nr)
{
	struct block_device *bdev = as->host->private_;
	struct bio_run run = { .bdev = bdev, .op = BIO_WRITE, .gfp = GFP_NOIO | GFP_RESERVE };

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int len = page_bytes(bdev, pages[i]->index);

		if (len)
			bio_run_add(&run, pages[i]->index * SECTORS_PER_PAGE, pages[i], len,
				    nr - i);
		else
			page_end_writeback(pages[i]);
		unlock_page(pages[i]);
	}
	bio_run_submit(&run);
	return 0;
}

static int bdev_writepage(struct address_space *as, struct page *page)
{
	return bdev_writepages(as, &page, 1);
}

/* ------------------------------------------------- pages, for file systems */

void bio_end_read_pages(struct bio *bio)
{
	for (unsigned int i = 0; i < bio->nr_vecs; i++) {
		struct page *page = bio->vecs[i].page;

		page_set(page, bio->error ? PG_error : PG_uptodate);
		unlock_page(page);
	}
	bio_free(bio);
}

/* Under write-back a page stays in its mapping: the pointer is good until page_end_writeback(). */
void bio_end_write_pages(struct bio *bio)
{
	for (unsigned int i = 0; i < bio->nr_vecs; i++) {
		struct page *page = bio->vecs[i].page;

		if (bio->error)
			inode_write_failed(page->mapping, -EIO);
		page_end_writeback(page);
	}
	bio_free(bio);
}

void bio_run_add(struct bio_run *run, u64 sector, struct page *page, unsigned int len,
		 unsigned int left)
{
	if (run->bio && (sector != run->next || !bio_add(run->bio, page, 0, len)))
		bio_run_submit(run);
	if (!run->bio) {
		run->bio = bio_alloc(run->bdev, run->op, sector, left, run->gfp | GFP_WAIT);
		run->bio->end_io = run->end_io ? run->end_io :
				   run->op == BIO_READ ? bio_end_read_pages :
							 bio_end_write_pages;
		bio_add(run->bio, page, 0, len);
	}
	run->next = sector + len / SECTOR_SIZE;
}

void bio_run_submit(struct bio_run *run)
{
	struct bio *bio = run->bio;

	run->bio = NULL;
	if (bio)
		bio_submit(bio);
}
