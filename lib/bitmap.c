// SPDX-License-Identifier: MIT
/*
 * Ranges of bits and searches, a word at a time.
 *
 * A search takes one word of the map, hides the bits before @start, and asks the
 * compiler for the lowest bit that is left.  The search for a zero is the same
 * search in the complement.
 */
#include <lib/bitmap.h>

/* The bits of word @i that lie in [start, end), an interval that touches the word. */
static unsigned long word_mask(unsigned long i, unsigned long start, unsigned long end)
{
	unsigned long mask = ~0UL;

	if (start > i * BITS_PER_LONG)
		mask &= ~0UL << (start % BITS_PER_LONG);
	if (end < (i + 1) * BITS_PER_LONG)
		mask &= ~(~0UL << (end % BITS_PER_LONG));
	return mask;
}

void bitmap_set_range(unsigned long *map, unsigned long start, unsigned long count)
{
	unsigned long end = start + count;

	for (unsigned long i = BIT_WORD(start); i * BITS_PER_LONG < end; i++)
		map[i] |= word_mask(i, start, end);
}

void bitmap_clear_range(unsigned long *map, unsigned long start, unsigned long count)
{
	unsigned long end = start + count;

	for (unsigned long i = BIT_WORD(start); i * BITS_PER_LONG < end; i++)
		map[i] &= ~word_mask(i, start, end);
}

void bitmap_zero(unsigned long *map, unsigned long nbits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(nbits); i++)
		map[i] = 0;
}

void bitmap_fill(unsigned long *map, unsigned long nbits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(nbits); i++)
		map[i] = word_mask(i, 0, nbits);
}

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

unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits)
{
	unsigned long weight = 0;

	for (unsigned long i = 0; i * BITS_PER_LONG < nbits; i++)
		weight += __builtin_popcountl(map[i] & word_mask(i, 0, nbits));
	return weight;
}
