// SPDX-License-Identifier: MIT
/*
 * The order in which the kernel comes up.
 *
 * arch/ has mapped RAM and read the device tree; here each room is opened
 * after those it stands on: memory, then tasks and time, then file systems.
 * What may sleep (devices, the root disk, the first program) is done by the
 * first task, pid 1, while the boot hart's own thread becomes its idle task.
 */
#include <arch/cpu.h>
#include <arch/machine.h>
#include <kernel/bootargs.h>
#include <kernel/drivers/block.h>
#include <kernel/drivers/driver.h>
#include <kernel/drivers/tty.h>
#include <kernel/entry.h>
#include <kernel/fs/ext2/ext2.h>
#include <kernel/fs/proc/proc.h>
#include <kernel/fs/super.h>
#include <kernel/ipc/ipc.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/boot.h>
#include <mm/frames.h>
#include <mm/oom.h>
#include <mm/reclaim.h>
#include <mm/writeback.h>

#define MAX_INIT_ARGS 16

static void first_task(void *unused);
static void say_hello(const struct boot_info *bi);
static void start_harts(void);
static void files_start(void);
static void mount_disk(void);
static void list_disks(void);
static int try_program(const char *path);
static void run_first_program(void);

void kernel_start(const struct boot_info *bi)
{
	bootargs_init(bi->bootargs);
	sched_init();
	mm_boot(bi);
	machine_power_init();
	say_hello(bi);
	random_init();
	time_init_clocks();
	signals_init();
	process_init();
	irq_external_enable();
	if (!kthread_run(first_task, NULL, "init"))
		panic("no memory for the first task");
	sched_idle_loop();
}

void kernel_start_hart(unsigned int hart)
{
	__atomic_fetch_or(&harts_online, BIT(hart), __ATOMIC_SEQ_CST);
	irq_external_enable();
	sched_idle_loop();
}

static void first_task(void *unused)
{
	start_harts();
	files_start();
	drivers_init();
	console_init();
	pty_init();
	writeback_start();
	reclaim_start();
	oom_start();
	mount_disk();
	devfs_mount();
	vfs_open_console();
	log_boot_done();
	run_first_program();
}

/* What is there, and what of it firmware, image, struct pages and the rest have taken so far. */
static void say_hello(const struct boot_info *bi)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < bi->nr_ram; i++)
		pages += (bi->ram[i].end - bi->ram[i].start) >> PAGE_SHIFT;
	pr_info("Faultline: %u hart%s, %lu MiB of memory, %lu KiB of it taken", nr_harts,
		nr_harts == 1 ? "" : "s", pages >> (20 - PAGE_SHIFT),
		(pages - frames_free()) << (PAGE_SHIFT - 10));
	machine_print();
}

/* The file layer, with an empty root until the disk is mounted. */
static void files_start(void)
{
	vfs_init();
	ipc_init();
	procfs_init();
	ext2_init();
	current->fs = fs_alloc();
	if (!current->fs)
		panic("no memory for the first task's root");
}

static void start_harts(void)
{
	for (unsigned int h = 1; h < nr_harts; h++) {
		struct task_struct *idle = sched_idle_task(h);

		if (!idle || hart_start(h, &idle->thread) != 0)
			pr_warn("hart %u does not start", h);
	}
}

/* root=DEVICE, or the first disk that has a file system; ro among the boot arguments: read-only. */
static void mount_disk(void)
{
	unsigned long flags = bootarg_bool("ro") ? MS_RDONLY : 0;
	char device[64], type[32];
	int error;

	if (!bootarg_value("root", device, sizeof(device)))
		strscpy(device, "/dev/vda", sizeof(device));
	error = mount_root(device, bootarg_value("rootfstype", type, sizeof(type)), flags);
	if (!error)
		return;
	list_disks();
	panic("root file system %s: error %d; give QEMU a disk (-drive file=...,if=none,id=d "
	      "-device virtio-blk-device,drive=d) and root= among the boot arguments",
	      device, -error);
}

static void list_disks(void)
{
	struct block_device *b = block_device_next(NULL);

	if (!b)
		pr_err("there is no disk");
	for (; b; b = block_device_next(b))
		pr_err("disk %s: %lu MiB%s", b->name, (unsigned long)(b->nr_sectors >> 11),
		       b->read_only ? ", read-only" : "");
}

/* 0: this thread is the program now, and returning to its first caller enters it. */
static int try_program(const char *path)
{
	static char words[MAX_INIT_ARGS][128];
	static const char *const envp[] = { "HOME=/", "TERM=linux",
					    "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	const char *argv[MAX_INIT_ARGS + 2] = { path };
	int error;

	for (unsigned int i = 0; i < MAX_INIT_ARGS; i++) {
		argv[i + 1] = bootarg_init_arg(i, words[i], sizeof(words[i]));
		if (!argv[i + 1])
			break;
	}
	error = kernel_execve(path, argv, envp);
	if (error)
		pr_notice("%s: error %d", path, -error);
	return error;
}

static void run_first_program(void)
{
	static const char *const programs[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	char init[128];

	if (bootarg_value("init", init, sizeof(init))) {
		if (try_program(init) == 0)
			return;
		panic("init=%s cannot be run", init);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(programs); i++)
		if (try_program(programs[i]) == 0)
			return;
	panic("no init on the root file system; give init= among the boot arguments");
}
