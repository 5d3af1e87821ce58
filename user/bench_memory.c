// SPDX-License-Identifier: MIT
/*
 * Rows of one process: system calls and faults, anonymous and of a file, and many areas.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "bench_rows.h"

#include <stdbool.h>
#include <sys/syscall.h>

static int data_fd = -1;

double null_syscall(void)
{
	uint64_t t = now();

	for (int i = 0; i < LOOPS; i++)
		syscall(SYS_getppid);
	return (double)(now() - t) / LOOPS;
}

double anon_write_fault(void)
{
	char *p = map_anon(SIZE);
	uint64_t t = now();

	write_pages(p, NPAGES);
	t = now() - t;
	unmap(p, SIZE);
	return (double)t / NPAGES;
}

double anon_read_fault(void)
{
	char *p = map_anon(SIZE);
	uint64_t t = now();

	read_pages(p, NPAGES);
	t = now() - t;
	unmap(p, SIZE);
	return (double)t / NPAGES;
}

double write_after_read(void)
{
	char *p = map_anon(SIZE);
	uint64_t t;

	read_pages(p, NPAGES);
	t = now();
	write_pages(p, NPAGES);
	t = now() - t;
	unmap(p, SIZE);
	return (double)t / NPAGES;
}

double munmap_page(void)
{
	char *p = map_anon(SIZE);
	uint64_t t;

	write_pages(p, NPAGES);
	t = now();
	unmap(p, SIZE);
	return (double)(now() - t) / NPAGES;
}

double touch_default(void)
{
	size_t n = 2 * NPAGES;
	char *p = map(2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	uint64_t t = now();

	write_pages(p, n);
	t = now() - t;
	unmap(p, 2 * SIZE);
	return (double)t / n;
}

double mmap_munmap(void)
{
	uint64_t t = now();

	for (int i = 0; i < LOOPS; i++)
		unmap(map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), PAGE);
	return (double)(now() - t) / LOOPS;
}

double mmap_touch_munmap(void)
{
	uint64_t t = now();

	for (int i = 0; i < LOOPS; i++) {
		char *p = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

		*(volatile char *)p = 1;
		unmap(p, PAGE);
	}
	return (double)(now() - t) / LOOPS;
}

/* The last of two pages: each call splits the area or merges it again. */
double mprotect_page(void)
{
	char *area = map_anon(2 * PAGE), *p = area + PAGE;
	uint64_t t;

	*(volatile char *)p = 1;
	t = now();
	for (int i = 0; i < LOOPS / 2; i++) {
		mprotect(p, PAGE, PROT_READ);
		mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	}
	t = now() - t;
	unmap(area, 2 * PAGE);
	return (double)t / LOOPS;
}

double brk_touch(void)
{
	char *base = (char *)syscall(SYS_brk, 0);
	char *at = (char *)(((uintptr_t)base + PAGE - 1) & ~(PAGE - 1));
	uint64_t t;

	syscall(SYS_brk, at);
	t = now();
	for (int i = 0; i < LOOPS; i++) {
		syscall(SYS_brk, at + PAGE);
		*(volatile char *)at = 1;
		syscall(SYS_brk, at);
	}
	t = now() - t;
	syscall(SYS_brk, base);
	return (double)t / LOOPS;
}

static void data_open(void)
{
	if (data_fd < 0)
		data_fd = data_file(FILE_PATH);
}

static double file_touch(int prot, int flags, int advice, bool writing)
{
	char *p;
	uint64_t t;

	data_open();
	p = map(SIZE, prot, flags, data_fd);
	if (advice)
		madvise(p, SIZE, advice);
	t = now();
	if (writing)
		write_pages(p, NPAGES);
	else
		read_pages(p, NPAGES);
	t = now() - t;
	unmap(p, SIZE);
	return (double)t / NPAGES;
}

double file_read_random(void)
{
	return file_touch(PROT_READ, MAP_PRIVATE, MADV_RANDOM, false);
}

double file_read_default(void)
{
	return file_touch(PROT_READ, MAP_PRIVATE, 0, false);
}

double file_private_write(void)
{
	return file_touch(PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, true);
}

double file_shared_write(void)
{
	return file_touch(PROT_READ | PROT_WRITE, MAP_SHARED, 0, true);
}

double read_4k(void)
{
	static char buf[PAGE];
	uint64_t t;

	data_open();
	t = now();
	for (int i = 0; i < LOOPS; i++)
		if (pread(data_fd, buf, PAGE, (i % NPAGES) * PAGE) != (ssize_t)PAGE)
			die("pread");
	return (double)(now() - t) / LOOPS;
}

/* One PROT_NONE mapping of @n pages whose every second page is made read-write. */
static char *many_areas(size_t n, double *ns_per_call)
{
	char *p = map(n * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	uint64_t t = now();

	for (size_t i = 1; i < n; i += 2)
		if (mprotect(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE) != 0)
			die("mprotect");
	if (ns_per_call)
		*ns_per_call = (double)(now() - t) / (n / 2);
	return p;
}

double split_16k(void)
{
	double ns;
	char *p = many_areas(16000, &ns);

	unmap(p, 16000 * PAGE);
	return ns;
}

static double fault_among(size_t areas)
{
	char *p = many_areas(areas, NULL);
	size_t n = areas / 2, touch = n < 2000 ? n : 2000;
	uint32_t *order = malloc(n * sizeof(*order)), seed = 1;
	uint64_t t;

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n - 1; i > 0; i--) {
		uint32_t tmp = order[i], j;

		seed = seed * 1664525 + 1013904223;
		j = (seed >> 8) % (i + 1);
		order[i] = order[j];
		order[j] = tmp;
	}
	t = now();
	for (size_t i = 0; i < touch; i++)
		*(volatile char *)(p + (2 * order[i] + 1) * PAGE) = 1;
	t = now() - t;
	unmap(p, areas * PAGE);
	free(order);
	return (double)t / touch;
}

double fault_1k(void) { return fault_among(1000); }
double fault_16k(void) { return fault_among(16000); }
double fault_64k(void) { return fault_among(64000); }

double unmap_16k(void)
{
	char *p = many_areas(16000, NULL);
	uint64_t t = now();

	unmap(p, 16000 * PAGE);
	return (double)(now() - t) / 16000;
}
