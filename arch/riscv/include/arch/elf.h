// SPDX-License-Identifier: MIT
/*
 * What an ELF file of this machine looks like, and what auxv says of it.
 */
#ifndef ARCH_ELF_H
#define ARCH_ELF_H

#include <lib/types.h>

#define ELF_MACHINE             243     /* EM_RISCV */
#define ELF_PLATFORM            "riscv64"
#define ELF_MACHINE_NAME        "riscv64"       /* uname -m */

/* AT_HWCAP: bit (letter - 'a') for each single-letter extension that programs may use. */
extern unsigned long elf_hwcap;

/* True when the e_flags of a file (float ABI, RVE) can run here. */
bool elf_flags_ok(u32 e_flags);

/* The isa line of /proc/cpuinfo for programs, and the mmu's name. */
extern const char *cpu_isa_string;
extern const char *cpu_mmu_string;

#endif
