// SPDX-License-Identifier: MIT
/*
 * /proc/PID/loginuid and sessionid: as whom somebody logged in, whoever he has
 * become since.  A login program says it once, of itself; children inherit it.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/cred.h>
#include <kernel/task.h>
#include <lib/string.h>

static atomic_t last_session;   /* [a] */

int proc_show_loginuid(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%u", READ_ONCE(t->login_uid));
	return 0;
}

int proc_show_sessionid(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%u", READ_ONCE(t->login_session));
	return 0;
}

/* Who has not logged in may; afterwards it is a privilege, and -1 undoes it. */
int proc_store_loginuid(struct task_struct *t, char *buf, size_t len)
{
	unsigned long uid;
	int err;

	if (t != current)
		return -EPERM;
	err = parse_ulong(buf, NULL, 10, &uid);
	if (err)
		return err;
	if (uid > LOGIN_NONE)
		return -ERANGE;
	if (t->login_uid != LOGIN_NONE && !capable(CAP_AUDIT_CONTROL))
		return -EPERM;
	WRITE_ONCE(t->login_session, uid == LOGIN_NONE ? LOGIN_NONE :
		   (u32)atomic_inc_return(&last_session));
	WRITE_ONCE(t->login_uid, (u32)uid);
	return 0;
}
