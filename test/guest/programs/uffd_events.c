// SPDX-License-Identifier: MIT
/*
 * userfaultfd tells of more than faults: fork, mremap, munmap and madvise of what is registered;
 * and the features that change how a fault is told.
 */
#define _GNU_SOURCE
#include "uffd.h"

#include <sys/wait.h>

/* ---- how a fault is told ---- */

static void features(void)
{
	int fd = u_new(UFFD_FEATURE_SIGBUS), pipes[2];
	char *p = area(4);
	struct toucher *t;
	struct uffd_msg m;

	u_register(fd, p, 4 * PG, MISSING);
	gives(-SIGBUS, peek(p));
	gives(-SIGBUS, poke(p, 1));
	gives(0, u_poll(fd));
	pipe(pipes);
	gives(-EFAULT, RESULT(write(pipes[1], p, 1)));
	gives(0, u_copy(fd, p, page_of(4), PG, 0));
	gives(4, peek(p));
	close(fd);
	gives(0, peek(p + PG));
	munmap(p, 4 * PG);

	fd = u_new(UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_EXACT_ADDRESS);
	p = area(4);
	u_register(fd, p, 4 * PG, MISSING);
	t = touch_begin(p + 96, 0, 0);
	ok(u_next(fd, &m) && m.arg.pagefault.feat.ptid == (uint32_t)t->tid, "THREAD_ID");
	ok(m.arg.pagefault.address == (uintptr_t)p + 96, "EXACT_ADDRESS");
	gives(0, u_copy(fd, p, page_of(4), PG, 0));
	gives(4, touch_end(t));
	close(fd);
	munmap(p, 4 * PG);
	fd = u_new(0);
	p = area(1);
	u_register(fd, p, PG, MISSING);
	t = touch_begin(p, 0, 0);
	ok(u_next(fd, &m) && m.arg.pagefault.feat.ptid == 0, "without it none");
	u_zero(fd, p, PG, 0);
	touch_end(t);
	close(fd);
	munmap(p, PG);
}

/* ---- a thread that does something to registered memory ---- */

struct deed {
	pthread_t th;
	long (*what)(char *at);
	char *at;
	long result;
	volatile int done;
};

static void *deed_runs(void *arg)
{
	struct deed *d = arg;

	d->result = RESULT(d->what(d->at));
	d->done = 1;
	return NULL;
}

static struct deed *deed_begin(long (*what)(char *), char *at)
{
	struct deed *d = calloc(1, sizeof(*d));

	d->what = what;
	d->at = at;
	pthread_create(&d->th, NULL, deed_runs, d);
	return d;
}

static long deed_end(struct deed *d)
{
	long r;

	pthread_join(d->th, NULL);
	r = d->result;
	free(d);
	return r;
}

/* The call goes on once its message is read; till then COPY says EAGAIN. */
static long copy_later(int fd, void *at, uint64_t v)
{
	long r;

	while ((r = u_copy(fd, at, page_of(v), PG, 0)) == -EAGAIN)
		;
	return r;
}

/* ---- REMOVE ---- */

static long dontneed(char *at) { return madvise(at, 2 * PG, MADV_DONTNEED); }
static long set_free(char *at) { return madvise(at, 2 * PG, MADV_FREE); }
static long punch(char *at) { return madvise(at, 2 * PG, MADV_REMOVE); }

static void removed(void)
{
	long (*const ways[])(char *) = { dontneed, set_free, punch };
	int fd = u_new(UFFD_FEATURE_EVENT_REMOVE);
	struct deed *d;

	for (int i = 0; i < 3; i++) {
		char *p = i < 2 ? area(4) : mmap(NULL, 4 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		memset(p, 1, 4 * PG);
		u_register(fd, p, 4 * PG, MISSING);
		d = deed_begin(ways[i], p + PG);
		while (!u_poll(fd))
			usleep(1000);
		usleep(20000);
		ok(!d->done && (i == 2 || peek(p + PG)), "way %d waits, and nothing has gone", i);
		gives(-EAGAIN, u_copy(fd, p, page_of(1), PG, 0));
		gives(-EAGAIN, u_done);
		gives(-EAGAIN, u_zero(fd, p, PG, 0));
		gives(-EAGAIN, u_done);
		ok(u_tells(fd, UFFD_EVENT_REMOVE, p + PG, p + 3 * PG), "REMOVE %d", i);
		gives(0, deed_end(d));
		if (i != 1) {
			gives(0, copy_later(fd, p + PG, 9));
			gives(9, peek(p + PG));
		}
		munmap(p, 4 * PG);
	}
	close(fd);
}

/* Two areas, one of them not registered: told once, with the part that is. */
static void removed_in_part(void)
{
	int fd = u_new(UFFD_FEATURE_EVENT_REMOVE);
	char *p = area(4);
	struct deed *d;

	u_register(fd, p + 2 * PG, 2 * PG, MISSING);
	d = deed_begin(dontneed, p + PG);
	ok(u_tells(fd, UFFD_EVENT_REMOVE, p + 2 * PG, p + 3 * PG), "the part that is registered");
	gives(0, deed_end(d));
	gives(0, madvise(p, 2 * PG, MADV_DONTNEED));
	d = deed_begin(dontneed, p + 2 * PG);
	while (!u_poll(fd))
		usleep(1000);
	close(fd);
	gives(0, deed_end(d));
	munmap(p, 4 * PG);
}

/* ---- UNMAP ---- */

static long unmap(char *at) { return munmap(at, 3 * PG); }
static long map_over(char *at) { return (long)mmap(at, PG, RW, ANON | MAP_FIXED, -1, 0) - (long)at; }

static void unmapped(void)
{
	int fd = u_new(UFFD_FEATURE_EVENT_UNMAP);
	char *p = area(8);
	struct deed *d;

	u_register(fd, p + 2 * PG, 6 * PG, MISSING);
	gives(0, munmap(p, PG));
	d = deed_begin(unmap, p + PG);
	ok(u_tells(fd, UFFD_EVENT_UNMAP, p + PG, p + 4 * PG), "UNMAP tells the whole of the call");
	gives(0, deed_end(d));
	d = deed_begin(map_over, p + 5 * PG);
	while (!u_poll(fd))
		usleep(1000);
	gives(0, d->done);
	gives(-EAGAIN, u_copy(fd, p + 6 * PG, page_of(1), PG, 0));
	ok(u_tells(fd, UFFD_EVENT_UNMAP, p + 5 * PG, p + 6 * PG), "by mmap(MAP_FIXED) too");
	gives(0, deed_end(d));
	gives(0, copy_later(fd, p + 6 * PG, 3));
	d = deed_begin(unmap, p + 5 * PG);
	while (!u_poll(fd))
		usleep(1000);
	close(fd);
	gives(0, deed_end(d));
}

/* ---- REMAP ---- */

static char *there;

static long shift(char *at)
{
	return (long)mremap(at, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, there) - (long)there;
}
static long keep(char *at)
{
	return (long)mremap(at, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, there) -
	       (long)there;
}
static long shrink(char *at) { return (long)mremap(at, 2 * PG, PG, 0) - (long)at; }

static void remapped(void)
{
	int fd = u_new(UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_UNMAP);
	char *p = area(4), *room = area(8);
	struct toucher *t;
	struct uffd_msg m;
	struct deed *d;

	u_register(fd, p, 4 * PG, MISSING);
	there = room;
	d = deed_begin(shift, p);
	ok(u_next(fd, &m) && m.event == UFFD_EVENT_REMAP && m.arg.remap.from == (uintptr_t)p &&
	   m.arg.remap.to == (uintptr_t)there && m.arg.remap.len == 2 * PG, "REMAP: from, to, length");
	ok(u_tells(fd, UFFD_EVENT_UNMAP, p, p + 2 * PG), "and UNMAP of where it was");
	gives(0, deed_end(d));
	gives(1, has_vmflag(there, " um"));
	t = touch_begin(there, 0, 0);
	ok(u_fault(fd, there, 0), "a fault at the new place");
	gives(0, copy_later(fd, there, 8));
	gives(8, touch_end(t));
	p += 2 * PG;
	there = room + 4 * PG;
	d = deed_begin(keep, p);
	ok(u_next(fd, &m) && m.event == UFFD_EVENT_REMAP, "MREMAP_DONTUNMAP");
	gives(0, deed_end(d));
	gives(1, has_vmflag(there, " um"));
	gives(1, has_vmflag(p, " um"));
	d = deed_begin(shrink, p);
	ok(u_next(fd, &m) && m.event == UFFD_EVENT_UNMAP && m.arg.remove.start == (uintptr_t)p + PG,
	   "one that shrinks is unmapped in part");
	gives(0, deed_end(d));
	close(fd);
	munmap(room, 8 * PG);
	munmap(p, PG);

	fd = u_new(0);
	p = area(4);
	room = area(8);
	there = room;
	u_register(fd, p, 4 * PG, MISSING);
	gives(0, shift(p));
	gives(0, has_vmflag(there, " um"));
	gives(0, peek(there));
	p += 2 * PG;
	munmap(p + PG, PG);
	gives(p, RESULT(mremap(p, PG, 2 * PG, 0)));
	gives(1, has_vmflag(p, " um"));
	gives(1, areas_in(p, 2 * PG));
	close(fd);
	munmap(p, 2 * PG);
	munmap(room, 8 * PG);
}

/* ---- FORK ---- */

static int begin[2], end[2];

static long fork_reads(char *at)
{
	pid_t pid = fork();

	if (!pid) {
		long v;
		char c;

		read(begin[0], &c, 1);
		v = peek(at);
		write(end[1], &v, 8);
		read(begin[0], &c, 1);
		_exit(0);
	}
	return pid;
}

static void forked(void)
{
	int fd = u_new(UFFD_FEATURE_EVENT_FORK), ufd, status;
	char *p = area(4), path[64];
	struct uffd_msg m;
	struct deed *d;
	long v = 0;
	pid_t pid;

	pipe(begin);
	pipe(end);
	u_register(fd, p, 4 * PG, MISSING);
	u_copy(fd, p + PG, page_of(6), PG, 0);
	d = deed_begin(fork_reads, p);
	while (!u_poll(fd))
		usleep(1000);
	usleep(20000);
	gives(0, d->done);
	ok(u_next(fd, &m) && m.event == UFFD_EVENT_FORK, "FORK");
	ufd = (int)m.arg.fork.ufd;
	pid = (pid_t)deed_end(d);
	ok(pid > 0 && ufd > fd && fcntl(ufd, F_GETFD) == FD_CLOEXEC && fcntl(ufd, F_GETFL) & O_NONBLOCK,
	   "a descriptor for the child, with the flags of this one");
	gives(-EINVAL, u_api(ufd, 0));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ufd);
	ok(strstr(slurp(path), "API:\taa:80000002:") != NULL, "it has the same features");
	write(begin[1], "x", 1);
	ok(u_fault(ufd, p, 0), "the child's fault is told there");
	gives(0, u_poll(fd));
	gives(0, u_copy(ufd, p, page_of(12), PG, 0));
	gives(8, RESULT(read(end[0], &v, 8)));
	gives(12, v);
	gives(0, u_copy(fd, p, page_of(13), PG, 0));
	gives(13, peek(p));
	write(begin[1], "x", 1);
	waitpid(pid, &status, 0);
	gives(-ESRCH, u_copy(ufd, p + 2 * PG, page_of(1), PG, 0));
	close(ufd);
	close(fd);

	/* Nobody reads of it: a fork that can only be killed. */
	pid = fork();
	if (!pid) {
		fd = u_new(UFFD_FEATURE_EVENT_FORK);
		u_register(fd, area(1), PG, MISSING);
		fork_reads(p);
		_exit(0);
	}
	only_killed(pid);
	munmap(p, 4 * PG);
}

int main(void)
{
	tap_limit(60);
	catch_faults();
	features();
	removed();
	removed_in_part();
	unmapped();
	remapped();
	forked();
	return tap_done();
}
