// SPDX-License-Identifier: MIT
/*
 * The block layer: bios, the list of devices, and what was done to each.
 *
 * A bio is checked here once (range, read-only, what the device can do),
 * moved from a partition to its disk, and handed to the driver; there is no
 * scheduler between, for the host has one.
 *
 * Writing pages out must not wait for memory: when none is left bios come from
 * a small reserve, and who finds that empty waits for one to come back, which
 * it does when its I/O ends.  So nobody holds a bio that is not submitted
 * while asking for another.
 *
 * Lock: reserve.lock; devices_lock for the list, which only grows.
 */
#include <kernel/drivers/block.h>

#include <kernel/drivers/partition.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/stat.h>
#include <kernel/log.h>
#include <kernel/task.h>
#include <lib/atomic.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/vmstat.h>

#define ERRORS_TOLD     10
#define RESERVE_NR      4U
#define RESERVE_VECS    32U
#define RESERVE_SIZE    (sizeof(struct bio) + RESERVE_VECS * sizeof(struct bio_vec))

static struct {
	struct spinlock lock;           /* RANK_LEAF, irqsave */
	unsigned long used;             /* bit i: mem[i] is out */
	struct wait_queue wq;
	u8 mem[RESERVE_NR][RESERVE_SIZE] __aligned(8);
} reserve = { .lock = SPINLOCK_INIT(RANK_LEAF), .wq = WAIT_QUEUE_INIT(reserve.wq) };

static struct spinlock devices_lock = SPINLOCK_INIT(RANK_LEAF);
static LIST_HEAD(devices);
static DEFINE_WAIT_QUEUE(submit_wait);

static int bio_check(struct bio *bio);
static void bio_account(struct block_device *bdev, const struct bio *bio);

/* ----------------------------------------------------------------- bios */

static struct bio *reserve_take(void)
{
	unsigned long flags = spin_lock_irqsave(&reserve.lock);
	struct bio *bio = NULL;

	for (unsigned int i = 0; i < RESERVE_NR && !bio; i++) {
		if (reserve.used & BIT(i))
			continue;
		reserve.used |= BIT(i);
		bio = (struct bio *)reserve.mem[i];
	}
	spin_unlock_irqrestore(&reserve.lock, flags);
	return bio;
}

static bool reserve_give(struct bio *bio)
{
	size_t off = (u8 *)bio - reserve.mem[0];
	unsigned long flags;

	if (off >= sizeof(reserve.mem))
		return false;
	flags = spin_lock_irqsave(&reserve.lock);
	reserve.used &= ~BIT(off / RESERVE_SIZE);
	spin_unlock_irqrestore(&reserve.lock, flags);
	wake_up(&reserve.wq);
	return true;
}

struct bio *bio_alloc(struct block_device *bdev, enum bio_op op, u64 sector, unsigned int max_vecs,
		      unsigned int gfp)
{
	struct bio *bio;

	max_vecs = min(max_vecs, (unsigned int)BIO_MAX_VECS);
	bio = kmalloc(sizeof(*bio) + max_vecs * sizeof(struct bio_vec),
		      (gfp & ~GFP_OOM) | GFP_NOWARN);
	if (!bio) {
		bio = reserve_take();
		max_vecs = min(max_vecs, RESERVE_VECS);
	}
	if (!bio && (gfp & GFP_WAIT))
		wait_event_exclusive(&reserve.wq, (bio = reserve_take()));
	if (!bio)
		return NULL;
	memset(bio, 0, sizeof(*bio));
	bio->bdev = bdev;
	bio->op = op;
	bio->sector = sector;
	bio->max_vecs = max_vecs;
	INIT_LIST_HEAD(&bio->node);
	return bio;
}

bool bio_add(struct bio *bio, struct page *page, unsigned int offset, unsigned int len)
{
	if (bio->nr_vecs == bio->max_vecs)
		return false;
	bio->vecs[bio->nr_vecs++] = (struct bio_vec){ page, offset, len };
	return true;
}

void bio_free(struct bio *bio)
{
	if (!reserve_give(bio))
		kfree(bio);
}

static u64 bio_sectors(const struct bio *bio)
{
	u64 bytes = 0;

	if (bio->op == BIO_DISCARD || bio->op == BIO_FLUSH)
		return bio->nr_sectors;
	for (unsigned int i = 0; i < bio->nr_vecs; i++)
		bytes += bio->vecs[i].len;
	return bytes >> SECTOR_SHIFT;
}

void bio_submit(struct bio *bio)
{
	struct block_device *bdev = bio->bdev;
	int verdict = bio_check(bio);

	bio->error = 0;
	if (verdict <= 0) {
		bio->error = verdict;
		bio->end_io(bio);
		return;
	}
	bio_account(bdev, bio);
	if (bio->op == BIO_READ)
		current->io.read_bytes += bio_sectors(bio) << SECTOR_SHIFT;
	if (bdev->whole) {
		bio->sector += bdev->start_sector;
		bdev = bdev->whole;
		bio_account(bdev, bio);
	}
	bdev->ops->submit(bdev, bio);
}

/* 1: for the driver; 0: done already; -errno. */
static int bio_check(struct bio *bio)
{
	const struct block_device *bdev = bio->bdev;
	u64 nr = bio_sectors(bio);

	if (bio->op == BIO_FLUSH)
		return bdev->can_flush;
	if (bio->op == BIO_DISCARD && !bdev->can_discard)
		return -EOPNOTSUPP;
	if (bio->op != BIO_READ && bdev->read_only)
		return -EROFS;
	if (nr > bdev->nr_sectors || bio->sector > bdev->nr_sectors - nr) {
		pr_err("%s: %s of %lu sectors at %lu is beyond the end, %lu", bdev->name,
		       bio->op == BIO_READ ? "read" : "write", (unsigned long)nr,
		       (unsigned long)bio->sector, (unsigned long)bdev->nr_sectors);
		return -EIO;
	}
	return nr > 0;
}

static u64 stat_add(u64 *stat, u64 n)
{
	return __atomic_add_fetch(stat, n, __ATOMIC_RELAXED);
}

static void bio_account(struct block_device *bdev, const struct bio *bio)
{
	u64 nr = bio_sectors(bio);

	__atomic_fetch_add(&bdev->in_flight, 1, __ATOMIC_RELAXED);
	switch (bio->op) {
	case BIO_READ:
		stat_add(&bdev->stat.reads, 1);
		stat_add(&bdev->stat.sectors_read, nr);
		if (!bdev->whole)
			vmstat_add(VMSTAT_pgpgin, nr);
		break;
	case BIO_WRITE:
		stat_add(&bdev->stat.writes, 1);
		stat_add(&bdev->stat.sectors_written, nr);
		if (!bdev->whole)
			vmstat_add(VMSTAT_pgpgout, nr);
		break;
	case BIO_FLUSH:
		stat_add(&bdev->stat.flushes, 1);
		break;
	case BIO_DISCARD:
		break;
	}
}

/* The first errors of a device are told one by one, then every thousandth: a dead disk has many. */
static bool bio_account_done(struct block_device *bdev, int error)
{
	u64 errors;

	__atomic_fetch_sub(&bdev->in_flight, 1, __ATOMIC_RELAXED);
	if (!error)
		return false;
	errors = stat_add(&bdev->stat.errors, 1);
	return errors <= ERRORS_TOLD || errors % 1000 == 0;
}

void bio_done(struct bio *bio, int error)
{
	struct block_device *bdev = bio->bdev;

	bool tell = bio_account_done(bdev, error);

	bio->error = error;
	if (bdev->whole)
		bio_account_done(bdev->whole, error);
	if (tell)
		pr_err("%s: %s error at sector %lu", bdev->name,
		       bio->op == BIO_READ ? "read" : "write", (unsigned long)bio->sector);
	bio->end_io(bio);               /* the bio may be gone now */
}

/*
 * Who waits is woken through a queue that outlives him: he may be gone as soon as he sees the
 * flag.
 */
static void submit_wait_done(struct bio *bio)
{
	smp_store_release((bool *)bio->private_, true);
	wake_up_all(&submit_wait);
}

int bio_submit_wait(struct bio *bio)
{
	bool done = false;

	bio->private_ = &done;
	bio->end_io = submit_wait_done;
	bio_submit(bio);
	wait_event(&submit_wait, smp_load_acquire(&done));
	return bio->error;
}

int block_device_flush(struct block_device *bdev)
{
	struct bio *bio;
	int err;

	if (!bdev->can_flush)
		return 0;
	bio = bio_alloc(bdev, BIO_FLUSH, 0, 0, GFP_NOIO | GFP_RESERVE);
	if (!bio)
		return -EIO;
	err = bio_submit_wait(bio);
	bio_free(bio);
	return err ? -EIO : 0;
}

/* -------------------------------------------------------------- devices */

struct block_device *block_device_next(struct block_device *prev)
{
	struct list_head *next;

	spin_lock(&devices_lock);
	next = prev ? prev->node.next : devices.next;
	spin_unlock(&devices_lock);
	return next == &devices ? NULL : list_entry(next, struct block_device, node);
}

struct block_device *block_device_find(const char *name)
{
	struct block_device *b;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	for (b = block_device_next(NULL); b; b = block_device_next(b))
		if (!strcmp(b->name, name))
			return b;
	return NULL;
}

struct block_device *block_device_by_dev(u64 dev)
{
	struct block_device *b;

	for (b = block_device_next(NULL); b; b = block_device_next(b))
		if (b->dev == dev)
			return b;
	return NULL;
}

static int device_insert(struct block_device *bdev)
{
	int err = bdev_init_cache(bdev);

	if (err)
		return err;
	spin_lock(&devices_lock);
	list_add_tail(&bdev->node, &devices);
	spin_unlock(&devices_lock);
	return 0;
}

static const u8 *read_sector(void *arg, u64 sector, u8 *buf)
{
	struct page *page = bdev_read_page(arg, sector / (PAGE_SIZE / SECTOR_SIZE));

	if (IS_ERR(page))
		return NULL;
	memcpy(buf, (u8 *)page_address(page) + sector % (PAGE_SIZE / SECTOR_SIZE) * SECTOR_SIZE,
	       SECTOR_SIZE);
	put_page(page);
	return buf;
}

static void add_partition(struct block_device *disk, const struct partition *part)
{
	size_t len = strlen(disk->name);
	struct block_device *bdev = kzalloc(sizeof(*bdev), GFP_KERNEL);

	if (!bdev)
		return;
	/* A name that ends in a digit needs a separator before the number. */
	snprintf(bdev->name, sizeof(bdev->name), "%s%s%u", disk->name,
		 disk->name[len - 1] >= '0' && disk->name[len - 1] <= '9' ? "p" : "", part->number);
	bdev->dev = disk->dev + part->number;
	bdev->nr_sectors = part->nr_sectors;
	bdev->read_only = disk->read_only;
	bdev->can_flush = disk->can_flush;
	bdev->can_discard = disk->can_discard;
	bdev->whole = disk;
	bdev->start_sector = part->start_sector;
	if (device_insert(bdev))
		kfree(bdev);
}

int block_device_add(struct block_device *bdev)
{
	struct partition parts[PARTITIONS_MAX];
	unsigned int nr;
	int err = device_insert(bdev);

	if (err)
		return err;
	nr = partition_scan(read_sector, bdev, bdev->nr_sectors, parts, PARTITIONS_MAX);
	for (unsigned int i = 0; i < nr; i++)
		add_partition(bdev, &parts[i]);
	return 0;
}
