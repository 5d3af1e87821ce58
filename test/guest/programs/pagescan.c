// SPDX-License-Identifier: MIT
/*
 * PAGEMAP_SCAN on /proc/PID/pagemap and PROCMAP_QUERY on /proc/PID/maps: pages and areas found
 * without reading about all of them.
 *
 * usage: pagescan [swap]
 */
#define _GNU_SOURCE
#include "uffd.h"

#include <sys/sysmacros.h>
#include <sys/stat.h>

#define SCAN            _IOWR('f', 16, struct scan)
#define QUERY           _IOWR('f', 17, struct query)

struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t inverted, mask, anyof, want;
};
struct region { uint64_t start, end, categories; };

#define WPALLOWED       0x01
#define WRITTEN         0x02
#define IN_FILE         0x04
#define PRESENT         0x08
#define SWAPPED         0x10
#define PFNZERO         0x20
#define HUGE            0x40
#define ALL             0x7f

static struct region r[64];
static struct scan last;

static long scan(int fd, const void *p, size_t pages, struct scan s)
{
	s.size = s.size ? s.size : sizeof(s);
	s.start = s.start ? s.start : (uintptr_t)p;
	s.end = (uintptr_t)p + pages * PG;
	s.vec = s.vec == 1 ? 0 : (uintptr_t)r;
	s.vec_len = s.vec_len ? s.vec_len : s.vec ? 64 : 0;
	memset(r, 0x55, sizeof(r));
	long n = RESULT(ioctl(fd, SCAN, &s));
	last = s;
	return n;
}

/* Is region @i of @p's pages [from, to) with these categories? */
static int is(int i, const char *p, size_t from, size_t to, uint64_t categories)
{
	int good = r[i].start == (uintptr_t)p + from * PG && r[i].end == (uintptr_t)p + to * PG &&
		   r[i].categories == categories;

	if (!good)
		printf("# %d: [%ld, %ld) %lx\n", i, (long)(r[i].start - (uintptr_t)p) / (long)PG,
		       (long)(r[i].end - (uintptr_t)p) / (long)PG, (long)r[i].categories);
	return good;
}

static long walked(const char *p)
{
	return (long)(last.walk_end - (uintptr_t)p) / (long)PG;
}

/* own 0-1, zero 2, none 3, own 4, hole 5-6, shared 7-8, none 9, of a file 10-11, no access 12 */
static char *sample(void)
{
	char *p = mmap(NULL, 16 * PG, RW, ANON, -1, 0);
	int fd = open("/proc/self/exe", O_RDONLY);

	madvise(p, 16 * PG, MADV_NOHUGEPAGE);
	p[0] = p[PG] = p[4 * PG] = 1;
	*(volatile char *)(p + 2 * PG);
	munmap(p + 5 * PG, 2 * PG);
	mmap(p + 7 * PG, 3 * PG, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	p[7 * PG] = p[8 * PG] = 1;
	mmap(p + 10 * PG, 2 * PG, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0);
	*(volatile char *)(p + 10 * PG);
	*(volatile char *)(p + 11 * PG);
	munmap(p + 13 * PG, 3 * PG);
	mprotect(p + 12 * PG, PG, PROT_NONE);
	close(fd);
	return p;
}

static void kinds(int fd)
{
	char *p = sample();
	long n;

	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .want = ALL });
	ok(n == 5, "runs of pages that are there (%ld)", n);
	ok(is(0, p, 0, 2, PRESENT | WRITTEN), "own");
	ok(is(1, p, 2, 3, PRESENT | WRITTEN | PFNZERO), "the page of zeroes");
	ok(is(2, p, 4, 5, PRESENT | WRITTEN), "own, behind one that is not there");
	ok(is(3, p, 7, 9, PRESENT | WRITTEN | IN_FILE), "shared");
	ok(is(4, p, 10, 12, PRESENT | WRITTEN | IN_FILE), "of a file");
	ok(walked(p) == 13, "all were looked at (%ld)", walked(p));

	n = scan(fd, p, 13, (struct scan){ .want = PRESENT });
	ok(n == 7 && is(0, p, 0, 3, PRESENT) && is(1, p, 3, 4, 0) && is(2, p, 4, 5, PRESENT) &&
	   is(3, p, 7, 9, PRESENT) && is(4, p, 9, 10, 0) && is(6, p, 12, 13, 0),
	   "all that are mapped (%ld)", n);
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .want = PRESENT });
	ok(n == 4 && is(0, p, 0, 3, PRESENT) && is(1, p, 4, 5, PRESENT) && is(2, p, 7, 9, PRESENT) &&
	   is(3, p, 10, 12, PRESENT), "only what is asked for parts them (%ld)", n);
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .inverted = PRESENT, .want = ALL & ~WRITTEN });
	ok(n == 3 && is(0, p, 3, 4, 0) && is(1, p, 9, 10, 0) && is(2, p, 12, 13, 0), "what is not there (%ld)", n);
	n = scan(fd, p, 13, (struct scan){ .anyof = PFNZERO | IN_FILE, .want = IN_FILE | PFNZERO });
	ok(n == 3 && is(0, p, 2, 3, PFNZERO) && is(1, p, 7, 9, IN_FILE) && is(2, p, 10, 12, IN_FILE),
	   "either of two (%ld)", n);
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT | IN_FILE, .inverted = IN_FILE, .want = 0 });
	ok(n == 2 && is(0, p, 0, 3, 0) && is(1, p, 4, 5, 0), "there, and of no file (%ld)", n);
	n = scan(fd, p, 13, (struct scan){ .mask = WPALLOWED, .want = ALL });
	ok(n == 0, "none can be protected (%ld)", n);
	n = scan(fd, p, 13, (struct scan){ .mask = SWAPPED, .want = ALL });
	ok(n == 0, "none is in swap");
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT | WRITTEN, .want = WRITTEN });
	ok(n == 4 && is(0, p, 0, 3, WRITTEN), "all count as written (%ld)", n);
	munmap(p, 13 * PG);
}

static void limits(int fd)
{
	char *p = sample();
	long n;

	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .want = ALL, .vec_len = 2 });
	ok(n == 2 && is(0, p, 0, 2, PRESENT | WRITTEN) && walked(p) == 4, "room for two (%ld, %ld)", n, walked(p));
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .want = ALL, .start = last.walk_end });
	ok(n == 3 && is(0, p, 4, 5, PRESENT | WRITTEN) && walked(p) == 13,
	   "and on from there (%ld, %ld)", n, walked(p));
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .want = PRESENT, .max_pages = 2 });
	ok(n == 1 && is(0, p, 0, 2, PRESENT) && walked(p) == 2, "two pages (%ld, %ld)", n, walked(p));
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .want = PRESENT, .max_pages = 3 });
	ok(n == 1 && is(0, p, 0, 3, PRESENT) && walked(p) == 4, "three (%ld, %ld)", n, walked(p));
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .want = PRESENT, .max_pages = 5 });
	ok(n == 3 && is(2, p, 7, 8, PRESENT) && walked(p) == 8, "five, in three runs (%ld, %ld)", n, walked(p));
	n = scan(fd, p, 13, (struct scan){ .mask = PRESENT, .want = PRESENT, .vec = 1 });
	ok(n == 0 && walked(p) == 13, "nowhere to tell (%ld, %ld)", n, walked(p));
	n = scan(fd, p, 0, (struct scan){ .mask = PRESENT, .want = PRESENT });
	ok(n == 0 && walked(p) == 0, "no range");
	n = scan(fd, p + 5 * PG, 2, (struct scan){ .want = PRESENT });
	ok(n == 0, "a hole is nothing");
	munmap(p, 13 * PG);
}

static void scan_errors(int fd)
{
	char *p = sample();
	struct scan s;
	long n;

	gives(-EINVAL, scan(fd, p, 13, (struct scan){ .size = 88 }));
	gives(-EINVAL, scan(fd, p, 13, (struct scan){ .size = 104 }));
	gives(-EINVAL, scan(fd, p, 13, (struct scan){ .flags = 4 }));
	gives(-EINVAL, scan(fd, p, 13, (struct scan){ .mask = 0x100 }));
	gives(-EINVAL, scan(fd, p, 13, (struct scan){ .want = 1UL << 40 }));
	gives(0, scan(fd, p, 0, (struct scan){ .anyof = 0x80 }));
	gives(-EINVAL, scan(fd, p, 13, (struct scan){ .start = (uintptr_t)p + 1 }));
	gives(-EFAULT, scan(fd, p, 13, (struct scan){ .start = (uintptr_t)p + 14 * PG }));
	gives(-EFAULT, scan(fd, p, 13, (struct scan){ .start = -PG }));
	gives(-EINVAL, scan(fd, p, 13, (struct scan){ .vec = 1, .vec_len = 1 }));
	gives(-EFAULT, RESULT(ioctl(fd, SCAN, (void *)8)));
	gives(-EINVAL, RESULT(ioctl(fd, _IO('f', 99), 0)));
	s = (struct scan){ .size = sizeof(s), .end = 1UL << 47, .vec = (uintptr_t)r, .vec_len = 1, .mask = PRESENT };
	gives(-EFAULT, RESULT(ioctl(fd, SCAN, &s)));
	s = (struct scan){ .size = sizeof(s), .end = 1UL << 38, .vec = (uintptr_t)r, .vec_len = 1, .mask = PRESENT };
	gives(1, RESULT(ioctl(fd, SCAN, &s)));
	s = (struct scan){ .size = sizeof(s), .start = (uintptr_t)p, .end = (uintptr_t)p + PG, .vec = 8, .vec_len = 1 };
	gives(-EFAULT, RESULT(ioctl(fd, SCAN, &s)));
	s.end = (uintptr_t)p + 10;
	s.vec = (uintptr_t)r;
	gives(1, RESULT(ioctl(fd, SCAN, &s)));
	ok(s.walk_end == (uintptr_t)p + PG, "whole pages");
	gives(-EPERM, scan(fd, p, 13, (struct scan){ .flags = 2, .want = ALL }));       /* CHECK_WPASYNC */
	gives(-EPERM, scan(fd, p, 13, (struct scan){ .flags = 3, .want = ALL }));
	gives(0, scan(fd, p + 5 * PG, 2, (struct scan){ .flags = 2, .want = ALL }));
	n = scan(fd, p, 13, (struct scan){ .flags = 1, .want = ALL });                  /* WP_MATCHING */
	ok(n == 0 && walked(p) == 13, "pages that cannot be protected are passed (%ld)", n);
	munmap(p, 13 * PG);
}

static void large(int fd)
{
	char *m = mmap(NULL, 6UL << 20, RW, ANON, -1, 0);
	char *p = (char *)(((uintptr_t)m + (2UL << 20) - 1) & -(2UL << 20));
	long n;

	madvise(p, 2UL << 20, MADV_HUGEPAGE);
	p[5] = 1;
	gives(0, RESULT(madvise(p, 2UL << 20, 25)));    /* MADV_COLLAPSE, if it is not yet */
	n = scan(fd, p, 1024, (struct scan){ .mask = PRESENT, .want = ALL });
	ok(n == 1 && is(0, p, 0, 512, PRESENT | WRITTEN | HUGE), "a large page (%ld)", n);
	n = scan(fd, p + 7 * PG, 3, (struct scan){ .mask = HUGE, .want = HUGE });
	ok(n == 1 && is(0, p, 7, 10, HUGE), "a part of it");
	madvise(p + 9 * PG, PG, MADV_DONTNEED);
	n = scan(fd, p, 512, (struct scan){ .mask = PRESENT, .want = ALL });
	ok(n == 2 && is(0, p, 0, 9, PRESENT | WRITTEN) && is(1, p, 10, 512, PRESENT | WRITTEN), "split (%ld)", n);
	munmap(m, 6UL << 20);
}

static void of_another(void)
{
	char *p = sample(), path[64];
	int fd, status;
	pid_t pid = fork();
	long n;

	if (pid == 0) {
		p[3 * PG] = 1;
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, WUNTRACED);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY);
	n = scan(fd, p, 5, (struct scan){ .mask = PRESENT, .want = PRESENT });
	ok(n == 1 && is(0, p, 0, 5, PRESENT), "another's pages (%ld)", n);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	gives(-ESRCH, scan(fd, p, 5, (struct scan){ .mask = PRESENT, .want = PRESENT }));
	close(fd);
	munmap(p, 13 * PG);
}

/* ---- PROCMAP_QUERY ---- */

struct query {
	uint64_t size, flags, addr;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t major, minor, name_size, id_size;
	uint64_t name, id;
};

#define SHARED          0x08
#define OR_NEXT         0x10
#define FILE_BACKED     0x20

static struct query got;
static char name[4096], id[64];

static long query(int fd, const void *addr, uint64_t flags, unsigned int name_size, unsigned int id_size)
{
	struct query q = { .size = sizeof(q), .flags = flags, .addr = (uintptr_t)addr, .name_size = name_size,
			   .id_size = id_size, .name = name_size ? (uintptr_t)name : 0,
			   .id = id_size ? (uintptr_t)id : 0 };

	memset(name, '?', sizeof(name));
	memset(id, 0, sizeof(id));
	long ret = RESULT(ioctl(fd, QUERY, &q));
	got = q;
	return ret;
}

static int at(const char *start, size_t pages, uint64_t flags)
{
	int good = got.start == (uintptr_t)start && got.end == (uintptr_t)start + pages * PG && got.vma_flags == flags;

	if (!good)
		printf("# %lx-%lx %lx\n", (long)got.start, (long)got.end, (long)got.vma_flags);
	return good;
}

static void areas(int fd)
{
	char *p = sample();
	struct stat st;
	int local;

	gives(0, query(fd, p + PG, 0, 0, 0));
	ok(at(p, 5, 3) && got.page_size == PG && !got.offset && !got.inode, "the area of an address");
	gives(-ENOENT, query(fd, p + 5 * PG, 0, 0, 0));
	gives(0, query(fd, p + 5 * PG, OR_NEXT, 0, 0));
	ok(at(p + 7 * PG, 3, 3 | SHARED), "or the next");
	gives(0, query(fd, p, OR_NEXT | SHARED, 0, 0));
	ok(at(p + 7 * PG, 3, 3 | SHARED), "that is shared");
	gives(-ENOENT, query(fd, p, SHARED, 0, 0));
	gives(0, query(fd, p + 10 * PG + 5, FILE_BACKED, sizeof(name), sizeof(id)));
	stat("/proc/self/exe", &st);
	ok(at(p + 10 * PG, 2, 1) && got.offset == 0 && got.inode == st.st_ino && got.major == major(st.st_dev) &&
	   got.minor == minor(st.st_dev), "a file: %lu %u:%u", (long)got.inode, got.major, got.minor);
	ok(!strcmp(name, "/opt/test/pagescan") && got.name_size == strlen(name) + 1,
	   "its name: %s (%u)", name, got.name_size);
	gives(-ENOENT, query(fd, p, FILE_BACKED, 0, 0));
	gives(0, query(fd, p, FILE_BACKED | OR_NEXT, 0, 0));
	ok(at(p + 7 * PG, 3, 3 | SHARED), "shared memory is a file");
	gives(0, query(fd, p + 7 * PG, 0, sizeof(name), 0));
	ok(!strcmp(name, "/dev/zero (deleted)"), "with a name: %s", name);
	gives(0, query(fd, p, 0, sizeof(name), sizeof(id)));
	ok(got.name_size == 0 && got.id_size == 0 && name[0] == '?', "no name, no build ID");
	gives(0, query(fd, &local, 0, sizeof(name), 0));
	ok(!strcmp(name, "[stack]") && got.name_size == 8, "%s", name);
	gives(0, query(fd, &local, 0, 8, 0));
	gives(-ENAMETOOLONG, query(fd, &local, 0, 7, 0));
	gives(-ENAMETOOLONG, query(fd, p + 10 * PG, 0, 10, 0));
	gives(0, query(fd, p + 12 * PG, 0, 0, 0));
	ok(at(p + 12 * PG, 1, 0), "no access");
	gives(-ENOENT, query(fd, (void *)-PG, OR_NEXT, 0, 0));
	munmap(p, 13 * PG);
}

/* libc.so.6 is not ours, and has one; this program's was left out or not. */
static void build_ids(int fd)
{
	int lib = open("/usr/lib/riscv64-linux-gnu/libc.so.6", O_RDONLY), text = open("/etc/passwd", O_RDONLY);
	char *p = mmap(NULL, 4 * PG, PROT_READ, MAP_PRIVATE, lib, 0);
	char *q = mmap(NULL, PG, PROT_READ, MAP_PRIVATE, text, 0);
	int found = 0;

	if (lib < 0 || text < 0)
		exit(2);
	*(volatile char *)p;
	*(volatile char *)q;
	gives(0, query(fd, p, 0, 0, sizeof(id)));
	ok(got.id_size == 20, "a build ID of 20 bytes (%u)", got.id_size);
	for (int i = 0; i < 4 * 4096 - 20; i += 4)
		found |= !memcmp(p + i, "GNU", 4) && !memcmp(p + i + 4, id, 20);
	ok(found, "as it stands in the file");
	gives(-ENAMETOOLONG, query(fd, p, 0, 0, 19));
	gives(0, query(fd, p, 0, 0, 20));
	gives(0, query(fd, q, 0, 0, 20));
	ok(got.id_size == 0, "none in a text");
	close(lib);
	close(text);
}

static void query_errors(int fd)
{
	struct { struct query q; uint64_t more[2]; } big = { .q.size = sizeof(big), .q.addr = (uintptr_t)&big };
	struct query q = { .size = 24, .addr = (uintptr_t)&q, .start = 7 };
	char *page = mmap(NULL, 2 * PG, RW, ANON, -1, 0);

	gives(0, RESULT(ioctl(fd, QUERY, &q)));         /* an old program's struct */
	ok(q.start == 7, "of which no more is written");
	q.size = 32;
	gives(0, RESULT(ioctl(fd, QUERY, &q)));
	ok(q.start <= (uintptr_t)&q && q.start > 7 && q.end == 0, "or one field");
	q = (struct query){ .size = 23, .addr = (uintptr_t)&q };
	gives(-EINVAL, RESULT(ioctl(fd, QUERY, &q)));
	q.size = 0;
	gives(-EINVAL, RESULT(ioctl(fd, QUERY, &q)));
	q.size = PG + 1;
	gives(-E2BIG, RESULT(ioctl(fd, QUERY, &q)));
	gives(0, RESULT(ioctl(fd, QUERY, &big)));       /* a new one's */
	big.more[1] = 1;
	gives(-E2BIG, RESULT(ioctl(fd, QUERY, &big)));
	gives(-EFAULT, RESULT(ioctl(fd, QUERY, (void *)8)));
	gives(-EINVAL, query(fd, page, 0x40, 0, 0));
	q = (struct query){ .size = sizeof(q), .addr = (uintptr_t)page, .name_size = 8 };
	gives(-EINVAL, RESULT(ioctl(fd, QUERY, &q)));
	q = (struct query){ .size = sizeof(q), .addr = (uintptr_t)page, .id = 8 };
	gives(-EINVAL, RESULT(ioctl(fd, QUERY, &q)));
	q = (struct query){ .size = sizeof(q), .addr = (uintptr_t)&q, .name = 8, .name_size = 100 };
	gives(-EFAULT, RESULT(ioctl(fd, QUERY, &q)));
	gives(-ENOTTY, RESULT(ioctl(fd, _IO('f', 99), 0)));
	close(fd);
	fd = open("/proc/self/status", O_RDONLY);
	gives(-ENOTTY, query(fd, page, 0, 0, 0));
	close(fd);
	munmap(page, 2 * PG);
}

static void of_a_dead_one(void)
{
	char path[64];
	int fd, status;
	pid_t pid = fork();

	if (pid == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, WUNTRACED);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY);
	gives(0, query(fd, 0, OR_NEXT, 0, 0));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	gives(-ESRCH, query(fd, 0, OR_NEXT, 0, 0));
	close(fd);
}

static void in_swap(int fd)
{
	char *p = sample();
	long n;

	madvise(p, 5 * PG, MADV_PAGEOUT);
	n = scan(fd, p, 5, (struct scan){ .mask = SWAPPED, .want = ALL });
	ok(n == 2 && is(0, p, 0, 2, SWAPPED | WRITTEN) && is(1, p, 4, 5, SWAPPED | WRITTEN),
	   "what is in swap (%ld)", n);
	n = scan(fd, p, 5, (struct scan){ .anyof = PRESENT | SWAPPED, .want = SWAPPED });
	ok(n == 3 && is(1, p, 2, 3, 0), "or there (%ld)", n);
	munmap(p, 13 * PG);
}

int main(int argc, char **argv)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);

	tap_limit(60);
	if (argc > 1) {
		in_swap(fd);
		return tap_done();
	}
	kinds(fd);
	limits(fd);
	scan_errors(fd);
	large(fd);
	of_another();
	areas(open("/proc/self/maps", O_RDONLY));
	build_ids(open("/proc/self/maps", O_RDONLY));
	query_errors(open("/proc/self/maps", O_RDONLY));
	of_a_dead_one();
	return tap_done();
}
