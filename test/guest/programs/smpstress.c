// SPDX-License-Identifier: MIT
/*
 * smpstress: every hart at one address space, for some seconds.
 *
 *      smpstress [seconds [workers [seed [large | blocks]]]]
 *
 * Each worker owns an arena at a place of its own and does to it, at random, all that a
 * program can do to memory: map, unmap, protect, move, drop, write, fork, exec, cut a mapped
 * file, read into half-mapped buffers.  A worker knows what every page of its arena must hold
 * (0: no page) and looks.  For each worker a prober, a thread that only reads and writes where
 * it is told, so that what one hart has done is seen by another whose translations are warm:
 * a page taken away must fault there, at once; a page given again must hold the new stamp.
 *
 * With "large", an arena has room for pieces of 2 MiB, which half of all that is done to it
 * takes as wholes.  With "blocks" half of it is done to pieces of 64 KiB; at times all is
 * unmapped, so that page tables are made anew, and forks are fewer.
 *
 * What a claim needs is the worker's own, so no lock is in the way.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "catch.h"
#include "tap.h"

#define PAGE            4096UL
#define PAGES_MAX       1536            /* of one arena */
#define PIECE           512             /* pages in 2 MiB */
#define BLOCK           16              /* in 64 KiB */
#define FILE_PAGES      16
#define WORKERS_MAX     16
#define ARENA(n)        (0x1000000000UL + (uintptr_t)(n) * 0x10000000UL)
#define TOLD_MAX        5

enum page_state { UNMAPPED, READ_ONLY, WRITABLE };
enum ask { ASK_NOTHING, ASK_READ, ASK_WRITE, ASK_END };  /* a futex */
enum tally { MAPS, UNMAPS, PROTECTS, MOVES, DROPS, FORKS, EXECS, CUTS, COPIES, FAULTS, TALLIES };

static const char *const tally_names[] = {
	"map", "unmap", "protect", "move", "drop", "fork", "exec", "cut a file", "copy", "fault",
};

struct worker {
	unsigned int number;
	uint64_t random;
	char *arena;
	enum page_state state[PAGES_MAX];
	uint64_t stamp[PAGES_MAX];      /* what the page's first and last words must be */
	uint64_t serial;
	int file;
	char *file_map;
	unsigned long done[TALLIES];
	unsigned long wrong;
	pthread_t thread, prober;
	/* The prober's errand. */
	_Atomic uint32_t ask;
	char *ask_at;
	uint64_t ask_value;
	int ask_fault;
};

static struct worker workers[WORKERS_MAX];
static volatile sig_atomic_t over;
static atomic_int told;
static char *self;
static unsigned int pages = 96;         /* of one arena, now */
static unsigned int piece;              /* pages that half of the steps take; 0: none does */

/* ---- faults that are expected ---- */

static void hand_over(_Atomic uint32_t *ask, enum ask what)
{
	atomic_store(ask, what);
	syscall(SYS_futex, ask, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* A short spin, so that the two really meet on two harts where there are as many. */
static void await_other_than(_Atomic uint32_t *ask, enum ask what)
{
	for (int spins = 0; atomic_load(ask) == what; spins++)
		if (spins >= 200)
			syscall(SYS_futex, ask, FUTEX_WAIT_PRIVATE, what, NULL, NULL, 0);
}

static void *probe(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		enum ask ask;

		await_other_than(&w->ask, ASK_NOTHING);
		ask = atomic_load(&w->ask);
		if (ask == ASK_END)
			return NULL;
		w->ask_fault = touch(w->ask_at, ask == ASK_WRITE, &w->ask_value);
		hand_over(&w->ask, ASK_NOTHING);
	}
}

static int touch_elsewhere(struct worker *w, char *at, int write, uint64_t *value)
{
	enum ask ask = write ? ASK_WRITE : ASK_READ;

	w->ask_at = at;
	w->ask_value = *value;
	hand_over(&w->ask, ask);
	await_other_than(&w->ask, ask);
	*value = w->ask_value;
	return w->ask_fault;
}

/* ---- what a worker knows ---- */

static unsigned int roll(struct worker *w, unsigned int sides)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (unsigned int)(w->random >> 33) % sides;
}

static void wrong(struct worker *w, const char *what, unsigned int page, uint64_t got, uint64_t want)
{
	w->wrong++;
	if (atomic_fetch_add(&told, 1) < TOLD_MAX) {
		char line[200];
		int n = snprintf(line, sizeof(line),
				 "# worker %u, page %u: %s: got %#lx, and %#lx was due\n",
				 w->number, page, what, got, want);

		if (write(1, line, (size_t)n) < 0)
			return;
	}
}

static char *page_at(const struct worker *w, unsigned int page)
{
	return w->arena + page * PAGE;
}

static uint64_t fresh_stamp(struct worker *w)
{
	return (uint64_t)(w->number + 1) << 48 | ++w->serial;
}

static void stamp_page(struct worker *w, unsigned int page)
{
	char *at = page_at(w, page);

	w->stamp[page] = fresh_stamp(w);
	*(volatile uint64_t *)at = w->stamp[page];
	*(volatile uint64_t *)(at + PAGE - 8) = w->stamp[page];
}

typedef int (*toucher)(struct worker *w, char *at, int write, uint64_t *value);

static int touch_here(struct worker *w, char *at, int write, uint64_t *value)
{
	return touch(at, write, value);
}

static void check_page(struct worker *w, unsigned int page, toucher by)
{
	char *at = page_at(w, page);
	uint64_t value = 0;
	int sig = by(w, at, 0, &value);

	if (w->state[page] == UNMAPPED) {
		w->done[FAULTS]++;
		if (sig != SIGSEGV)
			wrong(w, "an unmapped page was read", page, value, 0);
		return;
	}
	if (sig || value != w->stamp[page])
		wrong(w, sig ? "a mapped page faults" : "first word", page, value, w->stamp[page]);
	sig = by(w, at + PAGE - 8, 0, &value);
	if (sig || value != w->stamp[page])
		wrong(w, "last word", page, value, w->stamp[page]);
	if (w->state[page] != READ_ONLY)
		return;
	value = ~0UL;
	w->done[FAULTS]++;
	if (by(w, at, 1, &value) != SIGSEGV)
		wrong(w, "a read-only page was written", page, 0, 0);
}

static void check_range(struct worker *w, unsigned int first, unsigned int nr)
{
	for (unsigned int p = first; p < first + nr; p++)
		if (roll(w, 4) == 0)
			check_page(w, p, roll(w, 2) ? touch_elsewhere : touch_here);
}

/* ---- what a worker does ---- */

static void do_map(struct worker *w, unsigned int first, unsigned int nr)
{
	int shared = roll(w, 4) == 0;
	char *p = mmap(page_at(w, first), nr * PAGE, PROT_READ | PROT_WRITE,
		       MAP_FIXED | MAP_ANONYMOUS | MAP_PRIVATE | (shared ? MAP_POPULATE : 0), -1, 0);

	if (p == MAP_FAILED) {
		wrong(w, "mmap", first, (uint64_t)errno, 0);
		return;
	}
	for (unsigned int i = first; i < first + nr; i++) {
		w->state[i] = WRITABLE;
		w->stamp[i] = 0;
		if (roll(w, 3))
			stamp_page(w, i);
	}
	w->done[MAPS]++;
}

static void do_unmap(struct worker *w, unsigned int first, unsigned int nr)
{
	uint64_t value = 0;

	touch_elsewhere(w, page_at(w, first), 0, &value);       /* warm its translation */
	if (munmap(page_at(w, first), nr * PAGE))
		wrong(w, "munmap", first, (uint64_t)errno, 0);
	for (unsigned int i = first; i < first + nr; i++)
		w->state[i] = UNMAPPED;
	check_page(w, first, touch_elsewhere);
	w->done[UNMAPS]++;
}

static int all_mapped(const struct worker *w, unsigned int first, unsigned int nr)
{
	for (unsigned int i = first; i < first + nr; i++)
		if (w->state[i] == UNMAPPED)
			return 0;
	return 1;
}

static void do_protect(struct worker *w, unsigned int first, unsigned int nr)
{
	enum page_state state = roll(w, 2) ? READ_ONLY : WRITABLE;
	uint64_t value = w->stamp[first];

	if (!all_mapped(w, first, nr))
		return;
	if (w->state[first] == WRITABLE && touch_elsewhere(w, page_at(w, first), 1, &value))
		wrong(w, "a writable page faults", first, 0, 0);
	if (mprotect(page_at(w, first), nr * PAGE,
		     state == WRITABLE ? PROT_READ | PROT_WRITE : PROT_READ))
		wrong(w, "mprotect", first, (uint64_t)errno, 0);
	/* The first word may have been written above, so the last follows. */
	for (unsigned int i = first; i < first + nr; i++)
		w->state[i] = state;
	if (state == WRITABLE)
		stamp_page(w, first);
	check_page(w, first, touch_elsewhere);
	w->done[PROTECTS]++;
}

/* mremap takes one area only: what was mapped and protected at once. */
static void do_move(struct worker *w, unsigned int first, unsigned int nr)
{
	unsigned int to = roll(w, pages - nr + 1);

	if (to < first + nr && first < to + nr)
		return;
	do_map(w, first, nr);
	touch_elsewhere(w, page_at(w, first), 0, &(uint64_t){ 0 });
	if (mremap(page_at(w, first), nr * PAGE, nr * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   page_at(w, to)) != page_at(w, to))
		wrong(w, "mremap", first, (uint64_t)errno, 0);
	for (unsigned int i = 0; i < nr; i++) {
		w->stamp[to + i] = w->stamp[first + i];
		w->state[to + i] = WRITABLE;
		w->state[first + i] = UNMAPPED;
	}
	check_page(w, first, touch_elsewhere);
	check_page(w, to, touch_elsewhere);
	w->done[MOVES]++;
}

static void do_drop(struct worker *w, unsigned int first, unsigned int nr)
{
	if (!all_mapped(w, first, nr))
		return;
	if (madvise(page_at(w, first), nr * PAGE, MADV_DONTNEED))
		wrong(w, "madvise", first, (uint64_t)errno, 0);
	for (unsigned int i = first; i < first + nr; i++)
		w->stamp[i] = 0;
	check_page(w, first, touch_elsewhere);
	w->done[DROPS]++;
}

static void await(struct worker *w, pid_t child, const char *what)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		wrong(w, what, 0, (uint64_t)status, 0);
}

/* The child sees the stamps of the moment of the fork, and what it writes the parent never sees. */
static void do_fork(struct worker *w)
{
	pid_t child = fork();

	if (child < 0) {
		wrong(w, "fork", 0, (uint64_t)errno, 0);
		return;
	}
	if (!child) {
		w->wrong = 0;
		for (int round = 0; round < 2; round++)
			for (unsigned int p = 0; p < pages; p++) {
				check_page(w, p, touch_here);
				if (w->state[p] == WRITABLE && roll(w, 2))
					stamp_page(w, p);
			}
		_exit(w->wrong != 0);
	}
	for (unsigned int p = 0; p < pages; p++) {
		uint64_t value = fresh_stamp(w);

		if (w->state[p] != WRITABLE || roll(w, 2))
			continue;
		w->stamp[p] = value;
		if (touch_elsewhere(w, page_at(w, p), 1, &value) ||
		    touch_here(w, page_at(w, p) + PAGE - 8, 1, &value))
			wrong(w, "a write after fork faults", p, 0, 0);
	}
	await(w, child, "the child's view");
	w->done[FORKS]++;
}

static void do_exec(struct worker *w)
{
	char *const argv[] = { self, "exit", NULL };
	char *const envp[] = { NULL };
	pid_t child = roll(w, 2) ? vfork() : fork();

	if (!child) {
		execve("/proc/self/exe", argv, envp);
		_exit(9);
	}
	if (child < 0)
		wrong(w, "fork to exec", 0, (uint64_t)errno, 0);
	else
		await(w, child, "exec");
	w->done[EXECS]++;
}

/* A mapped file shrinks under a thread that has it mapped: SIGBUS; and grows: zeros. */
static void do_cut(struct worker *w)
{
	unsigned int keep = 1 + roll(w, FILE_PAGES - 1);
	char *last = w->file_map + (FILE_PAGES - 1) * PAGE;
	uint64_t stamp = fresh_stamp(w), value = stamp;

	if (touch_elsewhere(w, last, 1, &value))
		wrong(w, "a page of the file faults", FILE_PAGES - 1, 0, 0);
	if (pread(w->file, &value, 8, (FILE_PAGES - 1) * PAGE) != 8 || value != stamp)
		wrong(w, "read(2) of what was written to the map", FILE_PAGES - 1, value, stamp);
	if (ftruncate(w->file, (off_t)(keep * PAGE)))
		wrong(w, "ftruncate", keep, (uint64_t)errno, 0);
	if (touch_elsewhere(w, last, 0, &value) != SIGBUS)
		wrong(w, "a page that was cut off is read", FILE_PAGES - 1, value, 0);
	if (ftruncate(w->file, FILE_PAGES * PAGE))
		wrong(w, "ftruncate to grow", keep, (uint64_t)errno, 0);
	if (touch_elsewhere(w, last, 0, &value) || value)
		wrong(w, "a page grown again", FILE_PAGES - 1, value, 0);
	w->done[CUTS]++;
}

/* read(2) into the arena: as far as it is writable, and no byte further. */
static void do_copy(struct worker *w, unsigned int first, unsigned int nr)
{
	char *at = page_at(w, first);
	unsigned int room = 0;
	ssize_t n;

	while (room < nr && w->state[first + room] == WRITABLE)
		room++;
	if (lseek(w->file, 0, SEEK_SET))
		wrong(w, "lseek", 0, (uint64_t)errno, 0);
	n = read(w->file, at, nr * PAGE);
	if (n != (room ? (ssize_t)(room * PAGE) : -1))
		wrong(w, "read into the arena", first, (uint64_t)n, room * PAGE);
	for (unsigned int i = 0; i < room; i++)
		stamp_page(w, first + i);
	w->done[COPIES]++;
}

static void step(struct worker *w)
{
	unsigned int first = roll(w, pages), few = 1 + roll(w, 12), nr = few;

	if (nr > pages - first)
		nr = few = pages - first;
	if (piece && roll(w, 2)) {
		first -= first % piece;
		nr = piece;
	}
	if (piece == BLOCK && !roll(w, 40))
		do_unmap(w, 0, pages);
	switch (roll(w, 24)) {
	case 0 ... 5:   do_map(w, first, nr); break;
	case 6 ... 8:   do_unmap(w, first, nr); break;
	case 9 ... 12:  do_protect(w, first, nr); break;
	case 13 ... 14: do_move(w, first, nr); break;
	case 15 ... 16: do_drop(w, first, nr); break;
	case 17:        do_cut(w); break;
	case 18:
		if (piece != BLOCK || !roll(w, 4))
			do_fork(w);
		break;
	case 19:
		if (roll(w, 2))
			do_exec(w);
		break;
	default:        do_copy(w, first, few); break;
	}
	check_range(w, roll(w, pages - 8), 8);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!over)
		step(w);
	for (unsigned int p = 0; p < pages; p++)
		check_page(w, p, touch_elsewhere);
	hand_over(&w->ask, ASK_END);
	return NULL;
}

static int start(unsigned int number, uint64_t seed)
{
	struct worker *w = &workers[number];
	char name[32];

	w->number = number;
	w->random = seed * 0x9e3779b97f4a7c15UL + number + 1;
	w->arena = (char *)ARENA(number);
	snprintf(name, sizeof(name), "/tmp/smpstress.%u", number);
	/* One in two on the disk, the others in memory. */
	w->file = number % 2 ? memfd_create(name, 0) : open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (w->file < 0 || ftruncate(w->file, FILE_PAGES * PAGE))
		return -1;
	unlink(name);
	w->file_map = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, w->file, 0);
	if (w->file_map == MAP_FAILED)
		return -1;
	return pthread_create(&w->prober, NULL, probe, w) ||
	       pthread_create(&w->thread, NULL, work, w) ? -1 : 0;
}

/* Has somebody done each thing?  A busy host may not come to all of them in time. */
static int each_done(unsigned int nr)
{
	for (int t = 0; t < TALLIES; t++) {
		unsigned long sum = 0;

		for (unsigned int i = 0; i < nr; i++)
			sum += *(volatile unsigned long *)&workers[i].done[t];
		if (!sum)
			return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 10;
	unsigned int nr = argc > 2 ? (unsigned int)atoi(argv[2]) : 4;
	uint64_t seed = argc > 3 ? strtoul(argv[3], NULL, 0) : (uint64_t)time(NULL);
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	unsigned long sum[TALLIES] = { 0 }, wrongs = 0;
	struct timespec nap = { (time_t)seconds, 0 };

	self = argv[0];
	if (argc > 4 && !strcmp(argv[4], "blocks")) {
		piece = BLOCK;
	} else if (argc > 4) {
		piece = PIECE;
		pages = PAGES_MAX;
	}
	if (argc == 2 && !strcmp(argv[1], "exit"))
		return 0;
	if (nr > WORKERS_MAX)
		nr = WORKERS_MAX;
	printf("# %u seconds, %u workers, seed %lu\n", seconds, nr, seed);
	fflush(stdout);
	tap_limit(seconds * 6 + 60);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	for (unsigned int i = 0; i < nr; i++)
		if (!ok(start(i, seed) == 0, "worker %u starts", i))
			return tap_done();
	while (nanosleep(&nap, &nap) && errno == EINTR)
		;
	for (unsigned int more = 4 * seconds; more && !each_done(nr); more--)
		sleep(1);
	over = 1;
	for (unsigned int i = 0; i < nr; i++) {
		pthread_join(workers[i].thread, NULL);
		pthread_join(workers[i].prober, NULL);
		wrongs += workers[i].wrong;
		for (int t = 0; t < TALLIES; t++)
			sum[t] += workers[i].done[t];
	}
	ok(wrongs == 0, "every page held its stamp, and none that was not mapped (%lu wrong)", wrongs);
	for (int t = 0; t < TALLIES; t++)
		ok(sum[t] > 0, "%s, %lu times", tally_names[t], sum[t]);
	return tap_done();
}
