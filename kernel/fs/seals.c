// SPDX-License-Identifier: MIT
/*
 * Seals: what nobody may do to a memory file any more (fcntl(2), "File Sealing").
 *
 * Two programs share a memfd; the receiver checks its seals and then need not
 * fear that the bytes change or go under its hands.  So a seal is never taken
 * back, and F_SEAL_WRITE is only granted when nobody could still write through a
 * mapping.
 *
 * The seals lie in the file's address_space, beside the count of mappings that
 * may write, and under its lock: mmap and F_ADD_SEALS cannot miss each other.
 *
 * Always true: with F_SEAL_WRITE, i_mmap_writable is 0.
 * Lock: mapping->i_mmap_lock for a change; the inode's lock too, so that who
 * checks under it, a write or a change of size, is done before the seal is.
 */
#include <kernel/fs/seals.h>

#include <kernel/fs/fcntl.h>
#include <kernel/fs/inode.h>
#include <lib/errno.h>
#include <mm/shmem.h>

/* No tmpfs file can be sealed unless it was made so: it begins with F_SEAL_SEAL. */
#define F_SEAL_ALL (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | \
		    F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)

static long add_seals(struct file *f, unsigned int seals)
{
	struct inode *inode = f->inode;
	struct address_space *as = inode->mapping;
	long err = 0;

	if (!(f->mode & FMODE_WRITE))
		return -EPERM;
	if (seals & ~(unsigned int)F_SEAL_ALL)
		return -EINVAL;
	down_write(&inode->lock);
	spin_lock(&as->i_mmap_lock);
	if (as->seals & F_SEAL_SEAL) {
		err = -EPERM;
	} else if (seals & ~as->seals & F_SEAL_WRITE && as->i_mmap_writable) {
		err = -EBUSY;
	} else {
		/* What may be run may not be written any more, or the other way round. */
		if (seals & F_SEAL_EXEC && inode->mode & 0111)
			seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
		as->seals |= seals;
	}
	spin_unlock(&as->i_mmap_lock);
	up_write(&inode->lock);
	return err;
}

long seals_fcntl(struct file *f, unsigned int cmd, unsigned long arg)
{
	if (cmd == F_GET_SEALS)
		return READ_ONCE(f->inode->mapping->seals);
	return cmd == F_ADD_SEALS ? add_seals(f, (unsigned int)arg) : -EINVAL;
}

int seals_check_write(struct inode *inode, loff_t pos, size_t len)
{
	u32 seals = inode->mapping->seals;

	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	return seals & F_SEAL_GROW && (u64)pos + len > inode_size(inode) ? -EPERM : 0;
}

int seals_check_allocate(struct inode *inode, u64 end, bool punch)
{
	u32 seals = inode->mapping->seals;

	if (punch)
		return seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) ? -EPERM : 0;
	return seals & F_SEAL_GROW && end > inode_size(inode) ? -EPERM : 0;
}

int seals_check_attr(struct inode *inode, const struct iattr *attr)
{
	u32 seals = inode->mapping->seals;
	u64 size = inode_size(inode);

	if (attr->valid & ATTR_MODE && seals & F_SEAL_EXEC && (inode->mode ^ attr->mode) & 0111)
		return -EPERM;
	if (!(attr->valid & ATTR_SIZE))
		return 0;
	if ((seals & F_SEAL_SHRINK && (u64)attr->size < size) ||
	    (seals & F_SEAL_GROW && (u64)attr->size > size))
		return -EPERM;
	return 0;
}
