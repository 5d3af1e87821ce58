// SPDX-License-Identifier: MIT
/*
 * ptrace: stops of every kind, registers, memory, signals, births and deaths, tracers that go.
 */
#define _GNU_SOURCE
#include "syscallinfo.h"
#include "tap.h"

#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define EVENT_STOP      128
#define AT(p)           ((unsigned long)(p))
#define STOPPED(s, code) (WIFSTOPPED(s) && (s) >> 8 == (code))

struct regs {
	unsigned long pc, x[31];
};

static long pt(int req, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, req, pid, addr, data);
}

static int next(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, __WALL) != pid)
		return -1;
	return status;
}

static int getregs(pid_t pid, struct regs *r)
{
	struct iovec iov = { r, sizeof(*r) };

	return (int)pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov);
}

static int setregs(pid_t pid, struct regs *r)
{
	struct iovec iov = { r, sizeof(*r) };

	return (int)pt(PTRACE_SETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov);
}

static int tracer_of(pid_t pid)
{
	char path[64], text[2048], *at;
	int fd, n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	n = (int)read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, "TracerPid:\t");
	return at ? atoi(at + 11) : -1;
}

static char state_of(pid_t pid)
{
	char path[64], text[512], *at;
	int fd, n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	n = (int)read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strrchr(text, ')');
	return at ? at[2] : '?';
}

/* Does it come to be in that state?  One that naps in a loop runs now and then. */
static int settles(pid_t pid, char state)
{
	for (int i = 0; i < 2000; i++) {
		if (state_of(pid) == state)
			return 1;
		usleep(1000);
	}
	printf("# %d is %c, not %c\n", pid, state_of(pid), state);
	return 0;
}

static long shared_word = 0x1122334455667788;

static void nap(int ms)
{
	usleep((useconds_t)ms * 1000);
}

/* A child that stops itself under our eyes. */
static pid_t traced_child(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		fn();
		_exit(0);
	}
	return pid;
}

static void exit7(void)
{
	_exit(7);
}

static void test_traceme(void)
{
	pid_t pid = traced_child(exit7);
	int s = next(pid);
	siginfo_t si;
	long word = 0;

	ok(STOPPED(s, SIGSTOP), "a child that asked to be traced stops for its signal");
	ok(tracer_of(pid) == getpid() && state_of(pid) == 't', "/proc says who traces it, and that it is stopped");
	fails(0, pt(PTRACE_PEEKDATA, pid, (unsigned long)&shared_word, (unsigned long)&word));
	ok(word == 0x1122334455667788, "its memory can be read");
	fails(0, pt(PTRACE_POKEDATA, pid, (unsigned long)&shared_word, 5));
	pt(PTRACE_PEEKTEXT, pid, (unsigned long)&shared_word, (unsigned long)&word);
	ok(word == 5 && shared_word == 0x1122334455667788, "and written, and is not ours");
	fails(EIO, pt(PTRACE_PEEKDATA, pid, 8, (unsigned long)&word));
	fails(EIO, pt(PTRACE_POKEDATA, pid, 8, 0));
	fails(EFAULT, pt(PTRACE_PEEKDATA, pid, (unsigned long)&shared_word, 8));
	fails(0, pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si));
	ok(si.si_signo == SIGSTOP && si.si_code == SI_TKILL && si.si_pid == pid, "the signal's siginfo");
	fails(EIO, pt(PTRACE_SINGLESTEP, pid, 0, 0));
	fails(EIO, pt(PTRACE_CONT, pid, 0, 65));
	fails(EIO, pt(0x1234, pid, 0, 0));
	fails(EIO, pt(PTRACE_INTERRUPT, pid, 0, 0));
	fails(EIO, pt(PTRACE_LISTEN, pid, 0, 0));
	fails(EINVAL, pt(PTRACE_SETOPTIONS, pid, 0, 0x10000));
	fails(EPERM, pt(PTRACE_ATTACH, pid, 0, 0));
	fails(EPERM, pt(PTRACE_ATTACH, getpid(), 0, 0));
	fails(ESRCH, pt(PTRACE_ATTACH, 4194300, 0, 0));
	fails(ESRCH, pt(PTRACE_CONT, 1, 0, 0));
	fails(0, pt(PTRACE_CONT, pid, 0, 0));
	s = next(pid);
	ok(WIFEXITED(s) && WEXITSTATUS(s) == 7, "let go without the signal, it runs to its end");
	fails(ESRCH, pt(PTRACE_CONT, pid, 0, 0));
}

static volatile int handled;

static void note(int sig)
{
	handled = sig;
}

static void signals_child(void)
{
	signal(SIGUSR1, note);
	signal(SIGUSR2, note);
	signal(SIGTERM, SIG_IGN);
	handled = 0;
	raise(SIGUSR1);
	if (handled)
		_exit(1);
	raise(SIGUSR1);
	if (handled != SIGUSR2)
		_exit(2);
	raise(SIGTERM);
	raise(SIGUSR1);
	_exit(handled == SIGUSR1 ? 0 : 3);
}

static void test_signals(void)
{
	pid_t pid = traced_child(signals_child);
	uint64_t mask = 0, none = 0;
	siginfo_t si;
	int s = next(pid);

	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(STOPPED(s, SIGUSR1), "each signal stops it");
	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(STOPPED(s, SIGUSR1), "the first was taken from it");
	pt(PTRACE_CONT, pid, 0, SIGUSR2);
	s = next(pid);
	ok(STOPPED(s, SIGTERM), "the second became another; one it ignores stops it too");
	fails(EINVAL, pt(PTRACE_GETSIGMASK, pid, 4, (unsigned long)&mask));
	fails(0, pt(PTRACE_GETSIGMASK, pid, 8, (unsigned long)&mask));
	ok(mask == 0, "its mask");
	mask = ~0UL;
	fails(0, pt(PTRACE_SETSIGMASK, pid, 8, (unsigned long)&mask));
	pt(PTRACE_GETSIGMASK, pid, 8, (unsigned long)&mask);
	ok(mask == (~0UL & ~(1UL << (SIGKILL - 1)) & ~(1UL << (SIGSTOP - 1))),
	   "can be set, but for SIGKILL and SIGSTOP");
	pt(PTRACE_SETSIGMASK, pid, 8, (unsigned long)&none);
	pt(PTRACE_CONT, pid, 0, SIGTERM);
	s = next(pid);
	ok(STOPPED(s, SIGUSR1), "the third");
	pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si);
	si.si_code = -77;
	fails(0, pt(PTRACE_SETSIGINFO, pid, 0, (unsigned long)&si));
	si.si_code = 0;
	pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si);
	ok(si.si_code == -77, "a siginfo can be replaced");
	pt(PTRACE_CONT, pid, 0, SIGUSR1);
	s = next(pid);
	ok(WIFEXITED(s) && WEXITSTATUS(s) == 0, "and its handlers saw what we let through: %d", WEXITSTATUS(s));
}

static void peeks_child(void)
{
	union sigval v;
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 3; i++) {
		v.sival_int = 100 + i;
		sigqueue(getpid(), SIGRTMIN + 1, v);
	}
	raise(SIGSTOP);
}

static void test_peeksiginfo(void)
{
	struct { uint64_t off; uint32_t flags; int nr; } args = { 0, 1, 8 };
	pid_t pid = traced_child(peeks_child);
	siginfo_t si[8];
	int s = next(pid);

	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(STOPPED(s, SIGSTOP), "three queued signals wait");
	ok(pt(PTRACE_PEEKSIGINFO, pid, AT(&args), AT(si)) == 3 && si[0].si_int == 100 &&
	   si[2].si_int == 102,
	   "PTRACE_PEEKSIGINFO reads them");
	args.off = 2;
	ok(pt(PTRACE_PEEKSIGINFO, pid, AT(&args), AT(si)) == 1 && si[0].si_int == 102, "from any place on");
	args.flags = 0;
	args.off = 0;
	ok(pt(PTRACE_PEEKSIGINFO, pid, AT(&args), AT(si)) == 0,
	   "the thread's own are others");
	args.flags = 2;
	fails(EINVAL, pt(PTRACE_PEEKSIGINFO, pid, (unsigned long)&args, (unsigned long)si));
	kill(pid, SIGKILL);
	s = next(pid);
	ok(WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL, "SIGKILL ends a stopped tracee");
}

static void calls_child(void)
{
	syscall(SYS_close, 1000);
	syscall(SYS_getpid);
	syscall(SYS_lseek, 11, 22, 33);
	_exit(0);
}

static void test_syscalls(void)
{
	pid_t pid = traced_child(calls_child);
	struct syscall_info in, out;
	struct regs r;
	int s = next(pid), seen_lseek = 0, seen_close = 0;
	unsigned long msg = 0;

	fails(0, pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	ok(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(in), AT(&in)) == 24 && in.op == 0 && in.arch == 0xc00000f3,
	   "outside a call there is no call to tell of");
	for (;;) {
		pt(PTRACE_SYSCALL, pid, 0, 0);
		s = next(pid);
		if (!STOPPED(s, SIGTRAP | 0x80))
			break;
		if (pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(in), (unsigned long)&in) != 80 || in.op != 1)
			break;
		pt(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&msg);
		getregs(pid, &r);
		if (in.entry.nr == SYS_exit_group) {
			ok(msg == 1, "the event message of an entry is 1");
			pt(PTRACE_CONT, pid, 0, 0);
			s = next(pid);
			break;
		}
		if (in.entry.nr == SYS_getpid) {
			r.x[16] = SYS_getppid;          /* a7 */
			setregs(pid, &r);
		}
		pt(PTRACE_SYSCALL, pid, 0, 0);
		s = next(pid);
		if (pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(out), (unsigned long)&out) != 33 || out.op != 2)
			break;
		if (in.entry.nr == SYS_close)
			seen_close = in.entry.args[0] == 1000 && out.exit.rval == -EBADF && out.exit.is_error &&
				     r.pc == in.pc && r.x[16] == SYS_close;
		if (in.entry.nr == SYS_getpid)
			ok(out.exit.rval == getpid(),
			   "the tracer changed the call's number: getppid instead of getpid");
		if (in.entry.nr == SYS_lseek)
			seen_lseek = in.entry.args[0] == 11 && in.entry.args[1] == 22 && in.entry.args[2] == 33;
	}
	ok(seen_close, "a call, its argument and its error");
	ok(seen_lseek, "three arguments");
	ok(WIFEXITED(s) && !WEXITSTATUS(s), "and its end: %x", s);
}

/* What an entry stop shows in a0, and what a skipped call returns. */
static void skip_child(void)
{
	long ret = syscall(SYS_lseek, 11, 22, 33);

	_exit(ret == 77 ? 0 : 1);
}

static void test_skip(void)
{
	pid_t pid = traced_child(skip_child);
	struct regs r;
	int s = next(pid);

	pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	do {
		pt(PTRACE_SYSCALL, pid, 0, 0);
		s = next(pid);
		getregs(pid, &r);
	} while (STOPPED(s, SIGTRAP | 0x80) && r.x[16] != SYS_lseek);
	ok((long)r.x[9] == -ENOSYS, "at the entry a0 is -ENOSYS: %ld", (long)r.x[9]);
	r.x[16] = ~0UL;
	setregs(pid, &r);
	pt(PTRACE_SYSCALL, pid, 0, 0);
	s = next(pid);
	getregs(pid, &r);
	ok(STOPPED(s, SIGTRAP | 0x80), "call number -1 skips the call, not the stop");
	r.x[9] = 77;
	setregs(pid, &r);
	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(WIFEXITED(s) && !WEXITSTATUS(s), "and the tracer gives the result");
}

static void regs_child(void)
{
	register double f0 __asm__("fs0") = 1.5;
	register long s5 __asm__("s5") = 0x55;

	__asm__ volatile("ebreak" : "+f"(f0), "+r"(s5) : : "memory");
	_exit(f0 == 2.5 && s5 == 0x66 ? 0 : 1);
}

static void test_regs(void)
{
	pid_t pid = traced_child(regs_child);
	struct { double f[32]; uint32_t fcsr; uint32_t pad; } fp;
	struct iovec iov = { &fp, sizeof(fp) };
	struct regs r = { 0 };
	siginfo_t si;
	long word = 0;
	int s = next(pid);

	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(STOPPED(s, SIGTRAP), "a breakpoint is SIGTRAP");
	pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si);
	fails(0, getregs(pid, &r));
	ok(si.si_code == TRAP_BRKPT && (unsigned long)si.si_addr == r.pc, "TRAP_BRKPT at its own address");
	ok(r.x[20] == 0x55, "a register");
	fails(0, pt(PTRACE_GETREGSET, pid, NT_PRFPREG, (unsigned long)&iov));
	ok(iov.iov_len == 264 && fp.f[8] == 1.5, "a floating one");
	fp.f[8] = 2.5;
	fails(0, pt(PTRACE_SETREGSET, pid, NT_PRFPREG, (unsigned long)&iov));
	pt(PTRACE_PEEKTEXT, pid, r.pc & ~7UL, (unsigned long)&word);
	r.pc += (word >> (r.pc & 7) * 8 & 3) == 3 ? 4 : 2;
	r.x[20] = 0x66;
	fails(0, setregs(pid, &r));
	iov.iov_len = 12;
	fails(EINVAL, pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
	iov.iov_len = 16;
	fails(0, pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
	ok(iov.iov_len == 16, "as many as there is room for");
	iov.iov_len = 4096;
	struct regs big[16];
	iov.iov_base = big;
	pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov);
	ok(iov.iov_len == 256, "and no more than there are");
	fails(EINVAL, pt(PTRACE_GETREGSET, pid, 0x7777, (unsigned long)&iov));
	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(WIFEXITED(s) && !WEXITSTATUS(s), "the program goes on with what the tracer wrote");
}

static void *thread_exits(void *arg)
{
	return NULL;
}

static void births_child(void)
{
	pthread_t th;
	pid_t pid = fork();

	if (!pid)
		_exit(3);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (!pid)
		_exit(4);
	waitpid(pid, NULL, 0);
	pthread_create(&th, NULL, thread_exits, NULL);
	pthread_join(th, NULL);
	execl("/bin/true", "true", NULL);
	_exit(9);
}

static void births(int seize)
{
	unsigned long opts = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
			     PTRACE_O_TRACEEXIT | PTRACE_O_TRACEVFORKDONE | PTRACE_O_EXITKILL;
	int seen[8] = { 0 }, first_stops = 0, ends = 0, s, bad = 0;
	unsigned long msg, exec_msg = 0, exit_msg = ~0UL;
	pid_t pid, who;

	if (seize) {
		pid = fork();
		if (!pid) {
			raise(SIGSTOP);
			births_child();
		}
		waitpid(pid, &s, WUNTRACED);
		ok(!pt(PTRACE_SEIZE, pid, 0, opts), "PTRACE_SEIZE of a stopped child");
		kill(pid, SIGCONT);
	} else {
		pid = traced_child(births_child);
		s = next(pid);
		pt(PTRACE_SETOPTIONS, pid, 0, opts);
		pt(PTRACE_CONT, pid, 0, 0);
	}
	while ((who = waitpid(-1, &s, __WALL)) > 0) {
		int event = s >> 16, sig = WSTOPSIG(s);

		if (!WIFSTOPPED(s)) {
			ends++;
			continue;
		}
		if (event > 0 && event < 8) {
			seen[event]++;
			pt(PTRACE_GETEVENTMSG, who, 0, (unsigned long)&msg);
			if (event == PTRACE_EVENT_EXEC)
				exec_msg = msg;
			if (event == PTRACE_EVENT_EXIT && who == pid)
				exit_msg = msg;
			if (event <= PTRACE_EVENT_CLONE && (int)msg <= pid)
				bad++;
			sig = 0;
		} else if (event == EVENT_STOP || (sig == SIGSTOP && who != pid)) {
			first_stops += who != pid;
			sig = 0;
		} else if (sig == SIGTRAP) {
			bad++;
			sig = 0;
		} else if (sig == SIGCONT || sig == SIGCHLD || sig == SIGSTOP) {
			sig = sig == SIGSTOP ? 0 : sig;
		}
		pt(PTRACE_CONT, who, 0, (unsigned long)sig);
	}
	ok(seen[1] == 1 && seen[2] == 1 && seen[3] == 1 && seen[5] == 1,
	   "fork, vfork, clone and vfork's end are told: %d %d %d %d",
	   seen[1], seen[2], seen[3], seen[5]);
	ok(seen[4] == 1 && (pid_t)exec_msg == pid, "exec is told");
	ok(seen[6] == 4 && exit_msg == 0, "and four exits, before they happen: %d", seen[6]);
	ok(first_stops == 3, "what is born is traced from its first instruction: %d", first_stops);
	ok(ends == 4 && !bad, "each end is waited for: %d %d", ends, bad);
}

static void loop_child(void)
{
	for (;;)
		nap(5);
}

static pid_t free_child(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		fn();
		_exit(0);
	}
	nap(30);
	return pid;
}

static void test_attach(void)
{
	pid_t pid = free_child(loop_child);
	int s;

	fails(0, pt(PTRACE_ATTACH, pid, 0, 0));
	s = next(pid);
	ok(STOPPED(s, SIGSTOP), "attach stops by SIGSTOP");
	fails(0, pt(PTRACE_CONT, pid, 0, 0));
	fails(ESRCH, pt(PTRACE_CONT, pid, 0, 0));
	kill(pid, SIGWINCH);
	s = next(pid);
	ok(STOPPED(s, SIGWINCH), "a signal whose default is to be ignored stops it too");
	fails(EIO, pt(PTRACE_DETACH, pid, 0, 65));
	fails(0, pt(PTRACE_DETACH, pid, 0, 0));
	nap(20);
	ok(tracer_of(pid) == 0 && settles(pid, 'S'), "detached it runs on");
	kill(pid, SIGSTOP);
	waitpid(pid, &s, WUNTRACED);
	fails(0, pt(PTRACE_ATTACH, pid, 0, 0));
	s = next(pid);
	ok(STOPPED(s, SIGSTOP), "one that is stopped can be attached to");
	fails(0, pt(PTRACE_DETACH, pid, 0, 0));
	nap(30);
	ok(settles(pid, 'T'), "and is stopped again when it is let go");
	kill(pid, SIGCONT);
	nap(30);
	ok(settles(pid, 'S'), "SIGCONT continues it");
	kill(pid, SIGKILL);
	waitpid(pid, &s, 0);
}

static void test_seize(void)
{
	pid_t pid = free_child(loop_child);
	siginfo_t si;
	int s;

	fails(EIO, pt(PTRACE_SEIZE, pid, 1, 0));
	fails(EIO, pt(PTRACE_SEIZE, pid, 0, 0x10000));
	fails(0, pt(PTRACE_SEIZE, pid, 0, 0));
	ok(waitpid(pid, &s, __WALL | WNOHANG) == 0, "seized, it runs on");
	fails(ESRCH, pt(PTRACE_CONT, pid, 0, 0));
	fails(0, pt(PTRACE_INTERRUPT, pid, 0, 0));
	s = next(pid);
	ok(STOPPED(s, SIGTRAP | EVENT_STOP << 8), "PTRACE_INTERRUPT stops it");
	pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si);
	ok(si.si_signo == SIGTRAP && si.si_code == (SIGTRAP | EVENT_STOP << 8), "siginfo of the trap");
	fails(0, pt(PTRACE_CONT, pid, 0, 0));
	kill(pid, SIGSTOP);
	s = next(pid);
	ok(STOPPED(s, SIGSTOP), "the signal that stops");
	pt(PTRACE_CONT, pid, 0, SIGSTOP);
	s = next(pid);
	ok(STOPPED(s, SIGSTOP | EVENT_STOP << 8), "the group stop is told apart from it");
	fails(0, pt(PTRACE_LISTEN, pid, 0, 0));
	fails(ESRCH, pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si));
	nap(30);
	ok(state_of(pid) == 't' || state_of(pid) == 'T', "listening it stays stopped");
	kill(pid, SIGCONT);
	s = next(pid);
	ok(STOPPED(s, SIGTRAP | EVENT_STOP << 8), "and hears of SIGCONT: %x", s);
	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(STOPPED(s, SIGCONT), "then comes the signal itself");
	pt(PTRACE_CONT, pid, 0, 0);
	fails(0, pt(PTRACE_KILL, pid, 0, 0));
	s = next(pid);
	ok(WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL, "PTRACE_KILL kills");
}

static void test_tracer_gone(void)
{
	pid_t pid = free_child(loop_child), tracer;
	int s, p[2];
	char c;

	tracer = fork();
	if (!tracer)
		_exit(pt(PTRACE_ATTACH, pid, 0, 0) || next(pid) < 0 || pt(PTRACE_CONT, pid, 0, 0) ? 1 : 0);
	waitpid(tracer, &s, 0);
	ok(!s, "another process traces our child");
	nap(20);
	ok(tracer_of(pid) == 0 && settles(pid, 'S'), "and ends: the child runs on");
	tracer = fork();
	if (!tracer)
		_exit(pt(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL) ? 1 : 0);
	waitpid(tracer, &s, 0);
	waitpid(pid, &s, 0);
	ok(WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL, "PTRACE_O_EXITKILL ends the tracee with its tracer");

	pid = free_child(loop_child);
	pipe(p);
	tracer = fork();
	if (!tracer) {
		pt(PTRACE_ATTACH, pid, 0, 0);
		next(pid);
		pt(PTRACE_CONT, pid, 0, 0);
		write(p[1], "x", 1);
		s = next(pid);
		nap(100);
		_exit(WIFSIGNALED(s) ? 0 : 1);
	}
	read(p[0], &c, 1);
	kill(pid, SIGKILL);
	ok(waitpid(pid, &s, WNOHANG) == 0, "its end is the tracer's to hear first");
	ok(waitpid(pid, &s, 0) == pid && WIFSIGNALED(s), "the parent hears next");
	waitpid(tracer, &s, 0);
	ok(s == 0, "both do");
}

static void test_access(void)
{
	pid_t pid = free_child(loop_child), other;
	int s;

	other = fork();
	if (!other) {
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(2);
		errno = 0;
		_exit(pt(PTRACE_ATTACH, pid, 0, 0) == -1 && errno == EPERM && pt(PTRACE_SEIZE, pid, 0, 0) == -1 &&
		      errno == EPERM && pt(PTRACE_ATTACH, 1, 0, 0) == -1 && errno == EPERM ? 0 : 1);
	}
	waitpid(other, &s, 0);
	ok(!s, "another user's process is not to be traced");
	kill(pid, SIGKILL);
	waitpid(pid, &s, 0);

	other = fork();
	if (!other) {
		pid_t mine;

		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(2);
		prctl(PR_SET_DUMPABLE, 1);
		mine = fork();
		if (!mine) {
			prctl(PR_SET_DUMPABLE, 0);
			loop_child();
		}
		nap(50);
		errno = 0;
		s = pt(PTRACE_ATTACH, mine, 0, 0) == -1 && errno == EPERM;
		kill(mine, SIGKILL);
		waitpid(mine, NULL, 0);
		_exit(!s);
	}
	waitpid(other, &s, 0);
	ok(!s, "nor is one that is not dumpable");
}

static void *spin(void *arg)
{
	for (;;)
		nap(3);
	return arg;
}

static void threads_child(void)
{
	pthread_t th[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&th[i], NULL, spin, NULL);
	spin(NULL);
}

static void test_threads(void)
{
	unsigned long opts = PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT;
	pid_t pid = traced_child(threads_child), tid[4], who;
	int s = next(pid), n = 0, stops = 0, ends = 0, leader_last = 0, exits = 0;

	pt(PTRACE_SETOPTIONS, pid, 0, opts);
	pt(PTRACE_CONT, pid, 0, 0);
	while (n < 3 || stops < 3) {
		who = waitpid(-1, &s, __WALL);
		if (s >> 8 == (SIGTRAP | PTRACE_EVENT_CLONE << 8))
			n++;
		else if (who != pid && STOPPED(s, SIGSTOP))
			tid[stops++] = who;
		pt(PTRACE_CONT, who, 0, 0);
	}
	ok(n == 3, "three threads are traced as they begin");
	syscall(SYS_tgkill, pid, tid[1], SIGUSR1);
	who = waitpid(-1, &s, __WALL);
	ok(who == tid[1] && STOPPED(s, SIGUSR1), "a signal to one stops that one");
	pt(PTRACE_CONT, who, 0, 0);
	kill(pid, SIGSTOP);
	who = waitpid(-1, &s, __WALL);
	ok(STOPPED(s, SIGSTOP), "a stop signal for all stops one first");
	pt(PTRACE_CONT, who, 0, SIGSTOP);
	for (n = 0; n < 4; n++) {
		who = waitpid(-1, &s, __WALL);
		if (!STOPPED(s, SIGSTOP))
			break;
	}
	ok(n == 4, "then all four: %d", n);
	kill(pid, SIGKILL);
	while ((who = waitpid(-1, &s, __WALL)) > 0) {
		if (s >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
			exits++;
			pt(PTRACE_CONT, who, 0, 0);
			continue;
		}
		ends++;
		leader_last = who == pid;
		if (!WIFSIGNALED(s))
			break;
	}
	ok(ends == 4 && leader_last, "four ends, the leader's last: %d", ends);
}

static void exec_child(void)
{
	execl("/bin/true", "true", NULL);
}

static void test_exec_old(void)
{
	pid_t pid = traced_child(exec_child);
	int s = next(pid);

	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(STOPPED(s, SIGTRAP), "without options an exec is a SIGTRAP");
	pt(PTRACE_CONT, pid, 0, 0);
	s = next(pid);
	ok(WIFEXITED(s) && !WEXITSTATUS(s), "and the new program runs");
}

static void sleeper(void)
{
	char c;
	int p[2];

	if (pipe(p))
		_exit(1);
	_exit(read(p[0], &c, 1) == -1 && errno == EINTR ? 0 : 1);
}

/* An interrupted call is made again when the tracer takes the signal away. */
static void test_restart(void)
{
	pid_t pid = free_child(sleeper);
	struct regs r;
	int s;

	nap(50);
	pt(PTRACE_ATTACH, pid, 0, 0);
	s = next(pid);
	getregs(pid, &r);
	ok(STOPPED(s, SIGSTOP) && r.x[16] == SYS_read, "attached while it reads");
	pt(PTRACE_CONT, pid, 0, 0);
	nap(50);
	ok(settles(pid, 'S') && waitpid(pid, &s, WNOHANG | __WALL) == 0, "the read goes on");
	kill(pid, SIGKILL);
	waitpid(pid, &s, 0);
}

int main(void)
{
	tap_limit(100);
	test_traceme();
	test_signals();
	test_peeksiginfo();
	test_syscalls();
	test_skip();
	test_regs();
	births(0);
	births(1);
	test_attach();
	test_seize();
	test_tracer_gone();
	test_access();
	test_threads();
	test_exec_old();
	test_restart();
	return tap_done();
}
