// SPDX-License-Identifier: MIT
/*
 * The kernel's only way to a program's memory: walk to the PTE, check that
 * it allows the access as the user, fault the page in by the usual path if it
 * does not, and copy through the direct map.
 *
 * Everything here sleeps and may fault, which may take mm->lock: call it with no
 * spinlock, no page lock and no mm lock held.
 */
#ifndef MM_UACCESS_H
#define MM_UACCESS_H

#include <arch/page.h>
#include <kernel/entry.h>
#include <kernel/sync.h>
#include <lib/types.h>

struct hart_local;
struct mm_struct;
struct page;

/* 0 or -EFAULT (then some bytes may have been copied).  Of the current address space. */
int copy_from_user(void *dst, vaddr_t src, size_t len);
int copy_to_user(vaddr_t dst, const void *src, size_t len);
int clear_user(vaddr_t dst, size_t len);

/* Bytes copied before the first that could not be; for calls that return short counts. */
size_t copy_from_user_partial(void *dst, vaddr_t src, size_t len);
size_t copy_to_user_partial(vaddr_t dst, const void *src, size_t len);
size_t clear_user_partial(vaddr_t dst, size_t len);

/*
 * A struct that may grow: @len bytes of it into @dst, which has @size, filled with zeroes.
 * -EFAULT; -E2BIG: what is too much is not zero.
 */
int copy_struct_from_user(void *dst, size_t size, vaddr_t src, size_t len);

/* A string with its NUL into @dst of @size bytes: its length, -EFAULT, or -ENAMETOOLONG. */
ssize_t strncpy_from_user(char *dst, vaddr_t src, size_t size);

/* One value of 1, 2, 4 or 8 bytes: get_user(&val, addr), put_user(val, addr).  0 or -EFAULT. */
#define get_user(ptr, addr)     copy_from_user((ptr), (addr), sizeof(*(ptr)))
#define put_user(val, addr)                                \
	({                                                 \
		__typeof__(val) __pu = (val);              \
		copy_to_user((addr), &__pu, sizeof(__pu)); \
	})

/* True when [addr, addr + len) lies in the user half. */
static inline bool user_range_ok(vaddr_t addr, size_t len);

/*
 * One page of a program, held: @kaddr is its byte at @addr in the direct
 * map, and @len bytes follow in the page.  The frame stays while held, but
 * the program may unmap it meanwhile.  Writing: marked dirty by put.
 */
struct user_page {
	struct page *page;      /* NULL for a frame without struct page accounting */
	void *kaddr;
	size_t len;
	bool write;
};
/*
 * 0, -EFAULT, or -EINTR (killed).  @mm's users must be held; current->mm for the running program.
 */
int user_page_get(struct mm_struct *mm, vaddr_t addr, enum fault_access access,
		  struct user_page *up);
void user_page_put(struct user_page *up);

/*
 * Another process' memory (ptrace, /proc/PID/mem, process_vm_readv); bytes copied.  @force: ignore
 * VM_WRITE/READ of private areas.
 */
size_t mm_access(struct mm_struct *mm, vaddr_t addr, void *buf, size_t len, bool write, bool force);

/* Atomic operations on a 32-bit word of a program for futexes; aligned.  0 or -EFAULT. */
int user_load32(vaddr_t addr, u32 *val);
int user_cmpxchg32(vaddr_t addr, u32 expected, u32 desired, u32 *seen);

/*
 * Memory of the current program held still, from an address to the end of its page: what it maps,
 * and so the meaning of its address, cannot change, though other harts may write it: for that its
 * entry would have to be taken out, and the lock of its page table (RANK_PT) is held, in a glance:
 * nothing that sleeps until user_spot_unlock().
 */
struct user_spot {
	void *kaddr;
	struct hart_local *glance;
	struct page *table;
};
int user_spot_lock(vaddr_t addr, enum fault_access access, struct user_spot *s); /* 0 or -EFAULT */
void user_spot_unlock(struct user_spot *s);

/* A 32-bit word held so. */
struct user_word {
	u32 *word;
	struct user_spot spot;
};
int user_word_lock(vaddr_t addr, struct user_word *w);         /* writable; 0 or -EFAULT */
static inline void user_word_unlock(struct user_word *w)
{
	user_spot_unlock(&w->spot);
}
/* True: it had the value @expected, and has @desired now. */
static inline bool user_word_cmpxchg(struct user_word *w, u32 expected, u32 desired)
{
	return __atomic_compare_exchange_n(w->word, &expected, desired, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static inline bool user_range_ok(vaddr_t addr, size_t len)
{
	return len <= USER_END && addr <= USER_END - len;
}

#endif
