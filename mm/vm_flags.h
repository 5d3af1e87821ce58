// SPDX-License-Identifier: MIT
/*
 * What an area is: vm_area_struct.vm_flags.
 */
#ifndef MM_VM_FLAGS_H
#define MM_VM_FLAGS_H

#define VM_READ         0x00000001UL
#define VM_WRITE        0x00000002UL
#define VM_EXEC         0x00000004UL
#define VM_SHARED       0x00000008UL

#define VM_MAYREAD      0x00000010UL    /* what mprotect may turn on */
#define VM_MAYWRITE     0x00000020UL
#define VM_MAYEXEC      0x00000040UL
#define VM_MAYSHARE     0x00000080UL    /* made with MAP_SHARED, even of a read-only file */

#define VM_GROWSDOWN    0x00000100UL
#define VM_UFFD_MISSING 0x00000200UL    /* userfault.h: the program brings in what is missing, */
#define VM_UFFD_MINOR   0x00000400UL    /* or is there and not mapped */
#define VM_UFFD_ALONE   0x00000800UL    /* one that is just being registered: it joins no other */
#define VM_LOCKED       0x00002000UL
#define VM_IO           0x00004000UL
#define VM_SEQ_READ     0x00008000UL    /* madvise */
#define VM_RAND_READ    0x00010000UL
#define VM_DONTCOPY     0x00020000UL    /* not inherited by fork */
#define VM_DONTEXPAND   0x00040000UL
#define VM_LOCKONFAULT  0x00080000UL
#define VM_ACCOUNT      0x00100000UL    /* counts against the commit limit */
#define VM_NORESERVE    0x00200000UL
#define VM_STACK        0x00400000UL    /* the initial stack: [stack] */
#define VM_SYNC         0x00800000UL    /* made with MAP_SYNC */
#define VM_WIPEONFORK   0x02000000UL
#define VM_DONTDUMP     0x04000000UL
#define VM_PFNMAP       0x08000000UL    /* frames without struct page accounting (vDSO) */
#define VM_HUGEPAGE     0x20000000UL
#define VM_NOHUGEPAGE   0x40000000UL
#define VM_SEALED       0x80000000UL

#define VM_POLICY       (0x7ffUL << 40) /* mempolicy.h; 0: the default */

#define VM_UFFD         (VM_UFFD_MISSING | VM_UFFD_MINOR)
#define VM_ACCESS       (VM_READ | VM_WRITE | VM_EXEC)

#endif
