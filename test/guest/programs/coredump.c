// SPDX-License-Identifier: MIT
/*
 * Core dumps: when there is one, under what name, whose it is, and what is in it.
 *
 *	coredump                the tests
 *	coredump crash          dies with two more threads, for a debugger to look at
 *	coredump helper PID SIG what core_pattern's pipe runs
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define FOLDER  "/tmp/coretest"
#define PAGE    4096UL

static char *mine, *left_out, *shared, *bare;

static void set(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("# %s: %s\n", file, strerror(errno));
	close(fd);
}

static void get(const char *file, char *buf, size_t size)
{
	int fd = open(file, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* ------------------------------------------------ ways to die */

static void segv(void)
{
	*(volatile int *)0x1234 = 1;
}

static void abort_(void)
{
	abort();
}

static void quit(void)
{
	raise(SIGQUIT);
}

static void term(void)
{
	raise(SIGTERM);
}

/* ------------------------------------------------ one core */

static struct core {
	char *data;
	size_t size;
	Elf64_Ehdr *eh;
	Elf64_Phdr *ph;
	int threads, fpregs;
	struct elf_prstatus *status[16];
	struct elf_prpsinfo *ps;
	siginfo_t *si;
	Elf64_auxv_t *auxv;
	unsigned long *files;
} core;

static void read_notes(char *p, char *end)
{
	while (p + sizeof(Elf64_Nhdr) <= end) {
		Elf64_Nhdr *n = (void *)p;
		char *desc = p + sizeof(*n) + ((n->n_namesz + 3) & ~3U);

		switch (n->n_type) {
		case NT_PRSTATUS: core.status[core.threads++] = (void *)desc; break;
		case NT_FPREGSET: core.fpregs++; break;
		case NT_PRPSINFO: core.ps = (void *)desc; break;
		case NT_SIGINFO: core.si = (void *)desc; break;
		case NT_AUXV: core.auxv = (void *)desc; break;
		case NT_FILE: core.files = (void *)desc; break;
		}
		p = desc + ((n->n_descsz + 3) & ~3U);
	}
}

static int read_core(const char *name)
{
	int fd = open(name, O_RDONLY);
	struct stat st;

	if (core.data)
		munmap(core.data, core.size);
	memset(&core, 0, sizeof(core));
	if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)sizeof(Elf64_Ehdr))
		return 0;
	core.size = (size_t)st.st_size;
	core.data = mmap(NULL, core.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	core.eh = (void *)core.data;
	core.ph = (void *)(core.data + core.eh->e_phoff);
	if (memcmp(core.eh->e_ident, ELFMAG, SELFMAG) || core.eh->e_type != ET_CORE)
		return 0;
	if (core.ph[0].p_type == PT_NOTE)
		read_notes(core.data + core.ph[0].p_offset,
			   core.data + core.ph[0].p_offset + core.ph[0].p_filesz);
	return 1;
}

static Elf64_Phdr *segment(const void *at)
{
	for (int i = 0; i < core.eh->e_phnum; i++)
		if (core.ph[i].p_type == PT_LOAD && core.ph[i].p_vaddr <= (unsigned long)at &&
		    (unsigned long)at < core.ph[i].p_vaddr + core.ph[i].p_memsz)
			return &core.ph[i];
	return NULL;
}

/* The byte at @at, or -1: not in the file. */
static int byte_at(const void *at)
{
	Elf64_Phdr *s = segment(at);
	unsigned long off = s ? (unsigned long)at - s->p_vaddr : 0;

	if (!s || off >= s->p_filesz || s->p_offset + off >= core.size)
		return -1;
	return (unsigned char)core.data[s->p_offset + off];
}

static int file_named(const char *end)
{
	unsigned long n = core.files ? core.files[0] : 0;
	const char *name = core.files ? (char *)(core.files + 2 + 3 * n) : NULL;

	for (unsigned long i = 0; i < n; i++, name += strlen(name) + 1)
		if (strlen(name) >= strlen(end) && !strcmp(name + strlen(name) - strlen(end), end))
			return 1;
	return 0;
}

static void wipe(void)
{
	if (system("rm -rf " FOLDER "; mkdir " FOLDER "; chmod 777 " FOLDER) || chdir(FOLDER))
		printf("# no folder\n");
}

/* A child that dies by @way after @before; its pid in *pid, its status returned. */
static int dies(void (*before)(void), void (*way)(void), pid_t *pid)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int status = -1;

	*pid = fork();
	if (*pid == 0) {
		setrlimit(RLIMIT_CORE, &all);
		if (before)
			before();
		way();
		_exit(99);
	}
	waitpid(*pid, &status, 0);
	return status;
}

static int exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

/* ------------------------------------------------ claims */

static void fill(void)
{
	mine = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	left_out = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bare = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mine[0] = 'm';
	mine[3 * PAGE] = 'n';
	left_out[0] = 'l';
	shared[0] = 's';
	bare[0] = 'b';
	madvise(left_out, PAGE, MADV_DONTDUMP);
	mprotect(bare, PAGE, PROT_NONE);
}

static void contents(void)
{
	unsigned long base = 0, phdr = 0;
	Elf64_Phdr *text;
	pid_t pid;
	int status;

	wipe();
	fill();
	status = dies(NULL, segv, &pid);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && WCOREDUMP(status),
	   "a segfault leaves a core, and wait says so");
	if (!ok(read_core("core"), "it is an ELF core file named core"))
		return;
	ok(core.eh->e_machine == EM_RISCV && core.eh->e_version == 1, "of this machine");
	ok(core.threads == 1 && core.fpregs == 1, "with one thread's registers");
	ok(core.status[0] && core.status[0]->pr_pid == pid &&
	   core.status[0]->pr_cursig == SIGSEGV && core.status[0]->pr_ppid == getpid(),
	   "its process, its parent, its signal");
	ok(core.status[0] && core.status[0]->pr_reg[0] >= (unsigned long)segv &&
	   core.status[0]->pr_reg[0] < (unsigned long)segv + 64, "pc lies where it crashed");
	ok(core.ps && !strcmp(core.ps->pr_fname, "coredump") && strstr(core.ps->pr_psargs, "coredump"),
	   "the program's name and arguments");
	ok(core.si && core.si->si_signo == SIGSEGV && core.si->si_code == SEGV_MAPERR &&
	   core.si->si_addr == (void *)0x1234, "the siginfo with the address");
	for (Elf64_auxv_t *a = core.auxv; a && a->a_type; a++) {
		base |= a->a_type == AT_PAGESZ && a->a_un.a_val == PAGE;
		phdr |= a->a_type == AT_PHDR;
	}
	ok(base && phdr, "the auxiliary vector");
	ok(file_named("/coredump"), "the files that it maps");
	ok(byte_at(mine) == 'm' && byte_at(mine + 3 * PAGE) == 'n', "its memory");
	ok(byte_at(mine + PAGE) == 0, "what it never touched is zero");
	ok(byte_at(bare) == 'b', "memory that nobody may read is there too");
	ok(byte_at(shared) == 's', "shared memory without a name is there");
	ok(segment(left_out) && segment(left_out)->p_filesz == 0, "what is not to be dumped is not");
	text = segment((void *)segv);
	ok(text && text->p_memsz && text->p_filesz <= PAGE && (text->p_flags & PF_X),
	   "of the program's text at most the first page");
}

static char *filter_file(const char *name)
{
	int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0644);
	char *p;

	if (write(fd, "f", 1) != 1)
		return NULL;
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return p;
}

static void filter_none(void)
{
	set("/proc/self/coredump_filter", "0");
}

static void filter_files(void)
{
	set("/proc/self/coredump_filter", "0x4\n");
}

static void filters(void)
{
	char text[32], *file;
	pid_t pid;

	get("/proc/self/coredump_filter", text, sizeof(text));
	ok(!strcmp(text, "00000033\n"), "coredump_filter begins as 33");
	fails(EINVAL, write(open("/proc/self/coredump_filter", O_WRONLY), "x", 1));
	wipe();
	dies(filter_none, segv, &pid);
	ok(read_core("core") && byte_at(mine) == -1 && byte_at(shared) == -1,
	   "filter 0 leaves all memory out");
	wipe();
	file = filter_file("mapped");
	dies(filter_files, segv, &pid);
	ok(read_core("core") && byte_at(file) == 'f' && byte_at(mine) == -1,
	   "filter 4 takes private mappings of files");
	munmap(file, PAGE);
	if (fork() == 0) {
		set("/proc/self/coredump_filter", "0x7f");
		if (!fork())
			execl("/bin/sh", "sh", "-c", "cat /proc/self/coredump_filter >seen", NULL);
		wait(NULL);
		_exit(0);
	}
	wait(NULL);
	get("seen", text, sizeof(text));
	ok(!strcmp(text, "0000007f\n"), "it is inherited through fork and exec");
}

static void no_limit(void)
{
	struct rlimit none = { 0, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &none);
}

static void small_limit(void)
{
	struct rlimit small = { 5 * PAGE, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &small);
}

static void not_dumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

static void whether(void)
{
	struct stat st;
	pid_t pid;
	int status;

	wipe();
	status = dies(no_limit, segv, &pid);
	ok(WIFSIGNALED(status) && !WCOREDUMP(status) && !exists("core"), "none with a limit of 0");
	status = dies(not_dumpable, segv, &pid);
	ok(WIFSIGNALED(status) && !WCOREDUMP(status) && !exists("core"),
	   "none of a process that is not dumpable");
	status = dies(NULL, term, &pid);
	ok(WTERMSIG(status) == SIGTERM && !WCOREDUMP(status) && !exists("core"),
	   "none for a signal that makes none");
	status = dies(NULL, quit, &pid);
	ok(WTERMSIG(status) == SIGQUIT && WCOREDUMP(status) && exists("core"), "SIGQUIT makes one");
	ok(stat("core", &st) == 0 && (st.st_mode & 07777) == 0600, "which only its owner may read");
	wipe();
	status = dies(small_limit, segv, &pid);
	ok(WCOREDUMP(status) && stat("core", &st) == 0 && st.st_size <= (off_t)(5 * PAGE) &&
	   st.st_size > 0, "one that is too large is cut at the limit");
}

static void names(void)
{
	char name[128];
	struct stat st;
	pid_t pid;

	wipe();
	close(open("other", O_CREAT | O_WRONLY, 0644));
	if (link("other", "core"))
		printf("# link: %s\n", strerror(errno));
	dies(NULL, abort_, &pid);
	ok(stat("other", &st) == 0 && st.st_size == 0 && stat("core", &st) == 0 && st.st_size > 0,
	   "a name that is there gives way");
	wipe();
	set("/proc/sys/kernel/core_uses_pid", "1");
	dies(NULL, abort_, &pid);
	set("/proc/sys/kernel/core_uses_pid", "0");
	snprintf(name, sizeof(name), "core.%d", pid);
	ok(exists(name), "core_uses_pid puts the number behind it");
	set("/proc/sys/kernel/core_pattern", FOLDER "/%e+%p+%s+%u+%g+%%+%f+%E%Q%");
	dies(NULL, abort_, &pid);
	get("/proc/sys/kernel/core_pattern", name, sizeof(name));
	ok(!strcmp(name, FOLDER "/%e+%p+%s+%u+%g+%%+%f+%E%Q%\n"), "a pattern is read as written");
	snprintf(name, sizeof(name), FOLDER "/coredump+%d+6+0+0+%%+coredump+!opt!test!coredump", pid);
	ok(exists(name), "a pattern is filled in");
	set("/proc/sys/kernel/core_pattern", "core");
}

static void drop(void)
{
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(98);
}

static void powers(void)
{
	char text[32];
	struct stat st;
	pid_t pid;
	int status;

	wipe();
	get("/proc/sys/fs/suid_dumpable", text, sizeof(text));
	ok(!strcmp(text, "0\n"), "suid_dumpable begins as 0");
	status = dies(drop, segv, &pid);
	ok(!WCOREDUMP(status) && !exists("core"), "none of a process whose powers have changed");
	set("/proc/sys/fs/suid_dumpable", "2");
	status = dies(drop, segv, &pid);
	ok(!WCOREDUMP(status) && !exists("core"), "nor with 2 and a relative name");
	set("/proc/sys/kernel/core_pattern", FOLDER "/abs");
	status = dies(drop, segv, &pid);
	ok(WCOREDUMP(status) && stat("abs", &st) == 0 && st.st_uid == 0 &&
	   (st.st_mode & 07777) == 0600, "with 2 and an absolute one it is root's");
	wipe();
	set("/proc/sys/kernel/core_pattern", "core");
	set("/proc/sys/fs/suid_dumpable", "1");
	status = dies(drop, segv, &pid);
	ok(WCOREDUMP(status) && stat("core", &st) == 0 && st.st_uid == 1000,
	   "with 1 it is its user's");
	set("/proc/sys/fs/suid_dumpable", "0");
}

static pthread_barrier_t ready;
static volatile pid_t tids[3];

static void *thread(void *arg)
{
	long i = (long)arg;

	tids[i] = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&ready);
	if (i == 2)
		segv();
	for (;;)
		pause();
	return NULL;
}

static void threads(void)
{
	pthread_t t;

	pthread_barrier_init(&ready, NULL, 3);
	pthread_create(&t, NULL, thread, (void *)1);
	pthread_create(&t, NULL, thread, (void *)2);
	tids[0] = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&ready);
	for (;;)
		;
}

static void many_threads(void)
{
	int others = 0, all = 1;
	pid_t pid;
	int status;

	for (int i = 0; i < 20; i++) {
		wipe();
		status = dies(NULL, threads, &pid);
		all &= WTERMSIG(status) == SIGSEGV && WCOREDUMP(status) && read_core("core") &&
		       core.threads == 3 && core.fpregs == 3;
	}
	ok(all, "each thread is in the core, twenty times");
	if (core.threads != 3)
		return;
	ok(core.status[0]->pr_pid != pid && core.status[0]->pr_cursig == SIGSEGV,
	   "the one that crashed comes first");
	for (int i = 1; i < 3; i++)
		others += core.status[i]->pr_pid == pid;
	ok(others == 1, "the others follow");
	for (int i = 0; i < 3; i++)
		all &= segment((void *)core.status[i]->pr_reg[2]) != NULL;
	ok(all, "each stack pointer lies in a segment");
}

static int helper(char **argv)
{
	char buf[4096], name[64];
	ssize_t n;
	int fd;

	if (chdir(FOLDER))
		return 1;
	if (!strcmp(argv[0], "stuck")) {
		close(open("stuck", O_CREAT | O_WRONLY, 0644));
		sleep(60);
		return 0;
	}
	snprintf(name, sizeof(name), "piped.%s", argv[0]);
	fd = open("part", O_CREAT | O_WRONLY, 0600);
	while ((n = read(0, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			return 1;
	close(fd);
	return rename("part", name) || strcmp(argv[1], "11") || strcmp(argv[2], "a b") ||
	       getuid() || argv[3] ? unlink(name) : 0;
}

static void rename_comm(void)
{
	no_limit();
	prctl(PR_SET_NAME, "a b");
}

static void pipes(void)
{
	char name[64];
	pid_t pid;
	int status;

	wipe();
	set("/proc/sys/kernel/core_pattern", "|/opt/test/coredump helper %p  %s %e");
	status = dies(rename_comm, segv, &pid);
	ok(WTERMSIG(status) == SIGSEGV && WCOREDUMP(status), "a pipe takes a core, limit or not");
	snprintf(name, sizeof(name), "piped.%d", pid);
	for (int i = 0; i < 500 && !exists(name); i++)
		usleep(10000);
	ok(read_core(name) && byte_at(mine) == 'm' && byte_at(mine + PAGE) == 0 &&
	   byte_at(mine + 3 * PAGE) == 'n', "the program reads it all, with the arguments parted");

	set("/proc/sys/kernel/core_pattern", "|/opt/test/coredump helper stuck");
	pid = fork();
	if (pid == 0)
		segv();
	for (int i = 0; i < 500 && !exists("stuck"); i++)
		usleep(10000);
	ok(exists("stuck") && waitpid(pid, &status, WNOHANG) == 0, "a core that nobody reads waits");
	kill(pid, SIGTERM);
	usleep(50000);
	ok(waitpid(pid, &status, WNOHANG) == 0, "SIGTERM does not disturb it");
	kill(pid, SIGKILL);
	ok(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL && !WCOREDUMP(status),
	   "SIGKILL ends it, and is what it died of");

	set("/proc/sys/kernel/core_pattern", "|/nowhere/at/all");
	status = dies(NULL, segv, &pid);
	ok(WTERMSIG(status) == SIGSEGV, "without the program it dies all the same");
	set("/proc/sys/kernel/core_pattern", "core");
}

/* Something to be found by name, and a value in it, of three threads. */
int in_the_core = 4711;

static int crash(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &all);
	threads();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "helper"))
		return helper(argv + 2);
	if (argc > 1 && !strcmp(argv[1], "crash"))
		return crash();
	tap_limit(180);
	set("/proc/sys/kernel/core_pattern", "core");
	contents();
	filters();
	whether();
	names();
	powers();
	many_threads();
	pipes();
	return tap_done();
}
