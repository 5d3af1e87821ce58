// SPDX-License-Identifier: MIT
/*
 * What every fuzzer needs: the entry point that libFuzzer calls, and a panic that
 * counts as a crash.  Included once by each fuzzer.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <lib/bug.h>
#include <lib/types.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

__noreturn void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("panic: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}

#endif
