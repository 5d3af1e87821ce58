// SPDX-License-Identifier: MIT
/*
 * faults: what a load, a store or a jump meets, and the signal it raises.
 *
 * Each fault that must kill is caught by a handler on its own stack that
 * records the signal, its code and the address, and jumps out.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tap.h"

#define PAGE 4096UL

static sigjmp_buf back;
static volatile int got_sig, got_code;
static void *volatile got_addr;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	got_sig = sig;
	got_code = info->si_code;
	got_addr = info->si_addr;
	siglongjmp(back, 1);
}

static void handlers(void)
{
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&alt, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
}

enum access { READ, WRITE, EXEC };

/* The signal and code that the access gives: 0 when it just works. */
static int touch(enum access how, volatile void *at)
{
	got_sig = got_code = 0;
	got_addr = NULL;
	if (sigsetjmp(back, 1) == 0) {
		if (how == READ)
			(void)*(volatile char *)at;
		else if (how == WRITE)
			*(volatile char *)at = 'w';
		else
			((void (*)(void))at)();
	}
	return got_sig;
}

static void faulted(enum access how, volatile void *at, int sig, int code, const char *claim)
{
	touch(how, at);
	if (!ok(got_sig == sig && (!sig || (got_code == code && got_addr == at)), "%s", claim))
		printf("# signal %d code %d address %p, wanted %d %d %p\n", got_sig, got_code, got_addr,
		       sig, code, (void *)at);
}

static char *map(size_t len, int prot, int flags)
{
	char *p = mmap(NULL, len, prot, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(99);
	}
	return p;
}

static void no_area(void)
{
	char *p = map(3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	munmap(p + PAGE, PAGE);
	faulted(READ, p + PAGE, SIGSEGV, SEGV_MAPERR, "a read of a hole is SEGV_MAPERR");
	faulted(WRITE, p + 2 * PAGE - 1, SIGSEGV, SEGV_MAPERR, "a write to a hole is SEGV_MAPERR");
	faulted(EXEC, p + PAGE, SIGSEGV, SEGV_MAPERR, "a jump into a hole is SEGV_MAPERR");
	faulted(READ, (void *)0, SIGSEGV, SEGV_MAPERR, "address 0 is SEGV_MAPERR");
	faulted(READ, (void *)8, SIGSEGV, SEGV_MAPERR, "address 8 is SEGV_MAPERR");
	faulted(READ, p, 0, 0, "the page before the hole is there");
	faulted(WRITE, p + 2 * PAGE, 0, 0, "the page after the hole is there");
	touch(READ, (void *)0xffffffc000001000UL);
	ok(got_sig == SIGSEGV, "a read in the kernel half is SIGSEGV");
	touch(WRITE, (void *)0xffffffffffffff00UL);
	ok(got_sig == SIGSEGV, "a write at the end of the kernel half is SIGSEGV");
	touch(READ, (void *)0x4000000000UL);
	ok(got_sig == SIGSEGV, "a read above the user half is SIGSEGV");
	touch(READ, (void *)0x7fffffffffff0000UL);
	ok(got_sig == SIGSEGV, "a read of an address that is not canonical is SIGSEGV");
}

static void wrong_access(void)
{
	char *p = map(3 * PAGE, PROT_READ, MAP_PRIVATE);

	faulted(READ, p, 0, 0, "a read-only page can be read");
	faulted(WRITE, p, SIGSEGV, SEGV_ACCERR, "a write to a read-only page is SEGV_ACCERR");
	faulted(WRITE, p + PAGE, SIGSEGV, SEGV_ACCERR, "the same before it was ever read");
	faulted(EXEC, p, SIGSEGV, SEGV_ACCERR, "a jump into a page without X is SEGV_ACCERR");
	mprotect(p, PAGE, PROT_NONE);
	faulted(READ, p, SIGSEGV, SEGV_ACCERR, "a read of PROT_NONE is SEGV_ACCERR");
	mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	faulted(WRITE, p, 0, 0, "mprotect gives the write back");
	mprotect(p, PAGE, PROT_READ);
	faulted(WRITE, p, SIGSEGV, SEGV_ACCERR, "and takes it again");
	ok(*p == 'w', "the byte written stays");
	faulted(WRITE, (void *)&wrong_access, SIGSEGV, SEGV_ACCERR, "text cannot be written");
	faulted(WRITE, "literal", SIGSEGV, SEGV_ACCERR, "rodata cannot be written");
}

static void code_is_seen(void)
{
	unsigned int *p = (unsigned int *)map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int (*f)(void) = (int (*)(void))p;
	int good = 1;

	for (int i = 0; i < 100; i++) {
		mprotect(p, PAGE, PROT_READ | PROT_WRITE);
		p[0] = 0x00000513 | i << 20;            /* li a0, i */
		p[1] = 0x00008067;                      /* ret */
		mprotect(p, PAGE, PROT_READ | PROT_EXEC);
		__builtin___clear_cache((char *)p, (char *)(p + 2));
		good &= f() == i;
	}
	ok(good, "code written anew is the code that runs");
	p = (unsigned int *)map(PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);
	p[0] = 0;
	__builtin___clear_cache((char *)p, (char *)(p + 1));
	faulted(EXEC, p, SIGILL, ILL_ILLOPC, "an illegal instruction is SIGILL");
}

static void zero_pages(void)
{
	size_t len = 64 * PAGE, sum = 0;
	unsigned char *p = (unsigned char *)map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	for (size_t i = 0; i < len; i++)
		sum += p[i];
	ok(sum == 0, "fresh memory reads as zero");
	for (size_t i = 0; i < len; i += PAGE)
		p[i + 5] = 7;
	for (size_t i = 0; i < len; i++)
		sum += p[i];
	ok(sum == 64 * 7, "a write after the read changes its own byte alone");
	ok(madvise(p, len, MADV_DONTNEED) == 0 && p[5] == 0 && p[PAGE + 5] == 0,
	   "MADV_DONTNEED brings zeros back");
}

static void after_fork(void)
{
	char *p = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *s = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	int status, good = 1;

	memset(p, 'p', 16 * PAGE);
	if (fork() == 0) {
		for (int i = 0; i < 16; i++)
			good &= p[i * PAGE] == 'p';
		memset(p, 'c', 8 * PAGE);
		s[0] = 's';
		_exit(good && p[0] == 'c' ? 0 : 1);
	}
	wait(&status);
	ok(status == 0, "a child sees its parent's pages and writes its own");
	for (int i = 0; i < 16; i++)
		good &= p[i * PAGE] == 'p' && p[i * PAGE + 4095] == 'p';
	ok(good, "fork then child write leaves the parent's pages alone");
	ok(s[0] == 's', "a shared page is shared with the child");
	memset(p, 'q', 16 * PAGE);
	ok(p[0] == 'q' && p[16 * PAGE - 1] == 'q', "the last owner writes again");
}

/* Use `depth` KiB of stack; volatile so that it is really touched. */
static int __attribute__((noinline)) deep(int depth)
{
	volatile char frame[1024];

	frame[0] = depth;
	frame[1023] = depth;
	return depth == 0 ? 0 : deep(depth - 1) + (frame[0] != frame[1023]);
}

static void stack_grows(void)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };
	int status;

	ok(deep(4096) == 0, "the stack grows to 4 MiB by being touched");
	fflush(stdout);
	if (fork() == 0) {
		setrlimit(RLIMIT_STACK, &limit);
		if (fork() == 0) {
			signal(SIGSEGV, SIG_DFL);
			execl("/proc/self/exe", "faults", "deep", NULL);
			_exit(98);
		}
		wait(&status);
		_exit(WIFSIGNALED(status) ? WTERMSIG(status) : 97);
	}
	wait(&status);
	ok(WEXITSTATUS(status) == SIGSEGV, "past RLIMIT_STACK it is SIGSEGV");
	touch(WRITE, (char *)__builtin_frame_address(0) - (64UL << 20));
	ok(got_sig == SIGSEGV, "a write far below the stack is SIGSEGV");
}

static void file_pages(void)
{
	char *p, *q, byte;
	int fd = open("/root/faults.data", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char page[4096];

	memset(page, 'f', sizeof(page));
	for (int i = 0; i < 4; i++)
		if (write(fd, page, sizeof(page)) != sizeof(page))
			_exit(97);
	if (write(fd, "tail", 4) != 4)
		_exit(97);
	p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	q = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ok(p[0] == 'f' && q[4 * PAGE - 1] == 'f' && !memcmp(p + 4 * PAGE, "tail", 4),
	   "a mapping shows the file");
	ok(p[4 * PAGE + 4] == 0 && p[5 * PAGE - 1] == 0, "past the end, the last page is zeros");
	faulted(READ, p + 5 * PAGE, SIGBUS, BUS_ADRERR, "a page past the end is SIGBUS");
	faulted(WRITE, q + 6 * PAGE, SIGBUS, BUS_ADRERR, "in a private mapping too");
	p[1] = 'S';
	ok(q[1] == 'S' && pread(fd, &byte, 1, 1) == 1 && byte == 'S',
	   "a shared write is the file's at once");
	q[2] = 'P';
	ok(p[2] == 'f' && pread(fd, &byte, 1, 2) == 1 && byte == 'f',
	   "a private write is nobody else's");
	ok(pwrite(fd, "W", 1, PAGE) == 1 && p[PAGE] == 'W' && q[PAGE] == 'W',
	   "write() is seen in the mappings");
	ok(ftruncate(fd, PAGE) == 0, "the file shrinks");
	faulted(READ, p + PAGE, SIGBUS, BUS_ADRERR, "what was cut off is SIGBUS");
	ok(ftruncate(fd, 2 * PAGE) == 0 && p[PAGE] == 0, "grown again, it reads as zeros");
	ok(q[2] == 'P', "the private page outlives it all");
	munmap(p, 8 * PAGE);
	munmap(q, 8 * PAGE);
	close(fd);
	unlink("/root/faults.data");
}

static void killed_by_default(void)
{
	int status;

	fflush(stdout);
	if (fork() == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL);
		*(volatile int *)16 = 1;
		_exit(0);
	}
	wait(&status);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "without a handler it kills");
	if (fork() == 0) {
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		*(volatile int *)16 = 1;
		_exit(0);
	}
	wait(&status);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "a blocked SIGSEGV kills all the same");
}

static void misaligned(void)
{
	char *p = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	unsigned long *at = (unsigned long *)(p + PAGE - 3);

	*(volatile unsigned long *)at = 0x1122334455667788UL;
	ok(*(volatile unsigned long *)at == 0x1122334455667788UL,
	   "a word across two fresh pages is written whole");
	munmap(p + PAGE, PAGE);
	touch(WRITE, p + PAGE - 3);
	ok(got_sig == 0, "its first byte is still there");
	got_sig = 0;
	if (sigsetjmp(back, 1) == 0)
		(void)*(volatile unsigned long *)at;
	ok(got_sig == SIGSEGV, "a word that ends in a hole is SIGSEGV");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return deep(1 << 20);
	tap_limit(100);
	handlers();
	no_area();
	wrong_access();
	code_is_seen();
	zero_pages();
	after_fork();
	stack_grows();
	file_pages();
	killed_by_default();
	misaligned();
	return tap_done();
}
