// SPDX-License-Identifier: MIT
/*
 * Blocks of bytes: copy, fill, compare.  Strings are in strings.c.
 *
 * Instructions are what we pay for, so the long runs are rows of loads and stores,
 * 32 words an iteration, of which the first of a copy begins in the middle of the row.
 * The destination is brought to a word boundary first.  When the source then is not on one too, its
 * words are still read aligned and merged by shifts: a misaligned load may trap
 * to firmware, at hundreds of times the price.
 *
 *	source words	| a b c d e f g h | i j k l m n o p |
 *	wanted		        | d e f g h i j k |	 = w0 >> 24 | w1 << 40
 *
 * Always true: not one byte outside the two blocks is touched, not even to be
 * thrown away.
 *
 * The byte loops hold a barrier() so that the compiler does not recognise memcpy
 * in memcpy and call it.
 */
#include <lib/hosted.h>
#include <lib/string.h>

typedef unsigned long __attribute__((may_alias)) word_t;

#define WORD		sizeof(word_t)
#define UNROLL		32UL
#define SMALL		(2 * WORD)	/* below this, bytes are as cheap */

/* do_word(i) for UNROLL words. */
#define FOUR_WORDS(do_word, i) do_word((i)); do_word((i) + 1); do_word((i) + 2); do_word((i) + 3)
#define SIXTEEN_WORDS(do_word, i) \
	FOUR_WORDS(do_word, (i)); FOUR_WORDS(do_word, (i) + 4); \
	FOUR_WORDS(do_word, (i) + 8); FOUR_WORDS(do_word, (i) + 12)
#define ALL_WORDS(do_word) SIXTEEN_WORDS(do_word, 0); SIXTEEN_WORDS(do_word, 16)

static size_t misaligned(const void *p)
{
	return (unsigned long)p % WORD;
}

/* Nothing but whole words, both sides aligned: what most copies are. */
static bool whole_words(const void *d, const void *s, size_t n)
{
	return !(((unsigned long)d | (unsigned long)s | n) % WORD);
}

static void copy_bytes(u8 *d, const u8 *s, size_t n)
{
	for (const u8 *end = s + n; s != end; s++, d++) {
		*d = *s;
		barrier();
	}
}

/*
 * Copy the words from @src to @end upwards, one at least.  Also right when they overlap and
 * @dst < @src.  What is more than whole rows comes first, by a jump into the row.  Not inline:
 * what memcpy() needs besides would be kept in registers beside the row's.
 */
static __noinline void *copy_words(word_t *dst, const word_t *src, const word_t *end)
{
#define COPY_WORD(i) fallthrough; case (i): d[i] = s[i]
	size_t skip = (size_t)(src - end) % UNROLL;
	const word_t *s = src - skip;
	word_t *d = dst - skip;

	switch (skip) {
		do {
			SIXTEEN_WORDS(COPY_WORD, 0); SIXTEEN_WORDS(COPY_WORD, 16);
			d += UNROLL, s += UNROLL;
		} while (s != end);
	}
#undef COPY_WORD
	return dst;
}

/* The bytes from @s up to the next word boundary, where a load of that word would put them. */
static word_t load_word_end(const u8 *s)
{
	word_t w = 0;

	for (size_t i = misaligned(s); i < WORD; i++)
		w |= (word_t)*s++ << (8 * i);
	return w;
}

/*
 * Copy words upwards to an aligned @d from a misaligned @s, as long as @n bytes (a
 * word or more) last and whole source words are inside them.  The bytes copied.
 */
static size_t copy_shifted(word_t *d, const u8 *s, size_t n)
{
	unsigned int right = 8 * misaligned(s), left = 8 * WORD - right;
	const word_t *sw = (const word_t *)(s + WORD - misaligned(s));
	size_t words = (n - (WORD - misaligned(s))) / WORD;
	const word_t *end = sw + words;
	word_t low = load_word_end(s), high;

#define MERGE_WORD(i) (high = sw[i], d[i] = low >> right | high << left, low = high)
	for (const word_t *stop = sw + words / 4 * 4; sw != stop; sw += 4, d += 4) {
		FOUR_WORDS(MERGE_WORD, 0);
		barrier();
	}
	for (; sw != end; sw++, d++)
		MERGE_WORD(0);
#undef MERGE_WORD
	return words * WORD;
}

static __noinline void *copy_small(void *dst, const u8 *s, size_t n)
{
	copy_bytes(dst, s, n);
	return dst;
}

/* A word or more, but bytes must be copied before or behind the words, or shifted. */
static __noinline void *copy_ragged(void *dst, const u8 *s, size_t n)
{
	u8 *d = dst;
	size_t done;

	if (n < SMALL)
		return copy_small(dst, s, n);
	if (unlikely(misaligned(d))) {
		done = WORD - misaligned(d);
		copy_bytes(d, s, done);
		d += done, s += done, n -= done;
	}
	done = n / WORD * WORD;
	if (likely(!misaligned(s)))
		memcpy(d, s, done);
	else
		done = copy_shifted((word_t *)d, s, n);
	copy_bytes(d + done, s + done, n - done);
	return dst;
}

/* Downwards from the ends: for @d above @s where they overlap. */
static void *copy_down(void *dst, const u8 *s, size_t n)
{
	u8 *d = (u8 *)dst + n;

	s += n;
	if (misaligned(d) == misaligned(s)) {
		for (; n && misaligned(d); n--) {
			*--d = *--s;
			barrier();
		}
		for (; n >= 4 * WORD; n -= 4 * WORD) {
			d -= 4 * WORD, s -= 4 * WORD;
			((word_t *)d)[3] = ((const word_t *)s)[3];
			((word_t *)d)[2] = ((const word_t *)s)[2];
			((word_t *)d)[1] = ((const word_t *)s)[1];
			((word_t *)d)[0] = ((const word_t *)s)[0];
			barrier();
		}
	}
	for (; n; n--) {
		*--d = *--s;
		barrier();
	}
	return dst;
}

/*
 * Upwards; right for blocks that do not overlap, and for @dst below @src: memmove() comes here too,
 * and so nothing tells the compiler that they do not.
 */
void *memcpy(void *dst, const void *src, size_t n)
{
	const u8 *s = src;

	if (n < WORD)
		return copy_small(dst, s, n);
	if (unlikely(!whole_words(dst, s, n)))
		return copy_ragged(dst, s, n);
	return copy_words(dst, src, (const word_t *)(s + n));
}

void *memmove(void *dst, const void *src, size_t n)
{
	if ((unsigned long)dst - (unsigned long)src < n)
		return copy_down(dst, src, n);
	return memcpy(dst, src, n);     /* upwards, which is right for @dst below @src */
}

static void fill_bytes(u8 *d, u8 c, size_t n)
{
	for (u8 *end = d + n; d != end; d++) {
		*d = c;
		barrier();
	}
}

static void fill_words(word_t *d, word_t w, size_t n)
{
#define FILL_WORD(i) (d[i] = w)
	word_t *end = d + n;

	for (word_t *stop = d + n / UNROLL * UNROLL; d != stop; d += UNROLL) {
		ALL_WORDS(FILL_WORD);
		barrier();
	}
	for (word_t *stop = d + n % UNROLL / 4 * 4; d != stop; d += 4) {
		FOUR_WORDS(FILL_WORD, 0);
		barrier();
	}
	for (; d != end; d++) {
		FILL_WORD(0);
		barrier();
	}
#undef FILL_WORD
}

void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;

	if (n >= SMALL) {
		size_t head = -(unsigned long)d % WORD;
		word_t w = (u8)c * (~0UL / 255);

		fill_bytes(d, c, head);
		d += head, n -= head;
		fill_words((word_t *)d, w, n / WORD);
		d += n / WORD * WORD, n %= WORD;
	}
	fill_bytes(d, c, n);
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	if (!misaligned(x) && !misaligned(y))
		for (; n >= WORD && *(const word_t *)x == *(const word_t *)y; n -= WORD)
			x += WORD, y += WORD;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	for (const u8 *p = s, *end = p + n; p != end; p++)
		if (*p == (u8)c)
			return (void *)(unsigned long)p;
	return NULL;
}
