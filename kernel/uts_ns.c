// SPDX-License-Identifier: MIT
/*
 * Names of this system, and the name spaces that have names of their own
 * (uts_namespaces(7)).
 *
 * A name space is an inode of nsfs, a file system that is mounted nowhere; its
 * references are tasks and open files.  That of the first is NULL in a task, so
 * that fork and exit have nothing to count for it.
 *
 * Lock: uts_lock guards all names; a task's own lock its uts_ns.
 */
#include <kernel/utsname.h>

#include <arch/elf.h>
#include <kernel/cred.h>
#include <kernel/fs/anon.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define NSFS_MAGIC      0x6e736673
#define FIRST_INO       4026531838UL    /* as on Linux, where programs know it by */
#define NS_GET_NSTYPE   0xb703          /* ioctl_nsfs(2) */

enum { HOST, DOMAIN };

/* Behind inode->private_. */
struct uts_ns {
	char name[2][UTS_LEN];          /* [u] uts_lock */
};

static struct spinlock uts_lock = SPINLOCK_INIT(RANK_LEAF);
static struct uts_ns first_names = { { "faultline", "(none)" } };
static struct inode *first;             /* [c] */
static struct mount *ns_mnt;            /* [c] */

const char uts_release[] = UTS_RELEASE;
const char uts_version[] = UTS_VERSION;

static long set_name(int which, vaddr_t from, int len);
static struct uts_ns *mine(void);

/* ------------------------------------------------ names */

long sys_uname(const unsigned long *a)
{
	struct {
		char sysname[UTS_LEN], nodename[UTS_LEN], release[UTS_LEN];
		char version[UTS_LEN], machine[UTS_LEN], domainname[UTS_LEN];
	} u;

	memset(&u, 0, sizeof(u));
	strscpy(u.sysname, UTS_SYSNAME, UTS_LEN);
	strscpy(u.release, UTS_RELEASE, UTS_LEN);
	strscpy(u.version, UTS_VERSION, UTS_LEN);
	strscpy(u.machine, ELF_MACHINE_NAME, UTS_LEN);
	uts_hostname(u.nodename, UTS_LEN);
	uts_domainname(u.domainname, UTS_LEN);
	return put_user(u, a[0]);
}

long sys_sethostname(const unsigned long *a)
{
	return set_name(HOST, a[0], (int)a[1]);
}

long sys_setdomainname(const unsigned long *a)
{
	return set_name(DOMAIN, a[0], (int)a[1]);
}

static void store_name(int which, const char name[UTS_LEN])
{
	spin_lock(&uts_lock);
	memcpy(mine()->name[which], name, UTS_LEN);
	spin_unlock(&uts_lock);
}

static long set_name(int which, vaddr_t from, int len)
{
	char name[UTS_LEN] = { 0 };

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len >= UTS_LEN)
		return -EINVAL;
	if (copy_from_user(name, from, (size_t)len))
		return -EFAULT;
	store_name(which, name);
	return 0;
}

int uts_set(bool domain, const char *text, size_t len)
{
	char name[UTS_LEN] = { 0 };

	if (len >= UTS_LEN)
		return -EINVAL;
	memcpy(name, text, len);
	store_name(domain ? DOMAIN : HOST, name);
	return 0;
}

static void copy_name(char *buf, size_t size, int which)
{
	spin_lock(&uts_lock);
	strscpy(buf, mine()->name[which], size);
	spin_unlock(&uts_lock);
}

void uts_hostname(char *buf, size_t size)
{
	copy_name(buf, size, HOST);
}

void uts_domainname(char *buf, size_t size)
{
	copy_name(buf, size, DOMAIN);
}

static struct uts_ns *mine(void)
{
	struct inode *ns = current->uts_ns;

	return ns ? ns->private_ : &first_names;
}

/* ------------------------------------------------ nsfs */

static long ns_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	return cmd == NS_GET_NSTYPE ? (long)CLONE_NEWUTS : -ENOTTY;
}

/* Nobody writes it, root neither: Linux's inode is immutable. */
static int ns_open(struct inode *inode, struct file *f)
{
	return f->mode & FMODE_WRITE ? -EPERM : 0;
}

static const struct file_operations ns_fops = { .open = ns_open, .ioctl = ns_ioctl };

static void ns_evict(struct inode *inode)
{
	kfree(inode->private_);
}

static const struct super_operations ns_sops = { .evict = ns_evict };
static struct file_system_type ns_type = { .name = "nsfs", .fill_super = anon_fill_super };

static struct inode *new_inode(struct uts_ns *names)
{
	static atomic_long_t next_ino = ATOMIC_LONG_INIT(FIRST_INO - 1);
	struct inode *inode = inode_alloc(ns_mnt->sb);

	if (!inode)
		return NULL;
	inode->ino = (u64)atomic_long_inc_return(&next_ino);
	inode->mode = S_IFREG | 0444;
	inode->nlink = 1;
	inode->atime = inode->mtime = inode->ctime = current_time();
	inode->i_fop = &ns_fops;
	inode->private_ = names;
	return inode;
}

void uts_ns_init(void)
{
	ns_mnt = mount_internal(&ns_type);
	if (IS_ERR(ns_mnt))
		panic("uts_ns_init: %ld", PTR_ERR(ns_mnt));
	ns_mnt->sb->magic = NSFS_MAGIC;
	ns_mnt->sb->s_op = &ns_sops;
	first = new_inode(&first_names);
	if (!first)
		panic("uts_ns_init: no memory");
}

bool uts_ns_super(const struct super_block *sb)
{
	return sb == ns_mnt->sb;
}

/* ------------------------------------------------ whose is which */

struct inode *uts_ns_copy(void)
{
	struct uts_ns *names = kmalloc(sizeof(*names), GFP_KERNEL);
	struct inode *inode = names ? new_inode(names) : NULL;

	if (!inode) {
		kfree(names);
		return NULL;
	}
	spin_lock(&uts_lock);
	*names = *mine();
	spin_unlock(&uts_lock);
	return inode;
}

struct inode *uts_ns_get(struct task_struct *t)
{
	struct inode *inode = NULL;

	spin_lock(&t->lock);
	if (t->fs) {
		inode = t->uts_ns ? t->uts_ns : first;
		inode_get(inode);
	}
	spin_unlock(&t->lock);
	return inode;
}

struct inode *uts_ns_of_file(const struct file *f)
{
	if (f->f_op != &ns_fops)
		return NULL;
	inode_get(f->inode);
	return f->inode;
}

void uts_ns_set(struct inode *ns)
{
	struct task_struct *t = current;
	struct inode *old;

	spin_lock(&t->lock);
	old = t->uts_ns;
	t->uts_ns = ns == first ? NULL : ns;
	spin_unlock(&t->lock);
	inode_put(old);
	if (ns == first)
		inode_put(ns);
}

int uts_ns_path(struct task_struct *t, struct path *path)
{
	struct inode *ns = uts_ns_get(t);
	char label[32];

	if (!ns)
		return -ENOENT;
	snprintf(label, sizeof(label), "uts:[%lu]", (unsigned long)ns->ino);
	path->dentry = d_alloc(ns_mnt->root, label, strlen(label));
	if (!path->dentry) {
		inode_put(ns);
		return -ENOMEM;
	}
	d_instantiate(path->dentry, ns);
	path->mnt = mount_get(ns_mnt);
	return 0;
}
