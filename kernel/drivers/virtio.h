// SPDX-License-Identifier: MIT
/*
 * virtio over MMIO: one device, its features, and split virtqueues (virtio 1.2).
 *
 * A driver's bring-up, in the order of virtio 1.2 §3.1.1:
 *	virtio_reset_and_ack()                  steps 1 to 3, by the transport
 *	virtio_negotiate(vd, wanted)            4 to 6
 *	virtqueue_create(), read the config     7
 *	virtio_driver_ok()                      8
 */
#ifndef KERNEL_DRIVERS_VIRTIO_H
#define KERNEL_DRIVERS_VIRTIO_H

#include <lib/types.h>

struct virtqueue;

#define VIRTIO_ID_BLOCK         2

#define VIRTIO_F_INDIRECT_DESC  (1ULL << 28)
#define VIRTIO_F_VERSION_1      (1ULL << 32)

/* [c] constant once probed */
struct virtio_device {
	char *regs;                     /* [c] */
	u64 size;                       /* [c] of the registers */
	unsigned int version;           /* [c] 1: legacy, 2: modern */
	u32 device_id;                  /* [c] */
	u64 features;                   /* [c] what both sides agreed on */
	unsigned int irq;               /* [c] */
};

/* Agree on those of @wanted that the device has; 0, or -ENODEV when it refuses. */
int virtio_negotiate(struct virtio_device *vd, u64 wanted);
static inline bool virtio_has(const struct virtio_device *vd, u64 feature)
{
	return vd->features & feature;
}
void virtio_driver_ok(struct virtio_device *vd);
/* Give up: the device is reset and forgets all requests. */
void virtio_fail(struct virtio_device *vd);

/*
 * Device-specific configuration; read whole even while the device changes it.  -EINVAL: too short.
 */
int virtio_config_read(struct virtio_device *vd, unsigned int off, void *buf, unsigned int len);

/* Acknowledge and return what the interrupt was for. */
#define VIRTIO_IRQ_QUEUE        1U
#define VIRTIO_IRQ_CONFIG       2U
u32 virtio_irq_ack(struct virtio_device *vd);

/* ---- virtqueues; the caller's lock guards each. ---- */

/* A stretch of memory of one request. */
struct virtio_sg {
	paddr_t pa;
	u32 len;
	bool device_writes;             /* those that the device writes come last */
};

/*
 * Queue @index with at most @nr_requests in flight of at most @max_sg
 * stretches each (both may come out smaller).  ERR_PTR(-ENODEV, -ENOMEM).
 */
struct virtqueue *virtqueue_create(struct virtio_device *vd, unsigned int index,
				   unsigned int nr_requests, unsigned int max_sg);
unsigned int virtqueue_max_sg(const struct virtqueue *vq);
/* Would a request of @nr stretches go in now? */
bool virtqueue_has_room(const struct virtqueue *vq, unsigned int nr);
/* Make a request ready; @token comes back from virtqueue_get().  -ENOSPC: no room now. */
int virtqueue_add(struct virtqueue *vq, const struct virtio_sg *sg, unsigned int nr, void *token);
/* Show the device what was added since. */
void virtqueue_kick(struct virtqueue *vq);
/* A request that is done and how many bytes the device says it wrote; NULL: no more, or broken. */
void *virtqueue_get(struct virtqueue *vq, u32 *written);
/* The device broke the rules: nothing more will come. */
bool virtqueue_broken(const struct virtqueue *vq);
/* After virtio_fail(): the tokens that the device will never return, one by one; NULL: no more. */
void *virtqueue_abandon(struct virtqueue *vq);

/* The drivers, by device id. */
int virtio_blk_probe(struct virtio_device *vd);

#endif
