// SPDX-License-Identifier: MIT
/*
 * Metadata: blocks that are not contents of files, cached one a page.
 *
 * Page n of this mapping holds block n, whatever the block size.  The cache of
 * the device itself would not do: with blocks of 1 KiB its pages mix metadata
 * with data that is cached elsewhere, and writing such a page would put old
 * data back.  The price is memory, on small file systems only.
 *
 * Directories and long symbolic links are kept here too.  So everything that
 * one fsync must find consistent is in one place, and it writes all of it: a
 * few blocks in ascending order.
 *
 * Always true: a block of metadata that was freed is not in the mapping, or is
 *              being taken out by whoever frees it, before its bit is clear.
 * Lock: none of ours; page locks as anywhere.
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/drivers/block.h>
#include <lib/string.h>
#include <mm/filemap.h>

static int meta_readpage(struct address_space *as, struct page *page);
static void meta_readpages(struct address_space *as, struct page **pages, unsigned int nr);
static int meta_writepage(struct address_space *as, struct page *page);
static int meta_writepages(struct address_space *as, struct page **pages, unsigned int nr);

static const struct address_space_operations meta_aops = {
	.readpage = meta_readpage,
	.readpages = meta_readpages,
	.writepage = meta_writepage,
	.writepages = meta_writepages,
};

void ext2_meta_init(struct ext2_sb *s)
{
	address_space_init(&s->meta, NULL, &meta_aops);
	s->meta.flags |= AS_METADATA;
	s->meta.wb_owner = s->sb;
	s->meta.size = (u64)s->geo.blocks << PAGE_SHIFT;
}

static void submit(struct address_space *as, struct page **pages, unsigned int nr,
		   struct bio_run *run)
{
	struct ext2_sb *s = container_of(as, struct ext2_sb, meta);
	unsigned int shift = s->geo.block_bits - SECTOR_SHIFT;

	run->bdev = s->bdev;
	run->gfp = EXT2_GFP;
	for (unsigned int i = 0; i < nr; i++) {
		bio_run_add(run, (u64)pages[i]->index << shift, pages[i], s->geo.block_size,
			    nr - i);
		if (run->op == BIO_WRITE)
			unlock_page(pages[i]);
	}
	bio_run_submit(run);
}

static void meta_readpages(struct address_space *as, struct page **pages, unsigned int nr)
{
	struct bio_run run = { .op = BIO_READ };

	submit(as, pages, nr, &run);
}

static int meta_readpage(struct address_space *as, struct page *page)
{
	meta_readpages(as, &page, 1);
	return 0;
}

/* What could not be written stays dirty: it is tried again, and fsync fails until it succeeds. */
static void meta_end_write(struct bio *bio)
{
	for (unsigned int i = 0; i < bio->nr_vecs; i++) {
		struct page *page = bio->vecs[i].page;

		if (bio->error) {
			filemap_set_error(page->mapping, -EIO);
			errseq_set(&container_of(page->mapping, struct ext2_sb, meta)->sb->wb_error,
				   -EIO);
			set_page_dirty(page);
		}
		page_end_writeback(page);
	}
	bio_free(bio);
}

static int meta_writepages(struct address_space *as, struct page **pages, unsigned int nr)
{
	struct bio_run run = { .op = BIO_WRITE, .end_io = meta_end_write };

	submit(as, pages, nr, &run);
	return 0;
}

static int meta_writepage(struct address_space *as, struct page *page)
{
	return meta_writepages(as, &page, 1);
}

struct page *ext2_meta_read(struct ext2_sb *s, u32 block)
{
	struct page *page = filemap_find(&s->meta, block);

	if (likely(page && page_test(page, PG_uptodate)))
		return page;
	if (page)
		put_page(page);
	page = filemap_grab_page(&s->meta, block, EXT2_GFP);
	if (IS_ERR(page))
		return page;
	if (page_test(page, PG_uptodate)) {
		unlock_page(page);
		return page;
	}
	page_clear(page, PG_error);
	meta_readpage(&s->meta, page);
	wait_on_page_bit(page, PG_locked);
	if (page_test(page, PG_uptodate))
		return page;
	put_page(page);
	return ERR_PTR(-EIO);
}

struct page *ext2_meta_new(struct ext2_sb *s, u32 block)
{
	struct page *page = filemap_grab_page(&s->meta, block, EXT2_GFP);

	if (IS_ERR(page))
		return page;
	wait_on_page_bit(page, PG_writeback);
	memset(page_address(page), 0, PAGE_SIZE);
	page_set(page, PG_uptodate);
	unlock_page(page);
	return page;
}

void ext2_meta_dirty(struct ext2_sb *s, struct page *page)
{
	if (unlikely(READ_ONCE(s->clean)))
		ext2_unclean(s);
	if (!page_test(page, PG_dirty))
		set_page_dirty(page);
	/* the dirty page before the look: a sync that has just begun finds one or the other */
	smp_mb();
	if (unlikely(READ_ONCE(s->clean)))
		ext2_unclean(s);
}

void ext2_meta_forget(struct ext2_sb *s, u32 block)
{
	truncate_pages(&s->meta, (loff_t)block << PAGE_SHIFT, ((loff_t)block + 1) << PAGE_SHIFT);
}

int ext2_meta_sync(struct ext2_sb *s)
{
	u32 seq = errseq_now(&s->meta.wb_error);
	int err = filemap_write_range(&s->meta, 0, -1), e;

	e = filemap_wait_range(&s->meta, 0, -1);
	err = err ? err : e;
	e = errseq_since(&s->meta.wb_error, seq);
	return err ? err : e;
}

void ext2_meta_readahead(struct ext2_sb *s, u32 block, u32 nr)
{
	filemap_readahead(&s->meta, block, nr);
}

void ext2_meta_read_along(struct ext2_sb *s, u32 block, struct bio_run *run)
{
	struct page *page = filemap_grab_page(&s->meta, block, EXT2_GFP);

	if (IS_ERR(page))
		return;
	if (page_test(page, PG_uptodate)) {
		unlock_page(page);
	} else {
		page_clear(page, PG_error);
		bio_run_add(run, (u64)block << (s->geo.block_bits - SECTOR_SHIFT), page,
			    s->geo.block_size, 1);
	}
	put_page(page);
}
