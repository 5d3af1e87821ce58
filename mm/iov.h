// SPDX-License-Identifier: MIT
/*
 * iov_iter: where the bytes of a read or write come from or go to: the
 * program's buffers, or the kernel's.
 */
#ifndef MM_IOV_H
#define MM_IOV_H

#include <lib/types.h>

/* As readv(2) passes it. */
struct iovec {
	vaddr_t base;
	size_t len;
};

struct iov_iter {
	const struct iovec *segs;       /* the current one first */
	unsigned int nr_segs;
	size_t seg_off;                 /* bytes of segs[0] used up */
	size_t count;                   /* bytes left in all */
	bool kernel;                    /* bases are kernel addresses */
};

void iov_iter_user(struct iov_iter *it, const struct iovec *segs, unsigned int nr, size_t count);
/* @iov is the caller's storage for the one segment. */
/* a program's */
void iov_iter_buf(struct iov_iter *it, struct iovec *iov, vaddr_t base, size_t len);
void iov_iter_kernel(struct iov_iter *it, struct iovec *iov, void *base, size_t len);

/* Copy at most @len bytes; how many were (fewer: bad address).  Advance the iterator.  Sleep. */
size_t copy_to_iter(const void *src, size_t len, struct iov_iter *it);
size_t copy_from_iter(void *dst, size_t len, struct iov_iter *it);
size_t zero_to_iter(size_t len, struct iov_iter *it);
void iov_iter_advance(struct iov_iter *it, size_t len);
/* back to a saved copy */
void iov_iter_revert(struct iov_iter *it, const struct iov_iter *saved);

/*
 * Hold the program's page at the current position, so that it can be copied
 * with a page lock held: kaddr and how many bytes may be taken at once.
 */
struct user_page;
int iov_iter_hold(struct iov_iter *it, bool write_user, struct user_page *up);
void iov_iter_unhold(struct iov_iter *it, struct user_page *up, size_t used);

#endif
