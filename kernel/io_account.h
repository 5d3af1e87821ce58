// SPDX-License-Identifier: MIT
/*
 * /proc/PID/io: a call that came as far as the file, and moved @n bytes or failed so.
 */
#ifndef KERNEL_IO_ACCOUNT_H
#define KERNEL_IO_ACCOUNT_H

#include <kernel/task.h>

static inline ssize_t count_read(ssize_t n)
{
	struct io_account *io = &current->io;

	io->syscr++;
	if (n > 0)
		io->rchar += (u64)n;
	return n;
}

static inline ssize_t count_write(ssize_t n)
{
	struct io_account *io = &current->io;

	io->syscw++;
	if (n > 0)
		io->wchar += (u64)n;
	return n;
}

#endif
