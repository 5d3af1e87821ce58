// SPDX-License-Identifier: MIT
/*
 * Partition tables: MBR with its logical partitions, and GPT.
 */
#ifndef KERNEL_DRIVERS_PARTITION_H
#define KERNEL_DRIVERS_PARTITION_H

#include <lib/types.h>

#define PARTITIONS_MAX  15U     /* minors 1..15 of a disk */

struct partition {
	unsigned int number;            /* vda1 is 1 */
	u64 start_sector, nr_sectors;   /* within the disk, not empty */
};

/*
 * What the disk's table says.  @read fills @buf with a sector of 512 bytes and
 * returns it, or NULL: unreadable.  The number of entries of @parts; 0: no
 * table, or none that can be believed.
 */
unsigned int partition_scan(const u8 *(*read)(void *arg, u64 sector, u8 *buf), void *arg,
			    u64 nr_sectors, struct partition *parts, unsigned int max);

#endif
