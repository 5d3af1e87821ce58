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
	*it = (struct iov_iter){ .count = count, .next = segs, .nr_next = nr };
	iov_iter_next(it);
}

bool iov_iter_next(struct iov_iter *it)
{
	if (!it->nr_next)
		return false;
	it->at = it->next->base;
	it->left = it->next->len;
	it->next++;
	it->nr_next--;
	return true;
}

/* The bytes at the cursor that lie in one buffer, at most @max; 0 at the end. */
static size_t piece(struct iov_iter *it, size_t max)
{
	while (!it->left && iov_iter_next(it))
		;
	return min(min(it->left, it->count), max);
}

size_t copy_to_pieces(const void *src, size_t len, struct iov_iter *it)
{
	size_t done = 0, n, copied;

	while (done < len && (n = piece(it, len - done))) {
		copied = n;
		if (it->kernel)
			memcpy((void *)it->at, (const char *)src + done, n);
		else
			copied = copy_to_user_partial(it->at, (const char *)src + done, n);
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

	while (done < len && (n = piece(it, len - done))) {
		copied = n;
		if (it->kernel)
			memcpy((char *)dst + done, (const void *)it->at, n);
		else
			copied = copy_from_user_partial((char *)dst + done, it->at, n);
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

	while (done < len && (n = piece(it, len - done))) {
		cleared = n;
		if (it->kernel)
			memset((void *)it->at, 0, n);
		else
			cleared = clear_user_partial(it->at, n);
		iov_iter_step(it, cleared);
		done += cleared;
		if (cleared < n)
			break;
	}
	return done;
}

void iov_iter_advance(struct iov_iter *it, size_t len)
{
	size_t n;

	while (len && (n = piece(it, len))) {
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
	size_t n = piece(it, PAGE_SIZE);
	int err;

	if (it->kernel || !n) {
		*up = (struct user_page){ .kaddr = (void *)it->at, .len = n };
		return 0;
	}
	err = user_page_get(current_thread()->mm, it->at, write_user ? FAULT_WRITE : FAULT_READ,
			    up);
	if (!err && up->len > n)
		up->len = n;
	return err;
}

void iov_iter_unhold(struct iov_iter *it, struct user_page *up, size_t used)
{
	user_page_put(up);
	iov_iter_advance(it, used);
}
