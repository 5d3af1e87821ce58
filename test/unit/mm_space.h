// SPDX-License-Identifier: MIT
/*
 * Address spaces as pictures, a file to map, and a program to be.
 *
 * A picture is one character a page, from BASE on:
 *
 *	r w x -    anonymous, private: read; read and write; read and exec; nothing
 *	R W X N    the test file, private; page i of the picture is page i of the file
 *	T S U V    the test file, shared: read; read and write; read and exec; nothing
 *	a A        anonymous shared; a private area locked in memory
 *	.          no area
 *	|          a border between two areas that touch
 *
 * Included once by a program, after harness.h.
 */
#ifndef TEST_MM_SPACE_H
#define TEST_MM_SPACE_H

#include "mm_world.h"

#include <lib/err.h>
#include <mm/address_space.h>
#include <mm/anon.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/pt_alloc.h>
#include <mm/smaps.h>
#include <mm/uaccess.h>
#include <mm/vma.h>

#define PAGE            PAGE_SIZE
#define BASE            0x10000000UL
#define PICTURE_MAX     64
#define FILE_PAGES      64
#define MAY_ALL         (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)

/* ---- a file ---- */

struct file {
	struct address_space as;
	long refs;
	unsigned int reads;             /* pages read from the disk */
	unsigned int mkwrites;
	unsigned int writes;
	bool fail_read, fail_mkwrite;
	u8 disk[FILE_PAGES][PAGE_SIZE];
};

static struct file test_file;

static int file_readpage(struct address_space *as, struct page *page)
{
	struct file *f = container_of(as, struct file, as);

	f->reads++;
	if (f->fail_read)
		page_set(page, PG_error);
	else {
		memcpy(page_address(page), f->disk[page->index], PAGE_SIZE);
		page_set(page, PG_uptodate);
	}
	unlock_page(page);
	return 0;
}

static int file_writepage(struct address_space *as, struct page *page)
{
	struct file *f = container_of(as, struct file, as);

	f->writes++;
	memcpy(f->disk[page->index], page_address(page), PAGE_SIZE);
	unlock_page(page);
	page_end_writeback(page);
	return 0;
}

static int file_mkwrite(struct address_space *as, struct page *page)
{
	struct file *f = container_of(as, struct file, as);

	f->mkwrites++;
	return f->fail_mkwrite ? -ENOSPC : 0;
}

static void file_get(struct file *f) { f->refs++; }
static void file_put(struct file *f) { f->refs--; }

static int file_sync(struct file *f, loff_t start, loff_t end)
{
	return filemap_write_range(&f->as, start, end);
}

static const struct address_space_operations file_aops = {
	.readpage = file_readpage,
	.writepage = file_writepage,
	.page_mkwrite = file_mkwrite,
	.file_get = file_get,
	.file_put = file_put,
	.file_sync = file_sync,
};

static int file_map(struct file *f, struct vm_area_struct *vma)
{
	return vma_map_cached(vma, &f->as, f, &file_vm_ops);
}

/* Byte @i of page @index of the file, as made. */
static inline u8 file_byte(pgoff_t index, size_t i)
{
	return index * 31 + i + 1;
}

static inline void file_make(struct file *f, unsigned int pages)
{
	memset(f, 0, sizeof(*f));
	address_space_init(&f->as, NULL, &file_aops);
	f->as.size = pages * PAGE;
	for (unsigned int p = 0; p < pages; p++)
		for (size_t i = 0; i < PAGE; i++)
			f->disk[p][i] = file_byte(p, i);
}

/* ---- a world with one address space ---- */

static long space_frames_before;

static inline struct mm_struct *space_new(void)
{
	struct mm_struct *mm;

	if (test_file.as.a_ops)
		truncate_pages(&test_file.as, 0, -1);
	world(32 * MiB, 2);
	mm_init();
	file_make(&test_file, FILE_PAGES);
	space_frames_before = world_frames_in_use();
	mm = mm_alloc();
	assert_non_null(mm);
	mm->mmap_base = 0x3000000000;
	host_current->mm = mm;
	return mm;
}

static inline void space_quiet(void)
{
	assert_int_equal(host_spinlocks_held(), 0);
	assert_int_equal(host_sleeping_locks_held(), 0);
}

/* The last user goes: everything must be back. */
static inline void space_end(struct mm_struct *mm)
{
	space_quiet();
	vma_check(mm);
	host_tlb_check(mm);
	mm_put(mm);
	assert_int_equal(test_file.refs, 0);
	assert_true(i_mmap_empty(&test_file.as.i_mmap));
	assert_int_equal(test_file.as.i_mmap_writable, 0);
	truncate_pages(&test_file.as, 0, -1);
	assert_int_equal(vm_committed(), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_anon_pages), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_mapped), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_page_table_pages), 0);
	assert_int_equal(world_frames_in_use(), space_frames_before);
	space_quiet();
}

/* ---- pictures ---- */

static inline long map_at(struct mm_struct *mm, vaddr_t addr, size_t len, unsigned int prot,
			  unsigned int flags)
{
	struct mmap_request rq = {
		.addr = addr, .len = len, .prot = prot, .flags = flags, .may_flags = MAY_ALL,
	};

	if (!(flags & MAP_ANONYMOUS)) {
		rq.file = &test_file;
		rq.map_file = file_map;
		rq.pgoff = (addr - BASE) >> PAGE_SHIFT;
	}
	return mm_mmap(mm, &rq);
}

static inline void map_char(struct mm_struct *mm, char c, vaddr_t addr, size_t len)
{
	unsigned int prot = PROT_NONE, flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;

	switch (c) {
	case 'r': case 'R': case 'T': prot = PROT_READ; break;
	case 'w': case 'W': case 'S': case 'a': case 'A': prot = PROT_READ | PROT_WRITE; break;
	case 'x': case 'X': prot = PROT_READ | PROT_EXEC; break;
	case '-': break;
	default: fail_msg("no such area: %c", c);
	}
	if (strchr("RWXST", c))
		flags &= ~MAP_ANONYMOUS;
	if (strchr("STa", c))
		flags ^= MAP_PRIVATE | MAP_SHARED;
	if (c == 'A')
		flags |= MAP_LOCKED;
	assert_int_equal(map_at(mm, addr, len, prot, flags), addr);
}

/* Make the areas of the picture; what lies there goes. */
static inline void given(struct mm_struct *mm, const char *picture)
{
	vaddr_t addr = BASE;
	size_t len;

	assert_int_equal(mm_munmap(mm, BASE, PICTURE_MAX * PAGE), 0);
	for (; *picture; picture += len) {
		len = strspn(picture, (char[]){ *picture, 0 });
		if (*picture == '|')
			continue;
		if (*picture != '.')
			map_char(mm, *picture, addr, len * PAGE);
		addr += len * PAGE;
	}
}

static inline char area_char(const struct vm_area_struct *v)
{
	bool file = v->vm_mapping == &test_file.as;

	if (v->vm_mapping && !file)
		return 'a';
	if (v->vm_flags & VM_LOCKED)
		return 'A';
	if (v->vm_flags & VM_WRITE)
		return v->vm_flags & VM_SHARED ? 'S' : file ? 'W' : 'w';
	if (v->vm_flags & VM_EXEC)
		return v->vm_flags & VM_SHARED ? 'U' : file ? 'X' : 'x';
	if (v->vm_flags & VM_READ)
		return v->vm_flags & VM_SHARED ? 'T' : file ? 'R' : 'r';
	return v->vm_flags & VM_SHARED ? 'V' : file ? 'N' : '-';
}

static inline void draw(struct mm_struct *mm, char *s)
{
	vaddr_t addr = BASE, end = BASE + PICTURE_MAX * PAGE;
	struct vm_area_struct *v;

	for (v = mm->mmap; v && v->vm_start < end; v = v->vm_next) {
		if (v->vm_end <= BASE)
			continue;
		if (v->vm_start == addr && addr != BASE)
			*s++ = '|';
		for (; addr < v->vm_start; addr += PAGE)
			*s++ = '.';
		for (; addr < v->vm_end && addr < end; addr += PAGE)
			*s++ = area_char(v);
	}
	*s = 0;
}

static inline void expect_picture(struct mm_struct *mm, const char *picture)
{
	char now[2 * PICTURE_MAX + 1];

	vma_check(mm);
	space_quiet();
	host_tlb_check(mm);
	draw(mm, now);
	assert_string_equal(now, picture);
}

/* ---- being a program ---- */

static inline enum fault_result try_read(struct mm_struct *mm, vaddr_t va)
{
	u8 b;

	return host_access(mm, va, FAULT_READ, &b, 1);
}

static inline enum fault_result try_write(struct mm_struct *mm, vaddr_t va, u8 b)
{
	return host_access(mm, va, FAULT_WRITE, &b, 1);
}

static inline u8 load(struct mm_struct *mm, vaddr_t va)
{
	u8 b = 0;

	assert_int_equal(host_access(mm, va, FAULT_READ, &b, 1), FAULT_DONE);
	return b;
}

static inline void store(struct mm_struct *mm, vaddr_t va, u8 b)
{
	assert_int_equal(try_write(mm, va, b), FAULT_DONE);
}

/* Page @i of the picture. */
static inline vaddr_t at(unsigned int i)
{
	return BASE + i * PAGE;
}

static inline struct mm_struct *fork_mm(struct mm_struct *parent)
{
	struct mm_struct *child = mm_dup(parent);

	assert_false(IS_ERR(child));
	vma_check(child);
	host_tlb_check(parent);
	space_quiet();
	return child;
}

/* Areas of two pages come and go at random; @found: is this page in one?  The page behind is never. */
static inline void random_areas(struct mm_struct *mm, int rounds, bool (*found)(vaddr_t))
{
	enum { N = 4000 };
	static bool there[N];
	vaddr_t base = 0x1000000000;

	memset(there, 0, sizeof(there));
	for (int round = 0; round < rounds; round++) {
		unsigned int i = harness_below(N);
		vaddr_t va = base + i * 3 * PAGE;

		if (there[i])
			assert_int_equal(mm_munmap(mm, va, 2 * PAGE), 0);
		else
			assert_int_equal(map_at(mm, va, 2 * PAGE, PROT_READ,
						MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS), va);
		there[i] = !there[i];
		i = harness_below(N);
		assert_int_equal(found(base + i * 3 * PAGE + PAGE), there[i]);
		assert_false(found(base + i * 3 * PAGE + 2 * PAGE));
	}
}

#endif
