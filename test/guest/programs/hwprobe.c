// SPDX-License-Identifier: MIT
/*
 * riscv_hwprobe(2), by the system call and by the vDSO, which must say the same; and its
 * answers against what else there is to know of the machine.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "tap.h"

#define SYS_HWPROBE     258

struct pair { long long key; unsigned long long value; };
typedef int (*probe_fn)(struct pair *, size_t, size_t, unsigned long *, unsigned int);

/* A function of the vDSO by its name. */
static void *find(const char *name)
{
	const Elf64_Ehdr *eh = (void *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Phdr *ph = (void *)((char *)eh + eh->e_phoff);
	const Elf64_Sym *sym = NULL;
	const char *str = NULL;
	const unsigned int *hash = NULL;

	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			for (const Elf64_Dyn *d = (void *)((char *)eh + ph[i].p_offset); d->d_tag; d++) {
				void *at = (char *)eh + d->d_un.d_ptr;

				if (d->d_tag == DT_SYMTAB)
					sym = at;
				else if (d->d_tag == DT_STRTAB)
					str = at;
				else if (d->d_tag == DT_HASH)
					hash = at;
			}
	for (unsigned int i = 0; hash && i < hash[1]; i++)
		if (!strcmp(str + sym[i].st_name, name))
			return (char *)eh + sym[i].st_value;
	return NULL;
}

static int call(struct pair *pairs, size_t nr, size_t size, unsigned long *set, unsigned int flags)
{
	long r = syscall(SYS_HWPROBE, pairs, nr, size, set, flags);

	return r == -1 ? -errno : (int)r;
}

static unsigned long long value(long long key)
{
	struct pair p = { key, 77 };

	call(&p, 1, 0, NULL, 0);
	return p.key == key ? p.value : 0;
}

/* ---- the answers ---- */

static const struct { const char *name; int bit; } extensions[] = {
	{ "c", 1 }, { "zba", 3 }, { "zbb", 4 }, { "zbs", 5 }, { "zicboz", 6 }, { "zbc", 7 },
	{ "zbkb", 8 }, { "zbkc", 9 }, { "zbkx", 10 }, { "zknd", 11 }, { "zkne", 12 }, { "zknh", 13 },
	{ "zksed", 14 }, { "zksh", 15 }, { "zkt", 16 }, { "zfh", 27 }, { "zfhmin", 28 },
	{ "zihintntl", 29 }, { "zfa", 32 }, { "zacas", 34 }, { "zicond", 35 }, { "zihintpause", 36 },
	{ "zimop", 42 }, { "zcb", 44 }, { "zcmop", 47 }, { "zawrs", 48 },
};

/* Does the isa line of /proc/cpuinfo name it? */
static int isa_names(const char *name)
{
	static char line[2048];
	size_t len = strlen(name);
	FILE *f;

	if (!line[0]) {
		f = fopen("/proc/cpuinfo", "r");
		while (fgets(line, sizeof(line), f) && strncmp(line, "isa\t", 4))
			;
		fclose(f);
		line[strcspn(line, "\n")] = '\0';
	}
	char *isa = strstr(line, "rv64");

	if (len == 1)
		return memchr(isa + 4, *name, strcspn(isa + 4, "_")) != NULL;
	for (char *at = strchr(isa, '_'); at; at = strchr(at + 1, '_'))
		if (!strncmp(at + 1, name, len) && (at[1 + len] == '_' || !at[1 + len]))
			return 1;
	return 0;
}

static void extensions_are_those_of_cpuinfo(void)
{
	unsigned long long bits = value(4);

	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if ((bits >> extensions[i].bit & 1) != (unsigned)isa_names(extensions[i].name))
			ok(0, "bit %d and %s", extensions[i].bit, extensions[i].name);
	ok((bits & 3) == 3, "F, D and C");
	ok((bits >> 43 & 1) && (bits >> 45 & 1), "so Zca and Zcd as well");
	ok(!value(6) == !(bits >> 6 & 1), "blocks of Zicboz where there is Zicboz");
}

static void a_block_is_zeroed_by_a_program(void)
{
	static char page[8192] __attribute__((aligned(4096)));
	unsigned long size = value(6);

	if (!size)
		return;
	memset(page, 1, sizeof(page));
	__asm__ volatile(".insn i 0x0f, 2, x0, %0, 4" : : "r"(page) : "memory");        /* cbo.zero */
	for (unsigned long i = 0; i < size; i++)
		if (page[i])
			ok(0, "byte %lu of a block is zeroed", i);
	ok(page[size] == 1, "cbo.zero is a program's: %lu bytes", size);
}

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static unsigned long long now_ticks(void)
{
	unsigned long long t;

	__asm__ volatile("rdtime %0" : "=r"(t));
	return t;
}

static void the_clock_ticks_as_said(void)
{
	unsigned long long ns = now_ns(), ticks = now_ticks(), hz;

	while (now_ns() - ns < 100000000)
		;
	ticks = now_ticks() - ticks;
	ns = now_ns() - ns;
	hz = value(8);
	ok(hz && llabs((long long)(ticks * 1000000000 / ns) - (long long)hz) < (long long)hz / 20,
	   "%llu Hz", hz);
}

static void answers(void)
{
	int here;

	ok(value(3) == 1, "base behaviour: IMA");
	extensions_are_those_of_cpuinfo();
	a_block_is_zeroed_by_a_program();
	ok(value(5) == value(9) && value(9) <= 4, "misaligned accesses: %llu", value(9));
	ok(value(7) > (unsigned long)&here, "an address above the stack");
	the_clock_ticks_as_said();
}

/* ---- sets of harts ---- */

/* That question about key 3, whose value is 1, with that set: the result, and the set then. */
static void asked(probe_fn probe, unsigned long long wanted, size_t size, unsigned long set,
		  int result, unsigned long left)
{
	struct pair p = { 3, wanted };
	int r = probe(&p, 1, size, &set, 1);

	if (!ok(r == result && set == left && p.key == 3 && p.value == wanted,
		"3 = %llu, %zu bytes of %#lx: %d, %#lx", wanted, size, set, result, left))
		printf("# %d, %#lx, %lld = %llu\n", r, set, p.key, p.value);
}

static void which_harts(probe_fn probe, unsigned long online)
{
	struct pair p[3] = { { 3, 1 }, { 1000, 5 }, { 3, 1 } };
	unsigned long one = 1;

	asked(probe, 1, 8, 0, 0, online);
	asked(probe, 1, 8, 1, 0, 1);
	asked(probe, 0, 8, 1, 0, 1);            /* bits: all of none */
	asked(probe, 2, 8, 1, 0, 0);
	asked(probe, 3, 8, 0, 0, 0);
	asked(probe, 1, 1, 0x5500, 0, 0x5500 | (online & 0xff));
	asked(probe, 1, 0, 1, -EINVAL, 1);
	ok(probe(p, 1, 8, NULL, 1) == -EINVAL, "no set");
	ok(probe(p, 0, 8, &one, 1) == 0 && one == 1, "no pairs: a set stays");
	ok(probe(p, 3, 8, &one, 1) == 0 && one == 0, "a key that is none: no hart");
	ok(p[1].key == -1 && p[1].value == 0 && p[2].key == 3, "which becomes -1");
	for (int key = 4; key <= 9; key++) {
		p[0] = (struct pair){ key, value(key) };
		one = 1;
		ok(probe(p, 1, 8, &one, 1) == 0 && one == 1, "key %d is what it is", key);
		p[0].value ^= 1UL << 50;
		ok(probe(p, 1, 8, &one, 1) == 0 && one == 0, "and nothing else");
	}
	p[0] = (struct pair){ 4, 1 };
	one = 1;
	ok(probe(p, 1, 8, &one, 1) == 0 && one == 1, "bits: those asked for");
	ok(probe(p, 1, 8, &one, 3) == -EINVAL && probe(p, 1, 8, &one, 2) == -EINVAL, "other flags");
}

static void sets_of_the_system_call(unsigned long online)
{
	struct pair p = { 3, 7 };
	struct pair *fixed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long none = 0, one = 1, offline = 1UL << 63, both = offline | 1, *bad = (void *)8;
	unsigned long large[128] = { [127] = 0x55 };

	ok(call(&p, 1, 8, &one, 0) == 0 && p.value == 1, "one hart");
	ok(call(&p, 1, 8, &both, 0) == 0 && both == (offline | 1), "of a set those online");
	ok(call(&p, 1, 8, &none, 0) == -EINVAL, "an empty set");
	ok(call(&p, 0, 8, &none, 0) == -EINVAL, "be there no pairs");
	ok(call(&p, 1, 8, &offline, 0) == -EINVAL, "none online");
	ok(call(&p, 1, 0, &one, 0) == -EINVAL, "a set of no bytes");
	ok(call(&p, 1, 8, NULL, 0) == -EFAULT && call(&p, 1, 8, bad, 0) == -EFAULT, "no memory");
	ok(call(&p, 1, 0, bad, 0) == -EINVAL, "no bytes of no memory");
	ok(call((void *)bad, 1, 8, &none, 0) == -EINVAL, "the set is looked at first");
	ok(call((void *)bad, 1, 0, NULL, 0) == -EFAULT && call((void *)bad, 0, 0, NULL, 0) == 0, "then pairs");
	ok(call(&p, 1, 8, bad, 1) == -EFAULT, "which harts, and no memory");
	ok(call(&p, 1, 8, &both, 1) == 0 && both == 1, "which harts: those online");
	ok(call(&p, 1, 8, &offline, 1) == 0 && offline == online, "where none is, all");
	ok(call(&p, 1, sizeof(large), large, 1) == 0 && large[0] == online && large[127] == 0x55,
	   "of a set larger than the kernel's, the start");

	*fixed = (struct pair){ 3, 1 };
	mprotect(fixed, 4096, PROT_READ);
	ok(call(fixed, 1, 8, &one, 1) == 0 && one == 1, "a pair that is known is not written");
	mprotect(fixed, 4096, PROT_READ | PROT_WRITE);
	fixed->key = 1000;
	mprotect(fixed, 4096, PROT_READ);
	ok(call(fixed, 1, 8, &one, 1) == -EFAULT && one == 1, "another is; the set stays after an error");
}

int main(void)
{
	probe_fn probe = (probe_fn)find("__vdso_riscv_hwprobe");
	unsigned long all = ~0UL, none = 0, online = 0;
	struct pair a[20], b[20];
	int same = 1, known = 1;

	if (!ok(probe != NULL, "the vDSO has riscv_hwprobe"))
		return tap_done();
	for (int i = 0; i < 20; i++)
		a[i] = b[i] = (struct pair){ i - 1, 77 };
	fails(0, syscall(SYS_HWPROBE, a, 20, 0, NULL, 0));
	ok(probe(b, 20, 0, NULL, 0) == 0, "it answers");
	for (int i = 0; i < 20; i++)
		same &= a[i].key == b[i].key && a[i].value == b[i].value;
	ok(same, "as the system call does");
	ok(b[0].key == -1 && b[0].value == 0, "a key that is none");
	for (int i = 1; i <= 10; i++)
		known &= b[i].key == i - 1;
	ok(known, "keys 0 to 9 are known");
	ok(probe(b, 20, sizeof(all), &all, 0) == 0 && b[4].value == 1, "for a set of harts");
	ok(probe(b, 20, sizeof(none), &none, 0) == 0 && probe(b, 20, 8, NULL, 0) == 0,
	   "the vDSO does not look at the set");
	ok(probe(b, 20, 0, NULL, 0x100) == -EINVAL, "flags that are none");

	answers();
	syscall(SYS_sched_getaffinity, 0, sizeof(online), &online);
	sets_of_the_system_call(online);
	for (int i = 0; i < 2; i++)
		which_harts(i ? probe : call, online);
	return tap_done();
}
