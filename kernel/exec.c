// SPDX-License-Identifier: MIT
/*
 * execve(2): a task goes on as another program.
 *
 * All that can fail happens first, in a new address space that nobody uses
 * yet: opening, checking, copying the strings, mapping, even writing the new
 * stack.  Then the point of no return (exec_commit): other threads go, the
 * address spaces change places, handlers and close-on-exec files go.  So a
 * program that cannot be started costs its caller nothing but an errno.
 */
#include <kernel/exec.h>

#include <arch/elf.h>
#include <kernel/coredump.h>
#include <kernel/cred.h>
#include <kernel/exec_script.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/ptrace.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/trace.h>
#include <lib/bitmap.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>

#define SCRIPTS_MAX     5       /* one after the other, as Linux */
#define SECURE_STACK    (8 * MiB)       /* at most, for a program with powers of its own */
#define HEAD_SIZE       1024    /* read at once: the headers of an ELF file are usually within */

/* A file's first bytes, and the rest on request. */
struct exec_head {
	struct file *file;
	size_t len;
	char bytes[HEAD_SIZE];
};

/* One "#!" line. */
struct script {
	char line[EXEC_HEAD_SIZE];
	char *interp, *arg;
};

static char *fd_path(int fd, const char *name);
static bool fd_closes_on_exec(int fd);
static int do_execve(struct file *file, const char *filename, bool path_gone,
		     const struct exec_vector *argv, const struct exec_vector *envp);
static int exec_prepare(struct exec *x, bool path_gone, const struct exec_vector *argv,
			const struct exec_vector *envp);
static int follow_scripts(struct exec *x, bool path_gone, struct exec_head *head,
			  unsigned int *skip_argv);
static int next_script(struct exec *x, struct exec_head *head, struct script *s);
static int head_read(struct exec_head *h, struct file *file);
static int read_elf(struct exec_head *h, struct elf_image **image);
static int read_interp(struct exec *x, struct exec_head *h);
static int copy_strings(struct exec *x, unsigned int skip_argv, const struct exec_vector *argv,
			const struct exec_vector *envp);
static int prepare_identity(struct exec *x);
static int exec_commit(struct exec *x);
static void secure_limits(struct task_struct *t);
static void replace_mm(struct exec *x);
static void exec_release(struct exec *x);

/* ------------------------------------------------ the ways in */

long sys_execve(const unsigned long *a)
{
	const unsigned long at[] = { (unsigned long)AT_FDCWD, a[0], a[1], a[2], 0 };

	return sys_execveat(at);
}

long sys_execveat(const unsigned long *a)
{
	int dirfd = (int)a[0], flags = (int)a[4];
	unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct exec_vector argv = { .user = a[2] }, envp = { .user = a[3] };
	char *name, *shown = NULL;
	bool path_gone = false;
	struct file *file;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	name = getname_flags(a[1], lookup);
	if (IS_ERR(name))
		return PTR_ERR(name);
	if (dirfd != AT_FDCWD && *name != '/') {
		shown = fd_path(dirfd, name);
		path_gone = fd_closes_on_exec(dirfd);
	}
	file = file_open_exec_at(dirfd, name, lookup);
	if (IS_ERR(file))
		err = (int)PTR_ERR(file);
	else
		err = do_execve(file, shown ? shown : name, path_gone, &argv, &envp);
	kfree(shown);
	putname(name);
	return err;
}

/* What a program opened through a descriptor is called: "/dev/fd/N" or "/dev/fd/N/name". */
static char *fd_path(int fd, const char *name)
{
	size_t size = strlen(name) + 32;
	char *path = kmalloc(size, GFP_KERNEL);

	if (path)
		snprintf(path, size, *name ? "/dev/fd/%d/%s" : "/dev/fd/%d", fd, name);
	return path;
}

/* Then a script's interpreter could not open it again. */
static bool fd_closes_on_exec(int fd)
{
	struct files_struct *files = current->files;
	bool closes;

	spin_lock(&files->lock);
	closes = fd >= 0 && (unsigned int)fd < files->max && bitmap_test(files->cloexec, fd);
	spin_unlock(&files->lock);
	return closes;
}

int kernel_execve(const char *path, const char *const *argv, const char *const *envp)
{
	struct exec_vector args = { .kernel = true, .strings = argv };
	struct exec_vector env = { .kernel = true, .strings = envp };
	struct file *file = file_open_exec(path);

	return IS_ERR(file) ? (int)PTR_ERR(file) : do_execve(file, path, false, &args, &env);
}

/* Takes the reference of @file. */
static int do_execve(struct file *file, const char *filename, bool path_gone,
		     const struct exec_vector *argv, const struct exec_vector *envp)
{
	struct exec x = { .filename = filename, .file = file };
	int err;

	current->in_execve = 1;
	err = exec_prepare(&x, path_gone, argv, envp);
	if (!err)
		err = exec_commit(&x);
	current->in_execve = 0;
	exec_release(&x);
	return err;
}

/* ------------------------------------------------ what can fail */

static int exec_prepare(struct exec *x, bool path_gone, const struct exec_vector *argv,
			const struct exec_vector *envp)
{
	struct exec_head *head = kmalloc(sizeof(*head), GFP_KERNEL);
	unsigned int skip_argv = 0;
	int err = head ? exec_strings_init(&x->strings) : -ENOMEM;

	if (!err)
		err = follow_scripts(x, path_gone, head, &skip_argv);
	if (!err)
		err = read_elf(head, &x->image);
	if (!err && x->image->interp_len)
		err = read_interp(x, head);
	kfree(head);
	if (!err)
		err = copy_strings(x, skip_argv, argv, envp);
	if (!err)
		err = prepare_identity(x);
	if (err)
		return err;

	x->mm = mm_alloc();
	if (!x->mm)
		return -ENOMEM;
	if (current->thread.mm)         /* prctl(2): kept across execve */
		x->mm->no_huge_pages = current->thread.mm->no_huge_pages;
	exec_layout(x);
	err = exec_load(x);
	if (!err)
		err = exec_stack(x);
	return err;
}

/*
 * While the file is a script, its interpreter takes its place, and its line
 * and name go in front of the arguments: "interpreter [arg] ... script".
 */
static int follow_scripts(struct exec *x, bool path_gone, struct exec_head *head,
			  unsigned int *skip_argv)
{
	struct script *scripts = NULL;
	unsigned int n = 0;
	int err;

	for (;;) {
		err = head_read(head, x->file);
		if (err || head->len < 2 || memcmp(head->bytes, "#!", 2))
			break;
		if (!scripts)
			scripts = kmalloc((SCRIPTS_MAX + 1) * sizeof(*scripts), GFP_KERNEL);
		err = !scripts ? -ENOMEM : path_gone ? -ENOENT : next_script(x, head, &scripts[n]);
		if (err)
			break;
		if (++n > SCRIPTS_MAX) {
			err = -ELOOP;
			break;
		}
	}
	if (!err && n) {
		*skip_argv = 1;         /* the script's name stands for argv[0] */
		for (unsigned int i = n; !err && i-- > 0;) {
			err = exec_strings_add(&x->strings, scripts[i].interp);
			x->strings.argc++;
			if (!err && scripts[i].arg) {
				err = exec_strings_add(&x->strings, scripts[i].arg);
				x->strings.argc++;
			}
		}
		if (!err)
			err = exec_strings_add(&x->strings, x->filename);
		x->strings.argc++;
	}
	kfree(scripts);
	return err;
}

static int next_script(struct exec *x, struct exec_head *head, struct script *s)
{
	size_t len = min(head->len, sizeof(s->line));
	struct file *file;
	int err;

	memset(s->line, 0, sizeof(s->line));
	memcpy(s->line, head->bytes, len);
	err = script_parse(s->line, &s->interp, &s->arg);
	if (err)
		return err;
	file = file_open_exec(s->interp);
	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	file_put(x->file);
	x->file = file;
	return 0;
}

static int head_read(struct exec_head *h, struct file *file)
{
	ssize_t n = kernel_read(file, h->bytes, sizeof(h->bytes), 0);

	h->file = file;
	h->len = n > 0 ? (size_t)n : 0;
	return n < 0 ? (int)n : 0;
}

/* elf_source.read: from the head if it is all there. */
static int head_elf_read(void *arg, void *buf, size_t len, u64 offset)
{
	struct exec_head *h = arg;
	ssize_t n;

	if (offset <= h->len && len <= h->len - offset) {
		memcpy(buf, h->bytes + offset, len);
		return 0;
	}
	n = kernel_read(h->file, buf, len, (loff_t)offset);
	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -EIO;
}

static int read_elf(struct exec_head *h, struct elf_image **image)
{
	struct elf_source src = {
		.read = head_elf_read, .arg = h, .size = inode_size(h->file->inode),
		.machine = ELF_MACHINE, .flags_ok = elf_flags_ok,
	};
	struct elf64_ehdr eh;
	int err = elf_read_header(&src, &eh);

	if (err)
		return err;
	if (!h->file->f_op->mmap)
		return -ENOEXEC;
	*image = kmalloc(elf_image_size(&eh), GFP_KERNEL);
	return *image ? elf_read_segments(&src, &eh, *image) : -ENOMEM;
}

/* The dynamic linker: PT_INTERP's name, and what it is.  -ELIBBAD when it is not one. */
static int read_interp(struct exec *x, struct exec_head *h)
{
	size_t len = x->image->interp_len;
	char *name = kmalloc(len, GFP_KERNEL);
	int err = name ? head_elf_read(h, name, len, x->image->interp_offset) : -ENOMEM;

	if (!err && name[len - 1])
		err = -ENOEXEC;
	if (!err) {
		x->interp_file = file_open_exec(name);
		if (IS_ERR(x->interp_file)) {
			err = (int)PTR_ERR(x->interp_file);
			x->interp_file = NULL;
		}
	}
	kfree(name);
	if (!err)
		err = head_read(h, x->interp_file);
	if (!err)
		err = read_elf(h, &x->interp);
	return err == -ENOEXEC && x->interp_file ? -ELIBBAD : err;
}

static int copy_strings(struct exec *x, unsigned int skip_argv, const struct exec_vector *argv,
			const struct exec_vector *envp)
{
	struct exec_strings *s = &x->strings;
	int err = exec_strings_add_vector(s, argv, skip_argv, &s->argc);

	if (!err && !s->argc) {
		/* Programs take argv[0] for granted. */
		err = exec_strings_add(s, "");
		s->argc = 1;
	}
	if (!err)
		err = exec_strings_add_vector(s, envp, 0, &s->envc);
	s->name = s->used;
	if (!err)
		err = exec_strings_add(s, x->filename);
	return err;
}

/* What the new program is allowed to, and a handler table of its own. */
static int prepare_identity(struct exec *x)
{
	if (!current->sighand || atomic_read(&current->sighand->refs) -
				 atomic_read(&current->sighand->watchers) > 1) {
		x->sighand = current->sighand ? sighand_dup(current->sighand) : sighand_alloc();
		if (!x->sighand)
			return -ENOMEM;
	}
	return exec_cred(x);
}

/* ------------------------------------------------ the point of no return */

/* -EAGAIN, -EINTR: the other threads could not be ended; nothing has changed. */
static int exec_commit(struct exec *x)
{
	struct task_struct *t = current;
	int old_pid = t->pid, err = files_unshare() ? de_thread() : -ENOMEM;

	if (err)
		return err;
	replace_mm(x);
	signals_unshare(t, &x->sighand);
	signals_exec(t);
	files_close_on_exec();
	t->thread.mm->dumpable = x->readable ? DUMP_USER : READ_ONCE(suid_dumpable);
	if (x->secure)
		secure_limits(t);
	if (x->cred) {
		cred_commit(x->cred);
		x->cred = NULL;
	}

	spin_lock(&t->lock);
	strscpy(t->comm, strrchr(x->filename, '/') ? strrchr(x->filename, '/') + 1 : x->filename,
		sizeof(t->comm));
	spin_unlock(&t->lock);
	t->flags &= ~(unsigned int)(PF_FORKNOEXEC | PF_KTHREAD);
	t->signal->did_exec = true;
	t->exit_signal = SIGCHLD;
	trace_change(t, trace_wanted(t) ? TRACE_LOG : 0, 0);
	thread_start_program(&t->thread, x->entry, x->sp);
	ptrace_exec(old_pid);
	return 0;
}

/* Nothing of the caller's may harm a program with powers of its own. */
static void secure_limits(struct task_struct *t)
{
	struct rlimit *stack = &t->signal->rlim[RLIMIT_STACK];
	unsigned long flags;

	t->pdeath_signal = 0;
	flags = spin_lock_irqsave(&t->sighand->siglock);
	stack->cur = min(stack->cur, SECURE_STACK);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
}

static void exe_get(struct file *file)
{
	file_get(file);
}

/* The new address space becomes the task's; the old one goes, and a vfork parent gets it back. */
static void replace_mm(struct exec *x)
{
	struct task_struct *t = current;
	struct mm_struct *new = x->mm, *old = t->thread.mm;

	x->mm = NULL;
	new->exe_file = file_get(x->file);
	new->exe_put = file_put;
	new->exe_get = exe_get;
	if (old) {
		futex_exit(t);
		new->dump_filter = old->dump_filter;
	}
	t->robust_list = 0;
	t->clear_child_tid = 0;
	t->rseq = 0;
	t->rseq_len = 0;
	sched_set_mm(new);
	vfork_release(t);
	if (old)
		mm_put(old);
}

static void exec_release(struct exec *x)
{
	exec_strings_free(&x->strings);
	kfree(x->image);
	kfree(x->interp);
	if (x->interp_file)
		file_put(x->interp_file);
	if (x->file)
		file_put(x->file);
	if (x->cred)
		cred_put(x->cred);
	sighand_put(x->sighand);
	if (x->mm)
		mm_put(x->mm);
}
