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
	vaddr_t at;                     /* the next byte */
	size_t left;                    /* bytes from there on in its buffer */
	size_t count;                   /* bytes left in all, or as many as are wanted */
	const struct iovec *next;       /* the buffers behind it: the caller's */
	unsigned int nr_next;
	bool kernel;                    /* these are kernel addresses */
};

void iov_iter_user(struct iov_iter *it, const struct iovec *segs, unsigned int nr, size_t count);

/* A program's one buffer. */
static inline void iov_iter_buf(struct iov_iter *it, vaddr_t base, size_t len)
{
	*it = (struct iov_iter){ .at = base, .left = len, .count = len };
}

static inline void iov_iter_kernel(struct iov_iter *it, void *base, size_t len)
{
	*it = (struct iov_iter){ .at = (vaddr_t)base, .left = len, .count = len, .kernel = true };
}

/* On to the beginning of the next buffer, whatever of this one is left.  False: it was the last. */
bool iov_iter_next(struct iov_iter *it);

/* What copy_to_iter() and copy_from_iter() do where it is not one piece of a program's. */
size_t copy_to_pieces(const void *src, size_t len, struct iov_iter *it);
size_t copy_from_pieces(void *dst, size_t len, struct iov_iter *it);

/* All @len bytes, one at least, lie in one of a program's buffers: what most reads come to. */
static inline bool iov_iter_one_piece(const struct iov_iter *it, size_t len)
{
	return likely(!it->kernel && len - 1 < it->count && len <= it->left);
}

static inline void iov_iter_step(struct iov_iter *it, size_t n)
{
	it->at += n;
	it->left -= n;
	it->count -= n;
}

/* Copy at most @len bytes; how many were (fewer: bad address).  Advance the iterator.  Sleep. */
static inline size_t copy_to_iter(const void *src, size_t len, struct iov_iter *it)
{
	if (unlikely(!iov_iter_one_piece(it, len)))
		return copy_to_pieces(src, len, it);
	len = copy_to_user_partial(it->at, src, len);
	iov_iter_step(it, len);
	return len;
}

static inline size_t copy_from_iter(void *dst, size_t len, struct iov_iter *it)
{
	if (unlikely(!iov_iter_one_piece(it, len)))
		return copy_from_pieces(dst, len, it);
	len = copy_from_user_partial(dst, it->at, len);
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
