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

/* Copies of the names that can be set, in the current task's name space. */
void uts_hostname(char *buf, size_t size);
void uts_domainname(char *buf, size_t size);
int uts_set(bool domain, const char *text, size_t len);         /* -EINVAL: too long */

/* ------------------------------------------------ name spaces */

struct file;
struct inode;
struct path;
struct super_block;
struct task_struct;

void uts_ns_init(void);                                 /* once at boot */
bool uts_ns_super(const struct super_block *sb);        /* nsfs? */
/* A new one with the current names; NULL: no memory. */
struct inode *uts_ns_copy(void);
/* With a reference: @t's; NULL: @t has ended.  Then: the one @f was opened on, or NULL. */
struct inode *uts_ns_get(struct task_struct *t);
struct inode *uts_ns_of_file(const struct file *f);
/* The current task enters @ns, whose reference passes. */
void uts_ns_set(struct inode *ns);
/* What /proc/PID/ns/uts leads to.  -ENOENT, -ENOMEM. */
int uts_ns_path(struct task_struct *t, struct path *path);

#endif
