// SPDX-License-Identifier: MIT
/*
 * Hashes for tables in memory: fast, well mixed, not secret.  Never on disk, so
 * they may change.
 */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <lib/types.h>

/* The best bits are the high ones: take hash_u64(x) >> (64 - bits). */
static inline u64 hash_u64(u64 x)
{
	x ^= x >> 32;
	return x * 0x9e3779b97f4a7c15UL;
}

/* An index into a table of 2^@bits buckets, 1 <= @bits <= 64. */
static inline unsigned long hash_bits(u64 x, unsigned int bits)
{
	return hash_u64(x) >> (64 - bits);
}

static inline unsigned long hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_bits((u64)ptr, bits);
}

/* All 64 bits are good. */
u64 hash_string(const char *name, size_t len);

#endif
