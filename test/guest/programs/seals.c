// SPDX-License-Identifier: MIT
/*
 * memfd_create with every flag, and what each seal forbids; mseal; remap_file_pages; holes.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 0x10U
#endif

#define PG 4096UL

static int sealable(size_t size)
{
	int fd = memfd_create("s", MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, size))
		exit(2);
	return fd;
}

static void *map(int fd, size_t len, int prot, int flags)
{
	return mmap(NULL, len, prot, flags, fd, 0);
}

static int maps(int fd, int prot, int flags)
{
	void *p = map(fd, PG, prot, flags);

	if (p == MAP_FAILED)
		return -1;
	return munmap(p, PG);
}

static void making(void)
{
	char name[256];
	int fd;

	fails(EINVAL, memfd_create("x", 0x20));
	fails(EINVAL, memfd_create("x", MFD_NOEXEC_SEAL | MFD_EXEC));
	fails(EFAULT, memfd_create((char *)1, 0));
	memset(name, 'a', sizeof(name));
	name[249] = 0;
	ok((fd = memfd_create(name, 0)) >= 0, "a name may have 249 bytes");
	close(fd);
	name[249] = 'a';
	name[250] = 0;
	fails(EINVAL, memfd_create(name, 0));

	fd = memfd_create("x", 0);
	ok(fcntl(fd, F_GET_SEALS) == F_SEAL_SEAL, "without MFD_ALLOW_SEALING there is F_SEAL_SEAL");
	fails(EPERM, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	ok(fcntl(fd, F_GETFD) == 0, "it is not closed by exec unless MFD_CLOEXEC says so");
	close(fd);
	fd = memfd_create("x", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	ok(fcntl(fd, F_GET_SEALS) == 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "MFD_ALLOW_SEALING, MFD_CLOEXEC");
	fails(EINVAL, fcntl(fd, F_ADD_SEALS, 0x1000));
	close(fd);
	fd = open("/proc/self/exe", O_RDONLY);
	fails(EINVAL, fcntl(fd, F_GET_SEALS));
	close(fd);
}

static void executable(void)
{
	struct stat st;
	int fd = memfd_create("x", MFD_NOEXEC_SEAL);

	fstat(fd, &st);
	ok((st.st_mode & 0777) == 0666, "MFD_NOEXEC_SEAL: nobody may run it");
	ok(fcntl(fd, F_GET_SEALS) == F_SEAL_EXEC, "and it can be sealed");
	fails(EPERM, fchmod(fd, 0755));
	ok(fchmod(fd, 0600) == 0, "other bits of the mode may change");
	close(fd);

	fd = memfd_create("x", MFD_EXEC | MFD_ALLOW_SEALING);
	fstat(fd, &st);
	ok((st.st_mode & 0777) == 0777, "MFD_EXEC: it may be run");
	ok(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC) == 0 &&
	   fcntl(fd, F_GET_SEALS) == (F_SEAL_EXEC | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
				      F_SEAL_FUTURE_WRITE), "F_SEAL_EXEC of one that may be run seals its bytes");
	close(fd);
}

static void sizes(void)
{
	int fd = sealable(2 * PG);
	char buf[2 * PG];

	memset(buf, 1, sizeof(buf));
	ok(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0, "F_SEAL_SHRINK");
	fails(EPERM, ftruncate(fd, PG));
	ok(ftruncate(fd, 3 * PG) == 0 && ftruncate(fd, 3 * PG) == 0, "it may grow, or stay");
	ok(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0, "F_SEAL_GROW");
	fails(EPERM, ftruncate(fd, 4 * PG));
	fails(EPERM, fallocate(fd, 0, 2 * PG, 2 * PG));
	fails(EPERM, pwrite(fd, buf, 1, 3 * PG));
	fails(EPERM, pwrite(fd, buf, 2 * PG, 3 * PG / 2));
	ok(pwrite(fd, buf, PG, PG) == PG, "what is there can be written");
	ok(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PG) == 0, "and punched");
	ok(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) == 0, "F_SEAL_SEAL");
	fails(EPERM, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	close(fd);
}

static void writing(void)
{
	int fd = sealable(PG), ro;
	char path[64], *p = map(fd, PG, PROT_READ | PROT_WRITE, MAP_SHARED), *q;

	p[0] = 'a';
	fails(EBUSY, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	mprotect(p, PG, PROT_READ);
	fails(EBUSY, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	if (fork() == 0)
		_exit(0);
	wait(NULL);
	munmap(p, PG);
	p = map(fd, PG, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	ok(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0, "F_SEAL_WRITE, when only private mappings are left");
	p[0] = 'b';
	ok(p[0] == 'b', "which may still be written");
	fails(EPERM, write(fd, "x", 1));
	fails(EPERM, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PG));
	fails(EPERM, maps(fd, PROT_READ | PROT_WRITE, MAP_SHARED));
	fails(0, maps(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	fails(0, ftruncate(fd, 2 * PG));
	q = map(fd, PG, PROT_READ, MAP_SHARED);
	ok(q != MAP_FAILED && q[0] == 'a', "and it may be mapped to be read");
	fails(EACCES, mprotect(q, PG, PROT_READ | PROT_WRITE));
	munmap(q, PG);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY);
	ok(fcntl(ro, F_GET_SEALS) == F_SEAL_WRITE, "seals are the file's, not the descriptor's");
	fails(EPERM, fcntl(ro, F_ADD_SEALS, F_SEAL_GROW));
	close(ro);
	close(fd);
}

static void future_writing(void)
{
	int fd = sealable(PG);
	char *p = map(fd, PG, PROT_READ | PROT_WRITE, MAP_SHARED), *q;

	ok(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0, "F_SEAL_FUTURE_WRITE in spite of a mapping");
	p[0] = 'c';
	q = map(fd, PG, PROT_READ, MAP_SHARED);
	ok(q != MAP_FAILED && q[0] == 'c', "which still writes");
	fails(EACCES, mprotect(q, PG, PROT_READ | PROT_WRITE));
	fails(EPERM, write(fd, "x", 1));
	fails(EPERM, maps(fd, PROT_WRITE, MAP_SHARED));
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	fails(EPERM, remap_file_pages(p, PG, 0, 0, 0));
	fails(0, remap_file_pages(q, PG, 0, 0, 0));
	munmap(p, PG);
	munmap(q, PG);
	close(fd);
}

static int mseal(void *p, size_t len, unsigned long flags)
{
	return syscall(SYS_mseal, p, len, flags);
}

static void sealed_areas(void)
{
	char *p = map(-1, 8 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	p[3 * PG] = 1;
	munmap(p + 7 * PG, PG);
	fails(EINVAL, mseal(p, PG, 1));
	fails(EINVAL, mseal(p + 1, PG, 0));
	fails(EINVAL, mseal(p, -1UL, 0));
	fails(ENOMEM, mseal(p + 6 * PG, 2 * PG, 0));
	fails(0, mseal(p, 0, 0));
	fails(0, munmap(p + 6 * PG, PG));
	fails(0, mseal(p + 2 * PG, 2 * PG, 0));
	fails(0, mseal(p + 2 * PG, 2 * PG, 0));
	fails(EPERM, munmap(p + 3 * PG, PG));
	fails(EPERM, munmap(p, 5 * PG));
	fails(EPERM, mprotect(p + PG, 2 * PG, PROT_READ));
	fails(EPERM, (long)mremap(p + 2 * PG, PG, 2 * PG, MREMAP_MAYMOVE));
	fails(EPERM, (long)mremap(p, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + 3 * PG));
	fails(EPERM, (long)mmap(p + 3 * PG, PG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	fails(0, madvise(p + 3 * PG, PG, MADV_DONTNEED));
	ok(p[3 * PG] == 0, "what may be written may be thrown away");
	fails(0, munmap(p + 4 * PG, 2 * PG));

	p = map(-1, 2 * PG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	fails(0, mseal(p, PG, 0));
	fails(EPERM, madvise(p, PG, MADV_DONTNEED));
	fails(0, madvise(p, PG, MADV_WILLNEED));
	if (fork() == 0)
		_exit(munmap(p, PG) == -1 && errno == EPERM ? 0 : 1);
	int status;
	wait(&status);
	ok(status == 0, "a child inherits the seal");
}

static void file_pages(void)
{
	char *s = map(-1, 8 * PG, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS), *p;

	for (int i = 0; i < 8; i++)
		s[i * PG] = 'a' + i;
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	fails(0, remap_file_pages(s, PG, 0, 5, 0));
	ok(s[0] == 'f' && s[PG] == 'b', "the page has become another");
	s[0] = 'F';
	ok(s[5 * PG] == 'F', "and is the same as at its old place");
	fails(0, remap_file_pages(s, 2 * PG, 0, 2, 0));
	ok(s[0] == 'c' && s[PG] == 'd', "across two areas that agree");
	fails(0, remap_file_pages(s + 100, PG + 100, 0, 0, MAP_NONBLOCK));
	ok(s[0] == 'a', "start and size are rounded down");
	fails(EINVAL, remap_file_pages(s, PG, PROT_READ, 0, 0));
	fails(EINVAL, remap_file_pages(s, 100, 0, 0, 0));
	fails(EINVAL, remap_file_pages(s, 2 * PG, 0, -1UL, 0));
	fails(EINVAL, remap_file_pages(s, 9 * PG, 0, 0, 0));
	p = map(-1, PG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	fails(EINVAL, remap_file_pages(p, PG, 0, 0, 0));
}

/* A private copy outlives its page's becoming a hole, but not its leaving the file. */
static void holes(int fd, const char *kind)
{
	char *p, *s;

	if (ftruncate(fd, 4 * PG))
		exit(2);
	p = map(fd, 4 * PG, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	s = map(fd, 4 * PG, PROT_READ | PROT_WRITE, MAP_SHARED);
	memset(s, 'f', 4 * PG);
	p[0] = p[PG] = p[2 * PG] = 'p';
	fails(0, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PG));
	fails(0, madvise(s + PG, PG, MADV_REMOVE));
	ok(!s[0] && !s[PG], "%s: holes in the file", kind);
	ok(p[0] == 'p' && p[1] == 'f' && p[PG] == 'p', "%s: the private copies stay", kind);
	ok(p[3 * PG] == 'f', "%s: what was not copied is the file's", kind);
	if (ftruncate(fd, 2 * PG) || ftruncate(fd, 4 * PG))
		exit(2);
	ok(p[2 * PG] == 0 && p[3 * PG] == 0 && p[0] == 'p', "%s: truncate takes copies too", kind);
	munmap(p, 4 * PG);
	munmap(s, 4 * PG);
	close(fd);
}

int main(void)
{
	tap_limit(60);
	making();
	executable();
	sizes();
	writing();
	future_writing();
	sealed_areas();
	file_pages();
	holes(sealable(0), "memory");
	holes(open("/root/holes", O_RDWR | O_CREAT | O_TRUNC, 0600), "disk");
	unlink("/root/holes");
	return tap_done();
}
