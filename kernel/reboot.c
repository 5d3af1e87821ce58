// SPDX-License-Identifier: MIT
/*
 * reboot(2): the end of the machine, on request.
 *
 * Beyond Linux: RESTART2 with the word "exit:N" powers off and lets QEMU exit
 * with status N, which is how a test run reports.  Files are written back
 * before any of these; Linux leaves that to the caller.
 */
#include <kernel/syscall.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <kernel/cred.h>
#include <kernel/fs/super.h>
#include <kernel/log.h>
#include <kernel/sync.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define MAGIC1          0xfee1deadU
#define MAGIC2          672274793U
#define MAGIC2A         85072278U
#define MAGIC2B         369367448U
#define MAGIC2C         537993216U

#define CMD_RESTART     0x01234567U
#define CMD_HALT        0xcdef0123U
#define CMD_CAD_ON      0x89abcdefU
#define CMD_CAD_OFF     0U
#define CMD_POWER_OFF   0x4321fedcU
#define CMD_RESTART2    0xa1b2c3d4U

#define EXIT_WORD       "exit:"

/* One end at a time: the second caller waits for the machine to be gone. */
static DEFINE_MUTEX(reboot_lock, RANK_EXEC);

static long restart2(vaddr_t word);

long sys_reboot(const unsigned long *a)
{
	u32 magic2 = (u32)a[1], cmd = (u32)a[2];

	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if ((u32)a[0] != MAGIC1 || (magic2 != MAGIC2 && magic2 != MAGIC2A &&
				    magic2 != MAGIC2B && magic2 != MAGIC2C))
		return -EINVAL;
	switch (cmd) {
	case CMD_CAD_ON:
	case CMD_CAD_OFF:
		return 0;               /* there is no Ctrl-Alt-Del here */
	case CMD_RESTART:
	case CMD_HALT:
	case CMD_POWER_OFF:
	case CMD_RESTART2:
		break;
	default:
		return -EINVAL;
	}
	mutex_lock(&reboot_lock);
	if (cmd == CMD_RESTART2) {
		long err = restart2(a[3]);

		mutex_unlock(&reboot_lock);
		return err;
	}
	sync_filesystems(true);
	ipi_stop_others();
	if (cmd == CMD_RESTART)
		machine_restart();
	if (cmd == CMD_POWER_OFF)
		machine_poweroff(0);
	pr_notice("halted");
	machine_halt();
}

/* Returns only if the word cannot be read. */
static long restart2(vaddr_t word)
{
	char buf[32];
	unsigned long status;
	ssize_t len = strncpy_from_user(buf, word, sizeof(buf));

	if (len == -EFAULT)
		return -EFAULT;
	buf[sizeof(buf) - 1] = '\0';
	sync_filesystems(true);
	ipi_stop_others();
	if (!strncmp(buf, EXIT_WORD, strlen(EXIT_WORD)) &&
	    !parse_ulong(buf + strlen(EXIT_WORD), NULL, 10, &status))
		machine_poweroff((int)(status & 0xff));
	machine_restart();
}
