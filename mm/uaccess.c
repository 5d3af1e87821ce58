// SPDX-License-Identifier: MIT
/*
 * A program's memory, from the kernel: look at the PTE as the hart would,
 * fault the page in if it forbids the access, and copy through the direct
 * map.  Why this and not the program's own addresses: MACHINE.md (the price of
 * opening the user half), and arch/host runs the same code.
 *
 * A copy runs with the PTE's table locked.  That costs one atomic and holds
 * everything still that must be: the frame cannot go, the permission cannot
 * be taken away, a shared page that was marked dirty cannot be cleaned before
 * the bytes are in it.  At most a page is copied so; nothing in it can sleep.
 *
 * Where the copy itself must happen elsewhere (under a page lock), the page is
 * held by a reference instead: user_page_get.
 *
 * No lock of the address space is taken: the walk is a glance, for tables are
 * freed only after a wait for those.  A table that was unhooked meanwhile has only
 * empty entries, and nobody fills it again.
 *
 * Lock: a glance and one ptl in it, page by page; faults with neither.
 */
#include <mm/uaccess.h>

#include <arch/mmu.h>
#include <arch/thread.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/anon.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/glance.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pagetable.h>
#include <mm/pt_piece.h>
#include <mm/vma_lock.h>

/* A page of a program while its table is locked. */
struct window {
	struct mm_struct *mm;
	struct glance *glance;
	struct page *table;
	pte_t *pte;
	pte_t e;
	void *kaddr;            /* of the address asked for */
};

static inline size_t room(vaddr_t addr, size_t len)
{
	size_t left = PAGE_SIZE - (addr & ~PAGE_MASK);

	return len < left ? len : left;
}

/* Do for the hart what it would have done: used, written. */
static inline void mark_used(struct window *w, bool write)
{
	pte_t want;

	for (;;) {
		want = pte_mkyoung(w->e);
		if (write)
			want = pte_mkdirty(want);
		if (pte_same(want, w->e) || pte_cmpxchg(w->pte, w->e, want))
			return;
		w->e = pte_read(w->pte);
	}
}

/* May it go ahead?  A debugger (@force) may read what is there, write what is the process' own. */
static inline bool permits(pte_t e, enum fault_access access, bool force)
{
	if (!pte_present(e))
		return false;
	if (access != FAULT_WRITE)
		return pte_readable(e) || force;
	return pte_writable(e) ||
	       (force && !pte_special(e) && anon_exclusive(pfn_to_page(pte_pfn(e))));
}

/*
 * No table: perhaps a huge entry, locked like any other by the ptl of the table it is in.
 * w->e is as the entry of a small page would be, used and written already.
 */
static __noinline bool window_huge(struct window *w, vaddr_t addr, enum fault_access access)
{
	struct pt_piece p;
	pte_t e, used;

	pt_next_piece(w->mm, addr, USER_END, &p);
	if (p.kind != PT_HUGE)
		return false;
	w->table = virt_to_page(p.entry);
	spin_lock(&w->table->ptl);
	do {
		e = pte_read(p.entry);
		if (!pte_huge(e) || !permits(e, access, false)) {
			spin_unlock(&w->table->ptl);
			return false;
		}
		used = access == FAULT_WRITE ? pte_mkdirty(pte_mkyoung(e)) : pte_mkyoung(e);
	} while (!pte_same(e, used) && !pte_cmpxchg(p.entry, e, used));
	w->e = pte_huge_part(used, pt_index(addr, 0));
	return true;
}

/* As things stand now.  True: in a glance, the table locked, and w->e permits the access. */
static __always_inline bool window_try(struct window *w, vaddr_t addr, enum fault_access access,
				       bool force)
{
	w->glance = glance_begin();
	w->pte = pt_walk(w->mm, addr, PT_FIND, &w->table);
	if (unlikely(!w->pte && window_huge(w, addr, access)))
		return true;
	if (likely(w->pte)) {
		spin_lock(&w->table->ptl);
		w->e = pte_read(w->pte);
		if (likely(permits(w->e, access, force)))
			return true;
		spin_unlock(&w->table->ptl);
	}
	glance_end(w->glance);
	return false;
}

static inline struct mm_struct *current_mm(void)
{
	return current_thread()->mm;
}

/* Make it permitted, by the usual path.  0: look again.  Nothing is held. */
static __noinline int window_fault(struct mm_struct *mm, vaddr_t addr, enum fault_access access,
				   bool force)
{
	enum fault_result r;

	if (mm != current_mm() && atomic_read(&mm->users) > 1)
		mm_share(mm);           /* its own task may be changing areas */
	r = force ? handle_mm_fault_force(mm, addr, access) :
		    handle_mm_fault(mm, addr, access, NULL);
	if (r == FAULT_DONE)
		return 0;
	return r == FAULT_KILLED ? -EINTR : -EFAULT;
}

/*
 * 0: in a glance, the table locked, and @w shows the page.  Else -EFAULT, -EINTR, nothing held.
 * Inline: @access and @force are constants wherever it matters.
 */
static __always_inline int window_open(struct window *w, struct mm_struct *mm, vaddr_t addr,
				       enum fault_access access, bool force)
{
	int err;

	if (DEBUG)
		might_sleep();
	w->mm = mm;
	if (unlikely(!mm || addr >= USER_END))
		return -EFAULT;
	while (unlikely(!window_try(w, addr, access, force))) {
		err = window_fault(mm, addr, access, force);
		if (err)
			return err;
	}
	mark_used(w, access == FAULT_WRITE);
	w->kaddr = (char *)pa_to_virt(pte_pfn(w->e) << PAGE_SHIFT) + (addr & ~PAGE_MASK);
	return 0;
}

static inline void window_close(struct window *w)
{
	spin_unlock(&w->table->ptl);
	glance_end(w->glance);
}

/* ------------------------------------------------------------- copying */

size_t copy_from_user_partial(void *dst, vaddr_t src, size_t len)
{
	size_t done = 0, n;
	struct window w;

	for (; done < len; done += n) {
		if (window_open(&w, current_mm(), src + done, FAULT_READ, false))
			break;
		n = room(src + done, len - done);
		memcpy((char *)dst + done, w.kaddr, n);
		window_close(&w);
	}
	return done;
}

size_t copy_to_user_partial(vaddr_t dst, const void *src, size_t len)
{
	size_t done = 0, n;
	struct window w;

	for (; done < len; done += n) {
		if (window_open(&w, current_mm(), dst + done, FAULT_WRITE, false))
			break;
		n = room(dst + done, len - done);
		memcpy(w.kaddr, (const char *)src + done, n);
		window_close(&w);
	}
	return done;
}

size_t clear_user_partial(vaddr_t dst, size_t len)
{
	size_t done = 0, n;
	struct window w;

	for (; done < len; done += n) {
		if (window_open(&w, current_mm(), dst + done, FAULT_WRITE, false))
			break;
		n = room(dst + done, len - done);
		memset(w.kaddr, 0, n);
		window_close(&w);
	}
	return done;
}

int copy_from_user(void *dst, vaddr_t src, size_t len)
{
	if (!user_range_ok(src, len))
		return -EFAULT;
	return copy_from_user_partial(dst, src, len) == len ? 0 : -EFAULT;
}

int copy_to_user(vaddr_t dst, const void *src, size_t len)
{
	if (!user_range_ok(dst, len))
		return -EFAULT;
	return copy_to_user_partial(dst, src, len) == len ? 0 : -EFAULT;
}

int clear_user(vaddr_t dst, size_t len)
{
	if (!user_range_ok(dst, len))
		return -EFAULT;
	return clear_user_partial(dst, len) == len ? 0 : -EFAULT;
}

/* ------------------------------------------------------------- strings */

ssize_t strncpy_from_user(char *dst, vaddr_t src, size_t size)
{
	size_t done = 0, n, i;
	struct window w;

	while (done < size) {
		if (window_open(&w, current_mm(), src + done, FAULT_READ, false))
			return -EFAULT;
		n = room(src + done, size - done);
		for (i = 0; i < n; i++) {
			dst[done + i] = ((const char *)w.kaddr)[i];
			if (!dst[done + i])
				break;
		}
		window_close(&w);
		done += i;
		if (i < n)
			return done;
	}
	return -ENAMETOOLONG;
}

ssize_t strnlen_user(vaddr_t s, size_t max)
{
	size_t done = 0, n, len;
	struct window w;

	while (done <= max) {
		if (window_open(&w, current_mm(), s + done, FAULT_READ, false))
			return -EFAULT;
		n = room(s + done, max - done + 1);
		len = strnlen(w.kaddr, n);
		window_close(&w);
		done += len;
		if (len < n)
			return done;
	}
	return max + 1;
}

/* -------------------------------------------------------- held pages */

int user_page_get(struct mm_struct *mm, vaddr_t addr, enum fault_access access,
		  struct user_page *up)
{
	struct window w;
	int err = window_open(&w, mm, addr, access, false);

	if (err)
		return err;
	up->page = pte_special(w.e) ? NULL : pfn_to_page(pte_pfn(w.e));
	if (up->page)
		get_page(up->page);
	up->kaddr = w.kaddr;
	up->len = room(addr, PAGE_SIZE);
	up->write = access == FAULT_WRITE;
	window_close(&w);
	return 0;
}

void user_page_put(struct user_page *up)
{
	struct page *page = up->page;

	if (!page)
		return;
	/* A write-back may have cleaned it between get and the bytes. */
	if (up->write && !page_test(page, PG_anon) && !page_test(page, PG_dirty)) {
		lock_page(page);
		if (page->mapping)
			set_page_dirty(page);
		unlock_page(page);
	}
	put_page(page);
}

/* ------------------------------------------- another process, and futexes */

size_t mm_access(struct mm_struct *mm, vaddr_t addr, void *buf, size_t len, bool write,
		 bool force)
{
	enum fault_access access = write ? FAULT_WRITE : FAULT_READ;
	size_t done = 0, n;
	struct window w;

	for (; done < len; done += n) {
		if (window_open(&w, mm, addr + done, access, force))
			break;
		n = room(addr + done, len - done);
		if (write)
			memcpy(w.kaddr, (char *)buf + done, n);
		else
			memcpy((char *)buf + done, w.kaddr, n);
		window_close(&w);
	}
	if (write && done)
		icache_flush(&mm->context);     /* a breakpoint, perhaps */
	return done;
}

int user_load32(vaddr_t addr, u32 *val)
{
	struct window w;
	int err = addr & 3 ? -EFAULT : window_open(&w, current_mm(), addr, FAULT_READ, false);

	if (err)
		return -EFAULT;
	*val = __atomic_load_n((u32 *)w.kaddr, __ATOMIC_SEQ_CST);
	window_close(&w);
	return 0;
}

int user_cmpxchg32(vaddr_t addr, u32 expected, u32 desired, u32 *seen)
{
	struct window w;
	int err = addr & 3 ? -EFAULT : window_open(&w, current_mm(), addr, FAULT_WRITE, false);

	if (err)
		return -EFAULT;
	*seen = expected;
	__atomic_compare_exchange_n((u32 *)w.kaddr, seen, desired, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	window_close(&w);
	return 0;
}

int user_spot_lock(vaddr_t addr, enum fault_access access, struct user_spot *s)
{
	struct window w;

	if (window_open(&w, current_mm(), addr, access, false))
		return -EFAULT;
	s->kaddr = w.kaddr;
	s->glance = w.glance;
	s->table = w.table;
	return 0;
}

void user_spot_unlock(struct user_spot *s)
{
	spin_unlock(&s->table->ptl);
	glance_end(s->glance);
}

int user_word_lock(vaddr_t addr, struct user_word *uw)
{
	if ((addr & 3) || user_spot_lock(addr, FAULT_WRITE, &uw->spot))
		return -EFAULT;
	uw->word = uw->spot.kaddr;
	return 0;
}
