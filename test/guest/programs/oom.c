// SPDX-License-Identifier: MIT
/*
 * Out of memory: who is killed, that the others are not, and what /proc says of it.
 *
 * Run as root on a machine of its own, without swap: it fills the memory several times.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "figures.h"
#include "tap.h"

#define PAGE 4096L
#define MIB (1L << 20)

static long available(void)
{
	return meminfo("MemAvailable:") << 10;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), err;

	if (fd < 0)
		return errno;
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return err;
}

static long get(const char *path)
{
	char buf[32] = "";
	int fd = open(path, O_RDONLY);

	if (read(fd, buf, sizeof(buf) - 1) < 0)
		return -99999;
	close(fd);
	return atol(buf);
}

static void adjust(int adj)
{
	char text[16];

	sprintf(text, "%d", adj);
	if (put("/proc/self/oom_score_adj", text))
		_exit(97);
}

struct process {
	pid_t pid;
	int said;       /* it says 1 when it has what it was to take */
};

static void fill(char *p, long len, long seed)
{
	for (long at = 0; at < len; at += PAGE)
		*(long *)(p + at) = seed + at;
}

static bool filled(const char *p, long len, long seed)
{
	for (long at = 0; at < len; at += PAGE)
		if (*(long *)(p + at) != seed + at)
			return false;
	return true;
}

/* A process that takes @len bytes (-1: all it can get) and keeps them right until it is told to go. */
static struct process take(long len, int adj)
{
	int p[2], err = pipe(p);
	struct process it = { .pid = fork(), .said = p[0] };
	long room = len < 0 ? 1L << 34 : len;
	sigset_t set;
	char *mem;
	int sig;

	if (err || it.pid) {
		close(p[1]);
		return it;
	}
	adjust(adj);
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);     /* before it says that it waits */
	mem = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	fill(mem, room, getpid());
	if (write(p[1], "1", 1) != 1)
		_exit(1);
	sigwait(&set, &sig);
	_exit(filled(mem, room, getpid()) ? 42 : 43);
}

static bool ready(struct process *it)
{
	char c;

	return read(it->said, &c, 1) == 1;
}

static int ended(struct process *it)
{
	int status = -1;

	waitpid(it->pid, &status, 0);
	close(it->said);
	return status;
}

static bool was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* It is alive, and its memory is as it was. */
static bool survived(struct process *it)
{
	int status;

	kill(it->pid, SIGUSR1);
	status = ended(it);
	return WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

static void a_hog_dies_and_nobody_else(void)
{
	struct process small = take(4 * MIB, 0), hog;

	ready(&small);
	hog = take(-1, 0);
	ok(was_killed(ended(&hog)), "who takes all memory is killed");
	ok(survived(&small), "a small process is not");
	ok(available() > 16 * MIB, "and the memory is back");
}

static void never_is_never(void)
{
	struct process kept = take(available() / 2, -1000), hog;

	ready(&kept);
	hog = take(-1, 0);
	ok(was_killed(ended(&hog)), "the one with less is killed,");
	ok(survived(&kept), "when the larger may never be (oom_score_adj -1000)");
}

static void always_is_first(void)
{
	struct process first = take(8 * MIB, 1000), hog;

	ready(&first);
	hog = take(-1, 0);
	ok(was_killed(ended(&first)), "oom_score_adj 1000 goes first, however small");
	ok(was_killed(ended(&hog)), "and the hog after it");
}

static void the_one_who_asks(void)
{
	struct process large, hog;

	put("/proc/sys/vm/oom_kill_allocating_task", "1");
	large = take(available() * 6 / 10, 0);
	ready(&large);
	hog = take(-1, 0);
	ok(was_killed(ended(&hog)), "oom_kill_allocating_task: who asks is killed,");
	ok(survived(&large), "and not the largest");
	put("/proc/sys/vm/oom_kill_allocating_task", "0");
}

static void many_at_once(void)
{
	struct process hog[6];
	long size = available() * 4 / 10;       /* asked once: the first to run leave less for the others */
	int dead = 0;

	for (int i = 0; i < 6; i++)
		hog[i] = take(size, 0);
	for (int i = 0; i < 6; i++) {
		if (!ready(&hog[i])) {
			dead += was_killed(ended(&hog[i]));
			hog[i].pid = 0;
		}
	}
	for (int i = 0; i < 6; i++)
		if (hog[i].pid && !survived(&hog[i]))
			dead++;
	ok(dead >= 3, "of six that take 240 %% some are killed (%d)", dead);
	ok(dead <= 5, "and not all");
}

static void scores(void)
{
	struct process large = take(available() / 2, 0);
	char path[64];
	long score, half;

	ready(&large);
	sprintf(path, "/proc/%d/oom_score", large.pid);
	score = get(path);
	ok(score > get("/proc/self/oom_score"), "the larger has the higher oom_score (%ld)", score);
	sprintf(path, "/proc/%d/oom_score_adj", large.pid);
	put(path, "500");
	sprintf(path, "/proc/%d/oom_score", large.pid);
	half = get(path);
	ok(half > score + 300 && half < score + 360, "oom_score_adj 500 adds a third of 1000");
	ok(get("/proc/1/oom_score") == 0, "that of process 1 is 0");
	ok(survived(&large), "and nothing has happened to it");
}

static void settings(void)
{
	const char *adj = "/proc/self/oom_score_adj", *old = "/proc/self/oom_adj";
	int status;

	ok(put(adj, "1001") == EINVAL && put(adj, "-1001") == EINVAL && put(adj, "x") == EINVAL,
	   "oom_score_adj is a number from -1000 to 1000");
	ok(!put(old, "-17") && get(adj) == -1000 && get("/proc/self/oom_score") == 0,
	   "oom_adj -17 is -1000, and that has a score of 0");
	ok(!put(old, "15") && get(adj) == 1000 && get(old) == 15, "15 is 1000");
	ok(!put(old, "5") && get(adj) == 294 && get(old) == 4, "5 is 294, and reads as 4");
	ok(put(old, "16") == EINVAL && put(old, "-18") == EINVAL, "others are EINVAL");
	ok(!put(adj, " 100\n") && get(adj) == 100, "spaces do no harm");
	if (fork() == 0) {
		if (setuid(1000))
			_exit(1);
		_exit(put(adj, "300") || put(adj, "100") || put(adj, "99") != EACCES || get(adj) != 100);
	}
	wait(&status);
	ok(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 1),
	   "without privilege it goes up, and back to where root put it");
	put(adj, "0");
}

int main(void)
{
	settings();
	scores();
	a_hog_dies_and_nobody_else();
	never_is_never();
	always_is_first();
	the_one_who_asks();
	many_at_once();
	return tap_done();
}
