// SPDX-License-Identifier: MIT
/*
 * swapstamp: more live memory than there is RAM, and every page must hold what was
 * last written to it.
 *
 *	swapstamp MiB-each processes seconds [kinds [seed]]
 *
 * kinds, any of: a anonymous, f fork trees (children share the pages, write some, look at
 * all they see), s shared anonymous memory, t a file on tmpfs, p a private mapping of it.
 *
 * A page carries its number and its generation at both ends and in the middle; the
 * generations are kept in a byte a page, which is what memory must agree with.  Each process
 * has memory of its own of each kind, so that no lock is in the way.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define PAGE            4096UL
#define WORDS           (PAGE / 8)

struct region {
	char kind;
	uint64_t *base;
	unsigned long pages;
	uint8_t *generation;            /* 0: never written */
	uint64_t salt;
};

static const unsigned int places[] = { 0, WORDS / 2, WORDS - 1 };
static uint64_t random_state;
static unsigned long wrong, touched;

static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1dUL;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint64_t stamp_of(const struct region *r, unsigned long page, uint8_t generation)
{
	return generation ? r->salt ^ page << 8 ^ generation : 0;
}

static void write_page(struct region *r, unsigned long page)
{
	uint64_t *p = r->base + page * WORDS, stamp;

	if (!++r->generation[page])
		r->generation[page] = 1;
	stamp = stamp_of(r, page, r->generation[page]);
	for (int i = 0; i < 3; i++)
		p[places[i]] = stamp;
	touched++;
}

static void check_page(struct region *r, unsigned long page, const char *who)
{
	volatile uint64_t *p = r->base + page * WORDS;
	uint64_t stamp = stamp_of(r, page, r->generation[page]);

	touched++;
	for (int i = 0; i < 3; i++) {
		uint64_t got = p[places[i]];

		if (got == stamp)
			continue;
		if (wrong++ < 5)
			printf("# %s, kind %c, page %lu of %lu, place %d: %#lx instead of %#lx\n", who,
			       r->kind, page, r->pages, i, (unsigned long)got, (unsigned long)stamp);
		return;
	}
}

static void region_make(struct region *r, char kind, unsigned long pages, unsigned int process)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, fd = -1;
	char name[64];

	r->kind = kind;
	r->pages = pages;
	r->salt = random64() << 40;
	if (kind == 's')
		flags = MAP_SHARED | MAP_ANONYMOUS;
	if (kind == 't' || kind == 'p') {
		snprintf(name, sizeof(name), "/tmp/swapstamp.%u.%c", process, kind);
		fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
		unlink(name);
		if (fd < 0 || ftruncate(fd, pages * PAGE))
			exit(2);
		flags = kind == 't' ? MAP_SHARED : MAP_PRIVATE;
	}
	r->base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	/* Untouched by fork's children: theirs is a copy of what the parent knew then. */
	r->generation = mmap(NULL, (pages + PAGE - 1) & -PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->base == MAP_FAILED || r->generation == MAP_FAILED)
		exit(2);
	if (fd >= 0)
		close(fd);
}

/* A child, and its child: they see what was there, write to some, and see that too. */
static void fork_and_look(struct region *r, int depth)
{
	unsigned long from = random64() % r->pages, n = r->pages / 8 + 1;
	int status;
	pid_t pid = fork();

	if (pid < 0) {
		usleep(1000);
		return;
	}
	if (pid) {
		for (unsigned long i = 0; i < n; i += 3)        /* while the child looks */
			write_page(r, (from + i) % r->pages);
		if (waitpid(pid, &status, 0) != pid || status)
			wrong++;
		return;
	}
	wrong = 0;
	random_state ^= getpid() * 0x9e3779b97f4a7c15UL;
	for (unsigned long i = 0; i < n; i++) {
		check_page(r, (from + i) % r->pages, "child");
		if (i % 2)
			write_page(r, (from + i) % r->pages);
	}
	if (depth)
		fork_and_look(r, depth - 1);
	for (unsigned long i = 0; i < n; i++)
		check_page(r, (from + i) % r->pages, "child, again");
	_exit(wrong != 0);
}

static void step(struct region *r)
{
	unsigned long start = random64() % r->pages, n = random64() % 64 + 1;
	unsigned int what = random64() % 16;

	if (r->kind == 'f' && what == 0) {
		fork_and_look(r, 1);
		return;
	}
	if (what == 1 && r->kind != 't' && r->kind != 's') {      /* all of it, in order */
		for (unsigned long i = 0; i < r->pages; i++)
			check_page(r, i, "sweep");
		return;
	}
	for (unsigned long i = 0; i < n; i++) {
		unsigned long page = what & 1 ? (start + i) % r->pages : random64() % r->pages;

		check_page(r, page, "random");
		if (what & 2)
			write_page(r, page);
	}
}

static int process(unsigned int number, unsigned long mib, double seconds, const char *kinds)
{
	unsigned int nr = strlen(kinds);
	struct region r[8];
	double end;

	random_state ^= (number + 1) * 0x9e3779b97f4a7c15UL;
	for (unsigned int i = 0; i < nr; i++) {
		region_make(&r[i], kinds[i], mib * 256 / nr, number);
		for (unsigned long p = 0; p < r[i].pages; p++)
			write_page(&r[i], p);
	}
	for (end = now() + seconds; now() < end && !wrong;)
		step(&r[random64() % nr]);
	for (unsigned int i = 0; i < nr; i++)
		for (unsigned long p = 0; p < r[i].pages && wrong < 5; p++)
			check_page(&r[i], p, "at the end");
	printf("# process %u: %lu pages touched\n", number, touched);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	unsigned long mib = argc > 1 ? strtoul(argv[1], NULL, 0) : 64;
	unsigned int nr = argc > 2 ? strtoul(argv[2], NULL, 0) : 4;
	double seconds = argc > 3 ? strtod(argv[3], NULL) : 10;
	const char *kinds = argc > 4 ? argv[4] : "a";

	random_state = (argc > 5 ? strtoul(argv[5], NULL, 0) : 1) | 1UL << 63;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned int i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (!pid)
			exit(process(i, mib, seconds, kinds));
	}
	for (unsigned int i = 0; i < nr; i++) {
		int status = -1;

		wait(&status);
		ok(!status, "every stamp of a process is right (status %#x)", status);
	}
	return tap_done();
}
