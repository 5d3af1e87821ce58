// SPDX-License-Identifier: MIT
/*
 * Bringing the file layer up, in the order in which its parts need each other.
 */
#include <kernel/fs/super.h>

#include <kernel/drivers/mem.h>
#include <kernel/fs/anon.h>
#include <kernel/fs/devfs.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/inotify.h>
#include <kernel/fs/mounts.h>
#include <kernel/fs/tmpfs_internal.h>
#include <kernel/fs/userfaultfd.h>
#include <kernel/log.h>
#include <kernel/task.h>
#include <kernel/utsname.h>
#include <lib/err.h>

void vfs_init(void)
{
	inode_init();
	dentry_init();
	file_init();
	inotify_init();
	register_filesystem(&tmpfs_type);
	mount_first_root(&tmpfs_type);
	anon_init();
	uts_ns_init();
	devfs_init();
	mem_devices_init();
	userfaultfd_init();
}

void vfs_open_console(void)
{
	struct file *f;
	int fd;

	if (!current->files)
		current->files = files_alloc();
	if (!current->files)
		panic("vfs_open_console: no memory");
	f = file_open("/dev/console", O_RDWR, 0);
	if (IS_ERR(f)) {
		pr_warn("/dev/console: cannot be opened: error %ld", -PTR_ERR(f));
		return;
	}
	for (fd = 0; fd < 3; fd++)
		if (fd_install_lowest(file_get(f), 0, false) < 0)
			file_put(f);
	file_put(f);
}
