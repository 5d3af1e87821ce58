// SPDX-License-Identifier: MIT
/*
 * Searches, a word at a time.
 *
 * A search takes one word of the map, hides the bits before @start, and asks the
 * compiler for the lowest bit that is left.  The search for a zero is the same
 * search in the complement.
 */
#include <lib/bitmap.h>

/* The first bit >= @start of map ^ @flip. */
static unsigned long find_next(const unsigned long *map, unsigned long nbits,
			       unsigned long start, unsigned long flip)
{
	unsigned long i = BIT_WORD(start), word, nr;

	if (start >= nbits)
		return nbits;
	word = (map[i] ^ flip) & (~0UL << (start % BITS_PER_LONG));
	while (!word) {
		if (++i * BITS_PER_LONG >= nbits)
			return nbits;
		word = map[i] ^ flip;
	}
	nr = i * BITS_PER_LONG + __builtin_ctzl(word);
	return nr < nbits ? nr : nbits;
}

unsigned long bitmap_find_next(const unsigned long *map, unsigned long nbits,
			       unsigned long start)
{
	return find_next(map, nbits, start, 0);
}

unsigned long bitmap_find_next_zero(const unsigned long *map, unsigned long nbits,
				    unsigned long start)
{
	return find_next(map, nbits, start, ~0UL);
}
