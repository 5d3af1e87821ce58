// SPDX-License-Identifier: MIT
/*
 * mount(2) and umount2(2): strings in, one call, strings gone.
 */
#include <kernel/fs/super.h>

#include <kernel/cred.h>
#include <kernel/fs/namei.h>
#include <kernel/syscall.h>
#include <lib/err.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define MS_MGC_VAL      0xc0ed0000UL
#define MS_MGC_MSK      0xffff0000UL

/* A string that may be absent (NULL). */
static char *optional_string(vaddr_t addr)
{
	return addr ? getname_flags(addr, LOOKUP_EMPTY) : NULL;
}

/* mount(2)'s last argument: at most a page, ended by NUL or by the page; NULL when absent. */
static char *mount_options(vaddr_t addr)
{
	char *buf;
	size_t n;

	if (!addr)
		return NULL;
	buf = kmalloc(PAGE_SIZE, GFP_KERNEL | GFP_ZERO);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	n = copy_from_user_partial(buf, addr, PAGE_SIZE - 1);
	if (!n) {
		kfree(buf);
		return ERR_PTR(-EFAULT);
	}
	return buf;
}

long sys_mount(const unsigned long *a)
{
	char *source, *target, *type, *options;
	unsigned long flags = a[3];
	long err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	type = optional_string(a[2]);
	source = optional_string(a[0]);
	target = getname(a[1]);
	options = mount_options(a[4]);
	if (IS_ERR(type))
		err = PTR_ERR(type);
	else if (IS_ERR(source))
		err = PTR_ERR(source);
	else if (IS_ERR(options))
		err = PTR_ERR(options);
	else if (IS_ERR(target))
		err = PTR_ERR(target);
	else if (!capable(CAP_SYS_ADMIN))
		err = -EPERM;
	else
		err = do_mount(source, target, type, flags, options);
	if (!IS_ERR(type))
		putname(type);
	if (!IS_ERR(source))
		putname(source);
	if (!IS_ERR(target))
		putname(target);
	if (!IS_ERR(options))
		kfree(options);
	return err;
}

long sys_umount2(const unsigned long *a)
{
	char *target;
	long err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	target = getname(a[0]);
	if (IS_ERR(target))
		return PTR_ERR(target);
	err = do_umount(target, (int)a[1]);
	putname(target);
	return err;
}
