// SPDX-License-Identifier: MIT
/*
 * virtio-mmio: the transport, legacy (version 1) and modern (version 2).
 *
 * QEMU's riscv machine offers eight slots and leaves most of them empty
 * (device id 0).  The two versions differ in how a queue's place is told and
 * in one step of feature negotiation; the rings are the same (virtqueue.c).
 *
 * Lock: none: bring-up is done by one task; the rest is single accesses.
 */
#include <kernel/drivers/virtio.h>

#include <arch/io.h>
#include <arch/page.h>
#include <kernel/drivers/driver.h>
#include <kernel/drivers/virtio_mmio.h>
#include <kernel/log.h>
#include <lib/errno.h>
#include <lib/fdt.h>
#include <lib/string.h>
#include <mm/slab.h>

static void status_add(struct virtio_device *vd, u32 bit)
{
	virtio_write(vd, VIRTIO_STATUS, virtio_read(vd, VIRTIO_STATUS) | bit);
}

int virtio_mmio_probe(const void *fdt, int node)
{
	struct virtio_device *vd = kzalloc(sizeof(*vd), GFP_KERNEL);
	int err = -ENODEV;
	u64 pa;

	if (!vd)
		return -ENOMEM;
	vd->regs = driver_map(fdt, node, 0, VIRTIO_CONFIG);
	if (!vd->regs || fdt_reg(fdt, node, 0, &pa, &vd->size) ||
	    virtio_read(vd, VIRTIO_MAGIC) != VIRTIO_MAGIC_VALUE)
		goto out;
	vd->version = virtio_read(vd, VIRTIO_VERSION);
	vd->device_id = virtio_read(vd, VIRTIO_DEVICE_ID);
	if (!vd->device_id)
		goto out;               /* an empty slot */
	if (vd->version != 1 && vd->version != 2) {
		pr_err("%s: virtio-mmio version %u is unknown", fdt_node_name(fdt, node),
		       vd->version);
		goto out;
	}
	err = driver_irq(fdt, node, &vd->irq);
	if (err)
		goto out;
	/* Steps 1 to 3: reset, ACKNOWLEDGE, DRIVER. */
	virtio_write(vd, VIRTIO_STATUS, 0);
	status_add(vd, STATUS_ACKNOWLEDGE);
	status_add(vd, STATUS_DRIVER);
	err = vd->device_id == VIRTIO_ID_BLOCK ? virtio_blk_probe(vd) : -ENODEV;
	if (!err)
		return 0;
	virtio_fail(vd);
out:
	kfree(vd);
	return err;
}

static u64 read_features(struct virtio_device *vd)
{
	u64 low, high;

	virtio_write(vd, VIRTIO_DEVICE_FEATURES_SEL, 0);
	low = virtio_read(vd, VIRTIO_DEVICE_FEATURES);
	virtio_write(vd, VIRTIO_DEVICE_FEATURES_SEL, 1);
	high = virtio_read(vd, VIRTIO_DEVICE_FEATURES);
	return low | high << 32;
}

int virtio_negotiate(struct virtio_device *vd, u64 wanted)
{
	u64 offered = read_features(vd);

	/* Step 4. */
	if (vd->version == 2) {
		if (!(offered & VIRTIO_F_VERSION_1))
			return -ENODEV;
		wanted |= VIRTIO_F_VERSION_1;
	} else {
		wanted &= 0xffffffffULL;
	}
	vd->features = offered & wanted;
	virtio_write(vd, VIRTIO_DRIVER_FEATURES_SEL, 0);
	virtio_write(vd, VIRTIO_DRIVER_FEATURES, (u32)vd->features);
	virtio_write(vd, VIRTIO_DRIVER_FEATURES_SEL, 1);
	virtio_write(vd, VIRTIO_DRIVER_FEATURES, (u32)(vd->features >> 32));
	if (vd->version == 1) {
		virtio_write(vd, VIRTIO_GUEST_PAGE_SIZE, PAGE_SIZE);
		return 0;
	}
	/* Steps 5 and 6. */
	status_add(vd, STATUS_FEATURES_OK);
	return virtio_read(vd, VIRTIO_STATUS) & STATUS_FEATURES_OK ? 0 : -ENODEV;
}

void virtio_driver_ok(struct virtio_device *vd)
{
	status_add(vd, STATUS_DRIVER_OK);
}

void virtio_fail(struct virtio_device *vd)
{
	virtio_write(vd, VIRTIO_STATUS, 0);
	virtio_write(vd, VIRTIO_STATUS, STATUS_FAILED);
}

u32 virtio_irq_ack(struct virtio_device *vd)
{
	u32 why = virtio_read(vd, VIRTIO_INTERRUPT_STATUS);

	virtio_write(vd, VIRTIO_INTERRUPT_ACK, why);
	return why;
}

int virtio_config_read(struct virtio_device *vd, unsigned int off, void *buf, unsigned int len)
{
	u32 generation, again;

	if (off > vd->size - VIRTIO_CONFIG || len > vd->size - VIRTIO_CONFIG - off)
		return -EINVAL;
	for (int i = 0; i < 100; i++) {
		generation = vd->version == 2 ? virtio_read(vd, VIRTIO_CONFIG_GENERATION) : 0;
		for (unsigned int b = 0; b < len; b++)
			((u8 *)buf)[b] = io_read8(vd->regs + VIRTIO_CONFIG + off + b);
		again = vd->version == 2 ? virtio_read(vd, VIRTIO_CONFIG_GENERATION) : 0;
		if (again == generation)
			return 0;
	}
	return -EIO;
}
