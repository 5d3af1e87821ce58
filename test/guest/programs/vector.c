// SPDX-License-Identifier: MIT
/*
 * Vector registers: when a program has them, and that they stay what they are.
 *
 *	vector                  the tests
 *	vector threads SECONDS  registers over switches
 *	vector none             harts without
 *	vector control CONTROL ILL [next ...]
 *	                        after exec: what PR_RISCV_V_GET_CONTROL and an instruction say
 *
 * A system call may destroy them, so that what is kept is looked at without one.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

#include "tap.h"

#define HWCAP_V         (1UL << ('v' - 'a'))
#define SET_CONTROL     69
#define GET_CONTROL     70
enum { OFF = 1, ON = 2, NEXT_OFF = 4, NEXT_ON = 8, INHERIT = 16 };
#define NT_VECTOR       0x901
#define MAGIC           0x53465457U

struct v { unsigned long vstart, vl, vtype, vcsr; unsigned char r[32 * 128]; };
struct record { unsigned int magic, size; unsigned long vstart, vl, vtype, vcsr, vlenb; unsigned char *at; };

unsigned long v_vlenb(void);
void v_set(const struct v *from);
void v_get(struct v *to);
void v_bad(void);
void v_trap(const struct v *from, struct v *to);
void v_hold(const struct v *from, struct v *to, volatile int *go, unsigned long max, double *f);
void f_hold(const struct v *from, struct v *to, volatile int *go, unsigned long max, double *f);

static unsigned long bytes;     /* of the registers */

/* vl of as much as there is of e8 m1, e16 m2, e32 mf2, e64 m8, less a bit. */
static struct v pattern(unsigned int seed)
{
	static const struct { unsigned long vtype; unsigned int bits, eighths; } kinds[] = {
		{ 0x00, 8, 8 }, { 0x09, 16, 16 }, { 0xd7, 32, 4 }, { 0x5b, 64, 64 },
	};
	struct v v = { .vtype = kinds[seed % 4].vtype, .vcsr = seed & 7 };

	v.vl = bytes / 4 * kinds[seed % 4].eighths / 8 / kinds[seed % 4].bits;
	v.vl -= v.vl > 1 && (seed & 4);
	v.vstart = v.vl > 2 && seed % 3 == 0 ? 1 : 0;
	for (unsigned long i = 0; i < bytes; i++)
		v.r[i] = (unsigned char)(seed * 37 + i * 11 + (i >> 8));
	return v;
}

static int same(const struct v *a, const struct v *b)
{
	return a->vstart == b->vstart && a->vl == b->vl && a->vtype == b->vtype &&
	       a->vcsr == b->vcsr && !memcmp(a->r, b->r, bytes);
}

static void say(const struct v *a, const struct v *b)
{
	unsigned long i = 0;

	while (i < bytes && a->r[i] == b->r[i])
		i++;
	printf("# vstart %lu %lu, vl %lu %lu, vtype %#lx %#lx, vcsr %lu %lu, byte %lu: %d %d\n", a->vstart,
	       b->vstart, a->vl, b->vl, a->vtype, b->vtype, a->vcsr, b->vcsr, i, a->r[i], b->r[i]);
}

static int blank(const struct v *v)
{
	for (unsigned long i = 0; i < bytes; i++)
		if (v->r[i])
			return 0;
	return v->vstart == 0 && v->vl == 0 && v->vcsr == 0;
}

static sigjmp_buf here;

static void jump(int sig)
{
	siglongjmp(here, sig);
}

/* The signal that fn() raises, or 0. */
static int raises(void (*fn)(void))
{
	int sig;

	signal(SIGILL, jump);
	sig = sigsetjmp(here, 1);
	if (!sig)
		fn();
	return sig;
}

static void use(void)
{
	v_vlenb();
}

static void use_fp(void)
{
	__asm__ volatile("fadd.d ft0, ft0, ft0" : : : "ft0");
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* What fn() returns in a child. */
static int child(int (*fn)(void))
{
	pid_t pid = fork();

	if (!pid)
		_exit(fn());
	return status_of(pid);
}

/* ------------------------------------------------ first use */

static int before_use(void)
{
	static struct v v;

	if (raises(v_bad) != SIGILL)
		return 1;
	memset(&v, 0x55, sizeof(v));
	v_get(&v);
	if (!blank(&v) || v.vtype)
		return 2;
	return raises(v_bad) == SIGILL ? 0 : 3;
}

static void first_use(void)
{
	ok(child(before_use) == 0, "at first registers are zero, and what is illegal stays so");
	ok(getauxval(AT_MINSIGSTKSZ) == 1088 + 64 + bytes, "AT_MINSIGSTKSZ has room for them: %lu",
	   getauxval(AT_MINSIGSTKSZ));
}

static void harts_say_so(void)
{
	struct { long long key; unsigned long long value; } p = { 4, 0 };

	ok(getauxval(AT_HWCAP) & HWCAP_V, "AT_HWCAP has V");
	syscall(258, &p, 1, 0, NULL, 0);
	ok((p.value & 4) && (p.value >> 37 & 31) == 31, "hwprobe has V, and Zve32x to Zve64d");
}

/* ------------------------------------------------ fork */

static struct v before, after, other;

static int other_registers(void)
{
	static struct v v;

	v_get(&v);
	if (!blank(&v))
		return 1;
	v_set(&other);
	v_get(&v);
	return same(&v, &other) ? 0 : 2;
}

static void test_fork(void)
{
	before = pattern(5);
	other = pattern(6);
	v_set(&before);
	ok(child(other_registers) == 0, "a child has none of its parent's, and its own");
	for (int i = 0; i < 200; i++)
		if (child(other_registers)) {
			ok(0, "child %d", i);
			break;
		}
	v_set(&before);
	v_get(&after);
	ok(same(&before, &after), "its parent has its own");
}

/* ------------------------------------------------ signals */

static struct record *find_record(ucontext_t *uc)
{
	return (struct record *)((char *)&uc->uc_mcontext + 256 + 520);
}

static volatile int mode, seen;
static struct v found;

static void on_trap(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	struct record *r = find_record(uc);
	unsigned int *end = (void *)((char *)r + r->size);

	uc->uc_mcontext.__gregs[0] += 4;
	seen++;
	found = (struct v){ r->vstart, r->vl, r->vtype, r->vcsr, { 0 } };
	if (mode == 'n') {
		seen = r->magic || r->size ? -1 : 1;
		v_set(&other);
		return;
	}
	if (r->magic != MAGIC || r->size != 56 + bytes || end[0] || end[1] || r->vlenb * 32 != bytes ||
	    r->at != (unsigned char *)(r + 1))
		seen = -1;
	else
		memcpy(found.r, r->at, bytes);
	v_set(&other);
	switch (mode) {
	case 'c':
		r->vl = other.vl;
		r->vtype = other.vtype;
		r->vcsr = other.vcsr;
		r->vstart = other.vstart;
		memcpy(r->at, other.r, bytes);
		break;
	case 'a':
		r->at = other.r;
		break;
	case 'e':
		r->magic = r->size = 0;
		break;
	case 'm':
		r->magic++;
		break;
	case 's':
		r->size -= 16;
		break;
	case 'z':
		end[1] = 8;
		break;
	case 'b':
		r->at = (void *)8;
		break;
	case 'v':
		r->vtype = 0x123456;
		r->vl = 3;
		break;
	}
}

static void trap_as(int how)
{
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	sigaction(SIGTRAP, &sa, NULL);
	mode = how;
	seen = 0;
	v_trap(&before, &after);
}

static int bad_frame(void)
{
	trap_as(mode);
	return 77;
}

static int is_bad(int how)
{
	mode = how;
	return child(bad_frame) == 1000 + SIGSEGV;
}

/* Before and after it is the handler alone that uses them. */
static int handler_alone(void)
{
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	if (raises(v_bad) != SIGILL)    /* which is no use of them either */
		return 2;
	sigaction(SIGTRAP, &sa, NULL);
	mode = 'n';
	__asm__ volatile(".option push\n.option norvc\nebreak\n.option pop" : : : "memory");
	return seen == 1 ? 0 : 1;
}

static void forge(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	struct record *r = find_record(uc);

	uc->uc_mcontext.__gregs[0] += 4;
	memset(r, 0, 56 + bytes + 8);           /* the caller has left room */
	r->magic = MAGIC;
	r->size = 56 + (unsigned int)bytes;
	r->at = (unsigned char *)(r + 1);
}

static int forged(void)
{
	struct sigaction sa = { .sa_sigaction = forge, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = 32768 };

	sigaltstack(&ss, NULL);
	sigaction(SIGTRAP, &sa, NULL);
	__asm__ volatile(".option push\n.option norvc\nebreak\n.option pop" : : : "memory");
	return 77;
}

static void test_signals(void)
{
	before = pattern(9);
	other = pattern(10);
	trap_as('k');
	ok(seen == 1, "a frame has a record of them, and its end");
	if (!ok(same(&found, &before), "with what they were"))
		say(&found, &before);
	if (!ok(same(&after, &before), "they are what they were after a handler that uses them"))
		say(&after, &before);
	trap_as('c');
	if (!ok(same(&after, &other), "or what the handler wrote into the frame"))
		say(&after, &other);
	trap_as('a');
	ok(!memcmp(after.r, other.r, bytes) && after.vl == before.vl, "or where it says they are");
	trap_as('v');
	ok(after.vtype >> 63 && after.vl == 0 && !memcmp(after.r, before.r, bytes),
	   "a vtype that is none is none");
	trap_as('e');
	ok(seen == 1, "a frame may have no record");
	ok(is_bad('m') && is_bad('s') && is_bad('z') && is_bad('b'),
	   "another magic, size, end, or bad memory: SIGSEGV");
	ok(child(handler_alone) == 0, "there is no record where only the handler uses them");
	ok(child(forged) == 1000 + SIGSEGV, "nor may it make one");
}

/* ------------------------------------------------ signals from outside */

static volatile int ticks;

static void on_tick(int sig)
{
	v_set(&other);
	ticks++;
}

static void test_timer(void)
{
	struct itimerval it = { { 0, 700 }, { 0, 700 } }, off = { { 0 } };
	double f[3];
	int good = 1, never = 0;

	before = pattern(13);
	signal(SIGALRM, on_tick);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; (i < 200 || (ticks <= 50 && i < 20000)) && good; i++) {
		f[0] = i, f[1] = i + 0.5, f[2] = -i;
		memset(&after, 0, sizeof(after));
		v_hold(&before, &after, &never, 100000, f);
		good = same(&before, &after) && f[0] == i && f[1] == i + 0.5 && f[2] == -i;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	ok(ticks > 50, "%d signals came at any moment", ticks);
	if (!ok(good, "and each handler left them as they were"))
		say(&before, &after);
}

/* ------------------------------------------------ sigaltstack */

static int stack_sizes(void)
{
	static char stack[65536];
	size_t frame = getauxval(AT_MINSIGSTKSZ);
	stack_t ss = { .ss_sp = stack, .ss_size = 2048 };

	if (sigaltstack(&ss, NULL))
		return 1;                       /* it uses none yet */
	use();
	ss.ss_sp = stack + 16;
	ss.ss_size = frame;
	if (frame >= 2048 && (sigaltstack(&ss, NULL) != -1 || errno != ENOMEM))
		return 2;
	if (frame < 2048 && (ss.ss_size = 2047, sigaltstack(&ss, NULL) != -1 || errno != ENOMEM))
		return 3;
	ss.ss_size = frame >= 2048 ? frame + 1 : 2048;
	return sigaltstack(&ss, NULL) ? 4 : 0;
}

/* ------------------------------------------------ prctl */

static long control(void)
{
	return prctl(GET_CONTROL, 0, 0, 0, 0);
}

static int set(unsigned long c)
{
	return prctl(SET_CONTROL, c, 0, 0, 0) ? errno : 0;
}

/* This program again, with those words; what it ends with. */
static int again(unsigned long c, ...)
{
	char *argv[12] = { "vector", "control" };
	va_list ap;
	pid_t pid;

	va_start(ap, c);
	for (int i = 2; (argv[i] = va_arg(ap, char *)); i++)
		;
	va_end(ap);
	pid = fork();
	if (!pid) {
		if (set(c))
			_exit(50);
		execv("/proc/self/exe", argv);
		_exit(51);
	}
	return status_of(pid);
}

static int is_off(void)
{
	return control() == (OFF | NEXT_OFF | INHERIT) && raises(use) == SIGILL;
}

static void *off_here(void *arg)
{
	return (void *)(long)is_off();
}

static int control_main(char **argv)
{
	pthread_t thread;
	void *also = NULL;

	if (control() != atol(argv[0]))
		return 10 + (int)control();
	if (raises(use) != (!strcmp(argv[1], "ill") ? SIGILL : 0))
		return 5;
	if (!argv[2])
		return 0;
	if (!strcmp(argv[2], "thread")) {
		pthread_create(&thread, NULL, off_here, NULL);
		pthread_join(thread, &also);
		return also && child(is_off) == 1 ? 0 : 6;
	}
	if (!strcmp(argv[2], "on"))
		return set(ON) ? 7 : raises(use) || control() != ON ? 8 : 0;
	argv[0] = "vector";
	argv[1] = "control";
	memmove(argv + 2, argv + 3, 8 * sizeof(*argv));
	execv("/proc/self/exe", argv);
	return 9;
}

static void test_control(void)
{
	ok(control() == ON, "a program may use vectors");
	ok(set(OFF) == EPERM && set(OFF | NEXT_ON) == EPERM, "and go on to: EPERM");
	ok(set(3) == EINVAL && set(12) == EINVAL && set(32) == EINVAL && set(-1UL) == EINVAL,
	   "settings that there are not: EINVAL");
	ok(set(OFF | 12) == EPERM && set(OFF | 32) == EINVAL, "in this order");
	ok(set(NEXT_ON) == 0 && control() == (ON | NEXT_ON) && set(ON) == 0 && control() == ON,
	   "what is now can be left as it is");
	ok(again(ON, "2", "", NULL) == 0, "after exec as before");
	ok(again(NEXT_OFF, "1", "ill", NULL) == 0, "after exec off: SIGILL");
	ok(again(NEXT_OFF, "1", "ill", "exec", "2", "", NULL) == 0, "for that one");
	ok(again(NEXT_OFF | INHERIT, "21", "ill", "exec", "21", "ill", NULL) == 0, "or all that follow");
	ok(again(NEXT_OFF | INHERIT, "21", "ill", "thread", NULL) == 0, "its threads and children too");
	ok(again(NEXT_OFF, "1", "ill", "on", NULL) == 0, "until it says otherwise");
	ok(again(NEXT_ON | INHERIT, "26", "", "exec", "26", "", NULL) == 0, "after exec on");
}

/* What abi.riscv_v_default_allow is. */
static void test_default(void)
{
	static const char name[] = "/proc/sys/abi/riscv_v_default_allow";
	int fd = open(name, O_RDWR);
	char now[2];

	if (!ok(fd >= 0 && pwrite(fd, "0\n", 2, 0) == 2, "%s", name))
		return;
	ok(again(ON, "1", "ill", NULL) == 0, "off by default");
	ok(again(NEXT_ON, "2", "", NULL) == 0, "and on where that was said");
	ok(pwrite(fd, "x\n", 2, 0) == -1 && errno == EINVAL, "it is a number");
	ok(pwrite(fd, "7\n", 2, 0) == 2 && pread(fd, now, 2, 0) == 2 && !memcmp(now, "1\n", 2),
	   "and on by default whichever that is");
	close(fd);
}

/* ------------------------------------------------ tracers */

struct regset { unsigned long vstart, vl, vtype, vcsr, vlenb; unsigned char r[32 * 128]; };

static long regs(int request, pid_t pid, struct regset *r, size_t *len)
{
	struct iovec iov = { r, *len };
	long err = ptrace(request, pid, NT_VECTOR, &iov);

	*len = iov.iov_len;
	return err ? errno : 0;
}

static int traced(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	before = pattern(21);
	other = pattern(22);
	v_trap(&before, &after);
	return same(&after, &other) ? 7 : 8;
}

static void test_tracer(void)
{
	static struct regset r;
	size_t len = sizeof(r), whole = 40 + bytes;
	struct v v = { 0 };
	unsigned long gregs[32];
	struct iovec iov = { gregs, sizeof(gregs) };
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(traced());
	waitpid(pid, &status, 0);
	ok(regs(PTRACE_GETREGSET, pid, &r, &len) == EINVAL, "of who uses none a tracer sees none: EINVAL");
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
	before = pattern(21);
	other = pattern(22);
	len = whole;
	ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP && regs(PTRACE_GETREGSET, pid, &r, &len) == 0 &&
	   len == whole, "later it does");
	v = (struct v){ r.vstart, r.vl, r.vtype, r.vcsr, { 0 } };
	memcpy(v.r, r.r, bytes);
	if (!ok(same(&v, &before) && r.vlenb == bytes / 32, "as they are"))
		say(&v, &before);
	len = sizeof(r);
	ok(regs(PTRACE_GETREGSET, pid, &r, &len) == 0 && len == sizeof(r), "or asks for more");
	len = 42;
	ok(regs(PTRACE_GETREGSET, pid, &r, &len) == EINVAL, "it asks by words: EINVAL");
	len = 44;
	ok(regs(PTRACE_GETREGSET, pid, &r, &len) == 0 && len == 44, "a part");
	r = (struct regset){ other.vstart, other.vl, other.vtype, other.vcsr, bytes / 32 + 16, { 0 } };
	memcpy(r.r, other.r, bytes);
	len = whole;
	ok(regs(PTRACE_SETREGSET, pid, &r, &len) == EINVAL, "another size: EINVAL");
	r.vlenb = bytes / 32;
	len = whole;
	ok(regs(PTRACE_SETREGSET, pid, &r, &len) == 0, "it writes others");
	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
	gregs[0] += 4;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
	ptrace(PTRACE_CONT, pid, 0, 0);
	ok(status_of(pid) == 7, "which the program finds");
}

/* ------------------------------------------------ a core file */

static int dies(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	signal(SIGTRAP, SIG_DFL);
	setrlimit(RLIMIT_CORE, &all);
	if (mkdir("/tmp/vectorcore", 0755) || chdir("/tmp/vectorcore"))
		return 1;
	v_trap(&before, &after);
	return 2;
}

static const char *note_in(const char *p, const char *end, size_t *len)
{
	while (p + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *n = (const void *)p;
		const char *desc = p + sizeof(*n) + ((n->n_namesz + 3) & ~3U);

		*len = n->n_descsz;
		if (n->n_type == NT_VECTOR && n->n_namesz == 6 && !strcmp(p + sizeof(*n), "LINUX"))
			return desc;
		p = desc + ((n->n_descsz + 3) & ~3U);
	}
	return NULL;
}

static void test_core(void)
{
	static char file[1 << 16];
	const Elf64_Phdr *ph;
	const struct regset *r = NULL;
	size_t len = 0;
	int fd;

	before = pattern(17);
	if (system("rm -rf /tmp/vectorcore; echo core > /proc/sys/kernel/core_pattern"))
		printf("# no core_pattern\n");
	ok(child(dies) == 1000 + SIGTRAP, "a program dies");
	fd = open("/tmp/vectorcore/core", O_RDONLY);
	if (fd >= 0 && read(fd, file, sizeof(file)) > 4096) {
		ph = (const void *)(file + ((Elf64_Ehdr *)file)->e_phoff);
		r = (const void *)note_in(file + ph->p_offset, file + ph->p_offset + ph->p_filesz, &len);
	}
	close(fd);
	ok(r && len == 40 + bytes && r->vl == before.vl && r->vtype == before.vtype &&
	   r->vlenb == bytes / 32 && !memcmp(r->r, before.r, bytes), "and its core has a note of them");
}

/* ------------------------------------------------ switches */

#define THREADS 6

static volatile int go, stop;
static volatile unsigned long rounds[THREADS];
static pthread_t workers[THREADS];

/* The last two use FP only; the first makes children that end as they use vectors. */
static void *work(void *arg)
{
	unsigned int me = (unsigned int)(long)arg, n = 0;
	struct v in, out;
	double f[3];

	while (!stop) {
		f[0] = me + n, f[1] = me - n * 0.5, f[2] = me * 1000.0 + n;
		in = pattern(me + 4 * (n++ % 7));
		memset(&out, 0, sizeof(out));
		(me < 4 ? v_hold : f_hold)(&in, &out, &go, 20000 + 40000 * (n % 8), f);
		if (f[0] != me + n - 1 || f[1] != me - (n - 1) * 0.5 || f[2] != me * 1000.0 + n - 1)
			return "FP";
		if (me < 4 && !same(&in, &out)) {
			say(&in, &out);
			return "vectors";
		}
		if (me == 0 && n % 16 == 0 && child(other_registers))
			return "a child";
		if (n % 5 == 0)
			sched_yield();
		rounds[me]++;
	}
	return NULL;
}

/* On a slow host it takes longer until each has been seen. */
static int enough(void)
{
	for (int i = 0; i < THREADS; i++)
		if (rounds[i] <= 3)
			return 0;
	return ticks > 10;
}

static int threads(int seconds)
{
	struct timespec gap = { 0, 3000000 };
	cpu_set_t set;
	time_t end = time(NULL) + seconds;
	void *wrong;

	other = pattern(3);
	signal(SIGUSR1, on_tick);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&workers[i], NULL, work, (void *)i);
	for (unsigned int n = 0; time(NULL) < end || (!enough() && time(NULL) < end + 60); n++) {
		CPU_ZERO(&set);
		CPU_SET(n & 1, &set);
		if (n % 3 == 0)
			CPU_SET(~n & 1, &set);
		pthread_setaffinity_np(workers[n % THREADS], sizeof(set), &set);
		pthread_kill(workers[n * 7 / 3 % THREADS], SIGUSR1);
		nanosleep(&gap, NULL);
	}
	stop = 1;
	go = 1;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i], &wrong);
		ok(!wrong, "thread %d kept its own, %lu times %s", i, rounds[i], wrong ? (char *)wrong : "");
		ok(rounds[i] > 3, "and ran");
	}
	ok(ticks > 10, "with %d signals", ticks);
	return tap_done();
}

/* ------------------------------------------------ harts without */

static int none(void)
{
	ok(!(getauxval(AT_HWCAP) & HWCAP_V) && getauxval(AT_MINSIGSTKSZ) == 1088, "no V, no room for it");
	ok(raises(use) == SIGILL, "SIGILL");
	fails(EINVAL, prctl(GET_CONTROL, 0, 0, 0, 0));
	fails(EINVAL, prctl(SET_CONTROL, ON, 0, 0, 0));
	ok(access("/proc/sys/abi/riscv_v_default_allow", F_OK) == -1, "nothing to allow");
	ok(raises(use_fp) == 0, "FP as ever");
	return tap_done();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "control"))
		return control_main(argv + 2);
	tap_limit(100);
	if (!strcmp(what, "none"))
		return none();
	ok(child(stack_sizes) == 0, "an alternate stack is larger than a frame with them");
	bytes = 32 * v_vlenb();
	if (!strcmp(what, "threads"))
		return threads(argc > 2 ? atoi(argv[2]) : 3);
	harts_say_so();
	first_use();
	test_fork();
	test_signals();
	test_timer();
	signal(SIGALRM, SIG_DFL);
	tap_limit(100);
	test_control();
	test_default();
	test_tracer();
	test_core();
	return tap_done();
}
