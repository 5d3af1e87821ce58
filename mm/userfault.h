// SPDX-License-Identifier: MIT
/*
 * userfaultfd(2): a program that brings in its own pages.
 *
 * A struct userfault is asked when a page is missing in an area that is registered with it; who
 * has its descriptor reads the question, fills the page and so wakes who waits.  Events, of what
 * is done to such areas as a whole, are read in the same way.
 *
 *	userfault.c        the object; who waits, who reads, who wakes
 *	userfault_area.c   registering areas, and the end of it
 *	userfault_fill.c   COPY, ZEROPAGE, CONTINUE, POISON
 *	userfault_move.c   MOVE
 *	userfault_event.c  fork, mremap, munmap, madvise are told
 *
 * Write protection is left out: Linux 6.12 does not have it on RISC-V (its PTE has no room for
 * the mark there), so that UFFD_FEATURE_PAGEFAULT_FLAG_WP and REGISTER_MODE_WP are EINVAL.
 */
#ifndef MM_USERFAULT_H
#define MM_USERFAULT_H

#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/types.h>
#include <mm/vma.h>

struct fault;
enum fault_result;

/* Linux's numbers (ioctl_userfaultfd(2)). */
#define UFFD_USER_MODE_ONLY             1U

#define UFFD_FEATURE_EVENT_FORK         (1U << 1)
#define UFFD_FEATURE_EVENT_REMAP        (1U << 2)
#define UFFD_FEATURE_EVENT_REMOVE       (1U << 3)
#define UFFD_FEATURE_MISSING_HUGETLBFS  (1U << 4)
#define UFFD_FEATURE_MISSING_SHMEM      (1U << 5)
#define UFFD_FEATURE_EVENT_UNMAP        (1U << 6)
#define UFFD_FEATURE_SIGBUS             (1U << 7)
#define UFFD_FEATURE_THREAD_ID          (1U << 8)
#define UFFD_FEATURE_MINOR_HUGETLBFS    (1U << 9)
#define UFFD_FEATURE_MINOR_SHMEM        (1U << 10)
#define UFFD_FEATURE_EXACT_ADDRESS      (1U << 11)
#define UFFD_FEATURE_POISON             (1U << 14)
#define UFFD_FEATURE_MOVE               (1U << 16)
#define UFFD_INITIALIZED                (1U << 31)      /* of us: UFFDIO_API has been called */

enum { UFFD_EVENT_PAGEFAULT = 0x12, UFFD_EVENT_FORK, UFFD_EVENT_REMAP, UFFD_EVENT_REMOVE,
       UFFD_EVENT_UNMAP };

#define UFFD_PAGEFAULT_FLAG_WRITE       1U
#define UFFD_PAGEFAULT_FLAG_MINOR       4U

/* What is read. */
struct uffd_msg {
	u8 event;
	u8 reserved[7];
	union {
		struct {
			u64 flags, address;
			u32 ptid;
		} pagefault;
		struct {
			u32 ufd;
		} fork;
		struct {
			u64 from, to, len;
		} remap;
		struct {
			u64 start, end;
		} remove;
	};
};
_Static_assert(sizeof(struct uffd_msg) == 32, "uffd_msg is 32 bytes");

/* [c] constant  [a] atomic  [l] lock */
struct userfault {
	struct mm_struct *mm;           /* [c] whose areas it is asked about; count held */
	/* [c] The current task's number; 0: it must not wait, for it ends or dumps core. */
	u32 (*asker)(void);
	unsigned int flags;             /* [c] of userfaultfd(2) */
	unsigned int features;          /* [a] UFFD_: 0 until UFFDIO_API */
	atomic_t refs;                  /* [a] the descriptor's, and of those who wait */
	/*
	 * [a] calls under way that change areas, and are not read of yet: pages are not filled
	 * meanwhile.  Grows with changing_lock held for writing, or the areas closed.
	 */
	atomic_t changing;
	struct rwsem changing_lock;     /* RANK_USERFAULT: one page is filled, for reading */
	struct spinlock lock;           /* RANK_DRIVER: who waits */
	bool released;                  /* [l] the descriptor is closed: nobody waits any more */
	unsigned long wakes;            /* [l] counts those who woke */
	struct list_head asked;         /* [l] faults to be read */
	struct list_head waiting;       /* [l] faults that have been */
	struct list_head events;        /* [l] to be read */
	struct list_head reading;       /* [l] forks whose descriptor is being made */
	struct wait_queue readers;      /* in read and poll */
	struct wait_queue told;         /* those whose event is to be read */
};

/* A fresh one for @mm.  NULL: no memory. */
struct userfault *userfault_new(struct mm_struct *mm, unsigned int flags, u32 (*asker)(void));
static inline void userfault_get(struct userfault *u) { atomic_inc(&u->refs); }
void userfault_put(struct userfault *u);

/* The descriptor is closed: areas are registered no more, and all who wait go on.  Sleeps. */
void userfault_release(struct userfault *u);

/* ---- who waits ---- */

/*
 * vm_ops->fault, in an area with the VM_UFFD_ flag: the page of f->addr is to be had from the
 * program.  @minor: it is there, and only not mapped.
 */
enum fault_result userfault_ask(struct fault *f, bool minor);

/*
 * The driver loop, after userfault_ask(): wait until woken.  @user: for the program's own access,
 * not the kernel's.  FAULT_DONE: look again; FAULT_BUS, FAULT_KILLED (a signal is to be seen to).
 */
enum fault_result userfault_wait(struct fault *f, bool user);

/* Wake who waits for a page of [start, start + len); 0: all. */
void userfault_wake(struct userfault *u, vaddr_t start, size_t len);

/* The next message that is no event, which now has been read.  False: none. */
bool userfault_next(struct userfault *u, struct uffd_msg *msg);

/* Is there something to read? */
bool userfault_readable(const struct userfault *u);

/* How many wait to be read of, and in all. */
void userfault_count(struct userfault *u, unsigned long *asked, unsigned long *all);

/* ---- areas ---- */

/*
 * Register the areas of [start, end) for @vm_flags, of VM_UFFD_MISSING and VM_UFFD_MINOR; or
 * undo it.  Page-aligned user addresses.  -EINVAL: none there, or of the wrong kind; -EPERM,
 * -EBUSY, -ENOMEM (also: the address space is gone), -EINTR.
 */
int userfault_register(struct userfault *u, vaddr_t start, vaddr_t end, unsigned long vm_flags);
int userfault_unregister(struct userfault *u, vaddr_t start, vaddr_t end);

/* The moved copy of a registered area, not linked yet. */
static inline void userfault_forget_area(struct vm_area_struct *vma)
{
	vma->vm_flags &= ~VM_UFFD;
	vma->vm_private = NULL;
}

/* ---- filling pages ---- */

enum userfault_how { FILL_COPY, FILL_ZERO, FILL_CONTINUE, FILL_POISON };

struct userfault_fill {
	enum userfault_how how;
	bool wp;                        /* write-protected: which no area is registered for */
	vaddr_t dst, src;               /* @src: of the current program, any; FILL_COPY */
	size_t len;
};

/*
 * Bytes filled, or when it was none -ESRCH, -ENOENT, -EAGAIN, -EINVAL, -EEXIST, -EFAULT, -ENOMEM,
 * -EINTR.  Sleeps.
 */
long userfault_fill(struct userfault *u, const struct userfault_fill *what);

struct userfault_move {
	vaddr_t dst, src;
	size_t len;
	bool holes;                     /* where @src has none, nothing is moved; else -ENOENT */
};

/* Within u->mm, the current one.  As userfault_fill(); -EBUSY: others have the page too. */
long userfault_move(struct userfault *u, const struct userfault_move *m);

/* ---- events ---- */

struct userfault_event;
struct vma_dead;

/* Is @vma registered with one that is told of this?  mm->lock held. */
static inline bool userfault_tells(const struct vm_area_struct *vma, unsigned int feature)
{
	return vma->vm_flags & VM_UFFD &&
	       ((const struct userfault *)vma->vm_private)->features & feature;
}

/* [start, end) is about to go, of @vma and those behind it: to be told with @dead.  -ENOMEM. */
int userfault_unmap(struct vm_area_struct *vma, vaddr_t start, vaddr_t end, struct vma_dead *dead);

/*
 * An area that tells of it is about to move: what is to be told, or NULL: no memory.  Then it is
 * told with @dead, or dropped: userfault_tell().
 */
struct userfault_event *userfault_remap(struct vm_area_struct *vma, vaddr_t from, vaddr_t to,
					size_t len);
void userfault_remapped(struct vma_dead *dead, struct userfault_event *e);

/*
 * Pages of @vma, which tells of it, are about to be taken away.  mm->lock is held for reading, and
 * released.
 */
void userfault_remove(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

/*
 * fork: @new has the areas of its parent.  What is to be told is added to *told.  Both mm->locks
 * for writing.  -ENOMEM.
 */
int userfault_fork(struct mm_struct *new, struct userfault_event **told);

/* Tell, @really, and wait until each has been read; no lock held.  Frees them. */
void userfault_tell(struct userfault_event *list, bool really);

/*
 * The next event.  *child: of a fork, referenced; it has been read only when userfault_fork_read()
 * says so, and else is to be read again.  NULL otherwise.  False: none.
 */
bool userfault_next_event(struct userfault *u, struct uffd_msg *msg, struct userfault **child);
void userfault_fork_read(struct userfault *u, const struct userfault *child, bool done);

#endif
