// SPDX-License-Identifier: MIT
/*
 * read(2) and write(2) of cached files.
 *
 * Reading copies from a page that only a reference holds, or a glance: no lock of the
 * cache is held while the program's memory is touched, which may fault, even on the
 * same page.
 * Writing must hold the page lock while it copies, so it holds the program's pages
 * first (iov_iter_hold) and then cannot fault.  It holds as many as make one page of
 * the file, so that a page written whole is never read first.
 *
 * Always true:  as->size grows only after the bytes below it are in the cache.
 * Lock:         none while user memory is reached; the page lock while a page
 *               changes.  The caller serialises writers (inode lock).
 */
#include <mm/pagecache.h>

#include <lib/err.h>
#include <lib/radix_inline.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/iov.h>
#include <mm/reclaim.h>
#include <mm/uaccess.h>
#include <mm/window.h>

#define PAUSE_PAGES     64      /* a read may be of gigabytes that are all here */

typedef int (*prepare_fn)(struct address_space *as, struct page *page, unsigned int from,
			  unsigned int to);

struct source;

static __noinline ssize_t read_pages(struct file_ra_state *ra, struct iov_iter *to, loff_t *pos,
				     struct address_space *as);
static struct page *read_slow(struct address_space *as, struct file_ra_state *ra, pgoff_t index,
			      size_t len, struct page *page);
static ssize_t write_chunk(struct address_space *as, loff_t pos, const struct source *s,
			   prepare_fn prepare);
static struct page *write_begin(struct address_space *as, loff_t pos, size_t len);

/* It can be read, which starts no readahead. */
static inline bool page_readable(unsigned long flags)
{
	return (flags & (BIT(PG_uptodate) | BIT(PG_readahead))) == BIT(PG_uptodate);
}

/* Reading on in the page that was read last is no new use of it. */
static inline bool reads_on(const struct file_ra_state *ra, loff_t pos)
{
	return ra->prev == (u64)pos >> PAGE_SHIFT && (pos & ~PAGE_MASK);
}

/* It can be read, and nothing has to be noted. */
static inline bool page_ready(const struct page *page, const struct file_ra_state *ra, loff_t pos)
{
	unsigned long flags = READ_ONCE(page->flags);
	unsigned long in_use = BIT(PG_uptodate) | BIT(PG_referenced) | BIT(PG_active);

	return likely((flags & (in_use | BIT(PG_readahead))) == in_use) ||
	       (page_readable(flags) && reads_on(ra, pos));
}

static __always_inline void copy_out(void *to, const void *from, size_t n, bool words)
{
	if (words)
		copy_words(to, from, n);
	else
		memcpy(to, from, n);
}

/* Where the byte of @pos is, if its page is ready.  In a glance, which keeps the page. */
static __always_inline const char *find_ready(struct address_space *as,
					      const struct file_ra_state *ra, loff_t pos)
{
	const struct page *page = radix_lookup_inline(&as->pages, (u64)pos >> PAGE_SHIFT);

	const char *data;

	if (unlikely(!page || !page_ready(page, ra, pos)))
		return NULL;
	data = (const char *)page_address(page) + (pos & ~PAGE_MASK);
	assume(data);
	return data;
}

/*
 * Read @len bytes that lie in one page of the file, if that is there, found ready, and so is the
 * program's memory; else 0, and nothing was done.  All that may fail comes before the copy, and
 * all that is noted, so that little is to be remembered during it.  @words: the bytes are whole
 * words on both sides.
 */
static __always_inline ssize_t read_at_once(struct file_ra_state *ra, struct iov_iter *to,
					    loff_t *pos, struct address_space *as, size_t len,
					    bool words)
{
	vaddr_t addr = to->at;
	loff_t at = *pos;
	struct mm_struct *mm = window_mm(addr);
	struct window_pair w;
	const char *from;

	if (unlikely(!mm))
		return 0;
	w.first.glance = glance_begin();
	if (unlikely(!window_pair_in_glance(&w, mm, addr, len, FAULT_WRITE))) {
		glance_end(w.first.glance);
		return 0;
	}
	from = find_ready(as, ra, at);
	if (unlikely(!from)) {
		window_close(&w.first);
		return 0;
	}
	smp_rmb();                              /* PG_uptodate before the contents */
	ra->prev = (u64)at >> PAGE_SHIFT;
	*pos = at + (loff_t)len;
	iov_iter_step(to, len);
	if (w.rest)
		copy_out(w.rest, from + w.nr_first, len - w.nr_first, words);
	copy_out(w.first.kaddr, from, w.nr_first, words);
	window_close(&w.first);
	return (ssize_t)len;
}

static __noinline ssize_t read_bytes_at_once(struct file_ra_state *ra, struct iov_iter *to,
					     loff_t *pos, struct address_space *as, size_t len)
{
	ssize_t n = read_at_once(ra, to, pos, as, len, false);

	return n ? n : read_pages(ra, to, pos, as);
}

ssize_t filemap_read(struct file_ra_state *ra, struct iov_iter *to, loff_t *pos,
		     struct address_space *as)
{
	loff_t at = *pos, len = min((loff_t)to->count, (loff_t)READ_ONCE(as->size) - at);
	ssize_t n;

	if (unlikely((u64)len - 1 >= PAGE_SIZE - (at & ~PAGE_MASK) || (size_t)len > to->left))
		return read_pages(ra, to, pos, as);
	if (unlikely((to->at | (u64)at | (u64)len) % sizeof(u64)))
		return read_bytes_at_once(ra, to, pos, as, (size_t)len);
	n = read_at_once(ra, to, pos, as, (size_t)len, true);
	return likely(n) ? n : read_pages(ra, to, pos, as);
}

/* Copy @len bytes at @off of @page, which is let go of; how many were. */
static inline size_t read_piece(struct page *page, size_t off, size_t len, struct iov_iter *to)
{
	size_t copied;

	smp_rmb();                              /* PG_uptodate before the contents */
	copied = copy_to_iter((char *)page_address(page) + off, len, to);
	put_page(page);
	return copied;
}

static ssize_t read_pages(struct file_ra_state *ra, struct iov_iter *to, loff_t *pos,
			  struct address_space *as)
{
	ssize_t done = 0;

	while (to->count) {
		u64 size = READ_ONCE(as->size);
		pgoff_t index = (u64)*pos >> PAGE_SHIFT;
		size_t off = *pos & ~PAGE_MASK, len, copied;
		struct page *page;

		if ((u64)*pos >= size)
			break;
		page = filemap_find(as, index);
		if (unlikely(!page || !page_readable(READ_ONCE(page->flags)))) {
			page = read_slow(as, ra, index, off + to->count, page);
			size = READ_ONCE(as->size);     /* may have been truncated while we slept */
			if ((u64)*pos >= size) {
				if (!IS_ERR(page))
					put_page(page);
				break;
			}
			if (IS_ERR(page))
				return done ? done : PTR_ERR(page);
		}
		len = min(min(PAGE_SIZE - off, to->count), size - (u64)*pos);
		if (!reads_on(ra, *pos))
			mark_page_accessed(page);
		ra->prev = index;
		copied = read_piece(page, off, len, to);
		*pos += copied;
		done += copied;
		if (copied < len)
			return done ? done : -EFAULT;
		if (unlikely((index & (PAUSE_PAGES - 1)) == PAUSE_PAGES - 1)) {
			if (fatal_signal_pending())
				return done;
			cond_resched();
		}
	}
	return done;
}

/* The page was not simply there: drop what was found, and wait for it. */
static struct page *read_slow(struct address_space *as, struct file_ra_state *ra, pgoff_t index,
			      size_t len, struct page *page)
{
	if (page)
		put_page(page);
	return filemap_fetch(as, index, DIV_ROUND_UP(len, PAGE_SIZE), ra);
}

/* The bytes for one page of the file: they may lie across two pages of the program. */
struct source {
	unsigned int nr;
	size_t len;                     /* in all */
	struct {
		struct iov_iter at;
		struct user_page held;
		size_t len;
	} piece[2];
};

/* Hold at most @want bytes from where @from stands.  -EFAULT, -EINTR: not one could be. */
static int source_hold(struct source *s, const struct iov_iter *from, size_t want)
{
	struct iov_iter at = *from;

	s->nr = 0;
	s->len = 0;
	while (s->nr < ARRAY_SIZE(s->piece) && s->len < want) {
		__typeof__(s->piece[0]) *p = &s->piece[s->nr];
		int err;

		p->at = at;
		err = iov_iter_hold(&p->at, false, &p->held);
		if (err)
			return s->nr ? 0 : err;
		p->len = min(want - s->len, p->held.len);
		s->len += p->len;
		s->nr++;
		if (s->len < want)
			iov_iter_advance(&at, p->len);
	}
	return 0;
}

static void source_copy(const struct source *s, char *to)
{
	for (unsigned int i = 0; i < s->nr; to += s->piece[i++].len)
		memcpy(to, s->piece[i].held.kaddr, s->piece[i].len);
}

static void source_release(struct source *s)
{
	for (unsigned int i = 0; i < s->nr; i++)
		iov_iter_unhold(&s->piece[i].at, &s->piece[i].held, 0);
}

ssize_t filemap_write(struct address_space *as, struct iov_iter *from, loff_t *pos,
		      prepare_fn prepare)
{
	ssize_t done = 0, n = 0;

	while (from->count) {
		size_t off = *pos & ~PAGE_MASK;
		struct source s;

		n = source_hold(&s, from, min(PAGE_SIZE - off, from->count));
		if (n)
			break;
		n = write_chunk(as, *pos, &s, prepare);
		source_release(&s);
		if (n <= 0)
			break;
		iov_iter_advance(from, n);
		*pos += n;
		done += n;
		balance_dirty_pages(as);
		if (fatal_signal_pending()) {
			n = -EINTR;
			break;
		}
	}
	return done ? done : n;
}

/* Write bytes that lie in one page of the file.  How many, or -errno. */
static ssize_t write_chunk(struct address_space *as, loff_t pos, const struct source *s,
			   prepare_fn prepare)
{
	unsigned int off = pos & ~PAGE_MASK;
	struct page *page = write_begin(as, pos, s->len);
	ssize_t n = s->len;
	int err;

	if (IS_ERR(page))
		return PTR_ERR(page);
	err = prepare ? prepare(as, page, off, off + s->len) : 0;
	if (err) {
		n = err;
		goto out;
	}
	source_copy(s, (char *)page_address(page) + off);
	page_set(page, PG_uptodate);
	if ((u64)pos + s->len > as->size)
		WRITE_ONCE(as->size, pos + s->len);
	if (!page_test(page, PG_dirty))
		set_page_dirty(page);
	if (!off)
		mark_page_accessed(page);
out:
	unlock_page(page);
	put_page(page);
	return n;
}

/*
 * The page of @pos, locked, where all bytes but the @len to be written are
 * those of the file: read, or zero beyond its end.
 */
static struct page *write_begin(struct address_space *as, loff_t pos, size_t len)
{
	pgoff_t index = (u64)pos >> PAGE_SHIFT;
	size_t off = pos & ~PAGE_MASK;
	struct page *page;
	int err;

	for (;;) {
		char *data;

		page = filemap_grab_page(as, index, GFP_USER);
		if (IS_ERR(page) || page_test(page, PG_uptodate))
			return page;
		data = page_address(page);
		if (index << PAGE_SHIFT >= as->size ||
		    (!off && (len == PAGE_SIZE || (u64)pos + len >= as->size))) {
			memset(data, 0, off);
			memset(data + off + len, 0, PAGE_SIZE - off - len);
			return page;
		}
		err = page_read_locked(as, page);
		put_page(page);
		if (err)
			return ERR_PTR(err);
	}
}
