// SPDX-License-Identifier: MIT
/*
 * riscv_hwprobe(2), by the system call and by the vDSO, which must say the same.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

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

int main(void)
{
	probe_fn probe = (probe_fn)find("__vdso_riscv_hwprobe");
	struct pair a[20], b[20];
	unsigned long all = ~0UL;
	int same = 1;

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
	ok(b[4].key == 3 && b[4].value == 1, "base behaviour: IMA");
	ok(b[5].key == 4 && (b[5].value & 3) == 3, "F, D and C");
	ok(probe(b, 20, sizeof(all), &all, 0) == 0 && b[4].value == 1, "for a set of harts");
	ok(probe(b, 20, 0, NULL, 0x100) == -EINVAL, "flags that are none");
	return tap_done();
}
