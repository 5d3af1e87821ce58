// SPDX-License-Identifier: MIT
/*
 * Sorting in place: heapsort, so O(n log n) whatever the input and no memory or
 * stack to speak of.  Not stable.
 */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include <lib/types.h>

/*
 * Sort @n elements of @size bytes at @base so that @cmp(a, b) <= 0 for each
 * neighbours a, b.  @swap exchanges two elements; NULL: byte by byte.
 */
void sort(void *base, size_t n, size_t size, int (*cmp)(const void *a, const void *b),
	  void (*swap)(void *a, void *b, size_t size));

#endif
