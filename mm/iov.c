// SPDX-License-Identifier: MIT
/*
 * iov_iter: one cursor over the buffers of a read or write.
 *
 * An iterator moves only over bytes that were really copied, so what is left
 * in it is always what is still to do.  A bad address ends a copy short; the
 * caller sees that from the count.
 *
 * Lock: none; copying sleeps (uaccess.h).
 */
#include <mm/iov.h>

#include <arch/thread.h>
#include <lib/string.h>
#include <mm/uaccess.h>

void iov_iter_user(struct iov_iter *it, const struct iovec *segs, unsigned int nr, size_t count)
{
	*it = (struct iov_iter){ .segs = segs, .nr_segs = nr, .count = count };
}

void iov_iter_buf(struct iov_iter *it, struct iovec *iov, vaddr_t base, size_t len)
{
	*iov = (struct iovec){ .base = base, .len = len };
	iov_iter_user(it, iov, 1, len);
}

void iov_iter_kernel(struct iov_iter *it, struct iovec *iov, void *base, size_t len)
{
	iov_iter_buf(it, iov, (vaddr_t)base, len);
	it->kernel = true;
}

/* The bytes at the cursor that lie in one segment, at most @max; 0 at the end. */
static size_t piece(struct iov_iter *it, size_t max, vaddr_t *at)
{
	size_t left;

	while (it->nr_segs && it->seg_off == it->segs->len) {
		it->segs++;
		it->nr_segs--;
		it->seg_off = 0;
	}
	if (!it->nr_segs || !it->count)
		return 0;
	left = it->segs->len - it->seg_off;
	*at = it->segs->base + it->seg_off;
	if (left > it->count)
		left = it->count;
	return left < max ? left : max;
}

size_t copy_to_pieces(const void *src, size_t len, struct iov_iter *it)
{
	size_t done = 0, n, copied;
	vaddr_t at;

	while (done < len && (n = piece(it, len - done, &at))) {
		copied = n;
		if (it->kernel)
			memcpy((void *)at, (const char *)src + done, n);
		else
			copied = copy_to_user_partial(at, (const char *)src + done, n);
		iov_iter_step(it, copied);
		done += copied;
		if (copied < n)
			break;
	}
	return done;
}

size_t copy_from_pieces(void *dst, size_t len, struct iov_iter *it)
{
	size_t done = 0, n, copied;
	vaddr_t at;

	while (done < len && (n = piece(it, len - done, &at))) {
		copied = n;
		if (it->kernel)
			memcpy((char *)dst + done, (const void *)at, n);
		else
			copied = copy_from_user_partial((char *)dst + done, at, n);
		iov_iter_step(it, copied);
		done += copied;
		if (copied < n)
			break;
	}
	return done;
}

size_t zero_to_iter(size_t len, struct iov_iter *it)
{
	size_t done = 0, n, cleared;
	vaddr_t at;

	while (done < len && (n = piece(it, len - done, &at))) {
		cleared = n;
		if (it->kernel)
			memset((void *)at, 0, n);
		else
			cleared = clear_user_partial(at, n);
		iov_iter_step(it, cleared);
		done += cleared;
		if (cleared < n)
			break;
	}
	return done;
}

void iov_iter_advance(struct iov_iter *it, size_t len)
{
	vaddr_t at;
	size_t n;

	while (len && (n = piece(it, len, &at))) {
		iov_iter_step(it, n);
		len -= n;
	}
}

void iov_iter_revert(struct iov_iter *it, const struct iov_iter *saved)
{
	*it = *saved;
}

int iov_iter_hold(struct iov_iter *it, bool write_user, struct user_page *up)
{
	vaddr_t at = 0;
	size_t n = piece(it, PAGE_SIZE, &at);
	int err;

	if (it->kernel || !n) {
		*up = (struct user_page){ .kaddr = (void *)at, .len = n };
		return 0;
	}
	err = user_page_get(current_thread()->mm, at, write_user ? FAULT_WRITE : FAULT_READ, up);
	if (!err && up->len > n)
		up->len = n;
	return err;
}

void iov_iter_unhold(struct iov_iter *it, struct user_page *up, size_t used)
{
	user_page_put(up);
	iov_iter_advance(it, used);
}
