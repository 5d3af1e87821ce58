// SPDX-License-Identifier: MIT
/*
 * /proc/net/unix: every local socket there is (proc_net(5)).
 *
 * Lock: unix_table_lock for the list, each socket's for what its line says.
 */
#include <kernel/net/unix.h>

#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/proc/proc.h>
#include <lib/string.h>

/* Of socket(2)'s own states, which are older than ours. */
enum { SS_FREE, SS_UNCONNECTED, SS_CONNECTING, SS_CONNECTED };

#define ACCEPTS         0x10000

static unsigned int state_of(const struct unix_sock *u)
{
	if (!u->file)
		return u->state == UNIX_CONNECTED ? SS_CONNECTING : SS_FREE;
	return u->state == UNIX_CONNECTED ? SS_CONNECTED : SS_UNCONNECTED;
}

/* An abstract name shows '@' for its NUL, and for those in it. */
static void show_name(struct seq_file *m, const struct unix_addr *a)
{
	size_t len = a->len - UNIX_PATH_OFF;

	if (a->name.path[0])
		len--;                  /* the NUL behind a path */
	seq_putc(m, ' ');
	for (size_t i = 0; i < len; i++)
		seq_putc(m, a->name.path[i] ? a->name.path[i] : '@');
}

static void show_socket(struct seq_file *m, struct unix_sock *u)
{
	spin_lock(&u->lock);
	seq_printf(m, "%016lx: %08X %08X %08X %04X %02X %5lu", 0UL,
		   (unsigned int)atomic_read(&u->refs), 0U,
		   u->state == UNIX_LISTENING ? ACCEPTS : 0U, (unsigned int)u->type, state_of(u),
		   u->file && !u->dead ? (unsigned long)u->file->inode->ino : 0UL);
	if (u->addr)
		show_name(m, u->addr);
	seq_putc(m, '\n');
	spin_unlock(&u->lock);
}

int unix_show_all(struct seq_file *m, struct task_struct *t)
{
	struct unix_sock *u;

	seq_puts(m, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	spin_lock(&unix_table_lock);
	list_for_each_entry(u, &unix_all, all_node)
		show_socket(m, u);
	spin_unlock(&unix_table_lock);
	return 0;
}
