// SPDX-License-Identifier: MIT
/*
 * Memory that has no file on a disk but lives in an address_space: tmpfs
 * files, shared anonymous mappings, memfd, SysV segments.
 */
#ifndef MM_SHMEM_H
#define MM_SHMEM_H

#include <mm/address_space.h>
#include <lib/types.h>

struct iov_iter;
struct vm_area_struct;
struct vm_ops;

/* a_ops for such an address_space: pages appear zeroed, dirty ones go to swap. */
extern const struct address_space_operations shmem_aops;
extern const struct vm_ops shmem_vm_ops;

/*
 * For a file system that needs its own table because of file_get and file_put: all a_ops there
 * are.
 */
int shmem_readpage(struct address_space *as, struct page *page);

/* An address_space of this kind; as address_space_init() otherwise. */
void shmem_init_mapping(struct address_space *as, struct inode *host,
			const struct address_space_operations *ops);

/* Of AS_CHARGED, one page more or less; false: a limit forbids it. */
bool shmem_charge(const struct address_space *as);
void shmem_uncharge(const struct address_space *as);

/* The page at @index, created zeroed if absent; up to date, locked, with a reference.  ERR_PTR. */
struct page *shmem_get_page(struct address_space *as, pgoff_t index, unsigned int gfp);

/* As filemap_read / filemap_write; holes read as zeroes and stay holes. */
ssize_t shmem_read(struct address_space *as, struct iov_iter *to, loff_t *pos);
ssize_t shmem_write(struct address_space *as, struct iov_iter *from, loff_t *pos);

/* Linux's numbers (fcntl(2), "File Sealing"): what address_space.seals says. */
#define F_SEAL_SEAL             0x01U
#define F_SEAL_SHRINK           0x02U
#define F_SEAL_GROW             0x04U
#define F_SEAL_WRITE            0x08U
#define F_SEAL_FUTURE_WRITE     0x10U
#define F_SEAL_EXEC             0x20U

/*
 * A new area of @as, not linked yet: -EPERM if a seal forbids it.  If it may write, it counts in
 * i_mmap_writable from now on, so that no seal comes between; mmap takes that back
 * (shmem_map_end) when the area counts itself.
 */
int shmem_map_begin(struct address_space *as, struct vm_area_struct *vma);
void shmem_map_end(struct vm_area_struct *vma);

/* Drop the pages of [start, end) bytes. */
void shmem_truncate(struct address_space *as, loff_t start, loff_t end);

/* Of a memory file, or shared anonymous memory; a System V segment is not meant. */
bool vma_is_shmem(const struct vm_area_struct *vma);

/*
 * A shared anonymous mapping of @len bytes: gives @vma its own address_space,
 * reference counted through vm_ops->open/close.  0 or -ENOMEM.
 */
int shmem_zero_setup(struct vm_area_struct *vma, size_t len);

#endif
