// SPDX-License-Identifier: MIT
/*
 * The console: the terminal on the serial port that /chosen names, and the
 * device nodes that lead to it.
 *
 *   /dev/ttyS0     the terminal
 *   /dev/console   the same, but never made the controlling terminal by open(2)
 *   /dev/tty       the controlling terminal of whoever opens it
 *
 * With `debug` among the boot arguments Ctrl-^ shows every task and what it
 * waits for, whatever the program in front does.
 */
#include <kernel/drivers/tty.h>

#include <kernel/bootargs.h>
#include <kernel/drivers/uart.h>
#include <kernel/fs/devfs.h>
#include <kernel/fs/proc/proc.h>
#include <kernel/fs/stat.h>
#include <kernel/log.h>
#include <kernel/sched.h>

#define MAGIC_KEY       0x1e    /* Ctrl-^ */

static struct tty console;
static struct uart_port *port;  /* [c] after console_init */
static bool magic_key_on;       /* [c] */

static size_t port_write(struct tty *tty, const u8 *buf, size_t n)
{
	return uart_write(tty->port, buf, n);
}

static size_t port_room(struct tty *tty)
{
	return uart_write_room(tty->port);
}

static size_t port_pending(struct tty *tty)
{
	return uart_pending(tty->port);
}

static void port_set_break(struct tty *tty, bool on)
{
	uart_set_break(tty->port, on);
}

static const struct tty_ops console_ops = {
	.write = port_write, .write_room = port_room, .pending = port_pending,
	.set_break = port_set_break,
};

static void console_rx(void *arg, const u8 *buf, size_t n)
{
	for (size_t i = 0; magic_key_on && i < n; i++)
		if (buf[i] == MAGIC_KEY)
			sched_dump();
	tty_receive(arg, buf, n);
}

static void console_tx_ready(void *arg)
{
	tty_wakeup_writers(arg);
}

static void console_log(const char *s, size_t len)
{
	uart_write_sync(port, s, len);
}

static void console_panic(const char *s, size_t len)
{
	uart_write_panic(port, s, len);
}

/* Also what panic() switches the log to: the port's lock may never come free. */
void console_use_panic_output(void)
{
	if (port)
		log_set_console(console_panic);
}

/* Where the log goes: writes, is enabled, is /dev/console, prints the log, at any time. */
int proc_show_consoles(struct seq_file *m, struct task_struct *t)
{
	if (port)
		seq_printf(m, "%-20s -W- (EC  p a) %4u:%u\n", "ttyS0", MAJOR(console.dev),
			   MINOR(console.dev));
	return 0;
}

void console_init(void)
{
	dev_register_char("tty", MKDEV(5, 0), 0666, &tty_controlling_fops, NULL);
	port = uart_console();
	if (!port) {
		pr_warn("console: no serial port; the log goes through the firmware");
		return;
	}
	magic_key_on = bootarg_bool("debug");
	tty_init(&console, MKDEV(4, 64), &console_ops, port);
	uart_attach(port, console_rx, console_tx_ready, &console);
	log_set_console(console_log);
	dev_register_char("ttyS0", MKDEV(4, 64), 0600, &tty_serial_fops, &console);
	dev_register_char("console", MKDEV(5, 1), 0600, &tty_fops, &console);
}
