// SPDX-License-Identifier: MIT
/*
 * Split virtqueues (virtio 1.2 §2.7): how requests reach a device and come back.
 *
 *	descriptors   table of (address, length, flags, next); a request is a chain
 *	avail ring    we write: heads of chains that the device may take
 *	used ring     the device writes: heads of chains that are done, and lengths
 *
 * With indirect descriptors a request is one descriptor that points to a table
 * of its own, so that a long request takes one place; else it is chained
 * through the main table.  All three parts lie in one run of frames as the
 * legacy transport wants them, which the modern one accepts as well.
 *
 * The device is not believed: which chain a head begins, and where each
 * descriptor leads, is kept in slots[] and next[], which it cannot write.  A
 * used entry that names no request in flight, or an index that runs ahead of
 * what was asked, marks the queue broken.
 *
 * Lock: the owner's.
 */
#include <kernel/drivers/virtio.h>

#include <arch/page.h>
#include <kernel/drivers/virtio_mmio.h>
#include <kernel/log.h>
#include <lib/atomic.h>
#include <lib/err.h>
#include <mm/frames.h>
#include <mm/slab.h>

#define QUEUE_NUM       128U            /* descriptors at most: two frames hold all three parts */
#define QUEUE_ORDER     1

#define DESC_NEXT       1U
#define DESC_WRITE      2U
#define DESC_INDIRECT   4U
#define USED_NO_NOTIFY  1U

/* Little-endian, like the machine. */
struct desc {
	u64 addr;
	u32 len;
	u16 flags, next;
};

struct avail {
	u16 flags, idx;
	u16 ring[];
};

struct used {
	u16 flags, idx;
	struct { u32 id, len; } ring[];
};

_Static_assert(sizeof(struct desc) == 16, "virtio 1.2 §2.7.5");

struct virtqueue {
	struct virtio_device *vd;
	unsigned int index, num;        /* which queue; descriptors */
	unsigned int max_sg, max_requests;
	struct desc *desc;              /* device reads */
	struct avail *avail;            /* device reads */
	struct used *used;              /* device writes */
	struct page *frames;
	struct desc *tables;            /* indirect: max_requests tables of max_sg, or NULL */
	u16 free_head;                  /* of the chain of free descriptors */
	u16 nr_free;
	u16 avail_idx, kicked_idx;      /* ours; what the device has been told of */
	u16 used_idx;                   /* how far we have read */
	bool broken;
	u16 free_tables[QUEUE_NUM];     /* stack */
	unsigned int nr_free_tables;
	struct {
		void *token;            /* NULL: no request begins here */
		u16 table;
	} slots[QUEUE_NUM];             /* by head */
	u16 next[QUEUE_NUM];            /* of each descriptor; the end of a chain holds NO_NEXT */
};

#define NO_NEXT         0xffffU

static int queue_tell(struct virtqueue *vq);

static void queue_init_free(struct virtqueue *vq)
{
	for (unsigned int i = 0; i < vq->num; i++)
		vq->next[i] = i + 1 < vq->num ? i + 1 : NO_NEXT;
	vq->nr_free = vq->num;
	for (unsigned int i = 0; i < vq->max_requests; i++)
		vq->free_tables[vq->nr_free_tables++] = i;
}

/* Descriptors, then avail, then, from the next frame on, used (virtio 1.2 §2.7.2). */
static int queue_memory(struct virtqueue *vq)
{
	size_t used_at =
		ALIGN_UP(vq->num * sizeof(struct desc) + sizeof(u16) * (3 + vq->num), PAGE_SIZE);
	char *mem;

	vq->frames = alloc_pages(QUEUE_ORDER, GFP_KERNEL | GFP_ZERO);
	if (!vq->frames)
		return -ENOMEM;
	mem = page_address(vq->frames);
	vq->desc = (struct desc *)mem;
	vq->avail = (struct avail *)(mem + vq->num * sizeof(struct desc));
	vq->used = (struct used *)(mem + used_at);
	if (virtio_has(vq->vd, VIRTIO_F_INDIRECT_DESC)) {
		vq->tables =
			kmalloc(vq->max_requests * vq->max_sg * sizeof(struct desc), GFP_KERNEL);
		if (!vq->tables)
			return -ENOMEM;
	}
	return 0;
}

struct virtqueue *virtqueue_create(struct virtio_device *vd, unsigned int index,
				   unsigned int nr_requests, unsigned int max_sg)
{
	struct virtqueue *vq;
	unsigned int num = QUEUE_NUM;
	u32 max;
	int err;

	virtio_write(vd, VIRTIO_QUEUE_SEL, index);
	max = virtio_read(vd, VIRTIO_QUEUE_NUM_MAX);
	while (num > max)
		num /= 2;
	if (num < 4)
		return ERR_PTR(-ENODEV);
	vq = kzalloc(sizeof(*vq), GFP_KERNEL);
	if (!vq)
		return ERR_PTR(-ENOMEM);
	vq->vd = vd;
	vq->index = index;
	vq->num = num;
	/*
	 * A chain may not be longer than the queue (virtio 1.2 §2.7.5.3.1); unlinked ones should
	 * leave room for another.
	 */
	vq->max_sg = min(max_sg, virtio_has(vd, VIRTIO_F_INDIRECT_DESC) ? num : max(num / 4, 3U));
	vq->max_requests = min(nr_requests, num);
	queue_init_free(vq);
	err = queue_memory(vq);
	if (!err)
		err = queue_tell(vq);
	if (!err)
		return vq;
	if (vq->frames)
		free_pages(vq->frames, QUEUE_ORDER);
	kfree(vq->tables);
	kfree(vq);
	return ERR_PTR(err);
}

static void write64(struct virtio_device *vd, unsigned int low, paddr_t pa)
{
	virtio_write(vd, low, (u32)pa);
	virtio_write(vd, low + 4, (u32)((u64)pa >> 32));
}

/* Where the queue lies: virtio 1.2 §4.2.3.2, legacy §4.2.4. */
static int queue_tell(struct virtqueue *vq)
{
	struct virtio_device *vd = vq->vd;

	if (vd->version == 1) {
		u64 pfn = virt_to_pa(vq->desc) >> PAGE_SHIFT;

		if (pfn > 0xffffffffULL || virtio_read(vd, VIRTIO_QUEUE_PFN))
			return -ENODEV;
		virtio_write(vd, VIRTIO_QUEUE_NUM, vq->num);
		virtio_write(vd, VIRTIO_QUEUE_ALIGN, PAGE_SIZE);
		virtio_write(vd, VIRTIO_QUEUE_PFN, (u32)pfn);
		return 0;
	}
	if (virtio_read(vd, VIRTIO_QUEUE_READY))
		return -ENODEV;
	virtio_write(vd, VIRTIO_QUEUE_NUM, vq->num);
	write64(vd, VIRTIO_QUEUE_DESC_LOW, virt_to_pa(vq->desc));
	write64(vd, VIRTIO_QUEUE_DRIVER_LOW, virt_to_pa(vq->avail));
	write64(vd, VIRTIO_QUEUE_DEVICE_LOW, virt_to_pa(vq->used));
	virtio_write(vd, VIRTIO_QUEUE_READY, 1);
	return 0;
}

unsigned int virtqueue_max_sg(const struct virtqueue *vq)
{
	return vq->max_sg;
}

bool virtqueue_broken(const struct virtqueue *vq)
{
	return vq->broken;
}

/* ------------------------------------------------------------ requests out */

/* A table of its own, and one descriptor that points to it.  The head. */
static u16 add_indirect(struct virtqueue *vq, const struct virtio_sg *sg, unsigned int nr)
{
	u16 t = vq->free_tables[--vq->nr_free_tables], head = vq->free_head;
	struct desc *table = vq->tables + t * vq->max_sg;

	for (unsigned int i = 0; i < nr; i++)
		table[i] = (struct desc){
			.addr = sg[i].pa,
			.len = sg[i].len,
			.next = i + 1,
			.flags = (i + 1 < nr ? DESC_NEXT : 0) |
				 (sg[i].device_writes ? DESC_WRITE : 0),
		};
	vq->desc[head] = (struct desc){
		.addr = virt_to_pa(table), .len = nr * sizeof(struct desc), .flags = DESC_INDIRECT,
	};
	vq->free_head = vq->next[head];
	vq->next[head] = NO_NEXT;
	vq->nr_free--;
	vq->slots[head].table = t;
	return head;
}

static u16 add_chain(struct virtqueue *vq, const struct virtio_sg *sg, unsigned int nr)
{
	u16 head = vq->free_head, d = head, last = head;

	for (unsigned int i = 0; i < nr; i++) {
		vq->desc[d] = (struct desc){
			.addr = sg[i].pa,
			.len = sg[i].len,
			.next = vq->next[d],
			.flags = (i + 1 < nr ? DESC_NEXT : 0) |
				 (sg[i].device_writes ? DESC_WRITE : 0),
		};
		last = d;
		d = vq->next[d];
	}
	vq->free_head = d;
	vq->next[last] = NO_NEXT;
	vq->nr_free -= nr;
	return head;
}

bool virtqueue_has_room(const struct virtqueue *vq, unsigned int nr)
{
	return !vq->broken && vq->nr_free >= (vq->tables ? 1 : nr) &&
	       (!vq->tables || vq->nr_free_tables);
}

int virtqueue_add(struct virtqueue *vq, const struct virtio_sg *sg, unsigned int nr, void *token)
{
	u16 head;

	assert(nr && nr <= vq->max_sg);
	if (!virtqueue_has_room(vq, nr))
		return -ENOSPC;
	head = vq->tables ? add_indirect(vq, sg, nr) : add_chain(vq, sg, nr);
	vq->slots[head].token = token;
	vq->avail->ring[vq->avail_idx++ % vq->num] = head;
	return 0;
}

void virtqueue_kick(struct virtqueue *vq)
{
	if (vq->kicked_idx == vq->avail_idx)
		return;
	smp_wmb();      /* descriptors and ring before the index that shows them (§2.7.13.3.1) */
	WRITE_ONCE(vq->avail->idx, vq->avail_idx);
	vq->kicked_idx = vq->avail_idx;
	/* the index before the flag is read: one of the two sides sees the other (§2.7.13.4.1) */
	smp_mb();
	if (!(READ_ONCE(vq->used->flags) & USED_NO_NOTIFY))
		virtio_write(vq->vd, VIRTIO_QUEUE_NOTIFY, vq->index);
}

/* ------------------------------------------------------------- and back in */

static void *release(struct virtqueue *vq, u16 head)
{
	void *token = vq->slots[head].token;
	u16 last = head;
	unsigned int n = 1;

	while (vq->next[last] != NO_NEXT) {
		last = vq->next[last];
		n++;
	}
	vq->next[last] = vq->nr_free ? vq->free_head : NO_NEXT;
	vq->free_head = head;
	vq->nr_free += n;
	if (vq->tables)
		vq->free_tables[vq->nr_free_tables++] = vq->slots[head].table;
	vq->slots[head].token = NULL;
	return token;
}

void *virtqueue_get(struct virtqueue *vq, u32 *written)
{
	u16 ahead = READ_ONCE(vq->used->idx) - vq->used_idx;
	u32 id;

	if (vq->broken || !ahead)
		return NULL;
	smp_rmb();      /* the index before the entry it shows */
	id = READ_ONCE(vq->used->ring[vq->used_idx % vq->num].id);
	*written = READ_ONCE(vq->used->ring[vq->used_idx % vq->num].len);
	if (ahead > vq->num || id >= vq->num || !vq->slots[id].token) {
		pr_err("virtio: queue %u is broken: used entry %u of %u, id %u", vq->index,
		       vq->used_idx, READ_ONCE(vq->used->idx), id);
		vq->broken = true;
		return NULL;
	}
	vq->used_idx++;
	return release(vq, (u16)id);
}

void *virtqueue_abandon(struct virtqueue *vq)
{
	vq->broken = true;
	for (unsigned int i = 0; i < vq->num; i++)
		if (vq->slots[i].token)
			return release(vq, (u16)i);
	return NULL;
}
