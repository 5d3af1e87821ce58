// SPDX-License-Identifier: MIT
/*
 * What this system calls itself: uname(2), /proc/version, /proc/sys/kernel.
 */
#ifndef KERNEL_UTSNAME_H
#define KERNEL_UTSNAME_H

#include <lib/types.h>

#define UTS_LEN         65      /* with NUL */
#define UTS_SYSNAME     "Linux"
#define UTS_RELEASE     "6.12.0-faultline"
#define UTS_VERSION     "#1 SMP Faultline"

/* Copies of the names that can be set; @buf has UTS_LEN bytes. */
void uts_hostname(char buf[UTS_LEN]);
void uts_domainname(char buf[UTS_LEN]);
int uts_set_hostname(const char *name, size_t len);     /* -EINVAL: too long */

#endif
