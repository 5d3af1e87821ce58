// SPDX-License-Identifier: MIT
/*
 * s0..s11, the registers that a call keeps: the program finds them as they
 * were after whatever a trap did, and who may see or change them (a signal's
 * handler, a tracer, a new thread) sees the program's, and what it changes holds.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <elf.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>

#define NR_S 12

static const int s_in_frame[NR_S] = { 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27 };

struct call {
	unsigned long s[NR_S];          /* before, and afterwards */
	unsigned long a[6];
	long nr;
	unsigned long stack;            /* for the call, or 0 */
};

/*
 * with_s(c): s0..s11 are c->s, then the system call; or, with a number of -1, a loop until *a0 is
 * not 0, or with -2 a store to address a0.  Then c->s is s0..s11.  Its result.
 */
long with_s(struct call *c);
__asm__(".text\n"
	".option norvc\n"
	"with_s:\n"
	"	addi sp, sp, -128\n"
	"	sd ra, 0(sp)\n sd s0, 8(sp)\n sd s1, 16(sp)\n sd s2, 24(sp)\n sd s3, 32(sp)\n"
	"	sd s4, 40(sp)\n sd s5, 48(sp)\n sd s6, 56(sp)\n sd s7, 64(sp)\n sd s8, 72(sp)\n"
	"	sd s9, 80(sp)\n sd s10, 88(sp)\n sd s11, 96(sp)\n"
	"	mv t0, a0\n mv t2, sp\n"
	"	ld s0, 0(t0)\n ld s1, 8(t0)\n ld s2, 16(t0)\n ld s3, 24(t0)\n ld s4, 32(t0)\n"
	"	ld s5, 40(t0)\n ld s6, 48(t0)\n ld s7, 56(t0)\n ld s8, 64(t0)\n ld s9, 72(t0)\n"
	"	ld s10, 80(t0)\n ld s11, 88(t0)\n"
	"	ld a0, 96(t0)\n ld a1, 104(t0)\n ld a2, 112(t0)\n ld a3, 120(t0)\n ld a4, 128(t0)\n"
	"	ld a5, 136(t0)\n ld a7, 144(t0)\n ld t1, 152(t0)\n"
	"	beqz t1, 1f\n"
	"	mv sp, t1\n"
	"1:	li t1, -1\n"
	"	beq a7, t1, 2f\n"
	"	li t1, -2\n"
	"	beq a7, t1, 3f\n"
	"	ecall\n"
	"	j 4f\n"
	"2:	lw t1, 0(a0)\n"
	"	beqz t1, 2b\n"
	"	j 4f\n"
	"3:	sd zero, 0(a0)\n"
	"4:	mv sp, t2\n"
	"	sd s0, 0(t0)\n sd s1, 8(t0)\n sd s2, 16(t0)\n sd s3, 24(t0)\n sd s4, 32(t0)\n"
	"	sd s5, 40(t0)\n sd s6, 48(t0)\n sd s7, 56(t0)\n sd s8, 64(t0)\n sd s9, 72(t0)\n"
	"	sd s10, 80(t0)\n sd s11, 88(t0)\n"
	"	ld ra, 0(sp)\n ld s0, 8(sp)\n ld s1, 16(sp)\n ld s2, 24(sp)\n ld s3, 32(sp)\n"
	"	ld s4, 40(sp)\n ld s5, 48(sp)\n ld s6, 56(sp)\n ld s7, 64(sp)\n ld s8, 72(sp)\n"
	"	ld s9, 80(sp)\n ld s10, 88(sp)\n ld s11, 96(sp)\n"
	"	addi sp, sp, 128\n"
	"	ret\n");

/* Other values each time: what an earlier trap left cannot pass for them. */
static unsigned long base;

static struct call call_of(long nr, unsigned long a0, unsigned long a1)
{
	struct call c = { .a = { a0, a1 }, .nr = nr };

	base += 0x1000100010001;
	for (int i = 0; i < NR_S; i++)
		c.s[i] = base + (unsigned long)i;
	return c;
}

static bool are(const unsigned long *s, unsigned long first)
{
	for (int i = 0; i < NR_S; i++)
		if (s[i] != first + (unsigned long)i)
			return false;
	return true;
}

/* ------------------------------------------------------------- signals */

static volatile sig_atomic_t seen, flag;
static sigjmp_buf out;

#define CHANGED 0x5a5a000000000000

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned long s[NR_S];

	for (int i = 0; i < NR_S; i++) {
		s[i] = uc->uc_mcontext.__gregs[s_in_frame[i]];
		uc->uc_mcontext.__gregs[s_in_frame[i]] = CHANGED + (unsigned long)i;
	}
	seen = are(s, base);
	flag = 1;
	if (sig == SIGSEGV)
		uc->uc_mcontext.__gregs[REG_PC] += 4;
}

static void leave(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	unsigned long s[NR_S];

	for (int i = 0; i < NR_S; i++)
		s[i] = uc->uc_mcontext.__gregs[s_in_frame[i]];
	seen = are(s, base);
	siglongjmp(out, 1);
}

static void catch(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
}

/* @c ends in a signal, whose handler sees and changes all. */
static void signalled(struct call c, long want, const char *what)
{
	long got;

	seen = flag = 0;
	got = with_s(&c);
	ok(seen, "a handler sees s0..s11 as they were: %s", what);
	ok(are(c.s, CHANGED), "what it wrote into them holds: %s", what);
	if (want)
		ok(got == want, "and the result is what it would be: %s", what);
}

static void alarm_in(long us)
{
	struct itimerval it = { .it_value = { .tv_usec = us } };

	setitimer(ITIMER_REAL, &it, NULL);
}

static void test_signals(void)
{
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct call c;
	int fds[2];
	char byte;

	catch(SIGUSR1, handler, 0);
	catch(SIGALRM, handler, 0);
	catch(SIGSEGV, handler, 0);
	signalled(call_of(SYS_kill, (unsigned long)getpid(), SIGUSR1), 0, "kill");
	flag = 0;
	c = call_of(-1, (unsigned long)&flag, 0);
	alarm_in(20000);
	signalled(c, 0, "a loop, interrupted");
	signalled(call_of(-2, 8, 0), 0, "a fault");
	if (pipe(fds))
		perror("pipe");
	c = call_of(SYS_read, (unsigned long)fds[0], (unsigned long)&byte);
	c.a[2] = 1;
	alarm_in(20000);
	signalled(c, -EINTR, "a read that sleeps");

	sigaltstack(&ss, NULL);
	catch(SIGSEGV, leave, SA_ONSTACK);
	c = call_of(SYS_rt_sigreturn, 0, 0);
	c.stack = 16;
	seen = 0;
	if (!sigsetjmp(out, 1))
		with_s(&c);
	ok(seen, "a handler sees s0..s11 as they were: sigreturn without a frame");
}

/* ------------------------------------------------------- new processes */

static void test_children(void)
{
	struct call c = call_of(SYS_clone, SIGCHLD, 0);
	int status;

	if (with_s(&c) == 0)
		_exit(are(c.s, base) ? 7 : 1);
	ok(are(c.s, base), "after fork s0..s11 are the parent's");
	wait(&status);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "and the child's");

	c = call_of(SYS_clone, CLONE_VFORK | SIGCHLD, 0);
	if (with_s(&c) == 0)
		_exit(are(c.s, base) ? 7 : 1);
	ok(are(c.s, base), "after vfork they are the parent's");
	wait(&status);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "and the child's");

	c = call_of(SYS_execve, (unsigned long)"/nowhere", 0);
	ok(with_s(&c) == -ENOENT && are(c.s, base), "after an exec that fails they are there");
	c = call_of(400, 0, 0);
	ok(with_s(&c) == -ENOSYS && are(c.s, base), "after a call that there is not, too");
}

/* -------------------------------------------------------------- tracers */

static unsigned long regs[32];

static void get(pid_t pid)
{
	struct iovec iov = { regs, sizeof(regs) };

	memset(regs, 0, sizeof(regs));
	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
}

static void set(pid_t pid)
{
	struct iovec iov = { regs, sizeof(regs) };

	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

/* The tracee is at @status: the tracer sees s0..s11 from @first on, and writes others. */
static void stopped(pid_t pid, int status, unsigned long first, unsigned long other,
		    const char *what)
{
	unsigned long s[NR_S];
	int got;

	if (!ok(waitpid(pid, &got, __WALL) == pid && WIFSTOPPED(got) && got >> 8 == status,
		"the tracee stops: %s", what))
		printf("# status %#x\n", got);
	get(pid);
	for (int i = 0; i < NR_S; i++) {
		s[i] = regs[s_in_frame[i]];
		regs[s_in_frame[i]] = other + (unsigned long)i;
	}
	ok(are(s, first), "its tracer sees s0..s11: %s", what);
	set(pid);
}

static void traced(unsigned long first)
{
	struct call c;
	pid_t pid;

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	base = first;
	c = call_of(SYS_kill, (unsigned long)getpid(), SIGSTOP);
	with_s(&c);
	if (!are(c.s, CHANGED))
		_exit(1);
	c = call_of(SYS_getppid, 0, 0);
	with_s(&c);
	if (!are(c.s, CHANGED + 0x200))
		_exit(2);
	c = call_of(SYS_clone, SIGCHLD, 0);
	pid = (pid_t)with_s(&c);
	if (!pid)
		_exit(0);
	if (!are(c.s, CHANGED))
		_exit(3);
	c = call_of(SYS_exit_group, 9, 0);
	with_s(&c);
}

static void test_tracer(void)
{
	const int exits = SIGTRAP | PTRACE_EVENT_EXIT << 8;
	unsigned long first = 0x7000000000000000;
	pid_t pid = fork(), other;
	int status;

	if (!pid)
		traced(first);
	base = first;
	call_of(0, 0, 0);
	stopped(pid, SIGSTOP, base, CHANGED, "a signal");
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	call_of(0, 0, 0);
	stopped(pid, SIGTRAP | 0x80, base, CHANGED + 0x100, "a call begins");
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	stopped(pid, SIGTRAP | 0x80, CHANGED + 0x100, CHANGED + 0x200, "a call ends");
	ptrace(PTRACE_CONT, pid, 0, 0);
	call_of(0, 0, 0);
	stopped(pid, SIGTRAP | PTRACE_EVENT_FORK << 8, base, CHANGED, "a fork");
	ptrace(PTRACE_CONT, pid, 0, 0);
	/* The child's stop and end, and the signal that tells of it, in any order. */
	while ((other = waitpid(-1, &status, __WALL)) > 0 && (other != pid || status >> 8 != exits))
		ptrace(PTRACE_CONT, other, 0, 0);
	get(pid);
	call_of(0, 0, 0);
	ok(regs[8] == base && regs[27] == base + 11, "its tracer sees s0 and s11: an exit");
	ptrace(PTRACE_CONT, pid, 0, 0);
	ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 9,
	   "the tracee found what its tracer wrote, each time");
}

int main(void)
{
	tap_limit(60);
	test_signals();
	signal(SIGALRM, SIG_DFL);
	tap_limit(60);
	test_children();
	test_tracer();
	return tap_done();
}
