// SPDX-License-Identifier: MIT
/*
 * Changes of an address space: what mmap(2) and its family ask for, decoded.
 *
 * All take and release mm->lock themselves.  All return 0 (or an address) or
 * -errno, with Linux's errors; -ENOMEM means nothing has changed, unless the
 * man page says otherwise.
 */
#ifndef MM_MMAP_H
#define MM_MMAP_H

#include <lib/types.h>
#include <mm/vm_flags.h>

struct address_space;
struct file;
struct mm_struct;
struct vm_area_struct;
struct vm_ops;

/* Linux's numbers (asm-generic/mman.h). */
#define PROT_NONE       0x0
#define PROT_READ       0x1
#define PROT_WRITE      0x2
#define PROT_EXEC       0x4
#define PROT_SEM        0x8
#define PROT_GROWSDOWN  0x01000000
#define PROT_GROWSUP    0x02000000

#define MAP_SHARED              0x01
#define MAP_PRIVATE             0x02
#define MAP_SHARED_VALIDATE     0x03
#define MAP_TYPE                0x0f
#define MAP_FIXED               0x10
#define MAP_ANONYMOUS           0x20
#define MAP_GROWSDOWN           0x0100
#define MAP_DENYWRITE           0x0800
#define MAP_EXECUTABLE          0x1000
#define MAP_LOCKED              0x2000
#define MAP_NORESERVE           0x4000
#define MAP_POPULATE            0x8000
#define MAP_NONBLOCK            0x10000
#define MAP_STACK               0x20000
#define MAP_HUGETLB             0x40000
#define MAP_SYNC                0x80000
#define MAP_FIXED_NOREPLACE     0x100000

/*
 * One mapping to be made.  For a file, the caller has checked the open mode
 * (EACCES, EPERM) and filled may_flags; map_file gives the new area its
 * vm_ops and vm_mapping (through file->f_op->mmap), called with mm->lock
 * held for writing and the area not yet visible; its error is mmap's.
 */
struct mmap_request {
	vaddr_t addr;                   /* hint, or the place with MAP_FIXED */
	size_t len;                     /* bytes, not rounded */
	unsigned int prot;              /* PROT_ */
	unsigned int flags;             /* MAP_ */
	pgoff_t pgoff;                  /* pages */
	/* VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC allowed; anonymous: all */
	unsigned long may_flags;
	unsigned long extra_vm_flags;   /* VM_STACK, ... */
	bool may_map_low;               /* CAP_SYS_RAWIO: below mmap_min_addr too */
	/* the objection to the file (EACCES ...): told after what is wrong with the place */
	int file_error;
	struct file *file;              /* NULL: anonymous */
	int (*map_file)(struct file *file, struct vm_area_struct *vma);
};

/* The address, or -errno as an unsigned long (IS_ERR_VALUE). */
long mm_mmap(struct mm_struct *mm, const struct mmap_request *rq);

/*
 * For file->f_op->mmap of regular files: pages of @as through the page cache.  Takes a reference
 * of the file.
 */
int vma_map_cached(struct vm_area_struct *vma, struct address_space *as, struct file *file,
		   const struct vm_ops *ops);

/* @nr frames starting at @pfns[0] at a free or given address: the vDSO.  The address or -errno. */
long mm_map_pfns(struct mm_struct *mm, vaddr_t addr, const unsigned long *pfns, unsigned int nr,
		 unsigned long vm_flags, const char *name);

int mm_munmap(struct mm_struct *mm, vaddr_t start, size_t len);

/* What is left of a segment that was attached at @addr; its areas have @ops.  -EINVAL: nothing. */
int mm_shmdt(struct mm_struct *mm, vaddr_t addr, const struct vm_ops *ops);

#define MREMAP_MAYMOVE          1
#define MREMAP_FIXED            2
#define MREMAP_DONTUNMAP        4

#define MADV_NORMAL             0
#define MADV_RANDOM             1
#define MADV_SEQUENTIAL         2
#define MADV_WILLNEED           3
#define MADV_DONTNEED           4
#define MADV_FREE               8
#define MADV_REMOVE             9
#define MADV_DONTFORK           10
#define MADV_DOFORK             11
#define MADV_HUGEPAGE           14
#define MADV_NOHUGEPAGE         15
#define MADV_DONTDUMP           16
#define MADV_DODUMP             17
#define MADV_WIPEONFORK         18
#define MADV_KEEPONFORK         19
#define MADV_COLD               20
#define MADV_PAGEOUT            21
#define MADV_POPULATE_READ      22
#define MADV_POPULATE_WRITE     23
#define MADV_DONTNEED_LOCKED    24
#define MADV_COLLAPSE           25
#define MADV_GUARD_INSTALL      102
#define MADV_GUARD_REMOVE       103

#define MS_ASYNC                1
#define MS_INVALIDATE           2
#define MS_SYNC                 4

#define MCL_CURRENT             1
#define MCL_FUTURE              2
#define MCL_ONFAULT             4

int mm_mprotect(struct mm_struct *mm, vaddr_t start, size_t len, unsigned long prot);
long mm_brk(struct mm_struct *mm, vaddr_t brk);         /* the new or unchanged break */
long mm_mremap(struct mm_struct *mm, vaddr_t old, size_t old_len, size_t new_len,
	       unsigned int flags, vaddr_t new_addr);
int mm_madvise(struct mm_struct *mm, vaddr_t start, size_t len, int advice);
int mm_msync(struct mm_struct *mm, vaddr_t start, size_t len, int flags);
/* One byte for each page into the program's @vec. */
int mm_mincore(struct mm_struct *mm, vaddr_t start, size_t len, vaddr_t vec);
int mm_mlock(struct mm_struct *mm, vaddr_t start, size_t len, bool on_fault);
int mm_munlock(struct mm_struct *mm, vaddr_t start, size_t len);
int mm_mlockall(struct mm_struct *mm, int flags);
int mm_munlockall(struct mm_struct *mm);

int mm_mseal(struct mm_struct *mm, vaddr_t start, size_t len);
/* Page @pgoff of the file and those behind it at [start, start + size), of shared areas. */
int mm_remap_file_pages(struct mm_struct *mm, vaddr_t start, size_t size, pgoff_t pgoff,
			bool populate);

/* Fault in [start, end): MAP_POPULATE, mlock.  Best effort unless @must. */
int mm_populate(struct mm_struct *mm, vaddr_t start, vaddr_t end, bool must);

/* exec's stack: an area of @size bytes below @top that grows down. */
int mm_setup_stack(struct mm_struct *mm, vaddr_t top, size_t size, unsigned int prot);

/* /proc/sys/vm, written by procfs. */
extern unsigned int sysctl_max_map_count;       /* 65530 */
extern unsigned int sysctl_overcommit_memory;
extern unsigned int sysctl_overcommit_ratio;    /* percent of RAM, for mode 2 */
extern unsigned long sysctl_overcommit_kbytes;  /* in its place; 0: the ratio counts */
extern unsigned long sysctl_admin_reserve_kbytes, sysctl_user_reserve_kbytes;
extern unsigned long sysctl_mmap_min_addr;      /* bytes */
extern unsigned int sysctl_stack_guard_gap;     /* pages, 256 */

/* Pages committed by everybody, and the limit. */
unsigned long vm_committed(void);
unsigned long vm_commit_limit(void);

#endif
