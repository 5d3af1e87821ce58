// SPDX-License-Identifier: MIT
/*
 * A program's memory, from the kernel: page by page through a window (window.h),
 * copied through the direct map.  Why this and not the program's own addresses:
 * MACHINE.md (the price of opening the user half), and arch/host runs the same code.
 *
 * A copy runs with the PTE's table locked.  That costs one atomic and holds
 * everything still that must be.  At most a page of bytes is copied so, which may lie
 * across two of one table; nothing in it can sleep.  The usual case is tried first
 * without a call, for most copies are small.
 *
 * Where the copy itself must happen elsewhere (under a page lock), the page is
 * held by a reference instead: user_page_get.
 *
 * Lock: one window, page by page.
 */
#include <mm/uaccess.h>

#include <arch/mmu.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/window.h>

static inline size_t room(vaddr_t addr, size_t len)
{
	size_t left = PAGE_SIZE - (addr & ~PAGE_MASK);

	return len < left ? len : left;
}

/* ------------------------------------------------------------- copying */

/* To the program if it is to be written there (FAULT_WRITE), else from it. */
static __always_inline void move(const struct window *w, void *buf, size_t n,
				 enum fault_access access)
{
	if (access == FAULT_WRITE)
		memcpy(w->kaddr, buf, n);
	else
		memcpy(buf, w->kaddr, n);
}

/* All @n bytes, which lie in one page, or 0. */
static __noinline size_t copy_page_slow(vaddr_t user, void *buf, size_t n,
					enum fault_access access)
{
	struct window w;

	if (window_open(&w, current_mm(), user, access, false))
		return 0;
	move(&w, buf, n, access);
	window_close(&w);
	return n;
}

static __always_inline size_t copy_page(vaddr_t user, void *buf, size_t n,
					enum fault_access access)
{
	struct window w;

	if (unlikely(!window_at_once(&w, user, access)))
		return copy_page_slow(user, buf, n, access);
	move(&w, buf, n, access);
	window_close(&w);
	return n;
}

/* Bytes there are, and all of them in one page. */
static inline bool in_one_page(vaddr_t addr, size_t len)
{
	return len - 1 < PAGE_SIZE - (addr & ~PAGE_MASK);
}

static __noinline size_t copy_by_page(vaddr_t user, char *buf, size_t len,
				      enum fault_access access);

/*
 * Bytes that are not in_one_page(): no more than a page of them, across two, is copied at once
 * where both are ready.  Nothing is copied before that is known, so that little is to be
 * remembered while it is.
 */
static __always_inline size_t copy_pages(vaddr_t user, char *buf, size_t len,
					 enum fault_access access)
{
	size_t off = user & ~PAGE_MASK, n = PAGE_SIZE - off, rest = len - n;
	struct window first, second;

	if (unlikely(rest - 1 >= off || !window_at_once(&first, user, access)))
		return copy_by_page(user, buf, len, access);
	second = first;
	if (unlikely(!window_next(&second, access))) {
		window_close(&first);
		return copy_by_page(user, buf, len, access);
	}
	move(&second, buf + n, rest, access);   /* first, and its place need not be remembered */
	move(&first, buf, n, access);
	window_close(&first);
	return len;
}

static __noinline size_t copy_from_pages(void *dst, vaddr_t src, size_t len)
{
	return copy_pages(src, dst, len, FAULT_READ);
}

static __noinline size_t copy_to_pages(vaddr_t dst, const void *src, size_t len)
{
	return copy_pages(dst, (char *)src, len, FAULT_WRITE);
}

static size_t copy_by_page(vaddr_t user, char *buf, size_t len, enum fault_access access)
{
	size_t done = 0, n, want;

	for (; done < len; done += n) {
		want = room(user + done, len - done);
		n = access == FAULT_WRITE ? copy_to_user_partial(user + done, buf + done, want) :
					    copy_from_user_partial(buf + done, user + done, want);
		if (!n)
			break;
	}
	return done;
}

size_t copy_from_user_partial(void *dst, vaddr_t src, size_t len)
{
	if (likely(in_one_page(src, len)))
		return copy_page(src, dst, len, FAULT_READ);
	return copy_from_pages(dst, src, len);
}

size_t copy_to_user_partial(vaddr_t dst, const void *src, size_t len)
{
	if (likely(in_one_page(dst, len)))
		return copy_page(dst, (void *)src, len, FAULT_WRITE);
	return copy_to_pages(dst, src, len);
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
		return len ? -EFAULT : 0;
	return copy_from_user_partial(dst, src, len) == len ? 0 : -EFAULT;
}

int copy_to_user(vaddr_t dst, const void *src, size_t len)
{
	if (!user_range_ok(dst, len))
		return len ? -EFAULT : 0;
	return copy_to_user_partial(dst, src, len) == len ? 0 : -EFAULT;
}

int clear_user(vaddr_t dst, size_t len)
{
	if (!user_range_ok(dst, len))
		return len ? -EFAULT : 0;
	return clear_user_partial(dst, len) == len ? 0 : -EFAULT;
}

int copy_struct_from_user(void *dst, size_t size, vaddr_t src, size_t len)
{
	u8 byte;

	memset(dst, 0, size);
	if (copy_from_user(dst, src, min(size, len)))
		return -EFAULT;
	for (; len > size; len--) {
		if (get_user(&byte, src + len - 1))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return 0;
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

static __noinline int user_spot_lock_slow(vaddr_t addr, enum fault_access access,
					  struct user_spot *s)
{
	struct window w;

	if (window_open(&w, current_mm(), addr, access, false))
		return -EFAULT;
	*s = (struct user_spot){ .kaddr = w.kaddr, .glance = w.glance, .table = w.table };
	return 0;
}

int user_spot_lock(vaddr_t addr, enum fault_access access, struct user_spot *s)
{
	struct window w;

	if (unlikely(!window_at_once(&w, addr, access)))
		return user_spot_lock_slow(addr, access, s);
	*s = (struct user_spot){ .kaddr = w.kaddr, .glance = w.glance, .table = w.table };
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
