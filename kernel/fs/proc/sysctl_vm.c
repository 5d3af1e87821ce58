// SPDX-License-Identifier: MIT
/*
 * /proc/sys/vm: how memory is given, kept and taken back (Linux:
 * Documentation/admin-guide/sysctl/vm.rst).
 */
#include <kernel/fs/proc/sysctl.h>

#include <kernel/fs/tmpfs.h>
#include <kernel/fs/userfaultfd.h>
#include <mm/mmap.h>
#include <mm/oom.h>
#include <mm/reclaim.h>
#include <mm/swap.h>
#include <mm/writeback.h>

NUMBER(max_map_count, sysctl_max_map_count, 0, 0x7fffffff)
NUMBER(overcommit_memory, sysctl_overcommit_memory, 0, 2)
NUMBER(admin_reserve_kbytes, sysctl_admin_reserve_kbytes, 0, ~0UL)
NUMBER(user_reserve_kbytes, sysctl_user_reserve_kbytes, 0, ~0UL)
NUMBER(oom_kill_allocating_task, sysctl_oom_kill_allocating_task, 0, 0xffffffff)
NUMBER(panic_on_oom, sysctl_panic_on_oom, 0, 2)
NUMBER(memfd_noexec, sysctl_memfd_noexec, 0, 2)
NUMBER(unprivileged_userfaultfd, sysctl_unprivileged_userfaultfd, 0, 1)
NUMBER(mmap_min_addr, sysctl_mmap_min_addr, 0, USER_END - 1)
NUMBER(swappiness, sysctl_swappiness, 0, 200)
NUMBER(page_cluster, sysctl_page_cluster, 0, 31)
NUMBER(min_free_kbytes, sysctl_min_free_kbytes, 0, 0x7fffffff)
NUMBER(dirty_expire_centisecs, sysctl_dirty_expire_centisecs, 0, 0x7fffffff)

/* Of two settings for one thing the one written last counts, and the other becomes 0. */
#define EITHER(name, variable, low, high, other)                                                \
NUMBER(name##_plain, variable, low, high)                                                       \
static int show_##name(struct seq_file *m, struct task_struct *t)                               \
{                                                                                               \
	return show_##name##_plain(m, t);                                                       \
}                                                                                               \
static int store_##name(struct task_struct *t, char *buf, size_t len)                           \
{                                                                                               \
	int error = store_##name##_plain(t, buf, len);                                          \
												\
	if (!error)                                                                             \
		WRITE_ONCE(other, 0);                                                           \
	return error;                                                                           \
}

EITHER(overcommit_ratio, sysctl_overcommit_ratio, 0, 0x7fffffff, sysctl_overcommit_kbytes)
EITHER(overcommit_kbytes, sysctl_overcommit_kbytes, 0, ~0UL, sysctl_overcommit_ratio)
EITHER(dirty_ratio, sysctl_dirty_ratio, 0, 100, sysctl_dirty_bytes)
EITHER(dirty_bytes, sysctl_dirty_bytes, 2 * PAGE_SIZE, ~0UL, sysctl_dirty_ratio)
EITHER(dirty_background_ratio, sysctl_dirty_background_ratio, 0, 100,
       sysctl_dirty_background_bytes)
EITHER(dirty_background_bytes, sysctl_dirty_background_bytes, 1, ~0UL,
       sysctl_dirty_background_ratio)

NUMBER(writeback_interval, sysctl_dirty_writeback_centisecs, 0, 0x7fffffff)

static int show_dirty_writeback_centisecs(struct seq_file *m, struct task_struct *t)
{
	return show_writeback_interval(m, t);
}

static int store_dirty_writeback_centisecs(struct task_struct *t, char *buf, size_t len)
{
	int error = store_writeback_interval(t, buf, len);

	if (!error)
		writeback_wake();       /* it may be sleeping by the old one */
	return error;
}

static int show_drop_caches(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "0\n");
	return 0;
}

static int store_drop_caches(struct task_struct *t, char *buf, size_t len)
{
	unsigned long v;
	int error = proc_parse_number(buf, 1, 4, &v);

	if (!error)
		drop_caches(v);
	return error;
}

const struct proc_entry proc_vm_table[] = {
	SETTING(admin_reserve_kbytes),
	SETTING(dirty_background_bytes),
	SETTING(dirty_background_ratio),
	SETTING(dirty_bytes),
	SETTING(dirty_expire_centisecs),
	SETTING(dirty_ratio),
	SETTING(dirty_writeback_centisecs),
	{ .name = "drop_caches",
	  .mode = S_IFREG | 0200,
	  .show = show_drop_caches,
	  .store = store_drop_caches },
	SETTING(max_map_count),
	SETTING(min_free_kbytes),
	SETTING(memfd_noexec),
	SETTING(mmap_min_addr),
	SETTING(oom_kill_allocating_task),
	SETTING(overcommit_kbytes),
	SETTING(overcommit_memory),
	SETTING(overcommit_ratio),
	{ .name = "page-cluster",
	  .mode = S_IFREG | 0644,
	  .show = show_page_cluster,
	  .store = store_page_cluster },
	SETTING(panic_on_oom),
	SETTING(swappiness),
	SETTING(unprivileged_userfaultfd),
	SETTING(user_reserve_kbytes),
	{ .name = NULL },
};
