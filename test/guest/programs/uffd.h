// SPDX-License-Identifier: MIT
/*
 * userfaultfd(2) for the programs that ask about it: the calls in short, a thread that touches a
 * page, and what Linux 6.12's header has beyond that of the compiler's libc.
 */
#ifndef UFFD_H
#define UFFD_H

#include "catch.h"
#include "tap.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PG              4096UL
#define RW              (PROT_READ | PROT_WRITE)
#define ANON            (MAP_PRIVATE | MAP_ANONYMOUS)

#define MISSING         UFFDIO_REGISTER_MODE_MISSING
#define WP              UFFDIO_REGISTER_MODE_WP
#define MINOR           UFFDIO_REGISTER_MODE_MINOR

struct u_poison { struct uffdio_range range; uint64_t mode; int64_t updated; };
struct u_move { uint64_t dst, src, len, mode; int64_t move; };

#define U_FEATURE_POISON        (1UL << 14)
#define U_FEATURE_WP_ASYNC      (1UL << 15)
#define U_FEATURE_MOVE          (1UL << 16)
#define U_IOC_NEW               _IO(0xAA, 0x00)
#define U_IOC_MOVE              _IOWR(0xAA, 0x05, struct u_move)
#define U_IOC_POISON            _IOWR(0xAA, 0x08, struct u_poison)

/* The result of a call as one number: 0 or above, or -errno. */
#define RESULT(call) ({ errno = 0; long r_ = (long)(call); r_ == -1 ? -errno : r_; })

/* The call gives this (-errno where it fails); says what came instead. */
#define gives(want, call)                                                                       \
	do {                                                                                    \
		long got_ = (call);                                                             \
		if (!ok(got_ == (long)(want), "%s: %s", #call, #want))                          \
			printf("# got %ld (%s)\n", got_, got_ < 0 ? strerror((int)-got_) : ""); \
	} while (0)

static inline int u_open(int flags)
{
	return (int)syscall(SYS_userfaultfd, flags);
}

static inline long u_api(int fd, uint64_t features)
{
	struct uffdio_api a = { .api = UFFD_API, .features = features };

	return RESULT(ioctl(fd, UFFDIO_API, &a));
}

/* One with these features, not waiting on read. */
static inline int u_new(uint64_t features)
{
	int fd = u_open(O_CLOEXEC | O_NONBLOCK);

	if (u_api(fd, features))
		printf("# no userfaultfd with features %#lx\n", features);
	return fd;
}

static inline long u_register(int fd, void *at, size_t len, uint64_t mode)
{
	struct uffdio_register r = { .range = { (uintptr_t)at, len }, .mode = mode };
	long err = RESULT(ioctl(fd, UFFDIO_REGISTER, &r));

	return err ? err : (long)r.ioctls;
}

static inline long u_range(int fd, unsigned long call, void *at, size_t len)
{
	struct uffdio_range r = { (uintptr_t)at, len };

	return RESULT(ioctl(fd, call, &r));
}
#define u_unregister(fd, at, len)       u_range(fd, UFFDIO_UNREGISTER, at, len)
#define u_wake(fd, at, len)             u_range(fd, UFFDIO_WAKE, at, len)

/* What the last of the filling calls said of itself: bytes done, or -errno; 77: nothing. */
static int64_t u_done;

static inline long u_copy(int fd, void *dst, const void *src, size_t len, uint64_t mode)
{
	struct uffdio_copy c = { (uintptr_t)dst, (uintptr_t)src, len, mode, 77 };
	long err = RESULT(ioctl(fd, UFFDIO_COPY, &c));

	u_done = c.copy;
	return err;
}

static inline long u_zero(int fd, void *dst, size_t len, uint64_t mode)
{
	struct uffdio_zeropage z = { { (uintptr_t)dst, len }, mode, 77 };
	long err = RESULT(ioctl(fd, UFFDIO_ZEROPAGE, &z));

	u_done = z.zeropage;
	return err;
}

static inline long u_continue(int fd, void *dst, size_t len, uint64_t mode)
{
	struct uffdio_continue c = { { (uintptr_t)dst, len }, mode, 77 };
	long err = RESULT(ioctl(fd, UFFDIO_CONTINUE, &c));

	u_done = c.mapped;
	return err;
}

static inline long u_poison(int fd, void *dst, size_t len, uint64_t mode)
{
	struct u_poison p = { { (uintptr_t)dst, len }, mode, 77 };
	long err = RESULT(ioctl(fd, U_IOC_POISON, &p));

	u_done = p.updated;
	return err;
}

static inline long u_move(int fd, void *dst, void *src, size_t len, uint64_t mode)
{
	struct u_move m = { (uintptr_t)dst, (uintptr_t)src, len, mode, 77 };
	long err = RESULT(ioctl(fd, U_IOC_MOVE, &m));

	u_done = m.move;
	return err;
}

/* The next message within five seconds; 0 when none came. */
static inline int u_next(int fd, struct uffd_msg *m)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	memset(m, 0, sizeof(*m));
	return poll(&p, 1, 5000) == 1 && read(fd, m, sizeof(*m)) == sizeof(*m);
}

/* What poll says now. */
static inline int u_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 ? p.revents : 0;
}

/* The next message is a fault of the page at @at (write: @write). */
static inline int u_fault(int fd, const void *at, int write)
{
	struct uffd_msg m;
	uint64_t flags = write ? UFFD_PAGEFAULT_FLAG_WRITE : 0;

	if (u_next(fd, &m) && m.event == UFFD_EVENT_PAGEFAULT &&
	    m.arg.pagefault.address == (uintptr_t)at && m.arg.pagefault.flags == flags)
		return 1;
	printf("# message %#x at %#llx, flags %#llx, wanted %p\n", m.event, m.arg.pagefault.address,
	       m.arg.pagefault.flags, at);
	return 0;
}

/* A thread that reads (writes value) at @at, and waits there. */
struct toucher {
	pthread_t th;
	char *at;
	int write;
	uint64_t value;
	volatile int sig, done, tid;
};

static inline void *toucher_runs(void *arg)
{
	struct toucher *t = arg;
	uint64_t v = t->value;

	t->tid = (int)syscall(SYS_gettid);
	t->sig = touch(t->at, t->write, &v);
	t->value = v;
	t->done = 1;
	return NULL;
}

static inline struct toucher *touch_begin(void *at, int write, uint64_t value)
{
	struct toucher *t = calloc(1, sizeof(*t));

	t->at = at;
	t->write = write;
	t->value = value;
	pthread_create(&t->th, NULL, toucher_runs, t);
	return t;
}

/* It has gone on: what it read; or minus the signal that it got. */
static inline long touch_end(struct toucher *t)
{
	long r;

	pthread_join(t->th, NULL);
	r = t->sig ? -t->sig : (long)t->value;
	free(t);
	return r;
}

static inline void catch_faults(void)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

/* What reading at @at gives; minus a signal. */
static inline long peek(void *at)
{
	uint64_t v = 0;
	int sig = touch(at, 0, &v);

	return sig ? -sig : (long)v;
}

static inline long poke(void *at, uint64_t v)
{
	return -touch(at, 1, &v);
}

static inline char *area(size_t pages)
{
	return mmap(NULL, pages * PG, RW, ANON, -1, 0);
}

/* A page whose first word is @v. */
static inline void *page_of(uint64_t v)
{
	static __thread uint64_t page[512] __attribute__((aligned(4096)));

	for (int i = 0; i < 512; i++)
		page[i] = v;
	return page;
}

/* The next message is @event, of [start, end). */
static inline int u_tells(int fd, unsigned int event, const char *start, const char *end)
{
	struct uffd_msg m;

	return u_next(fd, &m) && m.event == event && m.arg.remove.start == (uintptr_t)start &&
	       m.arg.remove.end == (uintptr_t)end;
}

/* A child that waits for a page for ever: it is there, and ends by SIGKILL. */
static inline void only_killed(pid_t pid)
{
	int status;

	usleep(100000);
	gives(0, waitpid(pid, &status, WNOHANG));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	gives(SIGKILL, status);
}

/* A file of /proc in a buffer. */
static inline char *slurp(const char *path)
{
	static char text[1 << 16];
	int fd = open(path, O_RDONLY);
	ssize_t n, done = 0;

	while (fd >= 0 && (n = read(fd, text + done, sizeof(text) - 1 - (size_t)done)) > 0)
		done += n;
	text[done] = 0;
	close(fd);
	return text;
}

/* Has the area of @at this mark in the VmFlags of smaps? */
static inline int has_vmflag(const void *at, const char *mark)
{
	char start[32], *p, *line;

	snprintf(start, sizeof(start), "\n%lx-", (unsigned long)at);
	p = strstr(slurp("/proc/self/smaps"), start);
	if (!p)
		return -1;
	p = strstr(p, "VmFlags:");
	line = strchr(p, '\n');
	*line = 0;
	return strstr(p, mark) != NULL;
}

/* How many areas lie in [at, at + len). */
static inline int areas_in(const void *at, size_t len)
{
	unsigned long start, end, a = (unsigned long)at;
	int n = 0;

	for (char *p = slurp("/proc/self/maps"); p && *p; p = strchr(p, '\n'), p = p ? p + 1 : p)
		if (sscanf(p, "%lx-%lx", &start, &end) == 2 && start < a + len && end > a)
			n++;
	return n;
}

#endif
