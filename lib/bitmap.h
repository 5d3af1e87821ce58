// SPDX-License-Identifier: MIT
/*
 * Sets of small numbers, one bit each, in an array of words.
 *
 * Nothing here is atomic: see <lib/atomic.h> for set_bit and its kin on shared
 * words.  Bits past @nbits in the last word are never looked at.
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

static inline bool bitmap_empty(const unsigned long *map, unsigned long nbits)
{
	return bitmap_find_first(map, nbits) == nbits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned long nbits)
{
	return bitmap_find_first_zero(map, nbits) == nbits;
}

#endif
