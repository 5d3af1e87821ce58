// SPDX-License-Identifier: MIT
/*
 * /dev/mem: physical addresses as a file, for whoever has CAP_SYS_RAWIO (mem(4)).
 *
 * As on a Linux with CONFIG_STRICT_DEVMEM and CONFIG_IO_STRICT_DEVMEM: RAM, and
 * registers that a driver has, are refused (EPERM), so that what is left are
 * devices that nobody serves.  They can be mapped and not read, as on riscv64 the
 * kernel has no address for them.
 *
 * Unlike Linux: a private mapping cannot be written (it would copy registers);
 * the interrupt controller counts as a driver's.
 */
#include <kernel/drivers/iomem.h>

#include <kernel/cred.h>
#include <kernel/fs/devfs.h>
#include <kernel/fs/inode.h>
#include <mm/mmap.h>
#include <mm/vma.h>

#define PFN_LIMIT       (1UL << 44)     /* Sv39's physical addresses have 56 bits */

static int mem_open(struct inode *inode, struct file *f)
{
	return capable(CAP_SYS_RAWIO) ? 0 : -EPERM;
}

/* Why no byte of [pos, pos + count) can be had. */
static ssize_t refuse(u64 pos, size_t count)
{
	u64 end = iomem_ram_end();

	if (count > end || pos > end - count)
		return -EFAULT;
	if (!count)
		return 0;
	return iomem_taken(pos & PAGE_MASK, PAGE_SIZE) ? -EPERM : -EFAULT;
}

static ssize_t mem_rw(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return refuse((u64)*pos, it->count);
}

/* Addresses have 64 bits: one that looks negative is good. */
static loff_t mem_lseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	if (whence == SEEK_CUR)
		off = (loff_t)((u64)off + (u64)f->pos);
	if ((u64)off >= (u64)-4095L)
		return -EOVERFLOW;
	return f->pos = off;
}

static int mem_mmap(struct file *f, struct vm_area_struct *vma)
{
	u64 nr = vma_pages(vma), pfn = vma->vm_pgoff;

	if (pfn >> (63 - PAGE_SHIFT))
		return -EOVERFLOW;
	if (pfn >= PFN_LIMIT || nr > PFN_LIMIT - pfn)
		return -EINVAL;
	if (iomem_taken(pfn << PAGE_SHIFT, nr << PAGE_SHIFT))
		return -EPERM;
	if (!(vma->vm_flags & VM_MAYSHARE)) {
		if (vma->vm_flags & VM_WRITE)
			return -EINVAL;
		vma->vm_flags &= ~VM_MAYWRITE;
	}
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	return vma_map_cached(vma, f->inode->mapping, f, &device_vm_ops);
}

static const struct file_operations mem_fops = {
	.open = mem_open, .read = mem_rw, .write = mem_rw, .llseek = mem_lseek, .mmap = mem_mmap,
};

void dev_mem_init(void)
{
	dev_register_char("mem", MKDEV(1, 1), 0600, &mem_fops, NULL);
}
