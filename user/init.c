// SPDX-License-Identifier: MIT
/*
 * init: the first program, from the mounts to the exit status of QEMU.
 *
 * It mounts what the kernel has, uses the swap that /etc/fstab names, starts one
 * program on the console as the
 * leader of a session (so that ^C and job control work), reaps whatever is
 * orphaned, and powers the machine off when that program ends.  The program is
 * a login shell or, when the host has put /etc/faultline.run on the disk,
 * `/bin/sh -c` with that file's text; its status then becomes QEMU's.
 *
 * No libc and no busybox init: it must build with a bare-metal compiler too,
 * run on Faultline and on stock Linux alike, and carry a status out of the
 * machine, which no packaged init does.
 *
 * Signals follow busybox's init, so that its `poweroff`, `halt` and `reboot`
 * work: SIGUSR2, SIGUSR1, SIGTERM.  The handlers never return.
 */

enum sys {
	SYS_dup3 = 24,
	SYS_ioctl = 29,
	SYS_mkdirat = 34,
	SYS_symlinkat = 36,
	SYS_mount = 40,
	SYS_chdir = 49,
	SYS_openat = 56,
	SYS_close = 57,
	SYS_read = 63,
	SYS_sync = 81,
	SYS_exit_group = 94,
	SYS_nanosleep = 101,
	SYS_kill = 129,
	SYS_rt_sigaction = 134,
	SYS_rt_sigprocmask = 135,
	SYS_reboot = 142,
	SYS_setpgid = 154,
	SYS_setsid = 157,
	SYS_sethostname = 161,
	SYS_getpid = 172,
	SYS_clone = 220,
	SYS_execve = 221,
	SYS_swapon = 224,
	SYS_mmap = 222,
	SYS_wait4 = 260,
};

enum {
	AT_FDCWD = -100,
	O_RDWR = 2,
	O_SYNC = 04010000,
	TCSBRK = 0x5409,
	TIOCSCTTY = 0x540e,
	TIOCSPGRP = 0x5410,
	TIOCSWINSZ = 0x5414,
	MS_NOSUID = 2,
	MS_RDONLY = 1,
	MS_REMOUNT = 32,
	WNOHANG = 1,
	ECHILD = 10,
	SIGKILL = 9,
	SIGUSR1 = 10,
	SIGUSR2 = 12,
	SIGTERM = 15,
	SIGCHLD = 17,
	SIGTTOU = 22,
	SIG_BLOCK = 0,
	SIG_SETMASK = 2,
	PROT_READ_WRITE = 3,
	MAP_SHARED = 1,
	RUN_MAX = 64 << 10,
};

#define RB_MAGIC1      0xfee1deadUL
#define RB_MAGIC2      672274793UL
#define RB_POWER_OFF   0x4321fedcUL
#define RB_RESTART     0x01234567UL
#define RB_RESTART2    0xa1b2c3d4UL

struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	unsigned long mask;
};

struct winsize {
	unsigned short rows, cols, xpixels, ypixels;
};

/* How the status leaves the machine; from the kernel's command line. */
static unsigned long exit_device;

static char cmdline[4096];
static char run_text[RUN_MAX];
static char tty_path[32] = "/dev/";
static char term_var[64] = "TERM=vt220";

static long sys6(enum sys nr, long a, long b, long c, long d, long e, long f);
static void console_open(const char *path);
static void mount_all(void);
static void options_read(void);
static void hostname_set(void);
static void swap_on(void);
static void handlers_set(void);
static void terminal_take(void);
static long program_start(int run);
static int program_wait(long pid);
static void machine_off(int status);

static long sys3(enum sys nr, long a, long b, long c)
{
	return sys6(nr, a, b, c, 0, 0, 0);
}

static long read_file(const char *path, char *buf, long size)
{
	long fd = sys3(SYS_openat, AT_FDCWD, (long)path, 0);
	long len = 0, n;

	if (fd < 0)
		return fd;
	while (len < size - 1 && (n = sys3(SYS_read, fd, (long)(buf + len), size - 1 - len)) > 0)
		len += n;
	buf[len] = 0;
	sys3(SYS_close, fd, 0, 0);
	return len;
}

/* The C entry; `_start` below aligned the stack. */
__attribute__((noreturn, used)) static void init_main(void)
{
	int run, status;

	mount_all();
	console_open("/dev/console");
	options_read();
	hostname_set();
	swap_on();
	handlers_set();
	terminal_take();
	run = read_file("/etc/faultline.run", run_text, sizeof(run_text)) >= 0;
	status = program_wait(program_start(run));
	machine_off(run ? status : 0);
	for (;;)
		sys3(SYS_wait4, -1, 0, 0);
}

/* A file system that this kernel does not have is left out in silence. */
static void mount_one(const char *type, const char *dir)
{
	sys3(SYS_mkdirat, AT_FDCWD, (long)dir, 0755);
	sys6(SYS_mount, (long)type, (long)dir, (long)type, MS_NOSUID, 0, 0);
}

/* The links that udev would make; a kernel that makes them itself says EEXIST. */
static void link_one(const char *to, const char *name)
{
	sys3(SYS_symlinkat, (long)to, AT_FDCWD, (long)name);
}

static void mount_all(void)
{
	mount_one("proc", "/proc");
	mount_one("devtmpfs", "/dev");
	link_one("/proc/self/fd", "/dev/fd");
	link_one("/proc/self/fd/0", "/dev/stdin");
	link_one("/proc/self/fd/1", "/dev/stdout");
	link_one("/proc/self/fd/2", "/dev/stderr");
	mount_one("devpts", "/dev/pts");
	mount_one("tmpfs", "/dev/shm");
	mount_one("tmpfs", "/run");
	mount_one("tmpfs", "/tmp");
}

/* Make `path` the three standard files; it stays as it was when that fails. */
static void console_open(const char *path)
{
	long fd = sys3(SYS_openat, AT_FDCWD, (long)path, O_RDWR);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		if (fd != i)
			sys3(SYS_dup3, fd, i, 0);
	if (fd > 2)
		sys3(SYS_close, fd, 0, 0);
}

/* The value of `key` on the command line (key ends in '='), or null. */
static const char *option(const char *key)
{
	for (const char *p = cmdline; *p;) {
		const char *k = key;

		while (*k && *p == *k)
			p++, k++;
		if (!*k)
			return p;
		while (*p && *p != ' ')
			p++;
		while (*p == ' ')
			p++;
	}
	return 0;
}

static unsigned long number(const char **p, unsigned int base)
{
	unsigned long v = 0;

	for (;; ++*p) {
		unsigned int c = **p, d = c - '0';

		if (d > 9)
			d = (c | 32) - 'a' + 10;
		if (d >= base)
			return v;
		v = v * base + d;
	}
}

/* console=ttyS0  TERM=name  winsize=ROWSxCOLS  exit-device=HEX: see user/README.md. */
static void options_read(void)
{
	const char *p;
	unsigned int n;

	if (read_file("/proc/cmdline", cmdline, sizeof(cmdline)) <= 0)
		return;
	if ((p = option("console=")))
		for (n = 5; n < sizeof(tty_path) - 1 && *p > ' ' && *p != ','; n++)
			tty_path[n] = *p++;
	if ((p = option("TERM=")) && *p > ' ') {
		for (n = 5; n < sizeof(term_var) - 1 && *p > ' '; n++)
			term_var[n] = *p++;
		term_var[n] = 0;
	}
	if ((p = option("winsize="))) {
		struct winsize ws = { 0 };

		ws.rows = number(&p, 10);
		ws.cols = *p == 'x' ? (p++, number(&p, 10)) : 0;
		sys3(SYS_ioctl, 0, TIOCSWINSZ, (long)&ws);
	}
	if ((p = option("exit-device=")))
		exit_device = number(&p, 16);
}

static void hostname_set(void)
{
	char name[65];
	long len = read_file("/etc/hostname", name, sizeof(name));

	while (len > 0 && name[len - 1] <= ' ')
		len--;
	if (len > 0)
		sys3(SYS_sethostname, (long)name, len, 0);
}

/* The next word of the line at *p, with its end made a NUL; 0 at the line's end. */
static char *next_word(char **p)
{
	char *word;

	while (**p == ' ' || **p == '\t')
		++*p;
	if (!**p || **p == '\n' || **p == '#')
		return 0;
	word = *p;
	while (**p > ' ')
		++*p;
	if (**p && **p != '\n')
		*(*p)++ = 0;
	return word;
}

static int is_swap(const char *type)
{
	return type && type[0] == 's' && type[1] == 'w' && type[2] == 'a' && type[3] == 'p' &&
	       type[4] <= ' ';
}

/* `swapon -a`: what is not there, or no swap area, is left out in silence. */
static void swap_on(void)
{
	static char fstab[4096];
	char *p = fstab, *device;

	if (read_file("/etc/fstab", fstab, sizeof(fstab)) <= 0)
		return;
	while (*p) {
		device = next_word(&p);
		if (device && next_word(&p) && is_swap(next_word(&p)))
			sys3(SYS_swapon, (long)device, 0, 0);
		while (*p && *p != '\n')
			p++;
		p += *p == '\n';
	}
}

static void on_signal(int sig)
{
	if (sig == SIGTERM) {
		sys3(SYS_sync, 0, 0, 0);
		sys6(SYS_reboot, RB_MAGIC1, RB_MAGIC2, RB_RESTART, 0, 0, 0);
	}
	machine_off(0);
}

static void handlers_set(void)
{
	static const int sigs[] = { SIGUSR1, SIGUSR2, SIGTERM };
	struct kernel_sigaction sa = { .handler = on_signal };

	for (int i = 0; i < 3; i++)
		sys6(SYS_rt_sigaction, sigs[i], (long)&sa, 0, sizeof(sa.mask), 0, 0);
}

/*
 * Take the console as the terminal of init's own session, by the name of the
 * device: Linux does not stop a background reader of /dev/console.  init leads
 * the session, and not the shell, because Linux throws away what the terminal
 * has not yet sent when a session leader ends.
 */
static void terminal_take(void)
{
	unsigned long ttou = 1UL << (SIGTTOU - 1);

	sys3(SYS_setsid, 0, 0, 0);
	if (tty_path[5])
		console_open(tty_path);
	sys3(SYS_ioctl, 0, TIOCSCTTY, 1);
	sys6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&ttou, 0, sizeof(ttou), 0, 0);
}

/* Start the shell as the terminal's foreground group. */
static long program_start(int run)
{
	static char *envp[] = { "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LANG=C.UTF-8", term_var, 0 };
	static char *command[] = { "sh", "-c", run_text, 0 };
	static char *login[] = { "-bash", 0 }, *plain[] = { "-sh", 0 };
	unsigned long none = 0;
	long pid = sys6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
	int pgid;

	if (pid)
		return pid;
	pgid = sys3(SYS_getpid, 0, 0, 0);
	sys3(SYS_setpgid, 0, 0, 0);
	sys3(SYS_ioctl, 0, TIOCSPGRP, (long)&pgid);
	sys6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, sizeof(none), 0, 0);
	if (run) {
		sys3(SYS_execve, (long)"/bin/sh", (long)command, (long)envp);
	} else {
		sys3(SYS_chdir, (long)"/root", 0, 0);
		sys3(SYS_execve, (long)"/bin/bash", (long)login, (long)envp);
	}
	sys3(SYS_execve, (long)"/bin/sh", (long)(run ? command : plain), (long)envp);
	sys3(SYS_execve, (long)"/bin/busybox", (long)(run ? command : plain), (long)envp);
	sys3(SYS_exit_group, 127, 0, 0);
	return -1;
}

/* Reap until `pid` has ended; its status as a shell would say it. */
static int program_wait(long pid)
{
	int status = 0;
	long got;

	do {
		got = sys6(SYS_wait4, -1, (long)&status, 0, 0, 0, 0);
	} while (got != pid && got != -ECHILD);
	if (got != pid)
		return 127;
	return status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

/* Ask everything left to end, and give it half a second to do so. */
static void everyone_out(void)
{
	long tick[2] = { 0, 10000000 };

	if (sys3(SYS_kill, -1, SIGTERM, 0) < 0)
		return;
	for (int i = 0; i < 50; i++) {
		long got = sys6(SYS_wait4, -1, 0, WNOHANG, 0, 0, 0);

		if (got == -ECHILD)
			return;
		if (got == 0)
			sys3(SYS_nanosleep, (long)tick, 0, 0);
	}
	sys3(SYS_kill, -1, SIGKILL, 0);
}

/*
 * Faultline takes the status with reboot(2): RESTART2 and "exit:N".  Linux has
 * no such call, so there the status is written to QEMU's exit device, whose
 * address the host gives as exit-device=.
 */
static void machine_off(int status)
{
	static const long a_while[2] = { 10, 0 };
	char word[16] = "exit:";
	int n = 5;

	everyone_out();
	sys3(SYS_ioctl, 1, TCSBRK, 1);		/* tcdrain: the console's last words */
	sys3(SYS_sync, 0, 0, 0);
	sys6(SYS_mount, 0, (long)"/", 0, MS_REMOUNT | MS_RDONLY, 0, 0);
	if (exit_device) {
		long fd = sys3(SYS_openat, AT_FDCWD, (long)"/dev/mem", O_RDWR | O_SYNC);
		long at = sys6(SYS_mmap, 0, 4096, PROT_READ_WRITE, MAP_SHARED, fd, exit_device);

		if (at > 0) {
			*(volatile unsigned int *)at = status ? status << 16 | 0x3333 : 0x5555;
			/* QEMU 10 leaves a moment later, with the status of the last who asked. */
			sys3(SYS_nanosleep, (long)a_while, 0, 0);
		}
	}
	if (status) {
		if (status >= 100)
			word[n++] = '0' + status / 100;
		if (status >= 10)
			word[n++] = '0' + status / 10 % 10;
		word[n++] = '0' + status % 10;
		sys6(SYS_reboot, RB_MAGIC1, RB_MAGIC2, RB_RESTART2, (long)word, 0, 0);
	}
	sys6(SYS_reboot, RB_MAGIC1, RB_MAGIC2, RB_POWER_OFF, 0, 0, 0);
}

static long sys6(enum sys nr, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return a0;
}

__asm__(".globl _start\n"
	"_start:\n"
	"	andi	sp, sp, -16\n"
	"	call	init_main\n");
