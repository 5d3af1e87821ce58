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

extern const char uts_release[];
extern const char uts_version[];

/* Copies of the names that can be set. */
void uts_hostname(char *buf, size_t size);
void uts_domainname(char *buf, size_t size);
int uts_set_hostname(const char *name, size_t len);     /* -EINVAL: too long */

#endif
