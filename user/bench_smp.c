// SPDX-License-Identifier: MIT
/*
 * How process virtual memory scales from one worker to two.
 *
 * One line a row: "smp <key> <ops/s of one worker> <ops/s of two>", each the
 * best of TRIES, taken in turn: what else the host does only ever takes away.
 * Workers are threads of one process where the row says so, and processes of
 * their own elsewhere; they begin together and count what they have done when
 * RUN_NS are over, so that neither waits for the other's end.  The rows of no
 * kernel show what the machine itself makes of two.
 *
 * With -n each of @workers does so many batches once, whatever time they take,
 * for who counts their instructions: "smp <key> <operations of all>".
 *
 * usage: bench_smp [key...]
 *        bench_smp -n batches workers key
 */
#define _GNU_SOURCE
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>

#define BATCH     64
#define WORKERS   2
#define TRIES     6
#define RUN_NS    150000000ULL
#define LINE      64
#define FILE_PATH "/var/tmp/bench_smp.data"

struct worker {
	const struct row *row;
	atomic_int *waiting;		/* workers that have yet to come to the start */
	char *area;
	int to[2], from[2];
	unsigned long ops;
	double ops_per_s;
};

struct row {
	const char *key;
	bool threads;
	void (*begin)(struct worker *w);
	unsigned long (*batch)(struct worker *w);	/* some operations; how many */
	void (*end)(struct worker *w);
};

/* What processes and their parent share. */
static struct shared {
	atomic_int waiting;
	struct worker workers[WORKERS];
} *shared;

static unsigned long batches;	/* that each worker does; 0: as many as RUN_NS have room for */
static int data_fd;
static char *lines;		/* a page that all workers share */

static void nothing(struct worker *w)
{
	(void)w;
}

/* Anonymous write faults, 2 MiB at a time. */

static void anon_begin(struct worker *w)
{
	w->area = map_anon(SIZE);
}

static unsigned long anon_batch(struct worker *w)
{
	write_pages(w->area, NPAGES);
	if (madvise(w->area, SIZE, MADV_DONTNEED) != 0)
		die("madvise");
	return NPAGES;
}

static void area_end(struct worker *w)
{
	munmap(w->area, SIZE);
}

/* Read faults on a cached file that all workers map. */

static void file_begin(struct worker *w)
{
	w->area = map(SIZE, PROT_READ, MAP_SHARED, data_fd);
	madvise(w->area, SIZE, MADV_RANDOM);
}

static unsigned long file_batch(struct worker *w)
{
	read_pages(w->area, NPAGES);
	if (madvise(w->area, SIZE, MADV_DONTNEED) != 0)
		die("madvise");
	return NPAGES;
}

static unsigned long map_batch(struct worker *w)
{
	(void)w;
	for (int i = 0; i < BATCH; i++) {
		char *p = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

		*(volatile char *)p = 1;
		if (munmap(p, PAGE) != 0)
			die("munmap");
	}
	return BATCH;
}

static unsigned long fork_batch(struct worker *w)
{
	int status;
	pid_t pid = fork();

	(void)w;
	if (pid < 0)
		die("fork");
	if (pid == 0)
		_exit(0);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return 1;
}

/* One byte there and back between the worker and a child of its own. */

static void pipe_begin(struct worker *w)
{
	char c;
	pid_t pid;

	if (pipe(w->to) != 0 || pipe(w->from) != 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(w->to[1]);
		while (read(w->to[0], &c, 1) == 1)
			if (write(w->from[1], &c, 1) != 1)
				break;
		_exit(0);
	}
}

static unsigned long pipe_batch(struct worker *w)
{
	char c = 1;

	for (int i = 0; i < BATCH; i++)
		if (write(w->to[1], &c, 1) != 1 || read(w->from[0], &c, 1) != 1)
			die("pipe");
	return BATCH;
}

static void pipe_end(struct worker *w)
{
	close(w->to[1]);
	wait(NULL);
	close(w->to[0]);
	close(w->from[0]);
	close(w->from[1]);
}

/* No kernel: instructions, stores to pages that are there, and words that the other changes too. */

static unsigned long loop_batch(struct worker *w)
{
	(void)w;
	for (int i = 0; i < 100000; i++)
		__asm__ volatile("" ::: "memory");
	return 100000;
}

static unsigned long stores_batch(struct worker *w)
{
	for (size_t i = 0; i < NPAGES; i++)
		memset(w->area + i * PAGE, (int)i, PAGE);
	return NPAGES;
}

static unsigned long lines_batch(struct worker *w)
{
	(void)w;
	for (int n = 0; n < 1000; n++)
		for (size_t i = 0; i < PAGE; i += LINE)
			__atomic_fetch_add((int *)(lines + i), 1, __ATOMIC_RELAXED);
	return 1000 * (PAGE / LINE);
}

static const struct row rows[] = {
	{ "loop", false, nothing, loop_batch, nothing },
	{ "stores", false, anon_begin, stores_batch, area_end },
	{ "lines", false, nothing, lines_batch, nothing },
	{ "anon_threads", true, anon_begin, anon_batch, area_end },
	{ "anon_processes", false, anon_begin, anon_batch, area_end },
	{ "file_threads", true, file_begin, file_batch, area_end },
	{ "file_processes", false, file_begin, file_batch, area_end },
	{ "map_threads", true, nothing, map_batch, nothing },
	{ "map_processes", false, nothing, map_batch, nothing },
	{ "fork_processes", false, nothing, fork_batch, nothing },
	{ "pipe_pairs", false, pipe_begin, pipe_batch, pipe_end },
};

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned long done = 0;
	uint64_t start, t;

	w->row->begin(w);
	w->row->batch(w);
	atomic_fetch_sub(w->waiting, 1);
	while (atomic_load(w->waiting) > 0)
		sched_yield();
	start = now();
	do {
		w->ops += w->row->batch(w);
		t = now();
	} while (batches ? ++done < batches : t - start < RUN_NS);
	w->ops_per_s = w->ops * 1e9 / (t - start);
	w->row->end(w);
	return NULL;
}

static void run_threads(int n)
{
	pthread_t ids[WORKERS];

	for (int i = 0; i < n; i++)
		if (pthread_create(&ids[i], NULL, work, &shared->workers[i]) != 0)
			die("pthread_create");
	for (int i = 0; i < n; i++)
		pthread_join(ids[i], NULL);
}

static void run_processes(int n)
{
	int status;

	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			work(&shared->workers[i]);
			_exit(0);
		}
	}
	for (int i = 0; i < n; i++)
		if (wait(&status) < 0 || status != 0)
			die("worker");
}

/* Operations a second of @n workers together. */
static double throughput(const struct row *row, int n)
{
	double sum = 0;

	atomic_store(&shared->waiting, n);
	for (int i = 0; i < n; i++)
		shared->workers[i] = (struct worker){ .row = row, .waiting = &shared->waiting };
	if (row->threads)
		run_threads(n);
	else
		run_processes(n);
	for (int i = 0; i < n; i++)
		sum += shared->workers[i].ops_per_s;
	return sum;
}

static void measure(const struct row *row)
{
	double best[2] = { 0, 0 };

	for (int try = 0; try < TRIES; try++)
		for (int i = 0; i < 2; i++) {
			double found = throughput(row, i ? WORKERS : 1);

			if (found > best[i])
				best[i] = found;
		}
	printf("smp %s %.0f %.0f\n", row->key, best[0], best[1]);
	fflush(stdout);
}

/* @n workers once, each so many batches. */
static void count(const struct row *row, int n)
{
	unsigned long ops = 0;

	throughput(row, n);
	for (int i = 0; i < n; i++)
		ops += shared->workers[i].ops;
	printf("smp %s %lu\n", row->key, ops);
	fflush(stdout);
}

static bool wanted(int argc, char **argv, const char *key)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], key) == 0)
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	int workers = WORKERS;

	shared = (struct shared *)map(sizeof(*shared), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1);
	lines = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	data_fd = data_file(FILE_PATH);
	if (argc == 5 && strcmp(argv[1], "-n") == 0) {
		batches = strtoul(argv[2], NULL, 10);
		workers = atoi(argv[3]) == 1 ? 1 : WORKERS;
		argv += 3;
		argc -= 3;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (wanted(argc, argv, rows[i].key)) {
			if (batches)
				count(&rows[i], workers);
			else
				measure(&rows[i]);
		}
	unlink(FILE_PATH);
	return 0;
}
