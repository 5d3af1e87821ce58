// SPDX-License-Identifier: MIT
/*
 * /proc/PID/oom_*: what the OOM killer thinks of a process, and what its owner would
 * like it to think (proc(5)).  oom_adj is the same setting by an older scale.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/cred.h>
#include <kernel/process.h>
#include <kernel/task.h>
#include <lib/string.h>

#define OOM_ADJ_NEVER   -17     /* the old scale, -17 to 15 */
#define OOM_ADJ_MAX     15

int proc_show_oom_score(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%lu\n", oom_score(t));
	return 0;
}

int proc_show_oom_score_adj(struct seq_file *m, struct task_struct *t)
{
	seq_printf(m, "%d\n", READ_ONCE(t->signal->oom_score_adj));
	return 0;
}

int proc_show_oom_adj(struct seq_file *m, struct task_struct *t)
{
	int adj = READ_ONCE(t->signal->oom_score_adj);

	seq_printf(m, "%d\n", adj == 1000 ? OOM_ADJ_MAX : adj * -OOM_ADJ_NEVER / 1000);
	return 0;
}

/* A number within [low, high], with spaces around it. */
static int parse_signed(const char *buf, int low, int high, int *v)
{
	const char *end;
	unsigned long n;
	bool minus;

	while (*buf == ' ' || *buf == '\t')
		buf++;
	minus = *buf == '-';
	if (parse_ulong(buf + minus, &end, 0, &n) != 0 || n > 0x7fffffff)
		return -EINVAL;
	while (*end == ' ' || *end == '\n')
		end++;
	*v = minus ? -(int)n : (int)n;
	return *end || *v < low || *v > high ? -EINVAL : 0;
}

/* Down to where somebody with the privilege has put it last, anybody may. */
static int set_oom_score_adj(struct task_struct *t, int adj, int least)
{
	bool privileged = capable(CAP_SYS_RESOURCE);

	if (adj < least && !privileged)
		return -EACCES;
	WRITE_ONCE(t->signal->oom_score_adj, adj);
	if (privileged)
		WRITE_ONCE(t->signal->oom_score_adj_min, adj);
	return 0;
}

int proc_store_oom_score_adj(struct task_struct *t, char *buf, size_t len)
{
	int adj, err = parse_signed(buf, -1000, 1000, &adj);

	return err ? err : set_oom_score_adj(t, adj, READ_ONCE(t->signal->oom_score_adj_min));
}

int proc_store_oom_adj(struct task_struct *t, char *buf, size_t len)
{
	int adj, err = parse_signed(buf, OOM_ADJ_NEVER, OOM_ADJ_MAX, &adj);

	if (err)
		return err;
	adj = adj == OOM_ADJ_MAX ? 1000 : adj * 1000 / -OOM_ADJ_NEVER;
	return set_oom_score_adj(t, adj, READ_ONCE(t->signal->oom_score_adj));
}
