// SPDX-License-Identifier: MIT
/*
 * userfaultfd(2).
 */
#ifndef KERNEL_FS_USERFAULTFD_H
#define KERNEL_FS_USERFAULTFD_H

/* May anybody stop the kernel's accesses to his memory too?  /proc/sys/vm; 0 or 1. */
extern unsigned int sysctl_unprivileged_userfaultfd;

/* Makes /dev/userfaultfd. */
void userfaultfd_init(void);

#endif
