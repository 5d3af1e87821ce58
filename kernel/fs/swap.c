// SPDX-License-Identifier: MIT
/*
 * swapon(2) and swapoff(2): a disk, a partition or a file becomes a swap area.
 *
 * What it means is mm's; here it is opened, claimed and turned into sectors.
 * Where the blocks of a file lie is asked once, at swapon: after that nothing of
 * the file system is needed to move a page, so that no lock of it can be in the
 * way of freeing memory.  In return the file must stay as it is: I_SWAPFILE makes
 * writing to it, cutting it and removing its name fail.
 *
 * Lock: the inode's, while it is claimed; constant after that.
 */
#include <kernel/fs/file.h>

#include <kernel/cred.h>
#include <kernel/drivers/block.h>
#include <kernel/fs/dentry.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/super.h>
#include <kernel/log.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/slab.h>
#include <mm/swapon.h>

#define SECTORS_PER_PAGE (PAGE_SIZE / SECTOR_SIZE)

/* What makes an area: the file that was opened, and the disk its pages are on. */
struct swap_file {
	struct swap_device dev;
	struct file *file;
	struct block_device *bdev;
	char path[256];
};

static int swap_claim(struct swap_file *sf);
static void swap_unclaim(struct swap_file *sf);
static int swap_map(struct swap_file *sf);
static void swap_submit(struct swap_device *dev, bool write, u64 sector, struct page **pages,
			unsigned int nr);
static void swap_discard(struct swap_device *dev, u64 sector, u64 nr);
static void swap_release(struct swap_device *dev);

static const struct swap_device_ops swap_ops = {
	.submit = swap_submit,
	.discard = swap_discard,
	.release = swap_release,
};

/* The inode whose bytes are the area's: of the file, or of the device behind the node. */
static struct inode *swap_inode(const struct swap_file *sf)
{
	return S_ISBLK(sf->file->inode->mode) ? sf->bdev->inode : sf->file->inode;
}

/* ------------------------------------------------------------- swapon */

static struct file *open_user(vaddr_t uname)
{
	char *name = getname(uname);
	struct file *f;

	if (IS_ERR(name))
		return ERR_CAST(name);
	f = file_open(name, O_RDWR, 0);
	putname(name);
	return f;
}

/* Everything of the file that is in memory goes to the disk; then mm reads the header. */
static int swap_start(struct swap_file *sf, unsigned int flags)
{
	struct address_space *as = swap_inode(sf)->mapping;
	struct page *header;
	int err;

	filemap_write_range(as, 0, -1);
	err = filemap_wait_range(as, 0, -1);
	if (err)
		return err;
	header = filemap_read_page(as, 0, NULL);
	if (IS_ERR(header))
		return (int)PTR_ERR(header);
	err = swap_map(sf);
	if (!err)
		err = swap_on(&sf->dev, page_address(header), flags);
	put_page(header);
	return err;
}

static struct swap_file *swap_file_new(struct file *f)
{
	struct swap_file *sf = kzalloc(sizeof(*sf), GFP_KERNEL);
	const char *path;

	if (!sf)
		return NULL;
	sf->file = f;
	path = d_path(&f->path, NULL, sf->path, sizeof(sf->path));
	if (IS_ERR(path))
		path = f->path.dentry->name;
	memmove(sf->path, path, strnlen(path, sizeof(sf->path) - 1) + 1);
	sf->path[sizeof(sf->path) - 1] = 0;
	sf->dev.ops = &swap_ops;
	sf->dev.path = sf->path;
	return sf;
}

long sys_swapon(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[1];
	struct swap_file *sf;
	struct file *f;
	int err;

	if (flags & ~SWAP_FLAGS_VALID)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	f = open_user(a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	sf = swap_file_new(f);
	if (!sf) {
		file_put(f);
		return -ENOMEM;
	}
	err = swap_claim(sf);
	if (!err) {
		err = swap_start(sf, flags);
		if (err)
			swap_unclaim(sf);
	}
	if (err) {
		kvfree(sf->dev.extents);
		kfree(sf);
		file_put(f);
		return err;
	}
	pr_info("adding %lu KiB of swap on %s", sf->dev.nr_pages << (PAGE_SHIFT - 10), sf->path);
	return 0;
}

/* Nobody else has it, and nobody can change it from now on. */
static int swap_claim(struct swap_file *sf)
{
	struct inode *inode = sf->file->inode;
	int err = 0;

	if (S_ISBLK(inode->mode)) {
		sf->bdev = block_device_by_dev(inode->rdev);
		if (!sf->bdev)
			return -ENXIO;
		if (cmpxchg(&sf->bdev->holder, NULL, (void *)&swap_ops))
			return -EBUSY;
		set_bit(I_SWAPFILE, &sf->bdev->inode->state);
	} else if (S_ISREG(inode->mode) && inode->i_op->swap_map) {
		sf->bdev = inode->sb->bdev;
		sf->dev.is_file = true;
		down_write(&inode->lock);
		if (!inode->nlink)
			err = -ENOENT;
		else if (test_and_set_bit(I_SWAPFILE, &inode->state))
			err = -EBUSY;
		up_write(&inode->lock);
	} else {
		return -EINVAL;
	}
	sf->dev.owner = swap_inode(sf);
	sf->dev.can_discard = sf->bdev->can_discard;
	return err;
}

static void swap_unclaim(struct swap_file *sf)
{
	clear_bit(I_SWAPFILE, &swap_inode(sf)->state);
	if (!sf->dev.is_file)
		smp_store_release(&sf->bdev->holder, NULL);
}

/* ----------------------------------------------- where its pages are */

static int add_extent(struct swap_device *dev, unsigned int *room, u64 sector, unsigned long nr)
{
	struct swap_extent *e = dev->extents + dev->nr_extents - 1;

	if (dev->nr_extents && e->sector + e->nr * SECTORS_PER_PAGE == sector) {
		e->nr += nr;
	} else {
		if (dev->nr_extents == *room) {
			struct swap_extent *more;

			*room = *room ? 2 * *room : 16;
			more = kvmalloc(*room * sizeof(*more), GFP_KERNEL);
			if (!more)
				return -ENOMEM;
			if (dev->nr_extents)
				memcpy(more, dev->extents, dev->nr_extents * sizeof(*more));
			kvfree(dev->extents);
			dev->extents = more;
		}
		dev->extents[dev->nr_extents++] = (struct swap_extent){
			.page = dev->nr_pages, .nr = nr, .sector = sector,
		};
	}
	dev->nr_pages += nr;
	return 0;
}

/* -EINVAL: it has a hole. */
static int map_file(struct swap_file *sf, unsigned int *room)
{
	struct inode *inode = sf->file->inode;
	u64 pages = inode_size(inode) >> PAGE_SHIFT, at = 0;

	while (at < pages) {
		u64 sector;
		long n = inode->i_op->swap_map(inode, at, pages - at, &sector);
		int err;

		if (n < 0)
			return (int)n;
		if (!n) {               /* a page in pieces: left out */
			at++;
			continue;
		}
		err = add_extent(&sf->dev, room, sector, (unsigned long)n);
		if (err)
			return err;
		at += (u64)n;
		if (fatal_signal_pending())
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int swap_map(struct swap_file *sf)
{
	unsigned int room = 0;

	if (sf->dev.is_file)
		return map_file(sf, &room);
	return add_extent(&sf->dev, &room, 0, sf->bdev->nr_sectors / SECTORS_PER_PAGE);
}

/* -------------------------------------------------------------- moving pages */

static void end_read(struct bio *bio)
{
	for (unsigned int i = 0; i < bio->nr_vecs; i++)
		swap_read_done(bio->vecs[i].page, bio->error);
	bio_free(bio);
}

static void end_write(struct bio *bio)
{
	for (unsigned int i = 0; i < bio->nr_vecs; i++)
		swap_write_done(bio->vecs[i].page, bio->error);
	bio_free(bio);
}

static void swap_submit(struct swap_device *dev, bool write, u64 sector, struct page **pages,
			unsigned int nr)
{
	struct swap_file *sf = container_of(dev, struct swap_file, dev);
	struct bio_run run = {
		.bdev = sf->bdev,
		.op = write ? BIO_WRITE : BIO_READ,
		.gfp = GFP_NOIO | GFP_RESERVE,
		.end_io = write ? end_write : end_read,
	};

	for (unsigned int i = 0; i < nr; i++)
		bio_run_add(&run, sector + (u64)i * SECTORS_PER_PAGE, pages[i], PAGE_SIZE, nr - i);
	bio_run_submit(&run);
}

static void swap_discard(struct swap_device *dev, u64 sector, u64 nr)
{
	struct swap_file *sf = container_of(dev, struct swap_file, dev);
	struct bio *bio;

	bio = bio_alloc(sf->bdev, BIO_DISCARD, sector, 0, GFP_NOIO);
	bio->nr_sectors = nr;
	bio_submit_wait(bio);           /* it is only a hint: an error does not matter */
	bio_free(bio);
}

/* ------------------------------------------------------------ swapoff */

static void swap_release(struct swap_device *dev)
{
	struct swap_file *sf = container_of(dev, struct swap_file, dev);

	invalidate_pages(swap_inode(sf)->mapping, 0, ~0UL);     /* older than what is on the disk */
	swap_unclaim(sf);
	file_put(sf->file);
	kvfree(dev->extents);
	kfree(sf);
}

long sys_swapoff(const unsigned long *a)
{
	struct block_device *bdev;
	struct file *f;
	long err = -EINVAL;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	f = open_user(a[0]);
	if (IS_ERR(f))
		return PTR_ERR(f);
	WRITE_ONCE(current->signal->oom_first, true);
	if (S_ISBLK(f->inode->mode)) {
		bdev = block_device_by_dev(f->inode->rdev);
		if (bdev)
			err = swap_off(bdev->inode);
	} else if (S_ISREG(f->inode->mode)) {
		err = swap_off(f->inode);
	}
	/* Behind swap_starts(), if it gave up: oom_kill() sees one or the other. */
	smp_store_release(&current->signal->oom_first, false);
	file_put(f);
	return err;
}
