// SPDX-License-Identifier: MIT
/*
 * runner: each executable of a folder in turn, told to the host line by line.
 *
 * The guest's half of `make run-tests`; user/run_tests.py reads what it prints
 * and judges.  A C program and not a shell script, so that the limit is exact,
 * a test's output reaches the console while the test runs (a machine that dies
 * has then said why), and nothing a test leaves behind outlives it.
 *
 * What it prints, each line alone; every byte of a test is behind "@@ | ":
 *	@@ tests N		how many there are
 *	@@ run NAME		a test starts, in its folder, in a session of its own
 *	@@ | TEXT		a line it wrote to its standard output or error
 *	@@ end HOW N MS		exited STATUS, killed SIGNAL or late SECONDS; it took MS
 *
 * usage: runner FOLDER SECONDS [SKIP]      SKIP: so many tests are behind us already
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_LEN 4000
#define OUTPUT_MAX (256 << 10)  /* what one test may put on the console, which is slow */

struct output {
	char line[LINE_LEN];
	size_t len;
	size_t total;
};

static const char *folder;

static int tests_find(char ***names);
static void test_run(const char *name, int seconds);
static int test_start(const char *name, pid_t *pid);
static bool test_wait(pid_t pid, int fd, long deadline, int *status);
static bool output_read(struct output *out, int fd);
static void output_take(struct output *out, const char *bytes, size_t n);
static void output_line(struct output *out);

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void on_child(int sig)
{
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_child };
	sigset_t child;
	char **names;
	int n, skip;

	if (argc < 3) {
		fprintf(stderr, "usage: runner FOLDER SECONDS [SKIP]\n");
		return 2;
	}
	folder = argv[1];
	skip = argc > 3 ? atoi(argv[3]) : 0;
	/* A child's end interrupts ppoll() in test_wait() and nothing else. */
	sigaction(SIGCHLD, &sa, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	n = tests_find(&names);
	if (n < 0) {
		perror(folder);
		return 2;
	}
	printf("@@ tests %d\n", n);
	for (int i = skip; i < n; i++)
		test_run(names[i], atoi(argv[2]));
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The executable files of the folder, in the order of their bytes; what else lies there is theirs. */
static int tests_find(char ***names)
{
	DIR *dir = chdir(folder) ? NULL : opendir(".");
	struct dirent *entry;
	char **list = NULL;
	struct stat st;
	int n = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (stat(entry->d_name, &st) || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
			continue;
		list = realloc(list, (n + 1) * sizeof(*list));
		if (!list || !(list[n++] = strdup(entry->d_name)))
			return -1;
	}
	closedir(dir);
	if (n)
		qsort(list, n, sizeof(*list), by_name);
	*names = list;
	return n;
}

static void test_run(const char *name, int seconds)
{
	long start = now_ms();
	int status = 0, fd;
	bool late = false;
	pid_t pid;

	printf("@@ run %s\n", name);
	fflush(stdout);
	fd = test_start(name, &pid);
	if (fd < 0) {
		printf("@@ | runner: %s\n", strerror(errno));
		status = 127 << 8;
	} else {
		late = !test_wait(pid, fd, start + seconds * 1000L, &status);
		close(fd);
	}
	if (late)
		printf("@@ end late %d", seconds);
	else if (WIFSIGNALED(status))
		printf("@@ end killed %d", WTERMSIG(status));
	else
		printf("@@ end exited %d", WEXITSTATUS(status));
	printf(" %ld\n", now_ms() - start);
	fflush(stdout);
}

/* Start the test; the end of the pipe that its output comes from, or -1. */
static int test_start(const char *name, pid_t *pid)
{
	char path[strlen(name) + 3];
	sigset_t none;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	*pid = fork();
	if (*pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (*pid == 0) {
		setsid();
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		signal(SIGCHLD, SIG_DFL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		sprintf(path, "./%s", name);
		execl(path, path, (char *)NULL);
		dprintf(2, "runner: cannot execute %s: %s\n", name, strerror(errno));
		_exit(127);
	}
	close(fds[1]);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	return fds[0];
}

/*
 * Until the test has ended, or late; then nothing but init and this process is
 * left.  False: it was late.
 */
static bool test_wait(pid_t pid, int fd, long deadline, int *status)
{
	struct output out = { 0 };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool ended = false;
	sigset_t none;

	sigemptyset(&none);
	while (!(ended = waitpid(pid, status, WNOHANG) == pid)) {
		long before = now_ms(), left = deadline - before;
		struct timespec ts = { left / 1000, left % 1000 * 1000000 };

		if (left <= 0)
			break;
		ppoll(&p, 1, &ts, &none);
		if (!p.revents)
			continue;
		before = now_ms();
		if (!output_read(&out, fd))
			p.fd = -1;		/* closed by all: only its end is waited for */
		p.revents = 0;
		deadline += now_ms() - before;	/* the console's time is not the test's */
	}
	kill(-1, SIGKILL);
	if (!ended)
		waitpid(pid, status, 0);
	if (p.fd >= 0)
		output_read(&out, fd);
	if (out.len)
		output_line(&out);
	return ended;
}

/* All that is in the pipe now; false at its end. */
static bool output_read(struct output *out, int fd)
{
	char bytes[4096];
	ssize_t n;

	/* No more in one go than a pipe holds: a test that never stops writing is stopped too. */
	for (int i = 0; i < 16; i++) {
		n = read(fd, bytes, sizeof(bytes));
		if (n <= 0)
			break;
		output_take(out, bytes, n);
	}
	fflush(stdout);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void output_take(struct output *out, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && out->total <= OUTPUT_MAX; i++) {
		if (bytes[i] == '\n' || out->len == LINE_LEN)
			output_line(out);
		if (bytes[i] != '\n')
			out->line[out->len++] = bytes[i];
	}
}

static void output_line(struct output *out)
{
	fputs("@@ | ", stdout);
	fwrite(out->line, 1, out->len, stdout);
	putchar('\n');
	out->total += 6 + out->len;
	out->len = 0;
	if (out->total > OUTPUT_MAX)
		puts("@@ | runner: it printed more, which is left out");
}
