// SPDX-License-Identifier: MIT
/*
 * A core that is fed to a program: core_pattern begins with "|".
 *
 * The program is a fresh process of root's, in the root of all, with no
 * parent that waits for it; it has the reading end of a pipe as descriptor 0
 * and nothing else.  When it cannot be started, or ends, the writer finds its pipe broken.
 */
#include <kernel/core_internal.h>

#include <kernel/fs/file.h>
#include <kernel/fs/pipe.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>

/* What the new process is started with; it owns all of it. */
struct helper {
	struct file *input;
	char *argv[CORE_MAX_ARGS + 1];
	char *strings;
};

static struct helper *helper_make(const struct core_name *n, struct file *input);
static void helper_run(void *arg);

struct file *core_pipe_start(const struct core_name *n)
{
	struct file *ends[2];
	struct helper *h;
	int err = pipe_make(ends, 0);

	if (err)
		return ERR_PTR(err);
	h = helper_make(n, ends[0]);
	if (h && kthread_run(helper_run, h, "core_helper"))
		return ends[1];
	if (h) {
		kvfree(h->strings);
		kfree(h);
	}
	file_put(ends[0]);
	file_put(ends[1]);
	return ERR_PTR(-ENOMEM);
}

static struct helper *helper_make(const struct core_name *n, struct file *input)
{
	struct helper *h = kzalloc(sizeof(*h), GFP_KERNEL);

	if (!h)
		return NULL;
	h->input = input;
	h->strings = kvmalloc(n->len + 1, GFP_KERNEL);
	if (!h->strings) {
		kfree(h);
		return NULL;
	}
	memcpy(h->strings, n->buf, n->len + 1);
	for (unsigned int i = 0; i < n->argc; i++)
		h->argv[i] = h->strings + (n->argv[i] - n->buf);
	return h;
}

static void helper_run(void *arg)
{
	static const char *const envp[] = { "HOME=/", "TERM=linux",
					    "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };
	struct helper *h = arg;
	int fd = -1, err = -ENOMEM;

	current->fs = fs_alloc();
	current->files = files_alloc();
	if (current->fs && current->files)
		fd = fd_install_lowest(h->input, 0, false);
	if (fd < 0)
		file_put(h->input);
	else
		err = kernel_execve(h->argv[0], (const char *const *)h->argv, envp);
	if (err)
		pr_info("core_pattern: %s: error %d", h->argv[0], -err);
	kvfree(h->strings);
	kfree(h);
}
