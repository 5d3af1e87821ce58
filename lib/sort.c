// SPDX-License-Identifier: MIT
/*
 * Heapsort.
 *
 * The array is read as a heap: the children of element i are 2i + 1 and 2i + 2,
 * and no parent is smaller than its children.  The largest, element 0, changes
 * places with the last of the heap, which is then one shorter.
 */
#include <lib/sort.h>

struct array {
	u8 *base;
	size_t size;
	int (*cmp)(const void *a, const void *b);
	void (*swap)(void *a, void *b, size_t size);
};

static void swap_bytes(void *a, void *b, size_t size)
{
	for (u8 *x = a, *y = b, *end = x + size; x != end; x++, y++)
		swap_values(*x, *y);
}

static void *element(const struct array *a, size_t i)
{
	return a->base + i * a->size;
}

/* Let element @i of a heap of @n sink until no child is larger. */
static void sift_down(const struct array *a, size_t i, size_t n)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && a->cmp(element(a, child), element(a, child + 1)) < 0)
			child++;
		if (a->cmp(element(a, i), element(a, child)) >= 0)
			break;
		a->swap(element(a, i), element(a, child), a->size);
	}
}

void sort(void *base, size_t n, size_t size, int (*cmp)(const void *a, const void *b),
	  void (*swap)(void *a, void *b, size_t size))
{
	struct array a = { base, size, cmp, swap ? swap : swap_bytes };

	for (size_t i = n / 2; i-- > 0;)
		sift_down(&a, i, n);
	for (size_t last = n; last-- > 1;) {
		a.swap(element(&a, 0), element(&a, last), size);
		sift_down(&a, 0, last);
	}
}
