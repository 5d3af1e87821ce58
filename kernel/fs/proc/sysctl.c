// SPDX-License-Identifier: MIT
/*
 * /proc/sys: settings (sysctl(8)), but for those of memory (sysctl_vm.c).
 */
#include <kernel/fs/proc/sysctl.h>

#include <arch/elf.h>
#include <arch/vector.h>
#include <kernel/coredump.h>
#include <kernel/cred.h>
#include <kernel/exec.h>
#include <kernel/fs/inotify.h>
#include <kernel/ipc/ipc.h>
#include <kernel/log.h>
#include <kernel/random.h>
#include <kernel/task.h>
#include <kernel/utsname.h>
#include <lib/printf.h>
#include <lib/string.h>

int proc_parse_number(const char *buf, unsigned long low, unsigned long high, unsigned long *v)
{
	const char *end;

	while (*buf == ' ' || *buf == '\t')
		buf++;
	if (parse_ulong(buf, &end, 0, v) != 0 || (*end && *end != '\n' && *end != ' '))
		return -EINVAL;
	if (*v < low || *v > high)
		return -EINVAL;
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

NUMBER(core_uses_pid, core_uses_pid, 0, 0x7fffffff)
NUMBER(suid_dumpable, suid_dumpable, 0, 2)
NUMBER(msgmax, sysctl_msgmax, 0, 0x7fffffff)
NUMBER(msgmnb, sysctl_msgmnb, 0, 0x7fffffff)
NUMBER(msgmni, sysctl_msgmni, 0, IPC_MAX)
NUMBER(shmall, sysctl_shmall, 0, ~0UL)
NUMBER(shmmax, sysctl_shmmax, 0, ~0UL)
NUMBER(shmmni, sysctl_shmmni, 0, IPC_MAX)
NUMBER(randomize_va_space, sysctl_randomize_va_space, 0, 2)
NUMBER(pid_max, pid_max, 301, 4194304)

static int show_ostype(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "Linux\n");
	return 0;
}

static int show_osrelease(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%s\n", UTS_RELEASE);
	return 0;
}

static int show_hostname(struct seq_file *m, struct task_struct *t)
{
	char name[UTS_LEN];

	uts_hostname(name, sizeof(name));
	seq_printf(m, "%s\n", name);
	return 0;
}

static int store_hostname(struct task_struct *t, char *buf, size_t len)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return uts_set(false, buf, strcspn(buf, "\n"));
}

static int store_domainname(struct task_struct *t, char *buf, size_t len)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return uts_set(true, buf, strcspn(buf, "\n"));
}

static int show_core_pattern(struct seq_file *m, struct task_struct *t)
{
	char pattern[CORE_PATTERN_MAX];

	core_pattern_get(pattern);
	seq_printf(m, "%s\n", pattern);
	return 0;
}

static int store_core_pattern(struct task_struct *t, char *buf, size_t len)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	buf[strcspn(buf, "\n")] = '\0';
	core_pattern_set(buf);
	return 0;
}

static int show_domainname(struct seq_file *m, struct task_struct *t)
{
	char name[UTS_LEN];

	uts_domainname(name, sizeof(name));
	seq_printf(m, "%s\n", name);
	return 0;
}

static int show_version(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%s\n", UTS_VERSION);
	return 0;
}

static int show_arch(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%s\n", ELF_MACHINE_NAME);
	return 0;
}

/* What cannot be set and is one number. */
#define CONSTANT(name, value)                                                                   \
static int show_##name(struct seq_file *m, struct task_struct *t)                               \
{                                                                                               \
	seq_printf(m, "%lu\n", (unsigned long)(value));                                         \
	return 0;                                                                               \
}

CONSTANT(cap_last_cap, CAP_LAST)
CONSTANT(ngroups_max, 65536)
CONSTANT(threads_max, pid_max)          /* numbers are what runs out first */
CONSTANT(overflowuid, 65534)
CONSTANT(overflowgid, 65534)
CONSTANT(entropy_avail, 256)            /* a generator that is seeded stays so */
CONSTANT(poolsize, 256)

/* 16 random bytes as 8-4-4-4-12 hexadecimal digits (RFC 9562, version 4). */
static void put_uuid(struct seq_file *m, u8 *b)
{
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++)
		seq_printf(m, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	seq_putc(m, '\n');
}

static int show_boot_id(struct seq_file *m, struct task_struct *t)
{
	static u8 id[16];
	static bool made;
	u8 copy[16];

	if (!made) {
		get_random_bytes(id, sizeof(id));
		made = true;
	}
	memcpy(copy, id, sizeof(copy));
	put_uuid(m, copy);
	return 0;
}

static int show_uuid(struct seq_file *m, struct task_struct *t)
{
	u8 id[16];

	get_random_bytes(id, sizeof(id));
	put_uuid(m, id);
	return 0;
}

static int show_file_max(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "9223372036854775807\n");
	return 0;
}

static int show_nr_open(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "1048576\n");
	return 0;
}

static int show_pipe_max_size(struct seq_file *m, struct task_struct *t)
{
	seq_puts(m, "1048576\n");
	return 0;
}

static int show_printk(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%d\t4\t1\t7\n", console_loglevel);
	return 0;
}

static int store_printk(struct task_struct *t, char *buf, size_t len)
{
	unsigned long v;
	int error = proc_parse_number(buf, 1, 8, &v);

	if (!error)
		console_loglevel = v;
	return error;
}

static const struct proc_entry random_table[] = {
	TEXT(boot_id),
	TEXT(entropy_avail),
	TEXT(poolsize),
	TEXT(uuid),
	{ .name = NULL },
};

/* semmsl, semmns, semopm, semmni in one line. */
static int show_sem(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%u\t%u\t%u\t%u\n", sysctl_semmsl, sysctl_semmns, sysctl_semopm,
		   sysctl_semmni);
	return 0;
}

static const struct proc_entry kernel_table[] = {
	TEXT(arch),
	TEXT(cap_last_cap),
	SETTING(core_pattern),
	SETTING(core_uses_pid),
	SETTING(domainname),
	SETTING(hostname),
	TEXT(ngroups_max),
	TEXT(osrelease),
	TEXT(ostype),
	TEXT(overflowgid),
	TEXT(overflowuid),
	SETTING(msgmax),
	SETTING(msgmnb),
	SETTING(msgmni),
	SETTING(pid_max),
	SETTING(printk),
	DIR("random", random_table),
	SETTING(randomize_va_space),
	TEXT(sem),
	SETTING(shmall),
	SETTING(shmmax),
	SETTING(shmmni),
	{ .name = "threads-max", .mode = S_IFREG | 0444, .show = show_threads_max },
	TEXT(version),
	{ .name = NULL },
};

NUMBER(max_queued_events, sysctl_max_queued_events, 0, 0x7fffffff)
NUMBER(max_user_instances, sysctl_max_user_instances, 0, 0x7fffffff)
NUMBER(max_user_watches, sysctl_max_user_watches, 0, 0x7fffffff)

static const struct proc_entry inotify_table[] = {
	SETTING(max_queued_events),
	SETTING(max_user_instances),
	SETTING(max_user_watches),
	{ .name = NULL },
};

static const struct proc_entry fs_table[] = {
	{ .name = "file-max", .mode = S_IFREG | 0444, .show = show_file_max },
	DIR("inotify", inotify_table),
	TEXT(nr_open),
	TEXT(overflowgid),
	TEXT(overflowuid),
	{ .name = "pipe-max-size", .mode = S_IFREG | 0444, .show = show_pipe_max_size },
	SETTING(suid_dumpable),
	{ .name = NULL },
};

NUMBER(riscv_v_default_allow, vector_default_allow, 0, 0x7fffffff)

static const struct proc_entry vector_table[] = {
	SETTING(riscv_v_default_allow),
	{ .name = NULL },
};

static const struct proc_entry abi_table[] = {
	DIR("abi", vector_table),
	{ .name = NULL },
};

struct proc_entry proc_sys_table[] = {
	DIR("fs", fs_table),
	DIR("kernel", kernel_table),
	DIR("vm", proc_vm_table),
	{ .name = NULL },
};

void proc_sysctl_init(void)
{
	if (have_vector)
		proc_sys_table[ARRAY_SIZE(proc_sys_table) - 1].children = abi_table;
}
