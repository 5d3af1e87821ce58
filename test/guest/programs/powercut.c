// SPDX-License-Identifier: MIT
/*
 * powercut DIR SEED: write, fsync, and say what is safe, until the power goes.
 *
 * Five processes at once; a line is printed only after the call that makes it true, and
 * what it takes back has left the machine before it is no more:
 *
 *	new NAME LEN SEED       a new file, fsynced: it is there, whole
 *	old NAME                about to be removed: forget it
 *	log LEN                 the log has so many bytes, fdatasynced
 *	version N               "current" was renamed over: it is whole, N or newer
 *	page N GENERATION       a page of "mapped", msynced: so old or newer
 *
 * Text I of a file of seed S is "SSSSSS:IIIIII\n" over and over.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

#include "tap.h"

#define UNIT    14
#define PAGE    4096
#define PAGES   48

static unsigned long seed;

static unsigned int below(unsigned int n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned int)(seed >> 33) % n;
}

/* One write(2), so that lines of several processes do not mix. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char line[128];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (write(1, line, n) != n)
		_exit(1);
}

static void must(long result, const char *what)
{
	if (result < 0) {
		say("BAD %s: %s\n", what, strerror(errno));
		_exit(1);
	}
}

/* Bytes [from, to) of the text of @s. */
static void put(int fd, int s, long from, long to)
{
	char buf[64 * UNIT + 1];

	while (from < to) {
		long unit = from / UNIT, skip = from % UNIT, len;

		for (int i = 0; i < 64; i++)
			sprintf(buf + i * UNIT, "%06d:%06ld\n", s, unit + i);
		len = 64 * UNIT - skip < to - from ? 64 * UNIT - skip : to - from;
		must(pwrite(fd, buf + skip, len, from), "pwrite");
		from += len;
	}
}

static void new_files(void)
{
	char name[32];

	for (int n = 0;; n++) {
		long len = 1 + below(below(8) ? 30000 : 300000);
		int fd;

		if (n >= 12) {
			sprintf(name, "a%d", n - 12);
			say("old %s\n", name);
			must(tcdrain(1), "tcdrain");
			must(unlink(name), "unlink");
		}
		sprintf(name, "a%d", n);
		fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);
		must(fd, "create");
		put(fd, n, 0, len);
		must(fsync(fd), "fsync");
		say("new %s %ld %d\n", name, len, n);
		close(fd);
	}
}

static void log_grows(void)
{
	int fd = open("log", O_RDWR | O_CREAT, 0644);
	long len = 0;

	must(fd, "log");
	for (;;) {
		long more = 1 + below(9000);

		put(fd, 999, len, len + more);
		len += more;
		must(fdatasync(fd), "fdatasync");
		say("log %ld\n", len);
	}
}

static void versions(void)
{
	int dir = open(".", O_RDONLY);

	for (int n = 0;; n++) {
		int fd = open("current.tmp", O_RDWR | O_CREAT | O_TRUNC, 0644);

		must(fd, "current.tmp");
		put(fd, n, 0, 10000 + below(20000));
		must(fsync(fd), "fsync");
		close(fd);
		must(rename("current.tmp", "current"), "rename");
		must(fsync(dir), "fsync of the directory");
		say("version %d\n", n);
	}
}

static void mapped(void)
{
	int fd = open("mapped", O_RDWR | O_CREAT, 0644);
	int *map;

	must(ftruncate(fd, PAGES * PAGE), "ftruncate");
	map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (int g = 1;; g++) {
		int n = below(PAGES);

		for (int i = 0; i < PAGE / 4; i++)
			map[n * (PAGE / 4) + i] = g;
		must(msync(map + n * (PAGE / 4), PAGE, MS_SYNC), "msync");
		say("page %d %d\n", n, g);
	}
}

/* Nothing of this is promised; it takes blocks and inodes, and gives them back. */
static void noise(void)
{
	char name[32];

	must(mkdir("noise", 0755), "mkdir");
	for (int n = 0;; n++) {
		int fd;

		sprintf(name, "noise/%d", below(20));
		fd = open(name, O_RDWR | O_CREAT, 0644);
		must(fd, "noise");
		put(fd, 7, 0, below(60000));
		must(ftruncate(fd, below(60000)), "ftruncate");
		close(fd);
		sprintf(name, "noise/%d", below(20));
		unlink(name);
		if (!below(50))
			sync();
		usleep(2000);
	}
}

int main(int argc, char **argv)
{
	static void (*const works[])(void) = { new_files, log_grows, versions, mapped, noise };
	int status;

	if (argc != 3 || chdir(argv[1]))
		return 99;
	say("writing\n");
	for (unsigned int i = 0; i < 5; i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, 9);
			seed = strtoul(argv[2], NULL, 0) * 1000 + i;
			works[i]();
		}
	}
	wait(&status);
	say("BAD one has ended\n");
	return 1;
}
