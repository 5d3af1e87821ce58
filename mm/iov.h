// SPDX-License-Identifier: MIT
/*
 * iov_iter: where the bytes of a read or write come from or go to: the
 * program's buffers, or the kernel's.
 */
#ifndef MM_IOV_H
#define MM_IOV_H

#include <lib/types.h>
#include <mm/uaccess.h>

/* As readv(2) passes it. */
struct iovec {
	vaddr_t base;
	size_t len;
};

struct iov_iter {
	const struct iovec *segs;       /* the current one first */
	size_t seg_off;                 /* bytes of segs[0] used up */
	size_t count;                   /* bytes left in all */
	unsigned int nr_segs;
	bool kernel;                    /* bases are kernel addresses */
};

void iov_iter_user(struct iov_iter *it, const struct iovec *segs, unsigned int nr, size_t count);
/* @iov is the caller's storage for the one segment. */
/* a program's */
void iov_iter_buf(struct iov_iter *it, struct iovec *iov, vaddr_t base, size_t len);
void iov_iter_kernel(struct iov_iter *it, struct iovec *iov, void *base, size_t len);

/* What copy_to_iter() and copy_from_iter() do where it is not one piece of a program's. */
size_t copy_to_pieces(const void *src, size_t len, struct iov_iter *it);
size_t copy_from_pieces(void *dst, size_t len, struct iov_iter *it);

/*
 * All @len bytes, one at least, lie in the current segment, and it is a program's: what
 * most reads and writes come to.  @at: where.
 */
static inline bool iov_iter_one_piece(const struct iov_iter *it, size_t len, vaddr_t *at)
{
	if (unlikely(it->kernel || len - 1 >= it->count || len > it->segs->len - it->seg_off))
		return false;
	*at = it->segs->base + it->seg_off;
	return true;
}

static inline void iov_iter_step(struct iov_iter *it, size_t n)
{
	it->seg_off += n;
	it->count -= n;
}

/* Copy at most @len bytes; how many were (fewer: bad address).  Advance the iterator.  Sleep. */
static inline size_t copy_to_iter(const void *src, size_t len, struct iov_iter *it)
{
	vaddr_t at;

	if (unlikely(!iov_iter_one_piece(it, len, &at)))
		return copy_to_pieces(src, len, it);
	len = copy_to_user_partial(at, src, len);
	iov_iter_step(it, len);
	return len;
}

static inline size_t copy_from_iter(void *dst, size_t len, struct iov_iter *it)
{
	vaddr_t at;

	if (unlikely(!iov_iter_one_piece(it, len, &at)))
		return copy_from_pieces(dst, len, it);
	len = copy_from_user_partial(dst, at, len);
	iov_iter_step(it, len);
	return len;
}

size_t zero_to_iter(size_t len, struct iov_iter *it);
void iov_iter_advance(struct iov_iter *it, size_t len);
/* back to a saved copy */
void iov_iter_revert(struct iov_iter *it, const struct iov_iter *saved);

/*
 * Hold the program's page at the current position, so that it can be copied
 * with a page lock held: kaddr and how many bytes may be taken at once.
 */
int iov_iter_hold(struct iov_iter *it, bool write_user, struct user_page *up);
void iov_iter_unhold(struct iov_iter *it, struct user_page *up, size_t used);

#endif
