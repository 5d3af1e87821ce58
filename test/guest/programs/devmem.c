// SPDX-License-Identifier: MIT
/*
 * /dev/mem and /proc/iomem: RAM and what a driver has are refused, and what is mapped of the rest
 * is nobody's memory (QEMU's virt: boot ROM, PCI window, nothing).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tap.h"

#define ROM     0x1000UL
#define NOTHING 0x200000UL
#define UART    0x10000000UL
#define PCI     0x40000000UL

static int fd;
static unsigned long ram, ram_end;

static void *map(unsigned long at, size_t len, int prot, int how)
{
	return mmap(NULL, len, prot, how, fd, (off_t)at);
}

static void find_ram(void)
{
	FILE *f = fopen("/proc/iomem", "r");
	unsigned long start, last, before = 0;
	char line[200], name[100];
	int uart = 0, sorted = 1;

	while (f && fgets(line, sizeof(line), f)) {
		if (line[0] == ' ' || sscanf(line, "%lx-%lx : %99[^\n]", &start, &last, name) != 3)
			continue;
		sorted &= start >= before && last >= start;
		before = start;
		uart |= start == UART && last == UART + 0xff;
		if (!strcmp(name, "System RAM")) {
			ram = start;
			ram_end = last + 1;
		}
	}
	fclose(f);
	ok(sorted && ram == 0x80000000UL && ram_end > ram, "/proc/iomem: RAM, ascending");
	ok(uart, "and the serial port");
}

static void opening(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2], less[2];
	struct stat st;

	ok(!stat("/dev/mem", &st) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 1) &&
	   (st.st_mode & 0777) == 0600, "character device 1:1, 0600");
	syscall(SYS_capget, &h, d);
	memcpy(less, d, sizeof(d));
	less[0].effective &= ~(1U << CAP_SYS_RAWIO);
	syscall(SYS_capset, &h, less);
	fails(EPERM, open("/dev/mem", O_RDONLY));
	syscall(SYS_capset, &h, d);
	fd = open("/dev/mem", O_RDWR | O_SYNC);
	ok(fd >= 0, "CAP_SYS_RAWIO opens it");
}

static void reading(void)
{
	char b[16];

	fails(EPERM, pread(fd, b, 16, (off_t)ram));
	fails(EPERM, pread(fd, b, 16, (off_t)ram_end - 16));
	fails(EPERM, pwrite(fd, b, 16, (off_t)ram));
	fails(EPERM, pread(fd, b, 1, UART));
	fails(EFAULT, pread(fd, b, 16, ROM));
	fails(EFAULT, pread(fd, b, 16, (off_t)ram_end - 8));
	fails(EFAULT, pread(fd, b, 16, (off_t)ram_end));
	ok(pread(fd, b, 0, UART) == 0, "no byte is no error");
	ok(lseek(fd, 0x1000, SEEK_SET) == 0x1000 && lseek(fd, 0x10, SEEK_CUR) == 0x1010, "lseek");
	fails(EINVAL, lseek(fd, 0, SEEK_END));
	ok(lseek(fd, (off_t)0x8000000000000000, SEEK_SET) == (off_t)0x8000000000000000,
	   "lseek to what looks negative");
	fails(EOVERFLOW, lseek(fd, -1, SEEK_SET));
	lseek(fd, (off_t)ram, SEEK_SET);
	fails(EPERM, read(fd, b, 16));
	ok(lseek(fd, 0, SEEK_CUR) == (off_t)ram, "which moves nothing");
}

static void refusals(void)
{
	fails(EPERM, map(ram, 4096, PROT_READ, MAP_SHARED));
	fails(EPERM, map(ram_end - 4096, 4096, PROT_READ, MAP_PRIVATE));
	fails(EPERM, map(ram - 4096, 8192, PROT_READ, MAP_SHARED));
	fails(EPERM, map(ram, ram_end - ram - 1, PROT_READ, MAP_SHARED));
	fails(EPERM, map(ram, 4096, PROT_READ, MAP_SHARED | MAP_POPULATE));
	fails(EPERM, map(UART, 4096, PROT_READ | PROT_WRITE, MAP_SHARED));
	fails(EOVERFLOW, map(0x8000000000000000UL, 4096, PROT_READ, MAP_SHARED));
}

static const char *flags_of(void *at)
{
	static char line[256];
	char want[32];
	FILE *f = fopen("/proc/self/smaps", "r");
	int here = 0;

	sprintf(want, "%lx-", (unsigned long)at);
	while (fgets(line, sizeof(line), f)) {
		here |= !strncmp(line, want, strlen(want));
		if (here && !strncmp(line, "VmFlags:", 8))
			break;
	}
	fclose(f);
	return line;
}

static sigjmp_buf back;
static siginfo_t info;

static void caught(int sig, siginfo_t *i, void *uc)
{
	info = *i;
	siglongjmp(back, 1);
}

static void mapped(void)
{
	volatile uint32_t *rom = map(ROM, 8192, PROT_READ, MAP_SHARED), *pci, *none;
	struct sigaction act = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	unsigned char vec[2] = { 9, 9 };
	char b[8];
	struct iovec to = { b, 8 }, from = { (void *)rom, 8 };
	int mem = open("/proc/self/mem", O_RDWR), status;
	pid_t child;

	if (!ok(rom != MAP_FAILED, "what nobody has is mapped"))
		return;
	ok(strstr(flags_of((void *)rom), " pf ") && strstr(flags_of((void *)rom), " io ") &&
	   strstr(flags_of((void *)rom), " de "), "smaps: pf io de");
	ok(rom[0] == 0x297, "the boot ROM's first instruction");
	child = fork();
	if (!child)
		_exit(rom[0] != 0x297 || rom[1] == rom[0]);
	waitpid(child, &status, 0);
	ok(status == 0, "a child has it too");
	fails(0, mlock((void *)rom, 8192));
	fails(0, munlock((void *)rom, 8192));
	ok(!mincore((void *)rom, 8192, vec) && !vec[0], "mincore: nothing of it is in memory");
	fails(EINVAL, madvise((void *)rom, 8192, MADV_DONTNEED));
	fails(EINVAL, madvise((void *)rom, 8192, MADV_POPULATE_READ));
	fails(EFAULT, mremap((void *)rom, 8192, 16384, MREMAP_MAYMOVE));
	fails(EIO, pread(mem, b, 8, (off_t)rom));
	fails(EIO, pwrite(mem, b, 8, (off_t)rom));
	fails(EFAULT, process_vm_readv(getpid(), &to, 1, &from, 1, 0));
	child = fork();
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	fails(EIO, ptrace(PTRACE_PEEKDATA, child, rom, 0));
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	fails(0, munmap((char *)rom + 4096, 4096));
	ok(rom[0] == 0x297, "a part goes, the rest stays");
	fails(0, mprotect((void *)rom, 4096, PROT_NONE));
	fails(0, munmap((void *)rom, 4096));
	close(mem);

	pci = map(PCI, 4096, PROT_READ, MAP_SHARED);
	ok(pci != MAP_FAILED && pci[0] == 0xffffffff, "a bus with no device reads as ones");
	fails(0, mprotect((void *)pci, 4096, PROT_READ | PROT_WRITE));
	pci[0] = 1;
	ok(pci[0] == 0xffffffff, "and may be written after mprotect");
	munmap((void *)pci, 4096);
	mlockall(MCL_FUTURE);
	pci = map(PCI, 4096, PROT_READ | PROT_WRITE, MAP_SHARED);
	pci[1] = 1;
	ok(pci != MAP_FAILED && !strstr(flags_of((void *)pci), " lo"), "it is not locked");
	munlockall();

	none = map(NOTHING, 4096, PROT_READ | PROT_WRITE, MAP_SHARED);
	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	if (!sigsetjmp(back, 1))
		printf("# read %x\n", none[0]);
	ok(info.si_signo == SIGSEGV && info.si_code == SEGV_ACCERR, "where nothing is: SEGV_ACCERR");
	info.si_signo = 0;
	if (!sigsetjmp(back, 1))
		none[0] = 1;
	ok(info.si_signo == SIGSEGV && info.si_code == SEGV_ACCERR, "also to a write");
	munmap((void *)none, 4096);
}

int main(void)
{
	find_ram();
	opening();
	reading();
	refusals();
	mapped();
	return tap_done();
}
