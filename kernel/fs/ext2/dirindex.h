// SPDX-License-Identifier: MIT
/*
 * An index of a large directory's names, in memory.
 */
#ifndef KERNEL_FS_EXT2_DIRINDEX_H
#define KERNEL_FS_EXT2_DIRINDEX_H

#include <lib/types.h>

struct ext2_dirindex;
struct inode;
struct page;

#define EXT2_NO_BLOCK   (~0U)

void ext2_dirindex_init(void);          /* once at boot */

/* The directory's lock is held for all that follow; to change, for writing. */

/* Its index; NULL: it has none (small, no memory, damaged), search its blocks in turn. */
struct ext2_dirindex *ext2_dirindex(struct inode *dir);
/* Without a lock when the inode goes. */
void ext2_dirindex_drop(struct inode *dir);

/* The next block where the name may be; *probe begins as 0.  EXT2_NO_BLOCK: nowhere else. */
u32 ext2_dirindex_find(const struct ext2_dirindex *ix, const char *name, u32 len, u32 *probe);
/* The first block with room for a name of @len, or EXT2_NO_BLOCK. */
u32 ext2_dirindex_room(const struct ext2_dirindex *ix, u32 len);
/* A name was added to, or removed from, block @n, which is @page. */
void ext2_dirindex_changed(struct inode *dir, const char *name, u32 len, u32 n, struct page *page,
			   bool added);

#endif
