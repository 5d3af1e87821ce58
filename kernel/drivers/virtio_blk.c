// SPDX-License-Identifier: MIT
/*
 * virtio-blk: disks (virtio 1.2 §5.2).
 *
 * A bio waits in a queue only while every request slot is taken; those that
 * waited and lie side by side leave as one request.  A bio too long for one
 * request (seg_max, size_max) leaves as several; it is done when all are.
 *
 *	bio ──► pending ──build──► request ──virtqueue──► device ──interrupt──► bio_done
 *
 * A device that breaks the rules of the ring is reset and every request fails
 * with EIO, now and later; nothing it says is used as an index unchecked.
 *
 * Always true: pending is empty or all slots (or descriptors) are taken.
 * Lock: disk->lock for the queue, pending and slots; bio_done() runs without it.
 */
#include <kernel/drivers/virtio.h>

#include <kernel/drivers/block.h>
#include <kernel/drivers/irq.h>
#include <kernel/fs/stat.h>
#include <kernel/log.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/page.h>
#include <mm/slab.h>

/* ------------------------------------------------------------ registers */

#define F_SIZE_MAX      (1ULL << 1)
#define F_SEG_MAX       (1ULL << 2)
#define F_RO            (1ULL << 5)
#define F_FLUSH         (1ULL << 9)
#define F_DISCARD       (1ULL << 13)

/* struct virtio_blk_config: byte offsets */
enum { CFG_CAPACITY = 0, CFG_SIZE_MAX = 8, CFG_SEG_MAX = 12, CFG_MAX_DISCARD = 36 };

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_DISCARD = 11 };

#define S_OK            0
#define S_UNSUPPORTED   2
#define S_NONE          0xff            /* ours: the device wrote nothing */

/* What the device reads before the data, and for a discard as the data. */
struct blk_header {
	u32 type, reserved;
	u64 sector;
};

struct blk_discard {
	u64 sector;
	u32 nr_sectors, flags;
};

#define NR_REQUESTS     32U
#define MAX_SEGS        64U             /* of data; a header and a status go with them */
#define MAX_BIOS        16U             /* merged into one request */
#define DISKS_MAX       26U
#define DISK_MAJOR      254U            /* the first of the range for local use */
#define MINORS          16U

struct blk_request {
	struct blk_header header;
	struct blk_discard discard;
	u8 status;
	bool reads;
	u64 bytes;
	unsigned int nr_bios;
	struct bio *bios[MAX_BIOS];     /* each counts this request in its parts */
	struct blk_request *next;       /* on the free list, or finished */
};

struct blk_disk {
	struct block_device bdev;
	struct virtio_device *vd;
	struct virtqueue *vq;
	struct spinlock lock;           /* RANK_BLOCK, irqsave */
	struct list_head pending;       /* bios not wholly in requests */
	struct blk_request *free;       /* list */
	struct blk_request *requests;   /* all NR_REQUESTS */
	unsigned int max_segs;          /* [c] */
	u32 size_max, max_discard;      /* [c] bytes of one stretch; sectors of one discard */
	bool dead;                      /* no more requests */
	struct virtio_sg sg[MAX_SEGS + 2];      /* of the request being built */
};

static unsigned int nr_disks;

static void disk_submit(struct block_device *bdev, struct bio *bio);
static void disk_dispatch(struct blk_disk *d);
static bool request_build(struct blk_disk *d, struct blk_request *rq);
static void disk_interrupt(void *arg);
static void request_finish(struct blk_request *rq, bool written, struct list_head *done);
static void disk_kill(struct blk_disk *d, struct list_head *done);
static void bios_end(struct list_head *done);

static const struct block_device_ops disk_ops = { .submit = disk_submit };

/* ------------------------------------------------------------- bring-up */

/* Step 7, first half: what the device says of itself.  0, -EINVAL, -EIO. */
static int read_config(struct blk_disk *d)
{
	struct virtio_device *vd = d->vd;
	u64 capacity;
	u32 segs = MAX_SEGS;
	int err = virtio_config_read(vd, CFG_CAPACITY, &capacity, sizeof(capacity));

	d->size_max = ~0U;
	if (!err && virtio_has(vd, F_SIZE_MAX))
		err = virtio_config_read(vd, CFG_SIZE_MAX, &d->size_max, sizeof(d->size_max));
	if (!err && virtio_has(vd, F_SEG_MAX))
		err = virtio_config_read(vd, CFG_SEG_MAX, &segs, sizeof(segs));
	if (!err && virtio_has(vd, F_DISCARD))
		err = virtio_config_read(vd, CFG_MAX_DISCARD, &d->max_discard,
					 sizeof(d->max_discard));
	if (err)
		return err;
	d->size_max = ALIGN_DOWN(d->size_max, SECTOR_SIZE);
	if (!d->size_max || !segs || capacity > ~0ULL >> SECTOR_SHIFT)
		return -EINVAL;
	d->max_segs = min(segs, MAX_SEGS);
	d->bdev.nr_sectors = capacity;
	d->bdev.read_only = virtio_has(vd, F_RO);
	d->bdev.can_flush = virtio_has(vd, F_FLUSH);
	d->bdev.can_discard = virtio_has(vd, F_DISCARD) && d->max_discard;
	return 0;
}

/* Step 7, second half. */
static int setup_queue(struct blk_disk *d)
{
	d->vq = virtqueue_create(d->vd, 0, NR_REQUESTS, d->max_segs + 2);
	if (IS_ERR(d->vq))
		return (int)PTR_ERR(d->vq);
	d->max_segs = virtqueue_max_sg(d->vq) - 2;
	d->requests = kcalloc(NR_REQUESTS, sizeof(*d->requests), GFP_KERNEL);
	if (!d->requests)
		return -ENOMEM;
	for (unsigned int i = 0; i < NR_REQUESTS; i++) {
		d->requests[i].next = d->free;
		d->free = &d->requests[i];
	}
	return 0;
}

int virtio_blk_probe(struct virtio_device *vd)
{
	struct blk_disk *d;
	int err;

	if (nr_disks == DISKS_MAX)
		return -ENOSPC;
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	d->vd = vd;
	spin_lock_init(&d->lock, RANK_BLOCK);
	INIT_LIST_HEAD(&d->pending);
	snprintf(d->bdev.name, sizeof(d->bdev.name), "vd%c", 'a' + nr_disks);
	d->bdev.dev = MKDEV(DISK_MAJOR, nr_disks * MINORS);
	d->bdev.ops = &disk_ops;
	d->bdev.driver = d;
	/* Steps 4 to 8; 1 to 3 are done. */
	err = virtio_negotiate(vd, F_SIZE_MAX | F_SEG_MAX | F_RO | F_FLUSH | F_DISCARD |
					   VIRTIO_F_INDIRECT_DESC);
	if (!err)
		err = read_config(d);
	if (!err)
		err = setup_queue(d);
	if (!err)
		err = irq_request(vd->irq, disk_interrupt, d, d->bdev.name);
	/* a queue that was made stays: the device has been told of its frames */
	if (err) {
		virtio_fail(vd);
		pr_err("%s: bring-up failed, error %d", d->bdev.name, err);
		return err;
	}
	virtio_driver_ok(vd);
	nr_disks++;
	pr_info("%s: virtio-blk version %u, %lu MiB%s%s", d->bdev.name, vd->version,
		(unsigned long)(d->bdev.nr_sectors >> 11), d->bdev.read_only ? ", read-only" : "",
		d->bdev.can_flush ? ", flush" : "");
	err = block_device_add(&d->bdev);
	if (err)
		pr_err("%s: not added, error %d", d->bdev.name, err);
	return 0;               /* the interrupt is taken: it lives */
}

/* --------------------------------------------------------------- submit */

static void disk_submit(struct block_device *bdev, struct bio *bio)
{
	struct blk_disk *d = bdev->driver;
	unsigned long flags;
	bool dead;

	bio->next_vec = 0;
	bio->next_off = 0;
	bio->parts = 0;
	flags = spin_lock_irqsave(&d->lock);
	dead = d->dead;
	if (!dead) {
		list_add_tail(&bio->node, &d->pending);
		if (d->free)
			disk_dispatch(d);
	}
	spin_unlock_irqrestore(&d->lock, flags);
	if (dead)
		bio_done(bio, -EIO);
}

/* Lock held: as many requests as there is room for. */
static void disk_dispatch(struct blk_disk *d)
{
	while (d->free && !list_empty(&d->pending)) {
		struct blk_request *rq = d->free;

		d->free = rq->next;
		if (!request_build(d, rq)) {
			rq->next = d->free;
			d->free = rq;
			break;
		}
	}
	virtqueue_kick(d->vq);
}

/* What a bio must be told of as undone, should the queue have no room after all. */
struct build {
	struct blk_disk *d;
	struct blk_request *rq;
	unsigned int nr;                /* of d->sg, header included */
	u64 end;                        /* sector behind the data so far */
};

static bool sg_add(struct build *b, paddr_t pa, u32 len, bool device_writes)
{
	struct virtio_sg *last = &b->d->sg[b->nr - 1];

	/* Frames side by side in memory make one stretch. */
	if (b->nr > 1 && last->pa + last->len == pa &&
	    len <= b->d->size_max - min(last->len, b->d->size_max)) {
		last->len += len;
		return true;
	}
	if (b->nr == b->d->max_segs + 1)
		return false;
	b->d->sg[b->nr++] = (struct virtio_sg){ pa, len, device_writes };
	return true;
}

/* Put what fits of @bio's data into the request.  True: all of the rest. */
static bool build_data(struct build *b, struct bio *bio)
{
	while (bio->next_vec < bio->nr_vecs) {
		const struct bio_vec *v = &bio->vecs[bio->next_vec];
		u32 len = min(v->len - bio->next_off, b->d->size_max);

		if (!sg_add(b, page_to_pa(v->page) + v->offset + bio->next_off, len, b->rq->reads))
			return false;
		b->rq->bytes += len;
		b->end += len >> SECTOR_SHIFT;
		bio->next_off += len;
		if (bio->next_off == v->len) {
			bio->next_vec++;
			bio->next_off = 0;
		}
	}
	return true;
}

/* The next piece of a discard; next_off counts its pieces.  True: the last one. */
static bool build_discard(struct build *b, struct bio *bio)
{
	u64 done = (u64)bio->next_off++ * b->d->max_discard, left = bio->nr_sectors - done;
	struct blk_discard *range = &b->rq->discard;

	*range = (struct blk_discard){ bio->sector + done, (u32)min(left, (u64)b->d->max_discard),
				       0 };
	sg_add(b, virt_to_pa(range), sizeof(*range), false);
	return left <= b->d->max_discard;
}

/* The sector at which @bio goes on. */
static u64 bio_next_sector(const struct bio *bio)
{
	u64 bytes = bio->next_off;

	for (unsigned int i = 0; i < bio->next_vec; i++)
		bytes += bio->vecs[i].len;
	return bio->sector + (bytes >> SECTOR_SHIFT);
}

/* @bio has a share in the request; when @whole nothing of it is left to send. */
static void build_take(struct build *b, struct bio *bio, bool whole)
{
	b->rq->bios[b->rq->nr_bios++] = bio;
	bio->parts++;
	if (whole)
		list_del_init(&bio->node);
}

/* The bios that waited behind the first and go on where the request ends. */
static void build_merge(struct build *b, enum bio_op op)
{
	struct bio *bio, *tmp;

	list_for_each_entry_safe(bio, tmp, &b->d->pending, node) {
		bool whole;

		if (bio->op != op || bio->sector != b->end || b->rq->nr_bios == MAX_BIOS ||
		    b->nr == b->d->max_segs + 1)
			return;
		whole = build_data(b, bio);
		if (bio->next_vec || bio->next_off)
			build_take(b, bio, whole);
		if (!whole)
			return;
	}
}

/* Room in the queue for a request of any length: it is asked before anything is taken apart. */
static bool request_build(struct blk_disk *d, struct blk_request *rq)
{
	static const u32 types[] = {
		[BIO_READ] = T_IN,
		[BIO_WRITE] = T_OUT,
		[BIO_FLUSH] = T_FLUSH,
		[BIO_DISCARD] = T_DISCARD,
	};
	struct bio *bio = list_first_entry(&d->pending, struct bio, node);
	struct build b = { .d = d, .rq = rq };
	bool whole = true;

	if (!virtqueue_has_room(d->vq, d->max_segs + 2))
		return false;
	rq->header = (struct blk_header){ .type = types[bio->op] };
	rq->status = S_NONE;
	rq->reads = bio->op == BIO_READ;
	rq->bytes = 0;
	rq->nr_bios = 0;
	d->sg[b.nr++] = (struct virtio_sg){ virt_to_pa(&rq->header), sizeof(rq->header), false };
	if (bio->op == BIO_DISCARD) {
		whole = build_discard(&b, bio);
	} else if (bio->op != BIO_FLUSH) {
		rq->header.sector = bio_next_sector(bio);
		b.end = rq->header.sector;
		whole = build_data(&b, bio);
	}
	build_take(&b, bio, whole);
	if (whole && (bio->op == BIO_READ || bio->op == BIO_WRITE))
		build_merge(&b, bio->op);
	d->sg[b.nr++] = (struct virtio_sg){ virt_to_pa(&rq->status), 1, true };
	virtqueue_add(d->vq, d->sg, b.nr, rq);
	return true;
}

/* ------------------------------------------------------------ interrupt */

static void disk_interrupt(void *arg)
{
	struct blk_disk *d = arg;
	struct blk_request *rq;
	LIST_HEAD(done);
	unsigned long flags;
	u32 written;

	virtio_irq_ack(d->vd);
	flags = spin_lock_irqsave(&d->lock);
	while ((rq = virtqueue_get(d->vq, &written))) {
		/* A read that wrote less than it was asked for has left something unread. */
		request_finish(rq, !rq->reads || written > rq->bytes, &done);
		rq->next = d->free;
		d->free = rq;
	}
	if (virtqueue_broken(d->vq) && !d->dead)
		disk_kill(d, &done);
	else if (!d->dead && !list_empty(&d->pending))
		disk_dispatch(d);
	spin_unlock_irqrestore(&d->lock, flags);
	bios_end(&done);
}

/* Lock held: the bios that end with this request go to @done, their verdict in ->error. */
static void request_finish(struct blk_request *rq, bool written, struct list_head *done)
{
	int err = rq->status == S_UNSUPPORTED	   ? -EOPNOTSUPP
		  : rq->status != S_OK || !written ? -EIO
						   : 0;

	for (unsigned int i = 0; i < rq->nr_bios; i++) {
		struct bio *bio = rq->bios[i];

		if (err)
			bio->error = err;
		/* With some of it still pending it is on that list, and not done. */
		if (!--bio->parts && list_empty(&bio->node))
			list_add_tail(&bio->node, done);
	}
}

/* Lock held.  The device's memory accesses end with the reset; then all that is under way fails. */
static void disk_kill(struct blk_disk *d, struct list_head *done)
{
	struct blk_request *rq;
	struct bio *bio, *tmp;

	d->dead = true;
	virtio_fail(d->vd);
	while ((rq = virtqueue_abandon(d->vq))) {
		rq->status = S_NONE;
		request_finish(rq, false, done);
	}
	list_for_each_entry_safe(bio, tmp, &d->pending, node) {
		bio->error = -EIO;
		list_move_tail(&bio->node, done);
	}
	pr_err("%s: the device is out of order and has been stopped", d->bdev.name);
}

static void bios_end(struct list_head *done)
{
	struct bio *bio, *tmp;

	list_for_each_entry_safe(bio, tmp, done, node) {
		list_del_init(&bio->node);
		bio_done(bio, bio->error);
	}
}
