// SPDX-License-Identifier: MIT
/*
 * The registers of a virtio-mmio device: virtio 1.2 §4.2.2, legacy §4.2.4.
 */
#ifndef KERNEL_DRIVERS_VIRTIO_MMIO_H
#define KERNEL_DRIVERS_VIRTIO_MMIO_H

#include <arch/io.h>
#include <kernel/drivers/virtio.h>

#define VIRTIO_MAGIC_VALUE      0x74726976U     /* "virt" */

enum {
	VIRTIO_MAGIC                    = 0x000,
	VIRTIO_VERSION                  = 0x004,
	VIRTIO_DEVICE_ID                = 0x008,
	VIRTIO_DEVICE_FEATURES          = 0x010,
	VIRTIO_DEVICE_FEATURES_SEL      = 0x014,
	VIRTIO_DRIVER_FEATURES          = 0x020,
	VIRTIO_DRIVER_FEATURES_SEL      = 0x024,
	VIRTIO_GUEST_PAGE_SIZE          = 0x028,        /* legacy */
	VIRTIO_QUEUE_SEL                = 0x030,
	VIRTIO_QUEUE_NUM_MAX            = 0x034,
	VIRTIO_QUEUE_NUM                = 0x038,
	VIRTIO_QUEUE_ALIGN              = 0x03c,        /* legacy */
	VIRTIO_QUEUE_PFN                = 0x040,        /* legacy */
	VIRTIO_QUEUE_READY              = 0x044,
	VIRTIO_QUEUE_NOTIFY             = 0x050,
	VIRTIO_INTERRUPT_STATUS         = 0x060,
	VIRTIO_INTERRUPT_ACK            = 0x064,
	VIRTIO_STATUS                   = 0x070,
	VIRTIO_QUEUE_DESC_LOW           = 0x080,
	VIRTIO_QUEUE_DESC_HIGH          = 0x084,
	VIRTIO_QUEUE_DRIVER_LOW         = 0x090,
	VIRTIO_QUEUE_DRIVER_HIGH        = 0x094,
	VIRTIO_QUEUE_DEVICE_LOW         = 0x0a0,
	VIRTIO_QUEUE_DEVICE_HIGH        = 0x0a4,
	VIRTIO_CONFIG_GENERATION        = 0x0fc,
	VIRTIO_CONFIG                   = 0x100,
};

#define STATUS_ACKNOWLEDGE      1U
#define STATUS_DRIVER           2U
#define STATUS_DRIVER_OK        4U
#define STATUS_FEATURES_OK      8U
#define STATUS_FAILED           128U

static inline u32 virtio_read(const struct virtio_device *vd, unsigned int reg)
{
	return io_read32(vd->regs + reg);
}

static inline void virtio_write(struct virtio_device *vd, unsigned int reg, u32 v)
{
	io_write32(vd->regs + reg, v);
}

#endif
