// SPDX-License-Identifier: MIT
/*
 * The other side of mm_diff.c: mm/ with a file on a disk, a file in memory, and what
 * kernel/ does around the calls (which files may be mapped how).
 *
 * Included once by a program, after mm_diff_model.h.
 */
#ifndef TEST_MM_DIFF_WORLD_H
#define TEST_MM_DIFF_WORLD_H

#include <lib/err.h>
#include <mm/address_space.h>
#include <mm/iov.h>
#include <mm/mm.h>
#include <mm/pt_alloc.h>
#include <mm/shmem.h>
#include <mm/vma.h>

#define VEC             0x70000000UL    /* a page for mincore's answer, outside of the model */

/* One open file. */
struct file {
	struct address_space *as;
	bool readable, writable;
	long refs;
};

static struct address_space disk_as, memory_as;
static u8 disk[OBJECT_PAGES][PAGE_SIZE];
static struct file files[NR_FD] = {
	[F_RW] = { &disk_as, true, true }, [F_RO] = { &disk_as, true, false },
	[F_WO] = { &disk_as, false, true }, [F_MEM] = { &memory_as, true, true },
	[F_MEMRO] = { &memory_as, true, false },
};

/* ---- the files ---- */

static int disk_readpage(struct address_space *as, struct page *page)
{
	memcpy(page_address(page), disk[page->index], PAGE);
	page_set(page, PG_uptodate);
	unlock_page(page);
	return 0;
}

static int disk_writepage(struct address_space *as, struct page *page)
{
	memcpy(disk[page->index], page_address(page), PAGE);
	unlock_page(page);
	page_end_writeback(page);
	return 0;
}

static int disk_sync(struct file *f, loff_t start, loff_t end)
{
	return filemap_write_range(f->as, start, end);
}

static int file_punch(struct file *f, loff_t off, loff_t len)
{
	loff_t end = min(off + len, (loff_t)ALIGN_UP(f->as->size, PAGE));

	if (off >= end)
		return 0;
	if (f->as == &memory_as) {
		shmem_truncate(f->as, off, end);
	} else {
		truncate_pages(f->as, off, end);
		memset(disk[off / PAGE], 0, end - off);
	}
	return 0;
}

static void file_get(struct file *f) { f->refs++; }
static void file_put(struct file *f) { f->refs--; }

static const struct address_space_operations disk_aops = {
	.readpage = disk_readpage, .writepage = disk_writepage, .file_sync = disk_sync,
	.punch_hole = file_punch, .file_get = file_get, .file_put = file_put,
};
static const struct address_space_operations memory_aops = {
	.readpage = shmem_readpage, .punch_hole = file_punch, .file_get = file_get,
	.file_put = file_put,
};

/* What a file's ->mmap does (kernel/fs). */
static int file_map(struct file *f, struct vm_area_struct *vma)
{
	int err = f->as == &memory_as ? shmem_map_begin(f->as, vma) : 0;

	return err ? err : vma_map_cached(vma, f->as, f, f->as == &memory_as ? &shmem_vm_ops : &file_vm_ops);
}

static void file_truncate(struct address_space *as, u64 size)
{
	u64 old = as->size;

	as->size = size;
	if (size >= old)
		truncate_pages(as, (loff_t)old, (loff_t)ALIGN_UP(old, PAGE));
	else if (as == &memory_as)
		shmem_truncate(as, (loff_t)size, -1);
	else
		truncate_pages(as, (loff_t)size, -1);
	if (as == &disk_as)
		memset((u8 *)disk + min(size, old), 0, sizeof(disk) - min(size, old));
}

static ssize_t file_rw(struct address_space *as, bool write, void *bytes, size_t len, loff_t pos)
{
	struct file_ra_state ra = { 0 };
	struct iov_iter it;

	iov_iter_kernel(&it, bytes, len);
	if (as == &memory_as)
		return write ? shmem_write(as, &it, &pos) : shmem_read(as, &it, &pos);
	return write ? filemap_write(as, &it, &pos, NULL) : filemap_read(&ra, &it, &pos, as);
}

/* ---- the world ---- */

static void files_make(void)
{
	static u8 bytes[PAGE_SIZE];

	address_space_init(&disk_as, NULL, &disk_aops);
	shmem_init_mapping(&memory_as, NULL, &memory_aops);
	file_object[F_RW] = file_object[F_RO] = file_object[F_WO] = object_new(MMOP_FILE_PAGES * PAGE);
	file_object[F_MEM] = file_object[F_MEMRO] = object_new(MMOP_FILE_PAGES * PAGE);
	file_object[F_RW]->known_as = &disk_as;
	file_object[F_MEM]->known_as = &memory_as;
	disk_as.size = MMOP_FILE_PAGES * PAGE;
	for (unsigned int p = 0; p < MMOP_FILE_PAGES; p++) {
		for (size_t i = 8; i < PAGE; i++)
			bytes[i] = p * 7 + i;
		memcpy(disk[p], bytes, PAGE);
		file_rw(&memory_as, true, bytes, PAGE, p * PAGE);
		memcpy(object_page(file_object[F_RW], p), bytes, PAGE);
		memcpy(object_page(file_object[F_MEM], p), bytes, PAGE);
	}
}

/* Shared, so that no neighbour is one with it. */
static void map_around(struct mm_struct *mm, vaddr_t addr, unsigned int prot)
{
	struct mmap_request rq = {
		.addr = addr, .len = PAGE, .prot = prot, .may_flags = MAY_ALL,
		.flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
	};

	if (mm_mmap(mm, &rq) != (long)addr)
		differ("no page at %#lx", addr);
}

static struct mm_struct *mm_world(bool blocks)
{
	struct mm_struct *mm;

	world(64 * MiB, 2);
	mmu_blocks = blocks;
	mm_init();
	files_make();
	mm = mm_alloc();
	mm->mmap_base = place.top;
	mm->start_brk = mm->brk = place.heap;
	mm->rlim_stack = 8 * MiB;
	mm->no_huge_pages = true;
	host_current->mm = mm;
	map_around(mm, VEC, PROT_READ | PROT_WRITE);
	map_around(mm, place.top, PROT_NONE);   /* nothing grows out of the window */
	return mm;
}

/* ---- calls that kernel/ decides in part ---- */

#define MAP_KNOWN       0x7f93f         /* what MAP_SHARED_VALIDATE knows */

/* mmap(2), ERRORS, of an open file. */
static int mapping_error(const struct file *f, const struct mmop_args *a)
{
	unsigned int type = a->flags & MAP_TYPE;

	if (type == MAP_SHARED_VALIDATE && a->flags & ~MAP_KNOWN)
		return -EOPNOTSUPP;
	if (type < MAP_SHARED || type > MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (type != MAP_PRIVATE && a->prot & PROT_WRITE && !f->writable)
		return -EACCES;
	return f->readable ? 0 : -EACCES;
}

static long mm_do_mmap(struct mm_struct *mm, const struct mmop_args *a)
{
	struct mmap_request rq = {
		.addr = a->addr, .len = a->len, .prot = a->prot, .flags = a->flags, .may_flags = MAY_ALL,
	};
	struct file *f = a->flags & MAP_ANONYMOUS ? NULL : &files[a->file];

	if (f) {
		rq.file = f;
		rq.pgoff = a->pgoff;
		rq.file_error = mapping_error(f, a);
		rq.map_file = file_map;
		if ((a->flags & MAP_TYPE) != MAP_PRIVATE && !f->writable)
			rq.may_flags &= ~VM_MAYWRITE;
	}
	return mm_mmap(mm, &rq);
}

static long mm_do_mlock(struct mm_struct *mm, enum mmop_lock call, const struct mmop_args *a)
{
	switch (call) {
	case LOCK:
		return mm_mlock(mm, a->addr, a->len, false);
	case LOCK2:
		return a->flags & ~1 ? -EINVAL : mm_mlock(mm, a->addr, a->len, a->flags);
	case LOCK_ALL:
		return mm_mlockall(mm, a->flags);
	case UNLOCK_ALL:
		return mm_munlockall(mm);
	default:
		return mm_munlock(mm, a->addr, a->len);
	}
}

#endif
