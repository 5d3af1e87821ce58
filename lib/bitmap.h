// SPDX-License-Identifier: MIT
/*
 * Sets of small numbers, one bit each, in an array of words.
 *
 * Nothing here is atomic: see <lib/atomic.h> for set_bit and its kin on shared
 * words.  Bits past @nbits in the last word are never looked at; only
 * bitmap_zero and bitmap_fill write them (as 0).
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <lib/atomic.h>
#include <lib/types.h>

#define BITS_TO_LONGS(nbits)		DIV_ROUND_UP(nbits, BITS_PER_LONG)
#define DECLARE_BITMAP(name, nbits)	unsigned long name[BITS_TO_LONGS(nbits)]

static inline void bitmap_set(unsigned long *map, unsigned long nr)
{
	__set_bit(nr, map);
}

static inline void bitmap_clear(unsigned long *map, unsigned long nr)
{
	__clear_bit(nr, map);
}

static inline bool bitmap_test(const unsigned long *map, unsigned long nr)
{
	return map[BIT_WORD(nr)] & BIT_MASK(nr);
}

/* [start, start + count) */
void bitmap_set_range(unsigned long *map, unsigned long start, unsigned long count);
void bitmap_clear_range(unsigned long *map, unsigned long start, unsigned long count);

void bitmap_zero(unsigned long *map, unsigned long nbits);
void bitmap_fill(unsigned long *map, unsigned long nbits);

/* The first bit at or behind @start that is 1 (or 0); @nbits if there is none. */
unsigned long bitmap_find_next(const unsigned long *map, unsigned long nbits,
			       unsigned long start);
unsigned long bitmap_find_next_zero(const unsigned long *map, unsigned long nbits,
				    unsigned long start);

static inline unsigned long bitmap_find_first(const unsigned long *map, unsigned long nbits)
{
	return bitmap_find_next(map, nbits, 0);
}

static inline unsigned long bitmap_find_first_zero(const unsigned long *map, unsigned long nbits)
{
	return bitmap_find_next_zero(map, nbits, 0);
}

/* How many are set. */
unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits);

static inline bool bitmap_empty(const unsigned long *map, unsigned long nbits)
{
	return bitmap_find_first(map, nbits) == nbits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned long nbits)
{
	return bitmap_find_first_zero(map, nbits) == nbits;
}

#endif
