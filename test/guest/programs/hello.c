// SPDX-License-Identifier: MIT
/*
 * hello: what a program finds at its start, checked by itself.
 *
 * Built static, static-pie and dynamic, against glibc and musl: the kernel's
 * exec (segments, interpreter, stack, auxv) is the same contract for all.
 */
#include <elf.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

#include "tap.h"

static int data_word = 0x1234;
static int bss_word;
static __thread int tls_word = 77;
static const char *volatile text = "relocated";

static void *thread(void *arg)
{
	tls_word++;
	*(int *)arg = tls_word;
	return arg;
}

int main(int argc, char **argv, char **envp)
{
	pthread_t t;
	int from_thread = 0;
	struct timespec ts;
	unsigned char *random = (unsigned char *)getauxval(AT_RANDOM);
	unsigned int any = 0;

	tap_limit(60);
	ok(argc == 3 && !strcmp(argv[1], "one") && !strcmp(argv[2], "two words") && !argv[3],
	   "argv arrives");
	ok(envp[0] && getenv("HELLO") && !strcmp(getenv("HELLO"), "world"), "envp arrives");
	ok(data_word == 0x1234 && bss_word == 0 && !strcmp(text, "relocated"), "data, bss, relocs");
	ok(getauxval(AT_PAGESZ) == 4096, "AT_PAGESZ");
	ok(getauxval(AT_CLKTCK) == 100, "AT_CLKTCK");
	ok(getauxval(AT_PHENT) == sizeof(Elf64_Phdr) && getauxval(AT_PHNUM) > 2 &&
	   getauxval(AT_PHDR) && getauxval(AT_ENTRY), "AT_PHDR, AT_PHENT, AT_PHNUM, AT_ENTRY");
	ok((getauxval(AT_HWCAP) & (1 << ('i' - 'a'))) && (getauxval(AT_HWCAP) & (1 << ('c' - 'a'))),
	   "AT_HWCAP has I and C");
	ok(getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid() &&
	   getauxval(AT_GID) == getgid() && getauxval(AT_EGID) == getegid() &&
	   getauxval(AT_SECURE) == 0, "AT_UID and friends");
	ok(getauxval(AT_EXECFN) && strstr((char *)getauxval(AT_EXECFN), "hello"), "AT_EXECFN");
	for (int i = 0; random && i < 16; i++)
		any |= random[i];
	ok(any, "AT_RANDOM");
	ok(getauxval(AT_SYSINFO_EHDR) && !memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, 4),
	   "AT_SYSINFO_EHDR is an ELF image");
	ok(clock_gettime(CLOCK_MONOTONIC, &ts) == 0 && clock_gettime(CLOCK_REALTIME, &ts) == 0 &&
	   ts.tv_sec > 1600000000, "clocks");
	ok(((unsigned long)__builtin_frame_address(0) & 15) == 0, "the stack is aligned");
	ok(pthread_create(&t, 0, thread, &from_thread) == 0 && pthread_join(t, 0) == 0 &&
	   from_thread == 78 && tls_word == 77, "a thread has its own TLS");
	ok(0.1 + 0.2 > 0.3 && 0.1 + 0.2 < 0.30000001, "floating point");
	return tap_done();
}
