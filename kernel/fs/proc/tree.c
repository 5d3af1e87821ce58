// SPDX-License-Identifier: MIT
/*
 * The tree of /proc: inodes made from tables when they are looked up.
 *
 * Nothing is cached by name (D_NOCACHE): a process may be gone at the next
 * look.  An inode keeps a reference of its task, so that an open file of a
 * dead process answers ESRCH and not somebody else's figures.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/cred.h>
#include <kernel/fs/proc/sysctl.h>
#include <kernel/fs/super.h>
#include <kernel/log.h>
#include <kernel/ptrace.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>

#define PROC_SUPER_MAGIC 0x9fa0
#define STORE_MAX       4096

static const struct inode_operations proc_file_iops, proc_link_iops, proc_text_link_iops;
static const struct file_operations proc_file_fops;

/* ino is a label, not a key: nothing looks an inode of /proc up by it. */
static atomic_long_t next_ino = { 1 };

bool proc_task_dead(const struct task_struct *t)
{
	u32 state = READ_ONCE(t->state);

	return state == TASK_DEAD;
}

bool proc_may_look(struct task_struct *t)
{
	return ptrace_may_access(t, PTRACE_MODE_FSCREDS);
}

struct task_struct *proc_file_process(const struct file *file)
{
	struct proc_inode *pi;

	if (file->f_op != &proc_dir_fops)
		return NULL;
	pi = proc_i(file->inode);
	return pi && pi->entry->children == proc_pid_table ? pi->task : NULL;
}

static void set_operations(struct inode *inode, const struct proc_entry *e)
{
	if (S_ISDIR(e->mode)) {
		inode->i_op = e->dir_iop ? e->dir_iop : &proc_dir_iops;
		inode->i_fop = e->dir_fop ? e->dir_fop : &proc_dir_fops;
		inode->nlink = 2;
	} else if (S_ISLNK(e->mode)) {
		inode->i_op = e->follow ? &proc_link_iops : &proc_text_link_iops;
	} else {
		inode->i_op = &proc_file_iops;
		inode->i_fop = e->fop ? e->fop : &proc_file_fops;
	}
}

static bool task_dumpable(struct task_struct *t)
{
	bool dumpable;

	spin_lock(&t->lock);
	dumpable = !t->thread.mm || t->thread.mm->dumpable == DUMP_USER;
	spin_unlock(&t->lock);
	return dumpable;
}

/* A process' files belong to its effective user; those of one not to be looked into, to root. */
static void set_owner(struct inode *inode, struct task_struct *t)
{
	struct cred *c;

	if (!t || (!S_ISDIR(inode->mode) && !task_dumpable(t)))
		return;
	c = task_cred_get(t);
	inode->uid = c->euid;
	inode->gid = c->egid;
	cred_put(c);
}

struct inode *proc_new_inode(struct super_block *sb, const struct proc_entry *e,
			     struct task_struct *t, unsigned long number)
{
	struct inode *inode = inode_alloc(sb);
	struct proc_inode *pi = inode ? kzalloc(sizeof(*pi), GFP_KERNEL) : NULL;

	if (!pi) {
		if (inode)
			inode_put(inode);
		return NULL;
	}
	pi->entry = e;
	pi->task = t;
	pi->number = number;
	if (t)
		task_get(t);
	inode->private_ = pi;
	inode->ino = atomic_long_inc_return(&next_ino);
	inode->mode = e->mode;
	inode->nlink = 1;
	inode->atime = inode->mtime = inode->ctime = current_time();
	set_operations(inode, e);
	set_owner(inode, t);
	return inode;
}

int proc_add(struct inode *dir, struct dentry *dentry, const struct proc_entry *e,
	     struct task_struct *t, unsigned long number)
{
	struct inode *inode = proc_new_inode(dir->sb, e, t, number);

	if (!inode)
		return -ENOMEM;
	dentry->flags |= D_NOCACHE;
	d_add(dentry, inode);
	return 0;
}

/* @e, or where its table goes on; NULL at the end of all. */
static const struct proc_entry *row(const struct proc_entry *e)
{
	return e && !e->name ? e->children : e;
}

int proc_lookup_table(struct inode *dir, struct dentry *dentry, const struct proc_entry *table,
		      struct task_struct *t)
{
	for (const struct proc_entry *e = row(table); e; e = row(e + 1))
		if (strlen(e->name) == dentry->name_len &&
		    memcmp(e->name, dentry->name, dentry->name_len) == 0)
			return proc_add(dir, dentry, e, t, 0);
	dentry->flags |= D_NOCACHE;
	d_add(dentry, NULL);
	return 0;
}

static int proc_lookup(struct inode *dir, struct dentry *dentry)
{
	struct proc_inode *pi = proc_i(dir);

	if (pi->task && proc_task_dead(pi->task))
		return -ENOENT;
	return proc_lookup_table(dir, dentry, pi->entry->children, pi->task);
}

bool proc_emit_table(struct file *file, struct dir_context *ctx, const struct proc_entry *table,
		     loff_t *next)
{
	loff_t n = 2;

	if (ctx->pos == 0 && !ctx->emit(ctx, ".", 1, 0, file->inode->ino, S_IFDIR >> 12))
		return false;
	if (ctx->pos == 0)
		ctx->pos = 1;
	if (ctx->pos == 1 &&
	    !ctx->emit(ctx, "..", 2, 1, file->path.dentry->parent->inode->ino, S_IFDIR >> 12))
		return false;
	if (ctx->pos == 1)
		ctx->pos = 2;
	for (const struct proc_entry *e = row(table); e; e = row(e + 1), n++) {
		if (n < ctx->pos)
			continue;
		if (!ctx->emit(ctx, e->name, strlen(e->name), n, 1, (e->mode & S_IFMT) >> 12))
			return false;
		ctx->pos = n + 1;
	}
	*next = n;
	return true;
}

static int proc_readdir(struct file *file, struct dir_context *ctx)
{
	struct proc_inode *pi = proc_i(file->inode);
	loff_t next;

	if (pi->task && proc_task_dead(pi->task))
		return -ENOENT;
	proc_emit_table(file, ctx, pi->entry->children, &next);
	return 0;
}

const struct inode_operations proc_dir_iops = { .lookup = proc_lookup };
const struct file_operations proc_dir_fops = { .readdir = proc_readdir };

/* ------------------------------------------------------------- files */

static int proc_show(struct seq_file *m, void *v)
{
	struct proc_inode *pi = m->private_;

	if (!pi->entry->show)
		return -EINVAL;
	if (pi->task && proc_task_dead(pi->task))
		return -ESRCH;
	return pi->entry->show(m, pi->task);
}

int proc_open(struct inode *inode, struct file *file)
{
	struct proc_inode *pi = proc_i(inode);

	if (pi->entry->private_ && !proc_may_look(pi->task))
		return -EACCES;
	return single_open(file, proc_show, pi);
}

static ssize_t proc_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct proc_inode *pi = proc_i(file->inode);
	size_t len = from->count;
	char *buf;
	int error;

	if (!pi->entry->store)
		return -EIO;
	if (len > STORE_MAX)
		return -EINVAL;
	if (pi->task && proc_task_dead(pi->task))
		return -ESRCH;
	buf = kmalloc(len + 1, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	error = copy_from_iter(buf, len, from) == len ? 0 : -EFAULT;
	buf[len] = '\0';
	if (!error)
		error = pi->entry->store(pi->task, buf, len);
	kfree(buf);
	if (error)
		return error;
	*pos += len;
	return len;
}

static long proc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct proc_inode *pi = proc_i(file->inode);

	return pi->entry->show == proc_show_maps ? proc_maps_ioctl(pi->task, cmd, arg) : -ENOTTY;
}

static const struct file_operations proc_file_fops = {
	.open = proc_open,
	.ioctl = proc_ioctl,
	.read = seq_read,
	.write = proc_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int proc_setattr(struct inode *inode, const struct iattr *attr)
{
	if (attr->valid & ~(ATTR_SIZE | ATTR_ATIME | ATTR_MTIME | ATTR_CTIME))
		return -EPERM;
	return 0;               /* O_TRUNC of a file that has no length */
}

static const struct inode_operations proc_file_iops = { .setattr = proc_setattr };

/* ------------------------------------------------------------- links */

/* @path, whose references it takes, as readlink(2) shows it: the length, or -errno. */
static ssize_t path_text(struct path *path, char *buf, size_t size)
{
	struct path root;
	ssize_t len;
	char *text;

	spin_lock(&current->fs->lock);
	root = current->fs->root;
	path_get(&root);
	spin_unlock(&current->fs->lock);
	text = d_path(path, &root, buf, size);
	path_put(&root);
	path_put(path);
	if (IS_ERR(text))
		return PTR_ERR(text);
	len = strlen(text);
	memmove(buf, text, len + 1);
	return len;
}

static int follow(const struct proc_inode *pi, struct path *path)
{
	if (!pi->entry->follow)
		return -EINVAL;
	if (proc_task_dead(pi->task))
		return -ENOENT;
	if (!proc_may_look(pi->task))
		return -EACCES;
	return pi->entry->follow(pi, path);
}

static ssize_t proc_readlink(struct inode *inode, char *buf, size_t size)
{
	struct proc_inode *pi = proc_i(inode);
	struct path path;
	int error;

	if (pi->entry->readlink)
		return pi->entry->readlink(pi->task, buf, size);
	error = follow(pi, &path);
	return error ? error : path_text(&path, buf, size);
}

static int proc_follow(struct inode *inode, struct path *path)
{
	struct proc_inode *pi = proc_i(inode);

	return pi->entry->private_ && !capable(CAP_SYS_ADMIN) &&
	       !capable(CAP_CHECKPOINT_RESTORE) ? -EPERM : follow(pi, path);
}

static const struct inode_operations proc_link_iops = { .readlink = proc_readlink,
							.follow = proc_follow };
/* Links that are text only: /proc/self. */
static const struct inode_operations proc_text_link_iops = { .readlink = proc_readlink };

/* ------------------------------------------------------- super block */

static void proc_evict(struct inode *inode)
{
	struct proc_inode *pi = proc_i(inode);

	if (!pi)
		return;
	if (pi->task)
		task_put(pi->task);
	kfree(pi);
	inode->private_ = NULL;
}

static int proc_statfs(struct super_block *sb, struct kstatfs *st)
{
	st->type = PROC_SUPER_MAGIC;
	st->bsize = st->frsize = PAGE_SIZE;
	st->namelen = NAME_MAX;
	return 0;
}

static const struct super_operations proc_sops = { .evict = proc_evict, .statfs = proc_statfs };

static const struct proc_entry root_entry = {
	.name = "/", .mode = S_IFDIR | 0555, .children = proc_root_table,
	.dir_iop = &proc_root_iops, .dir_fop = &proc_root_fops,
};

static int proc_fill_super(struct super_block *sb, struct block_device *bdev, const char *options)
{
	struct inode *root;

	sb->s_op = &proc_sops;
	sb->magic = PROC_SUPER_MAGIC;
	sb->blocksize = PAGE_SIZE;
	root = proc_new_inode(sb, &root_entry, NULL, 0);
	if (!root)
		return -ENOMEM;
	sb->root = d_alloc_root(root);
	return sb->root ? 0 : -ENOMEM;
}

static struct file_system_type proc_type = { .name = "proc", .fill_super = proc_fill_super };

void procfs_init(void)
{
	proc_sysctl_init();
	register_filesystem(&proc_type);
}
