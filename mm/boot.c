// SPDX-License-Identifier: MIT
/*
 * mm at boot: each part after those it allocates from.
 */
#include <mm/boot.h>

#include <mm/commit.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/pagecache.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/workingset.h>

void mm_boot(const struct boot_info *bi)
{
	frames_init(bi);
	slab_init();
	vmalloc_init();
	workingset_init();
	filemap_init();
	mm_init();
	commit_init();
}
