// SPDX-License-Identifier: MIT
/*
 * The first program, when it is a measurement: how long the machine took to
 * reach it, and how much memory is left.
 *
 * Its first instruction reads the time CSR, which QEMU starts at 0 when the
 * machine is powered on, so that no kernel's idea of when it began matters.
 * No libc: what is measured is the kernel's way here, and not a program's way
 * to main().
 *
 * prints "first <ticks> <KiB total> <KiB free>" and powers the machine off.
 */

enum sys {
	SYS_ioctl = 29,
	SYS_openat = 56,
	SYS_write = 64,
	SYS_reboot = 142,
	SYS_sysinfo = 179,
};

enum {
	AT_FDCWD = -100,
	O_WRONLY = 1,
	TCSBRK = 0x5409,
};

#define RB_MAGIC1    0xfee1deadL
#define RB_MAGIC2    672274793L
#define RB_POWER_OFF 0x4321fedcL

/* sysinfo(2). */
struct sysinfo {
	long uptime;
	unsigned long loads[3];
	unsigned long totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	unsigned short procs, pad;
	unsigned long totalhigh, freehigh;
	unsigned int mem_unit;
};

static long sys4(enum sys nr, long a, long b, long c, long d)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
	return a0;
}

/* Write @v in decimal at @p; where it ends. */
static char *decimal(char *p, unsigned long v)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = '0' + v % 10;
	while (v /= 10);
	while (n)
		*p++ = digits[--n];
	return p;
}

__attribute__((noreturn, used)) static void first_main(unsigned long ticks)
{
	static struct sysinfo si;
	static char line[96] = "first ";
	char *p = line + 6;
	long fd = 1;

	sys4(SYS_sysinfo, (long)&si, 0, 0, 0);
	p = decimal(p, ticks);
	*p++ = ' ';
	p = decimal(p, si.totalram * si.mem_unit / 1024);
	*p++ = ' ';
	p = decimal(p, si.freeram * si.mem_unit / 1024);
	*p++ = '\n';
	if (sys4(SYS_write, fd, (long)line, p - line, 0) < 0) {
		fd = sys4(SYS_openat, AT_FDCWD, (long)"/dev/console", O_WRONLY, 0);
		sys4(SYS_write, fd, (long)line, p - line, 0);
	}
	sys4(SYS_ioctl, fd, TCSBRK, 1, 0);	/* tcdrain */
	sys4(SYS_reboot, RB_MAGIC1, RB_MAGIC2, RB_POWER_OFF, 0);
	for (;;)
		;
}

__asm__(".globl _start\n"
	"_start:\n"
	"	rdtime	a0\n"
	"	andi	sp, sp, -16\n"
	"	call	first_main\n");
