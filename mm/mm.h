// SPDX-License-Identifier: MIT
/*
 * mm_struct: one address space.
 *
 * users counts the tasks (and other users of the areas, such as
 * /proc/PID/maps readers); at zero the areas go.  count holds the struct
 * itself; all users together hold one.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include <arch/mmu.h>
#include <kernel/sync.h>
#include <lib/avl.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/types.h>

struct file;
struct vm_area_struct;

enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

#define MM_AUXV_WORDS   48
#define NR_VMA_HINTS    4       /* harts share them by number */

/* Who may look into a process and have its core: nobody, its user, or root alone. */
enum { DUMP_NONE, DUMP_USER, DUMP_ROOT };
/* A fresh coredump_filter: own memory, shared memory without a name, ELF headers (core(5)). */
#define DUMP_FILTER_DEFAULT     0x33U
#define DUMP_FILTER_ALL         0x1ffU

/* [c] constant once shared  [m] lock  [a] atomic */
struct mm_struct {
	struct vm_area_struct *mmap;            /* [m] areas, ascending */
	/* [m] the same areas, with the largest gap below each */
	struct avl_root mmap_avl;
	pte_t *pgd;                             /* [c] root table, direct-map address */
	struct rwsem lock;                      /* RANK_MM: areas and their layout */
	struct wait_queue gate_wait;            /* who closed an area waits for those inside */
	struct vm_area_struct *closed;          /* [m] areas being changed, chained by vm_closed */
	/* RANK_PT_TREE: tables are taken out, entries moved, only with it held: eviction */
	struct spinlock tables_lock;
	atomic_t users;                         /* [a] */
	atomic_t count;                         /* [a] */
	unsigned int map_count;                 /* [m] areas */
	/* [a] 0: one task alone can fault, and gates stand open; else NR_VMA_HINTS - 1 */
	unsigned int hint_mask;
	struct mmu_context context;             /* [a] */
	atomic_long_t rss[NR_MM_COUNTERS];      /* [a] pages */
	atomic_long_t table_pages;              /* [a] page-table pages */
	unsigned int nr_shared;                 /* [tables_lock] tables shared since a fork */
	unsigned long total_vm;                 /* [m] pages in areas */
	unsigned long locked_vm;                /* [m] pages in VM_LOCKED areas */
	unsigned long data_vm;                  /* [m] private writable pages, stack excluded */
	unsigned long exec_vm;                  /* [m] */
	unsigned long stack_vm;                 /* [m] */
	unsigned long committed;                /* [m] pages counted against the commit limit */
	unsigned long hiwater_rss;              /* [a] a maximum, approximate */
	unsigned long hiwater_vm;               /* [m] */
	unsigned long def_flags;                /* [m] mlockall(MCL_FUTURE) */
	/* [c] top of the mmap area; search goes down from here */
	vaddr_t mmap_base;
	vaddr_t start_code, end_code;           /* [m] */
	vaddr_t start_data, end_data;           /* [m] */
	vaddr_t start_brk, brk;                 /* [m] */
	vaddr_t start_stack;                    /* [m] */
	vaddr_t arg_start, arg_end;             /* [m] */
	vaddr_t env_start, env_end;             /* [m] */
	vaddr_t vdso;                           /* [c] address of the vDSO's code */
	unsigned long auxv[MM_AUXV_WORDS];      /* [c] for /proc/PID/auxv; ends with AT_NULL */
	struct file *exe_file;                  /* [m] reference, put through exe_put */
	void (*exe_put)(struct file *);         /* [c] */
	/* [c] fork takes a reference; NULL: fork leaves exe_file empty */
	void (*exe_get)(struct file *);
	u8 dumpable;                            /* [a] DUMP_: PR_SET_DUMPABLE */
	bool has_userfault;                     /* [m] an area was registered once (userfault.h) */
	bool has_guards;                        /* [a] a guard was installed once (guard.h) */
	bool no_huge_pages;                     /* [a] prctl(PR_SET_THP_DISABLE) */
	unsigned int dump_filter;               /* [a] /proc/PID/coredump_filter */
	unsigned int membarrier;                /* [a] kernel/membarrier.c: registered for */
	bool evictable;                         /* [a] false while fork fills its tables */
	/*
	 * Limits of the owner, copied here by setrlimit and fork so that mm
	 * needs no task: bytes, ~0 for none.  [a]
	 */
	unsigned long rlim_as, rlim_data, rlim_stack, rlim_memlock;
	struct list_head all_mms;               /* mm.c: every address space */
	/* kernel/oom.c: on the reaper's list or past it; [a] nothing more is to be had of it */
	struct mm_struct *oom_next;
	bool oom_queued, oom_reaped;
	/* [a] the area last found, by hart: written inside its gate; the first under lock too */
	struct {
		struct vm_area_struct *vma;
		char pad[CACHE_LINE - sizeof(void *)];
	} hint[NR_VMA_HINTS];
};

/* kernel/cred.c: RLIMIT_MEMLOCK does not bind the current task (CAP_IPC_LOCK). */
bool mlock_unlimited(void);

void mm_init(void);     /* caches; once at boot */

/* A fresh, empty address space: users 1, count 1.  NULL: no memory. */
struct mm_struct *mm_alloc(void);

/* The same, but eviction leaves it alone until evictable is set. */
struct mm_struct *mm_alloc_unevictable(void);

/*
 * A copy for fork: same areas, pages shared copy-on-write.  Takes
 * @old->lock for writing.  ERR_PTR(-ENOMEM): nothing changed.
 */
struct mm_struct *mm_dup(struct mm_struct *old);

/*
 * From now on another task may bring pages in while one changes areas: a thread is
 * made, or a debugger looks in.  Takes mm->lock: no change goes on meanwhile that has
 * left gates open (vma_lock.h).
 */
void mm_share(struct mm_struct *mm);

static inline void mm_get(struct mm_struct *mm) { atomic_inc(&mm->users); }
static inline bool mm_get_unless_zero(struct mm_struct *mm)
{
	return atomic_inc_not_zero(&mm->users);
}
/* Drop a user; the last one unmaps everything.  Sleeps. */
void mm_put(struct mm_struct *mm);
static inline void mm_hold(struct mm_struct *mm) { atomic_inc(&mm->count); }
/* Drop the struct. */
void mm_drop(struct mm_struct *mm);

static inline unsigned long mm_rss(struct mm_struct *mm)
{
	return atomic_long_read(&mm->rss[MM_FILEPAGES]) + atomic_long_read(&mm->rss[MM_ANONPAGES]) +
	       atomic_long_read(&mm->rss[MM_SHMEMPAGES]);
}

/* Every mm in the system, for the swap clock hand: list under a spinlock in mm.c. */
/* puts prev, returns one with count held; NULL at the end */
struct mm_struct *mm_next(struct mm_struct *prev);

#endif
