// SPDX-License-Identifier: MIT
/*
 * core_pattern: the name of a core file, or the program that is fed with it
 * (core(5), "Naming of core dump files").
 *
 * A program's arguments are parted before they are filled in, so that a name
 * with a space in it stays one argument.
 *
 * Lock: core_lock for the pattern.
 */
#include <kernel/core_internal.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/utsname.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>

#define BUF_SIZE        (4 * PATH_MAX)

static struct spinlock core_lock = SPINLOCK_INIT(RANK_LEAF);    /* core_pattern */
static char core_pattern[CORE_PATTERN_MAX] = "core";    /* [core_lock] */
unsigned int core_uses_pid;

static void put_specifier(struct core_name *n, char c, const siginfo_t *info);
static void put_exe(struct core_name *n, bool whole);
static void put_word(struct core_name *n, const char *word);
static __printf(2, 3) void put(struct core_name *n, const char *fmt, ...);

void core_pattern_get(char buf[CORE_PATTERN_MAX])
{
	spin_lock(&core_lock);
	strscpy(buf, core_pattern, CORE_PATTERN_MAX);
	spin_unlock(&core_lock);
}

void core_pattern_set(const char *pattern)
{
	spin_lock(&core_lock);
	strscpy(core_pattern, pattern, sizeof(core_pattern));
	spin_unlock(&core_lock);
}

bool core_pattern_is_pipe(void)
{
	return READ_ONCE(core_pattern[0]) == '|';
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void next_arg(struct core_name *n)
{
	n->argv[n->argc++] = n->buf + n->len;
}

/* Its NUL ends the argument; what follows is another's. */
static void end_arg(struct core_name *n)
{
	if (n->len + 1 < n->size)
		n->buf[++n->len] = '\0';
	else
		n->err = -ENAMETOOLONG;
}

int core_name_expand(struct core_name *n, const siginfo_t *info)
{
	char pattern[CORE_PATTERN_MAX];
	const char *p = pattern;
	bool has_pid = false, in_arg = false;

	core_pattern_get(pattern);
	*n = (struct core_name){ .size = BUF_SIZE, .pipe = *p == '|' };
	n->buf = kvmalloc(n->size, GFP_KERNEL);
	if (!n->buf)
		return -ENOMEM;
	n->buf[0] = '\0';
	if (n->pipe)
		p++;
	else
		next_arg(n);
	for (; *p; p++) {
		if (n->pipe && is_space(*p)) {
			if (in_arg)
				end_arg(n);
			in_arg = false;
			continue;
		}
		if (n->pipe && !in_arg)
			next_arg(n);
		in_arg = true;
		if (*p != '%') {
			put(n, "%c", *p);
		} else if (p[1]) {
			has_pid |= *++p == 'p';
			put_specifier(n, *p, info);
		}
	}
	if (!n->pipe && !has_pid && READ_ONCE(core_uses_pid))
		put(n, ".%d", current->tgid);
	return n->argc ? n->err : -ENOENT;
}

void core_name_free(struct core_name *n)
{
	kvfree(n->buf);
	n->buf = NULL;
}

/* What is no specifier is dropped. */
static void put_specifier(struct core_name *n, char c, const siginfo_t *info)
{
	const struct task_struct *t = current;
	char host[UTS_LEN];

	switch (c) {
	case '%':
		put(n, "%%");
		break;
	case 'p': case 'P':
		put(n, "%d", t->tgid);
		break;
	case 'i': case 'I':
		put(n, "%d", t->pid);
		break;
	case 'u':
		put(n, "%u", t->cred->uid);
		break;
	case 'g':
		put(n, "%u", t->cred->gid);
		break;
	case 'd':
		put(n, "%d", t->thread.mm->dumpable);
		break;
	case 's':
		put(n, "%d", info->si_signo);
		break;
	case 't':
		put(n, "%lu", (unsigned long)(clock_realtime_ns() / NSEC_PER_SEC));
		break;
	case 'h':
		uts_hostname(host, sizeof(host));
		put_word(n, host);
		break;
	case 'e':
		put_word(n, t->comm);
		break;
	case 'f':
	case 'E':
		put_exe(n, c == 'E');
		break;
	case 'c':
		put(n, "%lu", t->signal->rlim[RLIMIT_CORE].cur);
		break;
	case 'C':
		put(n, "%u", t->thread.hart);
		break;
	}
}

/* @whole: the program's path; else its last part. */
static void put_exe(struct core_name *n, bool whole)
{
	struct mm_struct *mm = current->thread.mm;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path = NULL;

	if (buf && mm->exe_file)
		path = d_path(&mm->exe_file->path, &current->fs->root, buf, PATH_MAX);
	if (!path || IS_ERR(path))
		put_word(n, current->comm);
	else
		put_word(n, whole || !strrchr(path, '/') ? path : strrchr(path, '/') + 1);
	kfree(buf);
}

/* Text of the program's choice leads into no other folder. */
static void put_word(struct core_name *n, const char *word)
{
	size_t start = n->len;

	if (!*word || !strcmp(word, "."))
		word = "!";
	else if (!strcmp(word, ".."))
		word = "!.";
	put(n, "%s", word);
	for (size_t i = start; i < n->len; i++)
		if (n->buf[i] == '/')
			n->buf[i] = '!';
}

static __printf(2, 3) void put(struct core_name *n, const char *fmt, ...)
{
	size_t room = n->size - n->len;
	int len;
	va_list ap;

	va_start(ap, fmt);
	len = vsnprintf(n->buf + n->len, room, fmt, ap);
	va_end(ap);
	if ((size_t)len < room)
		n->len += (size_t)len;
	else
		n->err = -ENAMETOOLONG;
}
